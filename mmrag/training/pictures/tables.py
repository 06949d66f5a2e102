"""Tables: ruled on all sides, and with few or no rules as reports print them."""

from __future__ import annotations

import itertools

from mmrag.training.pictures.charts import categories
from mmrag.training.pictures.colours import RGB, mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.photos import landscape
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import COMPANIES, GOODS, HEADINGS, MEASURES, PEOPLE, Term

__all__ = ["cells", "ruled", "statement", "unruled"]


def _value(sheet: Sheet) -> str:
    number = sheet.rng.choice([sheet.rng.uniform(0, 10), sheet.rng.uniform(10, 9999), sheet.rng.uniform(10, 99999)])
    form = sheet.rng.choice(["{:,.0f}", "{:,.0f}", "{:,.1f}", "({:,.0f})", "{:.1f}%", "${:,.0f}", "{:.2f}", "–"])
    return str(form.format(number))


def _size(sheet: Sheet, rows: int, columns: int) -> tuple[int, int]:
    """How many rows and columns: up to these, or a dense table of small letters, as half of those in reports are."""
    if sheet.chance(0.45):
        return sheet.between(rows, 3 * rows), sheet.between(3, columns + 5)
    return sheet.between(2, rows), sheet.between(2, columns)


def cells(sheet: Sheet, rows: int, columns: int) -> list[list[str]]:
    """A head row and body rows: a label first, then numbers, or words in a table of words."""
    pool: tuple[Term, ...] = sheet.rng.choice([GOODS, PEOPLE, COMPANIES])
    labels = categories(sheet, rows) if rows <= 7 and sheet.chance(0.5) else sheet.sample(pool, rows)
    corner = "" if sheet.chance(0.4) else sheet.sample(HEADINGS, 1)[0]
    head = categories(sheet, columns - 1) if sheet.chance(0.4) and columns <= 8 else sheet.sample(MEASURES, columns - 1)
    body = [[label, *(_value(sheet) for _ in range(columns - 1))] for label in labels]
    if sheet.chance(0.2) and columns > 2:
        for row, words in zip(body, sheet.sample((*GOODS, *COMPANIES), rows), strict=True):
            row[1] = words
    return [[corner, *head], *body]


def _plan(sheet: Sheet, columns: int) -> tuple[list[float], float]:
    """The column borders and the top of the table, below its caption where it has one."""
    left, right = sheet.width * 0.03, sheet.width * 0.97
    first = sheet.rng.uniform(1.1, 2.2) if sheet.chance(0.6) else sheet.rng.uniform(2.2, 5.5)
    unit = (right - left) / (columns - 1 + first)
    borders = [left, *(left + unit * (first + place) for place in range(columns))]
    top = sheet.height * 0.03
    if sheet.chance(0.4):
        size = min(sheet.height / 16, 20)
        sheet.text((left, top), sheet.about(), size, bold=sheet.chance(0.5), width=right - left)
        top += size * 1.7
    return borders, top


def _write(sheet: Sheet, row: list[str], place: tuple[list[float], float, float], ink: RGB, bold: bool) -> None:
    borders, top, tall = place
    size = min(tall * 0.58, 17)
    for column, words in enumerate(row):
        near, far = borders[column], borders[column + 1]
        number = column > 0
        at = (far - 5, top + tall / 2) if number else (near + 5, top + tall / 2)
        sheet.text(at, words, size, ink, anchor="rm" if number else "lm", bold=bold, width=far - near - 8)


@kind("ruled table", "table", weight=2.0, shapes=(0.8, 2.6), dark=0.03)
def ruled(sheet: Sheet) -> None:
    """A grid of cells with lines around each, often with a coloured head row."""
    other = sheet.rng.choices([None, _wordy, _characters], [0.65, 0.24, 0.11])[0]
    if other:
        other(sheet)
        return
    rows, columns = _size(sheet, 11, 7)
    grid = cells(sheet, rows, columns)
    borders, top = _plan(sheet, columns)
    tall = min((sheet.height * 0.96 - top) / (rows + 1), 46)
    head = sheet.colour() if sheet.chance(0.6) else sheet.paper
    striped, edge = sheet.chance(0.25), sheet.rng.choice([sheet.ink, sheet.soft])
    stripe = mix(sheet.paper, head if sheet.colours else sheet.ink, 0.12)
    for index, row in enumerate(grid):
        y = top + tall * index
        ground = head if index == 0 else stripe if striped and index % 2 == 0 else sheet.paper
        for near, far in itertools.pairwise(borders):
            sheet.box((near, y, far, y + tall), ground, edge)
        _write(sheet, row, (borders, y, tall), readable_on(ground), index == 0)
    sheet.count("rows", rows)
    sheet.count("columns", columns)
    sheet.trim(top + tall * (rows + 1) + sheet.between(3, 24))
    sheet.note(*["coloured-head"] * bool(sheet.colours), *["striped"] * striped)


