"""Pictures of what is cited: the part of the page around it, with a box drawn where it stands.

The pixels come from a function that is given; knows no file.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from mmrag.display.cited import Spot, view_box
from mmrag.types import Box, Region

if TYPE_CHECKING:
    from PIL.Image import Image

    Crop: TypeAlias = Callable[[Region, int], Image]

__all__ = ["draw_boxes", "spot_picture"]

MARKER = (255, 236, 120)
PALE = (255, 249, 222)
OUTLINE = (214, 62, 32)
LARGE = 0.1
"""Share of the picture from which a box is marked palely: it is then a region, not words."""
LONG_SIDE = 1200
"""Pixels: the type of an A4 page in its full width is then easily read."""


def spot_picture(spot: Spot, crop: Crop, long_side: int = LONG_SIDE) -> Image:
    """RGB picture of the page around a spot, what is cited marked; without exact boxes, nothing is marked.

    `crop` draws a region, as `Corpus.crop` does; what it raises (`SourceChanged`, `FileProblem`) is passed on.
    """
    view = view_box(spot)
    image = crop(replace(spot.region, box=view), long_side)
    return draw_boxes(image, [within(box, view) for box in spot.boxes])


def within(box: Box, view: Box) -> Box:
    """`box` of the page in fractions of `view`, cut to it."""
    wide, high = max(view.right - view.left, 1e-6), max(view.bottom - view.top, 1e-6)
    return Box(
        min(max((box.left - view.left) / wide, 0.0), 1.0),
        min(max((box.top - view.top) / high, 0.0), 1.0),
        min(max((box.right - view.left) / wide, 0.0), 1.0),
        min(max((box.bottom - view.top) / high, 0.0), 1.0),
    )


def draw_boxes(image: Image, boxes: list[Box]) -> Image:
    """A copy with each box (fractions of the image) marked as with a text marker and outlined."""
    from PIL import Image as Pictures
    from PIL import ImageChops, ImageDraw

    drawn = image.convert("RGB")
    wide, high = drawn.size
    line = max(2, round(max(drawn.size) / 400))
    corners = []
    for box in boxes:
        left, top = round(box.left * wide) - 2 * line, round(box.top * high) - 2 * line
        right, bottom = round(box.right * wide) + 2 * line, round(box.bottom * high) + 2 * line
        left, top = min(max(left, 0), wide - 1), min(max(top, 0), high - 1)
        corners.append((left, top, max(left, min(right, wide - 1)), max(top, min(bottom, high - 1))))
    marker = Pictures.new("RGB", drawn.size, (255, 255, 255))
    brush = ImageDraw.Draw(marker)
    for box, corner in zip(boxes, corners, strict=True):
        brush.rectangle(corner, fill=PALE if box.area > LARGE else MARKER)
    drawn = ImageChops.multiply(drawn, marker)  # dark type stays dark under it
    pen = ImageDraw.Draw(drawn)
    for corner in corners:
        pen.rectangle(corner, outline=OUTLINE, width=line)
    return drawn
