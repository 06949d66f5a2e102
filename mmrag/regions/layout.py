"""A page's words as runs: every word in exactly one run, in reading order, tables set apart.

Knows no tokens and no segments.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from mmrag.regions.geometry import Boxes, as_array, centres_in, clip, union
from mmrag.types import Page

__all__ = ["Layout", "Run", "lay_out"]


@dataclass(frozen=True, slots=True)
class Run:
    """Words `start` to `stop` of a page that belong together: a block, or what of it lies outside tables."""

    start: int
    stop: int
    level: int = 0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Layout:
    """A page with its words as an array.

    `boxes` has a row for each word; `runs` cover every word once; `owner` is the number of the table that a word is
    in, -1 for none, rows of `tables`; `run_boxes` has a row for each run.
    """

    page: Page
    boxes: Boxes
    runs: tuple[Run, ...]
    run_boxes: Boxes
    owner: npt.NDArray[np.int64]
    tables: Boxes

    def text(self, start: int, stop: int) -> str:
        """Words `start` to `stop` with a space between."""
        return " ".join(word.text for word in self.page.words[start:stop])

    def run_text(self, run: Run) -> str:
        """The words of a run."""
        return self.text(run.start, run.stop)

    def body_size(self) -> float:
        """Median height of type outside headings, as a fraction of the page height; 0 if unknown."""
        sizes = [(run.size, run.stop - run.start) for run in self.runs if run.level == 0 and run.size > 0]
        if not sizes:
            return 0.0
        sizes.sort()
        half = sum(count for _, count in sizes) / 2
        for size, count in sizes:
            half -= count
            if half <= 0:
                return size
        return sizes[-1][0]


def lay_out(page: Page, tables: Boxes) -> Layout:
    """Runs of a page; a word belongs to the first table that its centre lies in."""
    boxes = clip(as_array(word.box for word in page.words))
    owner = np.full(len(boxes), -1, dtype=np.int64)
    for number in range(len(tables) - 1, -1, -1):
        owner[centres_in(boxes, tables[number])] = number
    runs = tuple(_cut_at_tables(_whole_cover(page), owner))
    run_boxes = np.array([union(boxes[run.start : run.stop]) for run in runs]).reshape(-1, 4)
    return Layout(page, boxes, runs, run_boxes, owner, tables)


def _whole_cover(page: Page) -> list[Run]:
    """The page's blocks without overlaps, and what lies between them: readers may leave words out of every block."""
    runs: list[Run] = []
    done = 0
    for block in sorted(page.blocks, key=lambda block: (block.start, block.stop)):
        start, stop = max(block.start, done), min(block.stop, len(page.words))
        if stop <= start:
            continue
        if start > done:
            runs.append(Run(done, start))
        runs.append(Run(start, stop, max(0, block.level), block.size))
        done = stop
    if done < len(page.words):
        runs.append(Run(done, len(page.words)))
    return runs


def _cut_at_tables(runs: list[Run], owner: npt.NDArray[np.int64]) -> list[Run]:
    pieces = []
    for run in runs:
        changes = np.flatnonzero(np.diff(owner[run.start : run.stop])) + run.start + 1
        edges = [run.start, *changes.tolist(), run.stop]
        pieces += [Run(start, stop, run.level, run.size) for start, stop in pairwise(edges)]
    return pieces
