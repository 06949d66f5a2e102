"""Reading order, paragraphs and headings of a page, from its lines of text. Pure geometry, in points.

Method: a page is cut at gutters that have running text on both sides (a recursive XY-cut limited to those cuts, Nagy &
Seth 1984), what crosses a gutter separates zones; inside a column the file's own order holds, except that nothing is
read before what stands above it. A table is read row by row. Does not know PDF, and does not look at pixels.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from mmrag.readers.graphics import Rect, WordTuple, inside
from mmrag.readers.tables import Table
from mmrag.types import Block, Box, Word

__all__ = ["Line", "arrange", "joined"]

_MAX_UNITS = 300  # a page in more pieces than this is a map or a drawing; its own order is kept


@dataclass(slots=True)
class Line:
    """Words on one baseline with the size of their type in points, and whether they are bold."""

    rect: Rect
    size: float
    bold: bool
    words: list[WordTuple]


@dataclass(slots=True)
class _Unit:
    """What is read in one go: lines of one style, or a table's rows."""

    rect: Rect
    lines: list[Line]
    table: bool = False
    count: int = field(default=0)
    line_width: float = field(default=0.0)


def joined(line: Line, following: Line) -> Line:
    """Two lines as one, in the style of the longer."""
    style = line if len(line.words) >= len(following.words) else following
    bold = line.bold and following.bold
    return Line(_around([line.rect, following.rect]), style.size, bold, line.words + following.words)


def _unit(lines: list[Line], table: bool = False, rect: Rect | None = None) -> _Unit:
    box = rect or _around([line.rect for line in lines])
    widths = [line.rect[2] - line.rect[0] for line in lines]
    return _Unit(box, lines, table, sum(len(line.words) for line in lines), statistics.median(widths))


def _around(rects: Sequence[Rect]) -> Rect:
    return (min(r[0] for r in rects), min(r[1] for r in rects), max(r[2] for r in rects), max(r[3] for r in rects))


def arrange(
    groups: Sequence[Sequence[Line]], tables: Sequence[Table], width: float, height: float
) -> tuple[tuple[Word, ...], tuple[Block, ...]]:
    """Words in reading order and the blocks they form, of a page of `width` by `height` points.

    `groups` are the paragraphs as the file has them, in the file's order.
    """
    units = _units(groups, tables)
    if not units:
        return (), ()
    body = _body(units)
    units = [part for unit in units for part in ([unit] if unit.table else _split(unit, body))]
    ordered = _framed(units, width, height) if len(units) <= _MAX_UNITS else units
    levels = _levels(ordered, body)
    words: list[Word] = []
    blocks: list[Block] = []
    for unit in ordered:
        # Each row of a table is a block of its own, so that its cells stay together and a long table can be parted.
        for lines in [[line] for line in unit.lines] if unit.table else [unit.lines]:
            start = len(words)
            words += [Word(w[4], _box(w, width, height)) for line in lines for w in line.words]
            level = 0 if unit.table else levels.get(id(unit), 0)
            rect = _around([line.rect for line in lines])
            size = max(line.size for line in lines) / height
            blocks.append(Block(_box(rect, width, height), start, len(words), level, round(size, 5)))
    return tuple(words), tuple(blocks)


def _box(rect: Rect | WordTuple, width: float, height: float) -> Box:
    left, top, right, bottom = rect[0] / width, rect[1] / height, rect[2] / width, rect[3] / height
    if left >= 0.0 and top >= 0.0 and right <= 1.0 and bottom <= 1.0:
        return Box(left, top, right, bottom)
    return Box(max(0.0, left), max(0.0, top), min(1.0, right), min(1.0, bottom))


# ---------------------------------------------------------------- units


