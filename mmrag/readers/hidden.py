"""Words of a PDF page that its file holds and nobody sees on it: white on white, one point high, behind a picture.

What is drawn says which words to doubt: their colour, size and paint, and what lies over them. Only a page with such
words is drawn, and its pixels decide: a word is seen where ink of its colour stands in its box. A word without paint
of its own, or behind a picture, is seen where the ink of something else looks like its letters, as in a scan with its
layer of recognised text. Does not know what the words say, and not whether someone meant to hide them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache, partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.readers.graphics import Rect

__all__ = ["Drawn", "Layers", "doubtful", "layers", "settle", "take_hidden"]

Key: TypeAlias = tuple[int, int, int]
"""Block number, line and span of a MuPDF text page."""
Drawn: TypeAlias = tuple[npt.NDArray[np.uint8], float]
"""RGB pixels of a part of the page, and how many there are to a point."""
_Seen: TypeAlias = tuple[Rect, str]
_Floats: TypeAlias = npt.NDArray[np.float64]
Part: TypeAlias = Callable[[Rect], _Floats]
"""The pixels of a box, weighted so that plain distances are those that are seen."""

_TINY = 2.5
"""Points; below, letters are not read at any usual size of a page."""
_SMALL_PAGE = 420.0
"""Points of the longer side below which a page is taken to be shown enlarged."""
_CLEAR = 13  # of 255
_CONTRAST = 12.0
"""Least difference of a colour that is seen, of 255, weighted by how bright the channels look."""
_INK_CONTRAST = 25.0
_WEIGHTS = np.sqrt(np.array((0.3, 0.59, 0.11)))
_PAINTED = 16 | 32  # filled, stroked
_FAINT = 0.3
"""Least share of a word's own colour in a pixel of its ink."""
_RUNS, _OUTLINES = 0.4, 0.6
"""Strokes that a row of letters crosses, for each letter; a smooth picture has fewer, and lines of a table."""
_VECTOR = re.compile(r"<vector (filled|stroked), color: #([0-9a-f]{6}), alpha: (\d+), is-rect: (true|false)")
_THIN, _WIDE_LINE = 3.0, 40.0


class _Doubt(Enum):
    TINY = 1
    UNPAINTED = 2
    BURIED = 3
    COLOUR = 4


Doubted: TypeAlias = tuple[_Doubt, dict[str, Any]]
"""Why a run is doubted, and the run."""


@dataclass(slots=True)
class Layers:
    """What a page draws, in its order: `texts` are boxes of paragraphs, `fills` of areas in one colour.

    Each comes with its place in the order.
    """

    texts: list[tuple[int, Rect]] = field(default_factory=list)
    fills: list[tuple[int, Rect, int]] = field(default_factory=list)
    images: list[tuple[int, Rect]] = field(default_factory=list)


def layers(blocks: Iterable[tuple[Any, ...]]) -> Layers:
    """From the blocks of a text page with vectors and images."""
    found = Layers()
    for x0, y0, x1, y1, text, number, kind in blocks:
        rect = (x0, y0, x1, y1)
        if kind == 0:
            found.texts.append((number, rect))
        elif kind == 1:
            found.images.append((number, rect))
        elif min(x1 - x0, y1 - y0) >= _THIN:
            vector = _VECTOR.search(text)
            if vector is None or int(vector[3]) < _CLEAR:
                continue
            # A line hides text when it is as wide as the text is high; a frame does not.
            if vector[1] == "filled" or (vector[4] == "false" and min(x1 - x0, y1 - y0) < _WIDE_LINE):
                found.fills.append((number, rect, int(vector[2], 16)))
    return found


def _colour(value: int) -> tuple[int, int, int]:
    return value >> 16 & 255, value >> 8 & 255, value & 255


# ---------------------------------------------------------------- which words to doubt


def doubtful(blocks: Sequence[dict[str, Any]], drawn: Layers, long_side: float) -> dict[Key, Doubted]:
    """Runs of type that may not be seen, from the text page's dictionary."""
    limit = _TINY * min(1.0, long_side / _SMALL_PAGE)
    doubts: dict[Key, Doubted] = {}
    rest: list[tuple[Key, dict[str, Any]]] = []
    for block in blocks:
        for row, line in enumerate(block.get("lines", ())):
            for column, span in enumerate(line["spans"]):
                doubt = _doubt(span, limit)
                if doubt is None:
                    rest.append(((block["number"], row, column), span))
                elif not span["text"].isspace():
                    doubts[block["number"], row, column] = (doubt, span)
    if drawn.fills or drawn.images:
        doubts.update(_by_ground(rest, drawn))
    return doubts


