"""What all passes of one run share: the catalog, the options, the encoders, the counts of the report."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from mmrag.catalog import Catalog
from mmrag.indexing.encoding import PIXELS
from mmrag.indexing.interrupts import Interrupts
from mmrag.indexing.options import IndexOptions
from mmrag.protocols import Embedder
from mmrag.types import FileOutcome, IndexReport, Progress

__all__ = ["Run"]

_DEFAULT_SIZE = 224
"""Side in pixels of most image encoders, for one that does not name its own."""


@dataclass(slots=True)
class Run:
    """One run of `index`. The counts are of files, except `pages`, `regions` and `hidden`: what was newly stored."""

    catalog: Catalog
    options: IndexOptions
    embedders: Mapping[str, Embedder]
    interrupts: Interrupts
    progress: Callable[[Progress], None] | None = None
    max_weight: int = 256 << 20
    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    pages: int = 0
    regions: int = 0
    hidden: int = 0
    failed: list[FileOutcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def tell(self, progress: Progress) -> None:
        """Pass on a step to whoever shows it."""
        if self.progress is not None:
            self.progress(progress)

    def image_size(self) -> int | None:
        """Side in pixels that the image encoder looks at, None where there is none."""
        if PIXELS not in self.embedders:
            return None
        return int(getattr(self.embedders[PIXELS], "image_size", _DEFAULT_SIZE))

    def load_embedders(self) -> None:
        """Have every encoder loaded; a mapping may load one when it is first asked for."""
        for space in self.embedders:
            self.embedders[space]

    def report(self, pending_ocr: int) -> IndexReport:
        """The counts so far."""
        return IndexReport(
            added=self.added,
            updated=self.updated,
            moved=self.moved,
            removed=self.removed,
            unchanged=self.unchanged,
            failed=tuple(self.failed),
            pending_ocr=pending_ocr,
            pages=self.pages,
            regions=self.regions,
            seconds=time.monotonic() - self.started,
            hidden=self.hidden,
            notes=tuple(self.notes),
        )
