"""How much faster than comparing every row, and at what recall: ratios of runs made side by side.

    python tests/benchmarks/bench_vectors.py [--rows 100000] [--dim 512] [--vectors FILE.npy]

Without a file the rows are synthetic: loose groups that lean one way. `--vectors` takes real ones, shape (n, dim).
"""

# ruff: noqa: B023  (what is timed runs at once, before the loop goes on)
from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mmrag.vectors import FaissIndex

K = 10


def synthetic(rows: int, dim: int, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    lift = generator.standard_normal((64, dim)).astype(np.float32)
    centres = 3 * generator.standard_normal((200, 64)).astype(np.float32)
    result = np.empty((rows, dim), np.float16)
    for start in range(0, rows, 20_000):
        count = min(20_000, rows - start)
        block = centres[generator.integers(0, 200, count)] + generator.standard_normal((count, 64), np.float32)
        block = block @ lift + 2 * generator.standard_normal((count, dim), np.float32) + 10
        result[start : start + count] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return result


def milliseconds(search: Callable[[np.ndarray], object], queries: np.ndarray) -> list[float]:
    times = []
    for query in queries:
        start = time.perf_counter()
        search(query)
        times.append(1e3 * (time.perf_counter() - start))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--dim", type=int, default=512)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--vectors", type=Path, help="real vectors, as a .npy file")
    options = parser.parse_args()
    import faiss

    faiss.omp_set_num_threads(1)
    rows = np.load(options.vectors) if options.vectors else synthetic(options.rows + options.queries, options.dim)
    rows = (rows / np.linalg.norm(rows.astype(np.float32), axis=1, keepdims=True)).astype(np.float16)
    generator = np.random.default_rng(1)
    chosen = generator.permutation(len(rows))
    queries = rows[chosen[: options.queries]].astype(np.float32)
    rows = np.ascontiguousarray(rows[chosen[options.queries :]])
    wide = rows.astype(np.float32)
    flat = faiss.IndexFlatIP(wide.shape[1])
    flat.add(wide)
    print(f"{len(rows)} rows of {rows.shape[1]}, {len(queries)} queries, k = {K}")

    for name, limit in (("exact float16", len(rows) + 1), ("1-bit codes", 1)):
        with tempfile.TemporaryDirectory() as folder:
            index = FaissIndex(rows.shape[1], "benchmark", exact_below=limit)
            start = time.perf_counter()
            index.add(enumerate(rows))
            index.save(Path(folder), 1)
            built = time.perf_counter() - start
            start = time.perf_counter()
            opened, _ = FaissIndex.open(Path(folder), "benchmark", rows.shape[1])
            reopened = time.perf_counter() - start
            if name.startswith("1-bit"):
                index = opened
            found: list[list[int]] = []
            index.search(queries[0], K)
            ours: list[float] = []
            base: list[float] = []
            numpys: list[float] = []
            wanted: list[list[int]] = []
            for query in queries:  # Interleaved, so that a busy neighbour slows all of them.
                ours += milliseconds(lambda q: found.append([hit.region_id for hit in index.search(q, K)]), query[None])
                base += milliseconds(lambda q: wanted.append(flat.search(q[None], K)[1][0].tolist()), query[None])
                numpys += milliseconds(lambda q: np.argpartition(wide @ q, -K)[-K:], query[None])
            recall = statistics.mean(len(set(a) & set(b)) / K for a, b in zip(found, wanted, strict=True))
            half = set(range(0, len(rows), 2))
            few = set(range(0, len(rows), max(1, len(rows) // 500)))
            masked = milliseconds(lambda q: index.search(q, K, half), queries[:20])
            scanned = milliseconds(lambda q: index.search(q, K, few), queries[:20])
            mine, theirs = statistics.median(ours), statistics.median(base)
            print(
                f"{name}: {mine:.2f} ms (p99 {np.percentile(ours, 99):.2f}), {theirs / mine:.1f}x FlatIP float32 "
                f"({theirs:.2f} ms), {statistics.median(numpys) / mine:.1f}x numpy; recall@{K} {recall:.4f}; "
                f"half allowed {statistics.median(masked):.2f} ms, 500 allowed {statistics.median(scanned):.2f} ms; "
                f"build and save {built:.1f} s, open {reopened:.2f} s"
            )


if __name__ == "__main__":
    main()
