"""Boxes as arrays: unions, containment, clusters. Knows nothing of what the boxes hold.

Arrays of boxes have shape (n, 4), float64, columns left, top, right, bottom, in fractions of the page.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.types import Box

__all__ = ["Boxes", "as_array", "as_box", "centres_in", "clip", "clusters", "covered", "overlap", "union"]

Boxes: TypeAlias = npt.NDArray[np.float64]

_MOST_BOXES = 600  # pairwise comparison of more than this costs milliseconds


def as_array(boxes: Iterable[Box]) -> Boxes:
    """Shape (n, 4), also for no boxes at all."""
    rows = [(box.left, box.top, box.right, box.bottom) for box in boxes]
    return np.array(rows, dtype=np.float64).reshape(-1, 4)


def as_box(row: npt.NDArray[np.float64]) -> Box:
    """One row of an array as a value."""
    left, top, right, bottom = (float(value) for value in row)
    return Box(left, top, right, bottom)


def clip(boxes: Boxes) -> Boxes:
    """The same boxes cut at the page border; one that lies outside becomes empty, and what is no number becomes 0."""
    return np.clip(np.nan_to_num(boxes, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)


def union(boxes: Boxes) -> npt.NDArray[np.float64]:
    """The smallest row around all of at least one box."""
    return np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])


def overlap(boxes: Boxes, row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of the page that each box has in common with `row`, shape (n,)."""
    width = np.minimum(boxes[:, 2], row[2]) - np.maximum(boxes[:, 0], row[0])
    height = np.minimum(boxes[:, 3], row[3]) - np.maximum(boxes[:, 1], row[1])
    return np.asarray(np.clip(width, 0.0, None) * np.clip(height, 0.0, None), dtype=np.float64)


def covered(boxes: Boxes, row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of each box that lies in `row`, 0 to 1, shape (n,); an empty box counts as not covered."""
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return np.where(area > 0, overlap(boxes, row) / np.where(area > 0, area, 1.0), 0.0)


def centres_in(boxes: Boxes, row: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """Which boxes have their centre in `row`, shape (n,)."""
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    return np.asarray((x >= row[0]) & (x <= row[2]) & (y >= row[1]) & (y <= row[3]), dtype=np.bool_)


def clusters(boxes: Boxes, gap_x: float, gap_y: float) -> Boxes:
    """Unions of boxes that touch when each grows by half a gap; shape (m, 4), sorted by top, then left.

    Unions that come to touch are joined again, so that no two results lie on one another.
    """
    while len(boxes) > 1:
        joined = _join(_fewer(boxes), gap_x, gap_y)
        if len(joined) == len(boxes):
            break
        boxes = joined
    return boxes[np.lexsort((boxes[:, 0], boxes[:, 1]))] if len(boxes) else boxes


def _fewer(boxes: Boxes) -> Boxes:
    """At most `_MOST_BOXES`: a chart of thousands of strokes is as well described by the grid cells that it fills."""
    if len(boxes) <= _MOST_BOXES:
        return boxes
    cells = np.concatenate([np.floor(boxes[:, :2] * 100), np.ceil(boxes[:, 2:] * 100)], axis=1) / 100
    cells = np.unique(cells, axis=0)
    if len(cells) <= _MOST_BOXES:
        return cells
    area = (cells[:, 2] - cells[:, 0]) * (cells[:, 3] - cells[:, 1])
    return cells[np.sort(np.argsort(-area, kind="stable")[:_MOST_BOXES])]


def _join(boxes: Boxes, gap_x: float, gap_y: float) -> Boxes:
    touching = (
        (boxes[:, None, 0] <= boxes[None, :, 2] + gap_x)
        & (boxes[None, :, 0] <= boxes[:, None, 2] + gap_x)
        & (boxes[:, None, 1] <= boxes[None, :, 3] + gap_y)
        & (boxes[None, :, 1] <= boxes[:, None, 3] + gap_y)
    )
    labels = np.arange(len(boxes))
    while True:  # each box takes the smallest label that it touches, until nothing changes
        spread = np.where(touching, labels[None, :], len(boxes)).min(axis=1)
        spread = spread[spread]
        if np.array_equal(spread, labels):
            break
        labels = spread
    return np.array([union(boxes[labels == label]) for label in np.unique(labels)]).reshape(-1, 4)