def _doubt(span: dict[str, Any], limit: float) -> _Doubt | None:
    """Why a run is doubted for what it is itself."""
    if span["size"] < limit:
        x0, y0, x1, y1 = span["bbox"]
        # The size that a Type 3 font is set in need not be that of its letters.
        if min(x1 - x0, y1 - y0) < 1.4 * limit:
            return _Doubt.TINY
    if not span.get("char_flags", _PAINTED) & _PAINTED or span.get("alpha", 255) < _CLEAR:
        return _Doubt.UNPAINTED
    return _Doubt.COLOUR if _alike(span["color"], 0xFFFFFF) else None


@lru_cache(maxsize=4096)
def _alike(one: int, other: int) -> bool:
    """Whether two colours are hardly told apart."""
    return float(np.linalg.norm((np.array(_colour(one)) - _colour(other)) * _WEIGHTS)) < 2 * _CONTRAST


def _by_ground(spans: Sequence[tuple[Key, dict[str, Any]]], drawn: Layers) -> Iterator[tuple[Key, Doubted]]:
    """Runs on an image or an area of their colour, and such as something covers."""
    colours = {span["color"] for _, span in spans}
    first = drawn.texts[0][0] if drawn.texts else -1
    like = {fill: [colour for colour in colours if _alike(colour, fill)] for _, _, fill in drawn.fills}
    fills = [one for one in drawn.fills if one[0] > first or like[one[2]]]
    if not (spans and (fills or drawn.images)):
        return
    boxes = np.array([span["bbox"] for _, span in spans])
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside = _inside(middles, [rect for _, rect in drawn.texts])
    places = np.where(inside, [[number for number, _ in drawn.texts]], 1 << 30).min(axis=1, initial=1 << 30)
    places[places == 1 << 30] = -1
    found: dict[int, _Doubt] = {}
    for row, column in np.argwhere(_inside(middles, [rect for _, rect, _ in fills])).tolist():
        number, _, fill = fills[column]
        if number > places[row] or spans[row][1]["color"] in like[fill]:
            found[row] = _Doubt.COLOUR
    for row, column in np.argwhere(_inside(middles, [rect for _, rect in drawn.images])).tolist():
        later = drawn.images[column][0] > places[row]
        found[row] = _Doubt.BURIED if later or found.get(row) is _Doubt.BURIED else _Doubt.COLOUR
    for row, doubt in found.items():
        yield spans[row][0], (doubt, spans[row][1])


def _inside(points: _Floats, rects: Sequence[Rect]) -> npt.NDArray[np.bool_]:
    if not rects:
        return np.zeros((len(points), 0), bool)
    sides = np.array(rects)
    x, y = points[:, :1], points[:, 1:]
    return (sides[:, 0] <= x) & (x <= sides[:, 2]) & (sides[:, 1] <= y) & (y <= sides[:, 3])


# ---------------------------------------------------------------- which of them are hidden


def settle(
    doubts: dict[Key, Doubted], words: Sequence[tuple[Any, ...]], draw: Callable[[Rect], Drawn]
) -> tuple[dict[Key, Doubted], Part]:
    """The runs that still are doubtful when the page is drawn, and its pixels by box. `words` are MuPDF's.

    Most doubts end here, at a tenth of the cost of a look at each character.
    """
    view = _around([span["bbox"] for _, span in doubts.values()])
    looked_at = any(doubt is not _Doubt.TINY for doubt, _ in doubts.values())
    pixels, scale = draw(view) if looked_at else (np.zeros((0, 0, 3), np.uint8), 1.0)
    part = partial(_part, pixels, scale, view)
    lines: dict[tuple[int, int], list[tuple[Any, ...]]] = {}
    for word in words:
        lines.setdefault((word[5], word[6]), []).append(word)
    left = {}
    for key, (doubt, span) in doubts.items():
        x0, y0, x1, y1 = span["bbox"]
        own = [word for word in lines.get(key[:2], ())
               if x0 <= (word[0] + word[2]) / 2 <= x1 and y0 <= (word[1] + word[3]) / 2 <= y1]  # fmt: skip
        whole = sum(len(word[4]) for word in own) == len("".join(span["text"].split()))
        if doubt is not _Doubt.COLOUR or not whole or not all(_is_plain(span, part(word[:4])) for word in own):
            left[key] = (doubt, span)
    return left, part


