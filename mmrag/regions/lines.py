"""Words of a page to lines, and lines of running text to paragraphs and list items. Geometry and signs only.

A line with wide gaps in it is a row of a table, not running text, and is left out. Gaps are measured in widths of a
character of the line, since boxes are fractions of a page whose shape is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from mmrag.types import Box, Word

__all__ = ["GLUED_MARK", "Line", "Paragraph", "paragraphs", "text_lines"]


@dataclass(frozen=True, slots=True)
class Line:
    """Words `start` to `stop`, side by side. `gaps`: places of words before which the line is wide open."""

    start: int
    stop: int
    box: Box
    words: tuple[Word, ...]
    gaps: tuple[int, ...] = ()

    @property
    def height(self) -> float:
        """Of its tallest word with letters, as a fraction of the page."""
        tall = [w.box.bottom - w.box.top for w in self.words if any(c.isalpha() for c in w.text)]
        return max(tall, default=self.box.bottom - self.box.top)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Lines that belong together. `skip`: how many words at its start are the mark of a list item."""

    lines: tuple[Line, ...]
    item: bool = False
    skip: int = 0

    @property
    def text(self) -> str:
        """Its words with a space between, without the mark."""
        return " ".join([word.text for line in self.lines for word in line.words][self.skip :])


_WIDE_GAP = 3.5  # widths of a character; spaces of justified text stay below it
_BULLETS = "•◦▪▫‣⁃∙●○■□◆◇►▶➢➤✓✔✗※▸–—*·ㆍ○-"
_BULLET = re.compile(rf"^(?:[{re.escape(_BULLETS)}\ue000-\uf8ff]|o)$")
GLUED_MARK = re.compile(r"^[•◦▪‣●○■□◆◇►➢✓※▸ㆍ\ue000-\uf8ff](?=\w)")
"""A mark of a list item that stands against its first word."""
_ENUMERATOR = re.compile(
    r"^(?:\(?\d{1,2}[.)]|\(?[a-z][.)]|\((?:[ivx]{1,4}|\d{1,2})\)|[①-⑳]|[가나다라마바사아자차카타파하][.)])$"
)
_DOTS = re.compile(r"(?:\.\s?){4,}")
_SENTENCE_END = re.compile(r"[.!?:;。！？][\"'”’)\]]*(?:\[\w{1,4}\])*$")


def text_lines(words: Sequence[Word]) -> list[Line]:
    """Lines in the order of the words; a column end or a new block starts a line as a line end does."""
    lines: list[Line] = []
    start = 0
    for place in range(1, len(words) + 1):
        if place == len(words) or not _goes_on(words[place - 1].box, words[place].box):
            if place > start:
                lines.append(_line(words, start, place))
            start = place
    return lines


def _goes_on(box: Box, following: Box) -> bool:
    overlap = min(box.bottom, following.bottom) - max(box.top, following.top)
    level = overlap > 0.4 * min(box.bottom - box.top, following.bottom - following.top)
    return level and following.left > box.left - 1e-6 and following.left > box.right - 0.5 * (box.right - box.left)


def _line(words: Sequence[Word], start: int, stop: int) -> Line:
    own = tuple(words[start:stop])
    box = own[0].box
    for word in own[1:]:
        box = box.union(word.box)
    letters = sum(len(word.text) for word in own)
    wide = any("\u1100" <= letter <= "\uffdc" for word in own for letter in word.text)
    width = sum(word.box.right - word.box.left for word in own) / max(1, letters)
    most = _WIDE_GAP * width * (0.75 if wide else 1.0)
    gaps = tuple(place for place in range(1, len(own)) if own[place].box.left - own[place - 1].box.right > most)
    return Line(start, stop, box, own, gaps)


