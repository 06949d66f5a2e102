"""Answers out of tables: one cell, several cells, the header of an extreme, or a sum over stated cells.

Every year, quarter or thing that the question names must stand in the table, else there is no candidate. Of a dash it
is assumed that it stands for nothing, 0.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from mmrag.generation.candidates import Candidate
from mmrag.generation.questions import Question
from mmrag.generation.tables_korean import rows_of_text
from mmrag.generation.tables_lookup import lookups, periods_of_extreme, rows_of_extreme, rows_of_values
from mmrag.generation.tables_match import Demand, Match, demand_of, match
from mmrag.generation.tables_series import Series, TableReader
from mmrag.generation.tables_sums import sums
from mmrag.protocols import PageSource
from mmrag.types import Evidence

__all__ = ["TableReader", "table_candidates"]

_LEAST = 0.15
_EXTREMES = ("maximum", "minimum")
_WHICH_PERIOD = re.compile(
    r"(?i)\b(?:which|what) (?:fiscal |calendar )?(?:year|quarter|month)s?\b|(?:어느|몇|무슨) ?(?:해|년도?|연도|분기|월)"
)
_STATED_SHARE = re.compile(r"비[율중]|[율률](?:은|이|을)?\s*(?:얼마|몇|$|\?)")
_MOST_MATCHES = 60
_MOST_CANDIDATES = 8


def table_candidates(
    question: Question, evidence: Sequence[Evidence], pages: PageSource | TableReader
) -> list[Candidate]:
    """What the tables of the evidence answer, best first; sources "cell" and "computed".

    `pages`: pass a `TableReader` to keep what was read from one question to the next.
    """
    reader = pages if isinstance(pages, TableReader) else TableReader(pages)
    series = reader.read(evidence)
    if not series:
        return []
    demand = demand_of(question, series)
    matches = best_matches(demand, series)
    found = sorted(_all(demand, matches, series), key=lambda one: -one.score)
    return _compared(found)[:_MOST_CANDIDATES]


def best_matches(demand: Demand, series: Sequence[Series]) -> list[Match]:
    """The series that fit best, with the place of their page in the ranking as a tie-breaker."""
    matches = [match(demand, one) for one in series]
    kept = [replace(one, score=one.score + _page_bonus(one)) for one in matches if one.score >= _LEAST and one.hits]
    kept.sort(key=lambda one: (-one.score, one.series.table.rank))
    return kept[:_MOST_MATCHES]


def _page_bonus(one: Match) -> float:
    return 0.12 / (1 + one.series.table.rank)


def _all(demand: Demand, matches: Sequence[Match], series: Sequence[Series]) -> Iterator[Candidate]:
    question = demand.question
    if (
        question.language == "ko"
        and question.kind in ("when", "where", "explanation")
        and not _WHICH_PERIOD.search(question.text)
    ):
        yield from rows_of_text(demand, series)
        yield from lookups(demand, matches)
        return
    if question.kind in ("yes_no", "explanation", "definition", "where") or question.answer_type == "reason":
        return
    if _WHICH_PERIOD.search(question.text) or (question.kind == "when" and question.operation in ("", *_EXTREMES)):
        yield from periods_of_extreme(demand, matches)
        return
    if question.operation in _EXTREMES and question.kind in ("which", "who", "what"):
        yield from rows_of_extreme(demand, matches)
    if question.kind in ("who", "which", "what", "list") and not question.operation:
        yield from rows_of_values(demand, series)
    if question.language == "ko" and question.kind in ("who", "where", "which", "what") and not question.operation:
        yield from rows_of_text(demand, series)
    if question.operation in ("", *_EXTREMES) or (question.language == "ko" and _STATED_SHARE.search(question.text)):
        yield from lookups(demand, matches)
    if question.operation not in ("", *_EXTREMES):
        yield from sums(demand, matches, series)


def _compared(found: list[Candidate]) -> list[Candidate]:
    """Each with its lead over the next different answer, and whether another document answers differently."""
    done: list[Candidate] = []
    for one in found:
        rivals = [other for other in found if other is not one and _plain(other.text) != _plain(one.text)]
        margin = one.score - max((other.score for other in rivals), default=0.0)
        document = one.pieces[0].citations[0].region.document.id
        conflict = any(
            other.score > 0.85 * one.score and other.pieces[0].citations[0].region.document.id != document
            for other in rivals
        )
        agreeing = any(other is not one and _plain(other.text) == _plain(one.text) for other in found)
        features = {**one.features, "margin": margin, "conflict": float(conflict), "repeated": float(agreeing)}
        done.append(replace(one, features=features))
    return done


def _plain(text: str) -> str:
    return "".join(char for char in text if char.isalnum() or char in ".-()%")
