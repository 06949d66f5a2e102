"""Constructions as textbooks draw them: points with names, lines, circles, curves, tinted areas, solids in outline."""

from __future__ import annotations

import itertools
import math

from PIL import Image, ImageDraw

from mmrag.training.pictures.colours import RGB, mix
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet

__all__ = ["geometry"]

Spot = tuple[float, float]


@kind("geometry drawing", "diagram", weight=2.6, shapes=(0.7, 2.2), dark=0.0)
def geometry(sheet: Sheet) -> None:
    """Thin lines, arcs, curves and named points, as textbooks and papers draw constructions; mostly without colour."""
    rng, (*middle, reach) = sheet.rng, _middle(sheet)
    fill = sheet.colour() if sheet.chance(0.35) else sheet.ink
    width, size = sheet.between(1, 3), reach / rng.uniform(4, 9)
    points = []
    for _ in range(sheet.between(3, 7)):
        angle, away = rng.uniform(0, 6.28), rng.uniform(0.3, 1)
        wide = reach * away * sheet.width / min(sheet.width, sheet.height)
        points.append((middle[0] + wide * math.cos(angle), middle[1] + reach * away * math.sin(angle)))
    if sheet.chance(0.35):
        _tint(sheet, points[: sheet.between(3, len(points))], mix(sheet.paper, fill, rng.uniform(0.15, 0.4)))
    if sheet.chance(0.15):
        _grid(sheet)
    if sheet.chance(0.3):
        for place, point in enumerate(points[1:-1]):
            _angle(sheet, point, points[place], points[place + 2])
    if sheet.chance(0.3):
        for stop in ((sheet.width * 0.95, middle[1]), (middle[0], sheet.height * 0.05)):
            start = (sheet.width * 0.05, middle[1]) if stop[1] == middle[1] else (middle[0], sheet.height * 0.95)
            sheet.arrow(start, stop, sheet.ink, 1)
    form = rng.choices([_joined, _plane, _solid, _mesh], [0.48, 0.22, 0.2, 0.1])[0]
    form(sheet, points, (fill, width))
    for _ in range(sheet.between(0, 3)):
        x, y = rng.choice([middle, *points])
        wide, tall = reach * rng.uniform(0.15, 0.9), reach * rng.uniform(0.15, 0.9)
        tall = wide if sheet.chance(0.6) else tall
        sheet.draw.ellipse((x - wide, y - tall, x + wide, y + tall), outline=fill, width=width)
    named = sheet.chance(0.8)
    for place, (x, y) in enumerate(points):
        sheet.disc((x, y), rng.choice([2, 3, 5]), sheet.ink)
        if named:
            sheet.text((x + 5, y - size), rng.choice(("ABCDEFGH", "PQRSTUVW", "abcdefgh"))[place], size)
    sheet.count("points", len(points))


def _middle(sheet: Sheet) -> tuple[float, float, float]:
    """The middle of the sheet and how far a drawing reaches from it."""
    return sheet.width / 2, sheet.height / 2, min(sheet.width, sheet.height) * 0.42


def _joined(sheet: Sheet, points: list[Spot], pen: tuple[RGB, int]) -> None:
    """Point after point: straight, dashed, bent, or drawn on beyond both."""
    path = [*points, points[0]] if sheet.chance(0.6) else points
    for start, stop in itertools.pairwise(path):
        if sheet.chance(0.15):
            far = [(start[i] * 1.3 - stop[i] * 0.3, stop[i] * 1.3 - start[i] * 0.3) for i in (0, 1)]
            sheet.line([(far[0][0], far[1][0]), (far[0][1], far[1][1])], *pen)
        elif sheet.chance(0.2):
            sheet.dashed(start, stop, *pen)
        elif sheet.chance(0.2):
            _bow(sheet, start, stop, pen)
        else:
            sheet.line([start, stop], *pen)


def _tint(sheet: Sheet, points: list[Spot], tone: RGB) -> None:
    """A filled or a hatched area."""
    if sheet.chance(0.6):
        sheet.draw.polygon(points, fill=tone)
        return
    mask = Image.new("L", sheet.image.size)
    ImageDraw.Draw(mask).polygon(points, fill=255)
    lines, gap = Image.new("RGB", sheet.image.size, sheet.paper), sheet.between(5, 12)
    pen = ImageDraw.Draw(lines)
    for start in range(-sheet.height, sheet.width, gap):
        pen.line((start, sheet.height, start + sheet.height, 0), fill=tone, width=2)
    sheet.image.paste(lines, mask=mask)


def _bow(sheet: Sheet, start: Spot, stop: Spot, pen: tuple[RGB, int]) -> None:
    """A curve from point to point."""
    bend = sheet.rng.uniform(-0.5, 0.5)
    across = (start[1] - stop[1]) * bend, (stop[0] - start[0]) * bend
    steps = [place / 16 for place in range(17)]
    sheet.line(
        [
            tuple(start[i] + (stop[i] - start[i]) * t + across[i] * 4 * t * (1 - t) for i in (0, 1))  # type: ignore[misc]
            for t in steps
        ],
        *pen,
    )


