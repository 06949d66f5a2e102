"""The catalog against a model of it in dictionaries: any order of steps, some of them undone."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from catalog_build import digest, file, page, rows
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mmrag.catalog import Catalog, Writer

_PATHS = st.sampled_from([b"/r/a", b"/r/b", b"/r/\xff", b"/s/a", b"/s/\xed\x95\x9c"])
_NAMES = st.sampled_from(["one", "two", "three", "넷"])


@dataclass
class _Content:
    pages: dict[int, list[int]] = field(default_factory=dict)
    complete: bool = False


@dataclass
class _File:
    content: str | None = None
    upcoming: str | None = None


class CatalogModel(RuleBasedStateMachine):
    """Each rule is one transaction, or several steps of one that is undone."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="mmrag-model-"))
        self.catalog = Catalog.open(self.folder / "catalog.db", create=True)
        self.files: dict[bytes, _File] = {}
        self.contents: dict[str, _Content] = {}
        self.ever: set[int] = set()
        self.generation = 0
        self.seen: object = self._searchable()
        with self.catalog.write() as writer:
            self.root = writer.add_root(b"/", 1)

    def teardown(self) -> None:
        self.catalog.close()
        shutil.rmtree(self.folder)

    # The model

    def _live(self) -> set[str]:
        return {entry.content for entry in self.files.values() if entry.content is not None}

    def _searchable(self) -> object:
        return {
            name: (sorted(number for ids in self.contents[name].pages.values() for number in ids),
                   sorted(path for path, entry in self.files.items() if entry.content == name))
            for name in self._live()
        }  # fmt: skip

    def _id(self, name: str) -> int:
        record = self.catalog.content(digest(name))
        assert record is not None
        return record.id

    # Steps

    @rule(path=_PATHS, name=_NAMES)
    def see(self, path: bytes, name: str) -> None:
        """A new file, or a file with new bytes."""
        with self.catalog.write() as writer:
            known = self.catalog.files([path]).get(path)
            if known is None:
                writer.put_file(file(path, self.root))
            writer.attach(path, writer.start_content(digest(name), "pdf", 1))
        content = self.contents.setdefault(name, _Content())
        entry = self.files.setdefault(path, _File())
        old = self.contents.get(entry.content or "")
        if entry.content not in (None, name) and not content.complete and old is not None and old.complete:
            entry.upcoming = name
        else:
            entry.content, entry.upcoming = name, None

    @precondition(lambda self: any(not content.complete for content in self.contents.values()))
    @rule(data=st.data(), last=st.booleans())
    def read(self, data: st.DataObject, last: bool) -> None:
        """One more page of a content, perhaps its last."""
        name = data.draw(st.sampled_from(sorted(n for n, content in self.contents.items() if not content.complete)))
        content = self.contents[name]
        number = len(content.pages) + 1
        with self.catalog.write() as writer:
            key = writer.start_content(digest(name), "pdf", 1)
            [ids] = writer.add_pages(key, [page(number, name, ocr="pending")])
            writer.add_vectors("text", ids, rows(len(ids)))
            if last:
                writer.finish_content(key, number, name)
        assert not self.ever & set(ids)
        self.ever |= set(ids)
        content.pages[number] = ids
        if last:
            content.complete = True
            for entry in self.files.values():
                if entry.upcoming == name:
                    entry.content, entry.upcoming = name, None

    @precondition(lambda self: any(content.pages for content in self.contents.values()))
    @rule(data=st.data())
    def recognize(self, data: st.DataObject) -> None:
        """OCR of a page."""
        name = data.draw(st.sampled_from(sorted(n for n, content in self.contents.items() if content.pages)))
        number = data.draw(st.sampled_from(sorted(self.contents[name].pages)))
        with self.catalog.write() as writer:
            ids, _ = writer.replace_page(self._id(name), page(number, f"{name} read", origin="ocr", ocr="done"))
            writer.add_vectors("text", ids, rows(len(ids)))
        assert not self.ever & set(ids)
        self.ever |= set(ids)
        self.contents[name].pages[number] = ids

    @precondition(lambda self: self.files)
    @rule(data=st.data(), new=_PATHS)
    def move(self, data: st.DataObject, new: bytes) -> None:
        """A file, over another one perhaps."""
        old = data.draw(st.sampled_from(sorted(self.files)))
        with self.catalog.write() as writer:
            writer.move_file(old, file(new, self.root))
        self.files[new] = self.files.pop(old)

    @rule(path=_PATHS)
    def remove(self, path: bytes) -> None:
        """A file that may be there."""
        with self.catalog.write() as writer:
            writer.remove_file(path)
        self.files.pop(path, None)

    @rule()
    def collect(self) -> None:
        """What no file has."""
        with self.catalog.write() as writer:
            count = writer.collect()
        needed = self._live() | {entry.upcoming for entry in self.files.values() if entry.upcoming}
        assert count == len(self.contents.keys() - needed)
        self.contents = {name: content for name, content in self.contents.items() if name in needed}

    @rule(path=_PATHS, name=_NAMES)
    def fail(self, path: bytes, name: str) -> None:
        """A transaction that is undone leaves nothing."""

        def work(writer: Writer) -> None:
            writer.put_file(file(path, self.root))
            key = writer.start_content(digest("undone " + name), "pdf", 1)
            writer.attach(path, key)
            writer.add_pages(key, [page(1)])
            writer.remove_root(self.root)
            writer.collect()
            raise RuntimeError("undone")

        try:
            with self.catalog.write() as writer:
                work(writer)
        except RuntimeError:
            pass

    @rule()
    def reopen(self) -> None:
        """As another process would."""
        self.catalog.close()
        self.catalog = Catalog.open(self.folder / "catalog.db")

    # What holds after each

    @invariant()
    def files_are_those_of_the_model(self) -> None:
        stored = self.catalog.files()
        assert set(stored) == set(self.files)
        for path, entry in self.files.items():
            assert stored[path].content == (self._id(entry.content) if entry.content else None)
            assert stored[path].upcoming == (self._id(entry.upcoming) if entry.upcoming else None)

    @invariant()
    def a_search_sees_live_contents_and_nothing_else(self) -> None:
        wanted = {
            number: (digest(name), page_number)
            for name in self._live()
            for page_number, ids in self.contents[name].pages.items()
            for number in ids
        }
        ids = self.catalog.region_ids().tolist()
        assert ids == self.catalog.vector_ids("text").tolist() == sorted(wanted)
        found = self.catalog.regions(sorted(self.ever))
        assert {number: (region.document.id, region.page) for number, region in found.items()} == wanted
        assert sorted(number for number, _ in self.catalog.vectors("text", self.ever)) == ids
        for name in self.contents:
            places = [bytes(p) for p, entry in sorted(self.files.items()) if entry.content == name]
            assert len(self.catalog.places(digest(name))) == len(places)

    @invariant()
    def generation_rises_when_a_search_would_differ(self) -> None:
        now, generation = self._searchable(), self.catalog.generation()
        assert generation >= self.generation
        if now != self.seen:
            assert generation > self.generation
        self.seen, self.generation = now, generation

    @invariant()
    def it_is_sound(self) -> None:
        assert self.catalog.check() == []


TestCatalogModel = CatalogModel.TestCase
TestCatalogModel.settings = settings(max_examples=12, stateful_step_count=20, deadline=None)
