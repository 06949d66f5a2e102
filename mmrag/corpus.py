"""The front door: one object for one index, and the only place where the parts are put together."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from mmrag import embedders, indexing
from mmrag.catalog import Catalog, CatalogSummary
from mmrag.config import Config, index_folder, load_config, save_config
from mmrag.errors import IndexBusy, ModelMismatch, NothingIndexed, StorageFull
from mmrag.indexing import IndexOptions, Plan
from mmrag.lexical import WordIndex
from mmrag.readers import SourceRenderer
from mmrag.retrieval import Channel, Retriever
from mmrag.types import Evidence, Filters, IndexReport, Progress, Region, RegionKind, Vectors
from mmrag.vectors import FaissIndex

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.protocols import Embedder

__all__ = ["Corpus", "Status"]

SPACES = ("text", "pixels")
"""Vector spaces; each has its own embedder, and a channel of the same name."""
PART_KINDS: tuple[RegionKind, ...] = ("passage", "figure", "table", "picture")
"""Kinds with a text of their own, which the words channel searches together with the headings they stand under."""
WHOLE_KINDS: tuple[RegionKind, ...] = ("page",)
"""The kind that repeats the text of its parts, which the pages channel searches."""
K1, B = 0.9, 0.4
"""BM25's parameters as Anserini sets them for passages; here they do better than 1.2 and 0.75 (docs/log.md)."""
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
        self.config = load_config(self.folder, settings)
        self._settings = settings
        self._catalog: Catalog | None = None
        self._retriever: Retriever | None = None
        self._renderer = SourceRenderer()
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
        with self._writing(wait) as catalog:
            given = _absolute(paths)
            if rebuild:
                given = given or [Path(os.fsdecode(root.path)) for root in catalog.roots()]
                _empty(catalog)
            models = self._models(catalog)
            self._record(catalog)
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
    ) -> None:
        """Index, then follow the folders and index what changes, until `stop` is set or Ctrl-C."""
        report(self.index(*paths, progress=progress))
        roots = [Path(os.fsdecode(root.path)) for root in self._open().roots()]
        for changed in indexing.watch(roots, self._options(), stop):
            report(self.index(*changed, progress=progress))

    def forget(self, path: str | os.PathLike[str], wait: bool = False) -> int:
        """Take all at or under a path out of the index, and the path out of its roots; returns how many files."""
        with self._writing(wait) as catalog:
            count = indexing.forget(catalog, Path(path).expanduser().absolute())
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
    def _writing(self, wait: bool) -> Iterator[Catalog]:
        with self._lock:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with indexing.writer_lock(self.folder, wait):
                yield self._open(create=True)

    def _models(self, catalog: Catalog) -> _Models:
        """The embedders that the settings name, to be checked against those that built the index."""
        built = {space: name for space in SPACES if (name := catalog.get_meta(f"model:{space}"))}
        config = self.config
        if config.profile == "auto" and built:
            names = built
        else:
            profile = embedders.resolve_profile(config.profile)
            config = replace(config, profile=profile.name)
            names = {"text": profile.text or "none", "pixels": profile.pixels or "none"}
        wanted = {space: getattr(config, space) or names.get(space, "none") for space in SPACES}
        self.config = replace(config, text=wanted["text"], pixels=wanted["pixels"])
        for space in SPACES:
            if built and (wanted[space] == "none") != (built[space] == "none"):
                raise _mismatch(space, built[space], wanted[space])
        return _Models(catalog, {space: name for space, name in wanted.items() if name != "none"}, config.device)

    def _record(self, catalog: Catalog) -> None:
        """Keep the settings, and in the catalog the names of the models, from the first run on."""
        save_config(self.folder, self.config)
        for space in SPACES:
            if catalog.get_meta(f"model:{space}") is None:
                catalog.set_meta(f"model:{space}", getattr(self.config, space))

    def _search_ready(self) -> Retriever:
        if self._retriever is None:
            catalog = self._open()
            if not len(catalog.region_ids()):
                raise NothingIndexed(f"nothing is indexed in {self.folder}", "Run `mmrag index FOLDER` first.")
            self._retriever = Retriever(catalog, self._channels(catalog, self._models(catalog)))
        return self._retriever

    def _channels(self, catalog: Catalog, models: _Models) -> list[Channel]:
        cache = self.folder / "cache"
        channels = []
        part_ids, whole_ids = (partial(catalog.region_ids, kinds=kinds) for kinds in (PART_KINDS, WHOLE_KINDS))
        for name, wanted, rows, valid_from in (
            ("words", part_ids, partial(catalog.texts, headings=True), None),
            ("pages", whole_ids, catalog.texts, None),
            ("names", catalog.document_ids, catalog.names, catalog.names_generation),
        ):
            words, generation = WordIndex.open(cache / name, k1=K1, b=B) or (WordIndex(k1=K1, b=B), -1)
            channels.append(
                Channel(
                    name,
                    words,
                    encode=str,
                    wanted=wanted,
                    rows=rows,
                    generation=generation,
                    valid_from=valid_from,
                )
            )
        for space, model in models.items():
            kept = FaissIndex.open(cache / space, model.fingerprint, model.dim)
            vectors, generation = kept or (FaissIndex(model.dim, model.fingerprint), -1)
            channels.append(
                Channel(
                    space,
                    vectors,
                    encode=partial(_embed_question, model),
                    wanted=partial(catalog.vector_ids, space),
                    rows=partial(catalog.vectors, space),
                    generation=generation,
                )
            )
        return channels

    def _save_caches(self) -> None:
        """Bring the caches up to date and write them; the caller holds the writer's lock."""
        try:
            retriever = self._search_ready()
        except NothingIndexed:
            return
        retriever.refresh()
        retriever.save(self.folder / "cache")

    def _keep_caches(self, retriever: Retriever) -> None:
        """Write what a search had to bring up to date, unless a writer is at work, which will write it anyway."""
        with contextlib.suppress(IndexBusy, StorageFull, OSError), indexing.writer_lock(self.folder, wait=False):
            retriever.save(self.folder / "cache")


