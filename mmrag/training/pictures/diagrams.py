"""Boxes, arrows and dots: flow charts, trees, organisation charts, networks, architectures, timelines, cycles, maps."""

from __future__ import annotations

import itertools
import math

from PIL import Image

from mmrag.training.pictures.colours import RGB, mix, readable_on
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import ACTIONS, CATEGORIES, HEADINGS, PARTS, Term

__all__ = ["architecture", "cycle", "flow_chart", "network", "shape_map", "timeline", "tree", "venn"]

Spot = tuple[float, float]


def _head(sheet: Sheet) -> float:
    """A title in some pictures; returns where the drawing may begin."""
    size = min(sheet.width, sheet.height) / 18
    if not sheet.chance(0.45):
        return size * 0.8
    sheet.text((sheet.width / 2, size * 0.6), sheet.about(), size, anchor="ma", bold=True, width=sheet.width * 0.92)
    return size * 2.4


def _node(sheet: Sheet, at: Spot, half: Spot, words: str, fill: RGB | None, form: str = "box") -> None:
    """A labelled node around `at`: `box`, `round`, `pill`, `diamond` or `disc`."""
    (x, y), (wide, tall) = at, half
    edge, box = sheet.ink, (x - wide, y - tall, x + wide, y + tall)
    if form == "diamond":
        sheet.draw.polygon([(x, y - tall * 1.25), (x + wide, y), (x, y + tall * 1.25), (x - wide, y)], fill, edge, 2)
    elif form == "disc":
        sheet.draw.ellipse(box, fill=fill, outline=edge, width=2)
    else:
        round_ = {"round": 8, "pill": int(tall)}.get(form, 0)
        sheet.box(box, fill, edge, width=2, round=round_)
    ink = readable_on(fill) if fill else sheet.ink
    inner = wide * (1.25 if form == "diamond" else 1.85)
    sheet.text(at, words, min(tall * 0.85, 17), ink, anchor="mm", width=inner)


def _fills(sheet: Sheet) -> list[RGB | None]:
    """No filling, one, or two or three."""
    number = sheet.rng.choice([0, 1, 1, 2, 3])
    return [sheet.colour() for _ in range(number)] or [None]


@kind("flow chart", "diagram", weight=1.6, shapes=(0.55, 1.9), dark=0.06)
def flow_chart(sheet: Sheet) -> None:
    """Steps joined by arrows, downwards or to the right, some of them decisions."""
    number, fills, top = sheet.between(3, 7), _fills(sheet), _head(sheet)
    down = sheet.height >= sheet.width * 0.8
    number = min(number, 5) if not down else number
    names = sheet.sample(ACTIONS, number)
    decisions, form = 0, sheet.rng.choice(["box", "round"])
    long = (sheet.height - top if down else sheet.width) / number
    half = (sheet.width * 0.22, long * 0.28) if down else (long * 0.36, min(sheet.height * 0.13, 40))
    middle = sheet.width * 0.42 if down else (top + sheet.height) / 2
    spots = [(middle, top + long * (i + 0.5)) if down else (long * (i + 0.5), middle) for i in range(number)]
    for index, (spot, words) in enumerate(zip(spots, names, strict=True)):
        inside = 0 < index < number - 1
        kind_ = "diamond" if inside and sheet.chance(0.35) else form if inside else sheet.rng.choice(["pill", form])
        reach = (0, half[1] * (1.25 if kind_ == "diamond" else 1)) if down else (half[0], 0)
        if index:
            before = spots[index - 1]
            gap = (0, half[1]) if down else (half[0], 0)
            sheet.arrow((before[0] + gap[0], before[1] + gap[1]), (spot[0] - reach[0], spot[1] - reach[1]))
        if kind_ == "diamond":
            decisions += 1
            _branch(sheet, spot, half, down)
        _node(sheet, spot, half, words, sheet.rng.choice(fills) if index else fills[0], kind_)
    _seen(sheet, fills)
    sheet.count("steps", number)
    sheet.note("downwards" if down else "rightwards", *["decisions"] * bool(decisions))