def _units(groups: Sequence[Sequence[Line]], tables: Sequence[Table]) -> list[_Unit]:
    """Paragraphs and tables in the file's order; a table stands where its first word stands."""
    if not tables:
        return [_unit(list(lines)) for lines in groups if lines]
    units: list[_Unit | int] = []
    inside: list[list[Line]] = [[] for _ in tables]
    for lines in groups:
        rest: list[Line] = []
        for line in lines:
            for index, part in _by_table(line, tables):
                if index is None:
                    rest.append(part)
                    continue
                if not inside[index]:
                    units.append(index)
                inside[index].append(part)
        if rest:
            units.append(_unit(rest))
    return [
        unit if isinstance(unit, _Unit) else _unit(_rows(inside[unit], tables[unit]), True, tables[unit].rect)
        for unit in units
    ]


def _by_table(line: Line, tables: Sequence[Table]) -> list[tuple[int | None, Line]]:
    """A line, parted where it enters or leaves a table."""
    parts: list[tuple[int | None, list[WordTuple]]] = []
    for word in line.words:
        index = next((i for i, table in enumerate(tables) if inside(word, table.rect)), None)
        if parts and parts[-1][0] == index:
            parts[-1][1].append(word)
        else:
            parts.append((index, [word]))
    if len(parts) == 1:
        return [(parts[0][0], line)]
    return [(i, Line(_around([w[:4] for w in words]), line.size, line.bold, words)) for i, words in parts]


def _rows(lines: list[Line], table: Table) -> list[Line]:
    """A table's words as one line for each row, cells from left to right."""
    words = [word for line in lines for word in line.words]
    size = statistics.median(line.size for line in lines)
    rows = table.rows(words)
    bold = {id(word) for line in lines if line.bold for word in line.words}
    return [Line(_around([w[:4] for w in row]), size, all(id(w) in bold for w in row), row) for row in rows]


def _body(units: Sequence[_Unit]) -> tuple[float, bool]:
    """Size of the type that most of the text is set in, and whether that is bold."""
    sizes: Counter[tuple[float, bool]] = Counter()
    for unit in units:
        for line in unit.lines:
            sizes[round(line.size * 2) / 2, line.bold] += sum(len(word[4]) for word in line.words)
    return sizes.most_common(1)[0][0]


def _stands_out(line: Line, body: tuple[float, bool]) -> tuple[float, bool] | None:
    """The style of a line that is larger or bolder than the body, or None."""
    if line.size >= body[0] * 1.15 or (line.bold and not body[1] and line.size >= body[0] * 0.93):
        return round(line.size * 2) / 2, line.bold
    return None


def _split(unit: _Unit, body: tuple[float, bool]) -> list[_Unit]:
    """A paragraph, parted where a line of heading style meets one of body style."""
    parts: list[list[Line]] = []
    last: tuple[float, bool] | None = None
    for line in unit.lines:
        style = _stands_out(line, body)
        if parts and style == last:
            parts[-1].append(line)
        else:
            parts.append([line])
        last = style
    return [unit] if len(parts) == 1 else [_unit(part) for part in parts]


def _levels(units: Sequence[_Unit], body: tuple[float, bool]) -> dict[int, int]:
    """Level of each unit that is a heading, by the identity of the unit; the largest type is level 1."""
    styles: dict[int, tuple[float, bool]] = {}
    for unit in units:
        style = None if unit.table else _stands_out(unit.lines[0], body)
        if style is None or len(unit.lines) > 6:
            continue
        text = " ".join(word[4] for line in unit.lines for word in line.words)
        larger = style[0] >= body[0] * 1.15
        if unit.count > (30 if larger else 16) or sum(map(str.isalpha, text)) < 2:
            continue
        # A bold line that ends like a sentence or a list item is emphasis, not a heading.
        if not larger and text.endswith((".", ",", ";", "다.")) and not text.rstrip(".").isdigit():
            continue
        styles[id(unit)] = style
    ranks = {style: rank for rank, style in enumerate(sorted(set(styles.values()), reverse=True), 1)}
    return {key: min(6, ranks[style]) for key, style in styles.items()}


