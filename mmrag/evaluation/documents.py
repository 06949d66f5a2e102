"""Scores of answers and of verdicts as plain values for JSON, and back. Knows their form, not how they came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from mmrag.errors import UsageError
from mmrag.evaluation.answers import ANSWER_METRICS, AnswerScore, AnswerScores, compare_answers
from mmrag.evaluation.intervals import Interval
from mmrag.evaluation.risk import RiskPoint
from mmrag.evaluation.verdicts import VerdictScore, VerdictScores, compare_verdicts

__all__ = ["answers_from_json", "answers_json", "verdicts_from_json", "verdicts_json"]

_Scores = TypeVar("_Scores", AnswerScores, VerdictScores)


def answers_json(
    scores: AnswerScores, *, without_gold: Sequence[str] = (), against: AnswerScores | None = None
) -> dict[str, Any]:
    """Whole set, both halves, kinds, curve and each question; `difference` is scores - against. NaN becomes null.

    `without_gold` are ids of questions that no answer can be right about. `answers_from_json` reads it back.
    """
    result: dict[str, Any] = {
        "left_out": scores.left_out,
        "without_gold": list(without_gold),
        "whole": _answers(scores),
        "held_out": _answers(scores.half(held=True)),
        "tuning": _answers(scores.half(held=False)),
        "kinds": {
            kind: {"questions": len(part.questions), **{name: part.count(name) for name in ANSWER_METRICS}}
            for kind, part in scores.by_kind().items()
        },
        "curve": [_point(point) for point in scores.curve()],
        "median_seconds": _number(scores.seconds()),
        "per_question": [
            {
                "id": item.id,
                "kind": item.kind,
                "outcome": item.outcome,
                "answerable": item.answerable,
                "text": item.text,
                "probability": item.probability,
                "cited": item.cited,
                "seconds": round(item.seconds, 4),
            }
            for item in scores.questions
        ],
    }
    if against is not None:
        result["difference"] = {
            name: {metric: _interval(value) for metric, value in compare_answers(one, two).items()}
            for name, one, two in _halves(against, scores)
        }
    return result


def verdicts_json(scores: VerdictScores, *, against: VerdictScores | None = None) -> dict[str, Any]:
    """Whole set, both halves, kinds, curve, calibration and each claim; `difference` is scores - against.

    NaN becomes null. `verdicts_from_json` reads it back.
    """
    result: dict[str, Any] = {
        "whole": _verdicts(scores),
        "held_out": _verdicts(scores.half(held=True)),
        "tuning": _verdicts(scores.half(held=False)),
        "kinds": {
            kind: {"claims": len(part.claims), "right": sum(score.right for score in part.claims)}
            for kind, part in scores.by_kind().items()
        },
        "curve": [_point(point) for point in scores.curve()],
        "calibration": [
            {"claims": item.count, "probability": item.probability, "supported": item.right} for item in scores.bins()
        ],
        "median_seconds": _number(scores.seconds()),
        "per_claim": [
            {
                "id": item.id,
                "kind": item.kind,
                "supported": item.supported,
                "verdict": item.label,
                "probability": item.probability,
                "seconds": round(item.seconds, 4),
            }
            for item in scores.claims
        ],
    }
    if against is not None:
        result["difference"] = {
            name: {metric: _interval(value) for metric, value in compare_verdicts(one, two).items()}
            for name, one, two in _halves(against, scores)
        }
    return result


def answers_from_json(value: Mapping[str, Any]) -> AnswerScores:
    """Scores that `answers_json` wrote; raises `UsageError` for anything else."""
    try:
        questions = tuple(
            AnswerScore(
                str(item["id"]),
                str(item["kind"]),
                _one_of(item["outcome"], ANSWER_METRICS),
                item["text"],
                item["probability"],
                item["cited"],
                float(item["seconds"]),
                bool(item["answerable"]),
            )
            for item in value["per_question"]
        )
        return AnswerScores(questions, int(value["left_out"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _not_scores(error) from error


def verdicts_from_json(value: Mapping[str, Any]) -> VerdictScores:
    """Scores that `verdicts_json` wrote; raises `UsageError` for anything else."""
    try:
        return VerdictScores(
            tuple(
                VerdictScore(
                    str(item["id"]),
                    str(item["kind"]),
                    bool(item["supported"]),
                    _one_of(item["verdict"], ("supported", "contradicted", "not_found")),
                    float(item["probability"]),
                    float(item["seconds"]),
                )
                for item in value["per_claim"]
            )
        )
    except (KeyError, TypeError, ValueError) as error:
        raise _not_scores(error) from error


def _not_scores(error: Exception) -> UsageError:
    return UsageError(
        f"these are not scores of an earlier run: {error!r}", "Give the JSON that `mmrag eval --json` printed."
    )


def _one_of(value: Any, known: Sequence[str]) -> Any:
    if value not in known:
        raise ValueError(f"{value!r} is none of {', '.join(known)}")
    return value


def _halves(first: _Scores, second: _Scores) -> list[tuple[str, _Scores, _Scores]]:
    return [
        ("whole", first, second),
        ("held_out", first.half(held=True), second.half(held=True)),
        ("tuning", first.half(held=False), second.half(held=False)),
    ]


def _answers(scores: AnswerScores) -> dict[str, Any]:
    return {
        "questions": len(scores.questions),
        "counts": {name: scores.count(name) for name in ANSWER_METRICS},
        "metrics": {name: _interval(value) for name, value in scores.intervals().items()},
        "abstention": {name: _number(value) for name, value in scores.abstention().items()},
        "cited": scores.cited(),
        "AURC": _interval(scores.area()),
    }


def _verdicts(scores: VerdictScores) -> dict[str, Any]:
    return {
        "claims": len(scores.claims),
        "supported": sum(score.supported for score in scores.claims),
        "right": sum(score.right for score in scores.claims),
        "metrics": {name: _interval(value) for name, value in scores.intervals().items()},
    }


def _point(point: RiskPoint) -> dict[str, float]:
    return {"threshold": point.threshold, "coverage": point.coverage, "risk": point.risk}


def _interval(interval: Interval) -> dict[str, float | None]:
    return {"mean": _number(interval.mean), "low": _number(interval.low), "high": _number(interval.high)}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
