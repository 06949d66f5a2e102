"""A statement laid word by word over the sentence that it is close to: what was put in another's place?

Only says something of statements that follow the sentence closely; a free retelling is left to the other checks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from mmrag.scorers.lexicon import alternatives, opposites
from mmrag.scorers.lexicon import words as listed
from mmrag.types import Label
from mmrag.verification.findings import Finding
from mmrag.verification.places import Place
from mmrag.verification.polarity import STRENGTHS, negations
from mmrag.verification.sheets import Sheet
from mmrag.verification.statements import Statement, names_of
from mmrag.verification.terms import forms_of, near_forms, plain, same_verb, terms_of

__all__ = ["check_wording"]

_CLOSE = 0.7
"""Share of the statement's words that stand in the sentence in the same order."""
_LONGEST = 300
_TOKEN = re.compile(r"\d[\d.,]*|[$€£₩%]|[^\W\d_]+(?:['’][a-z]{1,2}\b)?")

_ENDING = re.compile(r"(?<=[가-힣])(?:었|았|였)(?:습니다|다|고|으며|지만|는데|어요|음)$")


def _key(token: str) -> str:
    """What counts as the same word: the shortest form."""
    word = plain(token)
    if _ENDING.search(word):
        return _ENDING.sub("", word)
    return min(forms_of(token) or {word}, key=lambda form: (len(form), form))


def check_wording(statement: Statement, sheet: Sheet, place: Place) -> list[Finding]:
    """Words of the statement that stand where the sentence has others that mean something else."""
    mine, theirs = _TOKEN.findall(statement.text)[:_LONGEST], _TOKEN.findall(place.spot.text)[:_LONGEST]
    if len(mine) < 4 or len(theirs) < 4:
        return []
    matcher = SequenceMatcher(None, [_key(one) for one in mine], [_key(one) for one in theirs], autojunk=False)
    blocks = matcher.get_matching_blocks()
    if sum(block.size for block in blocks) < _CLOSE * len(mine):
        return []
    cite = (sheet.cite_spot(place.spot),)
    names = {word for name in names_of(place.spot.text) for word in name.words}
    said = forms_of(statement.text)
    first, last = blocks[0].b, blocks[-2].b + blocks[-2].size if len(blocks) > 1 else len(theirs)
    found: list[Finding] = []
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        here, there = mine[a:b], theirs[c:d]
        inside = first <= c and d <= last
        finding = _judge(here, there, names, said, place, inside)
        if finding is not None:
            found.append(Finding("polarity" if finding[0] else "name", finding[1], finding[2], finding[3], cite))
    return found


_Judged = tuple[bool, Label, float, str]
"""Whether it is about polarity (else about a name), the label, how sure, and why."""


def _judge(
    here: Sequence[str], there: Sequence[str], names: set[str], said: frozenset[str], place: Place, inside: bool
) -> _Judged | None:
    mine, theirs = " ".join(here), " ".join(there)
    if inside and (negations(mine) - negations(theirs)) % 2:  # noqa: SIM102
        if not _turns(here, there):
            text = "the page says that it is not so" if negations(theirs) else "the page does not deny it"
            return True, "contradicted", 0.9, text
    if len(here) > 6 or len(there) > 10 or not here or not there:
        return None
    if _turns(here, there) and not (negations(mine) - negations(theirs)) % 2:
        return True, "contradicted", 0.85, f"the page says “{theirs}”, not “{mine}”"
    for group in STRENGTHS:
        one = [word for word in map(plain, here) if word in group]
        two = [word for word in map(plain, there) if word in group]
        if one and two and group[one[0]] != group[two[0]]:
            return True, "not_found", 0.8, f"the page says “{two[0]}”, not “{one[0]}”"
    new = [
        term
        for term in terms_of(mine)
        if not term.forms & place.spot.forms and not near_forms(term.word) & place.spot.forms
    ]
    gone = [word for word in map(plain, there) if word in names and not forms_of(word) & said]
    if not gone and new and len(here) <= 3 and len(there) <= 3 and all(term.hangul for term in new):
        others = [term for term in terms_of(theirs) if not term.forms & said]
        same = any(_inflected(term.word, new[0].word) for term in others)
        gone = [] if same else [term.word for term in others]
    if new and gone and all(len(word) > 1 for word in gone):
        return False, "contradicted", 0.8, f"the page says “{theirs}”, not “{mine}”"
    return None


def _inflected(one: str, other: str) -> bool:
    """Whether two Korean words look like forms of one verb, or one is part of the other."""
    if one in other or other in one or same_verb(one, other):
        return True
    return one[0] == other[0] and one[-1] in "다요며고서여지는은한된할" and other[-1] in "다요며고서여지는은한된할"


def _turns(here: Sequence[str], there: Sequence[str]) -> bool:
    """Whether one side has an opposite, or another of a closed set, of a word of the other side."""
    theirs = {form for word in there for form in forms_of(word)}
    mine = {form for word in here for form in forms_of(word)}
    shared = mine & theirs
    return any(
        (opposites(form) | alternatives(form)) & (theirs - shared)
        for form in mine - shared
        if form not in listed("function words") or opposites(form)
    )
