"""Pictures, drawings and tables of a page, from the boxes of its images, paths and words. Pure geometry, in points.

Cost grows with the number of paths only in painting them on a coarse grid, so that a map does not take seconds. Does
not know PDF, and does not look at pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

__all__ = ["Rect", "Rule", "Table", "WordTuple", "drawings", "pictures", "tables"]

Rect: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in points."""
WordTuple: TypeAlias = tuple[float, float, float, float, str]
"""A `Rect` and the word in it."""
Rule: TypeAlias = tuple[float, float, float]
"""A straight line along an axis: its place on the other axis, then where it starts and ends."""

_MAX_RULES = 240
_GRID = 128
_NUMBER = re.compile(r"^[(\[<~≈±+\-–—−$€£¥₩%]*\d[\d.,:/]*[)\]%*†‡a-zA-Z]{0,2}$|^[-–—−]$|^[nN]/?[aA]$")


@dataclass(slots=True)
class Table:
    """A table: where it is, and the lines that part its rows (`ys`) and columns (`xs`) where it is drawn as a grid."""

    rect: Rect
    ys: list[float] = field(default_factory=list)
    xs: list[float] = field(default_factory=list)

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies in the table."""
        return self.rect[0] <= x <= self.rect[2] and self.rect[1] <= y <= self.rect[3]

    def rows(self, words: Sequence[WordTuple]) -> list[list[WordTuple]]:
        """The words row by row; by the drawn grid where it parts most of the lines of text, else by baselines."""
        plain = baseline_rows(words)
        if len(self.ys) - 1 < 0.4 * len(plain) or len(self.xs) < 3:
            return plain
        cells: dict[tuple[int, int], list[WordTuple]] = {}
        for word in words:
            x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
            key = int(np.searchsorted(self.ys, y)), int(np.searchsorted(self.xs, x))
            cells.setdefault(key, []).append(word)
        rows: dict[int, list[WordTuple]] = {}
        for key in sorted(cells):
            rows.setdefault(key[0], []).extend(word for line in baseline_rows(cells[key]) for word in line)
        return list(rows.values())


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


def cells_of(row: Sequence[WordTuple]) -> list[list[WordTuple]]:
    """A row parted at gaps that are wider than a space."""
    cells: list[list[WordTuple]] = []
    for word in row:
        if cells and word[0] - cells[-1][-1][2] <= 0.75 * (word[3] - word[1]):
            cells[-1].append(word)
        else:
            cells.append([word])
    return cells


# ---------------------------------------------------------------- pictures and drawings


def pictures(boxes: Iterable[Rect], width: float, height: float) -> list[Rect]:
    """Embedded images cut to the page; the strips and tiles that a scan comes in become one."""
    kept: list[Rect] = []
    for left, top, right, bottom in boxes:
        box = max(0.0, left), max(0.0, top), min(width, right), min(height, bottom)
        if box[2] - box[0] > 0.004 * width and box[3] - box[1] > 0.002 * height:
            kept.append(box)
    kept = _joined(kept[:2000], 0.002 * max(width, height))
    page = width * height
    large = [box for box in kept if (box[2] - box[0]) * (box[3] - box[1]) >= 0.002 * page]
    return sorted(large, key=lambda b: (b[2] - b[0]) * (b[3] - b[1]), reverse=True)[:64]


def _joined(boxes: list[Rect], gap: float) -> list[Rect]:
    """Boxes with those made one that share a whole side."""
    for low, high in ((1, 3), (0, 2)):
        other = 1 - low
        result: list[Rect] = []
        for box in sorted(boxes, key=lambda b: (round(b[other] / gap), b[low])):
            last = result[-1] if result else None
            if (
                last
                and abs(last[other] - box[other]) <= gap
                and abs(last[other + 2] - box[other + 2]) <= gap
                and box[low] <= last[high] + gap
            ):
                result[-1] = (
                    min(last[0], box[0]),
                    min(last[1], box[1]),
                    max(last[2], box[2]),
                    max(last[3], box[3]),
                )
            else:
                result.append(box)
        boxes = result
    return boxes


def drawings(paths: Sequence[tuple[Rect, bool]], words: Sequence[WordTuple], width: float, height: float) -> list[Rect]:
    """Clusters of paths that look like a chart or a diagram, not like a rule or the ground behind a text.

    `paths` are (box, whether it is only straight lines along the axes).
    """
    kept = [(r, plain) for r, plain in paths if not (r[2] - r[0] > 0.9 * width and r[3] - r[1] > 0.9 * height)]
    if not kept:
        return []
    clusters = _clusters([r for r, _ in kept], width, height)
    found: list[Rect] = []
    for members in clusters:
        rects = [kept[i][0] for i in members]
        box = _cut(rects, width, height)
        wide, high = box[2] - box[0], box[3] - box[1]
        if wide < 0.06 * width or high < 0.04 * height or wide * high < 0.008 * width * height:
            continue
        curved = sum(not kept[i][1] for i in members)
        if curved == 0 and len(members) < 4:
            continue
        text = sum((w[2] - w[0]) * (w[3] - w[1]) for w in words if _inside(w, box))
        if text > (0.35 if curved else 0.2) * wide * high:
            continue
        found.append(box)
    return found[:64]


def _cut(rects: Sequence[Rect], width: float, height: float) -> Rect:
    return (
        max(0.0, min(r[0] for r in rects)),
        max(0.0, min(r[1] for r in rects)),
        min(width, max(r[2] for r in rects)),
        min(height, max(r[3] for r in rects)),
    )


def _inside(word: WordTuple | Rect, box: Rect) -> bool:
    x, y = (word[0] + word[2]) / 2, (word[1] + word[3]) / 2
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _clusters(rects: Sequence[Rect], width: float, height: float) -> list[list[int]]:
    """Indices of boxes that touch or nearly touch, by connected cells of a coarse grid."""
    grid = np.zeros((_GRID, _GRID), dtype=bool)
    scale = np.array([_GRID / width, _GRID / height] * 2)
    spans = np.asarray(rects) * scale
    low = np.clip(np.floor(spans[:, :2] - 0.5), 0, _GRID - 1).astype(int)
    high = np.clip(np.floor(spans[:, 2:] + 0.5), 0, _GRID - 1).astype(int)
    for (left, top), (right, bottom) in zip(low.tolist(), high.tolist(), strict=True):
        grid[top : bottom + 1, left : right + 1] = True
    labels = _labels(grid)
    clusters: dict[int, list[int]] = {}
    for index, label in enumerate(labels[low[:, 1], low[:, 0]].tolist()):
        clusters.setdefault(label, []).append(index)
    return list(clusters.values())


def _labels(grid: np.ndarray) -> np.ndarray:
    """Number of the connected part that each cell belongs to (4 neighbours), 0 where the grid is empty."""
    parents = [0]
    labels = np.zeros(grid.shape, dtype=np.int64)

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    for y in range(grid.shape[0]):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], grid[y].view(np.int8), [0]))))
        for start, stop in edges.reshape(-1, 2).tolist():
            above = np.unique(labels[y - 1, start:stop]) if y else np.zeros(1, dtype=np.int64)
            roots = {root(int(label)) for label in above if label}
            label = min(roots) if roots else len(parents)
            if not roots:
                parents.append(label)
            for other in roots:
                parents[other] = label
            labels[y, start:stop] = label
    return np.array([root(label) for label in range(len(parents))])[labels]


# ---------------------------------------------------------------- tables


def tables(
    across: Sequence[Rule], down: Sequence[Rule], words: Sequence[WordTuple], width: float, height: float
) -> list[Table]:
    """Tables that are drawn: grids of lines, and columns of text between lines of one length.

    `across` are horizontal lines (y, left, right), `down` vertical ones (x, top, bottom).
    """
    across = [rule for rule in _merged(across) if rule[2] - rule[1] > 0.02 * width][:_MAX_RULES]
    down = [rule for rule in _merged(down) if rule[2] - rule[1] > 0.006 * height][:_MAX_RULES]
    found, used = _grids(across, down, words)
    free = [rule for i, rule in enumerate(across) if i not in used]
    found += [table for table in _between(free, words, width) if not any(_meets(table, other) for other in found)]
    return found


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
    groups: dict[int, tuple[list[int], list[int]]] = {}
    for i in range(len(parents)):
        groups.setdefault(root(i), ([], []))[i >= len(across)].append(i)
    found: list[Table] = []
    used: set[int] = set()
    for rows, columns in groups.values():
        ys = _steps([across[i][0] for i in rows])
        xs = _steps([down[i - len(across)][0] for i in columns])
        if len(ys) < 2 or len(xs) < 2 or len(ys) + len(xs) < 5:
            continue
        table = Table(
            (min(xs[0], min(across[i][1] for i in rows)), ys[0], max(xs[-1], max(across[i][2] for i in rows)), ys[-1]),
            ys,
            xs,
        )
        if _filled(table, words):
            found.append(table)
            used.update(rows)
    return found, used


def _steps(values: Sequence[float]) -> list[float]:
    result: list[float] = []
    for value in sorted(values):
        if not result or value - result[-1] > 3:
            result.append(value)
    return result


def _filled(table: Table, words: Sequence[WordTuple]) -> bool:
    """Whether a grid holds text as a table does: in most of its rows, in two or more columns."""
    inside = [word for word in words if table.holds((word[0] + word[2]) / 2, (word[1] + word[3]) / 2)]
    if len(inside) < 4:
        return False
    rows = {int(np.searchsorted(table.ys, (w[1] + w[3]) / 2)) for w in inside}
    columns = {int(np.searchsorted(table.xs, (w[0] + w[2]) / 2)) for w in inside}
    if len(rows) < 0.6 * (len(table.ys) - 1):
        return False
    return len(columns) >= 2 or _tabular(inside)


def _between(across: Sequence[Rule], words: Sequence[WordTuple], width: float) -> list[Table]:
    """Tables between three or more lines of the same length and place, as books set them."""
    groups: list[list[Rule]] = []
    for rule in sorted(across, key=lambda r: r[0]):
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
        if len(group) >= 3 and _tabular([word for word in words if _inside(word, rect)]):
            found.append(Table(rect))
    return found


def _tabular(words: Sequence[WordTuple]) -> bool:
    """Whether words stand in rows of two or more short cells, rather than in lines of running text."""
    rows = [cells_of(row) for row in baseline_rows(words)]
    if len(rows) < 2:
        return False
    parted = [row for row in rows if len(row) >= 2]
    cells = [cell for row in parted for cell in row]
    return len(parted) >= 0.5 * len(rows) and len(words) and sum(map(len, cells)) <= 5 * len(cells)


def _meets(a: Table, b: Table) -> bool:
    return min(a.rect[2], b.rect[2]) > max(a.rect[0], b.rect[0]) and min(a.rect[3], b.rect[3]) > max(
        a.rect[1], b.rect[1]
    )