def _solid(sheet: Sheet, _: list[Spot], pen: tuple[RGB, int]) -> None:
    """A pyramid, a prism or a cylinder in outline, its hidden edges dashed."""
    x, y, reach = _middle(sheet)
    number = sheet.between(3, 6)
    flat = sheet.rng.uniform(0.25, 0.5)
    ring = [(math.cos(6.283 * i / number + 0.4), math.sin(6.283 * i / number + 0.4)) for i in range(number)]
    low = [(x + reach * 0.8 * a, y + reach * (0.55 + flat * b * 0.8)) for a, b in ring]
    pointed = sheet.chance(0.5)
    high = [(x, y - reach) if pointed else (a, b - reach * 1.2) for a, b in low]
    for place in range(number):
        after = (place + 1) % number
        hidden = low[place][1] < y + reach * 0.5
        for start, stop in ((low[place], low[after]), (low[place], high[place]), (high[place], high[after])):
            if hidden and start is low[place]:
                sheet.dashed(start, stop, *pen)
            elif start != stop:
                sheet.line([start, stop], *pen)


def _grid(sheet: Sheet) -> None:
    """Squared paper with numbers along its edges."""
    step = min(sheet.width, sheet.height) / sheet.between(4, 10)
    for place in range(1, round(max(sheet.width, sheet.height) / step)):
        for ends in (
            ((place * step, 0), (place * step, sheet.height)),
            ((0, place * step), (sheet.width, place * step)),
        ):
            sheet.line(ends, sheet.faint, 1)
        sheet.text((place * step, sheet.height - 2), str(place), step / 4, anchor="mb")


def _angle(sheet: Sheet, at: Spot, one: Spot, other: Spot) -> None:
    """An angle between two points, filled with a pale colour."""
    radius = min(sheet.width, sheet.height) * sheet.rng.uniform(0.05, 0.12)
    first, second = (math.degrees(math.atan2(far[1] - at[1], far[0] - at[0])) for far in (one, other))
    tone = mix(sheet.paper, sheet.plain("green", "red", "blue", "orange"), 0.35)
    box = at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius
    sheet.draw.pieslice(box, min(first, second), max(first, second), fill=tone, outline=tone)


def _mesh(sheet: Sheet, _: list[Spot], pen: tuple[RGB, int]) -> None:
    """A ring or a ball of thin lines, seen aslant."""
    x, y, reach = _middle(sheet)
    tilt, hole = sheet.rng.uniform(0.3, 0.7), sheet.rng.choice([0.0, 0.6])
    rounds, steps = sheet.between(6, 14), 24
    inner = 1 - hole

    def seen(turn: float, bend: float) -> Spot:
        away = hole + inner * (math.cos(bend) if hole == 0 else 0.45 * math.cos(bend))
        across, deep = away * math.cos(turn), away * math.sin(turn)
        return x + reach * across, y + reach * (deep * tilt - inner * 0.8 * math.sin(bend) * math.sqrt(1 - tilt * tilt))

    for one in range(rounds):
        turn = 6.283 * one / rounds
        sheet.line([seen(turn, 6.283 * step / steps) for step in range(steps + 1)], pen[0], 1)
        sheet.line([seen(6.283 * step / steps, turn) for step in range(steps + 1)], pen[0], 1)


def _plane(sheet: Sheet, points: list[Spot], pen: tuple[RGB, int]) -> None:
    """A plane with axes, and on it one function, some vectors, or the points joined."""
    rng, ends = sheet.rng, (sheet.width * 0.04, sheet.width * 0.96, sheet.height * 0.96, sheet.height * 0.04)
    origin = sheet.width * rng.choice([0.08, 0.3, 0.5, 0.5]), sheet.height * rng.choice([0.92, 0.7, 0.5, 0.5])
    _axes(sheet, origin, ends)
    form = rng.choice(["curve", "vectors", "joined"])
    if form == "joined":
        _joined(sheet, points, pen)
    elif form == "vectors":
        for spot in points[:3]:
            sheet.arrow(origin, spot, pen[0], pen[1] + 1)
    else:
        bend, turns, tall = rng.choice(["wave", "power"]), rng.uniform(0.6, 2.5), sheet.height * rng.uniform(0.15, 0.4)
        path = []
        for place in range(81):
            share = place / 40 - 1
            value = math.sin(6.283 * turns * share) if bend == "wave" else abs(share) ** turns * math.copysign(1, share)
            height = min(ends[2], max(ends[3], origin[1] - tall * value))
            path.append((sheet.width * (0.5 + 0.45 * share), height))
        sheet.line(path, *pen)


def _axes(sheet: Sheet, origin: Spot, ends: tuple[float, float, float, float]) -> None:
    """Two axes through `origin`, pointed or not, numbered or not, squares behind. `ends`: left, right, low, high."""
    (x, y), (left, right, low, high) = origin, ends
    step, numbered = min(sheet.width, sheet.height) / sheet.rng.uniform(4, 12), sheet.chance(0.6)
    squared, size = sheet.rng.choice(["none", "lines", "dashes"]), max(9.0, step / 3)
    for across, start, far in ((True, x, sheet.width), (False, y, sheet.height)):
        for place in range(-round(start / step), round((far - start) / step) + 1):
            at = start + place * step
            stops = ((at, high), (at, low)) if across else ((left, at), (right, at))
            if squared == "lines":
                sheet.line(stops, sheet.faint, 1)
            elif squared == "dashes":
                sheet.dashed(*stops, sheet.faint)
            if numbered and place:
                spot = (at, y + 2) if across else (x - 3, at)
                sheet.text(spot, str(place if across else -place), size, anchor="ma" if across else "rm")
    pointed = sheet.chance(0.6)
    for axis in (((left, y), (right, y)), ((x, low), (x, high))):
        if pointed:
            sheet.arrow(*axis, sheet.ink, 1)
        else:
            sheet.line(axis, sheet.ink, 1)
