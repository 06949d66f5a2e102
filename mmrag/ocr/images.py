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
    # A box filter would be faster but breaks thin strokes at ratios between one and two.
    return image.resize(size, Images.Resampling.LANCZOS, reducing_gap=2.0)


def is_blank(image: Image) -> bool:
    """Whether a page has no ink but dust: nothing there that could be text. Cheap: some milliseconds.

    Shadows and paper colour do not count as ink; a page number does.
    """
    from PIL import ImageFilter

    small = fitted(flat(image, "L"), 1, _BLANK_SIDE)
    margin = min(small.size) // 64  # scanners leave a dark border
    small = small.crop((margin, margin, small.width - margin, small.height - margin))
    # The ground changes slowly over a scan; ink stands out against its own surroundings.
    ground = small.filter(ImageFilter.BoxBlur(max(small.size) / 40))
    off = np.abs(np.asarray(small, dtype=np.int16) - np.asarray(ground, dtype=np.int16)) > _INK
    return int(off.sum()) < _FEWEST_INK
