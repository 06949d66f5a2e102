"""What the tools and resources do, over one corpus: values of mmrag to the typed results. Knows no protocol."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from typing import get_args as choices

from mmrag import __version__
from mmrag.corpus.pages import IndexedPages, page_name
from mmrag.display import answer_json, clean, draw_boxes, is_given_text, shown_path, status_json, verify_json
from mmrag.display.cited import hidden_note
from mmrag.display.documents import box_json
from mmrag.errors import NothingIndexed, UsageError
from mmrag.mcp.results import (
    Answered,
    Checked,
    Cited,
    Failed,
    Found,
    FoundPage,
    PageRead,
    Part,
    Source,
    Status,
    Verified,
)
from mmrag.types import Answer, AnswerEvent, Box, Citation, Claim, Evidence, Filters, Region, RegionKind

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.corpus import Corpus

__all__ = ["LONGEST_HIT", "LONGEST_PAGE", "Service", "picture_bytes", "wanted"]

LONGEST_HIT = 2_000
"""Characters of a hit's text."""
LONGEST_PAGE = 20_000
"""Characters of a page that one call returns."""
MOST_BYTES = 700_000
"""Of a picture: assistants refuse results of more than about a megabyte, and base64 adds a third."""
FAILED = 50
LOOKED_AT = ("figure", "table", "picture")