class _Models(Mapping[str, "Embedder"]):
    """The embedder of each space that has one; loaded at first use, and refused if another one built the index."""

    def __init__(self, catalog: Catalog, names: Mapping[str, str], device: str) -> None:
        self._catalog = catalog
        self._names = names
        self._device = device
        self._loaded: dict[str, Embedder] = {}

    def __getitem__(self, space: str) -> Embedder:
        if space not in self._loaded:
            name = self._names[space]
            model = embedders.load(name, self._device)
            built_by = self._catalog.get_meta(f"space:{space}")
            if built_by is None:
                self._catalog.set_meta(f"space:{space}", model.fingerprint)
            elif built_by != model.fingerprint:
                raise _mismatch(space, self._catalog.get_meta(f"model:{space}") or "another model", name)
            self._loaded[space] = model
        return self._loaded[space]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _mismatch(space: str, built: str, wanted: str) -> ModelMismatch:
    return ModelMismatch(
        f"the {space} vectors of this index were made by {built}, not by {wanted}",
        "Use the index's own model, give --rebuild to index everything again with the new one, or use another --index.",
    )


def _embed_question(model: Embedder, question: str) -> Vectors:
    return model.embed_queries([question])


def _empty(catalog: Catalog) -> None:
    """Take everything out of the catalog but its roots."""
    with catalog.write() as writer:
        for path in catalog.files():
            writer.remove_file(path)
        writer.collect()
    for space in SPACES:
        catalog.set_meta(f"model:{space}", None)
        catalog.set_meta(f"space:{space}", None)


def _absolute(paths: Iterable[str | os.PathLike[str]]) -> list[Path] | None:
    """Absolute paths with `~` put in, links kept as they are; None where there are none."""
    return [Path(path).expanduser().absolute() for path in paths] or None
