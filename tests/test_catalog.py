"""What indexing and retrieval rely on from the catalog, on SQLite and on PostgreSQL."""

from __future__ import annotations

import itertools
import os
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pytest
from catalog_build import add, digest, file, page, rows, scratch_schema
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_server import NoServer, running_server

from mmrag.catalog import Catalog, FileRecord, PageRecord, displayable
from mmrag.catalog.packing import pack_words, signed, storable, unpack_words, unsigned
from mmrag.errors import FormatTooNew, IndexBusy, IndexDamaged, MmragError, NothingIndexed, UsageError
from mmrag.types import Box, Filters, Segment, Word

_numbers = itertools.count()


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A PostgreSQL server for the whole run."""
    pytest.importorskip("psycopg")
    try:
        with running_server() as address:
            yield address
    except NoServer as error:
        pytest.skip(str(error))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An address where no catalog is yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/catalog.db"
    else:
        with scratch_schema(request.getfixturevalue("server"), f"t{next(_numbers)}") as url:
            yield url


@pytest.fixture
def catalog(address: str) -> Iterator[Catalog]:
    """An empty catalog."""
    with Catalog.open(address, create=True) as opened:
        yield opened


# Opening


def test_nothing_indexed_until_created(address: str) -> None:
    with pytest.raises(NothingIndexed) as caught:
        Catalog.open(address)
    assert "mmrag index" in caught.value.hint
    Catalog.open(address, create=True).close()
    with Catalog.open(address) as catalog:
        assert catalog.generation() == 0
        assert catalog.check() == []
        assert catalog.region_ids().tolist() == []
        assert catalog.summary().states == {}


def test_creating_again_keeps_what_is_there(address: str) -> None:
    with Catalog.open(address, create=True) as catalog, catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    with Catalog.open(address, create=True) as catalog:
        assert catalog.region_ids().tolist() == ids


def test_newer_format_is_refused(address: str) -> None:
    with Catalog.open(address, create=True) as catalog:
        catalog.set_meta("format", "999")
    for create in (False, True):
        with pytest.raises(FormatTooNew) as caught:
            Catalog.open(address, create=create)
        assert "pip install" in caught.value.hint


@pytest.mark.parametrize("stored", ["0", "-1", "one", ""])
def test_senseless_format_is_damage(address: str, stored: str) -> None:
    with Catalog.open(address, create=True) as catalog:
        catalog.set_meta("format", stored)
    with pytest.raises(IndexDamaged):
        Catalog.open(address)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@h/d", "nonsense", "", "x://y/z"])
def test_addresses_that_cannot_be_used(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Catalog.open(url)
    assert caught.value.hint
    assert "secret" not in str(caught.value)


def test_meta(catalog: Catalog) -> None:
    assert catalog.get_meta("space:text") is None
    catalog.set_meta("space:text", "minilm 한국어")
    catalog.set_meta("space:text", "other")
    assert catalog.get_meta("space:text") == "other"
    assert catalog.generation() == 0
    with catalog.write() as writer:
        writer.set_meta("space:pixels", "clip")
    assert catalog.summary().models == {"text": "other", "pixels": "clip"}
    catalog.set_meta("space:text", None)
    assert catalog.get_meta("space:text") is None


# Regions, words, vectors


def test_round_trip(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, ids = add(writer, "/r/보고서.pdf", "매출 보고서", pages=2)
    assert len(ids) == 4
    found = catalog.regions(ids)
    assert list(found) == ids
    region = found[ids[3]]
    assert (region.page, region.kind, region.box) == (2, "passage", Box(0.1, 0.2, 0.9, 0.3))
    assert region.text == "매출 보고서 page 2 passage"
    assert region.headings == ("Part", "제목")
    assert region.origin == "layer"
    assert region.document.id == digest("매출 보고서")
    assert region.document.path == Path("/r/보고서.pdf")
    assert region.document.page_count == 2
    assert region.document.title == "Title of 매출 보고서"
    assert [each.id for each in catalog.page_regions(region.document.id, 2)] == ids[2:]
    assert catalog.page_regions(region.document.id, 3) == []
    assert catalog.page_regions("no such hash", 1) == []
    words = catalog.words(region.document.id, 2)
    assert [word.text for word in words] == ["매출", "보고서", "page", "2"]
    assert abs(words[1].box.left - 0.1) <= 1 / 65535
    assert catalog.words(region.document.id, 9) == ()
    assert dict(catalog.texts(ids)) == {number: region.text for number, region in found.items()}
    assert dict(catalog.names(ids))[ids[1]] == "보고서.pdf\nTitle of 매출 보고서"
    assert dict(catalog.texts(ids, headings=True))[ids[1]] == "Part > 제목\n" + found[ids[1]].text
    assert catalog.document_ids().tolist() == [min(ids)]
    assert catalog.page_of(ids) == {number: (content, found[number].page) for number in ids}


def test_asking_keeps_order_and_leaves_out_what_is_not_there(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    backwards = np.array([ids[1], 999_999, ids[0]])
    assert list(catalog.regions(backwards)) == [ids[1], ids[0]]
    assert catalog.regions([]) == {}
    assert list(catalog.texts([])) == []


def test_vectors_keep_every_bit(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a", pages=3)
        matrix = rows(len(ids), dim=512, seed=4)
        writer.add_vectors("pixels", ids, matrix)
    assert catalog.vector_ids("pixels").tolist() == ids
    assert catalog.vector_ids("none").tolist() == []
    stored = dict(catalog.vectors("pixels", reversed(ids)))
    assert set(stored) == set(ids)
    for number, row in zip(ids, matrix, strict=True):
        assert stored[number].dtype == np.float16
        np.testing.assert_array_equal(stored[number], row)


@pytest.mark.parametrize("change", ["shape", "flat", "nan", "overflow", "twice", "no region"])
def test_vectors_that_make_no_sense_are_refused(catalog: Catalog, change: str) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    matrix, space = rows(len(ids)).astype(np.float32), "pixels"
    if change == "shape":
        matrix = matrix[:-1]
    elif change == "flat":
        matrix = matrix[0]
    elif change == "nan":
        matrix[0, 0] = np.nan
    elif change == "overflow":
        matrix[0, 0] = 1e9
    elif change == "twice":
        space = "text"
    else:
        ids = [10_000 + i for i in ids]
    with pytest.raises(ValueError, match=r"regions|finite|vectors"), catalog.write() as writer:
        writer.add_vectors(space, ids, matrix)
    assert catalog.vector_ids("pixels").tolist() == []
    assert catalog.check() == []


def test_text_no_database_takes_is_mended(catalog: Catalog) -> None:
    with catalog.write() as writer:
        root = writer.add_root(b"/r", 1)
        writer.put_file(replace(file("/r/a", root), reason="nul \0"))
        content = writer.start_content(digest("a"), "pdf", 1)
        writer.attach(b"/r/a", content)
        odd = Segment("page", Box(-0.0, 0, 1, 1), "a\0b\ud800c", ("h\0",))
        record = PageRecord(1, 1, 1, words=(Word("x\0\udfff", Box()),), segments=(odd,))
        [[number]] = writer.add_pages(content, [record])
        writer.finish_content(content, 1, "t\0")
    region = catalog.regions([number])[number]
    assert (region.text, region.headings, region.document.title) == ("a�b�c", ("h�",), "t�")
    assert catalog.words(region.document.id, 1)[0].text == "x��"
    assert catalog.files()[b"/r/a"].reason == "nul �"
    assert catalog.check() == []


def test_long_lists_of_ids(catalog: Catalog) -> None:
    """Longer than any limit on variables of a statement."""
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    many = [*range(10**6, 10**6 + 70_000), *ids]
    assert list(catalog.regions(many)) == ids
    assert [number for number, _ in catalog.texts(many)] == ids
    assert sorted(catalog.page_of(many)) == ids
    assert len(list(catalog.vectors("text", many))) == len(ids)
    assert set(catalog.files([b"/x/%d" % i for i in range(3000)] + [b"/r"])) == {b"/r/a.pdf"}


def test_pages_cannot_be_added_twice(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, ids = add(writer, "/r/a.pdf", "a")
    for wrong in (content, content + 77):
        with pytest.raises(ValueError, match="pages"), catalog.write() as writer:
            writer.add_pages(wrong, [page(1)])
    with catalog.write() as writer:
        assert writer.add_pages(content, []) == []
    assert catalog.region_ids().tolist() == ids


def test_region_ids_are_never_given_twice(catalog: Catalog) -> None:
    seen: set[int] = set()
    for turn in range(4):
        with catalog.write() as writer:
            _, ids = add(writer, "/r/a.pdf", f"version {turn}", pages=2)
        assert not seen & set(ids)
        seen |= set(ids)
        with catalog.write() as writer:
            writer.remove_file(b"/r/a.pdf")
            assert writer.collect() == 1
        assert catalog.region_ids().tolist() == []


# Places and versions


def test_new_file_is_seen_page_by_page(catalog: Catalog) -> None:
    with catalog.write() as writer:
        root = writer.add_root(b"/r", 1)
        writer.put_file(file("/r/a.pdf", root))
        content = writer.start_content(digest("a"), "pdf", 5)
        writer.attach(b"/r/a.pdf", content)
    before = catalog.generation()
    with catalog.write() as writer:
        [first] = writer.add_pages(content, [page(1)])
    assert catalog.region_ids().tolist() == first
    assert catalog.generation() == before + 1
    assert catalog.regions(first)[first[0]].document.page_count == 1
    record = catalog.content(digest("a"))
    assert record is not None
    assert (record.complete, record.pages_done, record.last_page, record.page_count) == (False, 1, 1, None)
    with catalog.write() as writer:
        assert writer.start_content(digest("a"), "pdf", 5) == content
        writer.add_pages(content, [page(2, origin="none", ocr="pending")])
        writer.finish_content(content, 2, "T")
    record = catalog.content(digest("a"))
    assert record is not None
    assert (record.complete, record.pages_done, record.last_page, record.page_count) == (True, 2, 2, 2)
    assert record.origins == {"layer": 1, "none": 1}
    assert catalog.content("nothing") is None


def test_changed_file_shows_its_old_version_until_the_last_batch(catalog: Catalog) -> None:
    with catalog.write() as writer:
        old, old_ids = add(writer, "/r/a.pdf", "old", pages=2)
        writer.add_vectors("pixels", old_ids, rows(4))
    with catalog.write() as writer:
        new = writer.start_content(digest("new"), "pdf", 5)
        writer.attach(b"/r/a.pdf", new)
    before = catalog.generation()
    with catalog.write() as writer:
        [new_ids] = writer.add_pages(new, [page(1, "new", ocr="pending")])
        writer.add_vectors("text", new_ids, rows(2))
    record = catalog.files()[b"/r/a.pdf"]
    assert (record.content, record.upcoming) == (old, new)
    assert catalog.generation() == before, "nothing that a search sees has changed"
    # No read method of a search shows the new version yet.
    assert catalog.region_ids().tolist() == old_ids
    assert catalog.regions(new_ids) == {}
    assert catalog.page_regions(digest("new"), 1) == []
    assert catalog.words(digest("new"), 1) == ()
    assert catalog.places(digest("new")) == []
    assert list(catalog.texts(new_ids)) == list(catalog.names(new_ids)) == []
    assert list(catalog.vectors("text", new_ids)) == []
    assert catalog.vector_ids("text").tolist() == old_ids
    assert catalog.page_of(new_ids) == {}
    assert catalog.region_ids(Filters(paths=("*.pdf",))).tolist() == old_ids
    assert catalog.pending_ocr() == []
    assert catalog.summary().regions == 4
    with catalog.write() as writer:
        assert writer.collect() == 0, "a version that is being read is needed"
        writer.finish_content(new, 1, "New")
        assert writer.collect() == 1
    assert catalog.region_ids().tolist() == catalog.vector_ids("text").tolist() == new_ids
    assert catalog.vector_ids("pixels").tolist() == []
    assert catalog.regions(old_ids) == {}
    assert catalog.content(digest("old")) is None
    assert catalog.generation() == before + 1
    assert catalog.check() == []


def test_switch_is_all_or_nothing(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, old_ids = add(writer, "/r/a.pdf", "old")
        new = writer.start_content(digest("new"), "pdf", 5)
        writer.attach(b"/r/a.pdf", new)
    generation = catalog.generation()

    def interrupted() -> None:
        with catalog.write() as writer:
            writer.add_pages(new, [page(1)])
            writer.finish_content(new, 1, "New")
            writer.collect()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert catalog.region_ids().tolist() == old_ids
    assert catalog.generation() == generation
    record = catalog.content(digest("new"))
    assert record is not None
    assert record.pages_done == 0


def test_reader_sees_one_state_while_a_writer_works(catalog: Catalog, address: str) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    with Catalog.open(address) as other, catalog.write() as writer:
        add(writer, "/r/b.pdf", "b")
        writer.remove_file(b"/r/a.pdf")
        writer.collect()
        assert other.region_ids().tolist() == ids
        assert list(other.regions(ids)) == ids
    assert len(catalog.region_ids()) == 2
    assert catalog.regions(ids) == {}


def test_changed_back_and_changed_twice(catalog: Catalog) -> None:
    with catalog.write() as writer:
        old, old_ids = add(writer, "/r/a.pdf", "old")
        new = writer.start_content(digest("new"), "pdf", 5)
        writer.attach(b"/r/a.pdf", new)
        newer = writer.start_content(digest("newer"), "pdf", 5)
        writer.attach(b"/r/a.pdf", newer)
    record = catalog.files()[b"/r/a.pdf"]
    assert (record.content, record.upcoming) == (old, newer)
    with catalog.write() as writer:
        writer.attach(b"/r/a.pdf", old)
        assert writer.collect() == 2
    record = catalog.files()[b"/r/a.pdf"]
    assert (record.content, record.upcoming) == (old, None)
    assert catalog.region_ids().tolist() == old_ids


def test_half_read_version_gives_way_at_once(catalog: Catalog) -> None:
    with catalog.write() as writer:
        writer.put_file(file("/r/a.pdf", writer.add_root(b"/r", 1)))
        half = writer.start_content(digest("half"), "pdf", 5)
        writer.attach(b"/r/a.pdf", half)
        writer.add_pages(half, [page(1)])
    with catalog.write() as writer:
        new = writer.start_content(digest("new"), "pdf", 5)
        writer.attach(b"/r/a.pdf", new)
        assert writer.collect() == 1
    assert catalog.files()[b"/r/a.pdf"].content == new
    assert catalog.region_ids().tolist() == []


def test_copies_share_a_content(catalog: Catalog, tmp_path: Path) -> None:
    (tmp_path / "b.pdf").touch()
    with catalog.write() as writer:
        root = writer.add_root(os.fsencode(tmp_path), 1)
        content, ids = add(writer, os.fsencode(tmp_path / "a.pdf"), "same", root=root)
        for name in ("b.pdf", "c.pdf"):
            path = os.fsencode(tmp_path / name)
            writer.put_file(file(path, root))
            assert writer.start_content(digest("same"), "pdf", 10) == content
            writer.attach(path, content)
    assert catalog.region_ids().tolist() == ids
    region = catalog.regions(ids)[ids[0]]
    assert region.document.path == tmp_path / "b.pdf", "the first that exists"
    assert [place.path.name for place in catalog.places(region.document.id)] == ["a.pdf", "b.pdf", "c.pdf"]
    assert dict(catalog.names(ids))[ids[0]].startswith("a.pdf b.pdf c.pdf\n")
    (tmp_path / "b.pdf").unlink()
    assert catalog.regions(ids)[ids[0]].document.path == tmp_path / "a.pdf", "else the first"
    for name in ("a.pdf", "b.pdf", "c.pdf"):
        assert catalog.region_ids().tolist() == ids
        with catalog.write() as writer:
            writer.remove_file(os.fsencode(tmp_path / name))
            assert writer.collect() == (name == "c.pdf"), "lives while it has a place"
    assert catalog.region_ids().tolist() == []
    assert catalog.check() == []


def test_move_keeps_ids_and_vectors(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, ids = add(writer, "/r/old name.pdf", "a")
    generation, names = catalog.generation(), catalog.names_generation()
    with catalog.write() as writer:
        writer.move_file(b"/r/old name.pdf", file("/r/sub/new name.pdf", writer.add_root(b"/r", 1)))
        assert writer.collect() == 0
    assert set(catalog.files()) == {b"/r/sub/new name.pdf"}
    assert catalog.files()[b"/r/sub/new name.pdf"].content == content
    assert catalog.vector_ids("text").tolist() == ids
    assert catalog.regions(ids)[ids[0]].document.path == Path("/r/sub/new name.pdf")
    assert dict(catalog.names(ids))[ids[0]].startswith("new name.pdf\n")
    assert catalog.generation() == generation + 1
    assert names < catalog.names_generation() == catalog.generation()
    with pytest.raises(ValueError, match="no file"), catalog.write() as writer:
        writer.move_file(b"/r/gone", file("/r/x", 1))


def test_move_over_another_file_and_keeping_an_upcoming_version(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, ids = add(writer, "/r/a.pdf", "a")
        add(writer, "/r/b.pdf", "b")
        new = writer.start_content(digest("new"), "pdf", 1)
        writer.attach(b"/r/a.pdf", new)
        writer.move_file(b"/r/a.pdf", file("/r/b.pdf", 1))
        assert writer.collect() == 1
    [record] = catalog.files().values()
    assert (record.path, record.content, record.upcoming) == (b"/r/b.pdf", content, new)
    assert catalog.region_ids().tolist() == ids


def test_names_generation_is_the_last_that_changed_a_name(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, _ = add(writer, "/r/a.pdf", "a")
    with catalog.write() as writer:
        add(writer, "/r/other.pdf", "other")
        writer.remove_file(b"/r/other.pdf")
    assert catalog.names_generation() == 0, "what is new or gone shows in the ids"
    with catalog.write() as writer:
        writer.put_file(file("/r/copy.pdf", 1))
        writer.attach(b"/r/copy.pdf", content)
    assert catalog.names_generation() == catalog.generation()
    with catalog.write() as writer:
        writer.remove_file(b"/r/a.pdf")
    assert catalog.names_generation() == catalog.generation()
    with catalog.write() as writer:
        add(writer, "/r/more.pdf", "more")
    assert catalog.names_generation() == catalog.generation() - 1


@pytest.mark.parametrize(("early", "late", "changes"), [("", "T", True), ("T", "T", False)])
def test_names_generation_follows_titles(catalog: Catalog, early: str, late: str, changes: bool) -> None:
    with catalog.write() as writer:
        writer.put_file(file("/r/a.pdf", writer.add_root(b"/r", 1)))
        content = writer.start_content(digest("a"), "pdf", 1, title=early)
        writer.attach(b"/r/a.pdf", content)
        [ids] = writer.add_pages(content, [page(1)])
    assert dict(catalog.names(ids))[ids[0]].split("\n")[1] == early
    with catalog.write() as writer:
        writer.finish_content(content, 1, late)
    assert dict(catalog.names(ids))[ids[0]].split("\n")[1] == late
    assert (catalog.names_generation() == catalog.generation()) is changes


def test_attach_needs_both(catalog: Catalog) -> None:
    with catalog.write() as writer:
        content, _ = add(writer, "/r/a.pdf", "a")
    for path, number in ((b"/r/none", content), (b"/r/a.pdf", 999)):
        with pytest.raises(ValueError, match="no "), catalog.write() as writer:
            writer.attach(path, number)


def test_generation_rises_only_with_what_is_searchable(catalog: Catalog) -> None:
    def step(work: object) -> int:
        before = catalog.generation()
        with catalog.write() as writer:
            work(writer)  # type: ignore[operator]
        return catalog.generation() - before

    with catalog.write() as writer:
        content, ids = add(writer, "/r/a.pdf", "a")
    record = catalog.files()[b"/r/a.pdf"]
    assert step(lambda w: None) == 0
    assert step(lambda w: w.put_file(record)) == 0
    assert step(lambda w: w.put_file(replace(record, inode=99, tries=1, reason="slow"))) == 0
    assert step(lambda w: w.put_file(replace(record, mtime_ns=5))) == 1, "searches can be limited by date"
    assert step(lambda w: w.put_file(replace(file("/r/bad.pdf", 1), state="damaged"))) == 0
    assert step(lambda w: w.remove_file(b"/r/bad.pdf")) == 0
    assert step(lambda w: w.remove_file(b"/r/never.pdf")) == 0
    assert step(lambda w: w.set_ocr(content, 1, "pending")) == 0
    assert step(lambda w: w.collect()) == 0
    assert step(lambda w: w.add_vectors("pixels", ids, rows(2))) == 1
    assert step(lambda w: w.drop_space("pixels")) == 1
    assert step(lambda w: w.drop_space("pixels")) == 0
    assert step(lambda w: w.replace_page(content, page(1))) == 1
    assert step(lambda w: w.put_file(replace(record, content=None))) == 1
    assert catalog.region_ids().tolist() == []


# Roots and files


def test_file_records_round_trip(catalog: Catalog) -> None:
    big = (1 << 64) - 3
    with catalog.write() as writer:
        root = writer.add_root(b"/r", big)
        record = FileRecord(
            b"/r/\xff\xfe\n\xed\x95\x9c.pdf", root, 2**40, 1_700_000_000_123_456_789, big, big, None, None,
            "locked", "needs a password", 2, digest("z"),
        )  # fmt: skip
        writer.put_file(record)
    assert catalog.files() == {record.path: record}
    assert catalog.roots()[0].device == big
    assert record.name == os.fsdecode(b"\xff\xfe\n\xed\x95\x9c.pdf")
    changed = replace(record, state="indexed", reason="", tries=0, mtime_ns=-5)
    with catalog.write() as writer:
        writer.put_file(changed)
    assert catalog.files() == {record.path: changed}


def test_times_no_calendar_holds(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, _ = add(writer, "/r/a.pdf", "a")
        for number, when in enumerate((2**70, -(2**70))):
            path = b"/r/%d" % number
            writer.put_file(file(path, 1, mtime_ns=when))
            writer.attach(path, 1)
    years = [place.mtime.year for place in catalog.places(digest("a"))]
    assert years == [2262, 1677, 2023]


def test_files_under(catalog: Catalog) -> None:
    paths = [b"/a", b"/a/b", b"/a/b/c", b"/a/bc", b"/a0", b"/a-", b"/b", b"/a/\xff"]
    with catalog.write() as writer:
        root = writer.add_root(b"/", 1)
        for path in paths:
            writer.put_file(file(path, root))
    assert list(catalog.files()) == sorted(paths)
    assert set(catalog.files([b"/a"])) == {b"/a", b"/a/b", b"/a/b/c", b"/a/bc", b"/a/\xff"}
    assert set(catalog.files([b"/a/b/"])) == {b"/a/b/c"}
    assert set(catalog.files([b"/a/b", b"/b"])) == {b"/a/b", b"/a/b/c", b"/b"}
    assert set(catalog.files([b"/"])) == set(paths)
    assert catalog.files([]) == {}


def test_roots(catalog: Catalog) -> None:
    with catalog.write() as writer:
        first = writer.add_root(b"/r", 1)
        other = writer.add_root(b"/s\xff", 1)
        assert writer.add_root(b"/r", 2) == first
        content, ids = add(writer, "/r/a.pdf", "a", root=first)
        writer.put_file(file("/s/copy.pdf", other))
        writer.attach(b"/s/copy.pdf", content)
        add(writer, "/s/b.pdf", "b", root=other)
    assert [(r.path, r.device, r.file_count) for r in catalog.roots()] == [(b"/r", 2, 1), (b"/s\xff", 1, 2)]
    generation, names = catalog.generation(), catalog.names_generation()
    with catalog.write() as writer:
        writer.remove_root(other)
        assert writer.collect() == 1
    assert [r.id for r in catalog.roots()] == [first]
    assert catalog.region_ids().tolist() == ids
    assert names < catalog.names_generation() == catalog.generation() == generation + 1
    with catalog.write() as writer:
        empty = writer.add_root(b"/empty", 1)
        writer.remove_root(empty)
    assert catalog.generation() == generation + 1


# OCR


def test_ocr_page_is_replaced_and_pixel_vectors_carried_over(catalog: Catalog) -> None:
    picture = Segment("picture", Box(0.1, 0.1, 0.5, 0.5), "")
    before = page(2, "", origin="none", ocr="pending", segments=(Segment("page"), picture))
    with catalog.write() as writer:
        content, ids = add(writer, "/r/scan.pdf", "scan")
        [old] = writer.add_pages(content, [before])
        writer.finish_content(content, 2, "Scan")
        matrix = rows(2, dim=16, seed=1)
        writer.add_vectors("pixels", old, matrix)
        writer.add_vectors("text", old[:1], rows(1))
    assert catalog.pending_ocr() == [(content, b"/r/scan.pdf", 2)]
    assert catalog.summary().pending_ocr == 1
    after = replace(page(2, "읽은 글"), origin="ocr", ocr="done")
    after = replace(after, segments=(*after.segments, picture))
    with catalog.write() as writer:
        new, reusable = writer.replace_page(content, after)
    assert len(new) == 3
    assert not set(new) & set(old)
    assert reusable == {new[0]: old[0], new[2]: old[1]}
    assert catalog.region_ids().tolist() == sorted(ids + new)
    kept = dict(catalog.vectors("pixels", new))
    assert set(kept) == set(reusable)
    np.testing.assert_array_equal(kept[new[2]], matrix[1])
    assert catalog.vector_ids("text").tolist() == ids, "its words are new, so its text vector is too"
    region = catalog.regions(new)[new[1]]
    assert (region.text, region.origin) == ("읽은 글 passage", "ocr")
    assert [word.text for word in catalog.words(region.document.id, 2)] == ["읽은", "글"]
    assert catalog.pending_ocr() == []
    assert catalog.check() == []


def test_pending_ocr_limit_order_and_place(catalog: Catalog, tmp_path: Path) -> None:
    there = tmp_path / "z.pdf"
    there.touch()
    with catalog.write() as writer:
        content, _ = add(writer, "/r/a.pdf", "a")
        writer.add_pages(content, [page(n, ocr="pending") for n in (4, 3, 2)])
        writer.put_file(file(os.fsencode(there), 1))
        writer.attach(os.fsencode(there), content)
    path = os.fsencode(there)
    assert catalog.pending_ocr() == [(content, path, n) for n in (2, 3, 4)]
    assert catalog.pending_ocr(limit=2) == [(content, path, n) for n in (2, 3)]
    assert catalog.pending_ocr(limit=0) == []
    with catalog.write() as writer:
        writer.set_ocr(content, 3, "failed")
    assert [number for _, _, number in catalog.pending_ocr()] == [2, 4]


# Filters


def test_filters(catalog: Catalog) -> None:
    day = 86_400_000_000_000
    start = 1_700_000_000_000_000_000
    names = ["/r/docs/Report.pdf", "/r/docs/deep/notes.md", "/r/photos/[draft] 1.jpg", "/r/한글/보고서.pdf"]
    regions: dict[str, list[int]] = {}
    with catalog.write() as writer:
        for number, name in enumerate(names):
            _, regions[name] = add(writer, name, name)
            old = file(name, 1, mtime_ns=start + number * day)
            writer.put_file(replace(old, content=number + 1))

    def found(**fields: object) -> list[str]:
        ids = set(catalog.region_ids(Filters(**fields)).tolist())  # type: ignore[arg-type]
        return [name for name in names if ids & set(regions[name])]

    decomposed = unicodedata.normalize("NFD", "보고서")
    assert found() == names
    assert found(paths=("*.pdf",)) == [names[0], names[3]]
    assert found(paths=("report.PDF",)) == []
    assert found(paths=("Report.pdf",)) == [names[0]]
    assert found(paths=("/r/docs",)) == found(paths=("/r/docs/",)) == names[:2]
    assert found(paths=("docs/*",)) == names[:2]
    assert found(paths=("docs/deep",)) == [names[1]]
    assert found(paths=("/r/*/deep/*",)) == [names[1]]
    assert found(paths=("[draft] 1.jpg",)) == [names[2]], "a name is also taken as it stands"
    assert found(paths=("보고*",)) == found(paths=(decomposed + ".pdf",)) == [names[3]]
    assert found(paths=("notes.md", "*.jpg")) == names[1:3]
    assert found(paths=("nothing",)) == []
    moment = datetime.fromtimestamp(start // 10**9, timezone.utc)
    assert found(since=moment + timedelta(days=1)) == names[1:], "inclusive"
    assert found(until=moment + timedelta(days=1)) == names[:2], "inclusive"
    assert found(since=moment + timedelta(days=1), until=moment + timedelta(days=2)) == names[1:3]
    assert found(since=moment.astimezone().replace(tzinfo=None)) == names, "without a zone it is local time"
    assert found(since=moment + timedelta(seconds=1), paths=("*.pdf",)) == [names[3]]
    assert len(catalog.region_ids(Filters(kinds=("page",)))) == 4
    assert len(catalog.region_ids(Filters(kinds=("page", "passage")), kinds=("passage",))) == 4
    assert len(catalog.region_ids(kinds=())) == 0
    assert len(catalog.region_ids(Filters(kinds=("table",)))) == 0
    ids = catalog.region_ids()
    assert ids.dtype == np.int64
    assert (np.diff(ids) > 0).all()


def test_decomposed_file_names_match_what_is_typed(catalog: Catalog) -> None:
    """macOS hands out file names in decomposed form."""
    with catalog.write() as writer:
        add(writer, unicodedata.normalize("NFD", "/r/보고서 café.pdf"), "a")
    assert len(catalog.region_ids(Filters(paths=("보고서*",)))) == 2
    assert len(catalog.region_ids(Filters(paths=("*café*",)))) == 2


# Status and checks


def test_summary(catalog: Catalog) -> None:
    catalog.set_meta("space:text", "fingerprint")
    with catalog.write() as writer:
        root = writer.add_root(b"/r", 1)
        content, _ = add(writer, "/r/a.pdf", "a", pages=3)
        writer.set_ocr(content, 2, "pending")
        writer.put_file(replace(file("/r/b\xff.pdf".encode("latin-1"), root), state="damaged", reason="cut off"))
        writer.start_content(digest("orphan"), "pdf", 1)
    summary = catalog.summary()
    assert summary.states == {"indexed": 1, "damaged": 1}
    assert [(f.path, f.state, f.reason, f.pages, f.pending_ocr) for f in summary.files] == [
        (b"/r/a.pdf", "indexed", "", 3, 1),
        (b"/r/b\xff.pdf", "damaged", "cut off", 0, 0),
    ]
    assert summary.files[1].shown == "/r/b\\xff.pdf"
    assert (summary.documents, summary.pages, summary.regions, summary.pending_ocr) == (1, 3, 6, 1)
    assert summary.vectors == {"text": 6}
    assert summary.models == {"text": "fingerprint"}
    assert [root.path for root in summary.roots] == [b"/r"]
    assert summary.size > 10_000
    assert summary.generation == catalog.generation() == 1
    assert summary.format == 1


def test_check_finds_what_was_tampered_with(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a", pages=2)
        waits, _ = add(writer, "/r/b.pdf", "b")
    assert catalog.check() == []
    statements = [
        f"UPDATE mmrag_vectors SET checksum = vector WHERE region = {ids[0]}",
        f"UPDATE mmrag_regions SET text = 'changed' WHERE id = {ids[1]}",
        "UPDATE mmrag_pages SET words = checksum FROM mmrag_regions WHERE page = 2 AND number = 2",
        f"UPDATE mmrag_contents SET page_count = 1 WHERE hash = '{digest('a')}'",
        "UPDATE mmrag_meta SET value = '1' WHERE key = 'next_region'",
        f"UPDATE mmrag_places SET upcoming = {waits}",
    ]
    with catalog._engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    found = "\n".join(catalog.check())
    for sign in ("vector of region", "region 2 is damaged", "page 2 of", "counts 1", "given again", "old version"):
        assert sign in found
    for read in (
        lambda: list(catalog.vectors("text", ids)),
        lambda: catalog.regions(ids),
        lambda: list(catalog.texts(ids)),
        lambda: catalog.page_regions(digest("a"), 1),
        lambda: catalog.words(digest("a"), 2),
    ):
        with pytest.raises(IndexDamaged) as caught:
            read()
        assert "mmrag index" in caught.value.hint
        assert "not touched" in caught.value.hint


def test_a_vector_under_another_region_is_noticed(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
        writer.add_vectors("pixels", ids[:1], rows(1))
    with catalog._engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE mmrag_vectors SET region = {ids[1]} WHERE space = 'pixels'")
    with pytest.raises(IndexDamaged):
        list(catalog.vectors("pixels", ids))
    assert len(catalog.check()) == 1


# Several users at a time


def test_second_writer_is_told_to_wait(catalog: Catalog, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.catalog.engine.BUSY_SECONDS", 1)
    with Catalog.open(address) as other:
        with catalog.write() as writer:
            add(writer, "/r/a.pdf", "a")
            with pytest.raises(IndexBusy), other.write():
                pytest.fail("two writers at a time")
        with other.write() as writer:
            add(writer, "/r/b.pdf", "b")
    assert len(catalog.region_ids()) == 4
    assert len(set(catalog.region_ids().tolist())) == 4


def test_threads_read_while_one_writes(catalog: Catalog) -> None:
    with catalog.write() as writer:
        _, ids = add(writer, "/r/a.pdf", "a")
    problems: list[BaseException] = []
    stop = threading.Event()

    def read() -> None:
        try:
            while not stop.is_set():
                assert list(catalog.regions(ids)) == ids
                found = catalog.region_ids()
                assert len(catalog.regions(found)) == len(found) or catalog.generation()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(15):
        with catalog.write() as writer:
            add(writer, f"/r/{number}.pdf", str(number))
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(catalog.region_ids()) == 32


def test_address_of_a_server_that_is_not_there() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(MmragError) as caught:
        Catalog.open("postgresql://someone:secret@127.0.0.1:1/none")
    assert "secret" not in str(caught.value)
    assert caught.value.hint


# Packing


_edges = st.floats(0, 1, allow_nan=False)
_words = st.builds(
    Word,
    st.text(st.characters(exclude_categories=("Cs", "Zs", "Zl", "Zp", "Cc")), max_size=8),
    st.builds(Box, _edges, _edges, _edges, _edges),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_words, max_size=30))
def test_words_pack_within_one_step(words: list[Word]) -> None:
    back = unpack_words(pack_words(words))
    assert [word.text for word in back] == [word.text for word in words]
    for one, two in zip(words, back, strict=True):
        for edge in ("left", "top", "right", "bottom"):
            assert abs(getattr(one.box, edge) - getattr(two.box, edge)) <= 0.5 / 65535 + 1e-12


def test_words_off_the_page_are_put_on_its_edge() -> None:
    nan = float("nan")
    [word] = unpack_words(pack_words([Word("two\nlines", Box(-3, nan, 7, float("inf")))]))
    assert word == Word("two lines", Box(0, 0, 1, 1))


@given(st.binary(max_size=60))
@settings(max_examples=100, deadline=None)
def test_unpacking_refuses_what_it_did_not_pack(blob: bytes) -> None:
    with pytest.raises(ValueError, match="packed words"):
        unpack_words(blob)


@given(st.integers(0, 2**64 - 1))
def test_signed_round_trip(number: int) -> None:
    assert -(2**63) <= signed(number) < 2**63
    assert unsigned(signed(number)) == number


@given(st.text(), st.binary())
def test_storable_and_displayable_fit_everywhere(text: str, path: bytes) -> None:
    assert "\0" not in storable(text).encode().decode()
    assert "\0" not in displayable(path).encode().decode()


def test_rows_are_reachable_by_any_name(tmp_path: Path) -> None:
    """A folder's name may hold anything that a file system takes."""
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/100%25 ?a=b#c \xff\xed\x95\x9c"))
    odd.mkdir()
    with Catalog.open(odd / "catalog.db", create=True) as catalog, catalog.write() as writer:
        add(writer, "/r/a.pdf", "a")
    with Catalog.open(odd / "catalog.db") as catalog:
        assert len(catalog.region_ids()) == 2
        assert catalog.summary().size > 0
    assert sorted(path.name for path in odd.iterdir()) == ["catalog.db"]


@settings(max_examples=100, deadline=None)
@given(name=st.binary(min_size=1, max_size=200).filter(lambda name: not {0, 47} & set(name) and name.strip(b".")))
def test_any_file_name(name: bytes, any_name: Catalog) -> None:
    path = b"/r/" + name
    with any_name.write() as writer:
        _, ids = add(writer, path, name.hex())
    assert os.fsencode(any_name.regions(ids)[ids[0]].document.path) == path
    assert any_name.files([path])[path].path == path
    shown = any_name.summary().files[0].shown
    assert shown.encode()
    (exact,) = {content for content, _ in any_name.page_of(ids).values()}
    assert any_name.files()[path].content == exact
    with any_name.write() as writer:
        writer.remove_file(path)
        writer.collect()


@pytest.fixture(scope="module")
def any_name(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    """One catalog for many names."""
    with Catalog.open(tmp_path_factory.mktemp("names") / "catalog.db", create=True) as catalog:
        yield catalog
