"""Nearest neighbours: exact where few, approximate where many, and never from a cache that cannot be trusted."""

from __future__ import annotations

import json
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.durable import HEAD_FILE
from mmrag.testing.vectors import VectorIndexContract, exact_hits, unit_rows
from mmrag.vectors import FaissIndex

DIM = 24


class TestExact(VectorIndexContract):
    def make(self, dim):
        return FaissIndex(dim, "model")

    def reopen(self, folder, dim):
        return FaissIndex.open(folder, "model", dim)


class TestOneBit(VectorIndexContract):
    def make(self, dim):
        return FaissIndex(dim, "model", exact_below=1)

    def reopen(self, folder, dim):
        return FaissIndex.open(folder, "model", dim)


class TestGpu(VectorIndexContract):
    """A stand-in for the GPU classes, which the CPU build of FAISS lacks: what it cannot do must not be asked of it."""

    @pytest.fixture(autouse=True)
    def _gpu(self, monkeypatch):
        import faiss

        class OnGpu(faiss.IndexFlatIP):
            def __init__(self, resources, dim, config):
                assert config.useFloat16
                super().__init__(dim)

            def search(self, queries, k, **unsupported):
                assert not unsupported
                assert k <= 2048
                return super().search(queries, k)

        monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1, raising=False)
        monkeypatch.setattr(faiss, "StandardGpuResources", SimpleNamespace, raising=False)
        monkeypatch.setattr(faiss, "GpuIndexFlatConfig", SimpleNamespace, raising=False)
        monkeypatch.setattr(faiss, "GpuIndexFlatIP", OnGpu, raising=False)

    def make(self, dim):
        return FaissIndex(dim, "model")

    def reopen(self, folder, dim):
        return FaissIndex.open(folder, "model", dim)


def clustered(count: int, dim: int, seed: int) -> np.ndarray:
    """Rows in loose groups that all lean one way, as the vectors of an encoder do."""
    generator = np.random.default_rng(seed)
    centres = generator.standard_normal((60, dim)) + 2.0
    rows = centres[generator.integers(0, 60, count)] + 0.5 * generator.standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def recall(index: FaissIndex, rows: np.ndarray, queries: np.ndarray, k: int = 10) -> float:
    ids = np.arange(len(rows))
    found = index.search_batch(queries, k)
    hits = [
        len({hit.region_id for hit in row} & {hit.region_id for hit in exact_hits(ids, rows, query, k)})
        for row, query in zip(found, queries, strict=True)
    ]
    return sum(hits) / (k * len(queries))


def test_codes_lose_less_than_one_neighbour_in_a_hundred():
    rows = clustered(20_000, 128, 0)
    queries = clustered(30, 128, 0)[:30].astype(np.float32)
    index = FaissIndex(128, "model", exact_below=10_000)
    index.add(enumerate(rows))
    assert recall(index, rows, queries) >= 0.99


def test_codes_stay_good_when_the_index_grows_and_shrinks():
    rows = clustered(12_000, 96, 3)
    index = FaissIndex(96, "model", exact_below=1000)
    for start, stop in ((0, 500), (500, 1500), (1500, 4000), (4000, 12_000)):
        index.add((place, rows[place]) for place in range(start, stop))
        index.search(rows[0].astype(np.float32), 3)
    index.remove(range(0, 12_000, 3))
    held = index.ids()
    queries = rows[held[:20]].astype(np.float32)
    for query in queries:
        found = {hit.region_id for hit in index.search(query, 10)}
        expected = {hit.region_id for hit in exact_hits(held, rows[held], query, 10)}
        assert len(found & expected) >= 9


def test_a_batch_is_its_single_queries():
    rows = unit_rows(500, DIM)
    index = FaissIndex(DIM, "model")
    index.add(enumerate(rows))
    queries = unit_rows(7, DIM, seed=4).astype(np.float32)
    assert index.search_batch(queries, 5) == [index.search(query, 5) for query in queries]


def test_an_array_may_say_what_is_allowed():
    rows = unit_rows(3000, DIM)
    index = FaissIndex(DIM, "model")
    index.add(enumerate(rows))
    query = unit_rows(1, DIM, seed=4).astype(np.float32)
    even = np.arange(0, 3000, 2)
    assert index.search(query, 5, even) == index.search(query, 5, set(even.tolist()))


