"""Which way up a page lies, from where its lines of text are. Knows no engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.ocr.lines import Line
from mmrag.types import Box, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Quads", "crops", "quarter_turns", "turned", "turned_back"]

Quads: TypeAlias = npt.NDArray[np.float64]
"""Corners of lines of text, shape (n, 4, 2), in fractions of the picture."""

_SAMPLES = 6  # lines looked at to decide


def quarter_turns(quads: Quads, image: Image) -> int:
    """1 where most lines stand upright, so that the page lies on its side, else 0."""
    spans = (quads.max(axis=1) - quads.min(axis=1)) * np.array([image.width, image.height])
    tall = spans[:, 1] > 1.5 * spans[:, 0]
    return int(len(quads) >= 3 and tall.mean() > 0.7)


def turned(points: npt.NDArray[np.float64], turns: int) -> npt.NDArray[np.float64]:
    """Points (..., 2) of a picture after `turns` quarter turns counter-clockwise."""
    for _ in range(turns % 4):
        points = np.stack([points[..., 1], 1.0 - points[..., 0]], axis=-1)
    return points


def turned_back(line: Line, turns: int) -> Line:
    """A line found on a picture that was turned, in the picture as it was."""
    if not turns:
        return line
    words = tuple(Word(word.text, _turned_box(word.box, -turns)) for word in line.words)
    return Line(words, _turned_box(line.box, -turns), line.score)


def _turned_box(box: Box, turns: int) -> Box:
    corners = turned(np.array([[box.left, box.top], [box.right, box.bottom]]), turns)
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    return Box(left, top, right, bottom)


def crops(image: Image, quads: Quads) -> list[Image]:
    """Pictures of a few lines spread over the page, the longer ones where there is a choice."""
    size = np.array([image.width, image.height])
    low, high = quads.min(axis=1) * size, quads.max(axis=1) * size
    spans = high - low
    long = np.flatnonzero(spans[:, 0] >= min(4.0, float(np.median(spans[:, 0] / spans[:, 1]))) * spans[:, 1])
    order = long[np.argsort(low[long, 1], kind="stable")]
    picked = order[np.unique(np.linspace(0, len(order) - 1, _SAMPLES).round().astype(int))] if len(order) else order
    pictures = []
    for number in picked.tolist():
        left, top, right, bottom = (int(value) for value in (*low[number], *high[number]))
        if right - left >= 8 and bottom - top >= 4:
            pictures.append(image.crop((left, top, min(right, left + 24 * (bottom - top)), bottom)))
    return pictures