def _branch(sheet: Sheet, spot: Spot, half: Spot, down: bool) -> None:
    """The other way out of a decision."""
    x, y = spot
    if down:
        corner = (min(sheet.width - 12, x + half[0] * 1.9), y)
        sheet.line([(x + half[0], y), corner])
        sheet.arrow(corner, (corner[0], y + half[1] * 2.2))
        no, at = ("아니오" if sheet.language == "ko" else "No"), (corner[0] - 8, y - 3)
        sheet.text(at, no, 12, anchor="rb")
    else:
        sheet.arrow((x, y + half[1] * 1.25), (x, min(sheet.height - 8, y + half[1] * 2.6)))


def _seen(sheet: Sheet, fills: list[RGB | None]) -> None:
    """Forget colours that chance left unused: each one is looked for in the drawing."""
    drawn = {colour for _, colour in sheet.image.getcolors(sheet.width * sheet.height) or []}
    sheet.colours = {name: colour for name, colour in sheet.colours.items() if colour in drawn or colour not in fills}


@kind("tree diagram", "diagram", weight=1.3, shapes=(1.0, 2.0), dark=0.05)
def tree(sheet: Sheet) -> None:
    """A root, its branches and their leaves, as an organisation chart is drawn."""
    fills, top = _fills(sheet), _head(sheet)
    branches = sheet.between(2, 4)
    leaves = [sheet.between(0, 2) for _ in range(branches)]
    leaves[0] = leaves[0] or 1
    columns = sum(max(1, number) for number in leaves)
    step, tall = sheet.width / columns, (sheet.height - top) / 3
    half, form = (min(step * 0.42, 70), min(tall * 0.24, 24)), sheet.rng.choice(["box", "round", "disc"])
    names, straight = iter(sheet.sample(PARTS, 1 + branches + sum(leaves))), sheet.chance(0.6)
    root, column = (sheet.width / 2, top + tall * 0.5), 0.0
    for number in leaves:
        wide = max(1, number)
        branch = (step * (column + wide / 2), top + tall * 1.5)
        _edge(sheet, root, branch, half[1], straight)
        for place in range(number):
            leaf = (step * (column + place + 0.5), top + tall * 2.5)
            _edge(sheet, branch, leaf, half[1], straight)
            _node(sheet, leaf, half, next(names), fills[-1], form)
        _node(sheet, branch, half, next(names), fills[len(fills) // 2], form)
        column += wide
    _node(sheet, root, (half[0] * 1.15, half[1]), next(names), fills[0], form)
    _seen(sheet, fills)
    sheet.count("nodes", 1 + branches + sum(leaves))
    sheet.count("branches", branches)
    sheet.note({"disc": "round-nodes"}.get(form, "box-nodes"))


def _edge(sheet: Sheet, parent: Spot, child: Spot, half: float, straight: bool) -> None:
    start, stop = (parent[0], parent[1] + half), (child[0], child[1] - half)
    middle = (start[1] + stop[1]) / 2
    corners = [(start[0], middle), (stop[0], middle)] if straight else []
    sheet.line([start, *corners, stop])


@kind("network diagram", "diagram", weight=1.2, shapes=(0.9, 1.7), dark=0.1)
def network(sheet: Sheet) -> None:
    """Dots joined by lines, in a ring, a star or layers."""
    rng, top = sheet.rng, _head(sheet)
    fills, form = _fills(sheet), rng.choice(["ring", "star", "layers"])
    number = sheet.between(4, 9)
    centre, reach = (sheet.width / 2, (top + sheet.height) / 2), (sheet.width * 0.38, (sheet.height - top) * 0.38)
    turns = [2 * math.pi * place / number + 0.3 for place in range(number)]
    spots = [(centre[0] + reach[0] * math.cos(t), centre[1] + reach[1] * math.sin(t)) for t in turns]
    edges = {(place, (place + 1) % number) for place in range(number)}
    if form == "star":
        spots, edges = [*spots, centre], {(place, number) for place in range(number)}
    elif form == "layers":
        sizes = [sheet.between(2, 4), sheet.between(3, 5), sheet.between(1, 3)]
        spots, edges = _layers(sheet, sizes, top)
    else:
        edges |= {(a, b) for a, b in (rng.sample(range(number), 2) for _ in range(number // 2)) if (b, a) not in edges}
    arrows = sheet.chance(0.3)
    radius = min(sheet.width, sheet.height) / rng.uniform(17, 24)
    for one, other in sorted(edges):
        (ax, ay), (bx, by) = spots[one], spots[other]
        share = 1 - (radius + 1) / math.dist(spots[one], spots[other])
        end = (ax + (bx - ax) * share, ay + (by - ay) * share)
        (sheet.arrow if arrows else sheet.line)(*((spots[one], end) if arrows else ([spots[one], end],)))
    names, labelled = sheet.sample(PARTS, len(spots)), form != "layers" and sheet.chance(0.5)
    for index, spot in enumerate(spots):
        fill = fills[index % len(fills)]
        sheet.disc(spot, radius, fill or sheet.paper, sheet.ink)
        if labelled:
            sheet.text((spot[0], spot[1] + radius + 2), names[index], 12, anchor="ma", width=110)
    sheet.count("nodes", len(spots))
    sheet.note(form, *["arrows"] * arrows)


def _layers(sheet: Sheet, sizes: list[int], top: float) -> tuple[list[Spot], set[tuple[int, int]]]:
    spots, edges, first = [], set(), 0
    for layer, size in enumerate(sizes):
        x = sheet.width * (0.15 + 0.35 * layer)
        spots += [(x, top + (sheet.height - top) * (place + 0.5) / size) for place in range(size)]
        after = range(first + size, first + size + sizes[layer + 1]) if layer + 1 < len(sizes) else range(0)
        edges |= {(one, other) for one in range(first, first + size) for other in after}
        first += size
    return spots, edges


@kind("architecture diagram", "diagram", weight=1.6, shapes=(1.0, 2.0), dark=0.05)
def architecture(sheet: Sheet) -> None:
    """Parts of a system with small icons, in framed zones, joined by arrows."""
    rng, top = sheet.rng, _head(sheet)
    zones, fills = sheet.between(1, 3), [sheet.colour() for _ in range(sheet.between(1, 3))]
    wide = sheet.width / (zones + 0.0)
    names, total = iter(sheet.sample(PARTS, 12)), 0
    tint, dashed = mix(sheet.paper, fills[0], 0.08), sheet.chance(0.4)
    ends: list[Spot] = []
    for zone in range(zones):
        left, right = wide * zone + 10, wide * (zone + 1) - 10
        box = (left, top + 4, right, sheet.height - 10.0)
        sheet.box(box, tint, None if dashed else sheet.soft, round=rng.choice([0, 6]))
        if dashed:
            corners = [(left, box[1]), (right, box[1]), (right, box[3]), (left, box[3])]
            for start, stop in zip(corners, [*corners[1:], corners[0]], strict=True):
                sheet.dashed(start, stop, sheet.soft, 2)
        sheet.text((left + 6, box[1] + 4), sheet.sample(HEADINGS, 1)[0], 12, readable_on(tint), width=wide - 34)
        columns, rows = (1, sheet.between(1, 3)) if zones > 1 else (3, sheet.between(1, 2))
        spots = []
        for row in range(rows):
            for column in range(columns):
                x = left + (right - left) * (column + 0.5) / columns
                y = box[1] + 22 + (box[3] - box[1] - 22) * (row + 0.42) / rows
                spots.append((x, y))
        for one, other in itertools.pairwise(spots):
            _join(sheet, one, other, readable_on(tint))
        if ends:
            _join(sheet, ends[-1], spots[0], sheet.soft)
        for place, spot in enumerate(spots):
            _icon(sheet, spot, fills[(place + zone) % len(fills)], rng.choice(["box", "disc", "drum", "cloud"]))
            sheet.text((spot[0], spot[1] + 24), next(names), 12, readable_on(tint), anchor="ma", width=wide * 0.8)
        total += len(spots)
        ends = spots
    _seen(sheet, list(fills))
    sheet.count("parts", total)
    sheet.count("zones", zones)
    sheet.note(*["dashed-frames"] * dashed)


def _join(sheet: Sheet, one: Spot, other: Spot, ink: RGB) -> None:
    length = max(1.0, math.dist(one, other))
    share = min(0.4, 30 / length)
    dx, dy = (other[0] - one[0]) * share, (other[1] - one[1]) * share
    sheet.arrow((one[0] + dx, one[1] + dy * 1.3), (other[0] - dx, other[1] - dy), ink)


def _icon(sheet: Sheet, at: Spot, fill: RGB, form: str) -> None:
    x, y = at
    if form == "box":
        sheet.box((x - 20, y - 18, x + 20, y + 18), fill, round=4)
        sheet.box((x - 12, y - 9, x + 12, y - 4), readable_on(fill))
    elif form == "disc":
        sheet.disc(at, 20, fill)
        sheet.disc(at, 8, readable_on(fill))
    elif form == "drum":
        sheet.box((x - 18, y - 14, x + 18, y + 14), fill)
        sheet.draw.ellipse((x - 18, y + 7, x + 18, y + 21), fill=fill)
        sheet.draw.ellipse((x - 18, y - 21, x + 18, y - 7), fill=mix(fill, (255, 255, 255), 0.45))
    else:
        for dx, dy, radius in ((-12, 4, 11), (0, -5, 14), (12, 4, 11)):
            sheet.disc((x + dx, y + dy), radius, fill)
        sheet.box((x - 12, y + 4, x + 12, y + 15), fill)


@kind("timeline", "diagram", weight=1.0, shapes=(1.3, 2.6), dark=0.06)
def timeline(sheet: Sheet) -> None:
    """Events along a line, named above and below it."""
    number, top = sheet.between(3, 7), _head(sheet)
    fills = [sheet.colour() for _ in range(sheet.rng.choice([1, 1, 2]))]
    y = (top + sheet.height) / 2
    step, years = sheet.width / number, CATEGORIES[3]
    first = sheet.between(0, len(years) - number)
    sheet.arrow((8, y), (sheet.width - 8, y), sheet.soft, 4)
    names, swing = sheet.sample(ACTIONS, number), sheet.chance(0.6)
    for index, words in enumerate(names):
        x, up = step * (index + 0.5), swing and index % 2
        reach = (sheet.height - top) * (-0.24 if up else 0.24)
        sheet.line([(x, y), (x, y + reach)], sheet.soft, 2)
        sheet.disc((x, y), 9, fills[index % len(fills)], sheet.ink)
        wide = step * (1.5 if swing else 0.92)
        sheet.text((x, y + reach), words, 14, anchor="mb" if up else "ma", width=wide)
        sheet.text((x, y + (14 if up else -14)), years[first + index].en, 14, anchor="ma" if up else "mb", bold=True)
    sheet.count("events", number)


@kind("cycle diagram", "diagram", weight=0.8, shapes=(0.9, 1.4), dark=0.05)
def cycle(sheet: Sheet) -> None:
    """Steps in a ring, each pointing at the next."""
    number, fills, top = sheet.between(3, 6), _fills(sheet), _head(sheet)
    centre, radius = (sheet.width / 2, (top + sheet.height) / 2), min(sheet.width, sheet.height - top) * 0.34
    half, form = (radius * 0.44, radius * 0.2), sheet.rng.choice(["round", "disc"])
    turns = [2 * math.pi * place / number - math.pi / 2 for place in range(number)]
    for index, (turn, words) in enumerate(zip(turns, sheet.sample(ACTIONS, number), strict=True)):
        gap = 2 * math.pi / number
        ways = [turn + gap * share for share in (0.34, 0.5, 0.62)]
        path = [(centre[0] + radius * math.cos(way), centre[1] + radius * math.sin(way)) for way in ways]
        sheet.line(path[:2], sheet.soft, 4)
        sheet.arrow(path[1], path[2], sheet.soft, 4)
        at = (centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn))
        _node(sheet, at, half, words, fills[index % len(fills)], form)
    sheet.count("steps", number)


@kind("Venn diagram", "diagram", weight=0.7, shapes=(1.0, 1.6))
def venn(sheet: Sheet) -> None:
    """Two or three discs that overlap."""
    number, top = sheet.between(2, 3), _head(sheet)
    centre, radius = (sheet.width / 2, (top + sheet.height) / 2), min(sheet.width * 0.25, (sheet.height - top) * 0.28)
    for turn, words in zip(range(number), sheet.sample(PARTS, number), strict=True):
        angle = 2 * math.pi * turn / number + (math.pi if number == 2 else -math.pi / 2)
        at = (centre[0] + radius * 0.66 * math.cos(angle), centre[1] + radius * 0.66 * math.sin(angle))
        layer = sheet.image.copy()
        colour = sheet.colour("red", "yellow", "green", "blue", "purple", "orange")
        sheet.disc(at, radius, colour, sheet.ink)
        # Half-transparent, so that the overlap is seen; the first disc stays full to carry its colour.
        if turn:
            sheet.image.paste(Image.blend(layer, sheet.image, 0.5))
            sheet.colours[list(sheet.colours)[-1]] = mix(sheet.paper, colour, 0.5)
        away = (at[0] + radius * 0.45 * math.cos(angle), at[1] + radius * 0.45 * math.sin(angle))
        sheet.text(away, words, radius / 6, anchor="mm", width=radius)
    sheet.count("circles", number)


@kind("map", "diagram", weight=1.6, shapes=(0.8, 1.5))
def shape_map(sheet: Sheet) -> None:
    """Regions with ragged borders, filled in tones or colours, with a legend."""
    rng, columns, rows = sheet.rng, sheet.between(2, 4), sheet.between(2, 3)
    top, tones = _head(sheet), sheet.palette(sheet.between(2, 4))
    if sheet.chance(0.4):
        sheet.box((0, top - 4, sheet.width, sheet.height), (206, 226, 242))
        sheet.note("sea")
    left, wide, tall = sheet.width * 0.08, sheet.width * 0.7 / columns, (sheet.height - top) * 0.86 / rows

    def corner(column: int, row: int) -> Spot:
        jitter = rng.uniform(-0.22, 0.22) * wide, rng.uniform(-0.22, 0.22) * tall
        return left + wide * column + jitter[0], top + tall * (row + 0.12) + jitter[1]

    grid = [[corner(column, row) for column in range(columns + 1)] for row in range(rows + 1)]
    names: tuple[Term, ...] = rng.choice([CATEGORIES[0], CATEGORIES[4], CATEGORIES[5]])
    labels = sheet.sample(names, columns * rows)
    for index in range(columns * rows):
        row, column = divmod(index, columns)
        ring = [grid[row][column], grid[row][column + 1], grid[row + 1][column + 1], grid[row + 1][column]]
        fill = tones[index] if index < len(tones) else rng.choice(tones)
        sheet.draw.polygon(ring, fill=fill, outline=(255, 255, 255), width=3)
        middle = (sum(x for x, _ in ring) / 4, sum(y for _, y in ring) / 4)
        sheet.text(middle, labels[index], 14, readable_on(fill), anchor="mm", width=wide * 0.8)
    for index, tone in enumerate(tones):
        y = sheet.height * 0.6 + index * 20
        sheet.box((sheet.width * 0.84, y, sheet.width * 0.84 + 14, y + 14), tone, sheet.ink)
        sheet.text((sheet.width * 0.84 + 18, y), f"{index * 10}-{index * 10 + 9}", 12, width=sheet.width * 0.12)
    sheet.count("areas", columns * rows)
