"""Pictures and drawings of a page, from the boxes of its images, paths and words. Pure geometry, in points.

Cost grows with the number of paths only in painting them on a coarse grid, so that a map does not take seconds. Does
not know PDF, and does not look at pixels.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np

__all__ = ["Rect", "WordTuple", "drawings", "inside", "pictures"]

Rect: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom in points."""
WordTuple: TypeAlias = tuple[float, float, float, float, str]
"""A `Rect` and the word in it."""

_GRID = 96


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
        text = sum((w[2] - w[0]) * (w[3] - w[1]) for w in words if inside(w, box))
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


def inside(word: WordTuple | Rect, box: Rect) -> bool:
    """Whether the middle of a word lies in a box."""
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
    padded = np.zeros((grid.shape[0], grid.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = grid
    lines, columns = np.nonzero(np.diff(padded, axis=1))
    # Each row's edges come in pairs, where a run starts and where it stops.
    runs = zip(lines[::2].tolist(), columns[::2].tolist(), columns[1::2].tolist(), strict=True)

    def root(label: int) -> int:
        while parents[label] != label:
            parents[label] = parents[parents[label]]
            label = parents[label]
        return label

    for y, start, stop in runs:
        above: set[int] = set(labels[y - 1, start:stop].tolist()) if y else set()
        roots = {root(label) for label in above if label}
        label = min(roots) if roots else len(parents)
        if not roots:
            parents.append(label)
        for other in roots:
            parents[other] = label
        labels[y, start:stop] = label
    return np.array([root(label) for label in range(len(parents))])[labels]
