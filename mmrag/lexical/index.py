"""`WordIndex`: the texts that hold the words of a question, ranked by BM25.

BM25 as in Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), with an inverse document frequency
that is never negative. Numbers of texts are those of the live ones, so that an index that texts were added to and
removed from ranks exactly like one that was built anew.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from mmrag.durable import Head, open_snapshot, write_snapshot
from mmrag.lexical.segments import Builder, Counts, Ints, Rows, Segment, merge
from mmrag.lexical.tokens import broken_words, query_terms, tokenize, word_terms
from mmrag.types import Hit

__all__ = ["WordIndex"]

_FORMAT = "mmrag-words-1"
_SAMPLE = (
    "Q3 FY2018 10-K 1,234.50 12.5% $3 Acme_2018_report.pdf camelCase U.S. don't COVID-19 companies running planned "
    "매출액은 회사에서 2분기 3억원을 한국어로 東京都 ひらがな café Straße нефть"
)
_TOKENS = sha256("\n".join(tokenize(_SAMPLE)).encode()).hexdigest()[:12]
"""Changes with the terms that a text gives, by our rules or by what Python knows of characters."""
_FLUSH_AT = 8_000_000
_MAX_SEGMENTS = 4
_MAX_TERMS = 256


class WordIndex:
    """Texts by id; see `protocols.TextIndex`. Safe to share between threads.

    `k1`: how soon further occurrences of a word stop counting. `b`: how much long texts are discounted, 0 to 1.
    """

    def __init__(self, *, k1: float = 1.2, b: float = 0.75) -> None:
        if k1 < 0 or not 0 <= b <= 1:
            raise ValueError("k1 cannot be negative, and b must be between 0 and 1")
        self.k1 = k1
        self.b = b
        self._lock = threading.RLock()
        self._segments: list[Segment] = []
        self._builder = Builder(word_terms)

    @classmethod
    def open(cls, folder: Path, *, k1: float = 1.2, b: float = 0.75) -> tuple[WordIndex, int] | None:
        """The index saved in `folder` and its generation.

        None when there is none that can be trusted: missing, damaged, or made by another tokenisation.
        """
        snapshot = open_snapshot(folder, _FORMAT, _TOKENS)
        if snapshot is None:
            return None
        index = cls(k1=k1, b=b)
        try:
            index._segments = [Segment.from_files(snapshot.files)]
        except (KeyError, ValueError):
            return None
        return index, snapshot.head.generation

    def add(self, rows: Iterable[tuple[int, str]]) -> None:
        """Texts by id: all of them or, at an error, none. Raises ValueError for an id that is there already."""
        with self._lock:
            added: list[int] = []
            try:
                for identifier, text in rows:
                    if identifier in self:
                        raise ValueError(f"id {identifier} is there already")
                    self._builder.add(identifier, text, broken_words(text))
                    added.append(identifier)
                    if self._builder.size >= _FLUSH_AT:
                        self._segments.append(self._builder.build())
            except BaseException:
                self.remove(added)
                raise

    def __contains__(self, identifier: int) -> bool:
        with self._lock:
            wanted = np.array([identifier], np.int64)
            return identifier in self._builder or any(len(segment.find(wanted)) for segment in self._segments)

    def remove(self, ids: Iterable[int]) -> None:
        """Forget these ids; those that are not there are passed over."""
        with self._lock:
            wanted = _id_array(ids)
            for segment in self._segments:
                segment.remove(segment.find(wanted))
            if len(self._builder):
                for identifier in wanted.tolist():
                    self._builder.discard(identifier)
            self._segments = [segment for segment in self._segments if segment.dead < len(segment)]

    def search(self, query: str, k: int, allowed: AbstractSet[int] | None = None) -> list[Hit]:
        """The k best by BM25, best first, equal scores by ascending id; [] where no word matches.

        `allowed`: ids to search among (a set, or faster an array of integers); it changes no score.
        """
        with self._lock:
            self._settle()
            if k < 1 or not self._segments:
                return []
            scores = self._scores(query)
            ids = [segment.ids for segment in self._segments]
            if allowed is not None:
                wanted = _id_array(allowed)
                for segment, score in zip(self._segments, scores, strict=True):
                    keep = np.zeros(len(segment), bool)
                    keep[segment.find(wanted)] = True
                    score[~keep] = 0.0
            return _best(np.concatenate(ids), np.concatenate(scores), k)

    def ids(self) -> Ints:
        """Every id held, ascending."""
        with self._lock:
            held = [segment.ids[segment.live] for segment in self._segments]
            return np.sort(np.concatenate([np.array(self._builder.ids, np.int64), *held]))

    def count(self) -> int:
        """How many texts are held."""
        with self._lock:
            return len(self._builder) + sum(len(segment) - segment.dead for segment in self._segments)

    def save(self, folder: Path, generation: int) -> None:
        """Write the index durably into `folder`; a reader of the former one keeps it. Raises `StorageFull`."""
        with self._lock:
            if len(self._builder) or not self._segments:
                self._segments.append(self._builder.build())
            if len(self._segments) > 1 or self._segments[0].dead:
                self._segments = [merge(self._segments)]
            whole = self._segments[0]
            write_snapshot(folder, Head(_FORMAT, generation, len(whole), _TOKENS), whole.files())

    def _settle(self) -> None:
        """Make what was added searchable. A few small segments are merged, the large first one only when it must."""
        if len(self._builder):
            self._segments.append(self._builder.build())
        if len(self._segments) > _MAX_SEGMENTS:
            small = sum(map(len, self._segments[1:])) < len(self._segments[0])
            first = 1 if small else 0
            self._segments[first:] = [merge(self._segments[first:])]

    def _scores(self, query: str) -> list[npt.NDArray[np.float64]]:
        """One score a row, for each segment; 0 where no word matches."""
        count = sum(len(segment) - segment.dead for segment in self._segments)
        length = sum(int(segment.lengths[segment.live].sum()) for segment in self._segments)
        average = max(length / max(count, 1), 1.0)
        norms = [self.k1 * (1.0 - self.b + self.b * segment.lengths / average) for segment in self._segments]
        scores = [np.zeros(len(segment)) for segment in self._segments]
        for weight, postings in self._found(query, count):
            for (rows, counts), norm, score in zip(postings, norms, scores, strict=True):
                score[rows] += weight * (counts * (self.k1 + 1.0) / (counts + norm[rows]))
        return scores

    def _found(self, query: str, count: int) -> list[tuple[float, list[tuple[Rows, Counts]]]]:
        """Weight and postings of each term that is held; of very many terms the rarest, which tell most."""
        found = []
        for term, weight in query_terms(query).items():
            postings = [segment.postings(term) for segment in self._segments]
            frequency = sum(len(rows) for rows, _ in postings)
            if frequency:
                rarity = np.log1p((count - frequency + 0.5) / (frequency + 0.5))
                found.append((float(weight * rarity), postings))
        if len(found) > _MAX_TERMS:
            found = sorted(found, key=lambda pair: -pair[0])[:_MAX_TERMS]
        return found


def _best(ids: Ints, scores: npt.NDArray[np.float64], k: int) -> list[Hit]:
    places = np.flatnonzero(scores > 0.0)
    if len(places) > k:
        bar = np.partition(scores[places], len(places) - k)[len(places) - k]
        places = places[scores[places] >= bar]
    order = np.lexsort((ids[places], -scores[places]))[:k]
    return [Hit(int(ids[place]), float(scores[place])) for place in places[order]]


def _id_array(ids: Iterable[int]) -> Ints:
    if isinstance(ids, np.ndarray):
        return ids.astype(np.int64, copy=False)
    if not isinstance(ids, (AbstractSet, list, tuple)):
        ids = list(ids)
    return np.fromiter(ids, np.int64, len(ids))
