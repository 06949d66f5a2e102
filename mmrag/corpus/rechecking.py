"""An evidence pack checked again: where its files are now, what stands on their pages, what the verifier says today.

The only files opened are those that the index lists and those that the caller names. What a pack says of names and
places is compared with these and nothing else, so that a pack can make nobody read or probe a file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from mmrag.catalog import Catalog
from mmrag.catalog.records import displayable
from mmrag.corpus.answering import EVIDENCE, Answering
from mmrag.corpus.opened import OpenIndex
from mmrag.corpus.packs import (
    CitationCheck,
    ClaimCheck,
    FileCheck,
    Pack,
    PackCheck,
    PackedCitation,
    PackedClaim,
    PackedFile,
    QuoteState,
)
from mmrag.errors import FileFailed, FileProblem, NothingIndexed, UsageError
from mmrag.types import Verdict

__all__ = ["Rechecking", "within_roots"]


def within_roots(catalog: Catalog, paths: Sequence[bytes] | None = None) -> dict[bytes, str]:
    """The place of indexed files (None: all) below the folder that was given to index them, by their paths.

    With slashes on every system, and escapes for bytes that are no text. A file given by itself has its name.
    """
    roots = {root.id: root.path for root in catalog.roots()}
    return {path: _within(path, roots.get(record.root, b"")) for path, record in catalog.files(paths).items()}


def _within(path: bytes, root: bytes) -> str:
    inside = root.rstrip(b"/\\") + os.fsencode(os.sep)
    rest = path[len(inside) :] if path.startswith(inside) else os.path.basename(path)  # noqa: PTH119  (bytes)
    return displayable(rest).replace(os.sep, "/")


class Rechecking:
    """Checks one pack. The caller holds the index's lock."""

    def __init__(self, index: OpenIndex, answering: Answering, given: Sequence[Path]) -> None:
        self._index = index
        self._answering = answering
        self._given = given
        self._hashes: dict[Path, str] = {}

    def check(self, pack: Pack) -> PackCheck:
        """The pack against the files as they are. Raises `NothingIndexed` where there is no index and none is given."""
        candidates = self._candidates(pack.files)
        files = {file.sha256: self._file(file, candidates.get(file.sha256, ())) for file in pack.files}
        claims = tuple(self._claim(claim, pack, files) for claim in pack.claims)
        return PackCheck(pack, tuple(files.values()), claims, self._models())

    # ------------------------------------------------------------------------------------------------------- files

    def _candidates(self, wanted: Sequence[PackedFile]) -> dict[str, list[tuple[Path, str]]]:
        """For each file, by its hash: the files known here that may be it, each with its place below its folder."""
        found: dict[str, list[tuple[Path, str]]] = {file.sha256: [] for file in wanted}
        by_place: dict[str, list[str]] = {}
        for file in wanted:
            by_place.setdefault(file.within or file.name, []).append(file.sha256)
            for path in self._given:
                if path.name == file.name or self._hash(path) == file.sha256:
                    found[file.sha256].append((path, file.within or file.name))
        try:
            catalog = self._index.catalog()
        except NothingIndexed:
            if not self._given:
                raise
            return found
        records = catalog.files()
        for key, within in within_roots(catalog).items():
            for wanted_hash in {records[key].hash or "", *by_place.get(within, ())} & found.keys():
                found[wanted_hash].append((Path(os.fsdecode(key)), within))
        return found

    def _file(self, file: PackedFile, candidates: Sequence[tuple[Path, str]]) -> FileCheck:
        own = file.within or file.name
        # What lies at its own place first: a copy elsewhere does not make a file that is there a moved one.
        ordered = sorted(candidates, key=lambda one: one[1] != own)
        for path, within in ordered:
            if self._hash(path) == file.sha256:
                return FileCheck(file, "same" if within == own else "moved", path, file.sha256)
        for path, within in ordered:
            if within == own and (now := self._hash(path)):
                return FileCheck(file, "changed", path, now)
        return FileCheck(file, "gone")

    def _hash(self, path: Path) -> str:
        """The sha256 of a file's bytes now, "" where there is no file that can be read."""
        from mmrag.readers.detect import content_hash

        if path not in self._hashes:
            try:
                self._hashes[path] = content_hash(path) if path.is_file() else ""
            except (OSError, ValueError, FileFailed):
                self._hashes[path] = ""
        return self._hashes[path]

    # ------------------------------------------------------------------------------------------------------ claims

    def _claim(self, claim: PackedClaim, pack: Pack, files: Mapping[str, FileCheck]) -> ClaimCheck:
        """A claim against the pages that it cites, or where it cites none, those that the answer was looked for on."""
        cited = dict.fromkeys((one.file, one.page) for one in claim.citations)
        pages = list(cited or dict.fromkeys(pack.pages))[:EVIDENCE]
        given: dict[tuple[Path, int | None], None] = {}
        for file, page in pages:
            check = files[file]
            if check.path is not None:  # in a changed file it may stand on any page
                given[check.path, None if check.state == "changed" else page] = None
        now: Verdict | None = None
        why = "" if given else "no file is left that it could be checked against" if pages else "it cites no page"
        if given:
            try:
                now = self._answering.verify(claim.text, list(given), pack.question).verdict
            except (FileProblem, UsageError) as error:
                why = error.message
        citations = tuple(self._citation(one, files[one.file], readable=now is not None) for one in claim.citations)
        return ClaimCheck(claim, now, citations, why)

    def _citation(self, citation: PackedCitation, file: FileCheck, *, readable: bool) -> CitationCheck:
        state: QuoteState
        if not citation.quote.strip():
            state, page = "none", None
        elif file.path is None or not readable:
            state, page = "unread", None
        else:
            page = next((page for page in self._pages(file, citation) if self._says(file, page, citation.quote)), None)
            state = "gone" if page is None else "there" if page == citation.page else "elsewhere"
        return CitationCheck(citation, file.state, state, page)

    def _pages(self, file: FileCheck, citation: PackedCitation) -> Iterator[int]:
        """The cited page, then all others of the file."""
        yield citation.page
        regions = self._answering.page_regions(file.sha256, 1)
        count = regions[0].document.page_count if regions else 0
        yield from (page for page in range(1, count + 1) if page != citation.page)

    def _says(self, file: FileCheck, page: int, quote: str) -> bool:
        """Whether a page has the words of a quote: in a row, or as cells of a table each by itself."""
        from mmrag.verification.terms import squeeze

        words = [squeeze(word.text) for word in self._answering.words(file.sha256, page)]
        wanted = squeeze(quote)
        parts = {part for part in map(squeeze, quote.split()) if part}
        return bool(wanted) and (wanted in "".join(words) or parts <= set(words))

    def _models(self) -> dict[str, str]:
        try:
            models = self._index.models()
        except NothingIndexed:
            return {}
        return {space: models.name(space) for space in models}
