"""Cells that are the answer themselves, and the periods or rows that have the largest or smallest value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from mmrag.generation.candidates import Candidate, Piece, cite
from mmrag.generation.korean import suits
from mmrag.generation.tables_match import Demand, Match
from mmrag.generation.tables_series import Period, Series, figure, forms, words_of
from mmrag.quantities import quantities, scale_of
from mmrag.regions import Cell
from mmrag.types import Citation

__all__ = ["cell_citation", "clean", "features_of", "lookups", "named", "periods_of_extreme", "rows_of_extreme"]

_MOST = 12


def clean(text: str) -> str:
    """A cell's text without the white between a sign and its number."""
    text = re.sub(r"([$€£¥₩(])\s+", r"\1", text)
    return re.sub(r"\s+([)%])", r"\1", text)


def named(series: Series, period: Period) -> str:
    """What a value of the series is, in the words of the table: "Packaging, December 31, 2019"."""
    cell = series.cells[period]
    parts = [part.strip(" :") for part in cell.labels]
    parts.append(" ".join(cell.headers).strip(" :"))
    text = ", ".join(part for part in parts if part) or series.table.grid.caption[-80:]
    return text if not period.year or str(period.year) in text else f"{text}, {period.year}"


def cell_citation(series: Series, cell: Cell) -> Citation:
    """Where a cell stands."""
    return cite(series.table.regions, [cell.box], cell.text)


def row_citation(series: Series, cells: Sequence[Cell], quote: str) -> Citation:
    """A row from its label to the last of these cells."""
    box = cells[0].box
    for cell in cells[1:]:
        box = box.union(cell.box)
    return cite(series.table.regions, [replace(box, left=min(box.left, series.table.grid.box.left))], quote)


def features_of(demand: Demand, match: Match, **more: float) -> dict[str, float]:
    """The features that every candidate has; `more` are added."""
    table = match.series.table
    words = [word for word in demand.words if not word.soft]
    return {
        "recall": match.recall,
        "direct": match.direct,
        "own": match.own,
        "heads": match.heads,
        "missing": match.missing,
        "tight": match.tight,
        "hangul": float(demand.question.language == "ko"),
        "rank": 1.0 / (1 + table.rank),
        "first": float(table.rank == 0),
        "words": min(len(words), 8) / 8,
        "headed": float(bool(match.series.headers) or any(period.year for period in match.series.cells)),
        "periods": float(bool(demand.periods)),
        **more,
    }


def lookups(demand: Demand, matches: Sequence[Match]) -> Iterator[Candidate]:
    """The value for each period asked for; without a period, the only value or the latest."""
    for one in matches[:_MOST]:
        series = one.series
        wanted = periods_in(demand, series)
        if wanted is None or not _may_answer(demand, [series.cells[period] for period in wanted]):
            continue
        latest = not demand.periods and len(series.cells) > 1
        cells = [(period, series.cells[period]) for period in wanted]
        percent = _percent_fit(demand, series, [cell for _, cell in cells])
        score = one.score - (0.1 if percent < 0 else 0.0) - (0.08 if latest else 0.0)
        of_kind = _of_kind(demand, series, [cell for _, cell in cells])
        score += _OF_KIND * of_kind
        pieces = tuple(
            Piece(
                clean(cell.text),
                f"{named(series, period)}: {clean(cell.text)}",
                series.table.evidence.label,
                (cell_citation(series, cell),),
            )
            for period, cell in cells
        )
        text = (
            pieces[0].text
            if len(pieces) == 1
            else ", ".join(f"{piece.text} ({period})" for piece, (period, _) in zip(pieces, cells, strict=True))
        )
        yield Candidate(
            "cell",
            text,
            pieces,
            score,
            features_of(
                demand,
                one,
                latest=float(latest),
                percent=percent,
                suits=of_kind,
                unclear=float(len(pieces) > 1 and not demand.question.respectively),
                exact=float(one.direct > 0.95 and one.own > 0.95),
                figures=float(all(figure(cell) is not None for _, cell in cells)),
                dash=float(any(figure(cell) is None for _, cell in cells)),
            ),
        )


_OF_KIND = 0.15


def _of_kind(demand: Demand, series: Series, cells: Sequence[Cell]) -> float:
    """How well header and values suit a Korean question, whose word for what (몇 시, 누가, 얼마) no table repeats."""
    if demand.question.language != "ko":
        return 0.0
    headers = " ".join((*series.headers, *series.labels[-1:]))
    return min(suits(demand.question, headers, cell.text) for cell in cells)


