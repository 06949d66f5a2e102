"""Does the page have the statement word for word, whatever its case, spaces, hyphenation and quotation marks?"""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from mmrag.quantities import quantities
from mmrag.verification.findings import Finding
from mmrag.verification.polarity import is_negated, is_told
from mmrag.verification.sheets import Sheet
from mmrag.verification.statements import Statement
from mmrag.verification.terms import squeeze

__all__ = ["check_quote"]

_LEAST_WORDS = 3
"""Fewer words of meaning are no statement: "2,230" stands on many pages."""
_LEAST_LETTERS = 12
_BEFORE = 60


def check_quote(statement: Statement, sheet: Sheet) -> Finding | None:
    """Supported where the page has the statement as its own words; None where it has not.

    What stands before it in the same sentence may take it back ("it is not true that ..."), so a negation there
    leaves the decision to the other checks.
    """
    wanted = squeeze(statement.text).strip(".")
    short = len(statement.terms) + len(statement.quantities) + len(statement.periods) < _LEAST_WORDS
    if short or len(wanted) < _LEAST_LETTERS:
        return None
    found = sheet.squeezed.find(wanted)
    if found < 0:
        return None
    if not sheet.words:
        return Finding("quote", "supported", 1.0, "the text says so word for word", (sheet.cite(0, 0, statement.text),))
    ends = list(accumulate(len(squeeze(word.text)) for word in sheet.words))
    # Squeezing word by word gives the same letters but for the point at the end, so the lengths add up.
    start = bisect_right(ends, found)
    stop = bisect_right(ends, found + len(wanted) - 1) + 1
    before = " ".join(word.text for word in sheet.words[max(0, start - 12) : start])
    tail = before.rpartition(". ")[2][-_BEFORE:]
    after = " ".join(word.text for word in sheet.words[stop : stop + 6])
    span = " ".join(word.text for word in sheet.words[start:stop])
    if [one.unit for one in quantities(span)] != [one.unit for one in quantities(statement.text)]:
        return None
    if (
        any(order.start < stop and start < order.stop for order in sheet.orders)
        or is_negated(tail)
        or is_told(f"{tail} {span} {after}", statement.text)
        or any(mark in after for mark in ("않", "아니"))
    ):
        return None
    return Finding("quote", "supported", 1.0, "the page says so word for word", (sheet.cite(start, stop),))
