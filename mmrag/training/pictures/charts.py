"""Charts made of bars and boxes: vertical, horizontal, grouped, stacked, histogram, box plot."""

from __future__ import annotations

from mmrag.training.pictures.axes import Area, frame, label_columns, label_rows, value_axis
from mmrag.training.pictures.colours import RGB, mix
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import CATEGORIES, SERIES

__all__ = [
    "box_plot",
    "categories",
    "grouped_bars",
    "histogram",
    "horizontal_bars",
    "stacked_bars",
    "values",
    "vertical_bars",
]

TREND_NOISE = 0.06


def values(sheet: Sheet, number: int) -> list[float]:
    """`number` values whose course is noted where there is one: rising, falling, or a peak in the middle."""
    rng, top = sheet.rng, sheet.rng.choice([1, 10, 50, 100, 400, 1000])
    course = rng.choice(["", "", "rising", "falling", "peak"]) if number >= 4 else ""
    found = []
    for index in range(number):
        place = index / max(1, number - 1)
        middle = {"rising": 0.2 + 0.75 * place, "falling": 0.95 - 0.75 * place, "peak": 0.95 - 1.4 * abs(place - 0.5)}
        level = middle.get(course, rng.uniform(0.15, 1)) + rng.uniform(-TREND_NOISE, TREND_NOISE)
        found.append(max(0.05, level) * top)
    if course:
        sheet.note(course)
    return found


def categories(sheet: Sheet, number: int) -> list[str]:
    """`number` labels of one family, in their order."""
    pool = sheet.rng.choice([pool for pool in CATEGORIES if len(pool) >= number])
    start = sheet.between(0, len(pool) - number)
    return [sheet.said(term) for term in pool[start : start + number]]


def _edge(sheet: Sheet, fill: RGB) -> RGB:
    return sheet.ink if sheet.chance(0.2) else mix(fill, (0, 0, 0), 0.1)


@kind("bar chart", "bar chart", weight=2.0, dark=0.12)
def vertical_bars(sheet: Sheet) -> None:
    """One series of vertical bars, in one colour or one colour a bar."""
    number = sheet.between(3, 10)
    heights, labels = values(sheet, number), categories(sheet, number)
    several = number <= 6 and sheet.chance(0.25)
    colours = sheet.palette(number) if several else [sheet.colour()] * number
    area = value_axis(sheet, frame(sheet), 0, max(heights))
    step = label_columns(sheet, area, labels)
    wide, edge = step * sheet.rng.uniform(0.45, 0.85), _edge(sheet, colours[0])
    written = sheet.chance(0.25)
    for index, (value, colour) in enumerate(zip(heights, colours, strict=True)):
        left = area.left + step * index + (step - wide) / 2
        sheet.box((left, area.y(value), left + wide, area.bottom), colour, edge)
        if written:
            at = (left + wide / 2, area.y(value) - 2)
            sheet.text(at, f"{value:.0f}" if value >= 10 else f"{value:.1f}", step * 0.3, anchor="mb", width=step)
    sheet.count("bars", number)
    if written:
        sheet.note("values")


@kind("horizontal bar chart", "bar chart", weight=1.4, shapes=(0.8, 1.7), dark=0.12)
def horizontal_bars(sheet: Sheet) -> None:
    """One series of bars that lie."""
    number = sheet.between(3, 10)
    lengths, labels = values(sheet, number), categories(sheet, number)
    # A course over rows that are read downwards says nothing a reader would name.
    sheet.traits = [trait for trait in sheet.traits if trait not in ("rising", "falling", "peak")]
    if sheet.chance(0.4):
        lengths.sort(reverse=True)
        sheet.note("sorted")
    area = frame(sheet)
    area = Area(area.left * 1.5, area.top, area.right, area.bottom)
    area = value_axis(sheet, area, 0, max(lengths), across=True)
    colour = sheet.colour()
    step = label_rows(sheet, area, labels)
    thick, edge = step * sheet.rng.uniform(0.45, 0.85), _edge(sheet, colour)
    for index, value in enumerate(lengths):
        top = area.top + step * index + (step - thick) / 2
        sheet.box((area.left, top, area.x(value), top + thick), colour, edge)
    sheet.count("bars", number)


@kind("grouped bar chart", "bar chart", weight=1.5, dark=0.12)
def grouped_bars(sheet: Sheet) -> None:
    """Several series side by side."""
    number, groups = sheet.between(2, 4), sheet.between(2, 6)
    colours, names = sheet.palette(number), sheet.sample(SERIES, number)
    rows = [[sheet.rng.uniform(10, 100) for _ in range(number)] for _ in range(groups)]
    area = value_axis(sheet, frame(sheet, list(zip(names, colours, strict=True))), 0, max(map(max, rows)))
    step = label_columns(sheet, area, categories(sheet, groups))
    wide = step * 0.8 / number
    for group, row in enumerate(rows):
        for index, (value, colour) in enumerate(zip(row, colours, strict=True)):
            left = area.left + step * (group + 0.1) + wide * index
            sheet.box((left, area.y(value), left + wide * 0.92, area.bottom), colour)
    sheet.count("groups", groups)
    sheet.count("series", number)


