"""Where on a page a statement may be stated: spots by shared words, and how much of the statement each one carries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.quantities import agree
from mmrag.verification.sheets import Sheet, Spot
from mmrag.verification.statements import Statement
from mmrag.verification.terms import Term, korean_kin, near_forms

__all__ = ["Place", "best_places", "covers"]

_NEAR = 0.85
"""What a word counts that stands in the next sentence, the heading, the title or the file name."""
_SYNONYM = 0.8
_VERB_KO = re.compile(r"(?<=[가-힣])(?:하였다|했다|한다|합니다|는다|습니다|니다|[었았였]다|[가-힣]다|여|고|며|서|면)$")


@dataclass(frozen=True, slots=True)
class Place:
    """A spot with what stands around it. `coverage`: share of the statement's words found, by rarity, 0 to 1."""

    spot: Spot
    near: tuple[Spot, ...]
    coverage: float
    missing: tuple[Term, ...]
    direct: float = 0.0
    """Share found in the spot itself, of the words but the page's subject, which a sentence need not name."""


def covers(term: Term, spot: Spot) -> float:
    """1 where a spot has the word, less for a listed synonym, 0 where it has neither."""
    if term.forms & spot.forms:
        return 1.0
    if term.hangul:
        stem = term.stem
        if len(stem) > 1 and stem in spot.squeezed:
            return 1.0
        if any(kin in spot.squeezed for kin in korean_kin(term.word)):
            return 0.9
        stem = _VERB_KO.sub("", term.word)
        if stem != term.word and any(one.startswith(stem) and _VERB_KO.search(one) for one in spot.forms):
            return 0.9
    elif len(term.word) > 3 and any(
        form.startswith(term.word[:-1]) or term.word.startswith(form) for form in spot.forms if len(form) > 4
    ):
        return 0.9
    return _SYNONYM if near_forms(term.word) & spot.forms else 0.0


def best_places(statement: Statement, sheet: Sheet, most: int = 3) -> list[Place]:
    """The spots that share most with a statement, best first."""
    terms = statement.terms
    weights = [sheet.weight(term) for term in terms]
    # Any sentence of the page may speak of its subject without naming it, so a line that does is no better for that.
    known = [_NEAR if term.forms & sheet.subject_forms else 0.0 for term in terms]
    scored: list[tuple[float, int]] = []
    for place, spot in enumerate(sheet.spots):
        found = [covers(term, spot) for term in terms]
        shared = sum(weight * max(one, least) for one, weight, least in zip(found, weights, known, strict=True))
        shared *= any(found)
        for quantity in statement.quantities:
            if any(agree(quantity, one) for one in spot.quantities):
                shared += 1.0
        for period in statement.periods:
            if any(period.holds(one) for one in spot.periods):
                shared += 0.5
        if shared > 0:
            # Between equals the shorter spot is the better one: the statement stands there alone.
            scored.append((shared - 0.002 * len(spot.text) ** 0.5 - 0.3 * spot.title, place))
    scored.sort(key=lambda one: (-one[0], one[1]))
    return [_place(terms, weights, sheet, place) for _, place in scored[:most]]


def _near(sheet: Sheet, place: int) -> tuple[Spot, ...]:
    """The sentences around a spot; of a list item also the line that opens its list, but not that of another list."""
    spot = sheet.spots[place]
    around = (place - 2, place - 1, place + 1)
    found = [sheet.spots[other] for other in around if 0 <= other < len(sheet.spots)]
    found = [one for one in found if not one.row and not spot.row]
    if spot.text.endswith((":", "：")):
        return tuple(one for one in sheet.spots[place + 1 : place + 13] if one.lead == spot.text)
    if not spot.lead:
        return tuple(found)
    opened = [one for one in reversed(sheet.spots[:place]) if one.text == spot.lead][:1]
    return (*opened, *(one for one in found if not one.text.endswith((":", "："))))


def _place(terms: Sequence[Term], weights: Sequence[float], sheet: Sheet, place: int) -> Place:
    spot = sheet.spots[place]
    near = _near(sheet, place)
    found, direct, missing = 0.0, 0.0, []
    own = 0.0
    bare = all(term.forms & sheet.subject_forms for term in terms)
    for term, weight in zip(terms, weights, strict=True):
        share = covers(term, spot)
        if bare or not term.forms & sheet.subject_forms:
            direct += weight * share
            own += weight
        if not share:
            around = (
                term.forms & sheet.around_forms
                or any(covers(term, one) for one in near)
                or term.word in spot.heading.casefold()
            )
            share = _NEAR if around else 0.0
        if not share:
            missing.append(term)
        found += weight * share
    total = sum(weights)
    return Place(spot, near, found / total if total else 0.0, tuple(missing), direct / own if own else 0.0)
