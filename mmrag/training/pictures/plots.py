"""Charts of lines, areas, points, slices and cells."""

from __future__ import annotations

import math
from itertools import pairwise

from mmrag.training.pictures.axes import Area, frame, label_columns, label_rows, value_axis
from mmrag.training.pictures.charts import categories
from mmrag.training.pictures.colours import mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import SERIES

__all__ = ["area_chart", "donut", "heat_map", "line_chart", "pie", "scatter"]

COURSES = ("rising", "falling", "peak", "valley", "wavy")


def course(sheet: Sheet, name: str, number: int) -> list[float]:
    """`number` values between 0 and 100 that run as `name` says."""
    rng = sheet.rng
    phase, noise, lift = rng.uniform(0, 6.3), rng.choice([0.5, 2, 4]), rng.uniform(-12, 12)
    found = []
    for index in range(number):
        t = index / (number - 1)
        level = {
            "rising": 22 + 55 * t**1.2,
            "falling": 77 - 55 * t**0.8,
            "peak": 78 - 220 * (t - 0.5) ** 2,
            "valley": 22 + 220 * (t - 0.5) ** 2,
            "wavy": 50 + 26 * math.sin(phase + 14 * t),
        }[name]
        found.append(min(99.0, max(1.0, level + lift + rng.gauss(0, noise))))
    return found


@kind("line chart", "line chart", weight=2.4, dark=0.12)
def line_chart(sheet: Sheet) -> None:
    """One or several lines, smooth or with markers."""
    number, points = sheet.between(1, 4), sheet.rng.choice([5, 6, 8, 12, 30, 60])
    same = sheet.rng.choice(COURSES) if number == 1 or sheet.chance(0.6) else ""
    colours, names = sheet.palette(number), sheet.sample(SERIES, number)
    legend = list(zip(names, colours, strict=True)) if number > 1 else []
    area = value_axis(sheet, frame(sheet, legend), 0, 100)
    label_columns(sheet, area, categories(sheet, min(points, 8)))
    markers = points <= 12 and sheet.chance(0.5)
    width, dashes = sheet.between(2, 5), number > 1 and sheet.chance(0.15)
    for index, colour in enumerate(colours):
        runs = course(sheet, same or sheet.rng.choice(COURSES), points)
        step = (area.right - area.left) / points
        path = [(area.left + step * (place + 0.5), area.y(value)) for place, value in enumerate(runs)]
        if dashes and index % 2:
            for start, stop in pairwise(path):
                sheet.dashed(start, stop, colour, width)
        else:
            sheet.line(path, colour, width)
        for point in path if markers else ():
            sheet.disc(point, width + 3, colour)
    sheet.count("lines", number)
    sheet.note(*[same] * bool(same), *["markers"] * markers, *["dashes"] * dashes)


@kind("area chart", "line chart", weight=1.0, dark=0.1)
def area_chart(sheet: Sheet) -> None:
    """Filled areas, one or stacked."""
    number, points = sheet.between(1, 4), sheet.rng.choice([6, 8, 12, 40])
    colours, names = sheet.palette(number), sheet.sample(SERIES, number)
    name = sheet.rng.choice(COURSES)
    layers = [course(sheet, name, points) for _ in range(number)]
    sums = [[sum(layer[place] for layer in layers[: level + 1]) for place in range(points)] for level in range(number)]
    legend = list(zip(names, colours, strict=True)) if number > 1 else []
    area = value_axis(sheet, frame(sheet, legend), 0, max(sums[-1]))
    label_columns(sheet, area, categories(sheet, min(points, 8)))
    for runs, colour in zip(reversed(sums), reversed(colours), strict=True):
        wide = (area.right - area.left) / (points - 1)
        path = [(area.left + wide * place, area.y(value)) for place, value in enumerate(runs)]
        sheet.draw.polygon([(area.left, area.bottom), *path, (area.right, area.bottom)], fill=colour)
        sheet.line(path, mix(colour, (0, 0, 0), 0.25), 2)
    sheet.count("areas", number)
    sheet.note(name)


@kind("scatter plot", "chart", weight=1.2, dark=0.1)
def scatter(sheet: Sheet) -> None:
    """Points in one or several colours, with or without a fitted line."""
    rng, number = sheet.rng, sheet.between(1, 4)
    colours, names = sheet.palette(number), sheet.sample(SERIES, number)
    legend = list(zip(names, colours, strict=True)) if number > 1 else []
    area = value_axis(sheet, frame(sheet, legend), 0, 100)
    label_columns(sheet, area, [str(10 * place) for place in range(6)])
    form = rng.choice(["rising", "falling", "cloud"]) if number == 1 else "clusters"
    radius, hollow = rng.uniform(3, 7), sheet.chance(0.2)
    for colour in colours:
        centre = (rng.uniform(0.2, 0.8), rng.uniform(20, 80))
        for _ in range(rng.randint(18, 60)):
            t = rng.uniform(0.05, 0.95)
            value = {"rising": 10 + 80 * t, "falling": 90 - 80 * t, "cloud": rng.uniform(8, 92)}.get(form, 0.0)
            value += rng.gauss(0, 6)
            if form == "clusters":
                t, value = centre[0] + rng.gauss(0, 0.06), centre[1] + rng.gauss(0, 7)
            t, value = min(0.98, max(0.02, t)), min(98.0, max(2.0, value))
            at = (area.left + t * (area.right - area.left), area.y(value))
            sheet.disc(at, radius, None if hollow else colour, colour)
    if form in ("rising", "falling") and sheet.chance(0.5):
        ends = (10, 90) if form == "rising" else (90, 10)
        sheet.line([(area.left, area.y(ends[0])), (area.right, area.y(ends[1]))], width=2)
        sheet.note("fitted")
    sheet.note(form)
    sheet.count("series", number)


