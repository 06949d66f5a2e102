"""What the SQLite catalog survives: killed writers, full and read-only disks, damaged files."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catalog_build import add, digest, file, page, rows

from mmrag.catalog import Catalog
from mmrag.errors import IndexDamaged, MmragError, NothingIndexed, StorageFull

HERE = Path(__file__).resolve().parent


def _start(code: str, *arguments: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE.parent), str(HERE)])}
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *(f"sqlite:///{path}" for path in arguments)],
        stdout=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with Catalog.open(tmp_path / "catalog.db", create=True) as catalog, catalog.write() as writer:
            add(writer, "/r/a.pdf", "a")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) == {"catalog.db", "catalog.db-shm", "catalog.db-wal"}
    assert set(modes.values()) == {0o600}
    assert [path.name for path in tmp_path.iterdir()] == ["catalog.db"], "closing leaves one file"


def test_commits_are_durable_before_they_are_acknowledged(tmp_path: Path) -> None:
    with Catalog.open(tmp_path / "catalog.db", create=True) as catalog, catalog._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2, "FULL"
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


_ENDLESS_WRITER = """
    import sys
    from catalog_build import add
    from mmrag.catalog import Catalog
    with Catalog.open(sys.argv[1], create=True) as catalog:
        for number in range(100_000):
            with catalog.write() as writer:
                add(writer, f"/r/{number}.pdf", str(number), pages=20)
                if number % 3 == 2:
                    writer.remove_file(b"/r/%d.pdf" % (number - 1))
                    writer.collect()
            print(number, flush=True)
