"""Scores an index on questions with known pages and answers, and a verifier on labelled claims.

Pure arithmetic on what was found, answered and decided; runs no model and opens no index. `read_questions` and
`read_claims` read the files; `rank_pages` and `evaluate_retrieval` score pages, `ask_questions` answers, `check_claims`
verdicts; `judge_answer` is the rule for a single answer. `RetrievalScores`, `AnswerScores` and `VerdictScores` hold
each question's values, with bootstrap intervals.
"""

from __future__ import annotations

from mmrag.evaluation.answers import (
    ANSWER_METRICS,
    AnswerScore,
    AnswerScores,
    ask_questions,
    compare_answers,
    score_answer,
    without_gold,
)
from mmrag.evaluation.citing import what_is_cited
from mmrag.evaluation.documents import answers_from_json, answers_json, verdicts_from_json, verdicts_json
from mmrag.evaluation.intervals import RESAMPLES, SEED, Interval, bootstrap, bootstrap_difference, bootstrap_of
from mmrag.evaluation.judging import Outcome, judge_answer
from mmrag.evaluation.pages import (
    CUTOFFS,
    METRICS,
    QuestionScore,
    Ranking,
    RetrievalScores,
    compare,
    evaluate_retrieval,
    page_keys,
    rank_pages,
)
from mmrag.evaluation.plots import check_plot, write_plot
from mmrag.evaluation.questions import PageKey, Question, Unmatchable, held_out, page_key, read_questions, unmatchable
from mmrag.evaluation.report import as_json, as_table, scores_from_json
from mmrag.evaluation.risk import Bin, RiskPoint
from mmrag.evaluation.tables import answers_table, retrieval_table, verdicts_table
from mmrag.evaluation.verdicts import (
    VERDICT_METRICS,
    LabelledClaim,
    VerdictScore,
    VerdictScores,
    check_claims,
    compare_verdicts,
    read_claims,
)

__all__ = [
    "ANSWER_METRICS",
    "CUTOFFS",
    "METRICS",
    "RESAMPLES",
    "SEED",
    "VERDICT_METRICS",
    "AnswerScore",
    "AnswerScores",
    "Bin",
    "Interval",
    "LabelledClaim",
    "Outcome",
    "PageKey",
    "Question",
    "QuestionScore",
    "Ranking",
    "RetrievalScores",
    "RiskPoint",
    "Unmatchable",
    "VerdictScore",
    "VerdictScores",
    "answers_from_json",
    "answers_json",
    "answers_table",
    "as_json",
    "as_table",
    "ask_questions",
    "bootstrap",
    "bootstrap_difference",
    "bootstrap_of",
    "check_claims",
    "check_plot",
    "compare",
    "compare_answers",
    "compare_verdicts",
    "evaluate_retrieval",
    "held_out",
    "judge_answer",
    "page_key",
    "page_keys",
    "rank_pages",
    "read_claims",
    "read_questions",
    "retrieval_table",
    "score_answer",
    "scores_from_json",
    "unmatchable",
    "verdicts_from_json",
    "verdicts_json",
    "verdicts_table",
    "what_is_cited",
    "without_gold",
    "write_plot",
]
