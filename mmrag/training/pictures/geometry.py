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
    rng, middle = sheet.rng, (sheet.width / 2, sheet.height / 2)
    reach = min(sheet.width, sheet.height) * 0.42
    fill = sheet.colour() if sheet.chance(0.35) else sheet.ink
    width, size = sheet.between(1, 3), reach / rng.uniform(4, 9)
    points = []
    for _ in range(sheet.between(3, 7)):
        angle, away = rng.uniform(0, 6.28), rng.uniform(0.3, 1)
        wide = reach * away * sheet.width / min(sheet.width, sheet.height)
        points.append((middle[0] + wide * math.cos(angle), middle[1] + reach * away * math.sin(angle)))
    if sheet.chance(0.35):
        _tint(sheet, points[: sheet.between(3, len(points))], mix(sheet.paper, fill, rng.uniform(0.15, 0.4)))
    if sheet.chance(0.3):
        for stop in ((sheet.width * 0.95, middle[1]), (middle[0], sheet.height * 0.05)):
            start = (sheet.width * 0.05, middle[1]) if stop[1] == middle[1] else (middle[0], sheet.height * 0.95)
            sheet.arrow(start, stop, sheet.ink, 1)
    if sheet.chance(0.3):
        _solid(sheet, middle, reach, (fill, width))
    else:
        _joined(sheet, points, (fill, width))
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


def _solid(sheet: Sheet, middle: Spot, reach: float, pen: tuple[RGB, int]) -> None:
    """A pyramid, a prism or a cylinder in outline, its hidden edges dashed."""
    (x, y), number = middle, sheet.between(3, 6)
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
