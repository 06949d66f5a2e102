"""A text as words that can be compared: spelling, stem, number, sentence, and vectors in context where there are any.

Knows English and Korean endings roughly: a stem is a key for comparing, not a dictionary form.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mmrag.quantities import Quantity, quantities
from mmrag.scorers import lexicon

__all__ = ["Floats", "Reading", "TokenVectors", "bases", "read", "stem"]

Floats = npt.NDArray[np.float32]


class TokenVectors(Protocol):
    """The tokens of a text with their vectors, as a text encoder of `mmrag.embedders` gives them."""

    @property
    def spans(self) -> npt.NDArray[np.int64]:
        """Characters of each token in the text, shape (tokens, 2)."""

    @property
    def ids(self) -> npt.NDArray[np.int64]:
        """Places in the vocabulary, shape (tokens,), commonest words first."""

    @property
    def layers(self) -> npt.NDArray[Any]:
        """Shape (layers, tokens, dim)."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of a text, in order.

    `spans`: their characters. `keys`: stems. `sentences`: the sentence of each word, from 0. `numbers`: for each word the quantity it is part of,
    or -1. `vectors`: shape (layers, words, dim), rows of length 1, or None. `rarity`: 0 for the commonest words to 1.
    """  # noqa: E501

    words: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    keys: tuple[str, ...]
    sentences: npt.NDArray[np.int64]
    quantities: tuple[Quantity, ...]
    numbers: npt.NDArray[np.int64]
    rarity: Floats
    vectors: npt.NDArray[np.float16] | None

    @property
    def size(self) -> int:
        """Bytes that the reading keeps, roughly."""
        return 200 * len(self.words) + (0 if self.vectors is None else self.vectors.nbytes)


_WORD = re.compile(r"\d+(?:[.,]\d+)*|[A-Za-z\u00c0-\u024f]+(?:['’][A-Za-z]+)*|[가-힣]+|[^\W\d_]+|[$€£¥₩%]")
_BREAK = re.compile(r"(?<=[.!?。])[\"'”’)\]]*\s+(?=[\"'“‘(\[]?[A-Z0-9가-힣])|\s*\n\s*")
_CHUNK = 60
"""Words that are embedded together: whole sentences, about as long as a claim."""
_LONGEST = 200_000
"""Characters of a text that are read; what follows is not evidence."""
_ENDINGS = (
    *("ingly", "edly", "ations", "ation", "ings", "ing", "ies", "ied", "ers", "er", "ed", "es", "ly", "s", "e"),
)
_KOREAN_ENDINGS = tuple(sorted(lexicon.words("korean endings"), key=lambda ending: (-len(ending), ending)))


@lru_cache(50_000)
def stem(word: str) -> str:
    """A key that is the same for the common forms of a word: "plans", "planned" and "planning"."""
    word = word.lower().replace("’", "'").removesuffix("'s").replace("'", "")
    if "가" <= word[:1] <= "힣":
        word = _plain_style(word)
        ending = next((end for end in _KOREAN_ENDINGS if word.endswith(end) and len(word) - len(end) >= 2), "")
        return word.removesuffix(ending)
    ending = next((end for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= 3), "")
    word = word.removesuffix(ending)
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word.replace(",", "")


_FINALS = 28
"""Korean syllables in a row of the code table that differ in their final consonant alone; the first has none."""
_NIEUN, _PIEUP = 4, 17


def _plain_style(word: str) -> str:
    """A Korean predicate as the dictionary has it: "합니다", "한다" and "하다", "열었습니다" and "열었다" are one."""
    word = word.replace("하였", "했").replace("되었", "됐")
    for ending in ("습니다", "는다"):
        if word.endswith(ending) and len(word) > len(ending):
            return word.removesuffix(ending) + "다"
    for ending, final in (("니다", _PIEUP), ("다", _NIEUN)):
        left = word.removesuffix(ending)
        if left and left != word and "가" <= left[-1] <= "힣" and (ord(left[-1]) - ord("가")) % _FINALS == final:
            return left[:-1] + chr(ord(left[-1]) - final) + "다"
    return word


_BASES = {"ies": ("y",), "es": ("", "e"), "s": ("",), "ied": ("y",), "ed": ("", "e"), "ing": ("", "e")} | {
    "ly": ("",),
    "er": ("", "e"),
    "ers": ("", "e"),
    "d": ("",),
}


@lru_cache(50_000)
def bases(word: str) -> tuple[str, ...]:
    """Dictionary forms that a word may be of, itself first, for looking it up in a list."""
    word = word.lower().replace("’", "'").removesuffix("'s").replace("'", "")
    found = [word]
    for ending, others in _BASES.items():
        left = word.removesuffix(ending)
        if left != word and len(left) >= 3:
            found += [left + other for other in others]
            found += [left[:-1]] if left[-1] == left[-2] else []
    if stem(word) != word and "가" <= word[:1] <= "힣":
        found.append(stem(word))
    return tuple(dict.fromkeys(found))


def sentences(text: str) -> list[tuple[int, int]]:
    """Spans of sentences and lines."""
    spans, start = [], 0
    for match in _BREAK.finditer(text):
        spans.append((start, match.start()))
        start = match.end()
    spans.append((start, len(text)))
    return [(start, stop) for start, stop in spans if text[start:stop].strip()]


def _chunks(text: str, spans: Sequence[tuple[int, int]], longest: int) -> list[tuple[int, int]]:
    """Neighbouring sentences joined up to `longest` words, and longer ones cut."""
    joined: list[tuple[int, int]] = []
    for start, stop in spans:
        if joined and len(text[joined[-1][0] : stop].split()) <= longest:
            joined[-1] = (joined[-1][0], stop)
        else:
            joined.append((start, stop))
    chunks: list[tuple[int, int]] = []
    for start, stop in joined:
        places = [start + match.start() for match in re.finditer(r"\S+", text[start:stop])][:: 2 * _CHUNK] or [start]
        chunks += zip(places, [*places[1:], stop], strict=True)
    return chunks


def read(text: str, token_vectors: Callable[[str], TokenVectors] | None, *, claim: bool = False) -> Reading:
    """The words of a text; a claim's sentences are embedded one by one, those of evidence a few together."""
    text = text[:_LONGEST]
    spans = sentences(text)
    found = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    starts = np.array([start for _, start, _ in found], np.int64)
    stated = quantities(text)
    numbers = np.full(len(found), -1, np.int64)
    for place, quantity in enumerate(stated):
        numbers[(starts >= quantity.start) & (starts < quantity.stop)] = place
    vectors, rarity = None, np.array([min(len(word), 12) / 12 for word, _, _ in found], np.float32)
    if token_vectors is not None:
        chunks = _chunks(text, spans, 0 if claim else _CHUNK)
        vectors, rarity = _embed(text, [(start, stop) for _, start, stop in found], chunks, token_vectors)
    sentence = np.searchsorted(np.array([start for start, _ in spans] or [0]), starts, side="right") - 1
    words = tuple(word for word, _, _ in found)
    places = tuple((start, stop) for _, start, stop in found)
    return Reading(words, places, tuple(map(stem, words)), sentence, stated, numbers, rarity, vectors)


