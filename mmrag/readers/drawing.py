"""Pages of text drawn with Pillow, so that text can be shown and embedded as pixels like any other page.

Knows a page's words and boxes only.
"""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING

from mmrag.types import Box, Page

if TYPE_CHECKING:
    from PIL.Image import Image
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

__all__ = ["draw_page"]


def draw_page(page: Page, long_side: int, box: Box | None = None) -> Image:
    """RGB pixels of a page's words, or of those in `box`, black on white, `long_side` pixels along the longer side."""
    from PIL import Image, ImageDraw

    part = box or Box()
    wide, high = (part.right - part.left) * page.width, (part.bottom - part.top) * page.height
    scale = long_side / max(wide, high, 1e-6)
    image = Image.new("RGB", (max(1, round(wide * scale)), max(1, round(high * scale))), "white")
    pen = ImageDraw.Draw(image)
    sizes = {index: block.level for block in page.blocks for index in range(block.start, block.stop)}
    for index, word in enumerate(page.words):
        if not word.box.intersection(part):
            continue
        x = (word.box.left - part.left) * page.width * scale
        y = (word.box.top - part.top) * page.height * scale
        room = (word.box.right - word.box.left) * page.width * scale
        size = (word.box.bottom - word.box.top) * page.height * scale
        _draw_word(pen, word.text, (x, y, room, size), bool(sizes.get(index)))
    return image


def _draw_word(pen: ImageDraw, text: str, place: tuple[float, float, float, float], bold: bool) -> None:
    x, y, room, height = place
    if height < 3:
        pen.rectangle((x, y + 0.3 * height, x + room, y + 0.7 * height), fill=(150, 150, 150))
        return
    font = _font(max(4, round(height * 0.82)), text.isascii())
    length = font.getlength(text)
    if length > room * 1.02:
        font = _font(max(4, int(height * 0.82 * room / length)), text.isascii())
    stroke = 1 if bold and height > 14 else 0
    pen.text((x, y), text, fill=(0, 0, 0), font=font, stroke_width=stroke)


@lru_cache(maxsize=64)
def _font(size: int, latin: bool) -> FreeTypeFont | ImageFont:
    """Pillow's own font for ASCII, and for all other scripts the one that MuPDF carries: none need be installed."""
    from PIL import ImageFont

    if latin:
        return ImageFont.load_default(size)
    return ImageFont.truetype(io.BytesIO(_fallback()), size)


@lru_cache(maxsize=1)
def _fallback() -> bytes:
    import pymupdf

    return bytes(pymupdf.Font("korea").buffer)
