"""Recognised lines: words in them, and the order in which a person reads them. Geometry only, in fractions of the page.

Columns are told from tables by how full they are: running text fills its column, cells do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.types import Box, Word

__all__ = ["Line", "reading_order", "split_line"]

_FEWEST_LINES = 3  # on each side of a gutter
_FULL = 0.55  # median share of a column's width that lines of running text fill


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as an engine found it; `score` is its own confidence, 0 to 1."""

    words: tuple[Word, ...]
    box: Box
    score: float = 1.0

    @property
    def text(self) -> str:
        """The words with a space between."""
        return " ".join(word.text for word in self.words)


def split_line(text: str, box: Box, edges: Sequence[tuple[float, float]] | None = None) -> tuple[Word, ...]:
    """Words of a line. `edges` holds left and right of every character that is no space, in fractions of the page.

    Without them, or when their number does not fit, each character is taken to be as wide as such signs usually are.
    """
    parts = text.split()
    if edges is None or len(edges) != sum(len(part) for part in parts):
        edges = _guessed(text, box)
    words, position = [], 0
    for part in parts:
        span = edges[position : position + len(part)]
        position += len(part)
        left, right = min(edge[0] for edge in span), max(edge[1] for edge in span)
        words.append(Word(part, Box(left, box.top, max(left, right), box.bottom)))
    return tuple(words)


def _guessed(text: str, box: Box) -> list[tuple[float, float]]:
    """Wide scripts take a full square, Latin letters about half of it, narrow ones and signs a quarter."""
    text = " ".join(text.split())
    widths = [1.0 if sign >= "\u1100" else 0.3 if sign in " .,:;'!|ilI1()[]" else 0.55 for sign in text]
    scale = (box.right - box.left) / (sum(widths) or 1.0)
    edges, at = [], box.left
    for sign, width in zip(text, widths, strict=True):
        if sign != " ":
            edges.append((at, at + width * scale))
        at += width * scale
    return edges


def reading_order(lines: Sequence[Line], aspect: float = 1.0) -> list[Line]:
    """Lines as they are read: bands from top to bottom, in a band of columns one column after the other.

    `aspect` is width over height of the page. Sideways text and text around pictures come where their top is.
    """
    if len(lines) < 2:
        return list(lines)
    gap = sorted(line.box.bottom - line.box.top for line in lines)[len(lines) // 2] / max(aspect, 1e-6) * 0.6
    return _ordered(list(lines), gap)


def _ordered(lines: list[Line], gap: float) -> list[Line]:
    bands = _bands(lines)
    result: list[Line] = []
    position = 0
    while position < len(bands):
        stop, gutter = _stretch(bands, position, gap)
        if gutter is None:
            result += _by_rows(bands[position])
            position += 1
        else:
            inside = [line for band in bands[position:stop] for line in band]
            left = [line for line in inside if _middle(line) < gutter]
            right = [line for line in inside if _middle(line) >= gutter]
            result += _ordered(left, gap) + _ordered(right, gap)
            position = stop
    return result


def _middle(line: Line) -> float:
    return (line.box.left + line.box.right) / 2


def _bands(lines: list[Line]) -> list[list[Line]]:
    """Lines parted wherever white runs across all of them; a fifth of a line may overlap, as scans are never level."""
    bands: list[list[Line]] = []
    bottom = -1.0
    for line in sorted(lines, key=lambda line: (line.box.top, line.box.left)):
        if bands and line.box.top < bottom - 0.2 * (line.box.bottom - line.box.top):
            bands[-1].append(line)
        else:
            bands.append([line])
        bottom = max(bottom, line.box.bottom)
    return bands


def _stretch(bands: list[list[Line]], start: int, gap: float) -> tuple[int, float | None]:
    """The end of the longest run of bands from `start` that one gutter parts into columns, and where the gutter is."""
    white = [(0.0, 1.0)]
    best: tuple[int, float | None] = (start, None)
    for stop in range(start, len(bands)):
        free = _white(bands[stop])
        white = [(max(a, c), min(b, d)) for a, b in white for c, d in free if min(b, d) - max(a, c) >= gap]
        if not white:
            break
        inside = [line for band in bands[start : stop + 1] for line in band]
        for left, right in white:
            if _are_columns(inside, (left + right) / 2):
                best = (stop + 1, (left + right) / 2)
                break
    return best


def _white(band: list[Line]) -> list[tuple[float, float]]:
    free, at = [], 0.0
    for line in sorted(band, key=lambda line: line.box.left):
        if line.box.left > at:
            free.append((at, line.box.left))
        at = max(at, line.box.right)
    if at < 1.0:
        free.append((at, 1.0))
    return free


def _are_columns(lines: list[Line], gutter: float) -> bool:
    for side in (
        [line.box for line in lines if _middle(line) < gutter],
        [line.box for line in lines if _middle(line) >= gutter],
    ):
        if len(side) < _FEWEST_LINES:
            return False
        width = max(box.right for box in side) - min(box.left for box in side)
        shares = sorted((box.right - box.left) / max(width, 1e-6) for box in side)
        if width < 0.15 or shares[len(shares) // 2] < _FULL:
            return False
    return True


def _by_rows(band: list[Line]) -> list[Line]:
    """Lines of one band: rows by their middle, each from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(band, key=lambda line: (line.box.top + line.box.bottom, line.box.left)):
        if rows and _beside(rows[-1], line):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.box.left)]


def _beside(row: list[Line], line: Line) -> bool:
    """Whether a line is at the height of a row and under none of its lines, which sloping ones reach into."""
    first, box = row[0].box, line.box
    height = min(first.bottom - first.top, box.bottom - box.top)
    if box.top + box.bottom - first.top - first.bottom >= height:
        return False
    return all(
        min(other.box.right, box.right) - max(other.box.left, box.left)
        < 0.3 * min(other.box.right - other.box.left, box.right - box.left)
        for other in row
    )
