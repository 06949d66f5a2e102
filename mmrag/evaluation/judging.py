"""Whether an answer says what the gold answer says. Knows two texts and the question; no page, no index, no model.

The rule: a number is right when it equals the gold number within the rounding of the digits shown, the scale words
taken into account; a short gold answer (up to five words) when the answer contains it; a longer one when token F1
(Rajpurkar et al. 2016) is at least 0.5. It is kept from being lenient: a number counts only where it leads the answer,
of several gold numbers each must be there, and long answers contain nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

from mmrag.evaluation.normal import contains, is_hangul, token_f1, words_of
from mmrag.evaluation.numbers import is_percentage, leading_numbers_agree, numbers_of, same_dates, stated_beyond

__all__ = ["Outcome", "gold_parts", "holds", "judge_answer", "matches", "usable_golds"]

Outcome: TypeAlias = Literal["right", "wrong", "refused", "unscored"]
"""Of one question: `unscored` is an answer to a question whose gold answer is empty, so that nobody can tell."""

SHORT = 5
"""Words of a gold answer up to which it has to be contained."""
LONGEST = 60
"""Words of an answer beyond which it contains nothing: a whole page would contain every short gold answer."""
ENOUGH = 0.5
ENOUGH_OF_FEW = 0.8
MOST = 0.8
"""Share of the words of a long item of a list that has to be there."""

_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")
_LABELS = re.compile(r"\s*\[E\d+(?:,\s*E\d+)*\]")
_YES = frozenset({"yes", "예", "네", "그렇습니다", "맞습니다"})
_NO = frozenset({"no", "아니요", "아니오", "아닙니다", "아뇨"})


def judge_answer(answer: str | None, golds: Sequence[str], *, question: str = "", answerable: bool = True) -> Outcome:
    """Score one answer, None for a refusal, against gold answers of which any may match.

    A gold answer written as a list ("['11,486', '11,459']") asks for every item. An answer to a question that is not
    `answerable` is wrong. `question` tells which numbers of the answer only repeat it, and whether a percentage was
    asked for. Labels of evidence ("[E1]") are no part of an answer.
    """
    answer = _LABELS.sub("", answer or "")
    if not answer.strip():
        return "refused"
    if not answerable:
        return "wrong"
    usable = usable_golds(golds)
    if not usable:
        return "unscored"
    percent = is_percentage(question, usable)
    return "right" if any(matches(answer, gold, question, percent=percent) for gold in usable) else "wrong"


def usable_golds(golds: Sequence[str]) -> tuple[str, ...]:
    """Gold answers that hold a word or a number."""
    return tuple(gold for gold in golds if any(words_of(part) for part in gold_parts(gold)))


def gold_parts(gold: str) -> tuple[str, ...]:
    """The items of a gold answer that is written as a list of quoted texts, else the answer itself."""
    text = gold.strip()
    if text.startswith("[") and text.endswith("]"):
        items = [one or two for one, two in _QUOTED.findall(text[1:-1])]
        if items:
            return tuple(item for item in items if item.strip())
        return (text[1:-1],)
    return (text,)


def matches(answer: str, gold: str, question: str = "", *, percent: bool = False) -> bool:
    """Whether an answer matches one gold answer. `percent`: "12%" and 0.12 are the same to this question."""
    parts = gold_parts(gold)
    numbers = [numbers_of(part, question) for part in parts]
    if all(numbers):
        wanted = [one for group in numbers for one in group]
        return leading_numbers_agree(answer, wanted, question, percent=percent)
    if len(parts) > 1:
        return all(_holds(answer, part, question, percent) for part in parts)
    return _same_text(answer, parts[0], question)


def holds(text: str, part: str, question: str = "", *, percent: bool = False) -> bool:
    """Whether a text states one item of a gold answer somewhere: its numbers, its few words, or most of its many."""
    numbers = numbers_of(part, question)
    if numbers and leading_numbers_agree(text, numbers, question, percent=percent, leading=False):
        return True
    if len(words_of(part)) <= SHORT:
        return contains(text, part)
    return token_f1(text, part)[1] >= MOST


def _holds(answer: str, part: str, question: str, percent: bool) -> bool:
    return len(words_of(answer)) <= LONGEST and holds(answer, part, question, percent=percent)


def _same_text(answer: str, gold: str, question: str) -> bool:
    polarity = _polarity(gold)
    if polarity is not None and _polarity(answer) not in (polarity, None):
        return False
    gold_words = words_of(gold)
    if polarity is not None and len(gold_words) == 1:
        return _polarity(answer) is polarity
    dates = same_dates(answer, gold, question)
    if dates is not None:
        return dates
    if len(gold_words) <= SHORT and _contained(answer, gold):
        return True
    # of a few words one more or less is much: "Tom" is not "Tom Welling"
    if token_f1(answer, gold)[2] < (ENOUGH_OF_FEW if len(gold_words) <= SHORT else ENOUGH):
        return False
    return not _other_numbers(answer, gold, question)


def _contained(answer: str, gold: str) -> bool:
    return len(words_of(answer)) <= LONGEST and contains(answer, gold)


def _polarity(text: str) -> bool | None:
    """True for an answer that begins with yes, False with no, None with neither."""
    words = words_of(text, articles=True)
    first = words[0] if words else ""
    if first in _YES:
        return True
    # "no" also begins noun phrases ("no vacancies"), so there it has to stand alone or before a comma or full stop
    alone = re.match(r"\W*\w+\s*(?:$|[,.;:!—–-])", text.strip()) is not None
    return False if first in _NO and (alone or is_hangul(first[0])) else None


def _other_numbers(answer: str, gold: str, question: str) -> bool:
    """Whether both texts state numbers beyond the question's and have none in common."""
    theirs, ours = stated_beyond(gold, question), stated_beyond(answer, question)
    return bool(theirs and ours) and not (theirs & ours)
