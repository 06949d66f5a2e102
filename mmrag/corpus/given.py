"""Evidence that a claim is to be checked against, where it is given and not searched: texts, files, pages of files.

A file that is in the index as it is now is taken from there; any other is read the way indexing reads it, in worker
processes, into an index that is thrown away.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from mmrag import indexing
from mmrag.catalog import Catalog
from mmrag.config import Config, expanded
from mmrag.corpus.opened import OpenIndex
from mmrag.corpus.typed import TypedPage
from mmrag.errors import FileFailed, NothingIndexed, PathNotFound, UsageError
from mmrag.types import Evidence, Filters, Region, Word

__all__ = ["GivenEvidence"]

MAX_TEXT = 1_000_000
"""Characters of a text given as evidence."""
PAGES = 5
"""Pages looked at of a file that is given without a page."""
_TEXTS = 8


class GivenEvidence:
    """Finds what is given, and is the `PageSource` for it and for the index. Close it to remove what was read."""

    def __init__(self, index: OpenIndex) -> None:
        self._index = index
        self._texts: OrderedDict[str, TypedPage] = OrderedDict()
        self._folder: TemporaryDirectory[str] | None = None
        self._read: OpenIndex | None = None

    def close(self) -> None:
        """Remove what was read of files that are not indexed."""
        if self._read is not None:
            self._read.close()
        if self._folder is not None:
            self._folder.cleanup()
        self._read = self._folder = None
        self._texts.clear()

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """As `PageSource.words`, of the texts and files given and of the index."""
        for source in self._sources():
            words = source.words(document_id, page)
            if words:
                return words
        return ()

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """As `PageSource.page_regions`."""
        for source in self._sources():
            regions = source.page_regions(document_id, page)
            if regions:
                return regions
        return ()

    def text(self, text: str) -> list[Evidence]:
        """A text as evidence. Raises `UsageError` where it is empty or too long."""
        if not text.strip():
            raise UsageError("the evidence is empty", "Give the text that the claim is to be checked against.")
        if len(text) > MAX_TEXT:
            raise UsageError(f"the evidence has {len(text):,} characters; {MAX_TEXT:,} are allowed", "Give a part.")
        page = self._texts.get(text) or TypedPage(text)
        self._texts[text] = page
        self._texts.move_to_end(text)
        if len(self._texts) > _TEXTS:
            self._texts.popitem(last=False)
        return [page.evidence()]

    def files(self, given: Sequence[tuple[str | os.PathLike[str], int | None]], claim: str) -> list[Evidence]:
        """Pages of files as evidence; of a file without a page those that fit the claim best, five at most.

        Raises `PathNotFound`, `UsageError` for a page that is not there, and `FileFailed` where a file cannot be read.
        """
        if not given:
            raise UsageError("no evidence is given", "Name a file, or leave evidence out to search the index.")
        found: list[Evidence] = []
        for name, page in given:
            path = Path(os.path.realpath(expanded(name)))  # as indexing names it: without links and dots
            if not path.is_file():
                raise PathNotFound(f"{path} is not there", "Name a file that exists.")
            index, document = self._indexed(path)
            if page is None:
                found += _best(index, path, claim)
                continue
            regions = index.catalog().page_regions(document, page)
            if not regions:
                raise UsageError(f"{path} has no page {page}", "Pages count from 1.")
            found.append(Evidence("", regions[0], 1.0))
        return [replace(item, label=f"E{number}") for number, item in enumerate(found, start=1)]

    def _sources(self) -> list[TypedPage | Catalog]:
        sources: list[TypedPage | Catalog] = [*self._texts.values()]
        for index in (self._read, self._index):
            if index is not None and (opened := _catalog(index)) is not None:
                sources.append(opened)
        return sources

    def _indexed(self, path: Path) -> tuple[OpenIndex, str]:
        """The index that has the file as it is now, and the hash of its content; it is read where none has."""
        key = os.fsencode(path)
        status = path.stat()
        for index in (self._index, self._read):
            catalog = _catalog(index) if index is not None else None
            record = catalog.files([key]).get(key) if catalog is not None else None
            if (
                index is not None
                and record is not None
                and record.hash
                and record.content is not None
                and record.upcoming is None
                and (record.size, record.mtime_ns) == (status.st_size, status.st_mtime_ns)
            ):
                return index, record.hash
        return self._reading(path, key)

    def _reading(self, path: Path, key: bytes) -> tuple[OpenIndex, str]:
        if self._read is None:
            self._folder = TemporaryDirectory(prefix="mmrag-")
            settings = self._index.config
            config = Config(text="none", pixels="none", ocr=settings.ocr, workers=1)
            self._read = OpenIndex(Path(self._folder.name), config)
        with self._read.writing(wait=True, create=True) as catalog:
            report = indexing.index(catalog, [path], self._read.options(), self._read.models(anew=True), None)
            self._read.save_caches()
            record = catalog.files([key]).get(key)
        if record is None or record.content is None or not record.hash:
            reason = report.failed[0].reason if report.failed else "it could not be read"
            raise FileFailed(f"{path}: {reason}", "Give another file, or the text itself.")
        return self._read, record.hash


def _catalog(index: OpenIndex) -> Catalog | None:
    try:
        return index.catalog()
    except NothingIndexed:
        return None


def _best(index: OpenIndex, path: Path, claim: str) -> list[Evidence]:
    filters = Filters(paths=(_literal(str(path)),))
    hits = index.retriever().search(claim[:1000], PAGES, filters, channels=("words", "pages"))
    if hits:
        return hits
    document = index.catalog().files([os.fsencode(path)])[os.fsencode(path)].hash or ""
    return [Evidence("", region, 0.0) for region in index.catalog().page_regions(document, 1)[:1]]


def _literal(path: str) -> str:
    """A glob that only matches the path itself."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)
