"""Answers that are worked out: changes between periods, averages, totals, shares, differences between two rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import combinations

from mmrag.generation.arithmetic import Operand, Result, Sum, compute
from mmrag.generation.candidates import Candidate, Piece
from mmrag.generation.tables_lookup import cell_citation, clean, features_of, named, periods_in
from mmrag.generation.tables_match import Demand, Match
from mmrag.generation.tables_series import Period, Series, figure

__all__ = ["sums"]

_MOST = 12
_MOST_PAIRED = 24
_LEAST_RATIO = Decimal("0.001")
"""Beyond this, either way, the two are not of one kind, such as an amount and a ratio that the table states."""
_TOTAL = re.compile(r"(?i)\s*(?:grand )?(?:sub-?)?total\b|합\s*계|총\s*계|^계$")
_NAMES: dict[str, str] = {
    "average": "Average of",
    "total": "Total of",
    "change": "Change in",
    "difference": "Difference between",
    "percentage_change": "Percentage change in",
    "percentage_difference": "Percentage difference between",
    "share": "Share of",
    "ratio": "Ratio of",
}


def sums(demand: Demand, matches: Sequence[Match], series: Sequence[Series]) -> Iterator[Candidate]:
    """Candidates for the operation that the question names; the values are stated, the result is not.

    `series` are all of the evidence: a total need not share a word with the question.
    """
    operation = demand.question.operation
    if operation in ("average", "total"):
        yield from _over_periods(demand, matches, operation)
        yield from _over_pairs(demand, matches, operation)
        yield from _over_rows(demand, matches, operation)
    elif operation == "difference":
        change: Sum = "difference" if re.search(r"\bdifferences?\b|차이", demand.question.text, re.I) else "change"
        yield from _between_periods(demand, matches, change)
        yield from _begin_to_end(demand, matches, "change")
        yield from _over_pairs(demand, matches, "difference")
    elif operation == "percentage_change":
        yield from _between_periods(demand, matches, "percentage_change")
        yield from _begin_to_end(demand, matches, "percentage_change")
        yield from _over_pairs(demand, matches, "percentage_difference")
    elif operation == "share":
        yield from _shares(demand, matches)
        yield from _of_total(demand, matches, series)
    elif operation == "ratio":
        yield from _over_pairs(demand, matches, "ratio")


def _operand(series: Series, period: Period) -> Operand | None:
    value = figure(series.cells[period])
    if value is None or value.unit == "year":
        return None
    unit = value.unit if value.unit in ("%", "USD", "EUR", "GBP", "KRW") else ""
    return Operand(named(series, period), value.value, unit, value.step)


def _between_periods(demand: Demand, matches: Sequence[Match], operation: Sum) -> Iterator[Candidate]:
    """From the earlier to the later period; with one period named, from the one before it."""
    for one in matches[:_MOST]:
        series = one.series
        assumed = False
        if len(demand.periods) == 2:
            wanted = periods_in(demand, series)
        elif len(demand.periods) == 1:
            now = periods_in(demand, series)
            before = [Period(now[0].year - 1, now[0].part)] if now and now[0].year else []
            wanted = [*before, *now] if now and before and before[0] in series.cells else None
            assumed = True
        else:
            wanted = sorted(series.cells) if len(series.cells) == 2 and not demand.periods else None
            assumed = True
        if wanted is None or len(set(wanted)) != 2:
            continue
        earlier, later = sorted(wanted)
        yield from _candidate(demand, one, operation, [(series, earlier), (series, later)], assumed=float(assumed))


_BEGIN = re.compile(r"(?i)\b(?:beginning|opening|start)\b|기초")
_END = re.compile(r"(?i)\b(?:end|ending|closing)\b|기말")
_EDGE_WORDS = frozenset(
    ["beginning", "opening", "start", "end", "ending", "closing", "of", "at", "the", "year", "period"]
)


def _begin_to_end(demand: Demand, matches: Sequence[Match], operation: Sum) -> Iterator[Candidate]:
    """From the row of the beginning of a period to that of its end, in one column."""
    if len(demand.periods) > 1:
        return
    edges = [one for one in matches[:_MOST_PAIRED] if _BEGIN.search(" ".join(one.series.own))]
    for one in edges:
        bare = set(one.series.own) - _EDGE_WORDS
        for other in matches[:_MOST_PAIRED]:
            same = other.series.table.grid is one.series.table.grid and other.series.headers == one.series.headers
            if not same or not _END.search(" ".join(other.series.own)) or set(other.series.own) - _EDGE_WORDS != bare:
                continue
            first, last = periods_in(demand, one.series), periods_in(demand, other.series)
            if first and last and first == last and len(first) == 1:
                cells = [(one.series, first[0]), (other.series, first[0])]
                yield from _candidate(demand, one, operation, cells, edges=1.0)


def _over_periods(demand: Demand, matches: Sequence[Match], operation: Sum) -> Iterator[Candidate]:
    """Over the periods named; over the parts of a year where they are asked for ("average quarterly price in 2018")."""
    quarterly = re.search(r"quarterly|each quarter|all (?:four )?quarters|분기별|분기 평균", demand.question.text, re.I)
    for one in matches[:_MOST]:
        series = one.series
        if quarterly and len(demand.periods) <= 1:
            year = demand.periods[0].year if demand.periods else 0
            wanted: list[Period] | None = sorted(
                period for period in series.cells if period.part and (not year or period.year == year)
            )
        else:
            wanted = periods_in(demand, series) if len(demand.periods) >= 2 else None
        if wanted is None or len(wanted) < 2:
            continue
        yield from _candidate(demand, one, operation, [(series, period) for period in wanted])


def _over_rows(demand: Demand, matches: Sequence[Match], operation: Sum) -> Iterator[Candidate]:
    """Over all rows of a column, where the question says "all" and the table has no total."""
    if not re.search(r"\ball\b|\beach\b|\bper\b|모든|전체", demand.question.text, re.I) or len(demand.periods) > 1:
        return
    seen: set[tuple[int, tuple[str, ...]]] = set()
    for one in matches[:_MOST]:
        key = (id(one.series.table.grid), one.series.headers)
        if key in seen:
            continue
        seen.add(key)
        rows = []
        for other in matches:
            if other.series.table.grid is one.series.table.grid and other.series.headers == one.series.headers:
                wanted = periods_in(demand, other.series)
                if wanted and not _TOTAL.match(" ".join(other.series.labels[-1:])):
                    rows.append((other.series, wanted[0]))
        if len(rows) >= 2:
            yield from _candidate(demand, one, operation, rows, rows=1.0)


def _over_pairs(demand: Demand, matches: Sequence[Match], operation: Sum) -> Iterator[Candidate]:
    """Two series of one table, each with words of the question that the other does not have, for one period."""
    if len(demand.periods) > 1:
        return
    for one, other in combinations(matches[:_MOST_PAIRED], 2):
        if one.series.table.grid is not other.series.table.grid or not _distinct(demand, one, other):
            continue
        first, second = periods_in(demand, one.series), periods_in(demand, other.series)
        if first is None or second is None or first != second or len(first) != 1:
            continue
        pair = [(one.series, first[0]), (other.series, second[0])]
        if min(one.hits - other.hits) > min(other.hits - one.hits):
            pair.reverse()
        yield from _candidate(demand, _joint(demand, one, other), operation, pair, pair=1.0)


def _distinct(demand: Demand, one: Match, other: Match) -> bool:
    """Each has a word that the other lacks, and both are what the question names rather than near to it."""
    left, right = one.hits - other.hits, other.hits - one.hits
    hard = [number for number in (*left, *right) if not demand.words[number].soft]
    aligned = one.series.headers == other.series.headers or one.series.labels == other.series.labels
    return bool(left and right and hard) and aligned and min(one.own, other.own) >= 0.4


def _joint(demand: Demand, one: Match, other: Match) -> Match:
    """How two series together fit: the words that either has."""
    total = sum(word.weight * (0.4 if word.soft else 1.0) for word in demand.words) or 1.0
    hits = one.hits | other.hits
    found = sum(demand.words[n].weight * (0.4 if demand.words[n].soft else 1.0) for n in hits)
    own, heads = (one.own + other.own) / 2, (one.heads + other.heads) / 2
    recall = max(found / total, one.recall, other.recall)
    score = recall * (0.55 + 0.3 * own + 0.15 * heads) + 0.12 / (1 + one.series.table.rank)
    missing = min(one.missing, other.missing)
    return Match(one.series, score, recall, found / total, own, heads, missing, hits)


def _shares(demand: Demand, matches: Sequence[Match]) -> Iterator[Candidate]:
    """A part of a whole: two rows that the question names, or a row and the total of its table."""
    if len(demand.periods) > 1:
        return
    for one, other in combinations(matches[:_MOST_PAIRED], 2):
        if one.series.table.grid is not other.series.table.grid or not _distinct(demand, one, other):
            continue
        first, second = periods_in(demand, one.series), periods_in(demand, other.series)
        if first is None or second is None or first != second or len(first) != 1:
            continue
        values = [_operand(one.series, first[0]), _operand(other.series, first[0])]
        if values[0] is None or values[1] is None:
            continue
        part, whole = (one, other) if abs(values[0].value) <= abs(values[1].value) else (other, one)
        pair = [(part.series, first[0]), (whole.series, first[0])]
        total = float(bool(_TOTAL.match(" ".join(whole.series.labels[-1:]))))
        yield from _candidate(demand, _joint(demand, one, other), "share", pair, pair=1.0, total=total)


def _of_total(demand: Demand, matches: Sequence[Match], series: Sequence[Series]) -> Iterator[Candidate]:
    """A row as a share of the total of its own column, which the question need not name."""
    for one in matches[:_MOST]:
        wanted = periods_in(demand, one.series)
        if wanted is None or len(wanted) != 1 or _TOTAL.match(" ".join(one.series.labels[-1:])):
            continue
        part = one.series.cells[wanted[0]]
        for other in series:
            if other.table.grid is not one.series.table.grid or not _TOTAL.match(" ".join(other.labels[-1:])):
                continue
            for period, cell in other.cells.items():
                if cell.column == part.column and cell.headers == part.headers and cell.row > part.row:
                    yield from _candidate(demand, one, "share", [(one.series, wanted[0]), (other, period)], total=1.0)
                    break


def _candidate(
    demand: Demand, match: Match, operation: Sum, cells: Sequence[tuple[Series, Period]], **more: float
) -> Iterator[Candidate]:
    """The sum over these cells, if it has a result."""
    operands = [_operand(series, period) for series, period in cells]
    known = [operand for operand in operands if operand is not None]
    if len(known) != len(operands) or len({(id(series), period) for series, period in cells}) != len(cells):
        return
    result = compute(operation, known)
    if result is None or (operation == "ratio" and not _LEAST_RATIO <= abs(result.value) <= 1 / _LEAST_RATIO):
        return
    table = match.series.table
    citations = tuple(cell_citation(series, series.cells[period]) for series, period in cells)
    stated = _joined(
        [f"{one.name} ({clean(series.cells[period].text)})" for one, (series, period) in zip(known, cells, strict=True)]
    )
    claim = f"{_NAMES[operation]} {stated}: {_formula(result)}"
    flag = {f"is_{operation}": 1.0}
    percent = any(operand.unit == "%" for operand in known)
    score = match.score - 0.05 * more.get("assumed", 0.0) - 0.03 * more.get("pair", 0.0) - 0.15 * percent
    more["percent"] = float(percent)
    exact = float(match.direct > 0.95 and match.own > 0.95)
    features = features_of(demand, match, **flag, **more, exact=exact, operands=min(len(cells), 5) / 5)
    piece = Piece(result.text, claim, table.evidence.label, citations)
    yield Candidate("computed", result.text, (piece,), score, features)


def _formula(result: Result) -> str:
    return result.formula


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