"""


def test_killed_writer_loses_only_its_open_transaction(tmp_path: Path) -> None:
    seed = random.Random(5)
    for trial in range(3):
        path = tmp_path / f"{trial}.db"
        process = _start(_ENDLESS_WRITER, path)
        assert process.stdout is not None
        wanted = seed.randrange(2, 8)
        acknowledged = -1
        for line in process.stdout:
            acknowledged = int(line)
            if acknowledged >= wanted:
                break
        # Somewhere in the middle of a transaction that follows.
        try:
            process.wait(seed.uniform(0, 0.03))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        rest = process.communicate()[0].split()
        acknowledged = max([acknowledged, *map(int, rest)])
        with Catalog.open(path) as catalog:
            assert catalog.check() == []
            names = {int(name[3:-4]) for name in catalog.files()}
            last = max(names)
            assert acknowledged <= last <= acknowledged + 1
            assert names == {n for n in range(last + 1) if not (n % 3 == 1 and n + 1 <= last)}
            ids = catalog.region_ids()
            assert len(ids) == 40 * len(names)
            assert catalog.vector_ids("text").tolist() == ids.tolist()
            assert {region.document.id for region in catalog.regions(ids).values()} == {digest(str(n)) for n in names}
            assert catalog.generation() == last + 1
            with catalog.write() as writer:
                _, new = add(writer, "/r/after.pdf", "after")
            assert min(new) > ids.max()


def test_killed_in_the_middle_of_a_transaction(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path, create=True) as catalog, catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    process = _start(
        """
        import sys, time
        from catalog_build import add
        from mmrag.catalog import Catalog
        with Catalog.open(sys.argv[1]).write() as writer:
            add(writer, "/r/big.pdf", "big", pages=3000)  # more than the cache holds, so part of it is in the log
            writer.remove_file(b"/r/a.pdf")
            writer.collect()
            print("open", flush=True)
            time.sleep(60)
        """,
        path,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    with Catalog.open(path) as catalog:
        assert catalog.region_ids().tolist() == ids, "readers do not wait for a writer, and do not see its work"
    process.kill()
    process.communicate()
    with Catalog.open(path) as catalog:
        assert catalog.region_ids().tolist() == ids
        assert catalog.check() == []
        assert set(catalog.files()) == {b"/r/a.pdf"}


def test_killed_while_the_catalog_is_made(tmp_path: Path) -> None:
    """What such a kill leaves, an empty file or one without tables, counts as nothing and can be used again."""
    (tmp_path / "empty.db").touch()
    with sqlite3.connect(tmp_path / "bare.db") as bare:
        bare.execute("PRAGMA journal_mode=WAL")
    bare.close()
    for name in ("empty.db", "bare.db"):
        with pytest.raises(NothingIndexed):
            Catalog.open(tmp_path / name)
        with Catalog.open(tmp_path / name, create=True) as catalog, catalog.write() as writer:
            add(writer, "/r/a.pdf", "a")


def test_several_processes_read_while_one_writes(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    with Catalog.open(path, create=True) as catalog, catalog.write() as writer:
        add(writer, "/r/start.pdf", "start")
    readers = [
        _start(
            """
            import sys
            from mmrag.catalog import Catalog
            with Catalog.open(sys.argv[1]) as catalog:
                print("ready", flush=True)
                seen = 0
                while seen < 8:
                    ids = catalog.region_ids()
                    found = catalog.regions(ids)
                    assert len(found) == len(ids), (len(found), len(ids))
                    generation = catalog.generation()
                    assert generation >= seen
                    seen = generation
            """,
            path,
        )
        for _ in range(2)
    ]
    for reader in readers:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
    with Catalog.open(path) as catalog:
        for number in range(9):
            with catalog.write() as writer:
                add(writer, f"/r/{number}.pdf", str(number))
    for reader in readers:
        reader.communicate(timeout=30)
        assert reader.returncode == 0


# Storage that refuses


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        made = subprocess.run(mount, capture_output=True, text=True, check=False)
    except OSError as error:
        pytest.skip(f"a small file system cannot be mounted here: {error}")
    if made.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {made.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=False)


def test_full_disk_keeps_what_was_committed(small_disk: Path) -> None:
    path = small_disk / "catalog.db"
    kept: list[int] = []
    with Catalog.open(path, create=True) as catalog:
        problem = None
        while problem is None:
            try:
                with catalog.write() as writer:
                    _, ids = add(writer, f"/r/{len(kept)}.pdf", str(len(kept)), pages=50)
                kept += ids
            except StorageFull as error:
                problem = error
        assert "space" in problem.hint
        assert kept
        assert catalog.region_ids().tolist() == kept
        assert catalog.check() == []
        with pytest.raises(StorageFull), catalog.write() as writer:
            add(writer, "/r/more.pdf", "more", pages=200)
    with Catalog.open(path) as catalog:
        assert catalog.region_ids().tolist() == kept


def test_no_room_to_begin_with(small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes((2 << 20) - 8192))
    with pytest.raises(StorageFull):
        Catalog.open(small_disk / "catalog.db", create=True)


def test_read_only_disk_can_still_be_searched(small_disk: Path) -> None:
    path = small_disk / "catalog.db"
    with Catalog.open(path, create=True) as catalog, catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    for create in (False, True):
        with Catalog.open(path, create=create) as catalog:
            assert catalog.region_ids().tolist() == ids
            assert len(catalog.regions(ids)) == 2
            with pytest.raises(StorageFull), catalog.write() as writer:
                add(writer, "/r/b.pdf", "b")
    with pytest.raises(StorageFull):
        Catalog.open(small_disk / "other.db", create=True)


def test_places_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    for path in (tmp_path / "none" / "catalog.db", tmp_path / "file" / "catalog.db", tmp_path):
        with pytest.raises(MmragError) as caught:
            Catalog.open(path, create=True)
        assert caught.value.hint
    with pytest.raises(NothingIndexed):
        Catalog.open(tmp_path / "none" / "catalog.db")


# Damage


@pytest.mark.parametrize("kind", ["text", "zeros", "cut", "other program", "pickle"])
def test_not_a_catalog(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "catalog.db"
    if kind == "cut":
        with Catalog.open(path, create=True) as catalog, catalog.write() as writer:
            add(writer, "/r/a.pdf", "a", pages=50)
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "other program":
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE songs (name)")
        other.close()
    else:
        path.write_bytes({"text": b"hello " * 1000, "zeros": bytes(8192), "pickle": b"\x80\x04K\x01."}[kind])
    before = path.read_bytes()
    for create in (False, True):
        with pytest.raises(IndexDamaged) as caught, Catalog.open(path, create=create) as catalog:
            catalog.summary()
        assert "not touched" in caught.value.hint
    if kind != "cut":
        assert path.read_bytes() == before, "somebody else's file stays as it is"


def _everything(catalog: Catalog, ids: list[int]) -> dict[str, Any]:
    """All that a search reads, in values that compare."""
    found = catalog.regions(ids)
    hashes = sorted({region.document.id for region in found.values()})
    return {
        "ids": catalog.region_ids().tolist(),
        "regions": found,
        "texts": dict(catalog.texts(ids)),
        "vectors": {number: row.tobytes() for number, row in catalog.vectors("text", ids)},
        "words": [catalog.words(name, 1) for name in hashes],
    }


def _built(path: Path) -> list[int]:
    with Catalog.open(path, create=True) as catalog, catalog.write() as writer:
        return [number for i in range(3) for number in add(writer, f"/r/{i}.pdf", f"한글 doc {i}", pages=4)[1]]


def test_flipped_bits_are_never_served(tmp_path: Path) -> None:
    """Text, boxes, vectors and words come back as they were written, or not at all."""
    path = tmp_path / "catalog.db"
    ids = _built(path)
    with Catalog.open(path) as catalog:
        clean = _everything(catalog, ids)
    whole = path.read_bytes()
    seed = random.Random(11)
    noticed = 0
    for _ in range(100):
        broken = bytearray(whole)
        for _ in range(seed.choice((1, 1, 4, 30))):
            broken[seed.randrange(len(broken))] ^= 1 << seed.randrange(8)
        path.write_bytes(broken)
        try:
            with Catalog.open(path) as catalog:
                now = _everything(catalog, ids)
        except IndexDamaged:
            noticed += 1
            continue
        for number, region in now["regions"].items():
            then = clean["regions"][number]
            assert (region.text, region.box, region.kind, region.page, region.headings) == (
                then.text, then.box, then.kind, then.page, then.headings,
            )  # fmt: skip
        for key in ("texts", "vectors"):
            assert now[key].items() <= clean[key].items()
    assert noticed > 20


def test_cut_files_are_never_served(tmp_path: Path) -> None:
    path = tmp_path / "catalog.db"
    ids = _built(path)
    whole = path.read_bytes()
    with Catalog.open(path) as catalog:
        clean = _everything(catalog, ids)
    seed = random.Random(12)
    refused = 0
    for _ in range(40):
        path.write_bytes(whole[: seed.randrange(len(whole))])
        try:
            with Catalog.open(path) as catalog:
                assert _everything(catalog, ids) == clean
        except (IndexDamaged, NothingIndexed):
            refused += 1
    assert refused == 40


def test_check_finds_all_that_matters(tmp_path: Path) -> None:
    """Where it finds nothing, a search reads what was written; it tells of damage instead of raising."""
    path = tmp_path / "catalog.db"
    ids = _built(path)
    whole = path.read_bytes()
    with Catalog.open(path) as catalog:
        clean = _everything(catalog, ids)
    seed = random.Random(13)
    reported = 0
    for _ in range(100):
        broken = bytearray(whole)
        for _ in range(seed.choice((1, 5, 20))):
            # Past the first page: with a broken head it cannot be opened, which is another test's matter.
            broken[seed.randrange(4096, len(broken))] ^= 1 << seed.randrange(8)
        path.write_bytes(broken)
        try:
            opened = Catalog.open(path)
        except IndexDamaged:
            continue
        with opened as catalog:
            found = catalog.check()
            reported += bool(found)
            if not found:
                now = _everything(catalog, ids)
                assert {key: now[key] for key in ("ids", "texts", "vectors", "words")} == {
                    key: clean[key] for key in ("ids", "texts", "vectors", "words")
                }
    assert reported > 10


# Speed, with room for slow machines


def test_bulk_writes_are_quick(tmp_path: Path) -> None:
    import time

    with Catalog.open(tmp_path / "catalog.db", create=True) as catalog:
        with catalog.write() as writer:
            writer.put_file(file("/r/a.pdf", writer.add_root(b"/r", 1)))
            content = writer.start_content(digest("a"), "pdf", 1)
            writer.attach(b"/r/a.pdf", content)
        records = [page(number + 1, "nine words of text for each of these pages") for number in range(2500)]
        matrix = rows(5000, dim=384)
        start = time.process_time()
        with catalog.write() as writer:
            ids = [number for own in writer.add_pages(content, records) for number in own]
            writer.add_vectors("text", ids, matrix)
        bulk = time.process_time() - start
        wanted = ids[::25]
        catalog.regions(wanted)
        times = []
        for _ in range(20):
            start = time.perf_counter()
            assert len(catalog.regions(wanted)) == 200
            times.append(time.perf_counter() - start)
        assert len(catalog.vector_ids("text")) == 5000
        assert np.array_equal(next(catalog.vectors("text", ids[-1:]))[1], matrix[-1])
    assert bulk < 2.0, f"5,000 regions with vectors took {bulk:.2f} s of processor time (0.3 s where it was written)"
    assert min(times) < 0.02, f"200 regions took {min(times) * 1000:.1f} ms (2 ms where it was written)"
