"""The JSON form of each value, as the documentation of the commands promises it.

Fields may be added, never renamed or removed. Boxes are [left, top, right, bottom] in fractions of the page.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from mmrag.display.cited import hidden_note, is_given_text, label_of
from mmrag.display.escaping import clean, path_fields, shown_path
from mmrag.errors import MmragError
from mmrag.types import Answer, Box, Citation, Claim, Evidence, FileOutcome, IndexReport, Region

if TYPE_CHECKING:
    from mmrag.corpus import Status
    from mmrag.embedders import ModelStatus
    from mmrag.indexing import Plan

__all__ = [
    "Finding",
    "answer_json",
    "box_json",
    "checks_json",
    "claim_json",
    "error_json",
    "evidence_json",
    "models_json",
    "plan_json",
    "region_json",
    "report_json",
    "search_json",
    "status_json",
    "verify_json",
]


class Finding(Protocol):
    """One line of a health check. `level` is "ok", "note" or "problem"; `hint` says what to do."""

    @property
    def name(self) -> str:
        """What was looked at."""

    @property
    def level(self) -> str:
        """`ok`, `note` or `problem`."""

    @property
    def message(self) -> str:
        """What was found."""

    @property
    def hint(self) -> str:
        """What to do, or nothing."""


def box_json(box: Box) -> list[float]:
    """[left, top, right, bottom], rounded to a hundred-thousandth of the page."""
    return [round(float(side), 5) for side in (box.left, box.top, box.right, box.bottom)]


def region_json(region: Region) -> dict[str, Any]:
    """A region without its path, as `also` lists it."""
    return {"page": region.page, "kind": region.kind, "box": box_json(region.box), "text": region.text}


def evidence_json(evidence: Evidence, rank: int) -> dict[str, Any]:
    """One hit of a search. `also` are further regions of the page, `also_at` further places of the same content."""
    region = evidence.region
    return {
        "rank": rank,
        "label": evidence.label,
        **path_fields(region.document.path),
        "page": region.page,
        "pages": region.document.page_count,
        "kind": region.kind,
        "box": box_json(region.box),
        "text": region.text,
        "snippet": evidence.snippet,
        "headings": list(region.headings),
        "origin": region.origin,
        "score": evidence.score,
        "channels": dict(evidence.channels),
        "stale": evidence.stale,
        "hidden_words": region.hidden,
        "warning": hidden_note(region) or None,
        "document": region.document.id,
        "also": [region_json(other) for other in evidence.also],
        "also_at": [shown_path(path) for path in evidence.also_at],
    }


def search_json(query: str, hits: Sequence[Evidence]) -> dict[str, Any]:
    """The answer of `search`."""
    return {"query": query, "hits": [evidence_json(hit, rank) for rank, hit in enumerate(hits, 1)]}


def claim_json(claim: Claim, evidence: Sequence[Evidence] = ()) -> dict[str, Any]:
    """A claim of an answer; each citation has the label of its evidence, or null where it lies on none of it.

    `corrects` is the drafted statement with a wrong number that this claim stands in for, null for all others.
    """
    verdict = claim.verdict
    return {
        "text": claim.text,
        "verdict": verdict.label,
        "probability": verdict.probability,
        "reason": verdict.reason,
        "citations": [_citation(one, evidence) for one in verdict.citations],
        "corrects": claim.corrects or None,
    }


def _citation(citation: Citation, evidence: Sequence[Evidence]) -> dict[str, Any]:
    """A citation; of a text that was handed in, path, page and box are null."""
    region = citation.region
    given = is_given_text(region)
    return {
        "label": label_of(citation, evidence) or None,
        **({"path": None} if given else path_fields(region.document.path)),
        "page": None if given else region.page,
        "box": None if given or citation.box is None else box_json(citation.box),
        "quote": citation.quote,
        "hidden_words": region.hidden,
        "warning": hidden_note(region) or None,
    }


def answer_json(answer: Answer, seconds: float) -> dict[str, Any]:
    """The answer of `ask`. `usage` is null where tokens were not counted.

    `probability` is the chance that the text as a whole is right; null where there is none, or nobody can say.
    """
    usage = answer.usage
    return {
        "question": answer.question,
        "text": answer.text,
        "abstained": answer.text is None,
        "reason": answer.reason,
        "probability": answer.probability,
        "claims": [claim_json(claim, answer.evidence) for claim in answer.claims],
        "evidence": [evidence_json(item, rank) for rank, item in enumerate(answer.evidence, 1)],
        "models": dict(answer.models),
        "usage": None if usage is None else {"prompt_tokens": usage[0], "completion_tokens": usage[1]},
        "seconds": round(seconds, 3),
    }


def verify_json(claim: Claim, seconds: float) -> dict[str, Any]:
    """The answer of `verify`; `probability` is the chance that the evidence supports the claim."""
    found = claim_json(claim)
    del found["corrects"]  # nothing was drafted
    return {"claim": found.pop("text"), **found, "seconds": round(seconds, 3)}


def _outcome(one: FileOutcome) -> dict[str, Any]:
    return {**path_fields(one.path), "state": one.state, "reason": clean(one.reason)}


def report_json(report: IndexReport) -> dict[str, Any]:
    """The answer of `index`."""
    return {
        "files": report.files,
        "added": report.added,
        "updated": report.updated,
        "moved": report.moved,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "failed": [_outcome(one) for one in report.failed],
        "pending_ocr": report.pending_ocr,
        "pages": report.pages,
        "regions": report.regions,
        "hidden": report.hidden,
        "seconds": round(report.seconds, 3),
        "profile": report.profile,
        "notes": [clean(note) for note in report.notes],
    }


def plan_json(plan: Plan) -> dict[str, Any]:
    """The answer of `index --dry-run`: the counts of `index`, and under `paths` the files that they count."""
    failed = [_outcome(one) for one in plan.failed]
    return {
        "dry_run": True,
        "files": len(plan.added) + len(plan.updated) + len(plan.moved) + plan.unchanged + len(failed),
        "added": len(plan.added),
        "updated": len(plan.updated),
        "moved": len(plan.moved),
        "removed": len(plan.removed),
        "unchanged": plan.unchanged,
        "failed": failed,
        "paths": {
            "added": [shown_path(path) for path in plan.added],
            "updated": [shown_path(path) for path in plan.updated],
            "moved": [{"from": shown_path(old), "to": shown_path(new)} for old, new in plan.moved],
            "removed": [shown_path(path) for path in plan.removed],
        },
        "notes": [clean(note) for note in plan.notes],
    }


def models_json(models: Sequence[ModelStatus]) -> dict[str, Any]:
    """The answer of `models`: profiles from the least to the best, each with its models."""
    profiles: dict[str, list[dict[str, Any]]] = {}
    for model in models:
        row = {"space": model.space, "id": model.id, "on_disk": model.on_disk, "megabytes": model.megabytes}
        profiles.setdefault(model.profile, []).append({**row, "note": model.note})
    return {
        "profiles": [
            {"name": name, "on_disk": all(row["on_disk"] for row in rows), "models": rows}
            for name, rows in profiles.items()
        ]
    }


def status_json(status: Status) -> dict[str, Any]:
    """The answer of `status`. `size` is bytes of the catalog, `disk_bytes` of the whole index folder."""
    held, config = status.catalog, status.config
    return {
        "index": shown_path(status.folder),
        "roots": [{**path_fields(os.fsdecode(root.path)), "files": root.file_count} for root in held.roots],
        "states": dict(held.states),
        "files": [
            {
                **path_fields(os.fsdecode(file.path)),
                "state": file.state,
                "reason": clean(file.reason),
                "pages": file.pages,
                "pending_ocr": file.pending_ocr,
            }
            for file in held.files
        ],
        "documents": held.documents,
        "pages": held.pages,
        "regions": held.regions,
        "pending_ocr": held.pending_ocr,
        "profile": config.profile,
        "models": dict(held.models),
        "vectors": dict(held.vectors),
        "ocr": config.ocr,
        "size": held.size,
        "disk_bytes": status.disk_bytes,
        "generation": held.generation,
        "format": held.format,
    }


def checks_json(checks: Sequence[Finding]) -> dict[str, Any]:
    """The answer of `doctor`; `healthy` is false where any check is a problem."""
    return {
        "healthy": all(check.level != "problem" for check in checks),
        "checks": [
            {"name": check.name, "level": check.level, "message": clean(check.message), "hint": clean(check.hint)}
            for check in checks
        ],
    }


def error_json(error: MmragError) -> dict[str, Any]:
    """What a command that failed prints."""
    return {"error": {"code": error.code, "message": clean(error.message), "hint": clean(error.hint)}}
