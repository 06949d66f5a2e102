"""Texts of answers made comparable: words, containment and token F1, English and Korean.

Knows nothing of what numbers are worth.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

__all__ = ["contains", "is_hangul", "normal", "token_f1", "words_of"]

_HANGUL = "가-힣ㄱ-ㅎㅏ-ㅣ"
# Numbers keep their point, lose their thousands' commas; Hangul and other letters part even without a space between.
_WORD = re.compile(rf"\d+(?:,\d{{3}})*(?:\.\d+)?|[{_HANGUL}]+|[^\W\d_{_HANGUL}]+")
_ARTICLES = frozenset({"a", "an", "the"})
_APOSTROPHES = re.compile(r"[’'‘`´]")


def is_hangul(letter: str) -> bool:
    """Whether a letter is Hangul."""
    return re.match(f"[{_HANGUL}]", letter) is not None


def normal(text: str) -> str:
    """Unicode form NFKC without case and apostrophes; the words of a text are taken from this."""
    return _APOSTROPHES.sub("", unicodedata.normalize("NFKC", text).casefold())


def words_of(text: str, *, articles: bool = False) -> list[str]:
    """Words and numbers without punctuation, case and English articles (as SQuAD has it)."""
    found = [word.replace(",", "") for word in _WORD.findall(normal(text))]
    return found if articles else [word for word in found if word not in _ARTICLES]


def contains(text: str, part: str) -> bool:
    """Whether the words of `part` stand in `text` side by side.

    Spaces between Hangul do not matter, and a particle may follow ("세 개" is in "세개까지"); other words count whole.
    """
    inside, outside = words_of(part), words_of(text)
    wanted = "".join(inside)
    if not wanted:
        return False
    whole = "".join(outside)
    starts, ends, offset = set(), set(), 0
    for word in outside:
        starts.add(offset)
        offset += len(word)
        ends.add(offset)
    any_end = is_hangul(wanted[-1])
    place = whole.find(wanted)
    while place >= 0:
        if place in starts and (any_end or place + len(wanted) in ends):
            return True
        place = whole.find(wanted, place + 1)
    return False


def token_f1(text: str, gold: str) -> tuple[float, float, float]:
    """Precision, recall and F1 of the words that two texts share, each as often as it comes.

    Hangul counts by syllable, as in KorQuAD (Lim et al. 2019), since particles change whole words.
    """
    ours, theirs = Counter(_tokens(words_of(text))), Counter(_tokens(words_of(gold)))
    common = sum((ours & theirs).values())
    if not common:
        return 0.0, 0.0, 0.0
    precision, recall = common / sum(ours.values()), common / sum(theirs.values())
    return precision, recall, 2 * precision * recall / (precision + recall)


def _tokens(words: Sequence[str]) -> list[str]:
    return [token for word in words for token in (list(word) if is_hangul(word[0]) else [word])]
