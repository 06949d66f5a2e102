"""What speaks for and against each word of a claim in the words of the evidence.

A claim that changes one fact of its source has nearly all words of it, so the mean over words says little; each word
gets its own evidence. Two sorts: is the word there at all (as spelled, by stem, by characters, as a listed synonym, by
the nearest vector), and is it there *where its neighbours are* (context). A word whose neighbours are found together
in one spot, but which is not in that spot, was probably changed; the more so if its opposite or another word of its
kind is.

Method: greedy soft alignment as in BERTScore (Zhang et al. 2020, arXiv 1904.09675), a word at a time; context by
neighbours inside a window is our own.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np

from mmrag.quantities import agree
from mmrag.scorers.lexicon import alternatives, opposites, synonyms, words
from mmrag.scorers.words import Floats, Reading, bases, stem

__all__ = ["FEATURES", "LAYERS", "features"]

LAYERS: Final = (0, 2, 5)
"""Layers of the encoder whose vectors are compared: nearly the bare word, the word in its phrase, in its sentence."""
FEATURES: Final = (
    *("exact", "letters", "synonym", "opposite", "alternative", "near0", "near2", "near5"),
    *("context", "here", "soft_here", "missed", "soft_missed", "spot0", "spot2", "spot5"),
    *("opposite_here", "alternative_here", "synonym_here", "opposite_gain", "alternative_gain"),
    *("function", "negation", "number", "capital", "reporting", "rarity", "near_negation", "evidence_negation"),
    *("new_negation", "before2", "before_exact", "after2", "after_exact"),
    *("often", "tight", "tight_here", "tight_soft", "claim_exact", "claim_here", "claim_near2", "claim_words"),
)
"""Names of the columns of `features`; the number after a name is the layer."""
_WINDOW = 8
"""Words to either side that count as the same spot."""
_NEIGHBOURS = 8
_NEGATION_WINDOW = 4
_TIGHT = 3


def features(claim: Reading, evidence: Reading) -> Floats:
    """Shape (words of the claim, len(FEATURES)); without vectors the columns that need them are 0."""
    n, m = len(claim.words), len(evidence.words)
    if not n or not m:
        return np.zeros((n, len(FEATURES)), np.float32)
    exact, related = _listed(claim, evidence)
    near = _cosines(claim, evidence)
    is_number = (claim.numbers >= 0) & np.array([any(c.isdigit() for c in word) for word in claim.words])
    soft = np.maximum(exact, 0.8 * related["synonym"])
    if near is not None:
        guess = np.clip((near[1] - _SOFT_FROM) / 0.5, 0, 0.7) * (1 - exact)
        soft = np.where(is_number[:, None], exact, np.maximum(soft, guess))
    context = _context(claim, soft)
    best = context.max(axis=1)
    here, soft_here = (context * exact).max(axis=1), (context * soft).max(axis=1)
    spot = context >= best[:, None] * 0.9
    lists = {name: (context * table).max(axis=1) for name, table in related.items()}
    zero = np.zeros((3, n), np.float32)
    nearest = zero if near is None else near.max(axis=2)
    at_spot = (
        zero
        if near is None
        else np.where(spot, _widest(near.reshape(-1, m), _WINDOW).reshape(near.shape), -1).max(axis=2)
    )
    place = (context * soft).argmax(axis=1)
    columns = [
        *(exact.max(axis=1), _letters(claim, evidence)),
        *(related[name].max(axis=1) for name in ("synonym", "opposite", "alternative")),
        *nearest,
        *(best, here, soft_here, best - here, best - soft_here),
        *at_spot,
        *(lists[name] for name in ("opposite", "alternative", "synonym")),
        *(lists["opposite"] - here, lists["alternative"] - here),
        *_kinds(claim, is_number),
        *_negations(claim, evidence, place),
        *_beside(nearest[1], exact.max(axis=1)),
        *_tight(claim, exact, soft),
        *_whole(claim, exact.max(axis=1), here, nearest[1]),
    ]
    return np.stack(columns, axis=1).astype(np.float32)


_SOFT_FROM = 0.5


def _cosines(claim: Reading, evidence: Reading) -> Floats | None:
    if claim.vectors is None or evidence.vectors is None:
        return None
    mine, theirs = claim.vectors.astype(np.float32), evidence.vectors.astype(np.float32)
    cosines: Floats = mine @ theirs.transpose(0, 2, 1)
    return cosines


@lru_cache(50_000)
def _relations(word: str) -> dict[str, frozenset[str]]:
    tables = {"synonym": synonyms, "opposite": opposites, "alternative": alternatives}
    return {
        name: frozenset(stem(other) for base in bases(word) for other in table(base)) for name, table in tables.items()
    }


def _listed(claim: Reading, evidence: Reading) -> tuple[Floats, dict[str, Floats]]:
    """Where the evidence has each word of the claim, and words related to it: tables of shape (n, m)."""
    places: dict[str, list[int]] = {}
    for place, key in enumerate(evidence.keys):
        places.setdefault(key, []).append(place)
    shape = (len(claim.words), len(evidence.words))
    exact = np.zeros(shape, np.float32)
    related = {name: np.zeros(shape, np.float32) for name in ("synonym", "opposite", "alternative")}
    equal = {
        number: [place for place, other in enumerate(evidence.quantities) if agree(quantity, other)]
        for number, quantity in enumerate(claim.quantities)
    }
    for row, (word, key) in enumerate(zip(claim.words, claim.keys, strict=True)):
        exact[row, places.get(key, [])] = 1
        number = int(claim.numbers[row])
        if number >= 0 and any(character.isdigit() for character in word):
            exact[row] = np.isin(evidence.numbers, equal[number])
        elif number >= 0:
            exact[row, np.isin(evidence.numbers, equal[number])] = 1
        for name, others in _relations(word).items():
            for other in others & places.keys():
                related[name][row, places[other]] = 1
    return exact, related


def _widest(table: Floats, window: int) -> Floats:
    """The maximum over `window` columns to either side, by doubling."""
    padded = np.pad(table, ((0, 0), (window, window)), constant_values=-1)
    width, reach = 2 * window + 1, 1
    while reach < width:
        step = min(reach, width - reach)
        padded = np.maximum(padded[:, :-step], padded[:, step:])
        reach += step
    return padded


def _context(claim: Reading, soft: Floats, window: int = _WINDOW, neighbours: int = _NEIGHBOURS) -> Floats:
    """For each word and each place of the evidence: how much of the word's neighbourhood is found around the place."""
    n = len(claim.words)
    function = np.array([_plain(word) in words("function words") for word in claim.words])
    weight = np.where(function, 0.1, 0.4 + claim.rarity)
    apart = np.abs(np.arange(n)[:, None] - np.arange(n)[None, :])
    kernel = np.where(apart <= neighbours // 2, 1.0, 0.5) * weight[None, :]
    same = claim.sentences[:, None] == claim.sentences[None, :]
    kernel = np.where((apart > 0) & (apart <= neighbours) & same, kernel, 0)
    kernel /= np.maximum(kernel.sum(axis=1, keepdims=True), 1e-6)
    return (kernel @ np.maximum(_widest(soft, window), 0)).astype(np.float32)


def _plain(word: str) -> str:
    return word.lower().replace("’", "").replace("'", "")


@lru_cache(50_000)
def _grams(word: str) -> frozenset[str]:
    word = f"#{word.lower()}#"
    return frozenset(word[place : place + 3] for place in range(len(word) - 2)) or frozenset((word,))


def _letters(claim: Reading, evidence: Reading) -> Floats:
    """The best Dice coefficient of character trigrams with any word of the evidence."""
    known = set(evidence.keys)
    others = [_grams(word) for word in dict.fromkeys(evidence.words)]
    by_gram: dict[str, list[int]] = {}
    for place, grams in enumerate(others):
        for gram in grams:
            by_gram.setdefault(gram, []).append(place)
    found = np.ones(len(claim.words), np.float32)
    for row, (word, key) in enumerate(zip(claim.words, claim.keys, strict=True)):
        if key in known:
            continue
        mine = _grams(word)
        shared: dict[int, int] = {}
        for gram in mine:
            for place in by_gram.get(gram, ()):
                shared[place] = shared.get(place, 0) + 1
        found[row] = max((2 * count / (len(mine) + len(others[place])) for place, count in shared.items()), default=0)
    return found


def _kinds(claim: Reading, is_number: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> list[Floats]:
    rows = [
        [_plain(word) in words("function words") for word in claim.words],
        [_negates(word) for word in claim.words],
        (is_number | (claim.numbers >= 0)).tolist(),
        [word[:1].isupper() for word in claim.words],
        [any(base in words("reporting") for base in bases(word)) for word in claim.words],
    ]
    return [*(np.array(row, np.float32) for row in rows), claim.rarity]


def _negates(word: str) -> bool:
    plain = _plain(word)
    return plain in words("negations") or (
        plain[:1] >= "가" and any(plain.startswith(sign) for sign in ("않", "못", "없", "아니"))
    )


def _negations(claim: Reading, evidence: Reading, place: np.ndarray[tuple[int], np.dtype[np.intp]]) -> list[Floats]:
    mine = np.array([[_negates(word) for word in claim.words]], np.float32)
    theirs = np.array([[_negates(word) for word in evidence.words]], np.float32)
    around = np.maximum(_widest(theirs, _NEGATION_WINDOW)[0], 0)
    near = np.maximum(_widest(mine, _NEGATION_WINDOW)[0], 0)
    return [near, around[place], mine[0] * (1 - around[place])]


def _beside(nearest: Floats, exact: Floats) -> list[Floats]:
    """How well the words before and after are found."""
    rows = []
    for shift in (1, -1):
        for row in (nearest, exact):
            moved = np.ones(len(row), np.float32)
            if shift > 0:
                moved[1:] = row[:-1]
            else:
                moved[:-1] = row[1:]
            rows.append(moved)
    return rows


def _tight(claim: Reading, exact: Floats, soft: Floats) -> list[Floats]:
    """How often the evidence has the word, and the same as context in the closest neighbourhood, as of a phrase."""
    context = _context(claim, soft, _TIGHT, _TIGHT)
    often = np.log1p(exact.sum(axis=1))
    return [often, context.max(axis=1), (context * exact).max(axis=1), (context * soft).max(axis=1)]


def _whole(claim: Reading, exact: Floats, here: Floats, nearest: Floats) -> list[Floats]:
    """Of the whole claim, the same for each word: whether it quotes or puts things in other words, and its length."""
    content = np.array([_plain(word) not in words("function words") for word in claim.words])
    weight = np.where(content, 1.0, 0.05)
    means = [float((row * weight).sum() / weight.sum()) for row in (exact, here, nearest)]
    return [np.full(len(exact), value, np.float32) for value in (*means, np.log(len(exact)))]