# ---------------------------------------------------------------- order


def _framed(units: list[_Unit], width: float, height: float) -> list[_Unit]:
    """Units in reading order, running heads and feet first and last: they stand beside no column."""
    heads = [u for u in units if u.rect[3] < 0.08 * height and u.count <= 16 and not u.table]
    feet = [u for u in units if u.rect[1] > 0.92 * height and u.count <= 16 and not u.table]
    if not heads and not feet:
        return _ordered(units, width)
    apart = {id(u) for u in (*heads, *feet)}
    return [*_settled(heads), *_ordered([u for u in units if id(u) not in apart], width), *_settled(feet)]


def _ordered(units: list[_Unit], width: float, depth: int = 0) -> list[_Unit]:
    """Units in reading order."""
    if len(units) < 2:
        return units
    gutter = _gutter(units, width) if depth < 4 else None
    if gutter is None:
        return _settled(units)
    across = sorted((u for u in units if u.rect[0] < gutter < u.rect[2]), key=lambda u: u.rect[1])
    zones: list[tuple[list[_Unit], list[_Unit]]] = [([], []) for _ in range(len(across) + 1)]
    for unit in units:
        if unit.rect[0] < gutter < unit.rect[2]:
            continue
        middle = (unit.rect[1] + unit.rect[3]) / 2
        zone = sum((u.rect[1] + u.rect[3]) / 2 < middle for u in across)
        zones[zone][unit.rect[0] >= gutter].append(unit)
    result: list[_Unit] = []
    for zone, (left, right) in enumerate(zones):
        result += _ordered(left, width, depth + 1) + _ordered(right, width, depth + 1)
        result += across[zone : zone + 1]
    return result


def _gutter(units: Sequence[_Unit], width: float) -> float | None:
    """The x of a gap with running text on both sides that the least text crosses, or None."""
    left, _, right, _ = _around([u.rect for u in units])
    total = sum(u.count for u in units)
    if right - left < 0.3 * width or total < 50:
        return None
    best: tuple[int, float] | None = None
    for x in sorted({round(u.rect[2]) for u in units}):
        gutter = x + 1.0
        if not left + 0.15 * (right - left) < gutter < left + 0.85 * (right - left):
            continue
        crossing = sum(u.count for u in units if u.rect[0] < gutter < u.rect[2])
        if crossing > 0.6 * total or (best and crossing >= best[0]):
            continue
        before = [u for u in units if u.rect[2] <= gutter]
        after = [u for u in units if u.rect[0] >= gutter]
        if _is_column(before, width) and _is_column(after, width) and _overlap(before, after):
            best = crossing, gutter
    return None if best is None else best[1]


def _is_column(units: Sequence[_Unit], width: float) -> bool:
    """Whether it is running text or a table, not a stack of labels or of numbers."""
    count = sum(u.count for u in units)
    if count < 20:
        return False
    long = sum(u.count for u in units if u.table or u.line_width >= 0.15 * width)
    return long >= 0.6 * count


def _overlap(before: Sequence[_Unit], after: Sequence[_Unit]) -> bool:
    """Whether two columns stand side by side."""
    _, top_a, _, bottom_a = _around([u.rect for u in before])
    _, top_b, _, bottom_b = _around([u.rect for u in after])
    return min(bottom_a, bottom_b) - max(top_a, top_b) > 0.25 * min(bottom_a - top_a, bottom_b - top_b)


def _settled(units: list[_Unit]) -> list[_Unit]:
    """The file's order, but for units that come after one which they stand above."""
    result: list[_Unit] = []
    for unit in units:
        place = next((i for i, other in enumerate(result) if _above(unit.rect, other.rect)), len(result))
        result.insert(place, unit)
    return result


def _above(a: Rect, b: Rect) -> bool:
    if (a[1] + a[3]) / 2 >= b[1]:
        return False
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.2 * min(a[2] - a[0], b[2] - b[0])
