"""A formula that a statement shows: read by an own small parser, worked out again in decimals, and compared.

Reads numbers, + - × ÷, brackets and per cent signs; nothing of it is ever executed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, DivisionByZero, InvalidOperation, localcontext

from mmrag.quantities import Quantity, quantities

__all__ = ["Formula", "formula_of"]

_FORMULA = re.compile(
    r"(?P<left>[\d(\-−$€£₩][\d\s,.()+\-−–*×x/÷%$€£₩]*[\d)%])\s*=\s*(?P<right>[-−(]?\s?[$€£₩]?\s?[\d,.]*\d\)?\s?%?)"
)
_TOKEN = re.compile(r"\s*(?:(?P<number>[$€£₩]?\d[\d,]*(?:\.\d+)?%?|[$€£₩]?\.\d+%?)|(?P<sign>[()+\-−–*×x/÷]))")
_VALUE = re.compile(r"\(\s?(?P<value>\(?[-−]?\s?[$€£₩]?\s?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?<=\d)\s?%?\)?)\s?\)")
_LEADS = re.compile(
    r"^\W*(?:(?:the\s+)?(?:average|mean|sum|total|difference|change|percentage change|percentage difference|ratio|share|increase|decrease"  # noqa: E501
    r"|growth)\s+(?:of|between|in|from|to)\s+|and\s+|from\s+|to\s+|vs\.?\s+|,\s*|와\s|과\s|및\s)+",
    re.IGNORECASE,
)
_LONGEST = 2_000
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as stated. `worth`: what its left side comes to, None where it cannot be worked out.

    `named`: the statements of its operands ("Packaging, 2018: 2,072"); `loose`: operands without a name; `words`: what
    the statement says the formula is.
    """

    text: str
    shown: Quantity
    worth: Decimal | None
    named: tuple[tuple[str, Quantity], ...]
    loose: tuple[Quantity, ...]
    words: str

    @property
    def holds(self) -> bool:
        """Whether the result is right within its rounding."""
        if self.worth is None:
            return False
        value = self.worth
        off = min(
            abs(value - self.shown.value),
            abs(value * 100 - self.shown.value) if self.shown.unit == "%" else abs(value - self.shown.value),
        )
        return off * 2 <= self.shown.step * Decimal("1.0001")

    @property
    def fits_words(self) -> bool:
        """Whether the signs of the formula are those of the operation that the words name."""
        words, left = self.words.casefold(), self.text.split("=")[0]
        divides = bool(re.search(r"[/÷]", left))
        subtracts = bool(re.search(r"[\d)%]\s*[-−–]", left))
        if re.search(r"\b(?:average|mean)\b|평균", words):
            return divides and not subtracts
        if re.search(r"\b(?:sum|total)\s+of\b|합계|총합", words):
            return not subtracts and not divides
        if re.search(r"percent(?:age)? (?:change|difference|increase|decrease)|증감률|증가율|변화율", words):
            return divides
        if re.search(r"\bdifference\b|차이", words):
            return subtracts
        return True


def formula_of(text: str) -> Formula | None:
    """The last formula "left = right" of a statement, None where there is none."""
    if "=" not in text or len(text) > _LONGEST:
        return None
    found = None
    for found in _FORMULA.finditer(text):  # noqa: B007 - the last one is wanted
        pass
    if found is None:
        return None
    right = quantities(found.group("right"))
    if len(right) != 1:
        return None
    left = found.group("left")
    while left.count("(") < left.count(")") or left.count("(") > left.count(")"):
        # A bracket of the words before, or a cut one.
        cut = left[1:] if left.startswith(("(", ")")) else left[:-1]
        if len(cut) < 3:
            return None
        left = cut
    words = text[: found.start()]
    operands = [one for one in quantities(_spaced(left)) if not _is_constant(one, left)]
    named = _named(words, {abs(one.value) for one in operands})
    known = [quantity.value for _, quantity in named]
    loose = tuple(one for one in operands if abs(one.value) not in [abs(value) for value in known])
    return Formula(found.group(), right[0], _worth(left), named, loose, words)


def _spaced(left: str) -> str:
    """With brackets apart from their numbers, so that none is read as an accountant's minus."""
    return re.sub(r"([()])", r" \1 ", left).replace("÷", "/")


def _named(words: str, operands: set[Decimal]) -> tuple[tuple[str, Quantity], ...]:
    """Each "name (value)" of the words; the name goes back to the value before it, brackets of its own included."""
    found, begin = [], 0
    for match in _VALUE.finditer(words):
        value = quantities(match.group("value"))
        if len(value) != 1 or abs(value[0].value) not in operands:
            # The number of a footnote, or a year.
            continue
        name = _LEADS.sub("", words[begin : match.start()]).strip(" ,:;")
        begin = match.end()
        if any(letter.isalpha() for letter in name):
            found.append((f"{name}: {match.group('value')}", value[0]))
    return tuple(found)


def _is_constant(one: Quantity, left: str) -> bool:
    """100 of a percentage, or the count that an average divides by."""
    if one.value == 100 and one.text == "100":
        return True
    if one.text.isdigit() and one.value <= 31 and re.search(rf"[/÷]\s*{one.text}\s*$", left.rstrip(") ")):
        return True
    return one.value == 1 and one.text == "1"


def _worth(left: str) -> Decimal | None:
    tokens: list[str] = []
    position = 0
    while position < len(left):
        match = _TOKEN.match(left, position)
        if match is None:
            if left[position:].strip():
                return None
            break
        tokens.append(match.group("number") or match.group("sign"))
        position = match.end()
    try:
        with localcontext() as context:
            context.prec = 50
            value, rest = _sum(tokens, 0, 0)
    except (DivisionByZero, InvalidOperation, IndexError, ValueError):
        return None
    return value if rest == len(tokens) else None


def _sum(tokens: list[str], place: int, depth: int) -> tuple[Decimal, int]:
    value, place = _product(tokens, place, depth)
    while place < len(tokens) and tokens[place] in "+-−–":
        other, after = _product(tokens, place + 1, depth)
        value = value + other if tokens[place] == "+" else value - other
        place = after
    return value, place


def _product(tokens: list[str], place: int, depth: int) -> tuple[Decimal, int]:
    value, place = _factor(tokens, place, depth)
    while place < len(tokens) and tokens[place] in "*×x/÷":
        other, after = _factor(tokens, place + 1, depth)
        value = value / other if tokens[place] in "/÷" else value * other
        place = after
    return value, place


def _factor(tokens: list[str], place: int, depth: int) -> tuple[Decimal, int]:
    if depth > _DEEPEST:
        raise ValueError("too deep")
    token = tokens[place]
    if token in "-−–":  # noqa: S105
        value, place = _factor(tokens, place + 1, depth + 1)
        return -value, place
    if token == "(":  # noqa: S105 - a bracket, not a secret
        value, place = _sum(tokens, place + 1, depth + 1)
        if tokens[place] != ")":
            raise ValueError("no closing bracket")
        return value, place + 1
    return Decimal(token.strip("$€£₩%").replace(",", "")), place + 1