class Service:
    """Searches, answers, checks and reads over one corpus. Every method may be called from any thread."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._pages = IndexedPages(corpus)

    def search(self, query: str, k: int = 5, filters: Filters | None = None) -> Found:
        """The k best pages. Raises what `Corpus.search` raises."""
        return Found(query=query, hits=[_hit(one) for one in self._corpus.search(query, k, filters)])

    def ask(
        self,
        question: str,
        k: int = 8,
        max_risk: float | None = None,
        filters: Filters | None = None,
        progress: Callable[[AnswerEvent], None] | None = None,
    ) -> Answered:
        """A checked answer, or a refusal. Raises what `Corpus.ask` raises."""
        start = time.perf_counter()
        answer = self._corpus.ask(question, k, filters, max_risk, progress)
        told = answer_json(answer, time.perf_counter() - start)
        claims = [_checked(claim, answer) for claim in answer.claims]
        evidence = [_source(one) for one in answer.evidence]
        told["text"] = None if answer.text is None else clean(answer.text, lines=True)
        told["reason"] = clean(answer.reason, lines=True)
        kept = ("question", "text", "abstained", "reason", "probability", "models", "seconds")
        return Answered(**{name: told[name] for name in kept}, claims=claims, evidence=evidence)

    def verify(self, claim: str, evidence: str | None = None, question: str = "") -> Verified:
        """The verdict on a claim, against a text or the index; never against a file that the caller names."""
        start = time.perf_counter()
        checked = self._corpus.verify(claim, evidence, question)
        told = verify_json(checked, time.perf_counter() - start)
        told["citations"] = [_cited(one, None) for one in checked.verdict.citations]
        return Verified(**told)

    def page(self, page_id: str, start: int = 0) -> PageRead:
        """The text of a page, from a character on. Raises `UsageError` for a page that there is not."""
        regions = self._pages.named(page_id)
        whole = regions[0]
        text = clean(whole.text, lines=True)
        count = whole.document.page_count
        shown = text[start : start + LONGEST_PAGE]
        return PageRead(
            page_id=page_name(whole),
            path=shown_path(whole.document.path),
            page=whole.page,
            pages=count,
            title=clean(whole.document.title),
            headings=[clean(one) for one in whole.headings],
            text=shown,
            text_from=whole.origin,
            start=start,
            rest=max(0, len(text) - start - len(shown)),
            parts=[Part(kind=one.kind, box=box_json(one.box)) for one in regions if one.kind in LOOKED_AT],
            previous_page_id=page_name(whole, whole.page - 1) if whole.page > 1 else None,
            next_page_id=page_name(whole, whole.page + 1) if whole.page < count else None,
        )

    def image(self, page_id: str, box: Sequence[float] | None = None, long_side: int = 1000) -> Image:
        """The page as a picture, with the box marked where one is given; raises as `page` and `Corpus.crop` do."""
        whole = self._pages.named(page_id)[0]
        marked = [_box(box)] if box is not None else []
        return draw_boxes(self._corpus.crop(whole, long_side), marked)

    def status(self) -> Status:
        """What the index holds; an index that is not there is one that is not ready."""
        shown = shown_path(self._corpus.folder)
        try:
            told = status_json(self._corpus.status())
        except NothingIndexed:
            return Status(
                index=shown, ready=False, files={}, pages=0, regions=0, pending_ocr=0, profile="", models={},
                roots=[], failed=[], version=__version__,
            )  # fmt: skip
        failed = [file for file in told["files"] if file["state"] not in ("indexed", "unchanged")]
        return Status(
            index=shown,
            ready=told["pages"] > 0,
            files=told["states"],
            failed=[Failed(path=one["path"], state=one["state"], reason=one["reason"]) for one in failed[:FAILED]],
            roots=[root["path"] for root in told["roots"]],
            version=__version__,
            **{name: told[name] for name in ("pages", "regions", "pending_ocr", "profile", "models")},
        )


def wanted(
    paths: Sequence[str] = (), kinds: Sequence[str] = (), since: date | None = None, until: date | None = None
) -> Filters | None:
    """Filters from plain values, None for none; both days count whole, in local time."""
    if not (paths or kinds or since or until):
        return None
    kept: tuple[RegionKind, ...] = tuple(kind for kind in choices(RegionKind) if kind in kinds)
    first = datetime.combine(since, datetime.min.time()).astimezone() if since else None
    last = datetime.combine(until, datetime.max.time()).astimezone() if until else None
    if first and last and first > last:
        raise UsageError(f"since {since} is later than until {until}", "Swap them.")
    return Filters(tuple(paths), kept, first, last)


def picture_bytes(image: Image, most: int = MOST_BYTES) -> tuple[bytes, str]:
    """A picture as a file and its MIME type: PNG where it fits, since JPEG blurs small print."""
    for quality in (None, 88, 75, 60):
        stream = io.BytesIO()
        if quality is None:
            image.save(stream, "PNG")
        else:
            image.save(stream, "JPEG", quality=quality)
        if stream.tell() <= most:
            break
    else:
        return picture_bytes(image.resize((max(1, image.width // 2), max(1, image.height // 2))), most)
    return stream.getvalue(), "image/png" if quality is None else "image/jpeg"


def _hit(evidence: Evidence) -> FoundPage:
    region = evidence.region
    text = clean(region.text, lines=True)
    return FoundPage(
        label=evidence.label,
        page_id=page_name(region),
        path=shown_path(region.document.path),
        page=region.page,
        pages=region.document.page_count,
        kind=region.kind,
        box=box_json(region.box),
        text=text[:LONGEST_HIT],
        cut=len(text) > LONGEST_HIT,
        headings=[clean(one) for one in region.headings],
        score=round(float(evidence.score), 5),
        stale=evidence.stale,
        warning=hidden_note(region),
        also_at=[shown_path(path) for path in evidence.also_at],
    )


def _source(evidence: Evidence) -> Source:
    region = evidence.region
    return Source(
        label=evidence.label,
        page_id=page_name(region),
        path=shown_path(region.document.path),
        page=region.page,
        kind=region.kind,
        snippet=clean(evidence.snippet),
        stale=evidence.stale,
    )


def _checked(claim: Claim, answer: Answer) -> Checked:
    return Checked(
        text=clean(claim.text, lines=True),
        verdict=claim.verdict.label,
        probability=claim.verdict.probability,
        reason=clean(claim.verdict.reason),
        citations=[_cited(one, answer) for one in claim.verdict.citations],
        corrects=claim.corrects or None,
    )


def _cited(citation: Citation, answer: Answer | None) -> Cited:
    region = citation.region
    quote = clean(citation.quote)
    if is_given_text(region):
        return Cited(label=None, page_id=None, path=None, page=None, box=None, quote=quote)
    return Cited(
        label=_label(region, answer),
        page_id=page_name(region),
        path=shown_path(region.document.path),
        page=region.page,
        box=None if citation.box is None else box_json(citation.box),
        quote=quote,
    )


def _label(region: Region, answer: Answer | None) -> str | None:
    for one in answer.evidence if answer else ():
        if (one.region.document.id, one.region.page) == (region.document.id, region.page):
            return one.label
    return None


def _box(sides: Sequence[float]) -> Box:
    if len(sides) != 4 or not (0 <= sides[0] < sides[2] <= 1 and 0 <= sides[1] < sides[3] <= 1):
        raise UsageError("that is no box", "Give left, top, right, bottom, each from 0 to 1, as a citation has them.")
    return Box(*sides)
