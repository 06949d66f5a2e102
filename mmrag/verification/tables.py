"""Numbers of a statement against the tables of a page: the right number has to stand under the row and column named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from mmrag.quantities import Period, Quantity, agree, periods, quantities
from mmrag.verification.findings import Finding
from mmrag.verification.places import covers
from mmrag.verification.sheets import Sheet, Slot, Spot
from mmrag.verification.statements import Statement
from mmrag.verification.terms import Term, near_forms

__all__ = ["Fit", "check_cell", "check_trend", "fits"]

_IN_ROW = 0.6
"""Of the best fit: for one number of several, where the best cell is another one of its row."""
_SURE = 0.55
"""From this fit on a cell is taken to be what the statement names."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A cell and how well its place is named by a statement, 0 to 1. `period`: whether row and column are of its date."""  # noqa: E501

    slot: Slot
    score: float
    period: bool


def _shared(terms: Sequence[Term], forms: frozenset[str]) -> float:
    """Share of the words of a label that a statement has."""
    if not terms:
        return 0.0
    return sum(1.0 if term.forms & forms else 0.8 if near_forms(term.word) & forms else 0.0 for term in terms) / len(
        terms
    )


def fits(statement: Statement, sheet: Sheet, wanted: Sequence[Period]) -> list[Fit]:
    """Every cell with a number, by how well the statement names its row and its column, best first.

    `wanted` are the dates that the number in question may be of; a cell of another date never fits.
    """
    forms = statement.forms
    total = sum(sheet.weight(term) for term in statement.terms)
    if not forms or not total:  # a date or number alone names no cell
        return []
    found: list[Fit] = []
    for slot in sheet.slots:
        if slot.quantity is None:
            continue
        own = _shared(slot.row_terms, forms)
        head = _shared(slot.head_terms, forms)
        if slot.dated:
            own = float(any(_at_date(one, slot) for one in wanted))
        if own == 0 and head == 0:
            continue
        matched = _dates(slot, wanted)
        coverage = sum(sheet.weight(term) * _covered(term, slot, sheet) for term in statement.terms) / total
        direct = (
            sum(sheet.weight(term) for term in statement.terms if term.forms & (slot.row_forms | slot.head_forms))
            / total
        )
        score = 0.35 * own + 0.3 * coverage + 0.25 * direct + 0.1 * head
        if not slot.head_terms:
            score = score / 0.9
        if not matched:
            score *= 0.5
        found.append(Fit(slot, score, matched))
    found.sort(key=lambda fit: -fit.score)
    return found


def _covered(term: Term, slot: Slot, sheet: Sheet) -> float:
    if term.forms & (slot.row_forms | slot.head_forms):
        return 1.0
    if near_forms(term.word) & (slot.row_forms | slot.head_forms):
        return 0.8
    return 0.9 if term.forms & (slot.caption_forms | sheet.around_forms) else 0.0


def _dates(slot: Slot, wanted: Sequence[Period]) -> bool:
    """Whether a cell may be of one of the dates; a table for one date alone says it in its caption, or above."""
    if not wanted or not slot.periods:
        return True
    years = {year for one in slot.periods if one.year for year in (one.start.year, one.stop.year)}
    parts = [one for one in slot.periods if one.kind not in ("year", "span")]
    return any(_dated(one, years, parts) for one in wanted)


def _at_date(period: Period, slot: Slot) -> bool:
    """Whether a row that is a date is of this date, and of no longer stretch of time."""
    return any(period.holds(one) for label in slot.cell.labels[-1:] for one in periods(label))


def _dated(period: Period, years: set[int], parts: Sequence[Period]) -> bool:
    if years and period.year is not None and not {period.start.year, period.stop.year} & years:
        return False
    if period.kind in ("year", "span") or not parts:
        return True
    return any(period.holds(one) or one.holds(period) for one in parts)


def check_cell(
    statement: Statement, quantity: Quantity, sheet: Sheet, wanted: Sequence[Period]
) -> tuple[Finding, Slot | None] | None:
    """One number of the statement in the tables of the page, and its cell; None where no table speaks of it.

    Supported where a cell that the statement names best has the number; contradicted where that cell has another.
    """
    ranked = fits(statement, sheet, wanted)
    ranked = [fit for fit in ranked if _comparable(fit.slot, quantity)] or ranked
    if not ranked:
        return None
    best = ranked[0].score
    close = [fit for fit in ranked[:20] if fit.score >= 0.8 * best]
    match = next((fit for fit in ranked if _has(fit.slot, quantity)), None)
    beside = match is not None and len(statement.quantities) > 1 and _same_row(match.slot, ranked[0].slot)
    if match is not None and match.period and match.score >= (_IN_ROW if beside else 0.96) * best:
        reason = f"{match.slot.cell.text} stands under {match.slot.place}"
        cite = (sheet.cite_slot(match.slot),)
        return Finding("number", "supported", min(1.0, match.score / 0.8), reason, cite), match.slot
    if any(_names(fit.slot, quantity) for fit in close):
        return Finding("number", "supported", 0.9, f"{quantity.text.strip()} is in the name of the row or column"), None
    rival = next(
        (
            fit
            for fit in close[:8]
            if fit.period and fit.score >= max(_SURE, 0.97 * best) and _comparable(fit.slot, quantity)
        ),
        None,
    )
    if rival is not None:
        reason = f"the page says {rival.slot.cell.text} for {rival.slot.place}, not {quantity.text.strip()}"
        cite = (sheet.cite_slot(rival.slot),)
        instead = (quantity.text, rival.slot.cell.text)
        return Finding("number", "contradicted", min(1.0, rival.score), reason, cite, instead), rival.slot
    if match is None:
        return None
    dates = ", ".join(one.text.strip() for one in wanted)
    other = f", not for {dates}" if dates and not match.period else ""
    reason = f"{quantity.text.strip()} stands on the page for {match.slot.place}{other}"
    return Finding("number", "not_found", 0.8, reason, (sheet.cite_slot(match.slot),)), match.slot


