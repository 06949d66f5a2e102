"""What is cut out of a page together with a figure: its caption, a heading, a line or a few of the text around it.

Regions of real pages are seldom cut at the very edge of a figure. Knows no kind of picture.
"""

from __future__ import annotations

from PIL import Image, ImageDraw

from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import HEADINGS, sentence

__all__ = ["surround"]

_SHARE = 0.35
_CAPTIONED = frozenset(
    ("bar chart", "line chart", "pie chart", "chart", "table", "diagram", "photo", "equation", "code", "drawing")
)


def surround(sheet: Sheet, group: str) -> None:
    """Put text below, above or at both sides of what was drawn, in a third of the cases, on the sheet's own paper."""
    if group not in _CAPTIONED or sheet.dark or not sheet.chance(_SHARE):
        return
    size = sheet.rng.uniform(8, 15)
    above, below = sheet.rng.choice([(0, 1), (0, 2), (0, 3), (1, 0), (2, 0), (1, 1), (2, 3)])
    margin = round(sheet.rng.uniform(0, 0.12) * sheet.width) if sheet.chance(0.4) else 0
    tall = round(size * 1.5)
    picture = sheet.image
    wide, high = picture.width + 2 * margin, picture.height + tall * (above + below) + round(size)
    sheet.image = Image.new("RGB", (wide, high), sheet.paper)
    sheet.image.paste(picture, (margin, tall * above + round(size / 2)))
    sheet.draw = ImageDraw.Draw(sheet.image)
    sheet.width, sheet.height = wide, high
    lines = [(place * tall, False) for place in range(above)]
    lines += [(high - tall * (below - place), place == 0) for place in range(below)]
    for y, first in lines:
        words = sentence(sheet.rng, sheet.language)
        if first:
            words = f"{sheet.numbered(group)} {words}"
        elif sheet.chance(0.2):
            words = sheet.sample(HEADINGS, 1)[0]
        sheet.text(
            (4, y),
            words + " " + sentence(sheet.rng, sheet.language),
            size,
            width=wide - 8,
            bold=first and sheet.chance(0.3),
        )
