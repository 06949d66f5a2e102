"""Whether the numbers and dates of an answer are those of a gold answer. Knows texts only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import permutations

from mmrag.evaluation.normal import words_of
from mmrag.quantities import Period, Quantity, agree, periods, quantities

__all__ = ["is_percentage", "leading_numbers_agree", "numbers_of", "same_dates", "stated_beyond"]

_PERCENT = re.compile(
    r"percent|%|\brates?\b|\bratios?\b|\bshare of\b|\bgrowth\b|\bproportion|퍼센트|비율|비중|률", re.IGNORECASE
)
_FALL = re.compile(
    r"decreas|declin|\bfell\b|\bfall|\bdrop|reduc|\bloss|\blower|\bdown\b|감소|하락|줄|손실|적자|낮", re.IGNORECASE
)
_DATED = re.compile(r"\b(?:in|since|by|until|from|to|during|year)\s+$", re.IGNORECASE)
_IN_ORDER = re.compile(r"respectively|각각|순서대로", re.IGNORECASE)
_FILLERS = frozenset(
    {"about", "around", "approximately", "approx", "roughly", "nearly", "almost", "some", "over", "exactly", "only"}
    | {"of", "total", "in", "each", "and", "per", "약", "대략", "거의", "총", "모두", "정도"}
)
_FACTORS = tuple(Decimal(10) ** power for power in (3, 6, 9))
_MOST = 6  # gold numbers of which every order is tried


def is_percentage(question: str, golds: Sequence[str]) -> bool:
    """Whether 12 %, 12 and 0.12 say the same: a share was asked for, or the gold answers give one with its sign."""
    return bool(_PERCENT.search(question)) or any("%" in gold for gold in golds)


def numbers_of(gold: str, question: str = "") -> tuple[Quantity, ...]:
    """The numbers of a gold answer that is numbers alone, else ().

    Beside them only fillers ("about") and words of the question may stand ("nine justices" where those were asked for).
    """
    if any(period.kind in ("day", "month", "quarter", "half") for period in periods(gold)):
        return ()
    found = quantities(gold)
    left = gold
    for one in reversed(found):
        left = f"{left[: one.start]} {left[one.stop :]}"
    known = _FILLERS | set(words_of(question))
    return found if all(word in known for word in words_of(left)) else ()


def leading_numbers_agree(
    answer: str, golds: Sequence[Quantity], question: str = "", *, percent: bool = False, leading: bool = True
) -> bool:
    """Whether the first numbers of an answer are the gold numbers, one for one.

    Numbers that repeat the question, and those of dates unless a year is asked for, are passed over. The order counts
    where the question says "respectively". Without `leading` they may stand anywhere.
    """
    found = _candidates(answer, golds, question)
    falls = bool(_FALL.search(answer)) or bool(_FALL.search(question))
    if not leading:
        return all(any(_equal(gold, one, percent, falls) for one in found) for gold in golds)
    first = found[: len(golds)]
    if len(first) < len(golds):
        return False
    if len(golds) == 1 or len(golds) > _MOST or _IN_ORDER.search(question):
        orders = [tuple(first)]
    else:
        orders = list(permutations(first))
    return any(all(_equal(g, o, percent, falls) for g, o in zip(golds, order, strict=True)) for order in orders)


def same_dates(answer: str, gold: str, question: str = "") -> bool | None:
    """Whether the first date of an answer, beyond the question's, is the gold's; None where the gold is no date."""
    wanted = periods(gold)
    if len(wanted) != 1 or wanted[0].kind in ("year", "span"):
        return None
    start, stop = wanted[0].span
    if any(word not in _FILLERS | {"on", "from", "since", "until"} for word in words_of(gold[:start] + gold[stop:])):
        return None
    asked = {_days(period) for period in periods(question)}
    found = [period for period in periods(answer) if _days(period) not in asked or _days(period) == _days(wanted[0])]
    return bool(found) and _days(found[0]) == _days(wanted[0])


def stated_beyond(text: str, question: str) -> set[Decimal]:
    """The values that a text states and the question does not."""
    asked = {one.value for one in quantities(question)}
    return {one.value for one in quantities(text)} - asked


def _days(period: Period) -> tuple[object, object]:
    return period.start, period.stop


def _candidates(answer: str, golds: Sequence[Quantity], question: str) -> list[Quantity]:
    """The numbers of an answer that may be meant as its answer, in order."""
    found = list(quantities(answer))
    if any(_is_year(gold) for gold in golds):
        years = [one for one in found if _is_year(one)]
        found = years if all(_is_year(gold) for gold in golds) and years else found
    else:
        spans = [period.span for period in periods(answer)]
        inside = [one for one in found if any(start <= one.start < stop for start, stop in spans)]
        found = [one for one in found if one not in inside and not _dates(one, answer)]
    if not any(gold.unit == "ordinal" for gold in golds):
        found = [one for one in found if one.unit != "ordinal"]  # "first convened" counts nothing
    echoes = [_plain(one) for one in quantities(question)]
    if any(_plain(gold) in echoes for gold in golds):
        return found
    fresh = [one for one in found if _plain(one) not in echoes]
    return fresh if len(fresh) >= len(golds) else found


def _is_year(one: Quantity) -> bool:
    return one.unit in ("", "year") and re.fullmatch(r"\D{0,3}[12]\d{3}(?:년도?)?", one.text) is not None


def _dates(one: Quantity, text: str) -> bool:
    """Whether a number of a text is a year that says when."""
    return _is_year(one) and (one.unit == "year" or _DATED.search(text[: one.start]) is not None)


def _plain(one: Quantity) -> tuple[Decimal, str]:
    return one.value, "%" if one.unit == "%" else ""


def _equal(gold: Quantity, ours: Quantity, percent: bool, falls: bool) -> bool:
    one, two = _bare_year(gold), _bare_year(ours)
    if falls and one.value * two.value < 0:
        # "a decrease of 20 %" is -20 %; which of the two wrote the sign does not matter where falling was said
        one, two = (replace(item, value=abs(item.value)) for item in (one, two))
    if _agree(one, two):
        return True
    if percent and _agree_as_share(one, two):
        return True
    if "%" in (one.unit, two.unit) or _scaled(one) == _scaled(two):
        return False
    # Exactly one of them says its scale ("17,966" under a table's "in millions" and "$17,966 million").
    scaled, bare = (one, two) if _scaled(one) else (two, one)
    return any(_agree(scaled, replace(bare, value=bare.value * factor, step=bare.step * factor)) for factor in _FACTORS)


def _bare_year(one: Quantity) -> Quantity:
    """1950 without a unit may be a year or an amount; it is compared as a plain number."""
    return replace(one, unit="") if one.unit == "year" and _is_year(one) else one


def _agree(one: Quantity, two: Quantity) -> bool:
    clocks = [item.unit in ("clock", "o'clock") for item in (one, two)]
    if clocks[0] != clocks[1] and not (one.unit and two.unit):
        return False
    if (one.value == 0) != (two.value == 0):
        return False  # nothing is rounded to nought
    return agree(one, two)


def _agree_as_share(one: Quantity, two: Quantity) -> bool:
    """12 %, 12 and 0.12 as one share; the signs of percentages are left out."""
    first, second = (replace(item, unit="") if item.unit in ("%", "pp") else item for item in (one, two))
    if _agree(first, second):
        return True
    if one.unit == two.unit:
        return False
    share, plain = (first, second) if one.unit in ("%", "pp") else (second, first)
    hundredth = replace(share, value=share.value / 100, step=share.step / 100)
    return abs(plain.value) < 10 and _agree(hundredth, plain)


def _scaled(one: Quantity) -> bool:
    """Whether a number is written with a scale word: its last digit is worth more than the digits alone say."""
    digits = re.search(r"\d[\d,]*(?:\.(\d+))?", one.text)
    return digits is not None and one.step > Decimal(1).scaleb(-len(digits[1] or ""))
