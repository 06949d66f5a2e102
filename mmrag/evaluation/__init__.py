"""Scores an index on questions with known pages; pure arithmetic on rankings, runs no model and opens no index.

`read_questions` reads them, `rank_pages` asks a search function, `evaluate_retrieval` scores, `RetrievalScores` holds
each question's values with bootstrap intervals, `as_json` and `as_table` show them.
"""

from __future__ import annotations

from mmrag.evaluation.intervals import RESAMPLES, SEED, Interval, bootstrap, bootstrap_difference
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
from mmrag.evaluation.questions import PageKey, Question, Unmatchable, held_out, page_key, read_questions, unmatchable
from mmrag.evaluation.report import as_json, as_table, scores_from_json

__all__ = [
    "CUTOFFS",
    "METRICS",
    "RESAMPLES",
    "SEED",
    "Interval",
    "Outcome",
    "PageKey",
    "Question",
    "QuestionScore",
    "Ranking",
    "RetrievalScores",
    "Unmatchable",
    "as_json",
    "as_table",
    "bootstrap",
    "bootstrap_difference",
    "compare",
    "evaluate_retrieval",
    "held_out",
    "judge_answer",
    "page_key",
    "page_keys",
    "rank_pages",
    "read_questions",
    "scores_from_json",
    "unmatchable",
]
