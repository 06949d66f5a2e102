"""Inverted lists in flat arrays: built once, read from memory or from a mapped file, merged into one.

Knows terms as strings and texts as rows; knows no tokenisation and no ranking.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Builder", "Segment", "merge"]

Ints = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int32]
Counts = npt.NDArray[np.uint16]

_ARRAYS = {"ids": "<i8", "lengths": "<i4", "ends": "<i8", "starts": "<i8", "rows": "<i4", "counts": "<u2"}
_MAX_COUNT = 65_535
_CACHED_WORDS = 500_000
_MAX_CACHED = 40


class Segment:
    """Texts and their terms. Rows are the texts by ascending id; only `live` changes after construction.

    `ids`, `lengths` (terms of each text): one a row. `blob`: the terms in UTF-8, ascending by bytes, term i ending
    before `ends[i]`. `rows`, `counts`: the postings of term i are `starts[i]:starts[i + 1]`.
    """

    def __init__(self, arrays: Mapping[str, npt.NDArray[np.generic]], blob: bytes | memoryview) -> None:
        self.ids: Ints = arrays["ids"].astype(np.int64, copy=False)
        self.lengths: Rows = arrays["lengths"].astype(np.int32, copy=False)
        self.live = np.ones(len(self.ids), bool)
        self.dead = 0
        self._arrays = arrays
        self._blob = blob
        self._ends = arrays["ends"]
        self._starts = arrays["starts"]
        self._rows: Rows = arrays["rows"].astype(np.int32, copy=False)
        self._counts: Counts = arrays["counts"].astype(np.uint16, copy=False)

    @classmethod
    def from_files(cls, files: Mapping[str, memoryview]) -> Segment:
        """What `files` wrote, mapped; the caller has compared checksums. Raises ValueError or KeyError otherwise."""
        return cls({name: np.frombuffer(files[name], kind) for name, kind in _ARRAYS.items()}, files["terms"])

    def files(self) -> dict[str, list[bytes | memoryview]]:
        """The content of each file."""
        parts: dict[str, list[bytes | memoryview]] = {
            name: [np.ascontiguousarray(self._arrays[name], kind).data] for name, kind in _ARRAYS.items()
        }
        return {**parts, "terms": [self._blob]}

    def __len__(self) -> int:
        return len(self.ids)

    def postings(self, term: str) -> tuple[Rows, Counts]:
        """Live rows that hold a term, and how often."""
        place = self._place(term.encode("utf-8", "surrogatepass"))
        part = slice(0, 0) if place is None else slice(int(self._starts[place]), int(self._starts[place + 1]))
        rows, counts = self._rows[part], self._counts[part]
        if self.dead and len(rows):
            keep = self.live[rows]
            return rows[keep], counts[keep]
        return rows, counts

    def find(self, ids: Ints) -> Ints:
        """Rows of the live texts that have one of these ids."""
        if not len(self.ids) or not len(ids):
            return np.empty(0, np.int64)
        if len(ids) * 64 > len(self.ids):  # One pass over all ids is quicker than looking up each.
            return np.flatnonzero(np.isin(self.ids, ids) & self.live)
        rows = np.searchsorted(self.ids, ids)
        rows[rows == len(self.ids)] = 0
        found: Ints = rows[(self.ids[rows] == ids) & self.live[rows]]
        return found

    def remove(self, rows: Ints) -> None:
        """Mark rows as dead."""
        self.live[rows] = False
        self.dead = int(len(self.ids) - np.count_nonzero(self.live))

    def terms(self) -> list[bytes]:
        """Every term, ascending by bytes."""
        blob, ends = bytes(self._blob), self._ends.tolist()
        return [blob[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    def by_term(self) -> tuple[Ints, Rows, Counts]:
        """The number of postings of each term, and all postings one term after the other."""
        return np.diff(self._starts).astype(np.int64), self._rows, self._counts

    def _place(self, term: bytes) -> int | None:
        low, high = 0, len(self._ends)
        while low < high:
            middle = (low + high) // 2
            start = int(self._ends[middle - 1]) if middle else 0
            if bytes(self._blob[start : int(self._ends[middle])]) < term:
                low = middle + 1
            else:
                high = middle
        start = int(self._ends[low - 1]) if low else 0
        if low < len(self._ends) and bytes(self._blob[start : int(self._ends[low])]) == term:
            return low
        return None


class Builder:
    """Collects texts as numbers of terms until they become a `Segment`. `analyse` gives the terms of one word."""

    def __init__(self, analyse: Callable[[str], Iterable[str]]) -> None:
        self._analyse = analyse
        self._numbers: dict[str, int] = {}
        self._words: dict[str, tuple[int, ...]] = {}
        self._texts: dict[int, array[int]] = {}
        self.size = 0

    def __contains__(self, identifier: int) -> bool:
        return identifier in self._texts

    def __len__(self) -> int:
        return len(self._texts)

    @property
    def ids(self) -> list[int]:
        """Ids collected."""
        return list(self._texts)

    def add(self, identifier: int, text: str, further: Iterable[str] = ()) -> None:
        """A text, of which each word is analysed once however often it comes; `further` terms are added to it."""
        found: list[int] = []
        words = self._words
        for word in text.split():
            numbers = words.get(word)
            if numbers is None:
                numbers = tuple(self._number(term) for term in self._analyse(word))
                if len(word) <= _MAX_CACHED:
                    if len(words) >= _CACHED_WORDS:
                        words.clear()
                    words[word] = numbers
            found.extend(numbers)
        found.extend(self._number(term) for term in further)
        self._texts[identifier] = array("i", found)
        self.size += len(found)

    def discard(self, identifier: int) -> None:
        """Forget a text, if it is there."""
        self.size -= len(self._texts.pop(identifier, ()))

    def build(self) -> Segment:
        """A segment of the texts collected; the builder is empty afterwards."""
        ids = np.array(sorted(self._texts), np.int64)
        texts = [np.frombuffer(self._texts[identifier], np.int32) for identifier in ids.tolist()]
        lengths = np.array([len(text) for text in texts], np.int64)
        found = np.concatenate(texts) if texts else np.empty(0, np.int32)
        vocabulary = [term.encode("utf-8", "surrogatepass") for term in self._numbers]
        order = sorted(range(len(vocabulary)), key=vocabulary.__getitem__)
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        width = max(len(ids), 1)
        keys, counts = np.unique(rank[found] * width + np.repeat(np.arange(len(ids)), lengths), return_counts=True)
        sizes = np.bincount(keys // width, minlength=len(order))
        self._texts, self.size = {}, 0
        rows, small = (keys % width).astype(np.int32), np.minimum(counts, _MAX_COUNT).astype(np.uint16)
        return _segment(ids, lengths.astype(np.int32), [vocabulary[place] for place in order], sizes, (rows, small))

    def _number(self, term: str) -> int:
        return self._numbers.setdefault(term, len(self._numbers))


def merge(segments: Sequence[Segment]) -> Segment:
    """One segment of the live texts of several, which share no live id."""
    ids = np.concatenate([segment.ids[segment.live] for segment in segments])
    lengths = np.concatenate([segment.lengths[segment.live] for segment in segments])
    order = np.argsort(ids, kind="stable")
    new_row = np.empty(len(ids), np.int32)
    new_row[order] = np.arange(len(ids), dtype=np.int32)
    vocabularies = [segment.terms() for segment in segments]
    terms = sorted(set().union(*vocabularies))
    number = {term: place for place, term in enumerate(terms)}
    parts: list[tuple[Ints, Rows, Counts]] = []
    first = 0
    for segment, vocabulary in zip(segments, vocabularies, strict=True):
        moved = np.full(len(segment), -1, np.int32)
        alive = int(np.count_nonzero(segment.live))
        moved[segment.live] = new_row[first : first + alive]
        first += alive
        sizes, rows, counts = segment.by_term()
        place = np.repeat(np.fromiter((number[term] for term in vocabulary), np.int64, len(vocabulary)), sizes)
        rows = moved[rows]
        keep = rows >= 0
        parts.append((place[keep], rows[keep], counts[keep]))
    sizes, postings = _placed(parts, len(terms))
    return _segment(ids[order], lengths[order], terms, sizes, postings)


def _placed(parts: Sequence[tuple[Ints, Rows, Counts]], terms: int) -> tuple[Ints, tuple[Rows, Counts]]:
    """Postings of several segments, one term after the other: counted first, then put where they belong."""
    by_part = [np.bincount(place, minlength=terms) for place, _, _ in parts]
    sizes: Ints = np.sum(np.stack(by_part), axis=0, dtype=np.int64)
    free: Ints = np.cumsum(sizes) - sizes
    total = int(sizes.sum())
    all_rows, all_counts = np.empty(total, np.int32), np.empty(total, np.uint16)
    for (_, rows, counts), own in zip(parts, by_part, strict=True):
        # Both orders are by term, so a posting moves by as much as the first one of its term.
        target = np.repeat(free - (np.cumsum(own) - own), own) + np.arange(len(rows))
        all_rows[target], all_counts[target] = rows, counts
        free = free + own
    return sizes, (all_rows, all_counts)


def _segment(ids: Ints, lengths: Rows, terms: Sequence[bytes], sizes: Ints, postings: tuple[Rows, Counts]) -> Segment:
    """Put arrays together, leaving out terms that no text holds."""
    used = sizes > 0
    kept = [term for term, use in zip(terms, used.tolist(), strict=True) if use]
    arrays: dict[str, npt.NDArray[np.generic]] = {
        "ids": ids,
        "lengths": lengths,
        "ends": np.cumsum(np.fromiter(map(len, kept), np.int64, len(kept))),
        "starts": np.concatenate([[0], np.cumsum(sizes[used])]).astype(np.int64),
        "rows": postings[0],
        "counts": postings[1],
    }
    return Segment(arrays, b"".join(kept))
