"""The front door: one object for one index, and the only place where the parts are put together."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mmrag import indexing
from mmrag.catalog import READING, Catalog, CatalogSummary, ConversationRecord
from mmrag.chat import Chat
from mmrag.config import Config, expanded, index_folder, load_config, save_config
from mmrag.corpus.answering import EVIDENCE, Answering, Given
from mmrag.corpus.exporting import Packs
from mmrag.corpus.models import Models, forget_models, name_models
from mmrag.corpus.notebooks import show_values, told
from mmrag.corpus.opened import OpenIndex
from mmrag.corpus.packs import PackCheck
from mmrag.errors import NothingIndexed, UsageError
from mmrag.indexing import Plan
from mmrag.types import Answer, AnswerEvent, Claim, Evidence, Filters, IndexReport, Progress, Region, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Corpus", "PackCheck", "Status"]

_OLDER = (
    "An older mmrag has read files of this index without looking for text that cannot be seen. "
    "`mmrag index --rebuild` reads them again."
)


@dataclass(frozen=True, slots=True)
class Status:
    """What `mmrag status` shows: where the index is, its settings, what the catalog holds, bytes on disk."""

    folder: Path
    config: Config
    catalog: CatalogSummary
    disk_bytes: int


class Corpus(Packs):
    """An index over folders.

    `index` is a path if it has a separator or is an index folder, else a name under `indexes/`; None means
    `MMRAG_INDEX` or `default`. `settings` are fields of `mmrag.config.Config` and win over environment and index.
    Nothing is opened or loaded before it is needed. Use it as a context manager, or call `close`.
    """

    def __init__(self, index: str | os.PathLike[str] | None = None, **settings: Any) -> None:
        self.folder = index_folder(index)
        self._opened = OpenIndex(self.folder, load_config(self.folder, settings))
        self._answering = Answering(self._opened)
        show_values()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def config(self) -> Config:
        """The settings in force; the names of the models are filled in once the index was opened."""
        return self._opened.config

    def close(self) -> None:
        """Let go of the catalog; the object can be used again, and opens it anew."""
        with self._opened.lock:
            self._answering.close()
            self._opened.close()

    def index(
        self,
        *paths: str | os.PathLike[str],
        progress: Callable[[Progress], None] | None = None,
        wait: bool = False,
        rebuild: bool = False,
        retry_failed: bool = False,
        prune: bool = False,
        passwords: Sequence[str] = (),
    ) -> IndexReport:
        """Make the index match the folders: those given, which become its roots, or all roots when none is given.

        `rebuild` reads everything again with the models that the settings name now; `retry_failed` also what failed
        and has not changed; `prune` takes what is not there for deleted, also where a whole root is missing;
        `passwords` are tried in turn on locked files and kept nowhere.

        Raises `PathNotFound`, `IndexBusy` (unless `wait`), `NothingIndexed` when there are neither paths nor roots,
        `ModelMismatch`, `StorageFull`; `KeyboardInterrupt` leaves every finished batch in place.
        """
        from mmrag.ocr import choose

        given = _absolute(paths)
        indexing.require_one(given)  # a mistyped path must make no index and empty none
        with self._opened.writing(wait, create=given is not None) as catalog:
            choose(self.config.ocr)  # the same for every page, so better told now
            if rebuild:
                given = _start_anew(catalog, self.config, given or [], prune)
            fresh = not len(catalog.document_ids())
            if fresh:
                catalog.set_meta("reading", str(READING))
                if not rebuild:
                    forget_models(catalog)  # of a run that stored nothing
            models = self._opened.models(anew=True)
            models.record()
            save_config(self.folder, self.config)
            try:
                options = self._opened.options(retry_failed=retry_failed, prune=prune, passwords=tuple(passwords))
                with told(progress) as tell:
                    report = indexing.index(catalog, given, options, models, tell)
            finally:
                self._opened.save_caches()
            older = () if catalog.get_meta("reading") == str(READING) else (_OLDER,)
            return replace(report, profile=self.config.profile, notes=(*report.notes, *older))

    def plan(self, *paths: str | os.PathLike[str], retry_failed: bool = False, prune: bool = False) -> Plan:
        """What `index` would do with the same arguments; nothing is written."""
        options = self._opened.options(retry_failed=retry_failed, prune=prune)
        with self._opened.lock:
            try:
                return indexing.plan(self._open(), _absolute(paths), options)
            except NothingIndexed:
                if not paths:
                    raise
            with TemporaryDirectory() as folder, Catalog.open(Path(folder, "catalog.db"), create=True) as nothing:
                return indexing.plan(nothing, _absolute(paths), options)

    def watch(
        self,
        *paths: str | os.PathLike[str],
        report: Callable[[IndexReport], None],
        progress: Callable[[Progress], None] | None = None,
        stop: threading.Event | None = None,
        **run: Any,
    ) -> None:
        """Index, then follow the folders and index what changes, until `stop` is set or Ctrl-C.

        `run` is for the first run, as in `index`; later ones keep its `passwords` and `prune`, and wait for other
        writers.
        """
        report(self.index(*paths, progress=progress, **run))
        roots = [Path(os.fsdecode(root.path)) for root in self._open().roots()]
        later: dict[str, Any] = {name: run[name] for name in ("passwords", "prune") if name in run}
        for changed in indexing.watch(roots, self._opened.options(), stop):
            there = [folder for folder in changed if os.path.lexists(folder)]  # none: a root has gone, so look at all
            report(self.index(*there, progress=progress, wait=True, **later))

    def forget(self, path: str | os.PathLike[str], wait: bool = False) -> int:
        """Take all at or under a path out of the index, and the path out of its roots; returns how many files."""
        with self._opened.writing(wait) as catalog:
            count = indexing.forget(catalog, expanded(path))
            self._opened.save_caches()
            return count

    def search(
        self,
        question: str,
        k: int = 5,
        filters: Filters | None = None,
        channels: Iterable[str] | None = None,
    ) -> list[Evidence]:
        """The k best pages, best first, each by its best region, as `Retriever.search` says.

        Raises `NothingIndexed`, `UsageError`, `ModelMismatch`.
        """
        with self._opened.lock:
            return self._opened.retriever().search(question, k, filters, channels)

    def ask(
        self,
        question: str,
        k: int = EVIDENCE,
        filters: Filters | None = None,
        max_risk: float | None = None,
        progress: Callable[[AnswerEvent], None] | None = None,
    ) -> Answer:
        """An answer from the k best pages, every claim of it checked against them, or a refusal (`text` is None).

        `max_risk` is the chance, 0 to 1, that a reader accepts of what is shown being wrong; None for the default.
        `progress` is told each step, and each claim once it has its verdict; None in a notebook is a line in the cell.

        Raises what `search` raises, and `ModelUnavailable` where a model is configured that cannot be asked.
        """
        return self._ask(question, k=k, filters=filters, max_risk=max_risk, progress=progress)

    def verify(self, claim: str, evidence: Given | None = None, question: str = "") -> Claim:
        """The claim with its verdict: supported, contradicted or not found.

        `evidence` is a text, or files with the number of a page each (None: those that fit best), which need not be
        indexed; without it the index is searched. `question` is what the claim answers, if anything.

        Raises what `search` raises, and `PathNotFound` or a `FileProblem` for evidence that cannot be read.
        """
        with self._opened.lock:
            return self._answering.verify(claim, evidence, question)

    def chat(self, conversation: str | None = None) -> Chat:
        """A conversation over the index: a new one, or one that was kept, by its name; `Chat.ask` asks.

        Raises `NothingIndexed`, and `UsageError` for a name that no conversation has.
        """
        catalog = self._open()
        if conversation is not None and not catalog.turns(conversation):
            raise UsageError(f"there is no conversation {conversation!r}", "Leave the name out for a new one.")
        return Chat(self._ask, catalog, conversation, self._answering.llm())

    def conversations(self) -> list[ConversationRecord]:
        """The conversations kept with the index, the one last spoken in first."""
        return self._open().conversations()

    def status(self) -> Status:
        """What the index holds. Raises `NothingIndexed` when there is none."""
        with self._opened.lock:
            size = sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
            return Status(self.folder, self.config, self._open().summary(), size)

    def check(self) -> list[str]:
        """What is wrong with the catalog, a line each; empty when all is well."""
        with self._opened.lock:
            return self._open().check()

    def crop(self, region: Region, long_side: int = 1024) -> Image:
        """RGB pixels of a region from its file. Raises `SourceChanged` when the file is not the one indexed."""
        with self._opened.lock:
            return self._opened.renderer().crop(region, long_side)

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """Every word of an indexed page (from 1) with its box, in reading order; () for a page that is not there."""
        with self._opened.lock:
            return self._open().words(document_id, page)

    def _ask(self, question: str, *, carried: Sequence[Evidence] = (), **options: Any) -> Answer:
        with self._opened.lock, told(options.pop("progress", None)) as tell:
            return self._answering.ask(question, carried=carried, progress=tell, **options)

    def _open(self) -> Catalog:
        return self._opened.catalog()


def _start_anew(catalog: Catalog, config: Config, given: list[Path], prune: bool) -> list[Path]:
    """Empty the catalog for a rebuild, once it is sure that it can be filled again; returns all there is to read.

    Raises what loading the models raises, and `UsageError` where a folder is not there whose files would be lost.
    """
    roots = catalog.roots()
    away = [] if prune else [root for root in roots if root.file_count and _is_away(catalog, root.path)]
    if away:
        raise UsageError(
            f"{os.fsdecode(away[0].path)} is not there; a rebuild would lose what was indexed there",
            "Bring it back, or give --prune to drop it.",
        )
    Models(catalog, name_models(catalog, config, anew=True)).load()
    _empty(catalog)
    return [*(Path(os.fsdecode(root.path)) for root in roots if os.path.lexists(root.path)), *given]


def _empty(catalog: Catalog) -> None:
    """Take everything out of the catalog but its roots."""
    with catalog.write() as writer:
        for path in catalog.files():
            writer.remove_file(path)
        writer.collect()
    forget_models(catalog)


def _absolute(paths: Iterable[str | os.PathLike[str]]) -> list[Path] | None:
    """Absolute paths with `~` put in, links kept as they are; None where there are none."""
    return [expanded(path) for path in paths] or None


def _is_away(catalog: Catalog, root: bytes) -> bool:
    """Whether a root with files in the index is missing, unreadable or empty, as a disk is that is not mounted."""
    try:
        with os.scandir(root) as entries:
            return not any(entries)
    except NotADirectoryError:
        return False
    except FileNotFoundError:
        return root not in catalog.files([root])  # a root that is a file was deleted
    except OSError:
        return True