def paragraphs(lines: Sequence[Line]) -> list[Paragraph]:
    """Running text in order; rows of tables, lines of contents and lone numbers are left out."""
    found: list[Paragraph] = []
    current: list[Line] = []
    mark = 0
    pitch = _pitch(lines)

    def close() -> None:
        if current:
            found.append(Paragraph(tuple(current), mark > 0, mark if mark > 0 and _is_mark(current[0], mark) else 0))
            current.clear()

    for place, line in enumerate(lines):
        if _is_row(line, [*lines[max(0, place - 1) : place], *lines[place + 1 : place + 2]]):
            close()
            mark = 0
            continue
        own = _marks(line)
        if own or not current or not _joins(current, line, pitch, in_item=mark > 0):
            close()
            mark = own
        current.append(line)
    close()
    return found


def _is_mark(line: Line, count: int) -> bool:
    return count <= len(line.words) and not GLUED_MARK.match(line.words[0].text)


def _marks(line: Line) -> int:
    """Words of the line that are the mark of a list item; 1 also for a mark glued to its word."""
    first = line.words[0].text
    if len(line.words) > 1 and (_BULLET.match(first) or _ENUMERATOR.match(first)):
        return 1
    return 1 if GLUED_MARK.match(first) else 0


def _is_row(line: Line, neighbours: Sequence[Line]) -> bool:
    """Whether a line is part of a table: wide gaps, mostly figures, or dots that lead to a page number."""
    text = " ".join(word.text for word in line.words)
    if _DOTS.search(text):
        return True
    letters = sum(letter.isalpha() for letter in text)
    digits = sum(letter.isdigit() for letter in text)
    if letters < 2 or (digits > letters and len(line.words) > 2):
        return True
    marks = _marks(line)
    gaps = [place for place in line.gaps if place > max(1, marks) or not _opens_item(line)]
    if not gaps:
        return False
    level = any(min(line.box.bottom, other.box.bottom) > max(line.box.top, other.box.top) for other in neighbours)
    return len(gaps) >= 2 or level or len(line.words) <= 14


def _opens_item(line: Line) -> bool:
    first = line.words[0].text
    return bool(
        _BULLET.match(first) or _ENUMERATOR.match(first) or re.match(r"^(?:\d+(?:\.\d+)*\.?|[IVX]+\.|[A-Z]\.)$", first)
    )


def _pitch(lines: Sequence[Line]) -> float:
    """From the top of a line of running text to the top of the next: the median over pairs of neighbours."""
    steps = sorted(
        second.box.top - first.box.top
        for first, second in pairwise(lines)
        if 0 < second.box.top - first.box.top < 3 * max(first.height, 1e-6) and _shares_column(first.box, second.box)
    )
    return steps[len(steps) // 2] if steps else 0.0


def _shares_column(first: Box, second: Box) -> bool:
    shared = min(first.right, second.right) - max(first.left, second.left)
    return shared > 0.3 * min(first.right - first.left, second.right - second.left)


def _joins(current: Sequence[Line], line: Line, pitch: float, *, in_item: bool) -> bool:
    """Whether a line goes on with the paragraph of the lines before it."""
    last = current[-1]
    step = line.box.top - last.box.top
    small, tall = sorted((last.height, line.height))
    if step <= 0 or tall > 1.25 * small or not _shares_column(last.box, line.box):
        return False
    if step > max(1.45 * pitch, 1.1 * tall) or step > 2.6 * tall:
        return False
    text = last.words[-1].text
    character = (last.box.right - last.box.left) / max(1, sum(len(word.text) + 1 for word in last.words))
    if in_item and line.box.left < current[0].box.left - 2 * character:
        return False
    right = max(other.box.right for other in current) if len(current) > 1 else max(last.box.right, line.box.right)
    first_word = line.words[0].box.right - line.words[0].box.left
    left = min(other.box.left for other in current)
    short = len(current) == 1 or last.box.right - left < 0.85 * (right - left)
    room = short and right - last.box.right > first_word + 3 * character
    opens = not line.words[0].text[:1].islower()
    indented = line.box.left > last.box.left + 1.2 * character and len(current) > 1
    if _SENTENCE_END.search(text) and opens and (indented or (room and step > 1.2 * pitch)):
        return False
    return not (room and opens and not _SENTENCE_END.search(text) and not text.endswith(","))
