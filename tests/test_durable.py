"""Cache folders under kills, full disks, damage and concurrent readers."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from mmrag.durable import HEAD_FILE, Head, discard_leftovers, open_snapshot, write_snapshot
from mmrag.errors import StorageFull


def files(generation: int) -> dict[str, list[bytes]]:
    return {name: [name.encode() * 1000, str(generation).encode() * 1000] for name in ("first", "second")}


def put(folder: Path, generation: int) -> None:
    write_snapshot(folder, Head("test-1", generation, 2, "model", {"dim": "3"}), files(generation))


def check(folder: Path) -> int:
    """The generation there, whose every file must be of that generation."""
    snapshot = open_snapshot(folder, "test-1", "model")
    assert snapshot is not None
    generation = snapshot.head.generation
    assert {name: bytes(data) for name, data in snapshot.files.items()} == {
        name: b"".join(parts) for name, parts in files(generation).items()
    }
    return generation


def test_what_is_written_is_read_and_the_old_is_gone(tmp_path):
    for generation in range(3):
        put(tmp_path / "new" / "folder", generation)
        assert check(tmp_path / "new" / "folder") == generation
    assert len(list((tmp_path / "new" / "folder").iterdir())) == 3


def test_empty_files_and_no_files_are_kept(tmp_path):
    write_snapshot(tmp_path, Head("test-1", 1, 0), {"nothing": []})
    assert bytes(open_snapshot(tmp_path, "test-1").files["nothing"]) == b""
    write_snapshot(tmp_path, Head("test-1", 2, 0), {})
    assert open_snapshot(tmp_path, "test-1").head.generation == 2


def test_another_format_or_fingerprint_is_not_opened(tmp_path):
    put(tmp_path, 1)
    assert open_snapshot(tmp_path, "test-2", "model") is None
    assert open_snapshot(tmp_path, "test-1", "another") is None
    assert open_snapshot(tmp_path, "test-1", None) is not None
    assert open_snapshot(tmp_path / "missing", "test-1", None) is None


@pytest.mark.parametrize("head", [b"", b"[]", b"null", b"{}", b"\xff", b"[" * 100_000, b'{"sha256": 1}'])
def test_a_strange_head_is_no_cache(tmp_path, head):
    put(tmp_path, 1)
    (tmp_path / HEAD_FILE).write_bytes(head)
    assert open_snapshot(tmp_path, "test-1", "model") is None
    put(tmp_path, 2)
    assert check(tmp_path) == 2


def test_a_missing_file_is_no_cache(tmp_path):
    put(tmp_path, 1)
    next(tmp_path.glob("first-*")).unlink()
    assert open_snapshot(tmp_path, "test-1", "model") is None


def test_leftovers_are_deleted_and_other_files_are_not(tmp_path):
    put(tmp_path, 1)
    (tmp_path / "first-000000000009-abcd.cache").write_bytes(b"half")
    (tmp_path / f"{HEAD_FILE}-000000000009-abcd.tmp").write_bytes(b"{")
    (tmp_path / "notes.txt").write_bytes(b"a person's own")
    assert check(tmp_path) == 1
    discard_leftovers(tmp_path)
    assert sorted(path.name.split("-")[0] for path in tmp_path.iterdir()) == ["first", HEAD_FILE, "notes.txt", "second"]
    discard_leftovers(tmp_path / "missing")


def test_every_step_that_fails_leaves_a_whole_cache_and_no_litter(tmp_path, monkeypatch):
    put(tmp_path, 3)
    failures = 0
    for owner, name in ((os, "fsync"), (Path, "replace"), (Path, "open"), (os, "open")):
        for nth in range(1, 9):
            original = getattr(owner, name)
            calls = iter(range(1, 1000))

            def failing(*arguments, calls=calls, original=original, nth=nth, **named):
                if next(calls) == nth:
                    raise OSError(28, "No space left on device")
                return original(*arguments, **named)

            with monkeypatch.context() as patch:
                patch.setattr(owner, name, failing)
                try:
                    put(tmp_path, 9)
                except StorageFull as error:
                    failures += 1
                    message = error
            assert check(tmp_path) in (3, 9)
            assert len(list(tmp_path.iterdir())) <= 6
            put(tmp_path, 3)
            assert len(list(tmp_path.iterdir())) == 3
    assert failures >= 8
    assert "No space left" in message.message
    assert message.hint


def test_readers_never_see_half_a_replacement(tmp_path):
    put(tmp_path, 0)
    seen: list[int] = []
    stop = threading.Event()

    def read() -> None:
        while not stop.is_set():
            snapshot = open_snapshot(tmp_path, "test-1", "model")
            if snapshot is None:  # Replaced five times while it was opened: rebuilt by its owner, never wrong.
                continue
            generation = snapshot.head.generation
            whole = {name: b"".join(parts) for name, parts in files(generation).items()}
            seen.append(generation if {n: bytes(d) for n, d in snapshot.files.items()} == whole else -1)

    reader = threading.Thread(target=read)
    reader.start()
    for generation in range(1, 60):
        put(tmp_path, generation)
    stop.set()
    reader.join()
    assert seen
    assert -1 not in seen
    assert seen == sorted(seen)


WRITER = """
import sys
from pathlib import Path
from mmrag.durable import Head, write_snapshot
for generation in range(int(sys.argv[2]), 10**9):
    parts = {name: [name.encode() * 1000, str(generation).encode() * 1000] for name in ("first", "second")}
    write_snapshot(Path(sys.argv[1]), Head("test-1", generation, 2, "model", {"dim": "3"}), parts)
    print(generation, flush=True)
"""


def test_a_kill_leaves_the_old_cache_or_the_new_one(tmp_path):
    chance = random.Random(3)
    last = 0
    for _ in range(8):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(last + 1)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as run:
            first = int(run.stdout.readline())
            time.sleep(chance.random() * 0.02)
            run.send_signal(signal.SIGKILL)
            acknowledged = [first, *(int(line) for line in run.stdout.read().splitlines(keepends=True) if "\n" in line)]
        last = check(tmp_path)
        assert last >= max(acknowledged)
