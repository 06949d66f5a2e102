"""Are the words of a statement in an order that says something? Words alone, thrown together, state nothing.

Two looks: which neighbours of the statement are neighbours somewhere on the page too, and whether words stand together
that no sentence has together. A retelling moves clauses, it does not tear every pair of words apart. Knows no grammar
but lists of small words and Korean endings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from mmrag.verification.findings import Finding
from mmrag.verification.sheets import Sheet
from mmrag.verification.statements import Statement
from mmrag.verification.terms import forms_of, near_forms, plain, terms_of

__all__ = ["check_order", "is_jumbled", "kept_order"]

_WORD = re.compile(r"\d[\d.,]*|[^\W\d_]+")
_FEW = 4
"""Words found on the page from which their order tells something."""
_TORN, _TORN_SHORT, _TORN_KO = 0.75, 0.5, 0.5
"""Neighbours kept, as `kept_order` counts them, under which a statement is torn apart; Korean is freer in its order."""

_FAR_TORN = 0.55

_DETERMINERS = frozenset({"the", "a", "an", "its", "their", "his", "her", "our", "my", "your", "every"})
_PREPOSITIONS = frozenset({"of", "in", "on", "at", "by", "for", "from", "with", "into", "during", "per", "between"})
_JOINTS = frozenset({"and", "or", "but", "because"})
_AUXILIARIES = frozenset(
    {"is", "are", "was", "were", "has", "have", "had", "does", "did", "will", "must", "should", "can", "could"}
)
_FINITE = frozenset({"is", "are", "was", "were", "has", "had", "does", "did"})
_MODALS = frozenset({"must", "should", "could", "would"})
_BARE = frozenset({"it", "they", "he", "she", "which", "who", "not", "than", "then", "there"})
_TOKEN = re.compile(r"[^\W_]+(?:['’.,-][^\W_]+)*")
_KO_FINAL = re.compile(r"(?:니다|[했었았였됐렸겠있없졌]다|[한된는인]다)$")
_KO_OPEN = re.compile(
    r"(?:[가-힣]{2,}(?:을|를|에서|으로|에게|까지|부터|보다|마다)|(?:하|되|이)(?:여|고|며)|[가-힣]+(?:으며|지만|거나))$"
)
_HANGUL = re.compile(r"[가-힣]")


@dataclass(frozen=True, slots=True)
class _Index:
    """`places`: (spot, place) of each form of a word of meaning; `pairs`: forms of any two words side by side."""

    places: dict[str, list[tuple[int, int]]]
    pairs: frozenset[tuple[str, str]]


def _words(text: str) -> list[tuple[frozenset[str], bool]]:
    """Every word and number in order: the forms that count as the same, and whether it carries meaning."""
    telling = {term.start for term in terms_of(text)}
    found = []
    for one in _WORD.finditer(text):
        number = one.group()[0].isdigit()
        forms = frozenset({plain(one.group()).strip(".,")}) if number else _forms(one.group())
        found.append((forms, number or one.start() in telling))
    return found


@lru_cache(maxsize=50_000)
def _forms(word: str) -> frozenset[str]:
    return forms_of(word) | near_forms(plain(word)) | {plain(word)}


@lru_cache(maxsize=8)
def _index(texts: tuple[str, ...]) -> _Index:
    places: dict[str, list[tuple[int, int]]] = {}
    pairs: set[tuple[str, str]] = set()
    for spot, text in enumerate(texts):
        words = _words(text)
        for place, forms in enumerate(forms for forms, telling in words if telling):
            for form in forms:
                places.setdefault(form, []).append((spot, place))
        for (one, _), (two, _) in pairwise(words):
            pairs.update((mine, its) for mine in one for its in two)
    return _Index(places, frozenset(pairs))


def kept_order(text: str, sheet: Sheet) -> tuple[float, int]:
    """How far the statement's neighbours are neighbours on the page, 0 to 2, and how many of its words are there.

    The sum of two shares. Of words of meaning that stand on the page: a pair in turn with at most one between counts
    whole; turned round, or a little further apart, half. Of all words, small ones too: pairs side by side.
    """
    words = _words(text)
    index = _index(tuple(spot.text for spot in sheet.spots))
    found = []
    for order, forms in enumerate(forms for forms, telling in words if telling):
        places = {place for form in forms for place in index.places.get(form, ())}
        if places:
            found.append((order, places))
    if len(found) < 2:
        return 2.0, len(found)
    links = sum(_link(one, two, after - before) for (before, one), (after, two) in pairwise(found))
    beside = sum(
        any((mine, its) in index.pairs for mine in one for its in two) for (one, _), (two, _) in pairwise(words)
    )
    return links / (len(found) - 1) + beside / (len(words) - 1), len(found)


def _link(one: set[tuple[int, int]], two: set[tuple[int, int]], apart: int) -> float:
    best = 0.0
    for spot, place in one:
        if any((spot, place + step) in two for step in range(1, 2 + apart)):
            return 1.0
        if any((spot, place + step) in two for step in (-2, -1, 2 + apart, 3 + apart)):
            best = 0.5
    return best


def is_jumbled(text: str) -> bool:
    """Whether words stand together, or at the end, that no sentence has so: "the of", "and the." """
    words = [plain(word) for word in _TOKEN.findall(text)]
    if not words:
        return False
    if _HANGUL.search(text):
        return _is_jumbled_korean(words)
    question = text.rstrip().endswith("?")
    if words[-1] in _DETERMINERS | _JOINTS | {"of", "from", "at", "into", "during", "per", "between"} or (
        words[0] in _FINITE and not question
    ):
        return True
    return any(_clash(one, two) for one, two in pairwise(words) if f"{one}, {two}" not in plain(text))


def _clash(one: str, two: str) -> bool:
    if one == two and one.isalpha() and one not in ("had", "that"):
        return True
    if one in _DETERMINERS:
        return two in _DETERMINERS | _PREPOSITIONS | _JOINTS | _AUXILIARIES | _BARE and (one, two) != ("a", "can")
    if one in _PREPOSITIONS:
        tight = one in ("of", "from", "into", "during", "per")
        return two in _JOINTS | _FINITE | _MODALS or (two in _PREPOSITIONS and tight and two != "between")
    if one in _MODALS:
        return two in _FINITE or two in ("the", "a", "an", "of")
    return one in _FINITE and two in _FINITE


def _is_jumbled_korean(words: list[str]) -> bool:
    ends = [place for place, word in enumerate(words[:-1]) if _KO_FINAL.search(word)]
    if ends or _KO_OPEN.search(words[-1]):
        return True
    for place, word in enumerate(words):
        follows = words[place + 1] if place + 1 < len(words) else ""
        if word == "수" and not follows.startswith(("있", "없", "밖", "도")):
            return True
    return False


def check_order(statement: Statement, sheet: Sheet) -> Finding | None:
    """Not found where the words are on the page and their order is not; None where nothing tells."""
    if is_jumbled(statement.text):
        return Finding("order", "not_found", 0.85, "its words are on the page, but it is no sentence", ())
    kept, found = kept_order(statement.text, sheet)
    limit = _TORN_KO if statement.korean else _TORN if found >= _FEW else _TORN_SHORT
    if found < (_FEW + 1 if statement.korean else _FEW - 1) or kept >= limit:
        return None
    strength = 0.85 if kept < _FAR_TORN * limit else 0.5
    return Finding("order", "not_found", strength, "its words are on the page, but not put together like this", ())
