"""The front door: one object for one index, and the only place where the parts are put together."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mmrag import indexing
from mmrag.catalog import Catalog, CatalogSummary
from mmrag.config import Config, expanded, index_folder, load_config, save_config
from mmrag.corpus.models import Models, forget_models, name_models
from mmrag.corpus.wiring import open_channels
from mmrag.errors import IndexBusy, NothingIndexed, StorageFull, UsageError
from mmrag.indexing import IndexOptions, Plan
from mmrag.retrieval import Retriever
from mmrag.types import Evidence, Filters, IndexReport, Progress, Region

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.protocols import Renderer

__all__ = ["Corpus", "Status"]

SAVE_AFTER = 1000
"""Rows brought up to date while searching after which the caches are written, so that the next start is quick."""


@dataclass(frozen=True, slots=True)
class Status:
    """What `mmrag status` shows: where the index is, its settings, what the catalog holds, bytes on disk."""

    folder: Path
    config: Config
    catalog: CatalogSummary
    disk_bytes: int


class Corpus:
    """An index over folders.

    `index` is a path if it has a separator or is an index folder, else a name under `indexes/`; None means
    `MMRAG_INDEX` or `default`. `settings` are fields of `mmrag.config.Config` and win over environment and index.
    Nothing is opened or loaded before it is needed. Use it as a context manager, or call `close`.
    """

    def __init__(self, index: str | os.PathLike[str] | None = None, **settings: Any) -> None:
        self.folder = index_folder(index)
        self._cache = self.folder / "cache"
        self.config = load_config(self.folder, settings)
        self._catalog: Catalog | None = None
        self._retriever: Retriever | None = None
        self._renderer: Renderer | None = None
        self._lock = threading.RLock()

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the catalog; the object can be used again, and opens it anew."""
        with self._lock:
            if self._catalog is not None:
                self._catalog.close()
            self._catalog = self._retriever = None

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
        with self._writing(wait, create=given is not None) as catalog:
            choose(self.config.ocr)  # the same for every page, so better told now
            if rebuild:
                given = _start_anew(catalog, self.config, given or [], prune)
            elif not len(catalog.document_ids()):
                forget_models(catalog)  # of a run that stored nothing
            models = self._models(catalog)
            models.record()
            save_config(self.folder, self.config)
            try:
                options = self._options(retry_failed=retry_failed, prune=prune, passwords=tuple(passwords))
                report = indexing.index(catalog, given, options, models, progress)
            finally:
                self._save_caches()
            return replace(report, profile=self.config.profile)

    def plan(self, *paths: str | os.PathLike[str], retry_failed: bool = False, prune: bool = False) -> Plan:
        """What `index` would do with the same arguments; nothing is written."""
        options = self._options(retry_failed=retry_failed, prune=prune)
        with self._lock:
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
        for changed in indexing.watch(roots, self._options(), stop):
            there = [folder for folder in changed if os.path.lexists(folder)]  # none: a root has gone, so look at all
            report(self.index(*there, progress=progress, wait=True, **later))

    def forget(self, path: str | os.PathLike[str], wait: bool = False) -> int:
        """Take all at or under a path out of the index, and the path out of its roots; returns how many files."""
        with self._writing(wait) as catalog:
            count = indexing.forget(catalog, expanded(path))
            self._save_caches()
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
        with self._lock:
            retriever = self._search_ready()
            if retriever.refresh() > SAVE_AFTER:
                self._keep_caches(retriever)
            if not retriever.count():
                raise NothingIndexed(f"nothing is indexed in {self.folder}", "Run `mmrag index FOLDER` first.")
            return retriever.search(question, k, filters, channels)

    def status(self) -> Status:
        """What the index holds. Raises `NothingIndexed` when there is none."""
        with self._lock:
            size = sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())
            return Status(self.folder, self.config, self._open().summary(), size)

    def check(self) -> list[str]:
        """What is wrong with the catalog, a line each; empty when all is well."""
        with self._lock:
            return self._open().check()

    def crop(self, region: Region, long_side: int = 1024) -> Image:
        """RGB pixels of a region from its file. Raises `SourceChanged` when the file is not the one indexed."""
        with self._lock:
            if self._renderer is None:
                from mmrag.readers import SourceRenderer

                self._renderer = SourceRenderer()
            return self._renderer.crop(region, long_side)

    def _open(self, create: bool = False) -> Catalog:
        if self._catalog is None:
            if not create and not self.config.catalog and not self.folder.is_dir():
                raise NothingIndexed(f"there is no index at {self.folder}", "Run `mmrag index FOLDER` first.")
            self._catalog = Catalog.open(self.config.catalog or self.folder / "catalog.db", create=create)
        return self._catalog

    def _options(self, **run: Any) -> IndexOptions:
        config = self.config
        return IndexOptions(
            exclude=config.exclude,
            skip=(self.folder,),
            ocr=config.ocr,
            regions="page" if config.regions == "page" else "all",
            text=config.text,
            workers=config.workers,
            **run,
        )

    @contextlib.contextmanager
    def _writing(self, wait: bool, create: bool = False) -> Iterator[Catalog]:
        with self._lock:
            if not create:
                self._open()  # before the lock, which makes the folder
            with indexing.writer_lock(self.folder, wait):
                yield self._open(create=True)

    def _models(self, catalog: Catalog) -> Models:
        self.config = name_models(catalog, self.config)
        return Models(catalog, self.config)

    def _search_ready(self) -> Retriever:
        if self._retriever is None:
            catalog = self._open()
            channels = open_channels(catalog, self._models(catalog), self._cache)
            self._retriever = Retriever(catalog, channels)
        return self._retriever

    def _save_caches(self) -> None:
        """Bring the caches up to date and write them; the caller holds the writer's lock."""
        self._retriever = None  # a first run adds channels
        retriever = self._search_ready()
        retriever.refresh()
        retriever.save(self._cache)

    def _keep_caches(self, retriever: Retriever) -> None:
        """Write what a search had to bring up to date, unless a writer is at work, which will write it anyway."""
        with contextlib.suppress(IndexBusy, StorageFull, OSError), indexing.writer_lock(self.folder, wait=False):
            retriever.save(self._cache)


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
