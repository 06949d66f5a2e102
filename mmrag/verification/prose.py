"""Numbers, dates and names of a statement against one spot of running text and what stands around it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.quantities import Period, Quantity, agree
from mmrag.verification.findings import Finding
from mmrag.verification.places import Place, covers
from mmrag.verification.sheets import Sheet, Spot
from mmrag.verification.statements import Name, Statement, abbreviates, names_of
from mmrag.verification.terms import forms_of, squeeze

__all__ = ["check_names", "check_number", "check_periods", "same_number"]

_FAR = 1_000
"""A number without the unit of another that differs by more than this factor measures something else."""
_SAME_STATEMENT = 0.6
"""Share of its other words from which a spot is taken to state the same thing, so that its number replaces another."""


def same_number(claimed: Quantity, found: Quantity) -> bool:
    """Whether a number of the page is that of the statement; a loss may be written without its sign."""
    if not any(letter.isdigit() for letter in found.text) and claimed.step < 1:
        # "two" is no rounding of 2.5, nor is "2.0" a way to write it.
        return False
    if agree(claimed, found):
        return True
    if claimed.unit in ("KRW", "USD", "EUR", "GBP", "JPY") and found.unit in ("person", "kg", "%"):
        return False
    flipped = found.text.startswith("(") and found.value < 0 < claimed.value
    return flipped and agree(claimed, _positive(found))


def _positive(one: Quantity) -> Quantity:
    return Quantity(one.text, one.start, one.stop, abs(one.value), one.step, one.unit)


def check_number(statement: Statement, quantity: Quantity, sheet: Sheet, place: Place) -> Finding:  # noqa: PLR0911
    """One number of the statement at one spot."""
    cite = (sheet.cite_spot(place.spot),)
    twin = _twin(statement, quantity, place)
    if twin is None and any(same_number(quantity, one) for one in place.spot.quantities):
        if place.spot.row and len(place.spot.quantities) > 1:
            reason = f"{quantity.text.strip()} stands in that row, but which column it is of cannot be told"
            return Finding("number", None, 0.5, reason, cite)
        return Finding("number", "supported", 1.0, f"{quantity.text} stands there", cite)
    if place.coverage < _SAME_STATEMENT and any(
        same_number(quantity, one) for spot in place.near for one in spot.quantities
    ):
        return Finding("number", "supported", 0.6, f"{quantity.text} stands beside it", cite)
    if _beside(statement, quantity, place):
        return Finding("number", "supported", 0.8, f"{quantity.text} stands beside it", cite)
    rival = twin or _rival(statement, quantity, place)
    if rival is not None and place.coverage >= _SAME_STATEMENT:
        reason = f"the page says {rival.text.strip()}, not {quantity.text.strip()}"
        return Finding("number", "contradicted", place.coverage, reason, cite, (quantity.text, rival.text))
    if any(same_number(quantity, one) for spot in place.near for one in spot.quantities):
        return Finding("number", "supported", 0.6, f"{quantity.text} stands beside it", cite)
    elsewhere = [spot for spot in sheet.spots if any(same_number(quantity, one) for one in spot.quantities)]
    if elsewhere:
        related = max(_related(statement, sheet, spot) for spot in elsewhere)
        return Finding(
            "number",
            "not_found",
            0.8 - 0.5 * related,
            f"{quantity.text.strip()} stands on the page, but not for this",
            (),
        )
    # A small number in words is often a count that the writer of the statement made himself.
    counted = quantity.value <= 12 and not any(letter.isdigit() for letter in quantity.text)
    return Finding("number", "not_found", 0.5 if counted else 1.0, f"{quantity.text.strip()} is not on the page", ())


def _related(statement: Statement, sheet: Sheet, spot: Spot) -> float:
    """Share of the statement's words in a spot, but those of the page's subject, 0 to 1."""
    terms = [(sheet.weight(term), term) for term in statement.terms if not term.forms & sheet.subject_forms]
    total = sum(weight for weight, _ in terms)
    return sum(weight * covers(term, spot) for weight, term in terms) / total if total else 0.0


def _beside(statement: Statement, quantity: Quantity, place: Place) -> bool:
    """Whether a sentence beside has the number with a date of the statement that this sentence has not."""
    dates = [one for one in statement.periods if not any(one.holds(other) for other in place.spot.periods)]
    return any(
        same_number(quantity, number) and any(one.holds(other) for one in dates for other in spot.periods)
        for spot in place.near
        for number in spot.quantities
    )


def _twin(statement: Statement, quantity: Quantity, place: Place) -> Quantity | None:
    """A number in the very unit that is claimed, where the claimed value stands only without a unit: "2 litres, six"."""  # noqa: E501
    if not quantity.unit or any(agree(quantity, one) and one.unit == quantity.unit for one in place.spot.quantities):
        return None
    return next(
        (
            one
            for one in place.spot.quantities
            if one.unit == quantity.unit and not any(agree(other, one) for other in statement.quantities)
        ),
        None,
    )


def _rival(statement: Statement, quantity: Quantity, place: Place) -> Quantity | None:
    """A number of the spot that no number of the statement accounts for, of the same kind as the missing one."""
    spans = [period.span for period in place.spot.periods]
    loose = [
        one
        for one in place.spot.quantities
        if not any(start < one.stop and one.start < stop for start, stop in spans)
        and not any(same_number(other, one) for other in statement.quantities)
    ]
    fitting = [one for one in loose if one.unit == quantity.unit]
    fitting = fitting or [
        one for one in loose if "%" not in (one.unit, quantity.unit) and "ordinal" not in (one.unit, quantity.unit)
    ]
    near = (
        abs(one.value) * _FAR >= abs(quantity.value) and abs(quantity.value) * _FAR >= abs(one.value) for one in fitting
    )
    fitting = [one for one, close in zip(fitting, near, strict=True) if close or one.unit == quantity.unit]
    fitting = fitting or [one for one in loose if one.value == quantity.value]
    return min(fitting, key=lambda one: abs(one.value - quantity.value), default=None)


def check_periods(statement: Statement, sheet: Sheet, place: Place) -> list[Finding]:
    """Each date of the statement at one spot: there, around it, elsewhere, or another in its place."""
    return [_period(period, statement, sheet, place) for period in statement.periods]


def _period(period: Period, statement: Statement, sheet: Sheet, place: Place) -> Finding:
    cite = (sheet.cite_spot(place.spot),)
    mine = place.spot.periods
    if any(_same(period, one) for one in mine) or _within_span(period, mine):
        return Finding("period", "supported", 1.0, f"{period.text} stands there", cite)
    rivals = [
        one
        for one in mine
        if _comparable(period, one)
        and not any(_same(other, one) for other in statement.periods)
        and not _COMPARED_WITH.search(place.spot.text[: one.span[0]])
    ]
    if rivals and place.coverage >= _SAME_STATEMENT:
        reason = f"the page says this of {rivals[0].text.strip()}, not of {period.text.strip()}"
        return Finding("period", "contradicted", place.coverage, reason, cite)
    beside = [*sheet.around_periods, *(one for spot in place.near for one in spot.periods)]
    if any(_same(period, one) for one in beside) or squeeze(period.text) in squeeze(place.spot.heading):
        return Finding("period", "supported", 0.7, f"{period.text} stands around it", cite)
    if any(_same(period, one) for spot in sheet.spots for one in spot.periods):
        strength = 0.45 if place.spot.row else 0.6
        return Finding("period", "not_found", strength, f"the page has {period.text.strip()}, but not for this", ())
    return Finding("period", "not_found", 0.9, f"{period.text.strip()} is not on the page", ())


_COMPARED_WITH = re.compile(
    r"\b(?:than|with|to|versus|vs\.?|against|over|from|since)\s+(?:fiscal\s+|the\s+)?$", re.IGNORECASE
)
"""Before a date that the sentence only compares its own with."""


def _same(claimed: Period, found: Period) -> bool:
    """Whether the page's date is the claimed one or a part of it."""
    if claimed.kind == "span" or found.kind == "span":
        return (claimed.start, claimed.stop) == (found.start, found.stop)
    return claimed.holds(found)


