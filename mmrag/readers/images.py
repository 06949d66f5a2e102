"""Pictures to pages: one for each picture in the file, a photo being a document of one page.

Decodes an allow-list of formats with Pillow, after checking the size that the header gives. Knows nothing of
recognition: pictures have no words.
"""

from __future__ import annotations

import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
from PIL import Image, UnidentifiedImageError

from mmrag.errors import FileDamaged, FileProblem, FileTooLarge, FileUnsupported
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers.detect import IMAGE_SUFFIXES, failed
from mmrag.types import Box, Page

__all__ = ["ImageReader", "load_picture"]

_FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "GIF", "BMP", "DIB", "TIFF", "AVIF")
_ORIENTATION = 0x0112
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = (5, 6, 7, 8)
_COMPLETE = "Replace it with a complete copy."

_GLANCE = 64
"""Longer side in pixels that a picture is decoded to where only its soundness matters; JPEG then costs little."""


class ImageReader:
    """Reads JPEG, PNG, WebP, GIF, BMP, TIFF (every page), AVIF, and HEIC where `mmrag[heic]` is installed."""

    suffixes: ClassVar[frozenset[str]] = IMAGE_SUFFIXES

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        """Yield the wanted pictures in order; `width` and `height` are pixels as displayed.

        A picture is never enlarged to `long_side`. Raises `FileTooLarge` over `limits.max_pixels`, before decoding;
        `FileDamaged` for what is broken or cut off; `FileUnsupported` for formats that are not read. Of an animation,
        the first frame is the picture.
        """
        with _opened(path) as image:
            count = _count(image)
            wanted = range(1, count + 1) if options.pages is None else options.pages
            for number in (n for n in wanted if 1 <= n <= count):
                with _faults():
                    if count > 1:
                        image.seek(number - 1)
                    width, height = _displayed(image, options.limits)
                    # A picture is decoded even when nobody asks for its pixels: only that tells whether it is whole.
                    pixels = _pixels(image, options.long_side or _GLANCE, options.limits)
                yield Page(
                    number, width, height, pictures=(Box(),), count=count, image=pixels if options.long_side else None
                )


def load_picture(path: Path, number: int, box: Box, long_side: int, limits: Limits) -> Image.Image:
    """RGB pixels of a part of one picture of a file, its longer side at most `long_side`, never enlarged.

    Raises what `ImageReader.read` raises.
    """
    with _opened(path) as image, _faults():
        if number > 1:
            image.seek(number - 1)
        width, height = _displayed(image, limits)
        part = max((box.right - box.left) * width, (box.bottom - box.top) * height, 1.0)
        needed = round(long_side * max(width, height) / part)
        # A part is cut from as many pixels as there are: `max_long_side` limits what comes out, not what goes in.
        whole = _pixels(image, needed, limits, longest=max(width, height))
    wide, high = whole.size
    left, top = min(wide - 1, int(box.left * wide)), min(high - 1, int(box.top * high))
    cut = whole.crop((left, top, max(left + 1, round(box.right * wide)), max(top + 1, round(box.bottom * high))))
    return _fitted(cut, min(long_side, limits.max_long_side))