_WORDS = frozenset(["person", "organisation", "place", "name"])
_FIGURES = frozenset(["number", "money", "percent", "duration"])


def _may_answer(demand: Demand, cells: Sequence[Cell]) -> bool:
    """Whether the cells are figures where figures are asked for, and words where a name is."""
    wanted = demand.question.answer_type
    figures = [any(map(str.isdigit, cell.text)) or figure(cell) is not None for cell in cells]
    letters = [sum(map(str.isalpha, cell.text)) > 0.5 * len(cell.text) for cell in cells]
    if wanted in _FIGURES or demand.question.kind in ("how_many", "how_much"):
        return all(figures)
    return not (wanted in _WORDS or demand.question.kind == "who") or all(letters)


def periods_in(demand: Demand, series: Series) -> list[Period] | None:
    """The periods of a series that are asked for, in order; None where one is not there."""
    if not demand.periods:
        return [max(series.cells)]
    found: list[Period] = []
    for period in demand.periods:
        same = [one for one in series.cells if _fits(period, one)]
        if len(same) != 1:
            exact = [one for one in same if one == period]
            if len(exact) != 1:
                return None
            same = exact
        found += same
    return found


def _fits(asked: Period, there: Period) -> bool:
    return (not asked.year or asked.year == there.year) and (asked.part == there.part if asked.part else True)


def _percent_fit(demand: Demand, series: Series, cells: Sequence[Cell]) -> float:
    """1 where shares were asked for and are given, -1 where only one of both, else 0."""
    given = all("%" in cell.text for cell in cells) or "%" in series.heads
    if demand.percent:
        return 1.0 if given else -1.0
    return -1.0 if given and not _asks_share(demand) else 0.0


def _asks_share(demand: Demand) -> bool:
    return bool(
        re.search(r"percent|%|\brate\b|share|margin|비율|율|률|비중|퍼센트", demand.question.text, re.IGNORECASE)
    )


def periods_of_extreme(demand: Demand, matches: Sequence[Match]) -> Iterator[Candidate]:
    """The year or quarter with the largest or smallest value, or the only one beyond a bound that is named."""
    question = demand.question
    bound = _bound(demand)
    for one in matches[:_MOST]:
        series = one.series
        values = {}
        for period, cell in series.cells.items():
            value = figure(cell)
            if value is not None and (period.year or period.part):
                values[period] = value.value
        if demand.periods and set(demand.periods) <= set(values):
            values = {period: values[period] for period in demand.periods}
        if len(values) < 2:
            continue
        if bound is not None:
            limit = _in_scale(bound, series, list(values.values()))
            less = question.comparison == "less"
            chosen = [period for period, value in values.items() if (value < limit if less else value > limit)]
            if len(chosen) != 1:
                continue
        elif question.operation in ("maximum", "minimum"):
            edge = (max if question.operation == "maximum" else min)(values.values())
            chosen = [period for period, value in values.items() if value == edge]
            if len(chosen) != 1:
                continue
        else:
            continue
        period = chosen[0]
        claim = f"{named(series, period)}: {clean(series.cells[period].text)}"
        others = [f"{other}: {clean(series.cells[other].text)}" for other in sorted(values) if other != period][:4]
        citations = tuple(cell_citation(series, series.cells[other]) for other in [period, *sorted(values)][:5])
        piece = Piece(str(period), f"{claim} ({'; '.join(others)})", series.table.evidence.label, citations)
        extra = features_of(demand, one, extreme=1.0, choices=min(len(values), 5) / 5)
        yield Candidate("cell", str(period), (piece,), one.score, extra)


def _bound(demand: Demand) -> Decimal | None:
    """The number that a question compares with ("less than 6,000 thousands")."""
    if demand.question.comparison not in ("more", "less"):
        return None
    found = re.search(
        r"(?:than|above|below|over|under|exceed(?:ed|s)?|보다|이상|이하|초과|미만)\W{0,3}(.{0,40})",
        demand.question.text,
        re.IGNORECASE,
    )
    for quantity in quantities(found[1]) if found else ():
        if quantity.unit != "year":
            return quantity.value * (scale_of(found[1][quantity.stop :][:12].strip(" ?.")) if found else 1)
    return None


