"""Lines of a page cut out and set below one another, and the way back to their places on the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmrag.ocr.images import flat
from mmrag.ocr.turning import Quads
from mmrag.types import Box

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Sheet"]

_LINE_HEIGHT = 32  # pixels from detection, which is about 22 of type
_MARGIN, _GAP = 20, 10  # pixels


@dataclass(frozen=True, slots=True)
class Sheet:
    """`image` holds the strips; for each strip its `tops` on the sheet and its corner on the page, all in pixels.

    `scale` is pixels on the sheet for each on the page, `size` is that of the page.
    """

    image: Image
    tops: tuple[int, ...]
    corners: tuple[tuple[int, int], ...]
    scale: float
    size: tuple[int, int]

    @classmethod
    def of(cls, page: Image, quads: Quads, scale: float | None = None) -> Sheet:
        """A sheet of the lines within `quads`, at least one; by default all at the same middling size of type."""
        from PIL import Image as Images

        gray = flat(page, "L")
        size = np.array([page.width, page.height])
        low, high = quads.min(axis=1) * size, quads.max(axis=1) * size
        if scale is None:
            scale = min(3.0, _LINE_HEIGHT / max(float(np.median(high[:, 1] - low[:, 1])), 1.0))
        strips, corners = [], []
        for (left, top), (right, bottom) in zip(
            low.astype(int).tolist(), np.ceil(high).astype(int).tolist(), strict=True
        ):
            strip = gray.crop((left - 2, top - 1, right + 2, bottom + 1))
            corners.append((left - 2, top - 1))
            to = (max(1, round(strip.width * scale)), max(1, round(strip.height * scale)))
            strips.append(strip.resize(to, Images.Resampling.LANCZOS))
        tops = np.cumsum([_MARGIN, *(strip.height + _GAP for strip in strips)]).tolist()
        width = max(strip.width for strip in strips) + 2 * _MARGIN
        sheet = Images.new("L", (width, tops[-1] + _MARGIN), 255)
        for strip, top in zip(strips, tops[:-1], strict=True):
            sheet.paste(strip, (_MARGIN, top))
        return cls(sheet, tuple(tops[:-1]), tuple(corners), scale, (page.width, page.height))

    def strip_at(self, y: float) -> int:
        """Number of the strip at a height of the sheet, given as a fraction."""
        number = int(np.searchsorted(self.tops, y * self.image.height + _GAP / 2, side="right")) - 1
        return max(0, number)

    def on_page(self, number: int, box: Box) -> Box:
        """A box of the sheet as a box of the page, both in fractions."""
        left, top = self.corners[number]
        width, height = self.image.size

        def x(value: float) -> float:
            return min(1.0, max(0.0, ((value * width - _MARGIN) / self.scale + left) / self.size[0]))

        def y(value: float) -> float:
            return min(1.0, max(0.0, ((value * height - self.tops[number]) / self.scale + top) / self.size[1]))

        return Box(x(box.left), y(box.top), x(box.right), y(box.bottom))
