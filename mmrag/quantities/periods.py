"""Dates, months, quarters, halves, years and spans of years in English and Korean text.

Knows the calendar only: a fiscal year is taken as the calendar year of its name, since the text rarely says when it
ends.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from mmrag.quantities.scanning import level

__all__ = ["Period", "PeriodKind", "periods"]

PeriodKind = Literal["day", "month", "quarter", "half", "year", "span"]
UNKNOWN_YEAR = 1


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time that a text names; `start` and `stop` are its first and last day.

    `text` is `source[span[0]:span[1]]`. Where the text names no year ("Q3", "3월 31일") both dates are of year 1.
    `fiscal`: the text calls it a fiscal or business year, which need not be the calendar's.
    """

    start: date
    stop: date
    text: str
    span: tuple[int, int] = (0, 0)
    kind: PeriodKind = "year"
    fiscal: bool = False

    @property
    def year(self) -> int | None:
        """The year it ends in, None where the text names none."""
        return None if self.stop.year == UNKNOWN_YEAR else self.stop.year

    def holds(self, other: Period) -> bool:
        """Whether the other lies in this one; one without a year is compared by month and day only.

        A year may hold a quarter of no year; no quarter holds a year.
        """
        mine, its = (self.start, self.stop), (other.start, other.stop)
        if self.year is None or other.year is None:
            if self.kind in ("year", "span"):
                return True
            if other.kind in ("year", "span"):
                return False
            mine, its = (_undated(self.start), _undated(self.stop)), (_undated(other.start), _undated(other.stop))
        return mine[0] <= its[0] and its[1] <= mine[1]


def _undated(day: date) -> date:
    return date(4, day.month, day.day)


_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_MONTH = r"(?P<month>" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\.?"
_YEAR = r"(?P<year>(?:1[5-9]|20)\d\d)(?!\d|,\d{3}|\.\d)"
_SHORT = r"[’'‘]?(?P<year>(?:19|20)\d\d|\d\d)(?!\d)"
_ORD = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
_NTH = r"(?P<nth>" + "|".join(_ORD) + ")"
_FISCAL = r"(?P<fiscal>fiscal(?:[ -]year)?s?|financial[ -]years?|FY)"


def _day(year: int, month: int, day: int) -> tuple[date, date] | None:
    if not (1 <= month <= 12 and 1 <= day <= monthrange(max(year, 1), month)[1]):
        # A 29 February without a year is a real day of some year.
        return None if (month, day) != (2, 29) or year != UNKNOWN_YEAR else (date(1, 2, 28), date(1, 2, 28))
    return date(year, month, day), date(year, month, day)


def _months(year: int, first: int, count: int) -> tuple[date, date]:
    last = first + count - 1
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _full(short: str | None) -> int:
    if not short:
        return UNKNOWN_YEAR
    number = int(short)
    return number if len(short) == 4 else number + (2000 if number < 70 else 1900)


_Found = tuple[date, date, PeriodKind]
_Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], "_Found | None"]]


def _date_rule(found: re.Match[str]) -> _Found | None:
    parts = found.groupdict()
    month_text = parts["month"].lower().rstrip(".")
    month = _MONTHS[month_text] if month_text in _MONTHS else int(month_text)
    year = _full(parts.get("year"))
    if parts.get("day") is None:
        return None if not 1 <= month <= 12 else (*_months(year, month, 1), "month")
    days = _day(year, month, int(parts["day"]))
    return (*days, "day") if days else None


def _slashed(found: re.Match[str]) -> _Found | None:
    one, two, year = int(found.group("one")), int(found.group("two")), _full(found.group("year"))
    # Month first as in the United States, unless that is no date; dots are the European order.
    month, day = (one, two) if one <= 12 and found.group("sep") != "." else (two, one)
    if month > 12:
        month, day = day, month
    days = _day(year, month, day)
    return (*days, "day") if days else None


def _quarter(found: re.Match[str]) -> _Found | None:
    parts = found.groupdict()
    which = parts["nth"].lower()
    number = _ORD.get(which) or int(which)
    return (*_months(_full(parts.get("year")), number * 3 - 2, 3), "quarter")


def _half(found: re.Match[str]) -> _Found | None:
    parts = found.groupdict()
    second = parts["nth"].lower() in ("second", "2nd", "2", "하")
    return (*_months(_full(parts.get("year")), 7 if second else 1, 6), "half")


def _years(found: re.Match[str]) -> _Found | None:
    first = int(found.group("from"))
    last_text = found.group("to")
    last = int(last_text) if len(last_text) == 4 else first - first % 100 + int(last_text)
    return (date(first, 1, 1), date(last, 12, 31), "span") if first < last <= 2200 else None


def _decade(found: re.Match[str]) -> _Found | None:
    text = found.group("decade")
    first = int(text) if len(text) == 4 else 1900 + int(text)
    return date(first, 1, 1), date(first + 9, 12, 31), "span"


def _year_rule(found: re.Match[str]) -> _Found | None:
    return (*_months(_full(found.group("year")), 1, 12), "year")


