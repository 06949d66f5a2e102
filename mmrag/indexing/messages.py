"""What the main process and its workers tell each other. Knows no process and no pipe.

They travel by `multiprocessing.connection` between two ends of a private socket pair that are both this program.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.indexing.options import IndexOptions
from mmrag.types import FileState, Segment, TextOrigin, Word

__all__ = [
    "Event",
    "Failed",
    "Finished",
    "Job",
    "Lost",
    "NoRecognizer",
    "Opened",
    "PageDone",
    "Pixels",
    "ReadPage",
    "Ready",
    "Retired",
    "Settings",
    "Stamp",
]

Pixels: TypeAlias = npt.NDArray[np.uint8]
"""Shape (height, width, 3), RGB."""
Stamp: TypeAlias = tuple[int, int, int]
"""Size in bytes, mtime in nanoseconds, inode: the same before and after a reading if nobody wrote in between."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a worker is told once. `image_size`: side in pixels that the image encoder looks at, None for no encoder."""

    options: IndexOptions
    image_size: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """One file to read, or pages of it to recognise.

    `pages`: numbers to recognise; () reads the file from page `start` on. `hash` is what the bytes are expected to be,
    `stamp` when that was found; a file that is another one by now is read from its beginning.
    """

    id: int
    path: bytes
    size: int
    task: Literal["read", "recognize"] = "read"
    start: int = 1
    pages: tuple[int, ...] = ()
    hash: str | None = None
    stamp: Stamp | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """A worker has started."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A file's bytes are known, and its pages follow. A second one for a job: it has changed, all is read anew."""

    job: int
    reader: str
    hash: str
    stamp: Stamp
    device: int


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What is to be stored of a page; the fields of the catalog's `PageRecord`, which workers need not load."""

    number: int
    width: float
    height: float
    origin: TextOrigin
    ocr: Literal["none", "pending", "done", "failed"]
    words: tuple[Word, ...]
    segments: tuple[Segment, ...]
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class PageDone:
    """A page, read or recognised; `record` None: recognition found nothing to add.

    `pictures`: pixels of segments, by their place in `record.segments`.
    """

    job: int
    number: int
    record: ReadPage | None
    pictures: tuple[tuple[int, Pixels], ...] = field(default=(), repr=False)
    count: int = 1
    title: str = ""

    @property
    def weight(self) -> int:
        """Bytes of its pixels, and a guess at the rest."""
        return 50_000 + sum(pixels.nbytes for _, pixels in self.pictures)


@dataclass(frozen=True, slots=True)
class Lost:
    """A page that could not be had: it hung, or its reader crashed twice."""

    job: int
    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class Retired:
    """The worker has served long enough; the job goes on behind page `number` in a fresh one."""

    job: int
    number: int


@dataclass(frozen=True, slots=True)
class Finished:
    """Every page of the job was sent."""

    job: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The job ends here. `again`: the next run should try it even if the file looks the same."""

    job: int
    state: FileState
    reason: str
    again: bool = False


@dataclass(frozen=True, slots=True)
class NoRecognizer:
    """Nothing on this machine can recognise text in the languages asked for."""

    job: int


Event: TypeAlias = Opened | PageDone | Lost | Finished | Failed | NoRecognizer
"""What the main process is told of a job, in order."""