def _is_plain(span: dict[str, Any], part: _Floats) -> bool:
    """Whether a word clearly stands in its colour on a ground of another."""
    if not part.size:
        return False
    away = part.reshape(-1, 3) - np.array(_colour(span["color"])) * _WEIGHTS
    squares = (away * away) @ np.ones(3)
    far = squares >= (2 * _INK_CONTRAST) ** 2
    return bool(np.count_nonzero(far) > len(far) / 2 and squares.min() <= 0.36 * squares.max())


@dataclass(slots=True)
class _Piece:
    """A word, or the part of it in one run of type, that is doubted."""

    doubt: _Doubt
    key: Key
    chars: list[dict[str, Any]]
    span: dict[str, Any]
    level: bool
    text: str = ""
    box: Rect = (0.0, 0.0, 0.0, 0.0)
    hidden: bool = False

    def __post_init__(self) -> None:
        """Text and box from the characters."""
        self.text = "".join(char["c"] for char in self.chars)
        self.box = _around([char["bbox"] for char in self.chars])

    @property
    def line(self) -> tuple[int, int]:
        """Block number and line."""
        return self.key[:2]

    @property
    def letters(self) -> int:
        """Letters and digits in it."""
        return _letters(self.text)


def _letters(text: str) -> int:
    return sum(sign.isalnum() for sign in text)


def take_hidden(
    blocks: Sequence[dict[str, Any]], doubts: dict[Key, Doubted], part: Part
) -> tuple[set[tuple[int, int]], list[dict[str, Any]]]:
    """Take hidden characters out of the text page's raw dictionary.

    Returns the lines (block number, line) that are no longer what they were, and the blocks with what was taken.
    `part` gives the pixels of a box.
    """
    pieces: list[_Piece] = []
    seen: list[_Seen] = []
    for block in blocks:
        for row, line in enumerate(block.get("lines", ())):
            for column, span in enumerate(line["spans"]):
                key = (block["number"], row, column)
                if key in doubts:
                    pieces += _pieces(span, key, doubts[key][0], level=abs(line["dir"][0]) > abs(line["dir"][1]))
                else:
                    seen.append((span["bbox"], "".join(char["c"] for char in span["chars"]).casefold()))
    _judge(pieces, seen, part)
    gone = {id(char) for piece in pieces if piece.hidden for char in piece.chars}
    changed = {piece.line for piece in pieces if piece.hidden}
    taken = []
    for block in blocks if gone else ():
        lines = []
        for row, line in enumerate(block.get("lines", ())):
            if (block["number"], row) in changed:
                lines.append({**line, "spans": [_split(span, gone) for span in line["spans"]]})
        taken.append({**block, "lines": lines})
    return changed, taken


def _split(span: dict[str, Any], gone: set[int]) -> dict[str, Any]:
    """Take characters out of a run; returns them as a run, with the spaces of both."""
    chars = span["chars"]
    span["chars"] = [char for char in chars if id(char) not in gone]
    return {**span, "chars": [char for char in chars if id(char) in gone or char["c"].isspace()]}


def _pieces(span: dict[str, Any], key: Key, doubt: _Doubt, *, level: bool) -> Iterator[_Piece]:
    chars: list[dict[str, Any]] = []
    for char in [*span["chars"], None]:
        if char is not None and not char["c"].isspace():
            chars.append(char)
        elif chars:
            yield _Piece(doubt, key, chars, span, level)
            chars = []


def _judge(pieces: Sequence[_Piece], seen: list[_Seen], part: Part) -> None:
    """Say of each piece whether it is hidden; `seen` are boxes and texts of runs that nobody doubts."""
    for piece in pieces:
        piece.hidden = piece.doubt is _Doubt.TINY
    left = [piece for piece in pieces if not piece.hidden and piece.letters]
    if left:
        own = [piece for piece in left if piece.doubt is _Doubt.COLOUR]
        for piece in own:
            piece.hidden = not _has_own_ink(piece, part(piece.box), seen)
        seen = seen + [(piece.box, piece.text.casefold()) for piece in own if not piece.hidden]
        for line in _by_line(piece for piece in left if piece.doubt in (_Doubt.UNPAINTED, _Doubt.BURIED)):
            _judge_line(line, part, seen)
            seen += [(piece.box, piece.text.casefold()) for piece in line if not piece.hidden]
    # Signs without letters have too little ink to tell: they share the fate of their line.
    for line in _by_line(pieces):
        fate = {piece.hidden for piece in line if piece.letters} == {True}
        for piece in line:
            piece.hidden = piece.hidden or (fate and not piece.letters)


