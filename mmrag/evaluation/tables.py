"""Scores as plain text in at most 80 columns. Knows how they are shown, not how they came about."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mmrag.evaluation.answers import ANSWER_METRICS, AnswerScores, compare_answers
from mmrag.evaluation.intervals import Interval
from mmrag.evaluation.pages import METRICS, RetrievalScores, compare
from mmrag.evaluation.verdicts import VERDICT_METRICS, VerdictScores, compare_verdicts

__all__ = ["answers_table", "retrieval_table", "verdicts_table"]

_DIFFERENCE = "difference"
_SHOWN_RISKS = (0.01, 0.02, 0.05, 0.10)
_CITED = {
    "gold": "hold the gold answer",
    "quote": "hold the exact quote, not the gold answer (computed, or other words)",
    "nothing": "hold neither",
}


def retrieval_table(scores: RetrievalScores, *, against: RetrievalScores | None = None) -> str:
    """Each metric of page retrieval with its 95 % interval: whole set, held-out half, difference to an earlier run."""
    half = scores.half(held=True)
    columns = [
        (f"whole (n={len(scores.questions)})", scores.intervals()),
        (f"held out (n={len(half.questions)})", half.intervals()),
    ]
    if against is not None:
        columns.insert(1, (_DIFFERENCE, compare(against, scores)))
        columns.append((_DIFFERENCE, compare(against.half(held=True), half)))
    lines = _metrics("Pages", METRICS, columns)
    if scores.left_out:
        lines.append(f"Left out: {_questions(scores.left_out)} without gold pages.")
    return "\n".join(lines)


def answers_table(
    scores: AnswerScores,
    *,
    without_gold: Sequence[str] = (),
    against: AnswerScores | None = None,
    halves: bool = True,
) -> str:
    """Shares of right, wrong and refused answers, then what they cite and what their probabilities are worth.

    Without `halves` the held-out half is not shown by itself.
    """
    half = scores.half(held=True)
    columns = [
        (f"whole (n={len(scores.questions)})", scores.intervals()),
        (f"held out (n={len(half.questions)})", half.intervals()),
    ]
    if against is not None:
        columns.insert(1, (_DIFFERENCE, compare_answers(against, scores)))
        columns.append((_DIFFERENCE, compare_answers(against.half(held=True), half)))
    if not halves:
        columns = columns[: 1 if against is None else 2]
    names = [name for name in ANSWER_METRICS if name != "unscored" or scores.count("unscored")]
    lines = _metrics("Answers", names, columns)
    if without_gold:
        lines += _wrapped(
            f"Without a gold answer, so that none can be right: {_questions(len(without_gold))}; "
            f"{scores.count('unscored')} of them answered (unscored)."
        )
    lines += _by_kind(scores) + _refusals(scores) + _cited(scores) + _risks(scores)
    if scores.left_out:
        lines.append(f"Left out: {_questions(scores.left_out)} without a word on answers.")
    return "\n".join(lines)


def verdicts_table(scores: VerdictScores, *, against: VerdictScores | None = None, halves: bool = True) -> str:
    """Each metric of verdicts with its 95 % interval, then the kinds of claims.

    Without `halves` the held-out half is not shown by itself: claims about one document may have to stay together.
    """
    half = scores.half(held=True)
    columns = [
        (f"whole (n={len(scores.claims)})", scores.intervals()),
        (f"held out (n={len(half.claims)})", half.intervals()),
    ]
    if against is not None:
        columns.insert(1, (_DIFFERENCE, compare_verdicts(against, scores)))
        columns.append((_DIFFERENCE, compare_verdicts(against.half(held=True), half)))
    if not halves:
        columns = columns[: 1 if against is None else 2]
    lines = _metrics("Verdicts", VERDICT_METRICS, columns)
    for truth, name in ((True, "supported"), (False, "not supported")):
        part = [score for score in scores.claims if score.supported is truth]
        lines.append(f"{sum(score.right for score in part)} of {len(part)} claims that are {name} were found so.")
    kinds = scores.by_kind()
    if len(kinds) > 1:
        rows = [["kind of claim", "claims", "right"]]
        rows += [
            [kind or "(none)", str(len(part.claims)), str(sum(score.right for score in part.claims))]
            for kind, part in kinds.items()
        ]
        lines += ["", *_aligned(rows)]
    lines.append(f"Median time of a verdict: {_seconds(scores.seconds())}")
    return "\n".join(lines)


def _metrics(title: str, names: Sequence[str], columns: Sequence[tuple[str, Mapping[str, Interval]]]) -> list[str]:
    """A row for each metric; at most two columns stand side by side, for 80 characters hold no more."""
    lines = []
    for first in range(0, len(columns), 2):
        pair = columns[first : first + 2]
        rows = [[title, *(head for head, _ in pair)]]
        for name in names:
            cells = [
                _cell(column[name]) + ("*" if head == _DIFFERENCE and column[name].excludes_zero else "")
                for head, column in pair
            ]
            rows.append([name, *cells])
        lines += _aligned(rows)
    if any(head == _DIFFERENCE for head, _ in columns):
        lines.append("* differs from the earlier run: the 95 % interval excludes zero.")
    return lines


def _cell(value: Interval) -> str:
    if math.isnan(value.mean):
        return "-"
    return f"{value.mean:.3f}" if math.isnan(value.low) else str(value)


def _by_kind(scores: AnswerScores) -> list[str]:
    kinds = scores.by_kind()
    if len(kinds) < 2:
        return []
    rows = [["kind of question", "questions", *ANSWER_METRICS]]
    for kind, part in kinds.items():
        rows.append([kind or "(none)", str(len(part.questions)), *(str(part.count(name)) for name in ANSWER_METRICS)])
    return ["", *_aligned(rows)]


def _refusals(scores: AnswerScores) -> list[str]:
    unanswerable = [score for score in scores.questions if not score.answerable]
    if not unanswerable:
        return []
    refused = sum(score.outcome == "refused" for score in unanswerable)
    lines = [f"{refused} of {len(unanswerable)} unanswerable questions were refused."]
    if len(unanswerable) < len(scores.questions):
        found = ", ".join(f"{name} {value:.2f}" for name, value in scores.abstention().items())
        lines.append(f"Abstention: {found}")
    return lines


def _cited(scores: AnswerScores) -> list[str]:
    found = scores.cited()
    looked = sum(found.values())
    if not looked:
        return []
    lines = [f"Cited boxes of {looked} right answers:"]
    lines += [f"  {found[name]:4d} ({found[name] / looked:.0%}) {_CITED[name]}" for name in found if found[name]]
    return lines


def _risks(scores: AnswerScores) -> list[str]:
    curve = scores.curve()
    if not curve:
        return []
    rows = [["share of questions wrong, at most", *(f"{risk:.0%}" for risk in _SHOWN_RISKS)]]
    reached = []
    for risk in _SHOWN_RISKS:
        right = [point.coverage * (1 - point.risk) for point in curve if point.coverage * point.risk <= risk + 1e-9]
        reached.append(f"{max(right, default=0.0):.1%}")
    rows.append(["share right that its probability allows", *reached])
    area = scores.area()
    return [*_aligned(rows), f"AURC {_cell(area)}; median time of an answer: {_seconds(scores.seconds())}"]


def _seconds(value: float) -> str:
    return "-" if math.isnan(value) else f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def _questions(number: int) -> str:
    return "1 question" if number == 1 else f"{number} questions"


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, 79)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