def _embed(
    text: str,
    words: Sequence[tuple[int, int]],
    chunks: Sequence[tuple[int, int]],
    token_vectors: Callable[[str], TokenVectors],
) -> tuple[npt.NDArray[np.float16], Floats]:
    """Vectors of words, the mean over their tokens, and their rarity by the encoder's vocabulary."""
    rows: dict[int, npt.NDArray[Any]] = {}
    rarity = np.ones(len(words), np.float32)
    firsts = np.array([start for start, _ in words], np.int64)
    shape = (1, 1)
    for start, stop in chunks:
        tokens = token_vectors(text[start:stop])
        shape = (tokens.layers.shape[0], tokens.layers.shape[2])
        owners = np.searchsorted(firsts, tokens.spans[:, 0] + start, side="right") - 1
        for owner in np.unique(owners):
            mine = np.flatnonzero((owners == owner) & (tokens.spans[:, 1] > tokens.spans[:, 0]))
            if owner >= 0 and len(mine):
                mine = mine[tokens.spans[mine, 0] + start < words[owner][1]]
            if owner < 0 or not len(mine):
                continue
            rows[int(owner)] = tokens.layers[:, mine].mean(axis=1)
            rarity[owner] = min(1.0, float(np.log(max(int(tokens.ids[mine].max()), 1500) / 1500)) / 3)
    vectors = np.zeros((shape[0], len(words), shape[1]), np.float32)
    for owner, row in rows.items():
        vectors[:, owner] = row
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-6)).astype(np.float16), rarity
