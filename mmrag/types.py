"""The nouns: frozen values that every layer passes on.

Knows nothing of files, models or databases; imports nothing from mmrag. All boxes are fractions of the page as it is
displayed (CropBox, rotation and EXIF orientation applied), origin top left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

__all__ = [
    "Answer",
    "AnswerEvent",
    "AnswerStage",
    "Block",
    "Box",
    "Citation",
    "Claim",
    "Document",
    "Draft",
    "Evidence",
    "FileOutcome",
    "FileState",
    "Filters",
    "Hit",
    "IndexReport",
    "Label",
    "Page",
    "Part",
    "Place",
    "Progress",
    "Region",
    "RegionKind",
    "Segment",
    "TextOrigin",
    "Vectors",
    "Verdict",
    "Word",
]

Vectors: TypeAlias = "npt.NDArray[np.float32]"
"""Shape (n, dim), float32, every row of Euclidean length 1."""
RegionKind: TypeAlias = Literal["page", "passage", "figure", "table", "picture", "tile"]
Label: TypeAlias = Literal["supported", "contradicted", "not_found"]
TextOrigin: TypeAlias = Literal["layer", "ocr", "none"]
"""Where a page's words come from: the file's own text, recognition, or nowhere (yet)."""
AnswerStage: TypeAlias = Literal["searching", "answering", "checking", "claim"]
FileState: TypeAlias = Literal["indexed", "unchanged", "locked", "damaged", "too_large", "unsupported", "failed"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page as displayed, in fractions of its width and height, origin top left."""

    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0

    @property
    def area(self) -> float:
        """Share of the page that the box covers, 0 to 1; an inverted box covers nothing."""
        return max(0.0, self.right - self.left) * max(0.0, self.bottom - self.top)

    def intersection(self, other: Box) -> float:
        """Share of the page that both boxes cover, 0 where they do not meet."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    def union(self, other: Box) -> Box:
        """The smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it stands on the page; `text` holds no whitespace."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Block:
    """A run of `Page.words[start:stop]` that the file or the layout sets as one paragraph, heading or cell.

    `level` is 0 for body text, 1 for the most important kind of heading on the page, 2 for the next, and so on.
    `size` is the height of its type as a fraction of the page height.
    """

    box: Box
    start: int
    stop: int
    level: int = 0
    size: float = 0.0