def _slices(sheet: Sheet, hole: float) -> None:
    rng, number = sheet.rng, sheet.between(2, 7)
    sizes = [rng.uniform(0.5, 3) for _ in range(number)]
    colours, labels = sheet.palette(number), categories(sheet, number)
    legend = list(zip(labels, colours, strict=True)) if sheet.chance(0.5) else []
    area = frame(sheet, legend, axes=False)
    centre = ((area.left + area.right) / 2, (area.top + area.bottom) / 2)
    around = 0.78 if not legend else 0.96
    radius = min(area.right - area.left, area.bottom - area.top) / 2 * around
    box = (centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius)
    angle, small = rng.choice([-90.0, rng.uniform(0, 360)]), radius / 7.5
    percent = sheet.chance(0.6)
    for size, colour, label in zip(sizes, colours, labels, strict=True):
        turn = 360 * size / sum(sizes)
        sheet.draw.pieslice(box, angle, angle + turn, fill=colour, outline=sheet.paper, width=2)
        middle = math.radians(angle + turn / 2)
        way = (math.cos(middle), math.sin(middle))
        inner = radius * (1 + hole) / 2 if hole else radius * 0.62
        if percent and turn > 24:
            at = (centre[0] + way[0] * inner, centre[1] + way[1] * inner)
            sheet.text(at, f"{turn / 3.6:.0f}%", small, readable_on(colour), anchor="mm")
        if not legend:
            at = (centre[0] + way[0] * radius * 1.06, centre[1] + way[1] * radius * 1.06)
            side = "lm" if way[0] > 0.2 else "rm" if way[0] < -0.2 else "ma" if way[1] > 0 else "mb"
            space = min(at[0], sheet.width - at[0]) - 4 if side[0] != "m" else sheet.width
            sheet.text(at, label, small, anchor=side, width=max(small, space))
        angle += turn
    if hole:
        sheet.disc(centre, radius * hole, sheet.paper)
    sheet.count("slices", number)
    sheet.note(*["percent"] * percent)


@kind("pie chart", "pie chart", weight=2.4, shapes=(0.85, 1.6), dark=0.1)
def pie(sheet: Sheet) -> None:
    """A disc cut into slices."""
    _slices(sheet, 0)


@kind("donut chart", "pie chart", weight=1.2, shapes=(0.85, 1.6), dark=0.1)
def donut(sheet: Sheet) -> None:
    """A ring cut into slices."""
    _slices(sheet, sheet.rng.uniform(0.45, 0.68))


@kind("heat map", "chart", weight=1.0, shapes=(0.85, 1.5), dark=0.06)
def heat_map(sheet: Sheet) -> None:
    """A grid of cells whose depth of colour says the value."""
    rng, rows, columns = sheet.rng, sheet.between(3, 8), sheet.between(3, 8)
    full = sheet.colour("red", "orange", "green", "teal", "blue", "purple")
    area = frame(sheet)
    area = Area(area.left * 1.3, area.top, area.right, area.bottom)
    wide = label_columns(sheet, area, categories(sheet, columns))
    tall = label_rows(sheet, area, categories(sheet, rows))
    form, written = rng.choice(["diagonal", "cloud"]), sheet.chance(0.5)
    for row in range(rows):
        for column in range(columns):
            value = rng.random()
            if form == "diagonal":
                value = max(0.03, 1 - 0.9 * abs(row / (rows - 1) - column / (columns - 1)) - 0.25 * value)
            # The deepest cell carries the colour that the caption names.
            value = 1.0 if (row, column) == (0, 0) else value
            fill = mix(mix(full, (255, 255, 255), 0.93), full, value)
            left, top = area.left + wide * column, area.top + tall * row
            sheet.box((left, top, left + wide, top + tall), fill, sheet.paper)
            if written:
                middle = (left + wide / 2, top + tall / 2)
                sheet.text(middle, f"{value:.2f}", min(wide, tall) * 0.34, readable_on(fill), anchor="mm")
    sheet.count("rows", rows)
    sheet.count("columns", columns)
    sheet.note(*["values"] * written, *["diagonal"] * (form == "diagonal"))
