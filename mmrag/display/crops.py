"""Pictures of what is cited: the part of the page around it, with a box drawn where it stands.

The pixels come from a function that is given; knows no file.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from mmrag.display.cited import Spot, view_box
from mmrag.errors import MmragError
from mmrag.types import Box, Region

if TYPE_CHECKING:
    from PIL.Image import Image

    Crop: TypeAlias = Callable[[Region, int], Image]
else:
    Crop = Callable

__all__ = ["Crop", "Picture", "draw_boxes", "pictured", "spot_picture"]

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


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a spot as it is written: its media type and bytes, or why there is none."""

    kind: str = ""
    data: bytes = b""
    width: int = 0
    height: int = 0
    problem: str = ""

    @property
    def address(self) -> str:
        """An address that holds the picture itself."""
        return f"data:{self.kind};base64,{base64.b64encode(self.data).decode('ascii')}"


def pictured(spot: Spot, crop: Crop, long_side: int = LONG_SIDE, *, small: bool = False) -> Picture:
    """`spot_picture`, encoded; what cannot be drawn is told without its folder, and is no error."""
    try:
        image = spot_picture(spot, crop, long_side)
    except (MmragError, OSError) as error:
        path = spot.region.document.path
        message = error.message if isinstance(error, MmragError) else "the file cannot be read"
        return Picture(problem=message.replace(str(path), path.name))
    return Picture(*_encoded(image, small=small), image.width, image.height)


def _encoded(image: Image, *, small: bool) -> tuple[str, bytes]:
    """Media type and bytes: PNG for type on white, JPEG where that is much smaller, as for photos.

    With `small`, PNG in 64 colours, which is enough to read type by, against a JPEG that is coarser too.
    """
    from PIL import Image as Pictures

    png, jpeg = io.BytesIO(), io.BytesIO()
    (image.quantize(64, dither=Pictures.Dither.NONE) if small else image).save(png, "PNG", optimize=True)
    image.save(jpeg, "JPEG", quality=75 if small else 85, subsampling=0)
    longest = (0.8 if small else 1.5) * len(jpeg.getvalue())
    return ("image/png", png.getvalue()) if len(png.getvalue()) <= longest else ("image/jpeg", jpeg.getvalue())


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
