"""Which texts an encoder can read at all: one that never saw a script puts all of its texts in nearly the same spot."""

from __future__ import annotations

__all__ = ["reads"]

_LATIN_ONLY = frozenset(("minilm",))
"""all-MiniLM-L6-v2 was trained on English; of Hangul its vocabulary knows single letters."""
_LATIN_END = "\u0250"


def reads(id: str, text: str) -> bool:
    """Whether most letters of a text are of a script that the encoder named `id` was trained on."""
    if id not in _LATIN_ONLY:
        return True
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(letter < _LATIN_END for letter in letters) >= len(letters)
