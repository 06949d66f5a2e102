"""Parts of a picture: the rows of a table, lines of a page, corners of a drawing, cut where their marks end.

Regions of real pages are cut so: a table goes over two pages, a passage is a strip of a column, a figure has no margin.
Knows pixels and the notes of the sheet.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mmrag.training.pictures.sheet import Sheet

__all__ = ["cut"]

_TRIMMED = 0.45
"""Of the sheets with light or dark paper: cut to where their marks end."""
_BANDS = {"table": 0.5, "text": 0.4, "form": 0.35, "code": 0.25, "equation": 0.2}
"""Groups that a strip of full or half width still shows, and how often it is cut out."""
_PARTS = {"diagram": 0.25, "photo": 0.3, "bar chart": 0.12, "line chart": 0.15, "pie chart": 0.08, "chart": 0.12}
"""Groups of which a large part is enough."""
_ALONE = 0.07
"""Of the tables: alone in the upper part of a page."""
_KEPT = frozenset({"striped", "dark", "justified", "ragged", "large-letters", "small-letters", "shades", "field-grid"})
"""Traits that a part has as the whole."""
_MARK = 40
"""Levels of grey from the paper that make a mark."""
_LEAST = 22
"""Pixels of the shorter side."""


def cut(sheet: Sheet, group: str) -> None:
    """Leave a part of the sheet, or trim it to its marks; what it no longer shows is struck from the book."""
    rng, done = sheet.rng, False
    if group == "table" and sheet.chance(_ALONE):
        _alone(sheet)
        return
    if sheet.chance(_BANDS.get(group, 0)):
        tall = max(_LEAST, sheet.height * min(0.8, rng.lognormvariate(-1.4, 0.7)))
        wide = sheet.width * (1.0 if sheet.chance(0.7) else rng.uniform(0.4, 1.0))
        done = _keep(sheet, wide, tall, 0.02)
    elif sheet.chance(_PARTS.get(group, 0)):
        done = _keep(sheet, sheet.width * rng.uniform(0.55, 1.0), sheet.height * rng.uniform(0.55, 1.0), 0.01)
    if done:
        sheet.counts.clear()
        sheet.traits = [trait for trait in sheet.traits if trait in _KEPT]
        drawn = {colour for _, colour in sheet.image.getcolors(sheet.width * sheet.height) or []}
        sheet.colours = {name: colour for name, colour in sheet.colours.items() if colour in drawn}
    if done or (group in {**_BANDS, **_PARTS} and sheet.chance(_TRIMMED)):
        _trim(sheet)


def _keep(sheet: Sheet, wide: float, tall: float, least: float) -> bool:
    """Cut out a part at random that has marks on at least so large a share of it; False where three tries had none."""
    wide, tall = min(wide, sheet.width), min(tall, sheet.height)
    for _ in range(3):
        left, top = sheet.rng.uniform(0, sheet.width - wide), sheet.rng.uniform(0, sheet.height - tall)
        box = round(left), round(top), round(left + wide), round(top + tall)
        if _marks(sheet, box).mean() > least:
            _crop(sheet, box)
            return True
    return False


def _alone(sheet: Sheet) -> None:
    """Put the sheet on a page that is empty below it."""
    margin = sheet.rng.uniform(0.05, 0.15)
    wide = round(sheet.width / (1 - 2 * margin))
    page = Image.new("RGB", (wide, round(wide * 1.35)), sheet.paper)
    drawn = sheet.image
    if drawn.height > page.height * 0.8:
        drawn = drawn.resize((max(1, round(drawn.width * page.height * 0.6 / drawn.height)), round(page.height * 0.6)))
    page.paste(drawn, ((wide - drawn.width) // 2, round(page.height * sheet.rng.uniform(0.03, 0.16))))
    sheet.image, (sheet.width, sheet.height) = page, page.size
    sheet.draw = ImageDraw.Draw(page)


def _trim(sheet: Sheet) -> None:
    """Cut the empty margins off, but for a few pixels."""
    marks = _marks(sheet, (0, 0, sheet.width, sheet.height))
    if not marks.any():
        return
    rows, columns = np.flatnonzero(marks.any(axis=1)), np.flatnonzero(marks.any(axis=0))
    edge = sheet.between(0, 6)
    left, top = max(0, columns[0] - edge), max(0, rows[0] - edge)
    right, bottom = min(sheet.width, columns[-1] + 1 + edge), min(sheet.height, rows[-1] + 1 + edge)
    _crop(sheet, (left, top, max(right, left + _LEAST), max(bottom, top + _LEAST)))


def _marks(sheet: Sheet, box: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    pixels = np.asarray(sheet.image.crop(box).convert("L"), np.int16)
    paper = int(np.mean(sheet.paper))
    return np.asarray(np.abs(pixels - paper) > _MARK)


def _crop(sheet: Sheet, box: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = map(int, box)
    sheet.image = sheet.image.crop((left, top, min(right, sheet.width), min(bottom, sheet.height)))
    sheet.width, sheet.height = sheet.image.size
    sheet.draw = ImageDraw.Draw(sheet.image)
