"""One statement on one page: the places where it may be stated, and what each check says there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mmrag.quantities import Period, Quantity
from mmrag.verification.arithmetic import Formula, formula_of
from mmrag.verification.binding import check_binding
from mmrag.verification.findings import Finding
from mmrag.verification.ordering import check_order, is_jumbled
from mmrag.verification.places import Place, best_places, covers
from mmrag.verification.polarity import check_polarity
from mmrag.verification.prose import check_names, check_number, check_periods
from mmrag.verification.quotes import check_quote
from mmrag.verification.sheets import Sheet, Slot, Spot
from mmrag.verification.statements import Statement
from mmrag.verification.tables import check_cell, check_trend
from mmrag.verification.terms import Term
from mmrag.verification.wording import check_wording

__all__ = ["Examined", "examine", "wanted_periods"]


_RIVAL = 0.9
"""Of the share of words of the closest spot: what another spot must have to be heard."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the checks found at one place, and the words there with those around them."""

    findings: tuple[Finding, ...]
    passage: str = ""
    tabled: bool = False
    """Whether it was looked up in the cells of tables."""


def examine(statement: Statement, sheet: Sheet) -> Iterator[Examined]:
    """The findings at each place of the page worth looking at, most promising first; none where nothing is shared."""
    formula = formula_of(statement.text)
    if formula is not None:
        yield Examined(_formula(formula, sheet))
        return
    quote = check_quote(statement, sheet)
    if quote is not None:
        yield Examined((quote,))
    places = best_places(statement, sheet)
    closest = max((place.direct for place in places if not place.spot.table), default=0.0)
    for place in places:
        # What the closest sentence denies, a looser one cannot carry.
        if place.direct < _RIVAL * closest or (place.spot.table and statement.quantities):
            continue
        texts = [spot.text for spot in (*place.near[:2], place.spot, *place.near[2:])]
        yield Examined(_at_place(statement, sheet, place), " ".join(texts))
    if statement.quantities and sheet.slots and not is_jumbled(statement.text):
        found = _in_tables(statement, sheet)
        if found:
            yield Examined(found, tabled=True)


def _coverage(place: Place, sheet: Sheet) -> Finding:
    missing = ", ".join(term.text for term in place.missing[:4])
    reason = f"nothing there speaks of {missing}" if missing else "the page says so"
    around = " ".join(spot.text for spot in place.near)
    cite = sheet.cite_spot(place.spot)
    return Finding(
        "coverage", "supported" if not missing else None, place.coverage, reason, (cite,) if around or cite else ()
    )


def _at_place(statement: Statement, sheet: Sheet, place: Place) -> tuple[Finding, ...]:
    findings = [_coverage(place, sheet)]
    for quantity in statement.quantities:
        findings.append(check_number(statement, quantity, sheet, place))
    findings += check_periods(statement, sheet, place)
    findings += check_names(statement, sheet, place)
    turned = check_polarity(statement, sheet, place)
    if turned is not None:
        findings.append(turned)
    findings += [
        one for one in (check_order(statement, sheet), check_binding(statement, sheet, place)) if one is not None
    ]
    return (*findings, *check_wording(statement, sheet, place))


def _in_tables(statement: Statement, sheet: Sheet) -> tuple[Finding, ...]:
    numbers: list[Finding] = []
    slots: list[Slot] = []
    for quantity in statement.quantities:
        wanted = wanted_periods(statement, quantity)
        found = check_cell(statement, quantity, sheet, wanted)
        if found is None:
            return ()
        numbers.append(found[0])
        if found[0].label == "supported" and found[1] is not None:
            slots.append(found[1])
    if not slots:
        return (*numbers,)
    trend = check_trend(statement, slots)
    place = _row(statement, sheet, slots, trend[1] if trend else None)
    findings: list[Finding] = [_coverage(place, sheet), *numbers, *([trend[0]] if trend else [])]
    for finding in check_periods(statement, sheet, place):
        # A table whose rows and columns name no date has it in its caption, or elsewhere on the page.
        open_ = finding.label == "not_found" and not any(slot.periods for slot in slots)
        findings.append(
            replace(finding, strength=min(finding.strength, 0.45)) if open_ and finding.strength < 0.9 else finding
        )
    findings += check_names(statement, sheet, place)
    return tuple(findings)


