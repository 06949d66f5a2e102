"""How a folder is to be brought into the index: plain values that can be sent to a worker process.

Knows no catalog, no file and no model.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mmrag.errors import UsageError
from mmrag.protocols import Limits

__all__ = ["IndexOptions"]


@dataclass(frozen=True, slots=True)
class IndexOptions:
    """Everything that one run of `index` can be told.

    `exclude`: patterns as in a .gitignore, relative to each root. `skip`: folders never looked into (the index's own).
    `ocr`: "auto", "off" or languages such as "ko+en". `text`: the text encoder, whose tokens limit the length of a
    passage; None or "none" where there is none. `workers`: 0 means one for each core. `readers`: pairs of a suffix with
    its dot and a name in the registry, or `"module:attribute"`, that go before the built-in choice.
    """

    exclude: tuple[str, ...] = ()
    skip: tuple[Path, ...] = ()
    ocr: str = "auto"
    regions: Literal["all", "page"] = "all"
    text: str | None = None
    workers: int = 0
    passwords: tuple[str, ...] = ()
    prune: bool = False
    """Take what is not there for deleted, also where a whole root is missing or empty."""
    retry_failed: bool = False
    limits: Limits = field(default_factory=Limits)
    readers: tuple[tuple[str, str], ...] = ()
    page_seconds: float = 10.0
    """Longest time to read one page; the page is then left out and reading goes on behind it."""
    ocr_seconds: float = 30.0
    silent_seconds: float = 30.0
    """A file is stopped after this time without a finished page."""
    batch_pages: int = 64
    batch_seconds: float = 5.0
    """A batch is committed when it holds `batch_pages` or took this long to gather."""
    worker_memory: int = 2 << 30
    """Bytes of address space of a worker that reads; one that recognises text gets twice that."""
    worker_pages: int = 500
    """A worker is replaced by a fresh one after this many pages, so that leaks in a reader stay small."""

    def __post_init__(self) -> None:
        """Raises `UsageError` for values that cannot be used."""
        if self.workers < 0:
            raise UsageError(f"workers cannot be {self.workers}", "Use 0 for one worker a core, or a positive number.")
        if self.batch_pages < 1 or self.worker_pages < 1:
            raise UsageError("a batch and a worker's life must be at least one page", "Use a positive number.")

    def worker_count(self) -> int:
        """How many worker processes to run at most: as asked, or one for each core that this process may use."""
        if self.workers:
            return self.workers
        if hasattr(os, "sched_getaffinity"):
            return max(1, len(os.sched_getaffinity(0)))
        return os.cpu_count() or 1

    def reader_for(self, suffixes: Sequence[str]) -> str | None:
        """The reader that was named for one of these suffixes, or None for the built-in choice."""
        named = dict(self.readers)
        return next((named[suffix] for suffix in suffixes if suffix in named), None)
