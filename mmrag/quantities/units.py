"""Names of units and currencies, English and Korean, with the canonical name of each."""

from __future__ import annotations

import re

__all__ = ["CURRENCY_PREFIX", "currency_of", "unit_after"]

_PREFIXES = {
    "US$": "USD", "USD": "USD", "U.S.$": "USD", "U.S. $": "USD", "US $": "USD", "$": "USD", "＄": "USD",
    "C$": "CAD", "CA$": "CAD", "CAD": "CAD", "CDN$": "CAD", "A$": "AUD", "AU$": "AUD", "AUD": "AUD",
    "HK$": "HKD", "HKD": "HKD", "NT$": "TWD", "S$": "SGD", "R$": "BRL", "NZ$": "NZD", "£": "GBP", "GBP": "GBP",
    "€": "EUR", "EUR": "EUR", "¥": "JPY", "JPY": "JPY", "CNY": "CNY", "RMB": "CNY", "₩": "KRW", "￦": "KRW",
    "KRW": "KRW", "\\": "KRW", "Rs.": "INR", "Rs": "INR", "₹": "INR", "INR": "INR", "CHF": "CHF", "SEK": "SEK",
}  # fmt: skip
CURRENCY_PREFIX = "|".join(
    (r"(?<![A-Za-z])" if name[0].isalpha() else "") + re.escape(name)
    for name in sorted(_PREFIXES, key=len, reverse=True)
)
"""Alternatives of a pattern that matches a currency written before its number."""


def currency_of(prefix: str) -> str:
    """The ISO 4217 code of a currency sign or code, "" for none."""
    return _PREFIXES.get(prefix.strip(), "")


