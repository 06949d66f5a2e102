"""Pictures: upright once, on white, never too large, broken ones told from good ones."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from readers_files import arrow

from mmrag.errors import FileDamaged, FileTooLarge
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers import ImageReader
from mmrag.testing.readers import ReaderContract, check_page
from mmrag.types import Box, Page

_UNDO = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
"""The turn of the pixels that each EXIF orientation undoes, as PIL.Image.Transpose numbers them."""


class TestImageContract(ReaderContract):
    pages = 1

    def make(self) -> ImageReader:
        return ImageReader()

    def sample(self, folder: Path) -> Path:
        arrow().save(folder / "sample.png")
        return folder / "sample.png"


class TestTiffContract(ReaderContract):
    pages = 4

    def make(self) -> ImageReader:
        return ImageReader()

    def sample(self, folder: Path) -> Path:
        frames = [arrow((100 + 10 * i, 80)) for i in range(4)]
        frames[0].save(folder / "sample.tif", save_all=True, append_images=frames[1:])
        return folder / "sample.tif"


def read(path: Path, **options: object) -> Page:
    (page,) = ImageReader().read(path, ReadOptions(**options))
    check_page(page)
    return page


def _is_upright(image: Image.Image) -> bool:
    quarters = image.convert("RGB").resize((2, 2), Image.Resampling.BOX)
    red = [quarters.getpixel((x, y))[1] < 150 for y in range(2) for x in range(2)]
    return red == [True, False, False, False]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_orientation_is_applied_exactly_once(tmp_path: Path, kind: str, orientation: int) -> None:
    if kind == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    stored = arrow((160, 96))
    if orientation > 1:
        stored = stored.transpose(Image.Transpose(_UNDO[orientation]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    # As bytes, so that the HEIC writer turns the picture by its own means too, like a phone.
    stored.save(tmp_path / "a.img", format=kind, exif=exif.tobytes())
    for long_side in (40, 1000):
        page = read(tmp_path / "a.img", long_side=long_side)
        assert (page.width, page.height) == (160, 96)
        assert page.image.size == ((40, 24) if long_side == 40 else (160, 96))
        assert _is_upright(page.image)


@pytest.mark.parametrize("name", [f"{shape}_{n}.jpg" for shape in ("Landscape", "Portrait") for n in range(1, 9)])
def test_real_photos_of_every_orientation_look_the_same(shared: Path, name: str) -> None:
    folder = shared / "robust" / "img_exif_orientation"
    upright = read(folder / (name[:-5] + "1.jpg"), long_side=64).image
    image = read(folder / name, long_side=64).image
    assert image.size == upright.size
    assert np.abs(np.asarray(image, dtype=int) - np.asarray(upright, dtype=int)).mean() < 8


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        *((mode, "PNG") for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")),
        *((mode, "TIFF") for mode in ("1", "L", "P", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "LAB", "YCbCr")),
        *((mode, "JPEG") for mode in ("L", "RGB", "CMYK")),
        *((mode, "BMP") for mode in ("1", "L", "P", "RGB", "RGBA")),
        *((mode, "GIF") for mode in ("1", "L", "P")),
        *((mode, "WEBP") for mode in ("RGB", "RGBA")),
    ],
)
def test_every_mode_becomes_rgb_that_looks_like_the_picture(tmp_path: Path, mode: str, kind: str) -> None:
    _in_mode(arrow(), mode).save(tmp_path / "a.img", format=kind)
    image = read(tmp_path / "a.img", long_side=60).image
    assert image.mode == "RGB"
    corners = [image.getpixel((5, 5)), image.getpixel((55, 35))]
    assert max(corners[0][1:]) < 140, corners
    assert min(corners[1]) > 200, corners


def _in_mode(image: Image.Image, mode: str) -> Image.Image:
    grey = np.asarray(image.convert("L"))
    if mode == "I;16":
        return Image.fromarray(grey.astype(np.uint16) * 257)
    if mode == "I":
        return Image.fromarray(grey.astype(np.int32) * 257)
    if mode == "F":
        return Image.fromarray(grey.astype(np.float32) / 255)
    if mode == "LAB":
        from PIL import ImageCms

        srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(image, srgb, lab, outputMode="LAB")
    return image.convert(mode)


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    Image.new("RGBA", (50, 50), (0, 0, 0, 0)).save(tmp_path / "a.png")
    assert read(tmp_path / "a.png", long_side=10).image.getcolors() == [(100, (255, 255, 255))]
    palette = Image.new("P", (50, 50), 0)
    palette.putpalette([0, 0, 0] * 256)
    palette.save(tmp_path / "b.gif", transparency=0)
    assert read(tmp_path / "b.gif", long_side=10).image.getcolors() == [(100, (255, 255, 255))]


def test_the_first_frame_of_an_animation_is_the_picture(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    for kind in ("gif", "webp", "png"):
        frames[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=frames[1:], duration=50)
        red, green, _ = read(tmp_path / f"a.{kind}", long_side=30).image.getpixel((15, 15))
        assert red > 200
        assert green < 60


def test_pictures_are_one_region_and_pixels_only_when_asked_for(tmp_path: Path) -> None:
    arrow().save(tmp_path / "a.jpg")
    page = read(tmp_path / "a.jpg")
    assert page.pictures == (Box(),)
    assert page.image is None
    assert page.origin == "none"


def test_too_many_pixels_are_refused_from_the_header(tmp_path: Path) -> None:
    # A header only: nothing could be decoded, so that an answer proves that nothing was.
    header = struct.pack(">IIBBBBB", 20_000, 6_000, 1, 0, 0, 0, 0)
    chunk = b"IHDR" + header
    png = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "a.png").write_bytes(png + struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT")))
    with pytest.raises(FileTooLarge, match="20000 x 6000"):
        read(tmp_path / "a.png")
    arrow().save(tmp_path / "b.png")
    with pytest.raises(FileTooLarge):
        read(tmp_path / "b.png", limits=Limits(max_pixels=9599))
    assert read(tmp_path / "b.png", limits=Limits(max_pixels=9600))


def test_a_bomb_over_the_limit_of_pillow_is_too_large(tmp_path: Path) -> None:
    Image.new("1", (14_000, 14_000)).save(tmp_path / "a.png")
    with pytest.raises(FileTooLarge):
        read(tmp_path / "a.png", long_side=100)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
def test_half_a_picture_is_damaged(tmp_path: Path, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (90, 90, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole", format=kind)
    content = (tmp_path / "whole").read_bytes()
    (tmp_path / "half").write_bytes(content[: len(content) // 2])
    with pytest.raises(FileDamaged):
        read(tmp_path / "half", long_side=64)


def test_large_photos_are_decoded_small(tmp_path: Path) -> None:
    big = arrow((3000, 2000))
    big.save(tmp_path / "a.jpg", quality=90)
    page = read(tmp_path / "a.jpg", long_side=224)
    assert (page.width, page.height) == (3000, 2000)
    assert page.image.size == (224, 149)
    reference = np.asarray(big.resize((224, 149), Image.Resampling.LANCZOS), dtype=int)
    assert np.abs(np.asarray(page.image, dtype=int) - reference).mean() < 3