def _within_span(period: Period, found: Sequence[Period]) -> bool:
    return period.kind == "span" and {period.start.year, period.stop.year} <= {one.stop.year for one in found}


def _comparable(one: Period, other: Period) -> bool:
    if one.year is not None and other.year is not None and one.year != other.year:
        return True
    return one.kind == other.kind


def check_names(statement: Statement, sheet: Sheet, place: Place) -> list[Finding]:
    """Each name of the statement: at the spot, around it, elsewhere on the page, or nowhere."""
    return [_name(name, statement, sheet, place) for name in statement.names]


def _missing(name: Name, statement: Statement, place: Place) -> list[str]:
    """The words of a name that the spot has neither as written nor abbreviated."""
    missing = [word for word in name.words if not _stands(word, place.spot.squeezed, place.spot.forms)]
    if statement.text.startswith(name.text) and name.words[0] in missing[:1] and len(name.words) > 1:
        # "Adopting Topic 606": the word that opens a sentence may be a verb.
        stem = re.sub(r"ing$", "", missing[0])
        spots = (place.spot, *place.near)
        if len(stem) < len(missing[0]) and any(form.startswith(stem) for spot in spots for form in spot.forms):
            missing = missing[1:]
    if missing and any(abbreviates(name.text, other.text) for other in names_of(place.spot.text)):
        missing = []
    return missing


def _name(name: Name, statement: Statement, sheet: Sheet, place: Place) -> Finding:
    cite = (sheet.cite_spot(place.spot),)
    missing = _missing(name, statement, place)
    if not missing:
        return Finding("name", "supported", 1.0, f"{name.text} stands there", cite)
    others = [
        other
        for other in names_of(place.spot.text)
        if not any(_stands(word, squeeze(statement.text), forms_of(statement.text)) for word in other.words)
    ]
    subject = squeeze(sheet.subject)
    beside = [*(spot.squeezed for spot in place.near), squeeze(sheet.around), squeeze(place.spot.heading), subject]
    around = all(any(_stands(word, text, sheet.around_forms) for text in beside) for word in missing)
    if all(_stands(word, subject, sheet.subject_forms) for word in missing):
        return Finding("name", "supported", 0.8, f"{name.text} is what the page is of", cite)
    if others and place.direct >= _SAME_STATEMENT and not place.spot.row:
        reason = f"the page says this of {others[0].text}, not of {name.text}"
        return Finding("name", "not_found" if around else "contradicted", 0.5 if around else 0.8, reason, cite)
    if around:
        return Finding("name", "supported", 0.8, f"{name.text} stands around it", cite)
    if any(not _stands(word, sheet.squeezed, frozenset()) for word in missing):
        return Finding("name", "not_found", 1.0, f"{name.text} is not named on the page", ())
    return Finding("name", "not_found", 0.5, f"{name.text} is named on the page, but not for this", ())


def _stands(word: str, squeezed: str, forms: frozenset[str]) -> bool:
    if word in forms or forms_of(word) & forms:
        return True
    if len(word) > 5 and any(len(form) > 4 and form.startswith(word[:-1]) for form in forms):
        return True  # "Germany" and "German-based"
    bare = squeeze(word)
    return len(bare) > 2 and bare in squeezed
