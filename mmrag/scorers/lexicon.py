"""Small word lists of our own making: opposites, words that exclude one another, words of equal sense, function words.

English and Korean, in `lexicon.txt`. They cover common words only: an opposite that is not listed is left to the
vectors.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files

__all__ = ["alternatives", "opposites", "synonyms", "words"]


@cache
def _sections() -> dict[str, tuple[str, ...]]:
    sections: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in files("mmrag.scorers").joinpath("lexicon.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            lines = sections.setdefault(line.strip("[]"), [])
        elif line and not line.startswith("#"):
            lines.append(line)
    return {name: tuple(found) for name, found in sections.items()}


@cache
def words(name: str) -> frozenset[str]:
    """A plain list, lower case: "negations", "reporting", "function words" (no apostrophes), "korean endings"."""
    return frozenset(word for line in _sections()[name] for word in line.split())


@cache
def _opposites() -> tuple[dict[str, frozenset[str]], dict[str, frozenset[str]]]:
    """Words of the opposite direction, and the others of the same one."""
    opposite: dict[str, set[str]] = defaultdict(set)
    same: dict[str, set[str]] = defaultdict(set)
    for line in _sections()["opposites"]:
        one, two = (frozenset(side.split()) for side in line.split("|"))
        for mine, theirs in ((one, two), (two, one)):
            for word in mine:
                opposite[word] |= theirs
                same[word] |= mine - {word}
    return {word: frozenset(others) for word, others in opposite.items()}, {w: frozenset(o) for w, o in same.items()}


@cache
def _together(name: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for line in _sections()[name]:
        entry = set(line.split())
        for word in entry:
            found[word] |= entry - {word}
    return {word: frozenset(others) for word, others in found.items()}


_NONE: frozenset[str] = frozenset()


def opposites(word: str) -> frozenset[str]:
    """Words of the opposite sense, lower case; empty for a word that is not listed."""
    return _opposites()[0].get(word, _NONE)


def alternatives(word: str) -> frozenset[str]:
    """Words that exclude this one where both are said of the same thing, such as the other weekdays."""
    return _together("alternatives").get(word, _NONE)


def synonyms(word: str) -> frozenset[str]:
    """Words that may stand for this one, and words of the same direction."""
    return _together("synonyms").get(word, _NONE) | _opposites()[1].get(word, _NONE)
