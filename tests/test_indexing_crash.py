"""Kill -9 while indexing, at random moments: nothing that was acknowledged is lost, nothing is there twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from indexing_helpers import OPTIONS, InlinePool, encoders, everything, leaf

from mmrag.catalog import Catalog
from mmrag.indexing import index

TRIALS = int(os.environ.get("CRASH_TRIALS", "20"))
"""Kills in one run of the test."""
ROUND = 5
"""Kills after which an undisturbed run must give what a clean build gives."""
SCRIPT = Path(__file__).with_name("crash_run.py")


class Folder:
    """Files whose pages say of which file and version they are."""

    def __init__(self, root: Path, dice: random.Random) -> None:
        self.root, self.dice = root, dice
        self.versions: dict[str, int] = {}
        self.pages: dict[tuple[str, int], int] = {}
        for _ in range(8):
            self.add()

    def add(self) -> None:
        name = f"f{len(self.versions)}"
        self.versions[name] = 0
        self.write(name, self.root / f"{name}.leaf")

    def write(self, name: str, path: Path) -> None:
        self.versions[name] += 1
        version, count = self.versions[name], self.dice.randint(1, 16)
        self.pages[name, version] = count
        leaf(path, *[f"!slow {name} {version} {page}" for page in range(count)])

    def disturb(self) -> None:
        """Some edits, and now and then a new, a moved and a deleted file."""
        paths = sorted(self.root.rglob("*.leaf"))
        for path in self.dice.sample(paths, 3):
            self.write(path.stem.split("-")[0], path)
        self.add()
        if self.dice.random() < 0.5:
            moving = self.dice.choice(paths)
            target = self.root / f"d{self.dice.randint(0, 3)}"
            target.mkdir(exist_ok=True)
            moving.rename(target / f"{moving.stem.split('-')[0]}-{time.monotonic_ns()}.leaf")
        if len(paths) > 10:
            self.dice.choice(sorted(self.root.rglob("*.leaf"))).unlink()


class Clock:
    """How long a run takes on this machine, learnt from those that ended before they were killed."""

    seconds = 4.0


def killed_run(base: Path, dice: random.Random, clock: Clock) -> tuple[list[str], bool]:
    """Pages that were acknowledged last, and whether the run was killed before its end."""
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(base / "catalog.db"), str(base / "docs")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    first = process.stdout.readline()  # says that it has begun; the moment is random from here on
    begun = time.monotonic()
    try:
        process.wait(dice.uniform(0, clock.seconds))
        clock.seconds = max(0.2, 0.9 * (time.monotonic() - begun))
    except subprocess.TimeoutExpired:
        process.kill()
    rest, errors = process.communicate(timeout=60)
    assert process.returncode in (0, -signal.SIGKILL), errors.decode()
    whole = [line for line in (first + rest).split(b"\n")[:-1] if line.endswith(b"]")]
    return (json.loads(whole[-1]) if whole else []), process.returncode != 0


def check(base: Path, folder: Folder, acknowledged: list[str]) -> None:
    with Catalog.open(base / "catalog.db", create=True) as catalog:
        found = everything(catalog)
        texts = {key[7] for key in found if key[2] == "page"}
        for text in acknowledged:
            _, name, version, _ = text.split()
            newer = {v for n, v in ((t.split()[1], int(t.split()[2])) for t in texts) if n == name and v > int(version)}
            whole = any({f"!slow {name} {v} {page}" for page in range(folder.pages[name, v])} <= texts for v in newer)
            assert text in texts or whole, f"{text} was acknowledged and cannot be found"
        for key, vectors in found.items():
            assert set(vectors) == {"page": {"pixels"}, "passage": {"text"}}.get(key[2], {"pixels"}), key


@pytest.mark.slow
def test_kill_at_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(20)
    folder = Folder(tmp_path / "docs", dice)
    clock, killed = Clock(), 0
    for trial in range(4 * TRIALS):
        acknowledged, early = killed_run(tmp_path, dice, clock)
        killed += early
        check(tmp_path, folder, acknowledged)
        if trial % ROUND == ROUND - 1:
            with monkeypatch.context() as patch, Catalog.open(tmp_path / "catalog.db") as catalog:
                patch.setattr("mmrag.indexing.reading.Pool", InlinePool)
                index(catalog, [folder.root], OPTIONS, encoders(), None)
                with Catalog.open(tmp_path / f"clean{trial}.db", create=True) as clean:
                    index(clean, [folder.root], OPTIONS, encoders(), None)
                    assert everything(catalog) == everything(clean)
        if killed >= TRIALS and trial % ROUND == ROUND - 1:
            break
        folder.disturb()
    print(f"{killed} of {trial + 1} runs were killed before their end")
    assert killed >= TRIALS
