"""Does a text support a claim? Word by word, from spelling, small word lists and a text encoder's token vectors.

Knows the two texts and nothing else; infers nothing that takes several steps. Its probability is calibrated on
summaries of which one fact was changed (`docs/log.md` has the figures).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np

from mmrag.scorers.alignment import LAYERS, features
from mmrag.scorers.judging import judge
from mmrag.scorers.words import Floats, Reading, TokenVectors, read

__all__ = ["Entailment"]

_KEPT_BYTES = 64 * 2**20


class Entailment:
    """A `PairScorer` of (evidence, claim) pairs: the score is P(the evidence supports the claim), 0 to 1.

    `token_vectors(text, layers)` gives all-MiniLM-L6-v2's tokens, as `OnnxTextEmbedder.token_vectors` does; without
    it, and for text that is not in Latin letters, spelling and word lists decide alone. What was read of a text is kept
    (64 MB at most), so the second claim on a page costs only its own reading. May be used by several threads.
    """

    def __init__(self, token_vectors: Callable[[str, Sequence[int]], TokenVectors] | None = None) -> None:
        self._token_vectors = token_vectors
        self._kept: OrderedDict[tuple[str, bool, bool], Reading] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def score(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """P(supported) of each (evidence, claim), shape (len(pairs),); 0 where either has no words."""
        return np.array([self._one(evidence, claim) for evidence, claim in pairs], np.float32)

    def suspects(self, evidence: str, claim: str, k: int = 3) -> tuple[tuple[str, float], ...]:
        """The words of a claim that the evidence carries least, worst first, with P(the word was changed)."""
        kind, mine, theirs = self._read(evidence, claim)
        if not mine.words or not theirs.words:
            return ()
        logits = judge(kind).words(features(mine, theirs))
        order = np.argsort(-logits, kind="stable")[:k]
        return tuple((mine.words[place], float(1 / (1 + np.exp(-logits[place])))) for place in order)

    def _one(self, evidence: str, claim: str) -> float:
        kind, mine, theirs = self._read(evidence, claim)
        if not mine.words or not theirs.words:
            return 0.0
        return judge(kind).probability(features(mine, theirs))

    def _read(self, evidence: str, claim: str) -> tuple[str, Reading, Reading]:
        latin = self._token_vectors is not None and _is_latin(claim) and _is_latin(evidence)
        mine, theirs = (self._reading(text, latin, is_claim) for text, is_claim in ((claim, True), (evidence, False)))
        return "vectors" if latin else "letters", mine, theirs

    def _reading(self, text: str, with_vectors: bool, is_claim: bool) -> Reading:
        key = (text, with_vectors, is_claim)
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        vectors = self._token_vectors
        reading = read(
            text, None if vectors is None or not with_vectors else lambda part: vectors(part, LAYERS), claim=is_claim
        )
        with self._lock:
            if key not in self._kept:
                self._kept[key] = reading
                self._bytes += reading.size + len(text)
            while self._bytes > _KEPT_BYTES and len(self._kept) > 1:
                (old, *_), gone = self._kept.popitem(last=False)
                self._bytes -= gone.size + len(old)
        return reading


def _is_latin(text: str) -> bool:
    letters = [character for character in text if character.isalpha()]
    return 2 * sum(letter < "\u0250" for letter in letters) >= len(letters)
