"""What one number is worth, and when two of them say the same. Knows nothing of where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

__all__ = ["Quantity", "agree", "scale_of"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as the text states it.

    `text` is `source[start:stop]`, with its sign, currency and unit. `value` has sign, brackets and scale words
    applied: "(461)" is -461, "$1.2 million" 1200000, "3만 5천원" 35000, "12%" 12 in unit "%". `step` is what one in
    the last shown digit is worth (100000 for "1.2 million"), so half of it is the rounding. `unit` is canonical: ""
    where none is stated, "%", "pp" (percentage points), an ISO 4217 code, "year", "month", "day", "kg", "ordinal" ...;
    a bare 1900 to 2100 is of unit "year".
    """

    text: str
    start: int
    stop: int
    value: Decimal
    step: Decimal
    unit: str = ""


def agree(one: Quantity, other: Quantity, scale: Decimal | int = 1) -> bool:
    """Whether two quantities are equal within the rounding of the coarser one, in units that fit each other.

    `scale` is the factor that a table's note puts on `other` ("in thousands": 1000). An unstated unit fits every
    other but "%" and "pp": a share and an amount are never the same. `one` may be a rounding of `other` or the other
    way round.
    """
    if not _units_fit(one.unit, other.unit):
        return False
    factor = Decimal(scale)
    # Decimal rounds products to 28 digits, and there are longer numbers than that: each agrees with itself.
    value = other.value if factor == 1 else other.value * factor
    return one.value == value or abs(one.value - value) * 2 <= max(one.step, other.step * factor)


def _units_fit(one: str, other: str) -> bool:
    if one == other:
        return True
    shares = ("%", "pp")
    if one in shares or other in shares:
        return False
    return not one or not other


_SCALES = {
    "thousand": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "hundred": 100,
    "천": 1_000,
    "백만": 1_000_000,
    "천만": 10_000_000,
    "십억": 1_000_000_000,
    "만": 10_000,
    "십만": 100_000,
    "억": 100_000_000,
    "백억": 10_000_000_000,
    "조": 1_000_000_000_000,
    "백": 100,
}
_ENGLISH_NOTE = re.compile(
    r"(?:\b(?:in|of|amounts?|figures?|dollars?|expressed|stated|us|usd|eur|krw|gbp|won)\s+(?:\w+\s+){0,3}?|[$£€₩]\s?|\()"
    r"(hundred|thousand|million|billion|trillion)s?\b",
    re.IGNORECASE,
)
_SHORT_NOTE = re.compile(r"(?:[$£€₩¥]|\b(?:USD|EUR|KRW|GBP|JPY)\s?)\s?(000s?|k|mm|mn|m|bn|b)\b(?![’'])", re.IGNORECASE)
_KOREAN_NOTE = re.compile(
    r"(?:단위|금액)\s*[:：]?\s*(?:미화\s*)?(?:[^\s,)]*?[(,\s])?(백만|천만|십만|십억|백억|천|만|억|조|백)\s?(?:원|달러|유로|엔|위안|명|톤|[,)]|$)"
)
_ZEROS_NOTE = re.compile(r"[’'‘](000)\b|\b(000)[’'‘]?s\b")
_SHORT = {"000": 1_000, "000s": 1_000, "k": 1_000, "mm": 10**6, "mn": 10**6, "m": 10**6, "bn": 10**9, "b": 10**9}


def scale_of(note: str) -> Decimal:
    """The factor that a note puts on the numbers it stands over.

    "(in thousands, except per share)" is 1000, "(단위: 백만원)" 1000000, "$m" 1000000; 1 where the note names none.
    What a note excepts (per-share figures, percentages) it does not know.
    """
    found = _ENGLISH_NOTE.search(note)
    if found:
        return Decimal(_SCALES[found.group(1).lower()])
    found = _KOREAN_NOTE.search(note)
    if found:
        return Decimal(_SCALES[found.group(1)])
    found = _SHORT_NOTE.search(note)
    if found:
        return Decimal(_SHORT[found.group(1).lower()])
    if _ZEROS_NOTE.search(note):
        return Decimal(1_000)
    bare = re.fullmatch(r"\W*(thousand|million|billion|trillion)s?(?:\s+(?:of\s+)?\S+)?\W*", note, re.IGNORECASE)
    return Decimal(_SCALES[bare.group(1).lower()]) if bare else Decimal(1)
