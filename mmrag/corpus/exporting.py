"""What an evidence pack is written from, and the two verbs of packs that `Corpus` has."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag import registry
from mmrag.config import expanded
from mmrag.corpus.answering import Answering
from mmrag.corpus.opened import OpenIndex
from mmrag.corpus.packs import PackCheck, read_pack
from mmrag.corpus.rechecking import Rechecking, within_roots
from mmrag.errors import NothingIndexed, PathNotFound
from mmrag.types import Answer, Region

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Facts", "Packs", "versions"]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a pack says beside the answer itself.

    `within` has each cited document's place below the folder that was indexed, by its sha256: no pack names a folder
    of this machine. `settings` are those of the index and `asked` those of the question; none of them is a secret.
    """

    within: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    asked: Mapping[str, Any] = field(default_factory=dict)
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    program: Mapping[str, str] = field(default_factory=dict)
    made: datetime = field(default_factory=lambda: datetime.now(timezone.utc))


class Packs:
    """The verbs of `Corpus` that write an answer with its evidence, and check it again."""

    _opened: OpenIndex
    _answering: Answering

    def crop(self, region: Region, long_side: int = 1024) -> Image:
        """As `Corpus.crop`."""
        raise NotImplementedError

    def export(self, answer: Answer, path: str | os.PathLike[str], *, asked: Mapping[str, Any] | None = None) -> Path:
        """Write an answer with all that it rests on: one `.html`, one `.json`, or both in a folder.

        The HTML needs no other file and holds the record as well, so `recheck` reads any of the three. `asked` are
        settings of the question to be kept with it, such as k. Raises `UsageError` where it cannot be written.
        """
        target = expanded(path)
        with self._opened.lock:
            facts = self._facts(answer, asked or {})
        registry.load("exporters", "pack")(answer, target, self.crop, facts)  # how it looks lies above this layer
        return target

    def recheck(self, pack: str | os.PathLike[str], evidence: Sequence[str | os.PathLike[str]] = ()) -> PackCheck:
        """What became of an exported answer: of its files, of each quote, and of each claim's verdict.

        Files are looked for in the index by their content and their place below an indexed folder, and among
        `evidence`, which need not be indexed; none else is opened, whatever the pack says. Raises `PathNotFound`,
        `UsageError` for what is no pack, `FormatTooNew`, and `NothingIndexed` where there is nothing to look in.
        """
        record = read_pack(expanded(pack))
        given = [Path(os.path.realpath(expanded(file))) for file in evidence]
        for file in given:
            if not file.is_file():
                raise PathNotFound(f"{file} is not there", "Name a file that exists.")
        with self._opened.lock:
            return Rechecking(self._opened, self._answering, given).check(record)

    def _facts(self, answer: Answer, asked: Mapping[str, Any]) -> Facts:
        config = self._opened.config
        names = ("profile", "text", "pixels", "ocr", "regions", "examples", "steps")
        settings = {name: getattr(config, name) for name in names}
        try:
            catalog, models = self._opened.catalog(), self._opened.models()
        except NothingIndexed:  # the index was removed since
            return Facts(settings=settings, asked=asked, program=versions())
        cited = (one.region for claim in answer.claims for one in claim.verdict.citations)
        documents = [region.document for region in (*(item.region for item in answer.evidence), *cited)]
        places = within_roots(catalog, [os.fsencode(document.path) for document in documents])
        within = {one.id: places.get(os.fsencode(one.path), one.path.name) for one in documents}
        built = {space: found[0] for space in models if (found := models.built(space)) is not None}
        return Facts(within, settings, asked, built, versions())


def versions() -> dict[str, str]:
    """The versions that made an answer: mmrag's own and Python's."""
    from mmrag import __version__

    return {"mmrag": __version__, "python": platform.python_version()}
