"""Pages of text with a chart, table, diagram or photo among it, numbered and named as reports do."""

from __future__ import annotations

from PIL import Image

from mmrag.training.pictures.kinds import KINDS, kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import HEADINGS

__all__ = ["INSIDE", "page_with_figure"]

INSIDE = "inside:"
"""Begins the trait that names the kind of the figure."""

GROUPS = ("bar chart", "line chart", "pie chart", "chart", "table", "diagram", "photo")


@kind("page with a figure", "page", weight=2.2, shapes=(0.65, 0.85))
def page_with_figure(sheet: Sheet) -> None:
    """A portrait page in one column or two; the figure spans it, or one of the two columns."""
    rng, size, margin = sheet.rng, sheet.rng.uniform(6.5, 9.5), sheet.width * 0.1
    two, heading = sheet.chance(0.4), sheet.sample(HEADINGS, 1)[0]
    wide = (sheet.width - 2.5 * margin) / 2 if two else sheet.width - 2 * margin
    sheet.text((margin, sheet.height * 0.05), heading, size * 1.6, bold=True)
    top, bottom = sheet.height * 0.05 + size * 3, sheet.height * 0.95
    columns = [margin, margin * 1.5 + wide] if two else [margin]
    home = rng.randrange(len(columns))
    for place, left in enumerate(columns):
        if place != home:
            sheet.paragraph((left, top, left + wide, bottom), size)
            continue
        figure, group = _figure(sheet, round(wide), round((bottom - top) * rng.uniform(0.35, 0.6)))
        y = top + (bottom - top - figure.height - size * 3) * rng.choice([0, 0.3, 0.6, 1])
        if y > top + size * 2:
            sheet.paragraph((left, top, left + wide, y - size), size)
        sheet.image.paste(figure, (round(left + (wide - figure.width) / 2), round(y)))
        caption = f"{sheet.numbered(group)} {sheet.about()}"
        y += figure.height + size * 0.5
        sheet.text((left, y), caption, size, bold=True, width=wide)
        if bottom - y > size * 4:
            sheet.paragraph((left, y + size * 2.2, left + wide, bottom), size)
    if two:
        sheet.count("columns", 2)


def _figure(sheet: Sheet, wide: int, tall: int) -> tuple[Image.Image, str]:
    """A picture of another kind, at most so large, and its group; its colours and what it is are noted on the page."""
    # Photographs have a share of their own elsewhere and may be missing on this machine.
    names = [name for name, entry in KINDS.items() if entry.group in GROUPS and name != "photo"]
    entry = KINDS[sheet.rng.choices(names, [KINDS[name].weight for name in names])[0]]
    inner = Sheet(sheet.rng, sheet.split, sheet.language, max(1.0, sheet.rng.uniform(*entry.shapes)))
    inner.subject = sheet.subject
    entry.paint(inner)
    sheet.subject = inner.subject or sheet.subject
    share = min(wide / inner.width, tall / inner.height)
    target = (max(1, round(inner.width * share)), max(1, round(inner.height * share)))
    sheet.colours |= inner.colours
    sheet.note(INSIDE + entry.name, *[trait for trait in inner.traits if trait == "shades"])
    return inner.image.resize(target, Image.Resampling.BOX), entry.group
