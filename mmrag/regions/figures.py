"""Figures and pictures: clusters of drawings and embedded images that are more than decoration, with their captions.

Geometry only: a frame around text and a chart differ by how much of them is text. No pixel is looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mmrag.regions.geometry import Boxes, as_array, as_box, centres_in, clip, clusters, covered, overlap
from mmrag.regions.layout import Layout
from mmrag.regions.passages import Budget
from mmrag.types import RegionKind, Segment

__all__ = ["Caption", "captions_for", "figure_segments", "find_captions", "path_above"]

_LABEL = re.compile(
    r"^\W{0,2}(?:(?P<table>tables?|tab\.|표)|(?:fig(?:ure|s|\.)?|charts?|graph|exhibit|diagram|photo|plate|scheme|map"
    r"|그림|도표|차트|그래프|사진|도))\s?(?:[A-Z]?[-.]?\d+|[IVXLC]+\b|[A-Z]\b)",
    re.IGNORECASE,
)
_MOST_FIGURES = 12  # on one page; what is smaller is not looked at
_NEAR = 0.05  # of the page height between a figure and its caption
_SMALLEST_AREA = 0.008
_SMALLEST_SIDE = 0.04
_LARGEST_AREA = 0.85  # a background
_MOST_LINES = 100
_THICK = np.array([-0.0005, -0.0005, 0.0005, 0.0005])  # a line has no area to overlap with


@dataclass(frozen=True, slots=True)
class Caption:
    """A run that names a figure or a table."""

    run: int
    is_table: bool


def find_captions(layout: Layout) -> list[Caption]:
    """Runs outside tables that begin like "Figure 3", "Fig. 3", "[그림 1]" or "표 2"."""
    found = []
    for number, run in enumerate(layout.runs):
        if layout.owner[run.start] < 0 and run.stop - run.start <= 150:
            match = _LABEL.match(layout.text(run.start, min(run.start + 4, run.stop)))
            if match:
                found.append(Caption(number, match.group("table") is not None))
    return found


def captions_for(layout: Layout, boxes: Boxes, captions: list[Caption]) -> dict[int, int]:
    """Row of `boxes` -> number of the run that captions it; nearest pairs first, each used once."""
    pairs = []
    for caption in captions:
        for row in range(len(boxes)):
            distance = _distance(boxes[row], layout.run_boxes[caption.run])
            if distance is not None and distance <= _NEAR:
                pairs.append((distance, row, caption.run))
    result: dict[int, int] = {}
    for _, row, run in sorted(pairs):
        if row not in result and run not in result.values():
            result[row] = run
    return result


def figure_segments(layout: Layout, tables: Boxes, path_of: list[tuple[str, ...]], budget: Budget) -> list[Segment]:
    """Figures first come, then pictures, each from top to bottom."""
    boxes, kinds = _candidates(layout, tables)
    captions = captions_for(layout, boxes, [caption for caption in find_captions(layout) if not caption.is_table])
    segments = []
    for row in range(len(boxes)):
        run = captions.get(row)
        kind = kinds[row]
        if run is None:
            run = _small_type_below(layout, boxes[row])
        if run is not None:
            kind = "figure"
        path, most = path_above(layout, boxes[row], path_of), budget.max_tokens
        text = _text(layout, boxes[row], run, most, budget)
        segments.append(Segment(kind, as_box(boxes[row]), text, path))
    return sorted(segments, key=lambda segment: segment.kind)


def _candidates(layout: Layout, tables: Boxes) -> tuple[Boxes, list[RegionKind]]:
    pictures = clusters(_solid(clip(as_array(layout.page.pictures))), 0.004, 0.004)
    pictures = pictures[_large(pictures)]
    drawings = clusters(_solid(clip(as_array(layout.page.drawings))), 0.015, 0.012)
    drawings = drawings[_large(drawings)]
    found: list[tuple[npt.NDArray[np.float64], RegionKind]] = []
    drawings = drawings[[not _is_frame(layout, row, pictures) for row in drawings]] if len(drawings) else drawings
    for row in drawings:
        found.append((row, "figure"))
    for row in pictures:
        if not len(drawings) or covered(row[None, :], drawings[int(np.argmax(covered_by(drawings, row)))])[0] < 0.7:
            found.append((row, "picture"))
    found = [(row, kind) for row, kind in found if not len(tables) or covered_by(tables, row).max() < 0.5]
    found.sort(key=lambda item: -as_box(item[0]).area)
    found = sorted(found[:_MOST_FIGURES], key=lambda item: (item[0][1], item[0][0]))
    return np.array([row for row, _ in found]).reshape(-1, 4), [kind for _, kind in found]


def covered_by(boxes: Boxes, row: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of `row` that each of the boxes covers, shape (n,)."""
    return np.array([covered(row[None, :], box)[0] for box in boxes])


