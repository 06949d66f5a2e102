"""Answers that are no statements ("2,230", "Seoul"): made checkable by the question, or left out.

Asked for sentences, small models still answer in a word. A word alone is on many pages, so that its being there says
little; with the question it says what is claimed ("How much did packaging cost in 2019: 2,230").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mmrag.generation.questions import analyse
from mmrag.types import Part

__all__ = ["is_statement", "terse_parts"]

_LABEL = re.compile(r"\s*\[(E\d{1,3})\]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_PREDICATE = re.compile(r"(?:다|요|음|함|임|됨|까)[.!]?$")
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|does|did|do|will|can|may|must|\w{2,}ed|rose|fell|grew)\b", re.I)
_FRAME = re.compile(
    r"(?:so,? |thus,? )?(?:the|my)(?: \w+)? answer (?:is|was|would be)[: ]+(?P<en>\S+(?: \S+){0,3}?)[.!]?$"
    r"|(?:정?답|답변)[은는:]\s*(?P<ko>\S+?(?: \S+?){0,2})\s?(?:이다|입니다|이에요|예요)?[.!]?$",
    re.IGNORECASE,
)
"""A few words said to be the answer, and nothing of what they answer."""
_BARE = 0.6
"""Taken as the chance that a bare name answers the question: riskier than is allowed, unless the user allows more."""
_LONGEST_QUESTION = 300
_CODE = re.compile(r"\b[^\W\d]+-\d+\b")
"""Letters with digits behind a hyphen, as in AB-1234: a name, and no quantity."""
_COUNTS = frozenset({"how_many", "how_much", "when", "computation"})


def is_statement(line: str) -> bool:
    """Whether a line can be checked by itself: two Korean words with a predicate, three with a verb, else four.

    "The answer is 42" is none: any page that has a 42 would carry it.
    """
    line = _LABEL.sub("", line).strip()
    if _FRAME.match(line):
        return False
    words = line.split()
    if any(_HANGUL.search(word) for word in words) and _PREDICATE.search(words[-1]):
        return len(words) >= 2
    return len(words) >= 4 or (len(words) == 3 and bool(_VERB.search(" ".join(words[1:]))))


def terse_parts(question: str, lines: Sequence[str], stands: Callable[[str], bool]) -> tuple[Part, ...]:
    """One part for each line that, with the question, can be checked.

    `lines` are no statements. `stands`: whether a text may be on a page of the evidence; what is on none is left out,
    and so is what has no digit where a quantity is asked for. A bare name comes with a low `confidence`.
    """
    stem = question.strip().rstrip("?？.!！ ")
    if not stem or re.search(r"[?？]", stem) or len(stem) > _LONGEST_QUESTION:
        return ()
    kind = analyse(question).kind
    parts = []
    for line in lines:
        text = _LABEL.sub("", line).strip(" .。")
        framed = _FRAME.match(text)
        text = (framed["en"] or framed["ko"]) if framed else text
        counts = _CODE.sub("", text) if kind in ("how_many", "how_much", "computation") else text
        has_digit = any(character.isdigit() for character in counts)
        if not text or kind == "yes_no" or (kind in _COUNTS and not has_digit) or not stands(text):
            continue
        labels = tuple(dict.fromkeys(_LABEL.findall(line)))
        parts.append(Part(text, f"{stem}: {text}", labels, None if has_digit else _BARE))
    return tuple(parts)
