"""Tables of a page, from its straight lines and its words. Pure geometry, in points.

Three kinds are found: grids of lines, columns of text between lines of one length (as books set them), and numbers in
aligned columns without any line (as financial reports set them). Does not know PDF, and does not look at pixels.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from mmrag.readers.graphics import Rect, WordTuple, inside

__all__ = ["Rule", "Table", "baseline_rows", "find_tables"]

Rule: TypeAlias = tuple[float, float, float]
"""A straight line along an axis: its place on the other axis, then where it starts and ends."""

_MAX_RULES = 240
_MAX_WORDS = 6000  # more than any page of text; a page of more is a map or a listing
_NUMBER = re.compile(r"^[(\[<~≈±+\-–—−$€£¥₩%]*\d[\d.,:/]*[)\]%*†‡a-zA-Z]{0,2}$|^[$€£¥₩%)]$|^[-–—−]+$|^[nN]/?[aA]$")
_MONEY = re.compile(r"^[$€£¥₩(]+$")
_DIGIT = re.compile(r"\d|[-–—−]")


@dataclass(slots=True)
class Table:
    """A table: where it is, and the lines that part its rows (`ys`) and columns (`xs`) where it is drawn as a grid."""

    rect: Rect
    ys: list[float] = field(default_factory=list)
    xs: list[float] = field(default_factory=list)

    def rows(self, words: Sequence[WordTuple]) -> list[list[WordTuple]]:
        """The words row by row; by the drawn grid where it parts most of the lines of text, else by baselines."""
        plain = baseline_rows(words)
        if len(self.ys) - 1 < 0.3 * len(plain) or len(self.xs) < 3:
            return plain
        bands: dict[int, dict[int, list[WordTuple]]] = {}
        for word in words:
            x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
            band = bands.setdefault(bisect(self.ys, y), {})
            band.setdefault(bisect(self.xs, x), []).append(word)
        rows: list[list[WordTuple]] = []
        for _, band in sorted(bands.items()):
            cells = [baseline_rows(cell) for _, cell in sorted(band.items())]
            heights = {len(cell) for cell in cells}
            if len(cells) > 1 and len(heights) == 1 and heights != {1}:
                # As many lines in every column: these are rows that no line parts.
                rows += baseline_rows([word for cell in cells for line in cell for word in line])
            else:
                rows.append([word for cell in cells for line in cell for word in line])
        return rows


def baseline_rows(words: Sequence[WordTuple]) -> list[list[WordTuple]]:
    """Words grouped by height on the page, top to bottom, each group from left to right."""
    rows: list[list[WordTuple]] = []
    middle = reach = 0.0
    for word in sorted(words, key=lambda w: w[1] + w[3]):
        y, height = (word[1] + word[3]) / 2, word[3] - word[1]
        if rows and y - middle <= 0.5 * min(reach, height) + 0.5:
            rows[-1].append(word)
        else:
            rows.append([word])
            middle, reach = y, height
    for row in rows:
        row.sort(key=lambda w: w[0])
    return rows


def find_tables(
    rules: tuple[Sequence[Rule], Sequence[Rule]],
    curves: Sequence[Rect],
    words: Sequence[WordTuple],
    size: tuple[float, float],
) -> list[Table]:
    """Every table of a page of `size`, with the rows above it that head its columns, top to bottom.

    `rules` are horizontal lines (y, left, right) and vertical ones (x, top, bottom); `curves` are the boxes of paths
    that are neither, by which a chart with a grid is told from a table.
    """
    width, height = size
    if not words or len(words) > _MAX_WORDS:
        return []
    across = [rule for rule in _merged(rules[0]) if rule[2] - rule[1] > 0.02 * width][:_MAX_RULES]
    down = [rule for rule in _merged(rules[1]) if rule[2] - rule[1] > 0.006 * height][:_MAX_RULES]
    found, used = _grids(across, down, words)
    free = [rule for i, rule in enumerate(across) if i not in used]
    found += [table for table in _between(free, words, width) if not any(_meets(table, other) for other in found)]
    for table in _of_numbers([_cells(row) for row in baseline_rows(words)]):
        _add(found, table)
    found = [table for table in found if not _is_chart(table.rect, curves)]
    for table in found:
        if not table.ys:
            table.rect = _with_foot(table.rect, words)
        table.rect = _with_head(table.rect, words)
    return sorted(found, key=lambda table: table.rect[1])


# ---------------------------------------------------------------- drawn tables


def _merged(rules: Sequence[Rule]) -> list[Rule]:
    """Lines with the pieces joined that a border is often drawn in."""
    result: list[Rule] = []
    for place, start, stop in sorted((round(r[0]), r[1], r[2]) for r in rules):
        if result and abs(result[-1][0] - place) <= 1 and start <= result[-1][2] + 3:
            result[-1] = result[-1][0], result[-1][1], max(result[-1][2], stop)
        else:
            result.append((float(place), start, stop))
    return result


def _grids(across: Sequence[Rule], down: Sequence[Rule], words: Sequence[WordTuple]) -> tuple[list[Table], set[int]]:
    """Tables made by lines that cross, and the indices of the horizontal lines in them."""
    parents = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while parents[i] != i:
            parents[i] = parents[parents[i]]
            i = parents[i]
        return i

    for i, (y, left, right) in enumerate(across):
        for j, (x, top, bottom) in enumerate(down):
            if left - 3 <= x <= right + 3 and top - 3 <= y <= bottom + 3:
                parents[root(len(across) + j)] = root(i)
    groups: dict[int, tuple[list[Rule], list[Rule], set[int]]] = {}
    for i in range(len(parents)):
        rows, columns, numbers = groups.setdefault(root(i), ([], [], set()))
        if i < len(across):
            rows.append(across[i])
            numbers.add(i)
        else:
            columns.append(down[i - len(across)])
    found: list[Table] = []
    used: set[int] = set()
    for rows, columns, numbers in groups.values():
        ys, xs = _steps([rule[0] for rule in rows]), _steps([rule[0] for rule in columns])
        if len(ys) < 2 or len(xs) < 2 or len(ys) + len(xs) < 5:
            continue
        left = min([xs[0], *(rule[1] for rule in rows)])
        right = max([xs[-1], *(rule[2] for rule in rows)])
        table = Table((left, ys[0], right, ys[-1]), ys, xs)
        if _filled(table, words):
            found.append(table)
            used |= numbers
    return found, used


def _steps(values: Sequence[float]) -> list[float]:
    result: list[float] = []
    for value in sorted(values):
        if not result or value - result[-1] > 3:
            result.append(value)
    return result


def _filled(table: Table, words: Sequence[WordTuple]) -> bool:
    """Whether a grid holds text as a table does: in most of its rows, in two or more columns."""
    held = [word for word in words if inside(word, table.rect)]
    if len(held) < 4:
        return False
    rows = {bisect(table.ys, (w[1] + w[3]) / 2) for w in held}
    columns = {bisect(table.xs, (w[0] + w[2]) / 2) for w in held}
    if len(rows) < 0.6 * (len(table.ys) - 1):
        return False
    return len(columns) >= 2 or _tabular(held)


def _between(across: Sequence[Rule], words: Sequence[WordTuple], width: float) -> list[Table]:
    """Tables between three or more lines of the same length and place."""
    groups: list[list[Rule]] = []
    for rule in across:
        if rule[2] - rule[1] < 0.12 * width:
            continue
        for group in groups:
            if abs(group[0][1] - rule[1]) < 0.01 * width and abs(group[0][2] - rule[2]) < 0.01 * width:
                group.append(rule)
                break
        else:
            groups.append([rule])
    found: list[Table] = []
    for group in groups:
        rect = group[0][1], group[0][0], group[0][2], group[-1][0]
        if len(group) >= 3 and _tabular([word for word in words if inside(word, rect)]):
            found.append(Table(rect))
    return found


def _tabular(words: Sequence[WordTuple]) -> bool:
    """Whether words stand in rows of two or more short cells, rather than in lines of running text."""
    rows = [_cells(row) for row in baseline_rows(words)]
    if len(rows) < 2:
        return False
    parted = [row for row in rows if len(row) >= 2]
    cells = [cell for row in parted for cell in row]
    return bool(cells) and len(parted) >= 0.5 * len(rows) and sum(map(len, cells)) <= 5 * len(cells)


def _cells(row: Sequence[WordTuple]) -> list[list[WordTuple]]:
    """A row parted at gaps that are wider than a space."""
    cells: list[list[WordTuple]] = []
    for word in row:
        if cells and word[0] - cells[-1][-1][2] <= 0.75 * (word[3] - word[1]):
            cells[-1].append(word)
        else:
            cells.append([word])
    return cells


# ---------------------------------------------------------------- numbers in columns


def _of_numbers(rows: Sequence[list[list[WordTuple]]]) -> list[Table]:
    """Tables without lines: three or more rows near one another that end in numbers in the same columns."""
    found: list[_Run] = []
    live: list[_Run] = []
    for cells in rows:
        top = min(cell[0][1] for cell in cells)
        live = [run for run in live if top - run.bottom <= 3.2 * run.step]
        for part in _number_parts(cells):
            run = next((run for run in live if run.takes(part)), None)
            if run is None:
                run = _Run(part)
                live.append(run)
                found.append(run)
            else:
                run.add(part)
    return [Table(run.rect) for run in found if run.rows >= 3 and run.numbers >= 4]


def _number_parts(cells: list[list[WordTuple]]) -> list[list[list[WordTuple]]]:
    """The parts of a row that are a label and the numbers after it; what is running text belongs to no part."""
    parts: list[list[list[WordTuple]]] = []
    for cell in cells:
        if _is_number(cell):
            if parts:
                parts[-1].append(cell)
            else:
                parts.append([cell])
        elif parts and _MONEY.match(cell[0][4]) and len(cell) == 1:
            # A currency sign stands at the left edge of its column, far from its number.
            continue
        elif parts and len(parts[-1]) > 1 and len(cell) <= 3 and cell[0][0] - parts[-1][-1][-1][2] < 90:
            parts[-1].append(cell)
        else:
            parts.append([cell])
    return [part for part in parts if len(part) > 1 and any(_is_number(cell) for cell in part[1:])]


def _is_number(cell: Sequence[WordTuple]) -> bool:
    return all(_NUMBER.match(word[4]) for word in cell) and any(_DIGIT.search(word[4]) for word in cell)


class _Run:
    """Rows that may become a table."""

    def __init__(self, part: list[list[WordTuple]]) -> None:
        self.rect: Rect = _span(part)
        self.step = max(4.0, self.rect[3] - self.rect[1])
        self.bottom = self.rect[3]
        self.columns = _columns(part)
        self.rows, self.numbers = 1, len(self.columns)

    def takes(self, part: list[list[WordTuple]]) -> bool:
        """Whether a row has a number in one of the columns, and starts inside the table or near it."""
        span = _span(part)
        if span[0] < self.rect[0] - 60 or span[0] > self.rect[2]:
            return False
        return any(
            abs(edges[0] - other[0]) < 4 or abs(edges[1] - other[1]) < 6
            for edges in _columns(part)
            for other in self.columns
        )

    def add(self, part: list[list[WordTuple]]) -> None:
        """Take a row in."""
        span = _span(part)
        self.rect = (
            min(self.rect[0], span[0]),
            self.rect[1],
            max(self.rect[2], span[2]),
            max(self.rect[3], span[3]),
        )
        self.bottom = span[3]
        columns = _columns(part)
        self.rows, self.numbers = self.rows + 1, self.numbers + len(columns)
        self.columns = columns + [c for c in self.columns if all(abs(c[1] - d[1]) >= 6 for d in columns)]


def _span(part: Sequence[Sequence[WordTuple]]) -> Rect:
    words = [word for cell in part for word in cell]
    return min(w[0] for w in words), min(w[1] for w in words), max(w[2] for w in words), max(w[3] for w in words)


def _columns(part: Sequence[Sequence[WordTuple]]) -> list[tuple[float, float]]:
    """Left and right edges of a row's numbers, but for a first cell."""
    return [(cell[0][0], cell[-1][2]) for cell in part[1:] if _is_number(cell)]


