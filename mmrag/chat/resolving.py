"""What a question means in a conversation: a follow-up made whole from what was asked and answered before it.

"and Q4?" keeps all of the previous question but its period. A question that is whole stands alone. Nothing is guessed
silently: every resolution says what it put in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.chat import english, korean
from mmrag.chat.slots import Slot, exchange, find_slots, is_hangul, without_slots
from mmrag.chat.words import MEASURES

__all__ = ["Exchange", "Resolution", "resolve"]

MAX_LENGTH = 600
"""Characters; what is longer says all that it means, and rules over every word of it would only cost time."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question as it was understood, and its answer ("" where it was refused)."""

    question: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Resolution:
    """The complete question that a follow-up means. `follows` is False where it stands alone; `how` is in words."""

    question: str
    follows: bool = False
    how: str = ""


def resolve(question: str, history: Sequence[Exchange]) -> Resolution:
    """A question made whole from the last exchange of a conversation, without a model; oldest exchange first."""
    asked = " ".join(question.split())
    if not asked or len(asked) > MAX_LENGTH:
        return Resolution(question)
    if not history:
        return Resolution(question.strip())
    previous, answer = " ".join(history[-1].question.split()), " ".join(history[-1].answer.split())
    if not previous or len(previous) > MAX_LENGTH:
        return Resolution(asked)
    rule = _korean if is_hangul(asked) else _english
    found = rule(asked, previous, answer)
    if found is not None:
        return Resolution(_ended(found.question), True, found.how)
    lead = korean.strip_lead(asked) if is_hangul(asked) else english.strip_lead(asked)
    return Resolution(lead or asked)


def _korean(asked: str, previous: str, answer: str) -> Resolution | None:
    if (text := korean.why(asked, previous, answer)) or (text := english.why("why", previous, answer) if (
        korean.why(asked, "무엇", "답") and not is_hangul(previous)) else None):  # fmt: skip
        return Resolution(text, True, "why, of the previous question")
    if is_hangul(previous) and (text := korean.summed(asked, previous)):
        return Resolution(text, True, "the total of what was asked before")
    pointed = korean.refer(asked, previous, answer)
    if pointed:
        return Resolution(pointed[0], True, f"it stands for {pointed[1]}")
    part = korean.fragment(asked)
    return _filled(previous, part, "") if part is not None else None


def _english(asked: str, previous: str, answer: str) -> Resolution | None:
    in_korean = is_hangul(previous)
    text = english.why(asked, previous if not in_korean else "What is the price of it?", answer)
    if text and in_korean:
        text = korean.why("왜?", previous, answer)
    if text:
        return Resolution(text, True, "why, of the previous question")
    if not in_korean and (text := english.summed(asked, previous)):
        return Resolution(text, True, "the total of what was asked before")
    parts = english.fragments(asked)
    if parts is None:
        parts = _only_slots(asked)
    if parts is not None:
        return _all_filled(previous, parts)
    pointed = None if in_korean else english.refer(asked, previous, answer)
    return _with_period(Resolution(pointed[0], True, f"it stands for {pointed[1]}"), previous) if pointed else None


def _with_period(found: Resolution, previous: str) -> Resolution:
    """ "what was its profit?" after a question of 2019 is of 2019 too."""
    periods = [slot for slot in find_slots(previous) if slot.kind in ("year", "quarter", "half", "range")]
    words = {word.strip("?,.") for word in found.question.lower().split()}
    if not periods or find_slots(found.question) or words.isdisjoint(MEASURES) or "when" in words:
        return found
    start, stop = periods[0].start, periods[-1].stop
    lead = re.search(r"(?:\b(?:in|for|during|from|between|at)\s+(?:the\s+)?)$", previous[:start])
    text = (lead.group() if lead else "in ") + previous[start:stop]
    return Resolution(f"{found.question.rstrip('?. ')} {text}?", True, f"{found.how}, {previous[start:stop]}")


_EMPTY = re.compile(
    r"\b(?:how (?:many|much)|what|is|are|was|were|did|does|do|there|it|that|they|in|of|for|at|on|the|end|"
    r"have|has|had|then|about|look like|come to)\b|[?.,!]",
    re.IGNORECASE,
)


def _only_slots(asked: str) -> list[tuple[str, str]] | None:
    """ "How many were there in 2024?" says nothing but a period."""
    text = english.strip_lead(asked)
    slots = find_slots(text)
    if not slots or _EMPTY.sub("", without_slots(text, slots)).strip():
        return None
    return [("", slot.text) for slot in slots]


_REMAINS = re.compile(r"^(?:the|of|in|one|ones|및|의|에|에는|에서|에도|그|그럼)$", re.IGNORECASE)
"""What is left of a part once its period is taken out, and means nothing alone."""
_BOUNDS = frozenset(("after", "before", "since", "until", "by", "during"))


def _all_filled(previous: str, parts: Sequence[tuple[str, str]]) -> Resolution | None:
    """Every part of a follow-up put into the previous question, one after the other."""
    told: list[str] = []
    taken: list[str] = []
    current = previous
    for preposition, noun in parts:
        found = _filled(current, noun, preposition, tuple(taken))
        if found is None:
            body = current.rstrip("?. ")
            found = Resolution(f"{body} {preposition} {noun}?".replace("  ", " "), True, f"with {noun}")
        current = found.question
        told.append(found.how)
        taken.append(noun)
    return Resolution(current, True, "; ".join(told)) if told else None


def _filled(previous: str, part: str, preposition: str, taken: tuple[str, ...] = ()) -> Resolution | None:
    """One part put in: first its periods and codes, then what is left as a noun."""
    slots = find_slots(part)
    rest = without_slots(part, slots)
    current, told = previous, []
    if slots and all(slot.kind in ("code", "nth", "ordinal") for slot in slots) and rest:
        slots, rest = [], part  # a part of a name
    for slot in slots:
        changed = _exchanged(current, slot, preposition)
        if changed is None:
            rest = part
            break
        current = changed
        told.append(f"{slot.text} instead")
    rest = _REMAINS.sub("", rest.strip(" ,"))
    if rest:
        if is_hangul(current):
            noun = korean.exchange_noun(current, rest)
        else:
            noun = english.exchange_noun(current, preposition, rest, taken)
        if noun is None:
            return None
        current = noun
        told.append(f"{rest} instead")
    return Resolution(current, True, "the previous question with " + ", ".join(told)) if told else None


def _exchanged(current: str, slot: Slot, preposition: str) -> str | None:
    if slot.kind == "code" and exchange(current, slot) is None and not is_hangul(current):
        return english.exchange_noun(current, preposition, slot.text)
    changed = exchange(current, slot)
    if changed is not None and preposition in _BOUNDS:
        changed = re.sub(rf"\b(?:in|on|for|during)\s+(?={re.escape(slot.text)}\b)", f"{preposition} ", changed)
    return changed


def _ended(question: str) -> str:
    text = question.strip()
    return text if text.endswith(("?", ".", "!", "요", "다")) else f"{text}?"
