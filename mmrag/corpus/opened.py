"""An index folder with its catalog, models and channels, each opened when it is first needed.

What `Corpus` stands on; knows no question and no answer.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag import indexing
from mmrag.catalog import Catalog
from mmrag.config import Config
from mmrag.corpus.models import Models, name_models
from mmrag.corpus.wiring import channel_weights, open_channels
from mmrag.errors import IndexBusy, NothingIndexed, StorageFull
from mmrag.indexing import IndexOptions
from mmrag.retrieval import Retriever

if TYPE_CHECKING:
    from mmrag.protocols import Renderer

__all__ = ["OpenIndex"]

SAVE_AFTER = 1000
"""Rows brought up to date while searching after which the caches are written, so that the next start is quick."""


class OpenIndex:
    """Keeps what one index needs open. `config` gains the names of the models once the catalog has been asked.

    `lock` is held by whoever uses what this gives out.
    """

    def __init__(self, folder: Path, config: Config) -> None:
        self.folder = folder
        self.config = config
        self.lock = threading.RLock()
        self._cache = folder / "cache"
        self._catalog: Catalog | None = None
        self._models: Models | None = None
        self._retriever: Retriever | None = None
        self._renderer: Renderer | None = None

    def close(self) -> None:
        """Let go of the catalog; it is opened anew when it is needed again."""
        with self.lock:
            if self._catalog is not None:
                self._catalog.close()
            self._catalog = self._retriever = self._models = None

    def catalog(self, create: bool = False) -> Catalog:
        """The catalog. Raises `NothingIndexed` where there is none, unless `create`."""
        if self._catalog is None:
            if not create and not self.config.catalog and not self.folder.is_dir():
                raise NothingIndexed(f"there is no index at {self.folder}", "Run `mmrag index FOLDER` first.")
            self._catalog = Catalog.open(self.config.catalog or self.folder / "catalog.db", create=create)
        return self._catalog

    def options(self, **run: Any) -> IndexOptions:
        """What a run of indexing needs to know of the settings; `run` are fields of `IndexOptions`."""
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
    def writing(self, wait: bool, create: bool = False) -> Iterator[Catalog]:
        """The catalog, while nobody else writes to the index. Raises `IndexBusy` unless `wait`."""
        with self.lock:
            if not create:
                self.catalog()  # before the lock, which makes the folder
            with indexing.writer_lock(self.folder, wait):
                yield self.catalog(create=True)

    def models(self, anew: bool = False) -> Models:
        """The models of the index; `anew` where what is stored of them may have changed."""
        if self._models is None or anew:
            catalog = self.catalog()
            self.config = name_models(catalog, self.config)
            self._models = Models(catalog, self.config)
        return self._models

    def retriever(self) -> Retriever:
        """Every channel, brought up to date with the catalog. Raises `NothingIndexed` where there is nothing."""
        retriever = self._opened()
        if retriever.refresh() > SAVE_AFTER:
            self._keep_caches(retriever)
        if not retriever.count():
            raise NothingIndexed(f"nothing is indexed in {self.folder}", "Run `mmrag index FOLDER` first.")
        return retriever

    def renderer(self) -> Renderer:
        """Draws crops from the sources."""
        if self._renderer is None:
            from mmrag.readers import SourceRenderer

            self._renderer = SourceRenderer()
        return self._renderer

    def save_caches(self) -> None:
        """Bring the caches up to date and write them; the caller holds the writer's lock."""
        self._retriever = None  # a first run adds channels
        retriever = self._opened()
        retriever.refresh()
        retriever.save(self._cache)

    def _opened(self) -> Retriever:
        if self._retriever is None:
            catalog, models = self.catalog(), self.models()
            channels = open_channels(catalog, models, self._cache)
            self._retriever = Retriever(catalog, channels, channel_weights(models))
        return self._retriever

    def _keep_caches(self, retriever: Retriever) -> None:
        """Write what a search had to bring up to date, unless a writer is at work, which will write it anyway."""
        with contextlib.suppress(IndexBusy, StorageFull, OSError), indexing.writer_lock(self.folder, wait=False):
            retriever.save(self._cache)