@dataclass(frozen=True, slots=True)
class Document:
    """One file, known by its content: moving or renaming it does not change `id` (sha256 of its bytes, hex)."""

    id: str
    path: Path
    page_count: int
    title: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One page as read: words in reading order, geometry, and pixels if asked for. A photo is a document of one page.

    `width` and `height` are PDF points, or pixels for a picture. `headings` is the path of titles in force at the top
    of the page, outermost first. `hidden` counts words that the file has on this page and that cannot be seen there;
    they are no part of `words`. `count` and `title` are facts of the document that every page repeats, so that
    reading stays one stream.
    """

    number: int
    width: float
    height: float
    words: tuple[Word, ...] = ()
    blocks: tuple[Block, ...] = ()
    pictures: tuple[Box, ...] = ()
    drawings: tuple[Box, ...] = ()
    tables: tuple[Box, ...] = ()
    headings: tuple[str, ...] = ()
    origin: TextOrigin = "none"
    hidden: int = 0
    count: int = 1
    title: str = ""
    image: Image | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Segment:
    """A rectangle of a page worth indexing, before the catalog gives it an id and makes it a `Region`."""

    kind: RegionKind
    box: Box = Box()
    text: str = ""
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Region:
    """The one unit that is indexed, retrieved, shown and cited: a rectangle of a page.

    Immutable under its id: a page that is read again gets new regions with new ids. `hidden` as in `Page`, of all of
    its page.
    """

    id: int
    document: Document
    page: int
    kind: RegionKind = "page"
    box: Box = Box()
    text: str = ""
    headings: tuple[str, ...] = ()
    origin: TextOrigin = "layer"
    hidden: int = 0

    def __str__(self) -> str:
        return f"{self.document.path.name} p.{self.page} [{self.kind}]"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a content lies: one path of a `Document`, as last seen. `mtime` is UTC."""

    path: Path
    size: int
    mtime: datetime


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search is limited to. `paths` are globs on the absolute path or the file name; any one may match."""

    paths: tuple[str, ...] = ()
    kinds: tuple[RegionKind, ...] = ()
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A region one channel found, before fusion; a larger score is better, and only comparable inside the channel."""

    region_id: int
    score: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """A page's best region for one question, with the label ("E1") an answer cites it by.

    `channels` holds each channel's own score. `also` are further regions of the same page, `also_at` further places
    of the same content. `stale`: the file has changed since it was read.
    """

    label: str
    region: Region
    score: float
    channels: Mapping[str, float] = field(default_factory=dict, compare=False)
    stale: bool = False
    also: tuple[Region, ...] = ()
    also_at: tuple[Path, ...] = ()
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """The spot that carries a claim; `box` is None where no exact rectangle is known, never a guess."""

    region: Region
    box: Box | None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a draft: `text` as an answer would show it, `claim` as a statement that can be checked by itself.

    A short answer is no statement, so its claim says what it answers ("Packaging, 2019: 2,230"). `labels` are those of
    the evidence it cites. `confidence` is the generator's own chance that the piece answers the question, None where
    it cannot say. `citations` are where the generator took it from: looked at by the verifier, never believed.
    """

    text: str
    claim: str
    labels: tuple[str, ...] = ()
    confidence: float | None = None
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator wrote. Not shown to anyone until it becomes an `Answer`.

    `parts` is () where a model wrote running text, which the verifier then splits; an empty `text` without parts says
    that the evidence does not answer, and `note` why. `usage` are the tokens of prompt and completion where counted.
    """

    question: str
    text: str
    parts: tuple[Part, ...] = ()
    note: str = ""
    usage: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence says of one claim; `probability` is the calibrated chance that it is supported."""

    label: Label
    probability: float
    reason: str = ""
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Claim:
    """One checkable statement of an answer; several facts in one statement share a verdict, that of the worst.

    `corrects` is the drafted statement that this one stands in for, with the page's number in place of a wrong one;
    "" for all others.
    """

    text: str
    verdict: Verdict
    corrects: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """A verified draft. `text` is None when the evidence does not carry an answer; `reason` says why.

    `claims` are all that were checked, also those struck out of `text`. `usage` as in `Draft`. `probability` is the
    chance that all of `text` is right, None where nobody can say.
    """

    question: str
    text: str | None
    reason: str
    claims: tuple[Claim, ...]
    evidence: tuple[Evidence, ...]
    models: Mapping[str, str] = field(default_factory=dict)
    usage: tuple[int, int] | None = None
    probability: float | None = None


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """The one state that a file ended in, with the reason and what to do where it is not indexed."""

    path: Path
    state: FileState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What one run of `index` did. `files` = added + updated + moved + unchanged + len(failed).

    `hidden` counts pages, of those newly read, that hold words which cannot be seen.
    """

    added: int = 0
    updated: int = 0
    moved: int = 0
    removed: int = 0
    unchanged: int = 0
    failed: tuple[FileOutcome, ...] = ()
    pending_ocr: int = 0
    pages: int = 0
    regions: int = 0
    seconds: float = 0.0
    profile: str = ""
    hidden: int = 0
    notes: tuple[str, ...] = ()

    @property
    def files(self) -> int:
        """Every file that the run looked at and that is still there."""
        return self.added + self.updated + self.moved + self.unchanged + len(self.failed)


@dataclass(frozen=True, slots=True)
class Progress:
    """A step of a long run, for whoever shows it. `stage`: scan, read, ocr or save; totals are None until known."""

    stage: str
    files_done: int = 0
    files_total: int | None = None
    pages_done: int = 0
    pages_total: int | None = None
    path: Path | None = None


@dataclass(frozen=True, slots=True)
class AnswerEvent:
    """A step on the way to an answer, for whoever shows it; `claim` comes with stage "claim", after its verdict.

    `evidence` comes with stage "answering": the pages that the answer is looked for on.
    """

    stage: AnswerStage
    claim: Claim | None = None
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)