def _solid(boxes: Boxes) -> Boxes:
    """Without backgrounds, empty boxes, and hairlines across the page, which would join what they part.

    A hairline that two boxes or more stand on is the axis of a chart and stays.
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    drawn = (width * height <= _LARGEST_AREA) & (width + height > 0)
    hairline = drawn & (((height < 0.004) & (width > 0.25)) | ((width < 0.004) & (height > 0.25)))
    solid = boxes[drawn & ~hairline]
    grown = solid + np.array([-0.004, -0.004, 0.004, 0.004])
    axes = [line for line in boxes[hairline][:_MOST_LINES] if (overlap(grown, line + _THICK) > 0).sum() >= 2]
    return np.concatenate([solid, np.array(axes).reshape(-1, 4)])


def _large(boxes: Boxes) -> npt.NDArray[np.bool_]:
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    area = width * height
    size = (area >= _SMALLEST_AREA) & (area <= _LARGEST_AREA)
    return np.asarray(size & (width >= _SMALLEST_SIDE) & (height >= _SMALLEST_SIDE), dtype=np.bool_)


def _is_frame(layout: Layout, row: npt.NDArray[np.float64], pictures: Boxes) -> bool:
    """Whether drawings hold mostly text: a box around a paragraph, a form, a coloured heading."""
    if overlap(pictures, row).sum() > 0.3 * as_box(row).area:
        return False
    inside = layout.boxes[centres_in(layout.boxes, row)]
    if not len(inside):
        return False
    ink = ((inside[:, 2] - inside[:, 0]) * (inside[:, 3] - inside[:, 1])).sum()
    return bool(ink > 0.22 * (row[2] - row[0]) * (row[3] - row[1]))


def _distance(figure: npt.NDArray[np.float64], text: npt.NDArray[np.float64]) -> float | None:
    """White between a figure and a text above, below or in it, as a fraction of the page height; None beside it."""
    if min(figure[2], text[2]) - max(figure[0], text[0]) < 0.3 * min(figure[2] - figure[0], text[2] - text[0]):
        return None
    return float(max(0.0, text[1] - figure[3], figure[1] - text[3]))


def _small_type_below(layout: Layout, row: npt.NDArray[np.float64]) -> int | None:
    """A short run in small type right below: a caption that does not say so."""
    body = layout.body_size()
    for number, run in enumerate(layout.runs):
        box = layout.run_boxes[number]
        if layout.owner[run.start] >= 0 or run.level > 0 or run.stop - run.start > 60 or not 0 < run.size < 0.95 * body:
            continue
        if (
            -0.005 <= box[1] - row[3] <= 0.02
            and _distance(row, box) is not None
            and box[2] - box[0] < 1.3 * (row[2] - row[0])
        ):
            return number
    return None


def path_above(layout: Layout, row: npt.NDArray[np.float64], path_of: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The heading path of the last run in reading order that begins above the figure and in its column."""
    path = layout.page.headings
    for number in range(len(layout.runs)):
        box = layout.run_boxes[number]
        if box[1] <= row[1] + 0.01 and min(box[2], row[2]) > max(box[0], row[0]):
            path = path_of[number]
    return path


def _text(layout: Layout, row: npt.NDArray[np.float64], run: int | None, most: int, budget: Budget) -> str:
    """Caption, then the words inside; where there are neither, the beginning of the nearest text."""
    inside = np.flatnonzero(centres_in(layout.boxes, row))
    parts = []
    if run is not None:
        caption = layout.runs[run]
        parts.append(layout.run_text(caption))
        inside = inside[(inside < caption.start) | (inside >= caption.stop)]
    if len(inside):
        parts.append(" ".join(layout.page.words[number].text for number in inside.tolist()))
    if not parts:
        nearest = _nearest(layout, row)
        if nearest is not None:
            near = layout.runs[nearest]
            parts.append(layout.text(near.start, min(near.stop, near.start + 40)))
    words = "\n".join(parts).split(" ")
    while words and budget.cost(" ".join(words)) > most:
        words = words[: len(words) * 3 // 4]
    return " ".join(words)


def _nearest(layout: Layout, row: npt.NDArray[np.float64]) -> int | None:
    best: tuple[float, int] | None = None
    for number in range(len(layout.runs)):
        distance = _distance(row, layout.run_boxes[number])
        if distance is not None and distance <= _NEAR and (best is None or distance < best[0]):
            best = (distance, number)
    return best[1] if best else None