@kind("stacked bar chart", "bar chart", weight=1.5, dark=0.12)
def stacked_bars(sheet: Sheet) -> None:
    """Bars made of layers, standing or lying, sometimes all of one length."""
    number, bars = sheet.between(2, 5), sheet.between(3, 8)
    colours, names = sheet.palette(number), sheet.sample(SERIES, number)
    rows = [[sheet.rng.uniform(10, 60) for _ in range(number)] for _ in range(bars)]
    if sheet.chance(0.3):
        rows = [[value * 100 / sum(row) for value in row] for row in rows]
        sheet.note("full")
    lying = sheet.chance(0.3)
    area = frame(sheet, list(zip(names, colours, strict=True)))
    area = value_axis(sheet, area, 0, max(map(sum, rows)), across=lying)
    label = label_rows if lying else label_columns
    step = label(sheet, area, categories(sheet, bars))
    thick = step * sheet.rng.uniform(0.5, 0.8)
    for bar, row in enumerate(rows):
        base = 0.0
        for value, colour in zip(row, colours, strict=True):
            near = (area.top if lying else area.left) + step * bar + (step - thick) / 2
            upright = (near, area.y(base + value), near + thick, area.y(base))
            sheet.box((area.x(base), near, area.x(base + value), near + thick) if lying else upright, colour)
            base += value
    sheet.note("lying" if lying else "standing")
    sheet.count("bars", bars)
    sheet.count("layers", number)


@kind("histogram", "bar chart", weight=1.0, dark=0.08)
def histogram(sheet: Sheet) -> None:
    """Bars that touch, over a continuous axis."""
    rng, number = sheet.rng, sheet.between(10, 24)
    form = rng.choice(["bell", "skewed", "two-humps"])
    centre, spread = rng.uniform(0.4, 0.6), rng.uniform(0.1, 0.16)
    heights = []
    for index in range(number):
        place = (index + 0.5) / number
        if form == "skewed":
            level = (place + 0.05) * 2.718 ** (-place * 7) * 12
        elif form == "bell":
            level = 2.718 ** (-(((place - centre) / spread) ** 2) / 2)
        else:
            level = sum(2.718 ** (-(((place - middle) / 0.09) ** 2) / 2) for middle in (0.27, 0.72))
        heights.append(max(0.02, level * rng.uniform(0.85, 1.1)) * 100)
    area = value_axis(sheet, frame(sheet), 0, max(heights))
    fill = sheet.colour()
    step = (area.right - area.left) / number
    unit = rng.choice([5, 10, 20])
    label_columns(sheet, area, [str(value * unit) for value in range(6)])
    for index, value in enumerate(heights):
        left = area.left + step * index
        sheet.box((left, area.y(value), left + step, area.bottom), fill, sheet.paper)
    sheet.note(form)


@kind("box plot", "chart", weight=0.9, dark=0.05)
def box_plot(sheet: Sheet) -> None:
    """Boxes with whiskers, medians and outliers."""
    rng, number = sheet.rng, sheet.between(2, 8)
    several = number <= 5 and sheet.chance(0.4)
    colours = sheet.palette(number) if several else [sheet.colour()] * number
    area = value_axis(sheet, frame(sheet), 0, 100)
    step = label_columns(sheet, area, categories(sheet, number))
    half = step * rng.uniform(0.2, 0.34)
    for index, colour in enumerate(colours):
        x = area.left + step * (index + 0.5)
        low, first, middle, third, high = (area.y(v) for v in _five(sheet))
        sheet.line([(x, low), (x, high)])
        for y in (low, high):
            sheet.line([(x - half / 2, y), (x + half / 2, y)])
        sheet.box((x - half, third, x + half, first), colour, sheet.ink, width=2)
        sheet.line([(x - half, middle), (x + half, middle)], width=3)
        for _ in range(rng.choice([0, 0, 1, 3])):
            sheet.disc((x, min(area.bottom, low + rng.uniform(6, 20))), 3, None, sheet.ink, 1)
    sheet.count("boxes", number)


def _five(sheet: Sheet) -> list[float]:
    middle, reach = sheet.rng.uniform(38, 66), sheet.rng.uniform(8, 15)
    factors = (-2, -1, sheet.rng.uniform(-0.5, 0.5), 1, 2)
    return [middle + reach * factor for factor in factors]