def _wordy(sheet: Sheet) -> None:
    """Cells of several lines of words, of unequal width and height, as encyclopedias and programmes print them."""
    columns, size = sheet.between(2, 6), sheet.rng.uniform(8, 14)
    shares = [sheet.rng.uniform(0.5, 2) for _ in range(columns)]
    borders = [sheet.width * (0.02 + 0.96 * sum(shares[:place]) / sum(shares)) for place in range(columns + 1)]
    head = sheet.colour() if sheet.chance(0.4) else mix(sheet.paper, sheet.ink, 0.1)
    edge, y, rows = sheet.rng.choice([sheet.ink, sheet.soft, sheet.faint]), sheet.height * 0.02, 0
    pictured = sheet.chance(0.25)
    while y < sheet.height * 0.9:
        lines = 1 if rows == 0 else sheet.between(1, 5)
        low = min(y + size * (1.35 * lines + 0.9), sheet.height - 2.0)
        for near, far in itertools.pairwise(borders):
            ground = head if rows == 0 else sheet.paper
            sheet.box((near, y, far, low), ground, edge)
            if rows and pictured and sheet.chance(0.3):
                _picture(sheet, (near + 3, y + 3, far - 3, low - 3))
            elif rows == 0 or sheet.chance(0.6):
                words = sheet.sample((*HEADINGS, *PEOPLE, *COMPANIES), min(lines, sheet.between(1, lines)))
                for place, word in enumerate(words):
                    at = (near + 4, y + size * (0.4 + 1.35 * place))
                    sheet.text(at, word, size, readable_on(ground), bold=rows == 0, width=far - near - 8)
            else:
                day = f"{sheet.between(1, 28)}. {sheet.between(1, 12)}. {sheet.between(1800, 2025)}"
                sheet.text((near + 4, y + size * 0.4), day, size, width=far - near - 8)
        y, rows = low, rows + 1
    sheet.trim(y + 4)
    sheet.count("rows", rows - 1)
    sheet.count("columns", columns)
    sheet.note(*["coloured-head"] * bool(sheet.colours))


def _tight(sheet: Sheet) -> None:
    """As papers print results: columns as wide as their words, thin rules over and under, bold for the best value."""
    rng, rows, columns = sheet.rng, sheet.between(2, 12), sheet.between(2, 8)
    names = [name.split()[0] if sheet.chance(0.6) else name for name in sheet.sample((*GOODS, *MEASURES), rows)]
    form = rng.choice(["{:.2f}", "{:.1f}", "{:,.0f}", "{:.3f}"])
    top = rng.choice([1, 1, 100, 5000])
    grid = [["", *(word[: rng.choice([2, 3, 4, 9])] for word in sheet.sample(MEASURES, columns - 1))]]
    grid += [[name, *(form.format(rng.uniform(0, top)) for _ in range(columns - 1))] for name in names]
    if sheet.chance(0.6):
        grid[0][0] = sheet.sample(HEADINGS, 1)[0]
    wide = [max(sheet.length(row[place], 20) for row in grid) + rng.uniform(8, 26) for place in range(columns)]
    leading = rng.uniform(1.15, 1.7)
    size = min(20 * 0.98 * sheet.width / sum(wide), 0.96 * sheet.height / (leading * (rows + 1)), 48)
    stops = [size / 20 * sum(wide[:place]) + 3 for place in range(columns + 1)]
    centred, boldness = sheet.chance(0.6), rng.choice([0.0, 0.1, 0.2])
    bars = [place for place in range(1, columns) if sheet.chance(0.35)] if sheet.chance(0.5) else []
    lines = {0, 1, rows + 1} | ({sheet.between(2, rows)} if rows > 3 and sheet.chance(0.4) else set())
    for index, row in enumerate(grid):
        y = 3 + size * leading * (index + 0.5)
        for place, words in enumerate(row):
            near, far = stops[place], stops[place + 1]
            middle = centred and place > 0
            at = ((near + far) / 2, y) if middle else (near + 2, y)
            bold = sheet.chance(boldness) or (index == 0 and boldness > 0)
            sheet.text(at, words, size, anchor="mm" if middle else "lm", bold=bold)
    bottom = 3 + size * leading * (rows + 1)
    for line in lines if sheet.chance(0.9) else ():
        y = 3 + size * leading * line
        sheet.line([(stops[0], y), (stops[-1], y)], width=rng.choice([1, 2]))
    for bar in bars:
        sheet.line([(stops[bar], 3), (stops[bar], bottom)], width=1)
    sheet.width = min(sheet.width, round(stops[-1]) + sheet.between(1, 6))
    sheet.trim(bottom + sheet.between(1, 8))
    sheet.count("rows", rows)
    sheet.count("columns", columns)
    sheet.note(*["three-rules"] * (lines == {0, 1, rows + 1} and not bars))


def _picture(sheet: Sheet, box: tuple[float, float, float, float]) -> None:
    """A small view in a cell."""
    size = max(4, round(box[2] - box[0])), max(4, round(box[3] - box[1]))
    inner = Sheet(sheet.rng, sheet.split, sheet.language, 1.0)
    landscape(inner)
    sheet.image.paste(inner.image.resize(size), (round(box[0]), round(box[1])))


