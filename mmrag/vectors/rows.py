"""Vectors by id, as rows of float16: the truth that every search is ranked by.

Rows that were saved are read from a memory-mapped file; rows added since stand behind them in memory. A removed row
keeps its place, marked dead, until the rows are put in order again. Knows no FAISS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BLOCK", "Float32s", "Halves", "Ints", "Rows", "id_array"]

Halves = npt.NDArray[np.float16]
Float32s = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

BLOCK = 4096
"""Rows that are converted at once: 4096 x 512 in float64 is 16 MiB, which stays near the processor."""


class Rows:
    """Ids and rows in the order in which they came; `live` marks those that count.

    The two parts, saved and added, are addressed by one row number.
    """

    def __init__(self, dim: int, ids: Ints | None = None, saved: Halves | None = None) -> None:
        self.dim = dim
        self._saved: Halves = saved if saved is not None else np.empty((0, dim), np.float16)
        self._added: Halves = np.empty((0, dim), np.float16)
        self._ids: Ints = ids if ids is not None else np.empty(0, np.int64)
        self._live = np.ones(len(self._ids), bool)
        self._size = len(self._ids)
        self._dead = 0
        self._order: Ints | None = None
        self._sorted: Ints = self._ids

    def __len__(self) -> int:
        return self._size

    @property
    def live_count(self) -> int:
        """Rows that were not removed."""
        return self._size - self._dead

    @property
    def ids(self) -> Ints:
        """Id of every row, dead ones too."""
        return self._ids[: self._size]

    @property
    def live(self) -> npt.NDArray[np.bool_]:
        """One flag a row."""
        return self._live[: self._size]

    def append(self, ids: Ints, rows: Halves) -> None:
        """Put new rows behind the others; the caller has made sure that no id is live already."""
        end = self._size + len(ids)
        start = self._size - len(self._saved)
        if end > len(self._ids):  # Room for twice as many, so that many small additions cost no more than one large.
            self._ids = _grown(self._ids, self._size, 2 * end)
            self._live = _grown(self._live, self._size, 2 * end)
        if start + len(ids) > len(self._added):
            self._added = _grown(self._added, start, 2 * (start + len(ids)))
        self._added[start : start + len(ids)] = rows
        self._ids[self._size : end] = ids
        self._live[self._size : end] = True
        self._size = end
        self._order = None

    def remove(self, rows: Ints) -> None:
        """Mark rows as dead."""
        self._dead += int(np.count_nonzero(self._live[rows]))
        self._live[rows] = False
        self._order = None

    def find(self, wanted: Ints) -> Ints:
        """Row numbers, ascending, of the live rows that have one of these ids."""
        order = self._sorted_rows()
        if not len(order) or not len(wanted):
            return np.empty(0, np.int64)
        if len(wanted) * 64 > len(order):  # One pass over all ids is quicker than looking up each.
            return np.flatnonzero(np.isin(self.ids, wanted) & self.live)
        places = np.searchsorted(self._sorted, wanted)
        places[places == len(order)] = 0
        found: Ints = np.unique(order[places[self._sorted[places] == wanted]])
        return found

    def sorted_ids(self) -> Ints:
        """Ids of the live rows, ascending."""
        self._sorted_rows()
        return self._sorted.copy()

    def _sorted_rows(self) -> Ints:
        if self._order is None:
            rows = np.flatnonzero(self.live)
            ids = self.ids[rows]
            by_id = np.argsort(ids, kind="stable")
            self._order, self._sorted = rows[by_id], ids[by_id]
        return self._order

    def take(self, rows: Ints) -> Halves:
        """A copy of the rows with these numbers, shape (len(rows), dim)."""
        split = len(self._saved)
        if not split:
            return self._added[rows]
        if not len(rows) or rows.max() < split:
            return self._saved[rows]
        result = np.empty((len(rows), self.dim), np.float16)
        old = rows < split
        result[old] = self._saved[rows[old]]
        result[~old] = self._added[rows[~old] - split]
        return result

    def blocks(self, rows: Ints) -> Iterator[Halves]:
        """The rows with these numbers, a bounded number at a time."""
        for start in range(0, len(rows), BLOCK):
            yield self.take(rows[start : start + BLOCK])

    def scores(self, query: Float32s, rows: Ints) -> Float32s:
        """Cosine of the query with each of these rows.

        The sum is taken in float64 row by row and rounded to float32, so that equal vectors have equal scores
        wherever they stand: matrix products may round a row differently depending on its neighbours.
        """
        wide = query.astype(np.float64)
        parts = [(block.astype(np.float64) * wide).sum(axis=1) for block in self.blocks(rows)]
        return (np.concatenate(parts) if parts else np.empty(0)).astype(np.float32)

    def in_order(self) -> Ints:
        """Numbers of the live rows by ascending id: the order in which rows are saved."""
        return self._sorted_rows()


def id_array(ids: Iterable[int] | AbstractSet[int]) -> Ints:
    """Any ids as an array; an array is taken as it is, since walking through it would cost more than the search."""
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64, copy=False)
    if not isinstance(ids, (AbstractSet, list, tuple)):
        ids = list(ids)
    return np.fromiter(ids, np.int64, len(ids))


def _grown(array: npt.NDArray[Any], used: int, size: int) -> npt.NDArray[Any]:
    result = np.empty((size, *array.shape[1:]), array.dtype)
    result[:used] = array[:used]
    return result
