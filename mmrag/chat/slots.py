"""Periods and codes in a question, found and exchanged: years, quarters, halves, months, dates, ordinals, "R3".

Works on the text alone, in English and Korean. Knows no calendar beyond the order of years and quarters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Slot", "exchange", "find_slots", "is_hangul", "without_slots"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A part of a question that may be exchanged. `step` is +1 or -1 for "the year after" and "the year before"."""

    kind: str
    text: str
    start: int
    stop: int
    step: int = 0


_YEAR = r"(?<![\d.,$€£₩-])(?:1[0-9]|20)\d\d(?![\d%]|[.,]\d|\s?(?:%|원|명|개|톤|km|kg|ha|가구|호|units?\b))"
_MONTHS = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\.?"
)
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|1st|2nd|3rd|[4-9]th|last)"
_PATTERNS: tuple[tuple[str, str], ...] = (
    ("year_before", r"(?:the\s+)?(?:year before|previous year|prior year|preceding year|a year earlier)(?:\s+that)?\b"
     r"|\blast year\b|지난해|전년도?|전해|작년"),
    ("year_after", r"(?:the\s+)?(?:year after|next year|following year|a year later)(?:\s+that)?\b"
     r"|이듬해|다음\s?해|내년"),
    ("quarter_before", r"(?:the\s+)?(?:quarter before|previous quarter|prior quarter|last quarter)\b"
     r"|전\s?분기|직전\s?분기"),
    ("quarter_after", r"(?:the\s+)?(?:quarter after|next quarter|following quarter)\b|다음\s?분기"),
    ("range", rf"{_YEAR}년?(?:부터)?\s*(?:to|and|through|until|or|vs\.?|[-–—~]|과|와|,)?\s*{_YEAR}(?:년(?:까지)?)?"),
    ("quarter", rf"\bQ[1-4]\b|\b[1-4]Q\b|{_ORDINAL}[\s-]quarter\b|제?[1-4]\s?(?:사)?분기"),
    ("half", rf"{_ORDINAL}[\s-]half\b|\bH[12]\b|상반기|하반기"),
    ("date", rf"\b\d{{1,2}}\s{_MONTHS}(?![a-z])|\b{_MONTHS}\s\d{{1,2}}\b(?!\d)|\d{{1,2}}월\s?\d{{1,2}}일"),
    ("month", rf"\b{_MONTHS}(?=\s+(?:{_YEAR}|of\b)|\s*[?,]|$)|\d{{1,2}}월"),
    ("year", rf"(?:\bFY\s?|\bfiscal\s(?:year\s)?)?{_YEAR}(?:년도?)?|\bFY\s?\d\d\b"),
    ("nth", r"제?\d{1,3}(?:차|회|호|장|조|급|단계)(?![가-힣]*\s?(?:명|원))"
     r"|\b(?:step|chapter|phase|table|figure|stage)\s\d+"),
    ("ordinal", rf"\b{_ORDINAL}\b(?!\s+(?:name|of all))"),
    ("degree", r"\b(?:highest|lowest|largest|smallest|biggest|most|least|best|worst|oldest|youngest|longest|shortest"
     r"|earliest|latest|maximum|minimum)\b|가장\s(?:많은|적은|큰|작은|높은|낮은|긴|짧은)|최대|최소|최고|최저"),
    ("code", r"(?<![\w-])[A-Z]{1,4}-?\d{1,4}[A-Z]?(?![\w-])"),
)  # fmt: skip
_FOUND = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS), re.IGNORECASE)
_STEPS = {"year_before": ("year", -1), "year_after": ("year", 1), "quarter_before": ("quarter", -1),
          "quarter_after": ("quarter", 1)}  # fmt: skip
