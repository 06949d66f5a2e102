"""Random histories of a folder against a dictionary: after each sync the index holds what the folder holds."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, precondition, rule
from indexing_helpers import OPTIONS, InlinePool, encoders, everything

from mmrag.catalog import Catalog
from mmrag.indexing import index

NAMES = st.sampled_from(["a.leaf", "b.leaf", "한글.leaf", "x y.leaf", "c\udcff.leaf"])
FOLDERS = st.sampled_from(["", "p", "q", "p/r", "p/r/s"])
# Few texts, some as long as each other and one that cannot be read: copies, swaps and failures come by themselves.
TEXTS = st.sampled_from(["one", "two", "six", "three", "first\fsecond", "first\f!broken", "!broken", "gone", "\f"])


class Histories(RuleBasedStateMachine):
    """`model` maps a path in the folder to its text."""

    files = Bundle("files")
    steps = 0

    @initialize()
    def begin(self) -> None:
        self.base = Path(tempfile.mkdtemp())
        self.root = self.base / "docs"
        self.root.mkdir()
        self.catalog = Catalog.open(self.base / "catalog.db", create=True)
        self.model: dict[str, str] = {}
        self.clock = time.time() - 1_000_000
        self.synced = False

    def teardown(self) -> None:
        self.catalog.close()
        shutil.rmtree(os.fsencode(self.base))

    def path(self, name: str) -> Path:
        return self.root / name

    def tick(self, name: str) -> None:
        """Every write has a time of its own, long ago, as far as files are concerned."""
        self.clock += 10
        os.utime(self.path(name), (self.clock, self.clock))

    @rule(target=files, folder=FOLDERS, name=NAMES, text=TEXTS)
    def write(self, folder: str, name: str, text: str) -> str:
        relative = f"{folder}/{name}" if folder else name
        path = self.path(relative)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.tick(relative)
        self.model[relative] = text
        return relative

    @rule(name=files)
    def delete(self, name: str) -> None:
        if name in self.model:
            self.path(name).unlink()
            del self.model[name]

    @rule(name=files)
    def touch(self, name: str) -> None:
        if name in self.model:
            self.tick(name)

    @rule(target=files, old=files, folder=FOLDERS, name=NAMES)
    def rename(self, old: str, folder: str, name: str) -> str:
        new = f"{folder}/{name}" if folder else name
        if old in self.model and old != new:
            self.path(new).parent.mkdir(parents=True, exist_ok=True)
            self.path(old).rename(self.path(new))
            self.model[new] = self.model.pop(old)
        return new

    @rule(target=files, old=files, folder=FOLDERS, name=NAMES)
    def copy(self, old: str, folder: str, name: str) -> str:
        new = f"{folder}/{name}" if folder else name
        if old in self.model and old != new:
            self.path(new).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.path(old), self.path(new))
            self.model[new] = self.model[old]
        return new

    @rule(old=FOLDERS, new=st.sampled_from(["m", "n", "p", "q"]))
    def move_folder(self, old: str, new: str) -> None:
        if not old or not self.path(old).is_dir() or self.path(new).exists():
            return
        self.path(old).rename(self.path(new))
        for name in [name for name in self.model if name.startswith(old + "/")]:
            self.model[new + name[len(old) :]] = self.model.pop(name)

    @rule(retry=st.booleans(), batch=st.sampled_from([1, 64]))
    def sync(self, retry: bool, batch: int) -> None:

        was_empty = not any(not name.startswith(".") for name in os.listdir(self.root))
        options = replace(OPTIONS, retry_failed=retry, batch_pages=batch, prune=was_empty)
        report = index(self.catalog, [self.root], options, encoders(), None)
        assert report.files == len(self.model)
        again = index(self.catalog, [self.root], OPTIONS, used := encoders(), None)
        assert (again.added, again.updated, again.moved, again.removed) == (0, 0, 0, 0)
        assert not any(encoder.texts + encoder.images for encoder in used.values())
        self.compare()

    @rule(folder=FOLDERS)
    def sync_a_part(self, folder: str) -> None:
        """What lies elsewhere stays as it was; nothing may break."""
        if folder and self.path(folder).is_dir() and self.catalog.roots():
            index(self.catalog, [self.path(folder)], OPTIONS, encoders(), None)

    @precondition(lambda self: bool(self.model))
    @rule()
    def lose_the_disk(self) -> None:
        if not self.catalog.roots():
            return
        before = everything(self.catalog)
        away = self.base / "away"
        self.root.rename(away)
        report = index(self.catalog, None, OPTIONS, encoders(), None)
        assert (report.removed, len(report.notes)) == (0, 1)
        assert everything(self.catalog) == before
        away.rename(self.root)

    def compare(self) -> None:
        expected: set[str] = set()
        for text in self.model.values():
            for page in text.split("\f"):
                if page.startswith("!broken"):
                    break
                expected.add(page.strip())
        found = {key[7] for key in everything(self.catalog) if key[2] == "page"}
        assert found == expected

    @invariant()
    def counts(self) -> None:
        Histories.steps += 1


def _run(examples: int, length: int) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmrag.indexing.reading.Pool", InlinePool)
        patch.setattr("mmrag.indexing.recognizing.Pool", InlinePool)
        run_state_machine_as_test(
            Histories,
            settings=settings(
                max_examples=examples,
                stateful_step_count=length,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )


def test_short_histories() -> None:
    _run(12, 15)


@pytest.mark.slow
def test_long_histories() -> None:
    Histories.steps = 0
    _run(60, 50)
    print(f"{Histories.steps} steps")
