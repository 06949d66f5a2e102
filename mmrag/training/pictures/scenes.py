"""Drawn scenes and plain shapes: houses, trees, a sun, people, cars, as a child or an icon set would draw them."""

from __future__ import annotations

import math
from collections.abc import Callable

from mmrag.training.pictures.colours import RGB, mix
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet

__all__ = ["face", "scene", "shapes"]

Spot = tuple[float, float]


def _house(sheet: Sheet, at: Spot, size: float) -> None:
    x, y = at
    wall, roof = (
        sheet.colour("yellow", "pink", "grey", "blue", "orange"),
        sheet.colour("red", "brown", "purple", "teal"),
    )
    sheet.box((x - size * 0.5, y - size * 0.7, x + size * 0.5, y), wall, sheet.ink, width=2)
    ridge = [(x - size * 0.62, y - size * 0.7), (x, y - size * 1.25), (x + size * 0.62, y - size * 0.7)]
    sheet.draw.polygon(ridge, fill=roof, outline=sheet.ink)
    sheet.box((x - size * 0.12, y - size * 0.38, x + size * 0.12, y), mix(roof, (0, 0, 0), 0.4))
    for side in (-1, 1):
        middle = x + side * size * 0.31
        sheet.box(
            (middle - size * 0.1, y - size * 0.55, middle + size * 0.1, y - size * 0.35), (225, 240, 250), sheet.ink
        )


def _tree(sheet: Sheet, at: Spot, size: float) -> None:
    x, y = at
    crown, trunk = sheet.colour("green"), sheet.plain("brown")
    sheet.box((x - size * 0.07, y - size * 0.5, x + size * 0.07, y), trunk)
    if "pointed-trees" in sheet.traits:
        for level in range(3):
            base = y - size * (0.35 + 0.3 * level)
            half = size * (0.42 - 0.1 * level)
            sheet.draw.polygon([(x - half, base), (x, base - size * 0.5), (x + half, base)], fill=crown)
    else:
        for dx, dy in ((-0.2, 0.65), (0.2, 0.65), (0, 0.92)):
            sheet.disc((x + dx * size, y - dy * size), size * 0.3, crown)


def _person(sheet: Sheet, at: Spot, size: float) -> None:
    x, y = at
    shirt = sheet.colour("red", "blue", "purple", "orange", "teal")
    sheet.disc((x, y - size * 0.85), size * 0.13, (240, 205, 170), sheet.ink)
    sheet.box((x - size * 0.14, y - size * 0.7, x + size * 0.14, y - size * 0.32), shirt)
    for side in (-1, 1):
        sheet.line([(x + side * size * 0.08, y - size * 0.32), (x + side * size * 0.1, y)], width=4)
        sheet.line([(x + side * size * 0.14, y - size * 0.66), (x + side * size * 0.3, y - size * 0.45)], width=4)


def _car(sheet: Sheet, at: Spot, size: float) -> None:
    x, y = at
    body = sheet.colour("red", "blue", "yellow", "grey", "green")
    sheet.box((x - size * 0.6, y - size * 0.4, x + size * 0.6, y - size * 0.12), body, round=6)
    roof = [(x - size * 0.35, y - size * 0.4), (x - size * 0.22, y - size * 0.65)]
    roof += [(x + size * 0.2, y - size * 0.65), (x + size * 0.38, y - size * 0.4)]
    sheet.draw.polygon(roof, fill=mix(body, (255, 255, 255), 0.4), outline=body)
    for side in (-1, 1):
        sheet.disc((x + side * size * 0.34, y - size * 0.1), size * 0.13, (30, 30, 30), (180, 180, 180), 3)


def _flower(sheet: Sheet, at: Spot, size: float) -> None:
    x, y = at
    petal = sheet.colour("red", "pink", "purple", "orange")
    sheet.line([(x, y), (x, y - size * 0.5)], sheet.plain("green"), 4)
    for turn in range(6):
        angle = turn * math.pi / 3
        sheet.disc(
            (x + size * 0.15 * math.cos(angle), y - size * 0.6 + size * 0.15 * math.sin(angle)), size * 0.11, petal
        )
    sheet.disc((x, y - size * 0.6), size * 0.1, sheet.plain("yellow"))


THINGS: dict[str, Callable[[Sheet, Spot, float], None]] = {
    "houses": _house,
    "trees": _tree,
    "people": _person,
    "cars": _car,
    "flowers": _flower,
}


@kind("drawn scene", "drawing", weight=1.6, shapes=(1.0, 1.7))
def scene(sheet: Sheet) -> None:
    """Ground and sky with a few things on it, by day or by night."""
    rng, horizon = sheet.rng, sheet.height * sheet.rng.uniform(0.5, 0.68)
    night = sheet.chance(0.2)
    sheet.ink = (20, 20, 30)
    sky = (
        rng.choice([(22, 26, 58), (30, 28, 70)])
        if night
        else rng.choice([(190, 225, 250), (214, 236, 250), (250, 228, 205)])
    )
    sheet.box((0, 0, sheet.width, sheet.height), sky)
    ground = mix(rng.choice([(140, 190, 110), (222, 205, 160), (238, 242, 246)]), (0, 0, 0), 0.5 if night else 0)
    sheet.box((0, horizon, sheet.width, sheet.height), ground)
    light = (sheet.width * rng.choice([0.14, 0.86]), sheet.height * 0.16)
    radius = sheet.height * 0.08
    sheet.disc(light, radius, (250, 246, 215) if night else (255, 205, 40))
    for turn in range(0 if night else 8):
        way = (math.cos(turn * math.pi / 4), math.sin(turn * math.pi / 4))
        ray = [(light[0] + way[0] * radius * k, light[1] + way[1] * radius * k) for k in (1.25, 1.6)]
        sheet.line(ray, (255, 190, 30), 4)
    if sheet.chance(0.35) and not night:
        for peak in range(3):
            x, half = sheet.width * (0.2 + 0.3 * peak), sheet.width * 0.2
            sheet.draw.polygon([(x - half, horizon), (x, horizon * 0.35), (x + half, horizon)], fill=(140, 150, 165))
        sheet.note("mountains")
    sheet.note("night" if night else "day", rng.choice(["round-trees", "pointed-trees"]))
    _place(sheet, horizon)
    if "trees" not in sheet.counts:
        sheet.traits = [trait for trait in sheet.traits if not trait.endswith("-trees")]