def _in_scale(bound: Decimal, series: Series, values: Sequence[Decimal]) -> Decimal:
    """A bound in a table's unit: as it is, or divided by the scale of the note, whichever is near to the values."""
    usual = sorted(abs(value) for value in values)[-1] or Decimal(1)
    return min((bound, bound / series.table.scale), key=lambda one: abs((abs(one) / usual).log10()) if one else 99)


def rows_of_values(demand: Demand, series: Sequence[Series]) -> Iterator[Candidate]:
    """The label of the only row whose cells hold every year of the question ("who was king from 1108 to 1137")."""
    years = demand.question.years
    if not years:
        return
    rows: dict[tuple[int, int], list[tuple[Series, Cell]]] = {}
    for one in series:
        for cell in one.cells.values():
            rows.setdefault((id(one.table.grid), cell.row), []).append((one, cell))
    holding = []
    for members in rows.values():
        texts = [cell.text for _, cell in members]
        label = members[0][1].labels[-1] if members[0][1].labels else ""
        if (
            label
            and sum(map(str.isalpha, label)) > 0.5 * len(label)
            and all(any(re.search(rf"(?<!\d){year}(?!\d)", text) for text in texts) for year in years)
        ):
            holding.append((label, members))
    for label, members in holding:
        first = members[0][0]
        grid = first.table.grid
        if sum(other[0][0].table.grid is grid for _, other in holding) > 1:
            continue
        words = frozenset().union(
            *(forms(w) for _, cell in members for w in words_of(f"{cell.text} {' '.join(cell.headers)}"))
        )
        there = words | first.table.context | first.table.names
        hard = [word for word in demand.words if not word.soft]
        total = sum(word.weight for word in hard)
        direct = sum(word.weight for word in hard if word.forms & words) / total if total else 0.0
        recall = sum(word.weight for word in hard if word.forms & there) / total if total else 0.0
        if recall < 0.3:
            continue
        used = [cell for _, cell in members if any(str(year) in cell.text for year in years)]
        claim = f"{label}: " + "; ".join(f"{' '.join(cell.headers)} {cell.text}".strip() for cell in used)
        match = Match(first, recall, recall, direct, 1.0, 1.0, 1.0 - recall, frozenset())
        piece = Piece(label, claim, first.table.evidence.label, (row_citation(first, used, label),))
        extra = features_of(demand, match, by_value=1.0, all_years=float(len(years) > 1))
        yield Candidate("cell", label, (piece,), recall * 0.9 + 0.1 * (len(years) > 1), extra)


def rows_of_extreme(demand: Demand, matches: Sequence[Match]) -> Iterator[Candidate]:
    """The row whose value in the column asked for is the largest or smallest; totals do not count."""
    seen: set[tuple[int, tuple[str, ...]]] = set()
    largest = demand.question.operation == "maximum"
    for one in matches[:_MOST]:
        series = one.series
        key = (id(series.table.grid), series.headers)
        if key in seen:
            continue
        seen.add(key)
        rows = _column(demand, matches, series)
        if len(rows) < 2:
            continue
        ordered = sorted(rows, key=lambda row: row[0], reverse=largest)
        if ordered[0][0] == ordered[1][0]:
            continue
        _, best, period = ordered[0]
        label = best.labels[-1].strip(" :") if best.labels else ""
        if not label:
            continue
        cell = best.cells[period]
        where = (row_citation(best, [cell], label), cell_citation(best, cell))
        piece = Piece(label, f"{named(best, period)}: {clean(cell.text)}", best.table.evidence.label, where)
        extra = features_of(demand, one, extreme=1.0, rows=1.0, choices=min(len(rows), 5) / 5)
        yield Candidate("cell", label, (piece,), one.score - 0.05, extra)


def _column(demand: Demand, matches: Sequence[Match], series: Series) -> list[tuple[Decimal, Series, Period]]:
    """The values of all rows in the column of a series, for the period asked for, or the latest."""
    rows = []
    for other in matches:
        if other.series.table.grid is not series.table.grid or other.series.headers != series.headers:
            continue
        if re.match(r"(?i)\s*(?:sub)?totals?\b|합\s*계|총\s*계|소\s*계", " ".join(other.series.labels[-1:])):
            continue
        wanted = periods_in(demand, other.series)
        if wanted is None or len(wanted) != 1:
            continue
        value = figure(other.series.cells[wanted[0]])
        if value is not None:
            rows.append((value.value, other.series, wanted[0]))
    return rows
