"""Pages of running text in memory, for tests of sentences and of the extractive generator."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmrag.types import Box, Document, Evidence, Region, Word

CHAR, HEIGHT, PITCH = 0.008, 0.012, 0.018
"""Width of a letter, height of a line, and the step from one line to the next, as fractions of the page."""


def page(lines: Sequence[str], *, left: float = 0.1, top: float = 0.1) -> tuple[Word, ...]:
    """Words where they stand in lines of text of even width; an empty line is a gap, "# " opens one in larger type."""
    words: list[Word] = []
    y = top
    for line in lines:
        large = line.startswith("# ")
        text = line.removeprefix("# ")
        height = 1.5 * HEIGHT if large else HEIGHT
        char = 1.5 * CHAR if large else CHAR
        place = 0
        for word in text.split(" "):
            if word:
                x = left + _width(text[:place]) * char
                words.append(Word(word, Box(x, y, x + (_width(word) - 0.1) * char, y + height)))
            place += len(word) + 1
        y += PITCH + (0.5 * HEIGHT if large else 0)
    return tuple(words)


def _width(text: str) -> int:
    return sum(2 if letter > "\u1100" else 1 for letter in text)


class Pages:
    """A `PageSource` of one page a document, in the order given; file names may hold anything."""

    def __init__(self, documents: dict[str, Sequence[str]]) -> None:
        self.stored = {name: page(lines) for name, lines in documents.items()}

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        return self.stored.get(document_id, ()) if page == 1 else ()

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        document = Document(document_id, Path(f"/{document_id}.pdf"), 1)
        return (Region(1, document, page), Region(2, document, page, "passage", Box(0.05, 0.05, 0.98, 0.7)))

    def evidence(self) -> list[Evidence]:
        return [
            Evidence(f"E{number}", self.page_regions(name, 1)[0], 5.0 - number)
            for number, name in enumerate(self.stored, start=1)
        ]
