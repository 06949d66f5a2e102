"""Running text to passages that fit a text encoder.

Paragraphs of one column are joined, long ones cut at sentence ends, a heading starts a passage. Knows columns only
by geometry: two runs may share a passage when the box around both covers nobody else's text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mmrag.regions.geometry import Boxes, as_box, covered, overlap, union
from mmrag.regions.layout import Layout, Run
from mmrag.regions.sentences import sentence_ends
from mmrag.types import Segment

__all__ = ["Budget", "heading_paths", "passages"]

_TINY = 0.15  # of the budget: a passage below this is joined to a neighbour where it fits
_FURNITURE_WORDS = 12
_LONGEST_HEADING = 120  # characters; what is longer is a paragraph in large type


@dataclass(frozen=True, slots=True)
class Budget:
    """Tokens that a segment's text may have. Assumes that a text has at most one more than its parts together."""

    count_tokens: Callable[[str], int]
    max_tokens: int

    def cost(self, text: str) -> int:
        """Tokens of a part, with one for the join."""
        return self.count_tokens(text) + 1


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of words that is not cut: a run or one of its sentences. `opens`: it starts a line of its own."""

    start: int
    stop: int
    tokens: int
    opens: bool


@dataclass(frozen=True, slots=True)
class _Chunk:
    units: tuple[_Unit, ...]
    path: tuple[str, ...]
    only_headings: bool = False

    @property
    def tokens(self) -> int:
        return sum(unit.tokens for unit in self.units)


def heading_paths(layout: Layout) -> list[tuple[str, ...]]:
    """For each run, the titles in force at its start: the page's own path, then the headings above it by level.

    A heading is part of its own path.
    """
    path = tuple(title[:_LONGEST_HEADING] for title in layout.page.headings)
    paths = []
    for run in layout.runs:
        if run.level > 0:
            path = (*path[: run.level - 1], layout.run_text(run)[:_LONGEST_HEADING].strip())
        paths.append(path)
    return paths


def passages(layout: Layout, budget: Budget) -> list[Segment]:
    """Every word outside tables in exactly one passage, in reading order, but for running heads and page numbers."""
    chunks: list[_Chunk] = []
    for numbers, path in _sections(layout):
        chunks += _pack(layout, numbers, path, budget)
    return [_segment(layout, chunk) for chunk in _merge_tiny(layout, chunks, budget)]


def _sections(layout: Layout) -> list[tuple[list[int], tuple[str, ...]]]:
    """Numbers of runs that may share passages, with their heading path."""
    paths = heading_paths(layout)
    free = [number for number, run in enumerate(layout.runs) if layout.owner[run.start] < 0]
    body = [number for number in free if not _is_furniture(layout, number)]
    free = body if body or len(layout.tables) else free
    sections: list[tuple[list[int], tuple[str, ...]]] = []
    box = np.zeros(4)
    for number in free:
        last = sections[-1][0] if sections else []
        starts = layout.runs[number].level > 0 and any(layout.runs[other].level == 0 for other in last)
        if last and not starts and _shares_column(layout, box, last, number, free):
            last.append(number)
            sections[-1] = (last, paths[number])
            box = union(np.stack([box, layout.run_boxes[number]]))
        else:
            sections.append(([number], paths[number]))
            box = layout.run_boxes[number]
    return sections


def _shares_column(layout: Layout, box: Boxes, members: list[int], number: int, free: list[int]) -> bool:
    row = layout.run_boxes[number]
    shared = min(box[2], row[2]) - max(box[0], row[0])
    if shared < 0.5 * min(box[2] - box[0], row[2] - row[0]):
        return False
    if row[1] < layout.run_boxes[members[-1]][1] - 0.02:  # goes up the page again
        return False
    others = [other for other in free if not members[0] <= other <= number]
    return not _covers(union(np.stack([box, row])), np.concatenate([layout.run_boxes[others], layout.tables]))


def _covers(box: Boxes, others: Boxes) -> bool:
    """Whether a box takes in others, or lies across one that is wider than itself."""
    area = (box[2] - box[0]) * (box[3] - box[1])
    return bool(((covered(others, box) > 0.5) | (overlap(others, box) > 0.25 * area)).any())


def _units(layout: Layout, run: Run, most: int, budget: Budget) -> list[_Unit]:
    tokens = budget.cost(layout.run_text(run))
    if tokens <= most:
        return [_Unit(run.start, run.stop, tokens, True)]
    units: list[_Unit] = []
    start = run.start
    for end in sentence_ends([word.text for word in layout.page.words[run.start : run.stop]]):
        units += _halves(layout, start, run.start + end, most, budget)
        start = run.start + end
    return [replace(unit, opens=unit.start == run.start) for unit in units]


def _halves(layout: Layout, start: int, stop: int, most: int, budget: Budget) -> list[_Unit]:
    """A sentence, cut in the middle until each part fits; a single word is never cut."""
    tokens = budget.cost(layout.text(start, stop))
    if tokens <= most or stop - start == 1:
        return [_Unit(start, stop, tokens, False)]
    middle = (start + stop) // 2
    return _halves(layout, start, middle, most, budget) + _halves(layout, middle, stop, most, budget)


def _pack(layout: Layout, numbers: list[int], path: tuple[str, ...], budget: Budget) -> list[_Chunk]:
    """Units of one section into chunks of about equal size: no chunk over the budget, no short rest at the end."""
    most = budget.max_tokens
    units = [unit for number in numbers for unit in _units(layout, layout.runs[number], most, budget)]
    headings = {layout.runs[number].start for number in numbers if layout.runs[number].level > 0}
    total = sum(unit.tokens for unit in units)
    count = max(1, -(-total // most))
    share = total / count
    chunks: list[_Chunk] = []
    current: list[_Unit] = []
    size = 0
    for unit in units:
        over = size + unit.tokens - share
        full = size + unit.tokens > most or (over > 0 and over > share - size and len(chunks) < count - 1)
        if current and full and any(part.start not in headings for part in current):
            chunks.append(_Chunk(tuple(current), path))
            current, size = [], 0
        elif current and size + unit.tokens > most:
            chunks.append(_Chunk(tuple(current), path, True))
            current, size = [], 0
        current.append(unit)
        size += unit.tokens
    chunks.append(_Chunk(tuple(current), path, all(part.start in headings for part in current)))
    return chunks


def _merge_tiny(layout: Layout, chunks: list[_Chunk], budget: Budget) -> list[_Chunk]:
    """Page numbers, running heads and one-line sections go with a neighbour: alone they only draw false matches."""
    boxes = [_box(layout, chunk) for chunk in chunks]
    number = 0
    while number < len(chunks):
        chunk = chunks[number]
        merged = False
        if chunk.tokens < _TINY * budget.max_tokens:
            order = (number, number - 1) if chunk.only_headings else (number - 1, number)
            for first in order:
                if 0 <= first < len(chunks) - 1 and _may_merge(chunks, boxes, first, budget):
                    pair = chunks[first : first + 2]
                    larger = max(pair, key=lambda part: (not part.only_headings, part.tokens))
                    chunks[first : first + 2] = [
                        _Chunk(pair[0].units + pair[1].units, larger.path, all(part.only_headings for part in pair))
                    ]
                    boxes[first : first + 2] = [union(np.stack(boxes[first : first + 2]))]
                    number, merged = max(0, first), True
                    break
        if not merged:
            number += 1
    return chunks


def _may_merge(chunks: list[_Chunk], boxes: list[Boxes], first: int, budget: Budget) -> bool:
    if sum(part.tokens for part in chunks[first : first + 2]) > budget.max_tokens:
        return False
    others = np.array(boxes[:first] + boxes[first + 2 :]).reshape(-1, 4)
    return not _covers(union(np.stack(boxes[first : first + 2])), others)


def _is_furniture(layout: Layout, number: int) -> bool:
    """A running head or a page number: a few words at the upper or lower edge with white between them and the text."""
    run, box = layout.runs[number], layout.run_boxes[number]
    if run.level or run.stop - run.start > _FURNITURE_WORDS or not (box[3] < 0.08 or box[1] > 0.92):
        return False
    others = np.delete(layout.run_boxes, number, axis=0)
    apart = np.maximum(others[:, 1] - box[3], box[1] - others[:, 3])
    level = np.abs(others[:, 1] + others[:, 3] - box[1] - box[3]) < box[3] - box[1]
    return bool(np.all((apart > 0.012) | level))


def _box(layout: Layout, chunk: _Chunk) -> Boxes:
    return union(np.concatenate([layout.boxes[unit.start : unit.stop] for unit in chunk.units]))


def _segment(layout: Layout, chunk: _Chunk) -> Segment:
    text = ""
    for unit in chunk.units:
        joint = "\n" if unit.opens else " "
        text += (joint if text else "") + layout.text(unit.start, unit.stop)
    return Segment("passage", as_box(_box(layout, chunk)), text, chunk.path)