# ---------------------------------------------------------------- all of them


def _is_chart(rect: Rect, curves: Sequence[Rect]) -> bool:
    """Whether curves and slanted lines take up much of a box; ticks and arrows in a table do not."""
    held = [c for c in curves if rect[0] <= (c[0] + c[2]) / 2 <= rect[2] and rect[1] <= (c[1] + c[3]) / 2 <= rect[3]]
    area = sum(max(1.0, c[2] - c[0]) * max(1.0, c[3] - c[1]) for c in held)
    return area > 0.15 * (rect[2] - rect[0]) * (rect[3] - rect[1])


def _meets(a: Table, b: Table) -> bool:
    return min(a.rect[2], b.rect[2]) > max(a.rect[0], b.rect[0]) and min(a.rect[3], b.rect[3]) > max(
        a.rect[1], b.rect[1]
    )


def _add(found: list[Table], table: Table) -> None:
    """Add a table of numbers; one that meets drawn tables makes them larger unless a grid holds most of it."""
    met = [other for other in found if _meets(table, other)]
    if not met:
        found.append(table)
        return
    left, top, right, bottom = table.rect
    for other in met:
        o = other.rect
        shared = (min(o[2], right) - max(o[0], left)) * (min(o[3], bottom) - max(o[1], top))
        if other.ys and shared > 0.6 * (right - left) * (bottom - top):
            return
    for other in met:
        o = other.rect
        left, top, right, bottom = min(left, o[0]), min(top, o[1]), max(right, o[2]), max(bottom, o[3])
        found.remove(other)
    found.append(Table((left, top, right, bottom)))