def _place(sheet: Sheet, horizon: float) -> None:
    """One to three sorts of things in a row, no two on the same spot."""
    sorts = sheet.rng.sample(sorted(THINGS), sheet.between(1, 3))
    wanted = [(sort, sheet.between(1, 3)) for sort in sorts]
    row = [sort for sort, number in wanted for _ in range(number)]
    sheet.rng.shuffle(row)
    step = sheet.width / len(row)
    for index, sort in enumerate(row):
        size = min(step * 0.78, sheet.height * 0.32)
        y = horizon + sheet.rng.uniform(0.05, 0.3) * (sheet.height - horizon) + size * 0.15
        THINGS[sort](sheet, (step * (index + 0.5), y), size)
    for sort, number in wanted:
        sheet.count(sort, number)


@kind("geometric shapes", "drawing", weight=0.8, shapes=(0.9, 1.6), dark=0.1)
def shapes(sheet: Sheet) -> None:
    """A few large plain shapes beside one another."""
    number = sheet.between(1, 5)
    columns = math.ceil(math.sqrt(number))
    rows = math.ceil(number / columns)
    wide, tall = sheet.width / columns, sheet.height / rows
    one = sheet.rng.choice(["circles", "squares", "triangles", "stars"]) if sheet.chance(0.4) else ""
    for index in range(number):
        row, column = divmod(index, columns)
        at = (wide * (column + 0.5), tall * (row + 0.5))
        form = one or sheet.rng.choice(["circles", "squares", "triangles", "stars"])
        _shape(sheet, form, at, min(wide, tall) * 0.36, sheet.colour())
        sheet.count(form, sheet.counts.get(form, 0) + 1)


def _shape(sheet: Sheet, form: str, at: Spot, radius: float, fill: RGB) -> None:
    x, y = at
    if form == "circles":
        sheet.disc(at, radius, fill)
    elif form == "squares":
        sheet.box((x - radius, y - radius, x + radius, y + radius), fill)
    else:
        corners, inner = (3, 1.0) if form == "triangles" else (10, 0.42)
        ring = []
        for corner in range(corners):
            angle = 2 * math.pi * corner / corners - math.pi / 2
            reach = radius * (inner if corner % 2 and corners == 10 else 1)
            ring.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
        sheet.draw.polygon(ring, fill=fill)


@kind("drawn face", "drawing", weight=0.6, shapes=(0.85, 1.3))
def face(sheet: Sheet) -> None:
    """A portrait in a few strokes: hair, eyes, a mouth that smiles or does not, a coloured shirt."""
    rng, middle, unit = sheet.rng, sheet.width / 2, min(sheet.width, sheet.height) / 10
    sheet.ink = (40, 30, 30)
    sheet.box((0, 0, sheet.width, sheet.height), rng.choice([(235, 240, 245), (250, 240, 225), (225, 240, 230)]))
    y, skin = sheet.height * 0.45, rng.choice([(245, 214, 186), (224, 172, 130), (150, 100, 70)])
    shirt = sheet.colour("red", "blue", "green", "purple", "orange", "teal", "grey")
    sheet.draw.ellipse((middle - unit * 4, y + unit * 3.2, middle + unit * 4, y + unit * 12), fill=shirt)
    sheet.box((middle - unit, y + unit * 2, middle + unit, y + unit * 4), skin)
    hair = rng.choice([(35, 28, 25), (95, 60, 35), (190, 150, 80), (150, 150, 150)])
    sheet.disc((middle, y - unit * 0.6), unit * 3, hair)
    sheet.draw.ellipse((middle - unit * 2.3, y - unit * 2.3, middle + unit * 2.3, y + unit * 3.1), fill=skin)
    for side in (-1, 1):
        sheet.disc((middle + side * unit, y - unit * 0.2), unit * 0.28, (30, 30, 30))
    smiling, glasses = sheet.chance(0.5), sheet.chance(0.35)
    mouth = (middle - unit, y + unit * 0.6, middle + unit, y + unit * 1.8)
    if smiling:
        sheet.draw.arc(mouth, 20, 160, fill=(150, 40, 40), width=6)
    else:
        sheet.line([(mouth[0], y + unit * 1.5), (mouth[2], y + unit * 1.5)], (150, 40, 40), 6)
    if glasses:
        for side in (-1, 1):
            sheet.disc((middle + side * unit * 1.05, y - unit * 0.2), unit * 0.8, None, sheet.ink, 4)
        sheet.line([(middle - unit * 0.3, y - unit * 0.2), (middle + unit * 0.3, y - unit * 0.2)], width=4)
    sheet.note("smiling" if smiling else "serious", *["glasses"] * glasses)
