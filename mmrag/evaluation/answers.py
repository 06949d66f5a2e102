"""How well answers do: right, wrong or refused, what they cite, and what their probabilities are worth.

Knows questions with gold answers and what an `ask` function gave; runs no model and opens no index.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

import numpy as np
import numpy.typing as npt

from mmrag.errors import UsageError
from mmrag.evaluation.citing import Cited, PageWords, what_is_cited
from mmrag.evaluation.intervals import Interval, bootstrap, bootstrap_difference, bootstrap_of
from mmrag.evaluation.judging import Outcome, judge_answer, usable_golds
from mmrag.evaluation.questions import Question, held_out
from mmrag.evaluation.risk import RiskPoint, area_under_risk, risk_coverage
from mmrag.types import Answer

__all__ = [
    "ANSWER_METRICS",
    "AnswerScore",
    "AnswerScores",
    "ask_questions",
    "compare_answers",
    "probability_of",
    "score_answer",
    "without_gold",
]

ANSWER_METRICS: tuple[Outcome, ...] = ("right", "wrong", "refused", "unscored")


@dataclass(frozen=True, slots=True)
class AnswerScore:
    """One question's answer. `probability` of what was shown; `cited` is None but for right answers."""

    id: str
    kind: str
    outcome: Outcome
    text: str | None = None
    probability: float | None = None
    cited: Cited | None = None
    seconds: float = 0.0
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class AnswerScores:
    """Scores of one run. `left_out`: how many questions say nothing of answers and so count for nothing here."""

    questions: tuple[AnswerScore, ...]
    left_out: int = 0

    def count(self, outcome: Outcome) -> int:
        """How many questions ended so."""
        return sum(score.outcome == outcome for score in self.questions)

    def matrix(self) -> npt.NDArray[np.float64]:
        """1 where a question ended so, shape (questions, len(ANSWER_METRICS))."""
        rows = [[float(score.outcome == name) for name in ANSWER_METRICS] for score in self.questions]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(ANSWER_METRICS))

    def intervals(self) -> dict[str, Interval]:
        """The share of all questions that ended in each outcome, with its 95 % bootstrap interval."""
        return dict(zip(ANSWER_METRICS, bootstrap(self.matrix()), strict=True))

    def abstention(self) -> dict[str, float]:
        """Precision, recall and F1 of refusing, the unanswerable questions being those to refuse; NaN without any."""
        unanswerable = sum(not score.answerable for score in self.questions)
        refused = self.count("refused")
        rightly = sum(score.outcome == "refused" and not score.answerable for score in self.questions)
        precision = rightly / refused if refused else math.nan
        recall = rightly / unanswerable if unanswerable else math.nan
        f1 = 2 * rightly / (refused + unanswerable) if unanswerable else math.nan
        return {"precision": precision, "recall": recall, "F1": f1}

    def cited(self) -> dict[Cited, int]:
        """Of the right answers whose citations were looked at: how many cite what."""
        found = Counter(score.cited for score in self.questions if score.cited)
        return {name: found[name] for name in ("gold", "quote", "nothing")}

    def curve(self) -> tuple[RiskPoint, ...]:
        """Risk against coverage over all questions; one that was refused is never covered, one unscored not counted."""
        probability, right, total = self._judged()
        return risk_coverage(probability, right, total)

    def area(self) -> Interval:
        """AURC over the answers that were given, with its 95 % bootstrap interval."""
        probability, right, _ = self._judged()
        return bootstrap_of(lambda rows: area_under_risk(probability[rows], right[rows]), len(right))

    def seconds(self) -> float:
        """The median time of an answer; NaN without any."""
        return median(score.seconds for score in self.questions) if self.questions else math.nan

    def half(self, *, held: bool) -> AnswerScores:
        """The questions of the held-out half, or of the half for tuning."""
        return AnswerScores(tuple(score for score in self.questions if held_out(score.id) is held))

    def by_kind(self) -> dict[str, AnswerScores]:
        """The same scores by the kind of question, in the order of first appearance."""
        kinds = dict.fromkeys(score.kind for score in self.questions)
        return {kind: AnswerScores(tuple(s for s in self.questions if s.kind == kind)) for kind in kinds}

    def _judged(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], int]:
        shown = [score for score in self.questions if score.outcome in ("right", "wrong")]
        probability = np.array([score.probability or 0.0 for score in shown], dtype=np.float64)
        right = np.array([score.outcome == "right" for score in shown], dtype=np.bool_)
        return probability, right, len(self.questions) - self.count("unscored")


def without_gold(questions: Sequence[Question]) -> tuple[str, ...]:
    """Ids of the answerable questions whose gold answer is empty: no answer to them can be scored.

    They stay among the questions; an answer to them is `unscored`, neither right nor wrong.
    """
    return tuple(item.id for item in questions if item.answerable and not usable_golds(item.answers))


def ask_questions(
    questions: Sequence[Question], ask: Callable[[str], Answer], words: PageWords | None = None
) -> Iterator[AnswerScore]:
    """Ask every question that counts for answers and score it, one by one, so that a caller may stop in between.

    With `words`, what right answers cite is looked at too.
    """
    for item in questions:
        if item.answerable is None:
            continue
        start = time.perf_counter()
        answer = ask(item.question)
        yield score_answer(item, answer, time.perf_counter() - start, words)


def score_answer(item: Question, answer: Answer, seconds: float = 0.0, words: PageWords | None = None) -> AnswerScore:
    """One answer against its question."""
    answerable = item.answerable is not False
    outcome = judge_answer(answer.text, item.answers, question=item.question, answerable=answerable)
    cited: Cited | None = None
    if outcome == "right" and words is not None:
        cited = what_is_cited(answer, item.answers, words, question=item.question)
    probability = None if answer.text is None else probability_of(answer)
    return AnswerScore(item.id, item.kind, outcome, answer.text, probability, cited, seconds, answerable)


def probability_of(answer: Answer) -> float:
    """The chance that what an answer shows is right: its own, else that of its least probable supported claim."""
    if answer.probability is not None:
        return answer.probability
    held = [claim.verdict.probability for claim in answer.claims if claim.verdict.label == "supported"]
    return min(held, default=0.0)


def compare_answers(first: AnswerScores, second: AnswerScores) -> dict[str, Interval]:
    """Each share of `second` minus `first`, paired by question id, with its 95 % bootstrap interval.

    Raises `UsageError` unless both runs scored the same questions.
    """
    rows = dict(zip((score.id for score in first.questions), first.matrix(), strict=True))
    if set(rows) != {score.id for score in second.questions}:
        raise UsageError("the two runs scored different questions", "Compare runs over the same questions file.")
    ordered = np.array([rows[score.id] for score in second.questions], dtype=np.float64)
    ordered = ordered.reshape(-1, len(ANSWER_METRICS))
    return dict(zip(ANSWER_METRICS, bootstrap_difference(ordered, second.matrix()), strict=True))