def _characters(sheet: Sheet) -> None:
    """A chart of characters: a dense grid with one sign in a cell, some of them empty."""
    rows, columns = sheet.between(4, 16), sheet.between(6, 18)
    wide, tall = sheet.width * 0.96 / columns, min(sheet.height * 0.96 / rows, sheet.width * 1.4 / columns)
    first, empty = sheet.rng.choice([0x21, 0x41, 0xA1, 0x391, 0x3B1]), sheet.rng.uniform(0, 0.5)
    for row in range(rows):
        for column in range(columns):
            x, y = sheet.width * 0.02 + wide * column, sheet.height * 0.02 + tall * row
            sheet.box((x, y, x + wide, y + tall), None, sheet.ink)
            if not sheet.chance(empty):
                sign = chr(first + (row * columns + column) % 0x3E)
                sheet.text((x + wide / 2, y + tall / 2), sign, min(wide, tall) * 0.6, anchor="mm")
    sheet.trim(sheet.height * 0.02 + tall * rows + 4)
    sheet.count("rows", rows)
    sheet.count("columns", columns)


@kind("unruled table", "table", weight=2.0, shapes=(0.8, 2.6), dark=0.03)
def unruled(sheet: Sheet) -> None:
    """Columns of figures held by their alignment, with a rule or two at most."""
    if sheet.chance(0.4):
        _tight(sheet)
        return
    rows, columns = _size(sheet, 14, 6)
    grid = cells(sheet, rows, columns)
    borders, top = _plan(sheet, columns)
    tall = min((sheet.height * 0.96 - top) / (rows + 1), 42)
    rules, striped = sheet.rng.choice([0, 1, 3]), sheet.chance(0.3)
    stripe = mix(sheet.paper, sheet.colour() if striped else sheet.ink, 0.35 if striped else 0)
    for index, row in enumerate(grid):
        y = top + tall * index
        if striped and index % 2:
            sheet.box((borders[0], y, borders[-1], y + tall), stripe)
        _write(sheet, row, (borders, y, tall), readable_on(stripe) if striped and index % 2 else sheet.ink, index == 0)
    for y in (top + tall, top, top + tall * (rows + 1))[:rules]:
        sheet.line([(borders[0], y), (borders[-1], y)], width=2)
    if striped:
        # A light stripe is seen in its tone, so the tone is what the book must hold.
        sheet.colours = dict.fromkeys(sheet.colours, stripe)
    sheet.count("rows", rows)
    sheet.count("columns", columns)
    sheet.trim(top + tall * (rows + 1) + sheet.between(3, 24))
    sheet.note(*["striped"] * striped, *["three-rules"] * (rules == 3))


@kind("financial statement", "table", weight=2.2, shapes=(0.7, 2.0))
def statement(sheet: Sheet) -> None:
    """Items with leaders, indented under heads, two or three years of amounts, totals under rules."""
    years, rows = sheet.between(2, 4), sheet.between(8, 34)
    right, size = sheet.width * 0.97, min(sheet.height / (rows + 4) * 0.66, 15)
    wide = sheet.width * 0.15
    size = min(size, wide / 4.4)
    sheet.text((sheet.width / 2, size), sheet.about(), size * 1.3, anchor="ma", bold=True, width=sheet.width * 0.9)
    y = size * 3.4
    for place in range(years):
        sheet.text((right - wide * place, y), str(2024 - years + place), size, anchor="ra", bold=True)
    items = sheet.sample((*MEASURES, *GOODS), rows)
    leaders, doubled, dollars = sheet.chance(0.45), sheet.chance(0.5), sheet.chance(0.5)
    striped = sheet.chance(0.4)
    stripe = mix(sheet.paper, sheet.plain("blue", "blue", "teal", "grey", "green"), sheet.rng.uniform(0.12, 0.35))
    step = size * sheet.rng.uniform(1.3, 2.2)
    for index, words in enumerate(items):
        y += step
        if y > sheet.height - step:
            break
        if striped and index % 2:
            sheet.box((0, y - step * 0.15, sheet.width, y + step * 0.85), stripe)
        total = index > 1 and (index == rows - 1 or sheet.chance(0.16))
        indent = sheet.width * (0.03 if total or index == 0 else 0.06)
        end = indent + sheet.text((indent, y), words, size, bold=total, width=sheet.width * 0.4)
        if leaders:
            stop = right - wide * years
            sheet.text((end + 4, y), "." * int(max(0, stop - end) / (size * 0.5)), size, sheet.soft, width=stop - end)
        for place in range(years):
            at = right - wide * place
            sheet.text((at, y), _value(sheet), size, anchor="ra", bold=total, width=wide * 0.8)
            if dollars and (total or index == 0):
                sheet.text((at - wide * 0.95, y), "$", size, bold=total)
            if total:
                lows = [y - step * 0.1, *([y + size * 1.15, y + size * 1.15 + 3] if doubled else [])]
                for low in lows:
                    sheet.line([(at - wide * 0.9, low), (at, low)], width=1)
    sheet.trim(y + step + sheet.between(3, 24))
    sheet.count("years", years)
    sheet.note(*["leaders"] * leaders, *["striped"] * striped)