_YEAR_KO = r"(?:(?<!\d)(?P<year>\d{4}|(?<=[’'])\d\d)년(?:도)?\s?)?"
_NTH_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_NOT_A_YEAR = r"(?!\s?(?:[-–]\d|million|billion|thousand|people|원|명|개|달러))"
_TO = r"\s?(?:-|to|through|until|till|and|~|∼|부터|에서)\s?"
# In order: what a rule has read, a later one leaves alone; so the longest forms come first.
_RULES: tuple[_Rule, ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), rule)
    for pattern, rule in (
        (r"(?<![\d.])(?P<year>\d{4})\s?[-./]\s?(?P<month>\d{1,2})\s?[-./]\s?(?P<day>\d{1,2})(?!\d)", _date_rule),
        (r"(?<![\d./])(?P<one>\d{1,2})(?P<sep>[./-])(?P<two>\d{1,2})(?P=sep)(?P<year>(?:19|20)\d\d)(?!\d)", _slashed),
        (_YEAR_KO + r"(?<!\d)(?P<month>\d{1,2})월\s?(?P<day>\d{1,2})일(?!간)", _date_rule),
        (r"(?<!\d)(?P<year>\d{4}|(?<=[’'])\d\d)년(?:도)?\s?(?P<month>\d{1,2})월", _date_rule),
        (rf"(?<![A-Za-z]){_MONTH}\s?{_NTH_DAY}(?![\d%])(?:\s?,?\s?{_YEAR})?(?!,\d)", _date_rule),
        (rf"(?<![\d,.]){_NTH_DAY}(?: of)?[ -]{_MONTH}(?![a-z])(?:[\s,-]\s?{_YEAR})?", _date_rule),
        (rf"(?<![A-Za-z]){_MONTH}(?: of)?[\s,-]\s?{_YEAR}", _date_rule),
        (rf"(?<![A-Za-z\d])(?:{_YEAR}\s?)?Q(?P<nth>[1-4])(?!\d)(?!\s?(?:of )?(?:FY|fiscal|[’'(]?\d))", _quarter),
        (rf"(?<![A-Za-z\d])Q(?P<nth>[1-4])\s?(?:of\s)?(?:{_FISCAL})?\s?\(?{_SHORT}", _quarter),
        (rf"(?<![A-Za-z\d])(?P<nth>[1-4])Q\s?(?:{_FISCAL})?\s?{_SHORT}", _quarter),
        (r"(?<![A-Za-z\d])(?P<nth>[1-4])Q(?![A-Za-z\d])", _quarter),
        (rf"(?<![A-Za-z\d]){_NTH}[- ]quarters?(?:(?: of|,)?\s?(?:{_FISCAL}|the year)?\s?{_YEAR})?", _quarter),
        (_YEAR_KO + r"(?<!\d)(?:제\s?)?(?P<nth>[1-4])\s?/?\s?분기", _quarter),
        (rf"(?<![A-Za-z\d]){_NTH}[- ]half(?:(?: of|,)?\s?(?:{_FISCAL}|the year)?\s?{_YEAR})?", _half),
        (rf"(?<![A-Za-z\d])H(?P<nth>[12])\s?(?:{_FISCAL}|of)?\s?{_SHORT}", _half),
        (rf"(?<![A-Za-z\d])(?P<nth>[12])H\s?{_SHORT}", _half),
        (_YEAR_KO + r"(?P<nth>상|하)반기", _half),
        (
            rf"(?<![\d.,])(?P<from>(?:1[5-9]|20)\d\d)년?(?:도)?{_TO}(?:{_FISCAL}\s?)?(?P<to>(?:1[5-9]|20)\d\d)(?!\d|,\d)",
            _years,
        ),
        (r"(?<![\d.,])(?P<from>(?:19|20)\d\d)[-/](?P<to>\d\d)(?![\d/-]|,\d)", _years),
        (r"(?<!\d)(?P<decade>(?:1[5-9]|20)?\d0)(?:[’']?s\b|년대)", _decade),
        (rf"(?<![A-Za-z]){_FISCAL}(?: ended| ending)?\s?{_SHORT}", _year_rule),
        (r"(?<!\d)(?P<year>(?:1[5-9]|20)\d\d|(?<=[’'])\d\d)\s?년(?!간)(?:도)?", _year_rule),
        (r"(?<![\d.,$€£₩/-])(?P<year>(?:19|20)\d\d)(?![\d%]|,\d|\.\d)" + _NOT_A_YEAR, _year_rule),
        (r"(?<!\d)(?P<month>\d{1,2})월(?!드)", _date_rule),
        (
            r"(?<![A-Za-z])(?P<month>january|february|april|june|july|august|september|october|november|december)(?![a-z])",
            _date_rule,
        ),
    )
)  # fmt: skip


def periods(text: str) -> tuple[Period, ...]:
    """Every date and period that a text names, in order of place, never overlapping. English and Korean.

    31/12/2019 and 12/31/2019 are the same day; where both orders are dates, the month is taken to come first. A span
    of years is one period of kind "span". Calendar facts only: "last year" is none.
    """
    source = level(text)
    found = list(_scan(source))
    found.sort(key=lambda one: one.span)
    return tuple(found)


def _scan(source: str) -> Iterator[Period]:
    taken: list[tuple[int, int]] = []
    for pattern, rule in _RULES:
        for match in pattern.finditer(source):
            place = bisect_left(taken, match.span())
            before = place > 0 and taken[place - 1][1] > match.start()
            after = place < len(taken) and taken[place][0] < match.end()
            if before or after:
                continue
            worth = rule(match)
            if worth is None:
                continue
            insort(taken, match.span())
            fiscal = "fiscal" in match.re.groupindex and match.group("fiscal") is not None
            fiscal = fiscal or bool(re.match(r"\s?(?:회계|사업)\s?연도", source[match.end() : match.end() + 8]))
            yield Period(worth[0], worth[1], match.group(), match.span(), worth[2], fiscal)
