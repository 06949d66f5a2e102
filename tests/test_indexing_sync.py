"""What a run of `index` does about files that came, changed, moved and went. Work is done in this process."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from indexing_helpers import OPTIONS, HashEncoder, InlinePool, encoders, everything, leaf

from mmrag.catalog import Catalog
from mmrag.errors import NothingIndexed, PathNotFound
from mmrag.indexing import forget, index, plan
from mmrag.types import IndexReport


class Desk:
    """A folder, its index, and one call to bring the second up to the first."""

    def __init__(self, base: Path) -> None:
        self.root = base / "docs"
        self.root.mkdir()
        self.catalog = Catalog.open(base / "catalog.db", create=True)
        self.encoders: dict[str, HashEncoder] = encoders()

    def sync(self, *paths: Path, **changes: Any) -> IndexReport:
        self.encoders = encoders()
        options = replace(OPTIONS, **changes)
        return index(self.catalog, list(paths) or [self.root], options, self.encoders, None)

    @property
    def encoded(self) -> int:
        return sum(encoder.texts + encoder.images for encoder in self.encoders.values())

    def texts(self) -> set[str]:
        ids = self.catalog.region_ids(kinds=["page"])
        return {text for _, text in self.catalog.texts(ids)}

    def leaf(self, name: str, *pages: str, age: float = 100) -> Path:
        path = leaf(self.root / name, *pages)
        settle(path, age)
        return path


def settle(path: Path, age: float = 100) -> None:
    """Make a file look as if it was written a while ago."""
    then = time.time() - age
    os.utime(path, (then, then))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setattr("mmrag.indexing.reading.Pool", InlinePool)
    monkeypatch.setattr("mmrag.indexing.recognizing.Pool", InlinePool)
    made = Desk(tmp_path)
    yield made
    made.catalog.close()


def counts(report: IndexReport) -> tuple[int, int, int, int, int, int]:
    assert report.files == report.added + report.updated + report.moved + report.unchanged + len(report.failed)
    return (report.added, report.updated, report.moved, report.removed, report.unchanged, len(report.failed))


def test_new_files_are_found_and_an_unchanged_folder_costs_nothing(desk: Desk) -> None:
    desk.leaf("a.leaf", "one", "two")
    desk.leaf("sub/b.leaf", "three")
    report = desk.sync()
    assert counts(report) == (2, 0, 0, 0, 0, 0)
    assert report.pages == 3
    assert desk.texts() == {"one", "two", "three"}
    generation = desk.catalog.generation()
    report = desk.sync()
    assert counts(report) == (0, 0, 0, 0, 2, 0)
    assert (report.pages, desk.encoded, desk.catalog.generation()) == (0, 0, generation)


def test_edit_delete_and_touch(desk: Desk) -> None:
    path, other = desk.leaf("a.leaf", "old words"), desk.leaf("b.leaf", "stay")
    third = desk.leaf("c.leaf", "go")
    desk.sync()
    leaf(path, "new wordz")  # as long as before
    settle(path, 50)
    settle(other, 50)
    third.unlink()
    report = desk.sync()
    assert counts(report) == (0, 1, 0, 1, 1, 0)
    assert desk.texts() == {"new wordz", "stay"}
    assert counts(desk.sync()) == (0, 0, 0, 0, 2, 0)


def test_a_touched_file_is_compared_and_not_read(desk: Desk) -> None:
    path = desk.leaf("a.leaf", "one")
    desk.sync()
    settle(path, 50)
    assert counts(desk.sync()) == (0, 0, 0, 0, 1, 0)
    assert desk.encoded == 0
    assert desk.catalog.files()[os.fsencode(path)].mtime_ns == path.stat().st_mtime_ns


@pytest.mark.parametrize("keep_inode", [True, False])
def test_moves_cost_no_encoding(desk: Desk, keep_inode: bool) -> None:
    desk.leaf("a.leaf", "one", "two")
    desk.leaf("deep/b.leaf", "three")
    desk.leaf("stay.leaf", "four")
    desk.sync()
    before = everything(desk.catalog)
    (desk.root / "new").mkdir()
    for name in ("a.leaf", "deep/b.leaf"):
        old, new = desk.root / name, desk.root / "new" / Path(name).name
        if keep_inode:
            old.rename(new)
        else:
            new.write_bytes(old.read_bytes())
            old.unlink()
    report = desk.sync()
    assert counts(report) == (0, 0, 2, 0, 1, 0)
    assert desk.encoded == 0
    assert everything(desk.catalog) == before


def test_a_copy_shares_the_content(desk: Desk) -> None:
    path = desk.leaf("a.leaf", "one")
    desk.sync()
    (desk.root / "copy.leaf").write_bytes(path.read_bytes())
    report = desk.sync()
    assert (counts(report), desk.encoded) == ((1, 0, 0, 0, 1, 0), 0)
    path.unlink()
    assert counts(desk.sync()) == (0, 0, 0, 1, 1, 0)
    assert desk.texts() == {"one"}


def test_copies_that_come_together_are_read_once(desk: Desk) -> None:
    for name in ("a", "b", "c"):
        desk.leaf(f"{name}.leaf", "the same", "in all")
    report = desk.sync()
    assert counts(report) == (3, 0, 0, 0, 0, 0)
    assert report.pages == 2
    assert len(everything(desk.catalog)) == report.regions


def test_two_files_that_change_places(desk: Desk) -> None:
    a, b = desk.leaf("a.leaf", "one"), desk.leaf("b.leaf", "two or more")
    desk.sync()
    a.rename(desk.root / "t.leaf")
    b.rename(a)
    (desk.root / "t.leaf").rename(b)
    assert counts(desk.sync()) == (0, 2, 0, 0, 0, 0)
    assert desk.encoded == 0
    assert desk.texts() == {"one", "two or more"}


def test_a_file_written_just_now_is_compared_again(desk: Desk) -> None:
    path = desk.leaf("a.leaf", "one", age=0)
    status = path.stat()
    desk.sync()
    leaf(path, "eno")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # size, time and inode stay
    assert counts(desk.sync()) == (0, 1, 0, 0, 0, 0)
    assert desk.texts() == {"eno"}


def test_bad_files_end_in_one_state_and_wait_for_a_change(desk: Desk) -> None:
    bad = desk.leaf("bad.leaf", "good", "!broken page")
    desk.leaf("fault.leaf", "!fault")
    desk.leaf("locked.leaf", "!locked sesame")
    (desk.root / "film.mp4").write_bytes(b"\0\0\0\x18ftypmp42" + bytes(100))
    (desk.root / "empty.pdf").write_bytes(b"")
    desk.leaf("ok.leaf", "fine")
    first = desk.sync()
    states = {outcome.path.name: outcome.state for outcome in first.failed}
    assert states == {
        "bad.leaf": "damaged",
        "fault.leaf": "failed",
        "locked.leaf": "locked",
        "film.mp4": "unsupported",
        "empty.pdf": "damaged",
    }
    assert all(outcome.reason for outcome in first.failed)
    assert desk.texts() == {"good", "fine"}, "pages before the damage can be found"
    second = desk.sync()
    assert counts(second) == (0, 0, 0, 0, 1, 5)
    assert set(second.failed) == set(first.failed)
    third = desk.sync(passwords=("sesame",))
    assert counts(third) == (1, 0, 0, 0, 1, 4)
    leaf(bad, "good", "better page")
    assert counts(desk.sync()) == (0, 1, 0, 0, 2, 3)
    assert desk.texts() >= {"good", "better page"}
    assert counts(desk.sync(retry_failed=True)) == (0, 0, 0, 0, 3, 3)


def test_a_damaged_version_takes_the_old_one_out_and_a_late_one_does_not(desk: Desk) -> None:
    damaged, failed = desk.leaf("a.leaf", "old a"), desk.leaf("b.leaf", "old b")
    desk.sync()
    leaf(damaged, "!broken")
    leaf(failed, "!fault at once")
    assert counts(desk.sync()) == (0, 0, 0, 0, 0, 2)
    assert desk.texts() == {"old b"}


def test_a_path_limits_the_run_and_roots_accumulate(desk: Desk, tmp_path: Path) -> None:
    a, b = desk.leaf("a/x.leaf", "one"), desk.leaf("b/y.leaf", "two")
    other = leaf(tmp_path / "other" / "z.leaf", "three")
    desk.sync()
    desk.sync(other)
    leaf(a, "one more")
    leaf(b, "two more")
    assert counts(desk.sync(desk.root / "a")) == (0, 1, 0, 0, 0, 0)
    assert desk.texts() == {"one more", "two", "three"}
    assert [os.fsdecode(root.path) for root in desk.catalog.roots()] == [str(desk.root), str(other)]
    report = index(desk.catalog, None, OPTIONS, encoders(), None)
    assert counts(report) == (0, 1, 0, 0, 2, 0)


def test_a_parent_takes_in_its_roots(desk: Desk, tmp_path: Path) -> None:
    desk.leaf("a/x.leaf", "one")
    desk.leaf("b/y.leaf", "two")
    desk.leaf("z.leaf", "three")
    desk.sync(desk.root / "a", desk.root / "b")
    assert len(desk.catalog.roots()) == 2
    report = desk.sync()
    assert counts(report) == (1, 0, 0, 0, 2, 0)
    assert [(os.fsdecode(root.path), root.file_count) for root in desk.catalog.roots()] == [(str(desk.root), 3)]
    assert desk.texts() == {"one", "two", "three"}


def test_a_hidden_folder_that_is_named_is_a_root_of_its_own(desk: Desk) -> None:
    desk.leaf("a.leaf", "one")
    desk.leaf(".notes/b.leaf", "two")
    assert counts(desk.sync()) == (1, 0, 0, 0, 0, 0)
    assert counts(desk.sync(desk.root / ".notes")) == (1, 0, 0, 0, 0, 0)
    assert counts(desk.sync()) == (0, 0, 0, 0, 1, 0)
    assert desk.texts() == {"one", "two"}


def test_what_is_excluded_later_goes(desk: Desk) -> None:
    desk.leaf("a.leaf", "one")
    desk.leaf("drafts/b.leaf", "two")
    desk.sync()
    (desk.root / ".mmragignore").write_text("drafts/\n")
    assert counts(desk.sync()) == (0, 0, 0, 1, 1, 0)
    assert desk.texts() == {"one"}


def test_a_root_that_is_not_there_keeps_its_files(desk: Desk, tmp_path: Path) -> None:
    desk.leaf("a.leaf", "one")
    desk.sync()
    desk.root.rename(tmp_path / "away")
    report = index(desk.catalog, None, OPTIONS, encoders(), None)
    assert counts(report) == (0, 0, 0, 0, 0, 0)
    assert "is not there" in report.notes[0]
    desk.root.mkdir()  # the mount point is there, the disk is not
    report = desk.sync()
    assert "is empty" in report.notes[0]
    assert desk.texts() == {"one"}
    desk.root.rmdir()
    (tmp_path / "away").rename(desk.root)
    assert counts(desk.sync()) == (0, 0, 0, 0, 1, 0)
    (desk.root / "a.leaf").unlink()
    assert counts(desk.sync(prune=True)) == (0, 0, 0, 1, 0, 0)
    assert desk.texts() == set()


def test_another_disk_at_the_same_place(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.leaf("a.leaf", "one")
    desk.sync()
    with desk.catalog.write() as writer:
        writer.add_root(os.fsencode(desk.root), 12345)
    assert counts(desk.sync()) == (0, 0, 0, 0, 1, 0), "the number may change while the files are the same"
    with desk.catalog.write() as writer:
        writer.add_root(os.fsencode(desk.root), 12345)
    path.rename(desk.root / "other.leaf")
    leaf(desk.root / "other.leaf", "two")
    report = desk.sync()
    assert "another device" in report.notes[0]
    assert desk.texts() == {"one"}
    assert counts(desk.sync(prune=True)) == (1, 0, 0, 1, 0, 0)


def test_a_file_given_as_root_is_removed_when_it_is_deleted(desk: Desk, tmp_path: Path) -> None:
    path = leaf(tmp_path / "single.leaf", "one")
    desk.sync(path)
    path.unlink()
    report = index(desk.catalog, None, OPTIONS, encoders(), None)
    assert counts(report) == (0, 0, 0, 1, 0, 0)


def test_a_folder_that_cannot_be_looked_into_keeps_its_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.leaf("shut/a.leaf", "one")
    desk.leaf("b.leaf", "two")
    desk.sync()
    scandir = os.scandir

    def refuse(path: bytes) -> Any:
        if path.endswith(b"shut"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    report = desk.sync()
    assert counts(report) == (0, 0, 0, 0, 1, 1)
    assert desk.texts() == {"one", "two"}


def test_names_that_are_not_text(desk: Desk) -> None:
    names = [b"caf\xe9.leaf", b"line\nfeed.leaf", "한글 문서.leaf".encode(), b"\xff\xfe\xfd.leaf"]
    for number, name in enumerate(names):
        (desk.root / os.fsdecode(name)).write_text(f"text {number}")
    assert counts(desk.sync()) == (4, 0, 0, 0, 0, 0)
    assert len(desk.texts()) == 4
    (desk.root / os.fsdecode(names[0])).rename(desk.root / os.fsdecode(b"\x80.leaf"))
    assert counts(desk.sync()) == (0, 0, 1, 0, 3, 0)


def test_a_file_that_changes_while_it_is_read(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    import mmrag.readers

    path = desk.leaf("a.leaf", "one")
    restless = 1
    real = mmrag.readers.content_hash

    def write_behind(name: Path) -> str:
        digest = real(name)
        nonlocal restless
        if restless:
            restless -= 1
            leaf(path, f"version {restless}")
        return digest

    monkeypatch.setattr(mmrag.readers, "content_hash", write_behind)
    assert counts(desk.sync()) == (1, 0, 0, 0, 0, 0)
    assert desk.texts() == {"version 0"}
    restless = 100
    leaf(path, "again and again")
    report = desk.sync()
    assert "changed while it was read" in report.failed[0].reason
    restless = 0
    assert counts(desk.sync()) == (0, 1, 0, 0, 0, 0)
    assert len(desk.texts()) == 1


def test_an_interrupted_run_goes_on_where_it_was(desk: Desk) -> None:
    desk.leaf("a.leaf", *[f"page {number}" for number in range(40)])

    class Stop(Exception):
        pass

    def stop(progress: Any) -> None:
        if progress.pages_done >= 20:
            raise Stop

    with pytest.raises(Stop):
        index(desk.catalog, [desk.root], replace(OPTIONS, batch_pages=5), encoders(), stop)
    assert len(desk.texts()) >= 20, "what was committed can be found"
    stopped = everything(desk.catalog)
    report = desk.sync()
    assert counts(report) == (1, 0, 0, 0, 0, 0)
    assert report.pages <= 20
    whole = everything(desk.catalog)
    assert set(stopped) < set(whole)
    clean = Catalog.open(desk.root.parent / "clean.db", create=True)
    index(clean, [desk.root], OPTIONS, encoders(), None)
    assert everything(clean) == whole
    clean.close()


def test_the_old_version_is_found_until_the_new_one_is_whole(desk: Desk) -> None:
    path = desk.leaf("a.leaf", *[f"old {number}" for number in range(20)])
    desk.sync()
    leaf(path, *[f"new {number}" for number in range(20)])
    seen: set[str] = set()

    def look(progress: Any) -> None:
        kinds = {text.split()[0] for text in desk.texts()}
        assert len(kinds) == 1
        seen.update(kinds)

    index(desk.catalog, [desk.root], replace(OPTIONS, batch_pages=4), encoders(), look)
    assert seen == {"old", "new"}
    assert {text.split()[0] for text in desk.texts()} == {"new"}


def test_plan_says_what_index_does_and_writes_nothing(desk: Desk) -> None:
    a, b, c = desk.leaf("a.leaf", "one"), desk.leaf("b.leaf", "two"), desk.leaf("c.leaf", "three")
    desk.leaf("d.leaf", "four")
    desk.sync()
    leaf(a, "one and more")
    b.rename(desk.root / "moved.leaf")
    c.unlink()
    new = desk.leaf("new.leaf", "five")
    before = desk.catalog.files()
    planned = plan(desk.catalog, [desk.root], OPTIONS)
    assert (planned.added, planned.updated, planned.removed) == ((new,), (a,), (c,))
    assert planned.moved == ((b, desk.root / "moved.leaf"),)
    assert planned.unchanged == 1
    assert desk.catalog.files() == before
    assert counts(desk.sync()) == (1, 1, 1, 1, 1, 0)


def test_forget(desk: Desk, tmp_path: Path) -> None:
    desk.leaf("a.leaf", "one")
    desk.leaf("b/c.leaf", "two")
    desk.sync()
    assert forget(desk.catalog, desk.root / "b") == 1
    assert desk.texts() == {"one"}
    assert forget(desk.catalog, desk.root) == 1
    assert desk.catalog.roots() == []
    with pytest.raises(PathNotFound):
        forget(desk.catalog, desk.root)


def test_errors_that_say_what_to_do(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NothingIndexed) as nothing:
        index(desk.catalog, None, OPTIONS, encoders(), None)
    assert nothing.value.hint
    with pytest.raises(PathNotFound) as missing:
        desk.sync(tmp_path / "nowhere")
    assert missing.value.hint
    desk.leaf("a.leaf", "one")
    assert counts(desk.sync(tmp_path / "nowhere", desk.root)) == (1, 0, 0, 0, 0, 0)


def test_whole_pages_only(desk: Desk) -> None:
    desk.leaf("a.leaf", "some words here")
    report = desk.sync(regions="page")
    assert report.regions == 1
    assert list(desk.catalog.summary().vectors.items()) == [("pixels", 1), ("text", 1)]


@pytest.mark.slow
def test_a_rescan_of_ten_thousand_files(desk: Desk) -> None:
    desk.leaf("0/0.leaf", "words")
    desk.sync()
    (record,) = desk.catalog.files().values()
    with desk.catalog.write() as writer:  # as if all had been read; reading them is not what is timed
        for number in range(1, 10_000):
            path = desk.root / f"{number % 100}" / f"{number}.leaf"
            path.parent.mkdir(exist_ok=True)
            path.write_text("words")
            settle(path)
            status = path.stat()
            writer.put_file(replace(record, path=os.fsencode(path), mtime_ns=status.st_mtime_ns, inode=status.st_ino))
    started = time.perf_counter()
    report = desk.sync()
    seconds = time.perf_counter() - started
    assert counts(report) == (0, 0, 0, 0, 10_000, 0)
    print(f"{seconds:.2f} s for 10,000 unchanged files")
    assert seconds < 2, f"{seconds:.2f} s"


def test_copies_of_a_file_that_breaks_off_share_what_was_read(desk: Desk) -> None:
    paths = [desk.leaf(f"{name}.leaf", "first", "!broken") for name in "abcde"]
    assert len(desk.sync().failed) == 5
    assert len(desk.sync(retry_failed=True).failed) == 5
    for path in paths[:4]:
        path.unlink()
    assert counts(desk.sync()) == (0, 0, 0, 4, 0, 1)
    assert desk.texts() == {"first"}
