"""Which texts an encoder can read at all: one that never saw a script puts all of its texts in nearly the same spot."""

from __future__ import annotations

from mmrag.embedders.looks import looks_in

__all__ = ["knows_looks_only", "readable", "reads"]

_LOOKS_ONLY = frozenset(("document-clip",))
"""What the shipped encoder was taught are the kinds of documents, not what is written or photographed in them."""

_LATIN_ONLY = frozenset(("minilm",))
"""all-MiniLM-L6-v2 was trained on English; of Hangul its vocabulary knows single letters."""
_LATIN_END = "\u0250"


def reads(id: str, text: str) -> bool:
    """Whether the encoder named `id` was trained on texts such as this one: by its script, taken from most letters."""
    if knows_looks_only(id):
        return False
    if id not in _LATIN_ONLY:
        return True
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(letter < _LATIN_END for letter in letters) >= len(letters)


def readable(id: str, question: str) -> str:
    """What of a question the encoder named `id` can be asked: all, its words about looks alone, or nothing ("")."""
    if knows_looks_only(id):
        return looks_in(question)
    return question if reads(id, question) else ""


def knows_looks_only(id: str) -> bool:
    """Whether the encoder named `id` tells kinds of documents apart and knows nothing of what they show."""
    return id in _LOOKS_ONLY
