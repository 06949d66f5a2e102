"""Numbers written as words: English cardinals, ordinals and fractions, Sino-Korean and native Korean numerals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

__all__ = ["KOREAN_BIG", "KOREAN_SMALL", "Spelled", "spelled"]

Spelled = tuple[int, int, Decimal, Decimal, str]
"""Start, stop, value, step, unit of a number written in words; the unit is "" or "ordinal" here."""

_ONES = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 10**6, "billion": 10**9, "trillion": 10**12, "dozen": 12}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "twentieth": 20,
}  # fmt: skip
_FRACTIONS = {
    "half": 2,
    "halves": 2,
    "thirds": 3,
    "quarters": 4,
    "fourths": 4,
    "fifths": 5,
    "third": 3,
    "fifth": 5,
    "quarter": 4,
}
_SMALL = "|".join(sorted((*_ONES, *_TENS), key=len, reverse=True))
_ENGLISH = re.compile(
    rf"(?<![\w-])(?:(?P<ordinal>(?:(?:{'|'.join(_TENS)})[- ])?(?:{'|'.join(_ORDINALS)}))"
    rf"|(?P<fraction>(?P<top>one|two|three|four)(?P<join>[- ])(?P<bottom>{'|'.join(_FRACTIONS)}))"
    rf"|(?P<cardinal>(?:(?:{_SMALL})|(?:a|half a)[ ](?={'|'.join(_SCALES)}))"
    rf"(?:(?:[- ]|[ ]?,?[ ]and[ ])?(?:{_SMALL}|{'|'.join(_SCALES)})(?![a-z])){{0,16}}))(?![\w])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[a-z]+", re.IGNORECASE)

KOREAN_SMALL = {"십": 10, "백": 100, "천": 1_000}
KOREAN_BIG = {"만": 10**4, "억": 10**8, "조": 10**12, "경": 10**16}
_SINO = dict(zip("영일이삼사오육칠팔구", range(10), strict=True)) | {"륙": 6, "공": 0}
_NATIVE_ONES = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "넷": 4, "네": 4, "넉": 4, "다섯": 5, "여섯": 6,
    "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {
    "열": 10,
    "스물": 20,
    "스무": 20,
    "서른": 30,
    "마흔": 40,
    "쉰": 50,
    "예순": 60,
    "일흔": 70,
    "여든": 80,
    "아흔": 90,
}
_COUNTERS = (
    "명|개월|개|분|사람|가지|번째|번|차례|시간|시|달|살|곳|마리|권|대|장|병|채|건|군데|주|팀|쌍|척|그루|배|종류|종|편|해|쪽|단계|"
    "나라|국가|회"
)
_NATIVE = re.compile(
    r"(?<![가-힣])(?:(?P<tens>" + "|".join(_NATIVE_TENS) + r")?(?P<ones>" + "|".join(_NATIVE_ONES) + r")?)"
    r"(?P<gap>\s?)(?=(?P<counter>" + _COUNTERS + r"))"
)
_NATIVE_ALONE = re.compile(
    r"(?<![가-힣])(?:(?P<tens>열|스물|서른|마흔)?(?P<ones>하나|둘|셋|넷|다섯|여섯|일곱|여덟|아홉)|열)"
    r"(?=(?:이|가|은|는|을|를|로|의|과|와|도|만|째|뿐|입니다|이다|이며|다)?(?![가-힣]))"
)
_SINO_RUN = re.compile(
    r"(?<![가-힣\d.,])(?P<run>[일이삼사오육륙칠팔구십백천만억조]+(?:\s[일이삼사오육륙칠팔구십백천만억조]*[십백천만억조](?=\s?(?:원|명|달러)))?)"
    r"(?P<gap>\s?)(?=원|명|개월|개|년|퍼센트|프로|달러|배|회|여\s?명|인|월|일|%)"
)
_ORDINAL_KO = re.compile(r"(?<![가-힣])(?:첫\s?번째|첫째|첫\s?해|둘째|셋째|넷째|다섯째)")
_ORDINAL_KO_VALUES = {"첫": 1, "둘": 2, "셋": 3, "넷": 4, "다": 5}


def spelled(text: str) -> Iterator[Spelled]:
    """Every number in words, in no fixed order; spans do not hold the unit that follows. Text in English and Korean."""
    for found in _ENGLISH.finditer(text):
        yield from _english(found)
    if not any("가" <= letter <= "힣" for letter in text):
        return
    for found in _NATIVE.finditer(text):
        tens, ones = found.group("tens"), found.group("ones")
        if tens is None and ones is None:
            continue
        # "한 대", "세 개" with a space or the counter attached; "이 한 시" and the like are rare enough.
        value = _NATIVE_TENS.get(tens or "", 0) + _NATIVE_ONES.get(ones or "", 0)
        ordinal = found.group("counter") == "번째"
        yield (
            found.start(),
            found.end() - len(found.group("gap")),
            Decimal(value),
            Decimal(1),
            "ordinal" if ordinal else "",
        )
    for found in _NATIVE_ALONE.finditer(text):
        value = _NATIVE_TENS.get(found.group("tens") or "", 0) + _NATIVE_ONES.get(found.group("ones") or "", 0)
        yield found.start(), found.end(), Decimal(value or 10), Decimal(1), ""
    for found in _SINO_RUN.finditer(text):
        run = found.group("run")
        # One syllable is mostly no number ("이 명령", "일 년" aside): it counts only for the unambiguous and attached.
        if len(run) == 1 and (found.group("gap") or run in "일이사오조"):
            continue
        worth = _sino(run.replace(" ", ""))
        if worth is not None:
            yield found.start(), found.start() + len(run), worth[0], worth[1], ""
    for found in _ORDINAL_KO.finditer(text):
        yield found.start(), found.end(), Decimal(_ORDINAL_KO_VALUES[found.group()[0]]), Decimal(1), "ordinal"


def _english(found: re.Match[str]) -> Iterator[Spelled]:
    words = [word.lower() for word in _WORD.findall(found.group())]
    if found.group("fraction"):
        bottom = _FRACTIONS[found.group("bottom").lower()]
        top = _ONES[found.group("top").lower()]
        # "one third" is a share, "one quarter" mostly three months.
        if found.group("bottom").lower() == "quarter":
            yield found.start("top"), found.end("top"), Decimal(top), Decimal(1), ""
        else:
            yield found.start(), found.end(), Decimal(top) / bottom, Decimal("0.01"), ""
        return
    if found.group("ordinal"):
        place = sum(_TENS.get(word, 0) + _ORDINALS.get(word, 0) for word in words)
        yield found.start(), found.end(), Decimal(place), Decimal(1), "ordinal"
        return
    yield (found.start(), found.end(), *_cardinal(words), "")


def _cardinal(words: list[str]) -> tuple[Decimal, Decimal]:
    total, section, step = Decimal(0), Decimal(0), Decimal(1)
    for word in words:
        if word in _ONES:
            section += _ONES[word]
            step = Decimal(1)
        elif word in _TENS:
            section += _TENS[word]
            step = Decimal(1)
        elif word == "half":
            section += Decimal("0.5")
        elif word in ("hundred", "dozen"):
            section = (section or Decimal(1)) * _SCALES[word]
            step = Decimal(_SCALES[word])
        elif word in _SCALES:
            total += (section or Decimal(1)) * _SCALES[word]
            section = Decimal(0)
            step = Decimal(_SCALES[word])
    value = total + section
    return value, min(step, abs(value)) if value else step


def _sino(run: str) -> tuple[Decimal, Decimal] | None:
    """Value and step of Sino-Korean syllables such as "삼만오천"; None where they are not in the order of a number."""
    total, section, digit, step = 0, 0, None, 1
    for syllable in run:
        if syllable in _SINO:
            if digit is not None:
                return None
            digit, step = _SINO[syllable], 1
        elif syllable in KOREAN_SMALL:
            section += (1 if digit is None else digit) * KOREAN_SMALL[syllable]
            digit, step = None, KOREAN_SMALL[syllable]
        else:
            section += digit or 0
            total += (section or 1) * KOREAN_BIG[syllable]
            section, digit, step = 0, None, KOREAN_BIG[syllable]
    return Decimal(total + section + (digit or 0)), Decimal(step)
