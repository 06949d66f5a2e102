"""Every quantity of a text: digits with sign, brackets, currency, scale words and unit, and numbers in words."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from mmrag.quantities.spelled import KOREAN_BIG, KOREAN_SMALL, spelled
from mmrag.quantities.units import CURRENCY_PREFIX, currency_of, unit_after
from mmrag.quantities.values import Quantity

__all__ = ["level", "quantities"]

# One character for one character, so that spans stay those of the source.
_LEVEL = str.maketrans(
    "０１２３４５６７８９，．％（）－−–—‒﹣\u00a0\u2009\u202f\u3000‐‑",
    "0123456789,.%()------    --",
)
_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d+(?:\.\d+)?|(?<![\d.])\.\d+")
_BEFORE = re.compile(
    rf"(?P<open>\()?\s?(?P<sign>[-+△▲▼]\s?)?(?P<currency>{CURRENCY_PREFIX})?\s?(?P<open2>\()?(?P<sign2>[-△▲])?$"
)
_ENGLISH_SCALE = re.compile(
    r"\s?-?(?P<word>(?:hundred|thousand|million|billion|trillion)s?|bn|mln|mn|tn)(?![A-Za-z])|(?P<letter>[KMBT]|MM|mm|k|m|b)(?![\w/²])",
    re.IGNORECASE,
)
_WORDS = {
    "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "bn": 10**9,
    "mln": 10**6, "mn": 10**6, "tn": 10**12, "k": 10**3, "m": 10**6, "mm": 10**6, "b": 10**9, "t": 10**12,
}  # fmt: skip
_CLOCK = re.compile(r"(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?::[0-5]\d)?(?![\d:])(?:\s?([ap])\.?m\b\.?)?", re.IGNORECASE)
_NUMERIC_DATE = re.compile(
    r"(?<![\d./-])(?:(?P<y>(?:19|20)\d\d)([-./])\s?\d{1,2}\2\s?\d{1,2}|\d{1,2}([-./])\d{1,2}\3(?P<y2>(?:19|20)\d\d))(?![\d])"
)
_FISCAL = re.compile(r"(?<![A-Za-z])(?:FY|CY)\s?[’']?(\d{4}|\d{2})(?!\d)|(?<![A-Za-z\d])[’'](\d{2})년")
_MONTH_BEFORE = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]{0,6}\.?\s?$", re.IGNORECASE)
_FRACTION_KO = re.compile(r"(?<!\d)(\d{1,9})\s?분의\s?(\d{1,9})")
_VULGAR = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75"), "⅓": Decimal(1) / 3, "⅔": Decimal(2) / 3}
_LONGEST = 30
"""More digits than this are an identifier, not an amount, and would cost quadratic time as a decimal."""


@dataclass(slots=True)
class _Core:
    """A number being read: value and step before sign, and where reading stands."""

    start: int
    stop: int
    value: Decimal
    step: Decimal
    unit: str = ""
    plain: bool = True
    """Whether there are only digits: no comma, point, sign, currency, scale or unit."""


def level(text: str) -> str:
    """The text with full-width digits, dashes and spaces as their ASCII kin; every position keeps its place."""
    return text.translate(_LEVEL)


def quantities(text: str) -> tuple[Quantity, ...]:
    """Every quantity that a text states, in order of place, never overlapping. English and Korean.

    Digits inside names ("B737", "COVID-19", "Form 10-K", "E1", "Q3") are none; bare 1900 to 2100 are of unit
    "year", brackets around a number are accounting's minus, and of a numeric date only the year is given (see
    `periods`). Times of day are minutes after midnight, unit "clock".
    """
    source = level(text)
    taken: list[Quantity] = []
    blocked: list[tuple[int, int]] = []
    for found in _CLOCK.finditer(source):
        taken.append(_clock(source, found))
    for found in _NUMERIC_DATE.finditer(source):
        group = "y" if found.group("y") else "y2"
        taken.append(
            _quantity(source, found.start(group), found.end(group), Decimal(found.group(group)), Decimal(1), "year")
        )
        blocked.append(found.span())
    for found in _FISCAL.finditer(source):
        short = found.group(1) or found.group(2)
        value = int(short) if len(short) == 4 else 2000 + int(short)
        taken.append(_quantity(source, found.start(), found.end(), Decimal(value), Decimal(1), "year"))
    for found in _FRACTION_KO.finditer(source):
        if len(found.group()) < _LONGEST and int(found.group(1)):
            value_of = Decimal(found.group(2)) / Decimal(found.group(1))
            taken.append(_quantity(source, found.start(), found.end(), value_of, Decimal("0.01"), ""))
    blocked += [(one.start, one.stop) for one in taken]
    digits = _digits(source, sorted(blocked))
    taken += digits
    busy = sorted([*blocked, *((one.start, one.stop) for one in digits)])
    taken += _in_words(_apart(text, source), busy)
    taken.sort(key=lambda one: one.start)
    return tuple(_ranges(source, taken))


def _apart(text: str, source: str) -> str:
    """The levelled text without long dashes: a number in words after one is no part of a compound."""
    return "".join(" " if letter == "—" else its for letter, its in zip(text, source, strict=True))


def _quantity(text: str, start: int, stop: int, value: Decimal, step: Decimal, unit: str) -> Quantity:
    return Quantity(text[start:stop], start, stop, value, step, unit)


def _clock(text: str, found: re.Match[str]) -> Quantity:
    hour, minute, half = int(found.group(1)), int(found.group(2)), (found.group(3) or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    return _quantity(text, found.start(), found.end(), Decimal(hour * 60 + minute), Decimal(1), "clock")


def _digits(text: str, blocked: list[tuple[int, int]]) -> list[Quantity]:
    found_all: list[Quantity] = []
    behind, place = 0, 0
    for found in _NUMBER.finditer(text):
        while place < len(blocked) and blocked[place][1] <= found.start():
            place += 1
        inside = place < len(blocked) and blocked[place][0] < found.end()
        if inside or found.start() < behind or not _is_number(text, found):
            continue
        one = _read(text, found, behind)
        if one is not None:
            found_all.append(one)
            behind = one.stop
    return found_all


# COVID-19, B-52, part_1, 3.1.2; 10-K
_NAME_BEFORE = re.compile(r"[A-Za-z][-_]$|_$|\d\.$")
_NAME_BEHIND = re.compile(r"\.\d|-[A-Z](?![a-z])")
_SOLID = re.compile(r"[A-Za-z]*")


def _is_number(text: str, found: re.Match[str]) -> bool:
    """Whether the digits stand for a number, not for a part of a name, a version or a section."""
    start, stop = found.span()
    if stop - start > _LONGEST:
        return False
    before, behind = text[max(0, start - 3) : start], text[stop : stop + 3]
    if before and before[-1].isascii() and before[-1].isalpha():
        return bool(re.search(rf"(?:{CURRENCY_PREFIX})$", text[max(0, start - 6) : start]))
    if _NAME_BEFORE.search(before) or _NAME_BEHIND.match(behind):
        return False
    letters = _SOLID.match(text, stop)
    solid = letters.group() if letters else ""
    if not solid or solid.lower() in ("st", "nd", "rd", "th", "s"):
        return True
    known = unit_after(text, stop)[1] > stop or bool(_ENGLISH_SCALE.match(text, stop))
    return known or (len(found.group()) == 4 and solid in ("A", "E", "F"))


def _read(text: str, found: re.Match[str], behind: int) -> Quantity | None:
    digits = found.group()
    value = Decimal(digits.replace(",", ""))
    places = len(digits.partition(".")[2])
    core = _Core(found.start(), found.end(), value, Decimal(1).scaleb(-places), plain=digits.isdigit())
    before = _BEFORE.search(text, max(behind, found.start() - 10), found.start())
    currency = currency_of(before.group("currency") or "") if before else ""
    vulgar = _VULGAR.get(text[core.stop : core.stop + 1])
    if vulgar is not None and places == 0:
        core.value, core.step, core.stop, core.plain = core.value + vulgar, Decimal("0.01"), core.stop + 1, False
    if not _korean_scale(text, core):
        _english_scale(text, core, bool(currency))
    closed = core.stop
    ordinal = re.match(r"(?:st|nd|rd|th)(?![a-z])", text[core.stop : core.stop + 3], re.IGNORECASE)
    if ordinal and core.plain:
        core.unit, core.stop, core.plain = "ordinal", core.stop + 2, False
    else:
        core.unit, core.stop = unit_after(text, core.stop, currency)
        core.plain = core.plain and not core.unit and core.stop == found.end()
    if core.unit == "bp":
        core.unit, core.value, core.step = "pp", core.value / 100, core.step / 100
    if text[found.start() - 1 : found.start()] == "제" and not core.unit:
        core.unit = "ordinal"
    return _signed(text, core, before, closed)


def _signed(text: str, core: _Core, before: re.Match[str] | None, closed: int) -> Quantity:
    start, stop, value, unit = core.start, core.stop, core.value, core.unit
    negative = False
    if before is not None:
        opening = min((at for name in before.groupdict() if (at := before.start(name)) >= 0), default=core.start)
        head = text[opening - 1 : opening] if opening else ""
        attached = bool(head) and (head.isalnum() or head in ")%")
        opened = "open2" if before.group("open2") else "open" if before.group("open") else ""
        closing = text[closed : closed + 1] == ")" or text[stop : stop + 1] == ")"
        if opened and closing and not attached and not _is_list_mark(text, core):
            negative = True
            start = before.start(opened)
            stop = max(stop, (closed if text[closed : closed + 1] == ")" else stop) + 1)
            if unit == "" and text[stop : stop + 1] == "%":
                unit, stop = "%", stop + 1
        elif before.group("sign2") or (before.group("sign") and not _joins(text, before, attached)):
            sign = (before.group("sign2") or before.group("sign")).strip()
            negative = sign != "+"
            start = before.start("sign2" if before.group("sign2") else "sign")
        if before.group("currency"):
            start = min(start, before.start("currency"))
    if core.plain and not negative and start == core.start and core.stop - core.start == 4 and 1900 <= value <= 2100:
        unit = "year"
    if not unit and core.plain and 1 <= value <= 31 and _MONTH_BEFORE.search(text, max(0, core.start - 12), core.start):
        unit = "day"
    return _quantity(text, start, stop, -value if negative else value, core.step, unit)


def _is_list_mark(text: str, core: _Core) -> bool:
    """Whether brackets hold a year or the number of a list or footnote, not a negative amount."""
    if not core.plain:
        return False
    if core.stop - core.start == 4 and 1900 <= core.value <= 2100:
        return True
    return core.value <= 20 and bool(re.match(r"\)\s?[^\W\d_]", text[core.stop : core.stop + 3]))


def _joins(text: str, before: re.Match[str], attached: bool) -> bool:
    """Whether a dash before a number joins it to what stands before (a range, a compound) or divides two terms."""
    sign = before.group("sign")
    if sign.strip() in "△▲▼":
        return len(sign) > 1
    if attached:
        return True
    # "100 - 50" and "- 50" of a list: a dash with spaces on both sides is none, unless a table cell starts with it.
    if len(sign) > 1:
        return before.start("sign") != 0
    return bool(re.search(r"\d\s$", text[max(0, before.start("sign") - 2) : before.start("sign")])) and sign == "+"


def _english_scale(text: str, core: _Core, currency: bool) -> None:
    while found := _ENGLISH_SCALE.match(text, core.stop):
        letter = found.group("letter")
        if letter is not None:
            sure = currency or letter in ("K", "k", "M", "B")
            if not sure or core.step >= 10 or (letter == "K" and text[found.end() : found.end() + 1] == "-"):
                return
        factor = _WORDS[(found.group("word") or letter or "").lower().removesuffix("s")]
        core.value, core.step, core.stop, core.plain = core.value * factor, core.step * factor, found.end(), False


_SCALE_KO = re.compile(
    r"\s?(?=[십백천]?[만억조경](?:\s?\d|\s?여?\s?(?:원|달러|명|개|유로|엔|톤|대|건|주|㎡|위안)|[^가-힣]|$))|(?=[십백천만억조경])"
)
_COUNTED = re.compile(r"\s?(?:원|명|개|달러|유로|엔)")
_NEXT_KO = re.compile(r"(\s?)(\d{1,3}(?:,\d{3})+|\d{1,4}(?:\.\d+)?)(?![\d,])(?!\s?(?:년|월|일|분기|%))")


def _korean_scale(text: str, core: _Core) -> bool:
    """Read 십 백 천 만 억 조 behind a number, with the smaller numbers that follow ("1억 2,000만"); False if none."""
    position, pending = core.stop, core.value
    total = section = Decimal(0)
    step, size, last = core.step, None, Decimal(10) ** 20
    while True:
        gap = _SCALE_KO.match(text, position)
        letter = text[gap.end() : gap.end() + 1] if gap else ""
        if letter in KOREAN_SMALL and pending < 10_000:
            section += pending * KOREAN_SMALL[letter]
            size = Decimal(KOREAN_SMALL[letter])
        elif letter in KOREAN_BIG and KOREAN_BIG[letter] < last and not _is_article(text, core, position, letter):
            last = Decimal(KOREAN_BIG[letter])
            total, section, size = total + (section + pending) * last, Decimal(0), last
        else:
            break
        assert gap is not None  # noqa: S101 - a letter was found behind it
        position, pending, core.stop = gap.end() + 1, Decimal(0), gap.end() + 1
        core.step, core.plain = step * size, False
        if text[position : position + 1] in ("십", "백", "천", "만", "억", "조"):
            continue
        following = _NEXT_KO.match(text, position)
        if not following:
            continue
        amount = Decimal(following.group(2).replace(",", ""))
        scaled = text[following.end() : following.end() + 1] in ("십", "백", "천", "만", "억")
        if amount >= size or (
            following.group(1) and not scaled and amount < 10 and not _COUNTED.match(text, following.end())
        ):
            break
        pending, position = amount, following.end()
        step = Decimal(1).scaleb(-len(following.group(2).partition(".")[2]))
        if not scaled:
            section, core.stop, core.step, pending = section + pending, position, step, Decimal(0)
            break
    if size is None:
        return False
    core.value = total + section
    return True


def _is_article(text: str, core: _Core, position: int, letter: str) -> bool:
    """Whether 조 is "article" (제3조), not 10^12."""
    return letter == "조" and position == core.stop and text[max(0, core.start - 2) : core.start].strip().endswith("제")


def _in_words(text: str, busy: list[tuple[int, int]]) -> list[Quantity]:
    found_all: list[Quantity] = []
    behind = 0
    for start, stop, value, step, unit in sorted(spelled(text), key=lambda one: (one[0], -one[1])):
        if start < behind or _overlaps(start, stop, busy):
            continue
        if not unit:
            unit, stop = unit_after(text, stop)  # noqa: PLW2901 - the span grows by its unit
        if unit == "bp":
            unit, value, step = "pp", value / 100, step / 100  # noqa: PLW2901
        found_all.append(_quantity(text, start, stop, value, step, unit))
        behind = stop
    return found_all


def _overlaps(start: int, stop: int, busy: list[tuple[int, int]]) -> bool:
    low, high = 0, len(busy)
    while low < high:
        middle = (low + high) // 2
        if busy[middle][1] <= start:
            low = middle + 1
        else:
            high = middle
    return low < len(busy) and busy[low][0] < stop


_BETWEEN = re.compile(r"\s?(?:-|~|∼|〜|to|and|에서|부터)\s?", re.IGNORECASE)


def _ranges(text: str, found: list[Quantity]) -> list[Quantity]:
    """Give the first number of a range the unit and scale of the second: "10-15%", "between 3 and 5 million"."""
    for place in range(len(found) - 1):
        one, two = found[place], found[place + 1]
        joint = text[one.stop : two.start]
        if len(joint) > 6 or not _BETWEEN.fullmatch(joint):
            continue
        if "and" in joint and not text[max(0, one.start - 10) : one.start].rstrip().lower().endswith("between"):
            continue
        if one.unit == "year" and one.value > 1900 and not two.unit and len(two.text) == 2 and "-" in joint:
            year = one.value - one.value % 100 + two.value
            found[place + 1] = replace(two, value=year, unit="year")
        elif (not one.unit and two.unit not in ("", "year", "ordinal", "clock")) or (
            one.unit == two.unit and (two.unit not in ("year", "ordinal", "clock"))
        ):
            found[place] = _like(one, two)
    return found


def _like(one: Quantity, two: Quantity) -> Quantity:
    factor = two.step / Decimal(1).scaleb(-len(re.sub(r"[^\d.]", "", two.text).partition(".")[2]))
    scaled = factor >= 100 and one.step <= 1 and one.value * factor <= two.value * 10
    if not scaled:
        return replace(one, unit=two.unit)
    return replace(one, unit=two.unit, value=one.value * factor, step=one.step * factor)
