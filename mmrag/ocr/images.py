"""Pixels made ready for recognition, and pages without ink found. Knows no engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["fitted", "flat", "is_blank"]

_BLANK_SIDE = 800  # pixels: small print still leaves a few dark ones
_INK = 48  # of 255: darker or lighter than the ground by this
_FEWEST_INK = 12  # pixels


def flat(image: Image, mode: str = "RGB") -> Image:
    """Any mode as "RGB" or "L"; what is transparent becomes white, as paper is."""
    from PIL import Image as Images

    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Images.new("RGBA", layer.size, "white")
        image = Images.alpha_composite(ground, layer)
    elif image.mode.startswith("I;16"):
        image = Images.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    return image if image.mode == mode else image.convert(mode)


def fitted(image: Image, smallest: int, largest: int) -> Image:
    """The same picture with its long side between two numbers of pixels, at most three times as large as it was.

    Letters of a small screenshot are lower than the engines were trained on; more than `largest` only costs time.
    """
    from PIL import Image as Images

    side = max(image.size)
    scale = min(max(1.0, smallest / side), 3.0, largest / side) if side < smallest else min(1.0, largest / side)
    if scale == 1.0:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Images.Resampling.BICUBIC if scale > 1 else Images.Resampling.BOX)


def is_blank(image: Image) -> bool:
    """Whether a page has no ink but dust: nothing there that could be text. Cheap: some milliseconds.

    Shadows and paper colour do not count as ink; a page number does.
    """
    from PIL import Image as Images
    from PIL import ImageFilter

    gray = flat(image, "L")
    gray.thumbnail((_BLANK_SIDE, _BLANK_SIDE), Images.Resampling.BOX) if gray is not image else None
    small = gray if max(gray.size) <= _BLANK_SIDE else fitted(gray, 1, _BLANK_SIDE)
    # The ground changes slowly over a scan; ink stands out against its own surroundings.
    ground = small.filter(ImageFilter.BoxBlur(max(small.size) / 40))
    off = np.abs(np.asarray(small, dtype=np.int16) - np.asarray(ground, dtype=np.int16)) > _INK
    margin = max(2, max(small.size) // 100)  # scanners leave a dark border
    return int(off[margin:-margin, margin:-margin].sum()) < _FEWEST_INK
