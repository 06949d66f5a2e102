"""How well rankings of pages find the pages that answer. Knows names and numbers of pages, not where they came from."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.errors import UsageError
from mmrag.evaluation.intervals import Interval, bootstrap, bootstrap_difference
from mmrag.evaluation.questions import PageKey, Question, held_out, page_key
from mmrag.types import Evidence

__all__ = [
    "CUTOFFS",
    "METRICS",
    "QuestionScore",
    "Ranking",
    "RetrievalScores",
    "compare",
    "evaluate_retrieval",
    "page_keys",
    "rank_pages",
]

CUTOFFS = (1, 3, 5, 10)
METRICS: tuple[str, ...] = (
    *(f"recall@{k}" for k in CUTOFFS),
    *(f"hit@{k}" for k in CUTOFFS),
    "nDCG@5",
    "MRR",
)
_DEPTH = 5  # of nDCG

Ranking: TypeAlias = Sequence[Collection[PageKey]]
"""Hits, best first; each is every (document, page) that it goes by, since one content may lie under several names."""


@dataclass(frozen=True, slots=True)
class QuestionScore:
    """One question's values: `values` in the order of `METRICS`; `rank` of the first gold page, from 1, or None."""

    id: str
    kind: str
    rank: int | None
    values: tuple[float, ...]

    def __getitem__(self, metric: str) -> float:
        return self.values[METRICS.index(metric)]


@dataclass(frozen=True, slots=True)
class RetrievalScores:
    """Scores of one run. `left_out`: how many questions have no gold page and so count for nothing here."""

    questions: tuple[QuestionScore, ...]
    left_out: int = 0

    def matrix(self) -> npt.NDArray[np.float64]:
        """Every value, shape (questions, len(METRICS))."""
        rows = [score.values for score in self.questions]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(METRICS))

    def intervals(self) -> dict[str, Interval]:
        """Each metric's mean over the questions with its 95 % bootstrap interval."""
        return dict(zip(METRICS, bootstrap(self.matrix()), strict=True))

    def mean(self, metric: str) -> float:
        """One metric's mean; NaN without questions."""
        return float(self.matrix()[:, METRICS.index(metric)].mean()) if self.questions else math.nan

    def half(self, *, held: bool) -> RetrievalScores:
        """The questions of the held-out half, or of the half for tuning."""
        return RetrievalScores(tuple(score for score in self.questions if held_out(score.id) is held))

    def by_kind(self) -> dict[str, RetrievalScores]:
        """The same scores by the kind of question, in the order of first appearance."""
        kinds = dict.fromkeys(score.kind for score in self.questions)
        return {kind: RetrievalScores(tuple(s for s in self.questions if s.kind == kind)) for kind in kinds}


def page_keys(evidence: Evidence) -> frozenset[PageKey]:
    """Every (document, page) that a hit goes by: its own file's name and those of further places of the content."""
    paths = (evidence.region.document.path, *evidence.also_at)
    return frozenset(page_key(path.name, evidence.region.page) for path in paths)


def rank_pages(
    questions: Sequence[Question], search: Callable[[str], Sequence[Evidence]]
) -> dict[str, list[frozenset[PageKey]]]:
    """Ask `search` every question that has gold pages; question id -> its ranking."""
    return {item.id: [page_keys(hit) for hit in search(item.question)] for item in questions if item.gold}


def evaluate_retrieval(questions: Sequence[Question], rankings: Mapping[str, Ranking]) -> RetrievalScores:
    """Score rankings (by question id) over the questions that have gold pages.

    Recall@k is the share of gold pages among the first k, hit@k whether there is one, nDCG@5 has binary gains (Järvelin
    and Kekäläinen 2002), MRR the inverse rank of the first gold page (0 beyond the ranking's end). A page that comes
    again counts at its first rank only. Raises `UsageError` where a question has no ranking, lest it count as a miss.
    """
    asked = [question for question in questions if question.gold]
    missing = [question.id for question in asked if question.id not in rankings]
    if missing:
        raise UsageError(
            f"{len(missing)} questions have no ranking, the first is {missing[0]!r}",
            "Give a ranking for every question with gold pages; an empty one if nothing was found.",
        )
    scores = tuple(_score(question, rankings[question.id]) for question in asked)
    return RetrievalScores(scores, left_out=len(questions) - len(asked))


def compare(first: RetrievalScores, second: RetrievalScores) -> dict[str, Interval]:
    """Each metric's mean of `second` minus `first`, paired by question id, with its 95 % bootstrap interval.

    Raises `UsageError` unless both runs scored the same questions.
    """
    rows = {score.id: score.values for score in first.questions}
    if set(rows) != {score.id for score in second.questions}:
        raise UsageError("the two runs scored different questions", "Compare runs over the same questions file.")
    ordered = np.array([rows[score.id] for score in second.questions], dtype=np.float64)
    return dict(zip(METRICS, bootstrap_difference(ordered.reshape(-1, len(METRICS)), second.matrix()), strict=True))


def _score(question: Question, ranking: Ranking) -> QuestionScore:
    relevant, gold_count = _relevance(question.gold, ranking)
    found = np.cumsum(relevant) if relevant else np.zeros(1)
    at = [float(found[min(k, len(found)) - 1]) for k in CUTOFFS]
    rank = relevant.index(True) + 1 if True in relevant else None
    gain = sum(1 / math.log2(place + 2) for place, good in enumerate(relevant[:_DEPTH]) if good)
    ideal = sum(1 / math.log2(place + 2) for place in range(min(gold_count, _DEPTH)))
    values = (
        *(count / gold_count for count in at),
        *(float(count > 0) for count in at),
        gain / ideal,
        1 / rank if rank else 0.0,
    )
    return QuestionScore(question.id, question.kind, rank, values)


def _relevance(gold: frozenset[PageKey], ranking: Ranking) -> tuple[list[bool], int]:
    """Whether each distinct page of the ranking is gold, and how many distinct gold pages there are.

    Two gold pages that one hit goes by are copies of one page, so they count as one.
    """
    left = set(gold)
    count = len(gold)
    seen: set[PageKey] = set()
    relevant = []
    for keys in ranking:
        if not seen.isdisjoint(keys):
            continue
        seen.update(keys)
        matched = left.intersection(keys)
        relevant.append(bool(matched))
        count -= max(0, len(matched) - 1)
        left -= matched
    return relevant, count
