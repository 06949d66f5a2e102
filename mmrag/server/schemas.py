"""The documents of the HTTP interface, for its OpenAPI description and to check what comes in.

What goes out has the shapes of `mmrag.display`; these models describe it, and the tests hold them against it.
"""

from __future__ import annotations

from typing import Any, Literal, Optional

from pydantic import BaseModel, ConfigDict, Field

from mmrag.corpus.answering import MAX_CLAIM
from mmrag.retrieval import MAX_QUESTION

__all__ = [
    "AnswerDocument", "AskRequest", "ClaimDocument", "ConversationDocument", "ConversationLine", "ErrorDocument",
    "HitDocument", "IndexRequest", "SearchDocument", "StatusDocument", "VerifyDocument", "VerifyRequest",
]  # fmt: skip

Verdict = Literal["supported", "contradicted", "not_found"]
Sides = list[float]


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskRequest(_Request):
    """A question."""

    question: str = Field(min_length=1, max_length=MAX_QUESTION, examples=["What was the revenue in Q3?"])
    conversation: Optional[str] = Field(None, max_length=200, description="Id of a conversation to go on with.")  # noqa: UP045
    k: int = Field(8, ge=1, le=50, description="How many pages to look at.")
    max_risk: Optional[float] = Field(  # noqa: UP045
        None, ge=0, le=1, description="Chance that you accept of what is shown being wrong; 0.4 if left out."
    )


class VerifyRequest(_Request):
    """A claim, and the text to check it against; without one the index is searched."""

    claim: str = Field(min_length=1, max_length=MAX_CLAIM, examples=["Revenue grew by 12 % in 2024."])
    evidence: Optional[str] = Field(None, max_length=1_000_000)  # noqa: UP045


class IndexRequest(_Request):
    """How to bring the index up to date."""

    retry_failed: bool = Field(False, description="Try files again that failed before and have not changed.")


class _Document(BaseModel):
    model_config = ConfigDict(extra="allow")


class ErrorBody(_Document):
    """What went wrong and what to do about it."""

    code: str
    message: str
    hint: str = ""


class ErrorDocument(_Document):
    """Every error."""

    error: ErrorBody


class Spot(_Document):
    """A region of a page."""

    page: int
    kind: str
    box: Sides = Field(description="[left, top, right, bottom] in fractions of the page")
    text: str
    page_id: Optional[str] = None  # noqa: UP045


class HitDocument(_Document):
    """A page found, by its best region."""

    rank: int
    label: str
    path: Optional[str]  # noqa: UP045
    page: int
    pages: int
    kind: str
    box: Sides
    text: str
    snippet: str
    headings: list[str]
    origin: str = Field(description="Where the words come from: layer, ocr or none")
    score: float
    channels: dict[str, float]
    stale: bool = Field(description="The file has changed since it was read")
    hidden_words: int = Field(description="Words that the file has on the page and that cannot be seen there")
    warning: Optional[str] = Field(description="The same in words, null where there are none")  # noqa: UP045
    document: str = Field(description="sha256 of the file's bytes")
    page_id: Optional[str] = Field(description="For `/api/pages/{page_id}.png`")  # noqa: UP045
    also: list[Spot]
    also_at: list[str]


class CitationDocument(_Document):
    """The spot that carries a claim."""

    label: Optional[str]  # noqa: UP045
    path: Optional[str]  # noqa: UP045
    page: Optional[int]  # noqa: UP045
    box: Optional[Sides]  # noqa: UP045
    quote: str
    hidden_words: int
    warning: Optional[str]  # noqa: UP045
    page_id: Optional[str]  # noqa: UP045


class _Judged(_Document):
    verdict: Verdict
    probability: float = Field(description="Chance that the evidence supports the claim")
    reason: str
    citations: list[CitationDocument]


class ClaimDocument(_Judged):
    """One checked statement."""

    text: str
    corrects: Optional[str]  # noqa: UP045


class VerifyDocument(_Judged):
    """The verdict on a claim."""

    claim: str
    seconds: float


class SearchDocument(_Document):
    """The answer of a search."""

    query: str
    hits: list[HitDocument]


class AnswerDocument(_Document):
    """A checked answer, or a refusal (`text` null, `reason` says why)."""

    question: str = Field(description="The complete question that was answered")
    text: Optional[str]  # noqa: UP045
    abstained: bool
    reason: str
    probability: Optional[float]  # noqa: UP045
    claims: list[ClaimDocument]
    evidence: list[HitDocument]
    models: dict[str, str]
    usage: Optional[dict[str, int]]  # noqa: UP045
    seconds: Optional[float]  # noqa: UP045
    conversation: Optional[str] = None  # noqa: UP045


class ConversationLine(_Document):
    """One conversation of the list."""

    id: str
    title: str
    started: str
    updated: str
    turns: int


class TurnDocument(_Document):
    """A question and what was answered then."""

    question: str
    time: str
    answer: AnswerDocument


class ConversationDocument(_Document):
    """A conversation, oldest turn first."""

    id: str
    turns: list[TurnDocument]


class StatusDocument(_Document):
    """What the index holds and what is being done to it."""

    index: str
    ready: bool
    files: dict[str, int]
    pages: int
    regions: int
    pending_ocr: int
    profile: str
    models: dict[str, str]
    roots: list[dict[str, Any]]
    failed: list[dict[str, Any]]
    indexing: Optional[dict[str, Any]]  # noqa: UP045
    version: str
