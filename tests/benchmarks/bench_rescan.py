"""Time of an index run over a folder in which nothing has changed: 10,000 small files, made here.

    python tests/benchmarks/bench_rescan.py [--files 10000] [--runs 5] [--json OUT.json]

Both channels that need a model are off. The first run is shown too, and a walk that only asks for each file's status
(what any such run has to do at least) is measured in the same process; the ratio is to that walk.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from common import ROOT, save_json

sys.path.insert(0, str(ROOT))


def make_files(folder: Path, count: int) -> None:
    """Folders of 100 text files, each with words of its own."""
    for number in range(count):
        place = folder / f"folder {number // 100:03}"
        place.mkdir(exist_ok=True)
        (place / f"note {number}.txt").write_text(
            f"Note {number}\n\nThe code of this note is {number * 7919}.\n", "utf-8"
        )


def walk(folder: Path) -> int:
    """Every file's status, and nothing else."""
    total = 0
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                total += walk(Path(entry.path))
            else:
                total += entry.stat(follow_symlinks=False).st_size > 0
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()

    import mmrag

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "files")
        folder.mkdir()
        make_files(folder, arguments.files)
        with mmrag.Corpus(Path(temporary, "index"), profile="offline", text="none", pixels="none", ocr="off") as corpus:
            start = time.perf_counter()
            report = corpus.index(folder)
            first = time.perf_counter() - start
            if report.added != arguments.files:
                raise SystemExit(f"{report.added} of {arguments.files} files were added: {report.failed[:3]}")
            rescans, walks = [], []
            for _ in range(arguments.runs):
                start = time.perf_counter()
                walk(folder)
                walks.append(time.perf_counter() - start)
                start = time.perf_counter()
                report = corpus.index()
                rescans.append(time.perf_counter() - start)
                if report.unchanged != arguments.files:
                    raise SystemExit(f"{report.unchanged} of {arguments.files} files were unchanged")
    print(f"first run: {first:.2f} s ({arguments.files / first:.0f} files/s)")
    print(f"unchanged: median {median(rescans):.3f} s, min {min(rescans):.3f} s of {arguments.runs} runs")
    print(f"walk only: median {median(walks):.3f} s; unchanged / walk = {median(rescans) / median(walks):.1f}")
    save_json(arguments.json, {"files": arguments.files, "first": first, "unchanged": rescans, "walk": walks})


if __name__ == "__main__":
    main()