def _by_line(pieces: Iterable[_Piece]) -> Iterable[list[_Piece]]:
    lines: dict[tuple[int, int], list[_Piece]] = {}
    for piece in pieces:
        lines.setdefault(piece.line, []).append(piece)
    return lines.values()


def _around(boxes: Sequence[Rect]) -> Rect:
    edges = np.array(boxes)
    return (*edges[:, :2].min(axis=0).tolist(), *edges[:, 2:].max(axis=0).tolist())


def _under(piece: _Piece, seen: Sequence[_Seen]) -> list[str]:
    """The texts that stand where the middle of a word is."""
    x, y = (piece.box[0] + piece.box[2]) / 2, (piece.box[1] + piece.box[3]) / 2
    return [text for box, text in seen if box[0] <= x <= box[2] and box[1] <= y <= box[3]]


# ---------------------------------------------------------------- ink


def _part(pixels: npt.NDArray[np.uint8], scale: float, view: Rect, box: Rect) -> _Floats:
    left, top = (max(0, round((box[axis] - view[axis]) * scale)) for axis in (0, 1))
    right, bottom = (round((box[axis + 2] - view[axis]) * scale) for axis in (0, 1))
    part = pixels[top : max(bottom, top + 1), left : max(right, left + 1)]
    weighted: _Floats = part.astype(np.float64) * _WEIGHTS
    return weighted


def _ground(part: _Floats) -> _Floats:
    """The most common colour."""
    flat = part.reshape(-1, 3)
    coarse = (flat // 12).astype(np.int64) @ np.array((1, 100, 10_000))
    values, counts = np.unique(coarse, return_counts=True)
    ground: _Floats = flat[coarse == values[counts.argmax()]].mean(axis=0)
    return ground


def _has_own_ink(piece: _Piece, part: _Floats, seen: Sequence[_Seen]) -> bool:
    """Whether there is ink of the word's colour in its box, on a ground of another."""
    if not part.size:
        return False
    colour = np.array(_colour(piece.span["color"])) * _WEIGHTS
    opacity = max(1, piece.span.get("alpha", 255)) / 255
    ground = _ground(part)
    way = colour - ground
    if float(np.linalg.norm(way)) * opacity < _CONTRAST:
        # Letters may have an outline in another colour, or be so heavy that theirs is the most common one.
        return _strokes(part, level=piece.level) >= _OUTLINES * piece.letters and not _under(piece, seen)
    along = (part - ground) @ way / float(way @ way)
    return bool((along / opacity >= _FAINT).any())


def _judge_line(line: Sequence[_Piece], part: Part, seen: Sequence[_Seen]) -> None:
    """Words without ink of their own, side by side: together their ink has to look like letters.

    Ink of other words is none of theirs; a layer that repeats what is printed hides nothing.
    """
    over = [(piece, texts) for piece in line if (texts := _under(piece, seen))]
    if len(over) < min(3, len(line) / 2):
        over = []  # boxes of recognised words may overlap a little
    repeated = sum(any(piece.text.casefold() in text for text in texts) for piece, texts in over)
    for piece, _ in over:
        piece.hidden = repeated <= 0.6 * len(over)
    covered = {id(piece) for piece, _ in over}
    alone = [piece for piece in line if id(piece) not in covered]
    if alone:
        crossed = _strokes(part(_around([piece.box for piece in alone])), level=line[0].level)
        for piece in alone:
            piece.hidden = crossed < _RUNS * sum(piece.letters for piece in alone)


def _strokes(part: _Floats, *, level: bool) -> float:
    """Strokes that a row of the box crosses, where it crosses the most."""
    if not part.size:
        return 0.0
    distance = np.linalg.norm(part - _ground(part), axis=-1)
    distance = distance if level else distance.T
    highest = float(distance.max())
    if highest < _INK_CONTRAST:
        return 0.0
    # Ink begins above one level and ends below a lower one, so that grain makes no strokes.
    state = np.where(distance > 0.5 * highest, 1, np.where(distance < 0.3 * highest, 0, -1))
    state[:, 0] = np.maximum(state[:, 0], 0)
    known = np.maximum.accumulate(np.where(state >= 0, np.arange(state.shape[1]), 0), axis=1)
    ink = np.take_along_axis(state, known, axis=1)
    starts = (ink[:, 1:] > ink[:, :-1]).sum(axis=1) + ink[:, 0]
    return float(np.sort(starts)[int(0.9 * (len(starts) - 1))])
