"""Finding candidate rows with FAISS, which is imported on first use and nowhere else.

Three ways, one interface: an exact scan of float16 codes, a scan of 1-bit RaBitQ codes (Gao and Long, 2024), and an
exact scan on a GPU. Scores are only used to find candidates; the ranking comes from the rows themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mmrag.vectors.rows import Float32s, Halves, Ints

__all__ = ["Coarse", "Exact", "Gpu", "OneBit", "gpu_available"]

Flags = npt.NDArray[np.bool_]

_QUERY_BITS = 8


class Coarse(Protocol):
    """Rows numbered in the order in which they were added."""

    exact: bool
    """Whether the order of candidates is that of the cosines (up to rounding)."""
    masks: bool
    """Whether `keep` is understood."""

    def add(self, blocks: Iterable[Halves]) -> None:
        """Rows to put behind the others."""

    def candidates(self, queries: Float32s, k: int, keep: Flags | None) -> Ints:
        """Row numbers, shape (len(queries), k), best first, -1 where there are no more; only rows flagged `keep`."""


class Exact:
    """Every row compared, from float16 codes: half the bytes of float32, and no difference to the stored vectors."""

    exact = True
    masks = True

    def __init__(self, dim: int) -> None:
        faiss = _faiss()
        self._index = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)

    def add(self, blocks: Iterable[Halves]) -> None:
        """See `Coarse`."""
        with _threads(1):
            for block in blocks:
                self._index.add(block.astype(np.float32))

    def candidates(self, queries: Float32s, k: int, keep: Flags | None) -> Ints:
        """See `Coarse`."""
        return _search(self._index, queries, k, _faiss().SearchParameters, keep)


class OneBit:
    """1-bit RaBitQ codes: 1/28 of the bytes to scan. Its candidates need ranking by the stored vectors."""

    exact = False
    masks = True

    def __init__(self, dim: int, codes: memoryview | None = None) -> None:
        """With `codes`, as `to_bytes` wrote them and only after their checksum was compared; raises ValueError."""
        faiss = _faiss()
        self.trained_on = 0
        """Rows that the centre was taken from: with many times more, the codes are better made anew."""
        if codes is None:
            self._index = faiss.IndexRaBitQ(dim, faiss.METRIC_INNER_PRODUCT)
            return
        try:
            index = faiss.deserialize_index(np.frombuffer(codes, np.uint8))
        except RuntimeError as error:  # Written by another release of FAISS.
            raise ValueError("codes cannot be read") from error
        if not isinstance(index, faiss.IndexRaBitQ) or index.d != dim:
            raise ValueError("codes of another kind")
        self._index = index
        self.trained_on = index.ntotal

    def centre_on(self, sample: Halves, total: int) -> None:
        """Take the mean of `sample`, drawn from `total` rows, as the centre of the codes. Before the first `add`."""
        with _threads(1):
            self._index.train(sample.astype(np.float32))
        self.trained_on = total

    def add(self, blocks: Iterable[Halves]) -> None:
        """See `Coarse`."""
        with _threads(1):
            for block in blocks:
                self._index.add(block.astype(np.float32))

    def candidates(self, queries: Float32s, k: int, keep: Flags | None) -> Ints:
        """See `Coarse`."""
        faiss = _faiss()

        def parameters(**selector: Any) -> Any:
            return faiss.RaBitQSearchParameters(qb=_QUERY_BITS, centered=False, **selector)

        return _search(self._index, queries, k, parameters, keep)

    def to_bytes(self, order: Ints) -> npt.NDArray[np.uint8]:
        """The codes of these rows, in this order."""
        faiss = _faiss()
        chosen = faiss.IndexRaBitQ(self._index.d, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(faiss.vector_to_array(self._index.center), chosen.center)
        chosen.is_trained = True
        size = self._index.code_size
        codes = faiss.vector_to_array(self._index.codes).reshape(-1, size)[order]
        faiss.copy_array_to_vector(codes.ravel(), chosen.codes)
        chosen.ntotal = len(order)
        result: npt.NDArray[np.uint8] = faiss.serialize_index(chosen)
        return result


class Gpu:
    """Every row compared on the first GPU, in float16. Searches among some of the rows are left to the caller."""

    exact = True
    masks = False

    def __init__(self, dim: int) -> None:
        faiss = _faiss()
        config = faiss.GpuIndexFlatConfig()
        config.useFloat16 = True
        self._resources = faiss.StandardGpuResources()
        self._index = faiss.GpuIndexFlatIP(self._resources, dim, config)

    def add(self, blocks: Iterable[Halves]) -> None:
        """See `Coarse`."""
        for block in blocks:
            self._index.add(block.astype(np.float32))

    def candidates(self, queries: Float32s, k: int, keep: Flags | None) -> Ints:
        """See `Coarse`; `keep` must be None. A GPU returns at most 2,048 candidates."""
        if keep is not None:
            raise ValueError("rows cannot be masked on a GPU")
        _, rows = self._index.search(queries, min(k, 2048))
        return np.asarray(rows, np.int64)


def gpu_available() -> bool:
    """Whether this FAISS was built for GPUs and finds one."""
    faiss = _faiss()
    return hasattr(faiss, "StandardGpuResources") and faiss.get_num_gpus() > 0


def _search(index: Any, queries: Float32s, k: int, parameters: Any, keep: Flags | None) -> Ints:
    faiss = _faiss()
    options: dict[str, Any] = {}
    if keep is not None:
        bits = np.packbits(keep, bitorder="little")  # Must live as long as the selector, which only points to it.
        options["sel"] = faiss.IDSelectorBitmap(bits)
    # One query is a scan that memory limits: a second thread makes it slower. Several queries share the scan.
    with _threads(1 if len(queries) == 1 else 0):
        _, rows = index.search(queries, k, params=parameters(**options))
    return np.asarray(rows, np.int64)


@contextmanager
def _threads(count: int) -> Iterator[None]:
    """Let FAISS use this many threads (0: as many as before), for this caller only."""
    faiss = _faiss()
    before = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(count or before)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(before)


def _faiss() -> Any:
    import faiss

    return faiss