def _with_head(rect: Rect, words: Sequence[WordTuple]) -> Rect:
    """The box of a table with the short lines right above it that head its columns."""
    left, top, right, bottom = rect
    above = [w for w in words if left - 2 <= (w[0] + w[2]) / 2 <= right + 2 and top - 90 < (w[1] + w[3]) / 2 < top]
    if not above:
        return rect
    reach = top
    for row in reversed(baseline_rows(above)[-7:]):
        height = max(w[3] - w[1] for w in row)
        if reach - max(w[3] for w in row) > 0.9 * height:
            break
        cells = _cells(row)
        wide = max(cell[-1][2] - cell[0][0] for cell in cells)
        # What spans much of the table from its left edge is the title or the text above it.
        if max(map(len, cells)) > 6 or wide > 0.5 * (right - left) or (len(cells) == 1 and cells[0][0][0] < left + 20):
            break
        reach = min(w[1] for w in row)
    return left, min(top, reach), right, bottom


def _with_foot(rect: Rect, words: Sequence[WordTuple]) -> Rect:
    """The box of a table without borders, with the rows of short cells that follow its last line."""
    left, top, right, bottom = rect
    below = [w for w in words if left - 2 <= (w[0] + w[2]) / 2 <= right + 2 and 0 < (w[1] + w[3]) / 2 - bottom < 150]
    for row in baseline_rows(below):
        height = max(w[3] - w[1] for w in row)
        cells = _cells(row)
        if min(w[1] for w in row) - bottom > 0.9 * height or len(cells) < 2 or len(row) > 6 * len(cells):
            break
        bottom = max(bottom, *(w[3] for w in row))
    return left, top, right, bottom
