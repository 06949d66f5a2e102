"""`VectorIndexContract`: what every `VectorIndex` must do, as tests to inherit.

class TestMine(VectorIndexContract):
    def make(self, dim): return MyIndex(dim)
    def reopen(self, folder, dim): ...
"""

# ruff: noqa: S101  (these are tests)
from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from mmrag.protocols import VectorIndex
from mmrag.types import Hit, Vectors

__all__ = ["VectorIndexContract", "exact_hits", "unit_rows"]


def unit_rows(count: int, dim: int, seed: int = 0) -> npt.NDArray[np.float16]:
    """Random rows of length 1, shape (count, dim)."""
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    result: npt.NDArray[np.float16] = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
    return result


def exact_hits(ids: npt.NDArray[np.int64], rows: npt.NDArray[np.float16], query: Vectors, k: int) -> list[Hit]:
    """The answer that comparing every row gives; equal scores by ascending id."""
    scores = (rows.astype(np.float64) @ query.astype(np.float64).ravel()).astype(np.float32)
    order = np.lexsort((ids, -scores))[:k]
    return [Hit(int(ids[place]), float(scores[place])) for place in order]


class VectorIndexContract(ABC):
    """Inherit, and say how an index is made and reopened."""

    dim = 24

    @abstractmethod
    def make(self, dim: int) -> VectorIndex:
        """An empty index."""

    @abstractmethod
    def reopen(self, folder: Path, dim: int) -> tuple[VectorIndex, int] | None:
        """The index saved in a folder, and its generation; None when it cannot be trusted."""

    def filled(self, count: int = 200) -> tuple[VectorIndex, npt.NDArray[np.int64], npt.NDArray[np.float16]]:
        """An index of random rows whose ids are neither dense nor in order."""
        rows = unit_rows(count, self.dim)
        ids = np.random.default_rng(1).permutation(10 * count)[:count].astype(np.int64) + 1
        index = self.make(self.dim)
        index.add(zip(ids.tolist(), rows, strict=True))
        return index, ids, rows

    def test_an_empty_index_finds_nothing(self) -> None:
        """No rows, no hits."""
        index = self.make(self.dim)
        assert index.search(unit_rows(1, self.dim).astype(np.float32), 5) == []
        assert index.count() == 0
        assert index.ids().tolist() == []

    def test_every_row_finds_itself_first(self) -> None:
        """The nearest of a stored vector is that vector, with a cosine of 1."""
        index, ids, rows = self.filled()
        for identifier, row in zip(ids.tolist(), rows, strict=True):
            best = index.search(row.astype(np.float32), 1)[0]
            assert best.region_id == identifier
            assert best.score == pytest.approx(1.0, abs=2e-3)

    def test_hits_are_the_nearest_best_first(self) -> None:
        """The same hits as comparing every row."""
        index, ids, rows = self.filled()
        query = unit_rows(1, self.dim, seed=9).astype(np.float32)
        found, expected = index.search(query, 10), exact_hits(ids, rows, query, 10)
        assert [hit.region_id for hit in found] == [hit.region_id for hit in expected]
        assert np.allclose([hit.score for hit in found], [hit.score for hit in expected], atol=1e-4)

    def test_a_query_may_have_one_or_two_dimensions(self) -> None:
        """Shapes (dim,) and (1, dim) are the same query."""
        index, _, rows = self.filled()
        query = rows[3].astype(np.float32)
        assert index.search(query, 4) == index.search(query[None], 4)

    def test_only_allowed_ids_are_found(self) -> None:
        """`allowed` limits the search; ids that are not held are passed over."""
        index, ids, rows = self.filled()
        query = unit_rows(1, self.dim, seed=9).astype(np.float32)
        for share in (3, 120):
            chosen = set(ids[:share].tolist())
            expected = exact_hits(ids[:share], rows[:share], query, 10)
            found = index.search(query, 10, chosen | {-5, 10**12})
            assert [hit.region_id for hit in found] == [hit.region_id for hit in expected]
        assert index.search(query, 10, set()) == []

    def test_more_than_there_is_gives_all(self) -> None:
        """A large k is no error, and neither is 0."""
        index, ids, rows = self.filled(20)
        assert {hit.region_id for hit in index.search(rows[0].astype(np.float32), 1000)} == set(ids.tolist())
        assert index.search(rows[0].astype(np.float32), 0) == []

    def test_equal_scores_come_by_ascending_id(self) -> None:
        """Copies of one picture are listed in a fixed order."""
        index = self.make(self.dim)
        row = unit_rows(1, self.dim)[0]
        index.add([(identifier, row) for identifier in (9, 4, 700, 2, 33)])
        assert [hit.region_id for hit in index.search(row.astype(np.float32), 3)] == [2, 4, 9]

    def test_removed_ids_are_gone_and_may_come_back(self) -> None:
        """Removing is immediate; an unknown id is passed over; an id may be added again."""
        index, ids, rows = self.filled()
        index.remove([*ids[:50].tolist(), -1])
        assert index.ids().tolist() == sorted(ids[50:].tolist())
        query = rows[0].astype(np.float32)
        expected = exact_hits(ids[50:], rows[50:], query, 10)
        assert [hit.region_id for hit in index.search(query, 10)] == [hit.region_id for hit in expected]
        index.add([(int(ids[0]), rows[0])])
        assert index.search(query, 1)[0].region_id == ids[0]
        assert index.count() == 151

    def test_an_id_twice_is_an_error_and_changes_nothing(self) -> None:
        """All of a batch is added, or nothing."""
        index, ids, rows = self.filled(10)
        for batch in ([(5_000, rows[0]), (int(ids[3]), rows[1])], [(6_000, rows[0]), (6_000, rows[1])]):
            with pytest.raises(ValueError, match="already"):
                index.add(batch)
        assert index.count() == 10

    def test_vectors_of_another_length_or_shape_are_refused(self) -> None:
        """Zero vectors, unnormalised ones, not-a-number and wrong dimensions never get in."""
        index = self.make(self.dim)
        row = unit_rows(1, self.dim)[0]
        for wrong in (row * 0, row * 2, row * np.float16("nan"), row[:-1]):
            with pytest.raises(ValueError, match="must have"):
                index.add([(1, wrong)])
        assert index.count() == 0

    def test_what_is_saved_is_what_is_opened(self, tmp_path: Path) -> None:
        """Same ids, hits and scores, and it can be added to and removed from."""
        index, ids, _ = self.filled()
        index.remove(ids[:30].tolist())
        index.save(tmp_path / "cache", 7)
        kept = self.reopen(tmp_path / "cache", self.dim)
        assert kept is not None
        opened, generation = kept
        assert generation == 7
        assert opened.ids().tolist() == index.ids().tolist()
        query = unit_rows(1, self.dim, seed=9).astype(np.float32)
        assert opened.search(query, 10) == index.search(query, 10)
        opened.add([(99_999, query[0].astype(np.float16))])
        assert opened.search(query, 1)[0].region_id == 99_999
        opened.remove([99_999])
        assert opened.search(query, 10) == index.search(query, 10)

    def test_an_empty_index_can_be_saved(self, tmp_path: Path) -> None:
        """A space without vectors is a space, too."""
        self.make(self.dim).save(tmp_path, 1)
        kept = self.reopen(tmp_path, self.dim)
        assert kept is not None
        assert kept[0].count() == 0
