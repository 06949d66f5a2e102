"""`FaissIndex`: the k nearest vectors by cosine, among all or among some ids.

Up to some ten thousand rows every row is compared. Above that, 1-bit codes give candidates, and the float16 rows,
memory-mapped from disk, rank them. Either way the scores are the cosines of the stored vectors, and equal scores are
ranked by id.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mmrag.durable import Head, open_snapshot, write_snapshot
from mmrag.types import Hit, Vectors
from mmrag.vectors.coarse import Coarse, Exact, Gpu, OneBit, gpu_available
from mmrag.vectors.rows import BLOCK, Float32s, Halves, Ints, Rows, id_array

__all__ = ["FaissIndex"]

_FORMAT = "mmrag-vectors-1"
EXACT_BELOW = 50_000
"""Rows up to which comparing all of them takes only a few milliseconds."""
TOLERANCE = 5e-3
"""How far the length of a vector may be from 1; float16 alone accounts for 5e-4."""
_SCANNED_SHARE = 50
"""Up to 1/50 of the rows allowed, comparing just those is quicker than masking a scan of all."""
_SCANNED_ROWS = 1000
_MIN_CANDIDATES = 400
_SLACK = 16
_SAMPLE = 20_000


class FaissIndex:
    """Vectors of one space by id; see `protocols.VectorIndex`. Safe to share between threads.

    `dim`: length of every vector. `fingerprint`: the model that made them. `exact_below`: rows up to which every row
    is compared. `gpu`: scan on a GPU (None: where FAISS finds one).
    """

    def __init__(self, dim: int, fingerprint: str, *, exact_below: int = EXACT_BELOW, gpu: bool | None = None) -> None:
        if dim < 1:
            raise ValueError(f"dim cannot be {dim}")
        self.dim = dim
        self.fingerprint = fingerprint
        self._exact_below = exact_below
        self._gpu = gpu
        self._lock = threading.RLock()
        self._rows = Rows(dim)
        self._coarse: Coarse | None = None
        self._coded = 0

    @classmethod
    def open(cls, folder: Path, fingerprint: str, dim: int) -> tuple[FaissIndex, int] | None:
        """The index saved in `folder` and its generation.

        None when there is none that can be trusted: missing, damaged, of another model, dimension or format.
        """
        snapshot = open_snapshot(folder, _FORMAT, fingerprint)
        if snapshot is None or snapshot.head.extra != {"dim": str(dim)}:
            return None
        ids = np.frombuffer(snapshot.files["ids"], "<i8")
        matrix = np.frombuffer(snapshot.files["rows"], "<f2")
        if len(ids) != snapshot.head.count or len(matrix) != len(ids) * dim:
            return None
        index = cls(dim, fingerprint)
        index._rows = Rows(dim, ids.astype(np.int64), matrix.reshape(-1, dim))
        codes = snapshot.files.get("codes")
        if codes is not None and not index._wants_gpu():
            try:
                index._coarse = OneBit(dim, codes)
                index._coded = len(ids)
            except ValueError:
                index._coarse = None  # Made anew from the rows at the first search.
        return index, snapshot.head.generation

    def add(self, rows: Iterable[tuple[int, npt.NDArray[np.float16]]]) -> None:
        """Vectors of shape (dim,) and length 1, by id. All of them or, at a ValueError, none.

        Raises ValueError for an id that is there already, another shape, a length that is not 1, or not a number.
        """
        with self._lock:
            ids, matrix = self._checked(rows)
            if len(ids):
                self._rows.append(ids, matrix)

    def remove(self, ids: Iterable[int]) -> None:
        """Forget these ids; those that are not there are passed over."""
        with self._lock:
            self._rows.remove(self._rows.find(id_array(ids)))
            if self._rows.live_count < len(self._rows) // 2:
                # More dead than live: put the rest in order, so that searches do not wade through the dead.
                order = self._rows.in_order()
                kept = Rows(self.dim)
                kept.append(self._rows.ids[order], self._rows.take(order))
                self._rows, self._coarse, self._coded = kept, None, 0

    def search(self, query: Vectors, k: int, allowed: AbstractSet[int] | None = None) -> list[Hit]:
        """The k nearest by cosine to a query of shape (dim,) or (1, dim), best first; equal scores by ascending id.

        `allowed`: ids to search among (a set, or faster an array of integers). Raises ValueError for a query of
        another shape, or of a length that is not 1.
        """
        query = np.asarray(query, np.float32)
        if query.shape not in ((self.dim,), (1, self.dim)):
            raise ValueError(f"a query has shape ({self.dim},) or (1, {self.dim}), not {query.shape}")
        return self.search_batch(query.reshape(1, self.dim), k, allowed)[0]

    def search_batch(self, queries: Vectors, k: int, allowed: AbstractSet[int] | None = None) -> list[list[Hit]]:
        """`search` for every row of `queries`, shape (n, dim), on as many threads as FAISS is set to use."""
        queries = np.ascontiguousarray(queries, np.float32)
        if queries.ndim != 2 or queries.shape[1] != self.dim:
            raise ValueError(f"queries have shape (n, {self.dim}), not {queries.shape}")
        _check_length(queries)
        with self._lock:
            keep = None if allowed is None else self._rows.find(id_array(allowed))
            count = self._rows.live_count if keep is None else len(keep)
            k = min(k, count)
            if k < 1 or not len(queries):
                return [[] for _ in queries]
            if keep is not None and count <= max(_SCANNED_ROWS, len(self._rows) // _SCANNED_SHARE):
                return [self._ranked(query, keep, k)[0] for query in queries]
            return self._by_candidates(queries, k, keep, count)

    def ids(self) -> Ints:
        """Every id held, ascending."""
        with self._lock:
            return self._rows.sorted_ids()

    def count(self) -> int:
        """How many vectors are held."""
        return self._rows.live_count

    def save(self, folder: Path, generation: int) -> None:
        """Write the index durably into `folder`; a reader of the former one keeps it. Raises `StorageFull`."""
        with self._lock:
            order = self._rows.in_order()
            files: dict[str, Iterable[bytes | memoryview]] = {
                "ids": [self._rows.ids[order].astype("<i8").data],
                "rows": (block.astype("<f2", copy=False).data for block in self._rows.blocks(order)),
            }
            coarse = self._made_coarse() if len(order) and not self._wants_gpu() else None
            if isinstance(coarse, OneBit):
                files["codes"] = [coarse.to_bytes(order).data]
            head = Head(_FORMAT, generation, len(order), self.fingerprint, {"dim": str(self.dim)})
            write_snapshot(folder, head, files)

    def _checked(self, rows: Iterable[tuple[int, npt.NDArray[np.float16]]]) -> tuple[Ints, Halves]:
        pairs = list(rows)
        ids = id_array([identifier for identifier, _ in pairs])
        if any(np.shape(vector) != (self.dim,) for _, vector in pairs):
            raise ValueError(f"every vector must have shape ({self.dim},)")
        matrix = np.array([vector for _, vector in pairs], np.float16).reshape(len(pairs), self.dim)
        _check_length(matrix)
        if len(np.unique(ids)) != len(ids) or len(self._rows.find(ids)):
            raise ValueError("an id is there already, or given twice")
        return ids, matrix

    def _by_candidates(self, queries: Float32s, k: int, keep: Ints | None, count: int) -> list[list[Hit]]:
        coarse = self._made_coarse()
        if keep is not None and not coarse.masks:
            return [self._ranked(query, keep, k)[0] for query in queries]
        flags: npt.NDArray[np.bool_] | None = None
        if keep is not None:
            flags = np.zeros(len(self._rows), bool)
            flags[keep] = True
        elif count < len(self._rows):
            flags = self._rows.live if coarse.masks else None
        breadth = k + _SLACK if coarse.exact else max(_MIN_CANDIDATES, 20 * k)
        found = coarse.candidates(queries, min(len(self._rows), breadth), flags)
        return [self._widened(coarse, query, rows, k, flags) for query, rows in zip(queries, found, strict=True)]

    def _widened(
        self, coarse: Coarse, query: Float32s, rows: Ints, k: int, flags: npt.NDArray[np.bool_] | None
    ) -> list[Hit]:
        """Rank candidates, and take more of them while one left out might tie with, or outdo, the last one kept."""
        live = self._rows.live
        while True:
            asked = len(rows)
            rows = rows[rows >= 0]
            usable = rows[live[rows]]
            hits, scores = self._ranked(query, usable, k)
            # FAISS orders candidates by sums that it rounds differently: allow for that before calling a score lower.
            beaten = len(hits) == k and (not coarse.exact or float(scores.min()) + 1e-5 < hits[-1].score)
            if beaten or len(rows) < asked or asked >= len(self._rows):
                return hits
            wider = coarse.candidates(query[None], min(len(self._rows), 4 * asked), flags)[0]
            if len(wider) <= asked:  # As many as a GPU gives.
                return self._ranked(query, np.flatnonzero(live), k)[0]
            rows = wider

    def _ranked(self, query: Float32s, rows: Ints, k: int) -> tuple[list[Hit], Float32s]:
        scores = self._rows.scores(query, rows)
        ids = self._rows.ids[rows]
        best = np.lexsort((ids, -scores))[:k]
        return [Hit(int(ids[place]), float(scores[place])) for place in best], scores

    def _made_coarse(self) -> Coarse:
        """The candidate finder, brought up to date with the rows; made anew where the number of rows asks for it."""
        total = len(self._rows)
        one_bit = total >= self._exact_below and not self._wants_gpu()
        current = self._coarse
        if one_bit != isinstance(current, OneBit) or (isinstance(current, OneBit) and total > 4 * current.trained_on):
            current = None
        if current is None:
            current = Gpu(self.dim) if self._wants_gpu() else OneBit(self.dim) if one_bit else Exact(self.dim)
            self._coarse, self._coded = current, 0
            if isinstance(current, OneBit):
                current.centre_on(self._rows.take(np.arange(0, total, max(1, total // _SAMPLE))), total)
        if self._coded < total:
            current.add(self._rows.blocks(np.arange(self._coded, total)))
            self._coded = total
        return current

    def _wants_gpu(self) -> bool:
        return gpu_available() if self._gpu is None else self._gpu


def _check_length(matrix: npt.NDArray[np.floating]) -> None:
    for start in range(0, len(matrix), BLOCK):
        block = matrix[start : start + BLOCK].astype(np.float32)
        lengths = np.sqrt((block * block).sum(axis=1))
        if not np.all(np.abs(lengths - 1.0) <= TOLERANCE):  # Not a number compares false, so it is refused too.
            raise ValueError("every vector must have length 1")
