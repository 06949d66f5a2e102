"""Tables as text: a row a line, cells parted by a bar, found from where the words stand.

Knows where tables are only from the page; cells are told apart by the white between words, rulings are not looked at.
A cell of several lines gives several rows.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from mmrag.regions.geometry import Boxes, as_array, as_box, clip, union
from mmrag.regions.layout import Layout
from mmrag.regions.passages import Budget
from mmrag.types import Page, Segment

__all__ = ["table_boxes", "table_rows", "table_segments"]

_CELL_GAP = 0.7  # of the type's height: a space between words is 0.2 to 0.35, justified lines go to 0.6
_SIGN = re.compile(r"^[$€£¥₩(]+$")
_TRAILER = re.compile(r"^[)%]+$")


def table_boxes(page: Page) -> Boxes:
    """The page's tables, largest first, without those that lie in another or cover next to nothing."""
    boxes = clip(as_array(page.tables))
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    boxes = boxes[np.argsort(-area, kind="stable")]
    path: list[npt.NDArray[np.float64]] = []
    for row in boxes:
        box = as_box(row)
        if box.area > 1e-4 and all(box.intersection(as_box(other)) < 0.5 * box.area for other in path):
            path.append(row)
    path.sort(key=lambda row: (row[1], row[0]))
    return np.array(path).reshape(-1, 4)


def table_rows(layout: Layout, words: npt.NDArray[np.int64]) -> list[tuple[str, npt.NDArray[np.int64]]]:
    """Rows from top to bottom: the text with " | " between cells, and the numbers of the words."""
    boxes = layout.boxes
    middle = (boxes[words, 1] + boxes[words, 3]) / 2
    height = float(np.median(boxes[words, 3] - boxes[words, 1]))
    words = words[np.argsort(middle, kind="stable")]
    middle = np.sort(middle, kind="stable")
    rows: list[list[int]] = []
    level = -1.0
    for word, y in zip(words.tolist(), middle.tolist(), strict=True):
        if not rows or y - level > 0.55 * height:
            rows.append([])
            level = y
        rows[-1].append(word)
        level += (y - level) / len(rows[-1])
    gap = _CELL_GAP * height * layout.page.height / max(layout.page.width, 1e-9)
    result = []
    for row in rows:
        row.sort(key=lambda word: (boxes[word, 0], word))
        result.append((" | ".join(_cells(layout, row, gap)), np.array(row, dtype=np.int64)))
    return result


def _cells(layout: Layout, row: list[int], gap: float) -> list[str]:
    """A currency sign belongs to the number after it, a closing bracket or percent sign to the one before."""
    cells: list[str] = []
    right = -1.0
    for word in row:
        text = layout.page.words[word].text
        apart = layout.boxes[word, 0] - right > gap
        if cells and (not apart or _SIGN.match(cells[-1]) or _TRAILER.match(text)):
            cells[-1] += " " + text
        else:
            cells.append(text)
        right = max(right, float(layout.boxes[word, 2]))
    return cells


def table_segments(layout: Layout, table: int, caption: str, path: tuple[str, ...], budget: Budget) -> list[Segment]:
    """One segment, or several for a table over the budget: groups of rows, each with caption and first row again."""
    words = np.flatnonzero(layout.owner == table)
    box = layout.tables[table]
    most = budget.max_tokens
    if not len(words):
        return [Segment("table", as_box(box), _cut(caption, most, budget), path)]
    rows = table_rows(layout, words)
    head = _cut(caption, most // 3, budget)
    costs = [budget.cost(text) for text, _ in rows]
    used = budget.cost(head) if head else 0
    if used + sum(costs) > most and len(rows) > 2 and used + costs[0] <= most // 2:
        head = f"{head}\n{rows[0][0]}".strip()
        used, rows, costs = used + costs[0], rows[1:], costs[1:]
    segments = []
    for first, last in _groups(costs, most - used):
        text = "\n".join([head, *(text for text, _ in rows[first:last])]).strip()
        around = union(layout.boxes[np.concatenate([members for _, members in rows[first:last]])])
        segments.append(Segment("table", as_box(around), text, path))
    if len(segments) == 1:
        return [Segment("table", as_box(union(np.stack([box, around]))), segments[0].text, path)]
    return segments


def _groups(costs: list[int], most: int) -> list[tuple[int, int]]:
    """Ranges of rows of about equal cost, none over `most` but a single row that is longer by itself."""
    count = max(1, -(-sum(costs) // max(most, 1)))
    share = sum(costs) / count
    groups: list[tuple[int, int]] = []
    first, size = 0, 0
    for row, cost in enumerate(costs):
        if row > first and (size + cost > most or (size + cost / 2 > share and len(groups) < count - 1)):
            groups.append((first, row))
            first, size = row, 0
        size += cost
    return [*groups, (first, len(costs))]


def _cut(text: str, most: int, budget: Budget) -> str:
    """As many leading words of a text as fit."""
    words = text.split()
    while words and budget.cost(" ".join(words)) > most:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)
