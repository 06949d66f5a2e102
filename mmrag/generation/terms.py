"""Search terms made comparable between a question and a sentence: forms of irregular verbs, numbers in words.

Builds on `mmrag.lexical.tokenize`, which knows regular endings; what is irregular is a list, and lists end.
"""

from __future__ import annotations

import re
from functools import lru_cache

from mmrag.lexical import tokenize

__all__ = ["FOOTNOTES", "canonical", "ordered_terms", "terms_of"]

FOOTNOTES = re.compile(r"(?<=[\w.,;:!?)\"'”’])(?:\[(?:\d{1,3}|[a-z]|note \d+)\])+")
"""Marks of footnotes that stand against a word ("nine,[69] where"): no part of what is said."""

_IRREGULAR = """
become became|begin began begun|build built|buy bought|choose chose chosen|come came|draw drew drawn
drive drove driven|fall fell fallen|find found|fly flew flown|get got gotten|give gave given
go went gone|grow grew grown|hold held|keep kept|know knew known|lead led|leave left|lose lost
make made|mean meant|meet met|pay paid|rise rose risen|run ran|say said|see saw seen|sell sold
send sent|serve served|show shown showed|speak spoke spoken|spend spent|stand stood|take took taken
teach taught|tell told|think thought|wear wore worn|win won|write wrote written|wed wedded
die dead death|bear born birth|marry married marriage|child children|man men|woman women
person people|foot feet
"""
_NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]


def _table() -> dict[str, str]:
    table = {}
    for line in re.split(r"[|\n]", _IRREGULAR.strip()):
        forms = line.split()
        head = tokenize(forms[0])[0]
        for form in forms:
            table[tokenize(form)[0]] = head
    table.update({tokenize(word)[0]: str(value) for value, word in enumerate(_NUMBERS)})
    return table


@lru_cache(maxsize=1)
def _canonical_forms() -> dict[str, str]:
    return _table()


def canonical(term: str) -> str:
    """The term that stands for all forms of its word."""
    return _canonical_forms().get(term, term)


def ordered_terms(text: str) -> list[str]:
    """Terms in order, with repeats, without footnote marks."""
    forms = _canonical_forms()
    return [forms.get(term, term) for term in tokenize(FOOTNOTES.sub("", text))]


def terms_of(text: str) -> frozenset[str]:
    """The different terms of a text."""
    return frozenset(ordered_terms(text))