@contextmanager
def _faults() -> Iterator[None]:
    """Pillow's many exceptions as what the file is: damaged or too large; its warnings are not for the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except FileProblem:
            raise
        except Image.DecompressionBombError as error:
            raise FileTooLarge("the picture has too many pixels", "Save a smaller copy of it.") from error
        except MemoryError as error:
            raise FileTooLarge("the picture does not fit in memory", "Save a smaller copy of it.") from error
        except (OSError, SyntaxError, ValueError, TypeError, LookupError, RuntimeError, struct.error) as error:
            raise FileDamaged("the picture is broken or cut off", _COMPLETE) from error
        except (ArithmeticError, AttributeError, AssertionError) as error:
            raise FileDamaged("the picture is broken", _COMPLETE) from error


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    try:
        file = path.open("rb")
    except OSError as error:
        raise failed(error) from error
    with file:
        head = file.read(16)
        file.seek(0)
        formats = _heic_formats() if head[4:8] == b"ftyp" and head[8:12] not in (b"avif", b"avis") else _FORMATS
        _load_plugins()
        with _faults():
            try:
                image = Image.open(file, formats=[name for name in formats if name in Image.OPEN])
            except UnidentifiedImageError as error:
                if head[4:8] == b"ftyp" and "AVIF" not in Image.OPEN:
                    raise FileUnsupported("this Pillow reads no AVIF", "pip install --upgrade pillow") from error
                raise FileDamaged("the picture is broken", _COMPLETE) from error
        with image:
            yield image


@lru_cache(maxsize=1)
def _load_plugins() -> None:
    """Register the formats that are read; `Image.init` would load forty more, which takes half a second."""
    Image.preinit()
    for name in ("TiffImagePlugin", "WebPImagePlugin", "MpoImagePlugin", "AvifImagePlugin"):
        # AVIF came with Pillow 11.3.
        if find_spec(f"PIL.{name}"):
            import_module(f"PIL.{name}")


def _heic_formats() -> tuple[str, ...]:
    try:
        import pillow_heif
    except ImportError as error:
        raise FileUnsupported("HEIC pictures need an optional package", "pip install 'mmrag[heic]'") from error
    pillow_heif.register_heif_opener()
    return ("HEIF",)


def _count(image: Image.Image) -> int:
    """Number of pages; frames of an animation are not pages."""
    if image.format != "TIFF":
        return 1
    with _faults():
        return int(getattr(image, "n_frames", 1))


def _displayed(image: Image.Image, limits: Limits) -> tuple[int, int]:
    """Width and height in pixels as shown, from the header; raises `FileTooLarge`."""
    width, height = image.size
    tags = getattr(image, "tag_v2", None) if image.format == "TIFF" else None
    if tags is not None:
        # Pillow turns TIFF pictures by itself, and whether `size` tells so before that depends on its version.
        width, height = tags.get(_TIFF_WIDTH, width), tags.get(_TIFF_HEIGHT, height)
    if width * height > limits.max_pixels:
        raise FileTooLarge(
            f"the picture has {width} x {height} pixels, over the limit of {limits.max_pixels:,}",
            "Save a smaller copy of it.",
        )
    # Asked for last: to find the tag in a PNG file, Pillow decodes the whole of it.
    orientation = image.getexif().get(_ORIENTATION) if tags is None else tags.get(_ORIENTATION)
    return (height, width) if orientation in _SIDEWAYS else (width, height)


def _pixels(image: Image.Image, long_side: int, limits: Limits, longest: int | None = None) -> Image.Image:
    """RGB, upright, the longer side at most `long_side`."""
    long_side = max(1, min(long_side, longest or limits.max_long_side))
    if image.format in ("JPEG", "MPO"):
        # The decoder makes 1/2, 1/4 or 1/8 of the size, never less than is asked for, in a fraction of the time.
        scale = long_side / max(image.size)
        image.draft(None, (max(1, round(image.width * scale)), max(1, round(image.height * scale))))
    image.load()
    # Read after loading: Pillow has turned TIFF and HEIC pictures then, and taken the tag away.
    turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    small = _on_white(_fitted(_plain(image), long_side))
    return small if turn is None else small.transpose(turn)


def _plain(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be resized well: L, RGB, RGBA, LA or CMYK."""
    mode = image.mode
    if mode in ("I", "F") or mode.startswith("I;16"):
        return _eight_bits(image)
    if mode in ("P", "PA") or "transparency" in image.info:
        return image.convert("RGBA" if mode == "PA" or "transparency" in image.info else "RGB")
    if mode in ("RGB", "RGBA", "L", "LA", "CMYK"):
        return image
    return image.convert("L" if mode == "1" else "RGBA" if mode in ("La", "RGBa") else "RGB")


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep grey to 8 bits: by the number of bits in use for whole numbers, from lowest to highest for fractions."""
    values = np.asarray(image)
    if image.mode == "F":
        finite = np.nan_to_num(values.astype(np.float32), posinf=0.0, neginf=0.0)
        low, high = float(finite.min()), float(finite.max())
        scaled = (finite - low) * (255.0 / (high - low) if high > low else 1.0)
        return Image.fromarray(np.clip(scaled, 0, 255).astype(np.uint8))
    whole = values.astype(np.int64)
    shift = max(0, int(whole.max(initial=0)).bit_length() - 8)
    # Depths in use are 8, 12, 16 and 32 bits; a dark picture stays dark.
    shift = next(bits for bits in (0, 4, 8, 24) if shift <= bits)
    return Image.fromarray(np.clip(whole >> shift, 0, 255).astype(np.uint8))


def _fitted(image: Image.Image, long_side: int) -> Image.Image:
    """The picture, made smaller where its longer side is over `long_side`."""
    longest = max(image.size)
    if longest <= long_side:
        return image
    size = max(1, round(image.width * long_side / longest)), max(1, round(image.height * long_side / longest))
    return image.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in ("RGBA", "LA"):
        ground = Image.new("RGB", image.size, "white")
        ground.paste(image.convert("RGB"), mask=image.getchannel("A"))
        return ground
    # A copy, so that nothing holds on to the file.
    return image.convert("RGB") if image.mode != "RGB" else image.copy()
