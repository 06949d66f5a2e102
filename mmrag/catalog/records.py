"""What goes in and out of the catalog besides the nouns of `mmrag.types`. Knows no database."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Literal, TypeAlias

from mmrag.types import Segment, TextOrigin, Word

__all__ = [
    "CatalogSummary",
    "ContentRecord",
    "FileRecord",
    "FileStatus",
    "OcrState",
    "PageRecord",
    "RootRecord",
    "displayable",
    "microseconds",
    "moment",
]

OcrState: TypeAlias = Literal["none", "pending", "done", "failed"]
"""Whether a page waits for recognition: not needed, still to do, done, or given up."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def displayable(path: bytes) -> str:
    r"""A path that any terminal, log and database can hold: bytes that are not UTF-8 become `\xNN`."""
    return path.decode("utf-8", "backslashreplace").replace("\0", "\\x00")


def moment(mtime_ns: int) -> datetime:
    """Nanoseconds since 1970 as a UTC time, cut to microseconds; times no calendar holds become the nearest that is."""
    try:
        return _EPOCH + timedelta(microseconds=mtime_ns // 1000)
    except OverflowError:
        return datetime.max.replace(tzinfo=timezone.utc) if mtime_ns > 0 else datetime.min.replace(tzinfo=timezone.utc)


def microseconds(when: datetime) -> int:
    """Microseconds since 1970, exactly; a time without a zone is local time."""
    return (when.astimezone(timezone.utc) - _EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FileRecord:
    """One place: a path (bytes, absolute), how it looked when last seen, and what became of it.

    `root`, `content` and `upcoming` are ids of the catalog. `content` is what a search sees; `upcoming` is a newer
    version that is still being read. `state` is a `FileState`, or "pending" until the first one is known. `tries`
    counts readings that failed in a row. `hash` is the sha256 (hex) of the bytes when last read.
    """

    path: bytes
    root: int
    size: int
    mtime_ns: int
    inode: int
    device: int
    content: int | None = None
    upcoming: int | None = None
    state: str = "pending"
    reason: str = ""
    tries: int = 0
    hash: str | None = None

    @property
    def name(self) -> str:
        """The file name, as `os.fsdecode` gives it."""
        return os.path.basename(os.fsdecode(self.path))  # noqa: PTH119  (paths are bytes here)


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """One content, known by the sha256 of its bytes (hex).

    `page_count` is None until it is complete. `pages_done` counts the pages stored, `last_page` is the highest of
    their numbers (0 for none), `origins` counts them by where their words come from.
    """

    id: int
    hash: str
    reader: str
    size: int
    page_count: int | None
    pages_done: int
    last_page: int
    complete: bool
    title: str
    origins: Mapping[TextOrigin, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PageRecord:
    """One page to be stored. `number` counts from 1; `width`, `height` and `hidden` as in `Page`."""

    number: int
    width: float
    height: float
    origin: TextOrigin = "none"
    ocr: OcrState = "none"
    words: tuple[Word, ...] = ()
    segments: tuple[Segment, ...] = ()
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class RootRecord:
    """One folder or file that was given to `index`. `device` tells whether another disk is mounted there now."""

    id: int
    path: bytes
    device: int
    file_count: int = 0


@dataclass(frozen=True, slots=True)
class FileStatus:
    """One line of the per-file list of `mmrag status`."""

    path: bytes
    state: str
    reason: str = ""
    pages: int = 0
    pending_ocr: int = 0

    @property
    def shown(self) -> str:
        """The path for people."""
        return displayable(self.path)


@dataclass(frozen=True, slots=True)
class CatalogSummary:
    """What `mmrag status` shows. Counts are of what a search can see; `size` is bytes of the database.

    `models` and `vectors` go by space ("pixels", "text"): fingerprint of the model, and number of vectors.
    `documents` counts contents, `states` counts files.
    """

    roots: tuple[RootRecord, ...] = ()
    states: Mapping[str, int] = field(default_factory=dict)
    files: tuple[FileStatus, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    documents: int = 0
    pages: int = 0
    regions: int = 0
    pending_ocr: int = 0
    vectors: Mapping[str, int] = field(default_factory=dict)
    size: int = 0
    generation: int = 0
    format: int = 0
