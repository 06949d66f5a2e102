"""Plain text as a page, so that a claim can be checked against words that lie in no file.

The text is set as a typewriter would: what stands in columns stays in columns. Knows no catalog and no verifier.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from mmrag.types import Box, Document, Evidence, Region, Word

__all__ = ["TypedPage"]

_WIDTH = 100
"""Characters of a line; longer ones are broken between words."""
_WORD = re.compile(r"\S+")
_TAB = 8
_HEIGHT = 0.75
"""Of the line: the rest is the white between lines."""


class TypedPage:
    """One page of a text: the `PageSource` and the `Evidence` for it. Its document has no path and its boxes no use."""

    def __init__(self, text: str) -> None:
        self._id = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        lines = list(_lines(text))
        self._words, ranges = _set(lines)
        document = Document(self._id, Path(), 1)
        whole = Region(0, document, 1, "page", text=text)
        passages = (
            Region(number, document, 1, "passage", _around(self._words[start:stop]), " ".join(
                word.text for word in self._words[start:stop]
            ))
            for number, (start, stop) in enumerate(ranges, start=1)
        )  # fmt: skip
        self._regions = (whole, *passages)

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """As `PageSource.words`."""
        return self._words if (document_id, page) == (self._id, 1) else ()

    def page_regions(self, document_id: str, page: int) -> tuple[Region, ...]:
        """As `PageSource.page_regions`: the whole text, then its paragraphs."""
        return self._regions if (document_id, page) == (self._id, 1) else ()

    def evidence(self, label: str = "E1") -> Evidence:
        """The whole text as evidence."""
        return Evidence(label, self._regions[0], 1.0)


def _lines(text: str) -> Iterator[str]:
    for line in text.expandtabs(_TAB).splitlines():
        rest = line.rstrip()
        while len(rest) > _WIDTH:
            cut = rest.rfind(" ", 1, _WIDTH + 1)
            cut = cut if cut > 0 and rest[:cut].strip() else _WIDTH
            yield rest[:cut]
            rest = rest[cut:].lstrip()
        yield rest


def _set(lines: list[str]) -> tuple[tuple[Word, ...], list[tuple[int, int]]]:
    """Words with boxes, and the ranges of words that make the paragraphs, which empty lines part."""
    words: list[Word] = []
    ranges: list[tuple[int, int]] = []
    start, high = 0, max(1, len(lines))
    for number, line in enumerate([*lines, ""]):
        for found in _WORD.finditer(line):
            box = Box(found.start() / _WIDTH, number / high, found.end() / _WIDTH, (number + _HEIGHT) / high)
            words.append(Word(found.group(), box))
        if not line and len(words) > start:
            ranges.append((start, len(words)))
            start = len(words)
    return tuple(words), ranges


def _around(words: tuple[Word, ...]) -> Box:
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    return box
