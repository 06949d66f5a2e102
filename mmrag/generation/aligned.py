"""Values that a list of years tells apart: "in 2012, 2011 and 2010 was $1.5, $1.0 and $0.3 million".

The first value belongs to the first year, and so on. Known is only what stands in lists of equal length.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from mmrag.quantities import Quantity, quantities

__all__ = ["years_of_values"]

_YEAR = re.compile(r"(?<![\d,.$])(?:19|20)\d\d(?![\d,]*\d|%|\.\d)")
_BETWEEN_YEARS = re.compile(
    r"(?:[\s,]|\b(?:and|or|&|fiscal|years?|ended|ending|in|of|the|january|february|march|april|may|june|july|august"
    r"|september|october|november|december|\d{1,2})\b|년|도|및|와|과)*",
    re.I,
)
_BETWEEN_VALUES = re.compile(r"(?:[\s,]|\band\b|\bor\b|및|와|과)*(?:approximately |about )?[$€£₩]?\s*", re.I)


_One = TypeVar("_One")


def years_of_values(sentence: str) -> dict[int, int]:
    """The year of each value by where the value starts; {} where no list of years has as many values."""
    years = [((found.start(), found.end()), int(found[0])) for found in _YEAR.finditer(sentence)]
    lists = [run for run in _runs(sentence, years, _BETWEEN_YEARS) if len(run) > 1]
    if len(lists) != 1 or len({year for _, year in lists[0]}) != len(lists[0]):
        return {}
    found = [one for one in quantities(sentence) if one.unit not in ("year", "ordinal", "month", "day")]
    found = [one for one in found if not _YEAR.fullmatch(one.text) and not _in_date(sentence, one)]
    values = [((one.start, one.stop), one) for one in found]
    known: dict[int, int] = {}
    for run in _runs(sentence, values, _BETWEEN_VALUES):
        alike = {one.unit for _, one in run if one.unit}
        if len(run) == len(lists[0]) and len(alike) < 2:
            known |= {place[0]: year for (place, _), (_, year) in zip(run, lists[0], strict=True)}
    return known


def _in_date(sentence: str, one: Quantity) -> bool:
    """The day of a date such as "March 31, 2012"."""
    return bool(re.match(r",?\s+(?:19|20)\d\d\b|\s*[일월]", sentence[one.stop :]) and one.text.isdigit())


def _runs(
    sentence: str, items: Sequence[tuple[tuple[int, int], _One]], between: re.Pattern[str]
) -> list[list[tuple[tuple[int, int], _One]]]:
    """Items with nothing but `between` from one to the next."""
    found: list[list[tuple[tuple[int, int], _One]]] = []
    for item in items:
        if found and between.fullmatch(sentence[found[-1][-1][0][1] : item[0][0]]):
            found[-1].append(item)
        else:
            found.append([item])
    return found
