"""The JSON of `mmrag.display` with the ids by which a client asks for page images, and conversations in its shape.

Knows values and the catalog; no HTTP.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mmrag.catalog import Catalog, ConversationRecord, TurnCitation, TurnClaim, TurnEvidence, TurnRecord
from mmrag.display import (
    answer_json,
    claim_json,
    clean,
    evidence_json,
    is_given_text,
    path_fields,
    shown_path,
    verify_json,
)
from mmrag.server.desk import Answered, Desk
from mmrag.server.pictures import PageIds
from mmrag.types import Answer, Box, Citation, Claim, Document, Evidence, Region, Verdict

__all__ = [
    "answered_shape",
    "claim_shape",
    "conversation_shape",
    "conversations_shape",
    "hits_shape",
    "status_shape",
    "verified_shape",
]

MOST_FAILED = 1000
_FINE = ("indexed", "unchanged", "pending")


def hits_shape(hits: Sequence[Evidence], ids: PageIds) -> list[dict[str, Any]]:
    """Hits as `mmrag search --json`, each and each of its `also` with a `page_id`."""
    return [_hit(hit, rank, ids) for rank, hit in enumerate(hits, 1)]


def claim_shape(claim: Claim, evidence: Sequence[Evidence], ids: PageIds) -> dict[str, Any]:
    """A claim as `mmrag ask --json`, each citation with a `page_id`, null where it lies in no file."""
    return _with_ids(claim_json(claim, evidence), claim, ids)


def verified_shape(claim: Claim, seconds: float, ids: PageIds) -> dict[str, Any]:
    """As `mmrag verify --json`."""
    return _with_ids(verify_json(claim, seconds), claim, ids)


def answered_shape(answered: Answered, ids: PageIds) -> dict[str, Any]:
    """As `mmrag ask --json`, and how the question was understood in its conversation."""
    return {
        **_answer(answered.answer, answered.seconds, ids),
        "conversation": answered.conversation,
        "turn": answered.turn,
        "follows": answered.follows,
        "how": answered.how,
        "dropped": [clean(line) for line in answered.dropped],
        "unsaved": clean(answered.unsaved),
    }


def conversations_shape(kept: Sequence[ConversationRecord]) -> list[dict[str, Any]]:
    """The conversations, the one last spoken in first."""
    return [
        {
            "id": one.name,
            "title": one.title,
            "started": one.started.isoformat(),
            "updated": one.last.isoformat(),
            "turns": one.turns,
        }
        for one in kept
    ]


def conversation_shape(name: str, turns: Sequence[TurnRecord], catalog: Catalog, ids: PageIds) -> dict[str, Any]:
    """The turns of a conversation; verdicts are those of then, paths and ids those of now."""
    known = _Known(catalog)
    return {
        "id": name,
        "turns": [
            {
                "question": turn.asked,
                "time": turn.time.isoformat(),
                "answer": {**_answer(known.answer(turn), None, ids), "how": turn.how},
            }
            for turn in turns
        ],
    }


def status_shape(desk: Desk, version: str) -> dict[str, Any]:
    """What `/api/status` gives where there is an index. Raises `NothingIndexed`."""
    held, catalog = desk.summary(), desk.catalog()
    models = {space: catalog.get_meta(f"model:{space}") or "none" for space in ("text", "pixels")}
    failed = [file for file in held.files if file.state not in _FINE]
    return {
        "index": shown_path(desk.folder),
        "ready": held.regions > 0,
        "files": dict(held.states),
        "documents": held.documents,
        "pages": held.pages,
        "regions": held.regions,
        "pending_ocr": held.pending_ocr,
        "profile": desk.profile,
        "models": {**models, "generator": desk.llm or "extractive"},
        "roots": [{**path_fields(os.fsdecode(root.path)), "files": root.file_count} for root in held.roots],
        "failed": [
            {**path_fields(os.fsdecode(file.path)), "state": file.state, "reason": clean(file.reason)}
            for file in failed[:MOST_FAILED]
        ],
        "failed_total": len(failed),
        "indexing": desk.updating.state(),
        "version": version,
    }


def _answer(answer: Answer, seconds: float | None, ids: PageIds) -> dict[str, Any]:
    document = answer_json(answer, seconds or 0.0)
    document["claims"] = [claim_shape(claim, answer.evidence, ids) for claim in answer.claims]
    document["evidence"] = hits_shape(answer.evidence, ids)
    return {**document, "seconds": None if seconds is None else document["seconds"]}


def _hit(hit: Evidence, rank: int, ids: PageIds) -> dict[str, Any]:
    document = evidence_json(hit, rank)
    for shape, region in zip(document["also"], hit.also, strict=True):
        shape["page_id"] = _page_id(region, (region.box,), ids)
    if is_given_text(hit.region):
        document["path"] = None  # of an earlier turn, and not indexed any more
    return {**document, "page_id": _page_id(hit.region, (hit.region.box,), ids)}


def _with_ids(document: dict[str, Any], claim: Claim, ids: PageIds) -> dict[str, Any]:
    for shape, citation in zip(document["citations"], claim.verdict.citations, strict=True):
        boxes = () if citation.box is None else (citation.box,)
        shape["page_id"] = _page_id(citation.region, boxes, ids)
    return document


def _page_id(region: Region, boxes: Sequence[Box], ids: PageIds) -> str | None:
    return None if is_given_text(region) else ids.give(region.document.id, region.page, boxes)


class _Known:
    """Looks up what earlier turns rested on; a page that is not indexed any more has no path and no picture."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._pages: dict[tuple[str, int], list[Region]] = {}

    def answer(self, turn: TurnRecord) -> Answer:
        """The answer of a turn, with the regions of now."""
        evidence = tuple(self._evidence(item) for item in turn.evidence)
        claims = tuple(self._claim(claim) for claim in turn.claims)
        return Answer(turn.question, turn.answer, turn.reason, claims, evidence)

    def _evidence(self, item: TurnEvidence) -> Evidence:
        region = self._region(item.document, item.page, item.region)
        return Evidence(item.label, region, 0.0, stale=not region.id, snippet=region.text[:300])

    def _claim(self, claim: TurnClaim) -> Claim:
        spots = tuple(self._citation(spot) for spot in claim.citations)
        return Claim(claim.text, Verdict(claim.label, claim.probability, claim.reason, spots))

    def _citation(self, spot: TurnCitation) -> Citation:
        return Citation(self._region(spot.document, spot.page, spot.region), spot.box, spot.quote)

    def _region(self, document: str, page: int, region: int) -> Region:
        key = (document, page)
        if key not in self._pages:
            self._pages[key] = self._catalog.page_regions(document, page)
        found = self._pages[key]
        if not found:
            return Region(0, Document(document, Path(), 0), page)
        return next((one for one in found if one.id == region), found[0])