def test_queries_of_another_shape_or_length_are_refused():
    index = FaissIndex(DIM, "model")
    index.add([(1, unit_rows(1, DIM)[0])])
    with pytest.raises(ValueError, match="shape"):
        index.search(np.ones(DIM + 1, np.float32), 1)
    with pytest.raises(ValueError, match="length 1"):
        index.search(np.full(DIM, np.nan, np.float32), 1)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 60), max_size=12, unique=True)), max_size=12),
    st.sampled_from([1, 20, 50_000]),
)
def test_any_sequence_of_changes_equals_a_new_index(steps, exact_below):
    rows = unit_rows(61, DIM)
    index = FaissIndex(DIM, "model", exact_below=exact_below)
    held: set[int] = set()
    for adding, ids in steps:
        if adding:
            index.add((identifier, rows[identifier]) for identifier in ids if identifier not in held)
            held |= set(ids)
        else:
            index.remove(ids)
            held -= set(ids)
        index.search(rows[0].astype(np.float32), 3)
    fresh = FaissIndex(DIM, "model", exact_below=exact_below)
    fresh.add((identifier, rows[identifier]) for identifier in sorted(held))
    query = unit_rows(1, DIM, seed=5).astype(np.float32)
    assert index.ids().tolist() == sorted(held)
    assert index.search(query, 20) == fresh.search(query, 20)


def saved(folder: Path, exact_below: int = 50_000) -> FaissIndex:
    index = FaissIndex(DIM, "model", exact_below=exact_below)
    index.add(enumerate(unit_rows(300, DIM)))
    index.save(folder, 3)
    return index


def test_a_cache_of_another_model_or_dimension_is_not_opened(tmp_path):
    saved(tmp_path)
    assert FaissIndex.open(tmp_path, "another", DIM) is None
    assert FaissIndex.open(tmp_path, "model", DIM + 1) is None
    assert FaissIndex.open(tmp_path / "missing", "model", DIM) is None
    assert FaissIndex.open(tmp_path, "model", DIM) is not None


@pytest.mark.parametrize("exact_below", [1, 50_000])
def test_no_damage_goes_unseen(tmp_path, exact_below):
    """150 flipped bits and 50 truncations each: the cache is refused, or answers as before; never anything else."""
    index = saved(tmp_path, exact_below)
    query = unit_rows(1, DIM, seed=5).astype(np.float32)
    right = index.search(query, 10)
    chance = random.Random(7)
    files = sorted(tmp_path.iterdir())
    for trial in range(200):
        file = chance.choice(files)
        before = file.read_bytes()
        if trial % 4:
            place = chance.randrange(len(before))
            after = before[:place] + bytes([before[place] ^ 1 << chance.randrange(8)]) + before[place + 1 :]
        else:
            after = before[: chance.randrange(len(before))]
        file.write_bytes(after)
        kept = FaissIndex.open(tmp_path, "model", DIM)
        # White space of the head means nothing; everything else is covered by a checksum.
        assert kept is None or (file.name == HEAD_FILE and kept[0].search(query, 10) == right and kept[1] == 3)
        del kept
        file.write_bytes(before)
    assert FaissIndex.open(tmp_path, "model", DIM) is not None


def test_a_reader_keeps_its_generation_while_another_replaces_it(tmp_path):
    first = saved(tmp_path)
    reader, _ = FaissIndex.open(tmp_path, "model", DIM)
    query = unit_rows(1, DIM, seed=5).astype(np.float32)
    right = reader.search(query, 10)
    for generation in range(4, 8):
        first.remove([generation])
        first.save(tmp_path, generation)
        assert reader.search(query, 10) == right
    assert FaissIndex.open(tmp_path, "model", DIM)[1] == 7
    assert len(list(tmp_path.iterdir())) == 3  # Nothing of the old generations is left.


def test_leftovers_of_a_killed_writer_are_deleted_and_never_fatal(tmp_path):
    index = saved(tmp_path)
    (tmp_path / "rows-000000000009-abc.cache").write_bytes(b"half")
    (tmp_path / f"{HEAD_FILE}-000000000009-abc.tmp").write_bytes(b"{")
    (tmp_path / "notes.txt").write_text("not ours")
    assert FaissIndex.open(tmp_path, "model", DIM) is not None
    index.save(tmp_path, 4)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["head.json", "ids", "notes.txt", "rows"]


def test_the_head_says_what_the_cache_is(tmp_path):
    saved(tmp_path)
    head = json.loads((tmp_path / HEAD_FILE).read_bytes())
    assert (head["generation"], head["count"], head["fingerprint"]) == (3, 300, "model")
    assert all(len(entry["sha256"]) == 64 for entry in head["files"].values())
