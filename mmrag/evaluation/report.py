"""Scores as JSON and as plain text. Knows how they are shown, not how they came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mmrag.errors import UsageError
from mmrag.evaluation.intervals import Interval
from mmrag.evaluation.pages import METRICS, QuestionScore, RetrievalScores, compare
from mmrag.evaluation.questions import Unmatchable

__all__ = ["as_json", "as_table", "scores_from_json"]


def as_json(
    scores: RetrievalScores,
    *,
    unmatchable: Sequence[Unmatchable] = (),
    against: RetrievalScores | None = None,
) -> dict[str, Any]:
    """Plain values for `json.dumps`: whole set, held-out half, kinds, each question; `difference` is scores - against.

    A mean over no question is null. `scores_from_json` reads it back.
    """
    held = scores.half(held=True)
    result: dict[str, Any] = {
        "questions": len(scores.questions),
        "left_out": scores.left_out,
        "unmatchable": [
            {"id": item.question_id, "doc": item.page[0], "page": item.page[1], "reason": item.reason}
            for item in unmatchable
        ],
        "whole": _block(len(scores.questions), scores.intervals()),
        "held_out": _block(len(held.questions), held.intervals()),
        "kinds": {
            kind: {"questions": len(part.questions), "means": {name: part.mean(name) for name in METRICS}}
            for kind, part in scores.by_kind().items()
        },
        "per_question": [
            {
                "id": item.id,
                "kind": item.kind,
                "rank": item.rank,
                "values": dict(zip(METRICS, item.values, strict=True)),
            }
            for item in scores.questions
        ],
    }
    if against is not None:
        halves = compare(against.half(held=True), held)
        result["difference"] = {
            "whole": _block(len(scores.questions), compare(against, scores)),
            "held_out": _block(len(held.questions), halves),
        }
    return result


def scores_from_json(value: Mapping[str, Any]) -> RetrievalScores:
    """Scores that `as_json` wrote; raises `UsageError` for anything else."""
    try:
        questions = tuple(
            QuestionScore(
                str(item["id"]), str(item["kind"]), item["rank"], tuple(float(item["values"][name]) for name in METRICS)
            )
            for item in value["per_question"]
        )
        return RetrievalScores(questions, int(value["left_out"]))
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"these are not scores of an earlier run: {error!r}", "Give the JSON that `mmrag eval --json` printed."
        ) from error


def as_table(scores: RetrievalScores, *, against: RetrievalScores | None = None) -> str:
    """Lines of text: each metric with its 95 % interval, over the whole set and over the held-out half.

    With `against`, two more columns give the difference to that run; a star marks one whose interval excludes zero.
    """
    held = scores.half(held=True)
    columns = {
        f"whole (n={len(scores.questions)})": scores.intervals(),
        f"held out (n={len(held.questions)})": held.intervals(),
    }
    if against is not None:
        columns["difference, whole"] = compare(against, scores)
        columns["difference, held out"] = compare(against.half(held=True), held)
    rows = [["", *columns]]
    for metric in METRICS:
        cells = [
            str(column[metric]) + ("*" if name.startswith("difference") and column[metric].excludes_zero else "")
            for name, column in columns.items()
        ]
        rows.append([metric, *cells])
    lines = _aligned(rows)
    if scores.left_out:
        lines.append(f"{scores.left_out} questions without gold pages were left out.")
    return "\n".join(lines)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _block(count: int, intervals: Mapping[str, Interval]) -> dict[str, Any]:
    return {"questions": count, "metrics": {name: _interval(interval) for name, interval in intervals.items()}}


def _interval(interval: Interval) -> dict[str, float | None]:
    # NaN is not JSON, and a reader elsewhere would stumble over it.
    values = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    return {name: None if math.isnan(value) else value for name, value in values.items()}