def _same_row(one: Slot, other: Slot) -> bool:
    return (one.table, one.cell.row) == (other.table, other.cell.row) and bool(one.head_terms)


def check_trend(statement: Statement, slots: Sequence[Slot]) -> tuple[Finding, Term] | None:
    """Two cells of one row in the order of the statement, and the word for where it went ("rose from A to B")."""
    if len(slots) != 2 or len({(slot.table, slot.cell.row) for slot in slots}) != 1:
        return None
    one, two = (slot.quantity for slot in slots)
    for term in statement.terms:
        up = bool(term.forms & _UP or any(term.word.startswith(stem) for stem in _UP_KO))
        down = bool(term.forms & _DOWN or any(term.word.startswith(stem) for stem in _DOWN_KO))
        if one is None or two is None or up == down or one.value == two.value:
            continue
        if up == (one.value < two.value):
            return Finding("polarity", "supported", 0.9, f"{slots[0].cell.text} to {slots[1].cell.text}", ()), term
        reason = f"it went from {slots[0].cell.text} to {slots[1].cell.text}"
        return Finding("polarity", "contradicted", 0.9, reason, ()), term
    return None


_UP = frozenset({"rise", "increase", "grow", "climb", "gain", "improve"})
_DOWN = frozenset({"fall", "decrease", "decline", "drop", "shrink", "reduce"})
_UP_KO, _DOWN_KO = ("증가", "늘", "상승", "올"), ("감소", "줄", "하락", "내")


def _names(slot: Slot, quantity: Quantity) -> bool:
    """Whether the number is part of the row's or the column's name ("level 3")."""
    return any(
        one.text.strip() == quantity.text.strip()
        for text in (*slot.cell.labels, *slot.cell.headers)
        for one in quantities(text)
        if one.unit != "year"
    )


_LARGEST_SHARE = 1_000
"""Per cent that a cell without its sign may hold."""


def _comparable(slot: Slot, quantity: Quantity) -> bool:
    """Whether cell and number measure the same kind of thing, so that one can be wrong for the other."""
    value = slot.quantity
    if value is None or ("%" in (value.unit, quantity.unit) and value.unit != quantity.unit and value.unit):
        return False
    if quantity.unit == "%" and not value.unit and abs(value.value) > _LARGEST_SHARE:
        return False
    return not (quantity.unit in ("ordinal", "clock", "person", "day", "month", "year") and value.unit != quantity.unit)


def _has(slot: Slot, quantity: Quantity) -> bool:
    """Whether a cell holds the number: as shown, or times the table's unit; a loss may be named without its sign."""
    value = slot.quantity
    if value is None:
        return False
    claimed = quantity
    if claimed.unit in ("%", "pp") and not value.unit:
        # A table of shares says so above, not in each cell.
        claimed = replace(claimed, unit="")
    elif value.unit == "%" and not claimed.unit:
        value = replace(value, unit="")
    scales = {Decimal(1), slot.scale}
    if any(_equal(claimed, value, scale) for scale in scales):
        return True
    if value.value < 0 < claimed.value:
        positive = replace(value, value=-value.value)
        return any(_equal(claimed, positive, scale) for scale in scales)
    return False


def _equal(claimed: Quantity, value: Quantity, scale: Decimal) -> bool:
    if not agree(claimed, value, scale):
        return False
    # "5 million" is no rounding of a bare "5" where the table says "in thousands".
    return (
        scale != 1 or not any(letter.isalpha() for letter in claimed.text) or claimed.step <= 1 or agree(claimed, value)
    )


def spot_of(slot: Slot) -> Spot:
    """The row of a cell as a spot, for checks that look at text."""
    text = " ".join((*slot.cell.labels, *slot.cell.headers, slot.cell.text))
    return Spot(text, 0, 0, row=True)


def named_by(statement: Statement, slot: Slot) -> float:
    """Share of the statement's words that a cell's place has."""
    spot = spot_of(slot)
    terms = statement.terms
    return sum(covers(term, spot) for term in terms) / len(terms) if terms else 0.0