# English names end at a word border; the number and the unit may touch, or have a space or a hyphen between.
_ENGLISH = {
    "%": r"percent|per cent|pct\.?(?![a-z])|percentage(?! point)",
    "pp": r"percentage[- ]points?|percent[- ]points?|pp|ppts?|p\.p\.",
    "bp": r"basis[- ]points?|bps?",
    "USD": r"(?:u\.?s\.? )?dollars?|usd|bucks",
    "EUR": r"euros?|eur",
    "KRW": r"(?:korean )?won|krw",
    "GBP": r"pounds? sterling|gbp",
    "JPY": r"yen|jpy",
    "CNY": r"yuan|rmb|cny|renminbi",
    "cent": r"cents?",
    "year": r"years?|yrs?\.?(?![a-z])|year-olds?",
    "month": r"months?|mos\.",
    "week": r"weeks?|wks?",
    "day": r"days?",
    "hour": r"hours?|hrs?\.?(?![a-z])",
    "minute": r"minutes?|mins?",
    "second": r"seconds?|secs?",
    "ms": r"milliseconds?|ms",
    "kg": r"kilograms?|kgs?|kilos?",
    "g": r"grams?|g",
    "mg": r"milligrams?|mg",
    "lb": r"pounds?(?! sterling)|lbs?",
    "t": r"(?:metric )?tonnes?|(?:metric |short )?tons?",
    "km": r"kilomet(?:er|re)s?|km",
    "m": r"met(?:er|re)s?|m",
    "cm": r"centimet(?:er|re)s?|cm",
    "mm": r"millimet(?:er|re)s?|mm",
    "mile": r"miles?|mi",
    "ft": r"feet|foot|ft",
    "in": r"inch(?:es)?",
    "m2": r"square met(?:er|re)s?|m²|m2|sqm",
    "sqft": r"square (?:feet|foot)|sq\.? ?ft",
    "km/h": r"km/h|kph|kilomet(?:er|re)s? per hour",
    "mph": r"mph|miles? per hour",
    "knot": r"knots?|kts?",
    "C": r"°\s?c|℃|degrees? celsius",
    "F": r"°\s?f|℉|degrees? fahrenheit",
    "degree": r"°|degrees?",
    "W": r"watts?|w",
    "kW": r"kilowatts?|kw",
    "MW": r"megawatts?|mw",
    "GW": r"gigawatts?|gw",
    "kWh": r"kilowatt[- ]hours?|kwh",
    "MWh": r"megawatt[- ]hours?|mwh",
    "GWh": r"gigawatt[- ]hours?|gwh",
    "V": r"volts?|v",
    "Hz": r"hertz|hz",
    "GHz": r"ghz",
    "MHz": r"mhz",
    "KB": r"kb|kib|kilobytes?",
    "MB": r"mb|mib|megabytes?",
    "GB": r"gb|gib|gigabytes?",
    "TB": r"tb|tib|terabytes?",
    "L": r"lit(?:er|re)s?|l",
    "mL": r"millilit(?:er|re)s?|ml",
    "gallon": r"gallons?",
    "barrel": r"barrels?|bbls?",
    "acre": r"acres?",
    "hectare": r"hectares?|ha",
    "person": r"people|persons?",
    "x": r"x|times",
}
# Korean names may be followed by a particle, so there is no border behind them; the longest is tried first.
_KOREAN = {
    "%p": "pp", "%포인트": "pp", "% 포인트": "pp", "퍼센트포인트": "pp", "퍼센트 포인트": "pp", "％": "%", "%": "%",
    "퍼센트": "%", "프로": "%", "원": "KRW", "달러": "USD", "불": "USD", "유로": "EUR", "엔": "JPY", "위안": "CNY",
    "파운드": "GBP", "개월": "month", "달": "month", "년간": "year", "년도": "year", "년": "year", "세": "year",
    "살": "year", "월": "month", "주일": "week", "주간": "week", "주": "week", "층": "floor", "일간": "day", "일": "day", "시간": "hour",  # noqa: E501
    "시": "o'clock", "분기": "quarter", "분": "minute", "초": "second", "명": "person", "여 명": "person",
    "여명": "person", "사람": "person", "킬로그램": "kg", "그램": "g", "톤": "t", "킬로미터": "km", "미터": "m",
    "센티미터": "cm", "밀리미터": "mm", "제곱미터": "m2", "㎡": "m2", "㎏": "kg", "㎞": "km", "㎝": "cm", "㎜": "mm",
    "℃": "C", "도": "degree", "리터": "L", "배": "x", "번째": "ordinal", "위": "ordinal", "등": "ordinal",
    "차": "ordinal", "호": "ordinal", "조": "ordinal", "장": "ordinal", "항": "ordinal", "기": "ordinal", "주년": "year", "와트": "W",  # noqa: E501
    "킬로와트": "kW", "메가와트": "MW",
}  # fmt: skip
_GENERIC = (
    "개소",
    "개사",
    "개국",
    "가지",
    "개",
    "건",
    "회",
    "대",
    "곳",
    "번",
    "권",
    "편",
    "쪽",
    "페이지",
    "종",
    "팀",
    "인",
)
# "년" after "20" is a year; "등" after a list of numbers means "and so on", so only where a space does not come before.
_PATTERN = re.compile(
    r"(?P<ko>\s?(?:" + "|".join(re.escape(n) for n in sorted(_KOREAN, key=len, reverse=True)) + r"))(?![A-Za-z])"
    r"|(?P<count>\s?여?\s?(?:" + "|".join(_GENERIC) + r"))"
    r"|(?P<en>(?:\s|-|‑)?(?:"
    + "|".join(f"(?P<u{place}>{pattern})" for place, pattern in enumerate(_ENGLISH.values()))
    + r"))(?![A-Za-z0-9²])",
    re.IGNORECASE,
)
_ENGLISH_NAMES = tuple(_ENGLISH)
# One-letter units are only read where they touch the number or are upper case, so that "5 g" is and "5 a" is not.
_TOUCHING = {"V", "W", "L", "x", "g", "in", "ms"}


def unit_after(text: str, position: int, currency: str = "") -> tuple[str, int]:
    """The canonical unit that stands at `position`, and where it ends; ("", position) where there is none.

    With a `currency` already known, only "per cent"-like units are refused and the currency stays: the unit is then
    `currency` and the end behind a repeated currency word, if there is one.
    """
    found = _PATTERN.match(text, position)
    if found is None:
        return currency, position
    if found.group("ko") is not None:
        name = found.group("ko").strip()
        unit = _KOREAN.get(name) or _KOREAN[name.lower()]  # the pattern reads either case: "5%P"
        if found.group("ko")[0].isspace() and name in (
            "등",
            "위",
            "차",
            "기",
            "장",
            "조",
            "항",
            "도",
            "분",
            "호",
            "불",
            "일",
            "시",
        ):
            return currency, position
    elif found.group("count") is not None:
        return currency, found.end()
    else:
        unit = next(
            _ENGLISH_NAMES[place] for place in range(len(_ENGLISH_NAMES)) if found.group(f"u{place}") is not None
        )
        matched = found.group("en")
        if unit in _TOUCHING and matched[0].isspace() and len(matched.strip()) == 1 and matched.strip().lower() in "xv":
            return currency, position
    if currency and unit != currency:
        return currency, position
    return unit, found.end()