_LEAD = re.compile(r"\b(?:between|from)\s+$", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_CASED = frozenset(("code",))


def is_hangul(text: str) -> bool:
    """Whether a text holds any Hangul syllable."""
    return any("가" <= sign <= "힣" for sign in text)


def find_slots(text: str) -> list[Slot]:
    """Every slot of a text from left to right; none overlaps another."""
    found = []
    for match in _FOUND.finditer(text):
        kind = str(match.lastgroup)
        if kind in _CASED and not match.group().isupper():
            continue
        kind, step = _STEPS.get(kind, (kind, 0))
        found.append(Slot(kind, match.group(), match.start(), match.end(), step))
    return found


def without_slots(text: str, slots: Sequence[Slot]) -> str:
    """The text with its slots cut out and its spaces put in order."""
    for slot in reversed(slots):
        text = f"{text[: slot.start]} {text[slot.stop :]}"
    return " ".join(text.split())


def exchange(question: str, new: Slot) -> str | None:
    """The question with its slot of the same kind exchanged for a new one, or with the new one added to it.

    None where the question has nothing that the new one could stand for or beside.
    """
    slots = find_slots(question)
    if new.step:
        return _stepped(question, slots, new)
    for old in reversed(slots):
        text = _fitted(old, new)
        if text is not None:
            return question[: old.start] + text + question[old.stop :]
    if new.kind in ("year", "range") and (years := [slot for slot in slots if slot.kind in ("year", "range")]):
        return _years_exchanged(question, years, new)
    if new.kind in ("year", "range", "quarter", "half", "month", "date"):
        return _added(question, slots, new)
    return None


def _fitted(old: Slot, new: Slot) -> str | None:
    """What stands in the place of `old`: the new text in the old one's form; None where they are of other kinds."""
    if new.kind == "ordinal" and old.kind in ("quarter", "half") and old.text[:1].isalpha() and " " in old.text:
        return f"{new.text} {old.text.split()[-1]}"
    if old.kind != new.kind:
        return None
    if new.kind == "code" and _shape(old.text) != _shape(new.text):
        return None
    if new.kind == "nth" and _shape(old.text).lstrip("제") != _shape(new.text).lstrip("제"):
        return None
    if new.kind == "year":
        number = _DIGITS.findall(new.text)[-1]
        return _DIGITS.sub(number, old.text) if len(number) == 4 else new.text
    return new.text


def _shape(text: str) -> str:
    return _DIGITS.sub("0", text)


def _years_exchanged(question: str, years: Sequence[Slot], new: Slot) -> str:
    """One year where there was a range, or a range where there was a year."""
    start, stop = years[0].start, years[-1].stop
    lead = _LEAD.search(question[:start])
    if new.kind == "year" and lead:
        return f"{question[: lead.start()]}in {new.text}{question[stop:]}"
    return question[:start] + new.text + question[stop:]


def _added(question: str, slots: Sequence[Slot], new: Slot) -> str | None:
    year = next((slot for slot in slots if slot.kind == "year"), None)
    if is_hangul(question):
        if year is not None and new.kind in ("quarter", "half", "month", "date"):
            return f"{question[: year.stop]} {new.text}{question[year.stop :]}"
        text = f"{new.text}년" if new.kind == "year" and new.text.isdecimal() else new.text
        return f"{text} {question}"
    if year is not None and new.kind in ("quarter", "half", "month", "date"):
        joined = " " if new.kind in ("month", "date") or new.text[:1].upper() == "Q" else " of "
        return f"{question[: year.start]}{new.text}{joined}{question[year.start :]}"
    body = question.rstrip(" ?.")
    word = "on" if new.kind == "date" else "" if new.step else "in"
    return f"{body} {word} {new.text}".replace("  ", " ") + f"{question[len(body) :].strip() or '?'}"


def _stepped(question: str, slots: Sequence[Slot], new: Slot) -> str | None:
    """The year or the quarter before or after; over the turn of the year where the question names one."""
    olds = [slot for slot in slots if slot.kind == new.kind]
    if not olds:
        return None if slots and new.kind == "quarter" else _added(question, slots, new)
    old = olds[-1]
    number = _DIGITS.findall(old.text)
    if not number:
        return None
    moved = int(number[-1]) + new.step
    year = next((slot for slot in slots if slot.kind == "year"), None)
    if new.kind == "quarter" and not 1 <= moved <= 4:
        if year is None:
            return None
        other = int(_DIGITS.findall(year.text)[-1]) + new.step
        return _put(question, [(old, 4 if moved < 1 else 1), (year, other)])
    return _put(question, [(old, moved)])


def _put(question: str, numbers: Sequence[tuple[Slot, int]]) -> str:
    for slot, number in sorted(numbers, key=lambda pair: -pair[0].start):
        replace: Callable[[re.Match[str]], str] = lambda _, value=number: str(value)  # type: ignore[misc]  # noqa: E731
        question = question[: slot.start] + _DIGITS.sub(replace, slot.text) + question[slot.stop :]
    return question
