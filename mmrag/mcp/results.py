"""What the tools return, as types: clients are told their JSON schema, and get data that fits it.

Fields may be added, never renamed or removed. Boxes are [left, top, right, bottom] in fractions of the page.
"""

from __future__ import annotations

from pydantic import BaseModel, Field

from mmrag.types import Label, RegionKind, TextOrigin

__all__ = [
    "Answered",
    "Checked",
    "Cited",
    "Failed",
    "Found",
    "FoundPage",
    "PageRead",
    "Part",
    "Source",
    "Status",
    "Verified",
]

PAGE_ID = "Opaque name of the page, for read_page."
BOX = "Rectangle on the page: left, top, right, bottom, each from 0 to 1."


class FoundPage(BaseModel):
    """A page that a search found, by its best region."""

    label: str = Field(description="E1, E2 and so on, best first.")
    page_id: str = Field(description=PAGE_ID)
    path: str = Field(description="The file, to be shown to the user.")
    page: int
    pages: int = Field(description="Number of pages of the file.")
    kind: RegionKind
    box: list[float] = Field(description=BOX)
    text: str = Field(description="Text of the region; read_page has the whole page.")
    cut: bool = Field(description="Whether the text goes on.")
    headings: list[str]
    score: float
    stale: bool = Field(description="Whether the file has changed since it was read.")
    warning: str = Field(description="Says so where the page holds words that cannot be seen; empty elsewhere.")
    also_at: list[str] = Field(description="Further copies of the same file.")


class Found(BaseModel):
    """What `search` returns."""

    query: str
    hits: list[FoundPage]


class Cited(BaseModel):
    """Where a claim stands. All but the quote are null where it stands in a text that the client gave."""

    label: str | None
    page_id: str | None = Field(description=PAGE_ID)
    path: str | None
    page: int | None
    box: list[float] | None = Field(description=BOX)
    quote: str = Field(description="The words on the page that carry the claim.")


class Checked(BaseModel):
    """One claim and what the pages say of it."""

    text: str
    verdict: Label
    probability: float = Field(description="Chance, 0 to 1, that the claim is supported.")
    reason: str
    citations: list[Cited]
    corrects: str | None = Field(description="The drafted claim, with a wrong number, that this one stands in for.")


class Source(BaseModel):
    """A page that was looked at for an answer."""

    label: str
    page_id: str = Field(description=PAGE_ID)
    path: str
    page: int
    kind: RegionKind
    snippet: str
    stale: bool


class Answered(BaseModel):
    """What `ask` returns."""

    question: str
    text: str | None = Field(description="The answer; null where the files do not carry one.")
    abstained: bool
    reason: str = Field(description="Why there is no answer, or what was struck out of it.")
    probability: float | None = Field(description="Chance, 0 to 1, that the whole text is right.")
    claims: list[Checked] = Field(description="Every claim that was checked, also those not shown in the text.")
    evidence: list[Source]
    models: dict[str, str]
    seconds: float


class Verified(BaseModel):
    """What `verify` returns."""

    claim: str
    verdict: Label
    probability: float = Field(description="Chance, 0 to 1, that the evidence supports the claim.")
    reason: str
    citations: list[Cited]
    seconds: float


class Part(BaseModel):
    """A figure, table or picture on a page."""

    kind: RegionKind
    box: list[float] = Field(description=BOX)


class PageRead(BaseModel):
    """What `read_page` returns, beside the image where one is asked for."""

    page_id: str
    path: str
    page: int
    pages: int
    title: str
    headings: list[str]
    text: str
    text_from: TextOrigin = Field(description="The file's own text, character recognition, or none.")
    start: int = Field(description="Where in the page's text this one starts, in characters.")
    rest: int = Field(description="Characters of the page that come after this text.")
    parts: list[Part] = Field(description="Figures, tables and pictures; look at them with image=true.")
    previous_page_id: str | None
    next_page_id: str | None


class Failed(BaseModel):
    """A file that could not be indexed."""

    path: str
    state: str
    reason: str


class Status(BaseModel):
    """What `status` returns."""

    index: str
    ready: bool
    files: dict[str, int] = Field(description="Number of files in each state.")
    pages: int
    regions: int
    pending_ocr: int = Field(description="Pages whose characters are still to be recognised.")
    profile: str
    models: dict[str, str]
    roots: list[str] = Field(description="The indexed folders.")
    failed: list[Failed] = Field(description="The first files that could not be indexed, and why.")
    version: str