def _row(statement: Statement, sheet: Sheet, slots: Sequence[Slot], known: Term | None) -> Place:
    """The cells with their labels, headers, caption and note as one spot; a `known` word needs not stand there."""
    words = [*slots[0].cell.labels, *(text for slot in slots for text in (*slot.cell.headers, slot.cell.text))]
    places = [place for slot in slots for place in slot.cell.words]
    text = " , ".join([*words, slots[0].caption, slots[0].note, slots[0].stub])
    spot = Spot(text, min(places, default=0), max(places, default=-1) + 1, heading=slots[0].caption, row=True)
    missing = []
    found = total = 0.0
    for term in statement.terms:
        weight = sheet.weight(term)
        share = 1.0 if term is known else covers(term, spot) or (0.85 if term.forms & sheet.around_forms else 0.0)
        total, found = total + weight, found + weight * share
        if not share:
            missing.append(term)
    return Place(spot, (), found / total if total else 0.0, tuple(missing))


def wanted_periods(statement: Statement, quantity: Quantity) -> Sequence[Period]:
    """The dates of the statement that a number of it may be of: its own where several are named."""
    dates, numbers = statement.periods, statement.quantities
    if len(dates) < 2 or len(numbers) < 2:
        return dates
    if len(dates) == len(numbers):
        order = sorted([(one.start, "n") for one in numbers] + [(one.span[0], "d") for one in dates])
        kinds = "".join(kind for _, kind in order)
        apart = kinds in ("n" * len(numbers) + "d" * len(dates), "d" * len(dates) + "n" * len(numbers))
        if apart or kinds in ("nd" * len(numbers), "dn" * len(numbers)):
            return (dates[numbers.index(quantity)],)
    return (min(dates, key=lambda one: min(abs(one.span[0] - quantity.stop), abs(quantity.start - one.span[1]))),)


def _formula(formula: Formula, sheet: Sheet) -> tuple[Finding, ...]:
    """The formula worked out again, and every operand looked up where the statement says it stands."""
    if formula.worth is None:
        return (Finding("arithmetic", "not_found", 1.0, f"“{formula.text}” cannot be worked out"),)
    if not formula.holds:
        worth = f"{formula.worth:,.4f}".rstrip("0").rstrip(".")
        return (Finding("arithmetic", "contradicted", 1.0, f"{formula.text.split('=')[0].strip()} is {worth}"),)
    if not formula.fits_words:
        return (Finding("arithmetic", "contradicted", 0.9, f"“{formula.text}” is another sum than the one named"),)
    findings: list[Finding] = []
    for text, _ in formula.named:
        findings.append(_operand(text, sheet))
    for quantity in formula.loose:
        findings.append(_operand(f"{formula.words} {quantity.text}", sheet))
    if not findings:
        return (Finding("arithmetic", "not_found", 0.9, "the formula has no stated value"),)
    worst = next((one for one in findings if one.label != "supported"), None)
    if worst is not None:
        return (replace(worst, check="arithmetic"),)
    cited = tuple(citation for one in findings for citation in one.citations)
    strength = min(one.strength for one in findings)
    return (
        Finding("arithmetic", "supported", strength, f"worked out from the page: {formula.text.strip()}", cited),
        Finding("coverage", None, 0.75 + 0.2 * strength, "", ()),
    )


def _operand(text: str, sheet: Sheet) -> Finding:
    """The best finding for one stated value: the number itself, at its row and column, or in its sentence."""
    from mmrag.verification.combining import conclude, rough_probability

    best: tuple[float, tuple[Finding, ...]] | None = None
    for examined in examine(Statement(text), sheet):
        value = rough_probability(examined.findings)
        # Of places that refuse it, the one that says what stands there instead.
        against = 0.1 * any(one.label == "contradicted" for one in examined.findings)
        if best is None or max(value, against) > best[0]:
            best = max(value, against), examined.findings
    if best is None:
        return Finding("number", "not_found", 1.0, f"nothing on the page speaks of “{text}”")
    label, reason, citations = conclude(best[1], best[0])
    return Finding("number", label, best[0] if label == "supported" else 1 - best[0], reason, citations)
