"""The text of a PDF page: words in lines and paragraphs as the file has them, with the style of each line.

Words that cannot be seen are taken out (`hidden`). Knows nothing of columns or headings, which `layout` finds.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

import numpy as np

from mmrag.readers.graphics import Rect, WordTuple
from mmrag.readers.hidden import Drawn, Layers, doubtful, layers, settle, take_hidden
from mmrag.readers.layout import Line, joined

__all__ = ["count_words", "mupdf", "read_text"]

_log = logging.getLogger(__name__)

_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)
_RawLine = tuple[tuple[int, int], list[WordTuple]]
_Style = tuple[float, bool]
_Char = tuple[float, float, float, float, str]
_LEVEL = (1.0, 0.0)
_PIXELS_PER_POINT, _LONGEST = 1.5, 2400


def mupdf() -> Any:
    """PyMuPDF, silent: it writes every small fault of a file to stderr."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


def read_text(listing: Any, bounds: Rect, page: Any = None) -> tuple[list[list[Line]], list[Rect], int]:
    """Paragraphs of lines in the file's order, boxes of embedded images, and how many words cannot be seen.

    Boxes count from the top left of `bounds`. With the `page` of the display list, words that a clip cuts away are
    counted too. Nothing where MuPDF fails: what can be seen is still worth having.
    """
    pymupdf = mupdf()
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    more = flags | pymupdf.TEXT_PRESERVE_IMAGES | pymupdf.TEXT_COLLECT_VECTORS
    try:
        text = _text_page(listing, flags)
        words, blocks = text.extractWORDS(), text.extractDICT()["blocks"]
        clipped = 0 if page is None else _clipped(page, words)
        drawn = layers(_text_page(listing, more).extractBLOCKS())
        words, taken = _seen(text, words, blocks, drawn, listing)
    except Exception:  # MuPDF raises a class of its own for each kind of fault
        _log.debug("the text of a page cannot be read", exc_info=True)
        return [], [], 0
    left, top = bounds[:2]
    styles = {
        (block["number"], index): _style(line["spans"])
        for block in blocks
        for index, line in enumerate(block.get("lines", ()))
        if line["spans"]
    }
    images = [(b[0] - left, b[1] - top, b[2] - left, b[3] - top) for _, b in drawn.images]
    unseen = count_words(word[4] for _, line in _lines(taken, bounds) for word in line)
    return _grouped(_lines(words, bounds), styles), images, unseen + clipped


def count_words(words: Iterable[str]) -> int:
    """How many have a letter or a digit."""
    return sum(any(map(str.isalnum, word)) for word in words)


def _clipped(page: Any, shown: Sequence[tuple[Any, ...]]) -> int:
    """How many words of a page a clip cuts away: those that its display list, which leaves them out, does not have."""
    # Without the flag that sounds as if it meant the edges of the page alone; boxes are those of the page unturned.
    written = _text_page(page, mupdf().TEXT_PRESERVE_WHITESPACE).extractWORDS()
    wide, high = (page.rect.width, page.rect.height)[:: 1 if page.rotation % 180 == 0 else -1]
    inside = [one[4] for one in written if 0 <= (one[0] + one[2]) / 2 <= wide and 0 <= (one[1] + one[3]) / 2 <= high]
    # Some words are told apart in the one and not in the other; their letters are the same.
    if not Counter("".join(inside)) - Counter("".join(word[4] for word in shown)):
        return 0
    return count_words((Counter(inside) - Counter(word[4] for word in shown)).elements())


def _seen(
    text: Any, words: Sequence[tuple[Any, ...]], blocks: Sequence[dict[str, Any]], drawn: Layers, listing: Any
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Words that can be seen, made from characters where their spaces stray, and those that cannot."""
    strayed = bool(words) and _has_strayed_spaces(blocks)
    doubts = doubtful(blocks, drawn, max(listing.rect[2] - listing.rect[0], listing.rect[3] - listing.rect[1]))
    if doubts:
        doubts, part = settle(doubts, words, partial(_pixels, listing))
    if not (doubts or strayed):
        return list(words), []
    raw = text.extractRAWDICT()["blocks"]
    changed, taken = take_hidden(raw, doubts, part) if doubts else (set(), [])
    unseen = list(_respaced(taken))
    if strayed:
        return list(_respaced(raw)), unseen
    anew = {line: list(_respaced([_only(raw, line)])) for line in changed}
    found: list[tuple[Any, ...]] = []
    for word in words:
        line = (word[5], word[6])
        found += anew.pop(line, ()) if line in changed else [word]
    return found, unseen


def _only(blocks: Sequence[dict[str, Any]], line: tuple[int, int]) -> dict[str, Any]:
    """A block with one of its lines, under its own number."""
    block = next(block for block in blocks if block["number"] == line[0])
    lines = [own if row == line[1] else {**own, "spans": []} for row, own in enumerate(block["lines"])]
    return {**block, "lines": lines}


def _pixels(listing: Any, view: Rect) -> Drawn:
    """Pixels of a part of the page, enough to tell letters of 5 points."""
    pymupdf = mupdf()
    side = max(view[2] - view[0], view[3] - view[1], 1.0)
    scale = min(_PIXELS_PER_POINT, _LONGEST / side)
    pixels = listing.get_pixmap(matrix=pymupdf.Matrix(scale, scale), alpha=0, clip=pymupdf.Rect(view))
    rows = np.frombuffer(pixels.samples, np.uint8).reshape(pixels.height, pixels.stride)
    return rows[:, : 3 * pixels.width].reshape(pixels.height, pixels.width, 3), scale


def _lines(words: Sequence[tuple[Any, ...]], bounds: Rect) -> list[_RawLine]:
    """Words by (block, line); text off the page is not displayed, and left out."""
    left, top, right, bottom = bounds
    lines: list[_RawLine] = []
    own: list[WordTuple] = []
    last = (-1, -1)
    for x0, y0, x1, y1, string, block, line, *_ in words:
        if not (left <= (x0 + x1) / 2 <= right and top <= (y0 + y1) / 2 <= bottom):
            continue
        if (block, line) != last:
            own, last = [], (block, line)
            lines.append((last, own))
        word = (x0 - left, y0 - top, x1 - left, y1 - top, string)
        if string.isascii() and string.isprintable():
            own.append(word)
        else:
            own.extend(_cleaned(word))
    return [line for line in lines if line[1]]


def _text_page(drawn: Any, flags: int) -> Any:
    """A text page of a display list or, at three times the cost, of a page, which is interpreted a second time."""
    page = drawn.get_textpage(flags=flags)
    return page if hasattr(page, "extractWORDS") else mupdf().TextPage(page)


def _cleaned(word: WordTuple) -> list[WordTuple]:
    """A word without control characters and rare kinds of space, composed (Hangul may come as single letters)."""
    text = unicodedata.normalize("NFC", word[4])
    text = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    parts = text.split()
    if len(parts) == 1:
        return [(*word[:4], parts[0])]
    step = (word[2] - word[0]) / max(1, len(text))
    found: list[WordTuple] = []
    at = 0
    for part in parts:
        at = text.index(part, at)
        found.append((word[0] + at * step, word[1], word[0] + (at + len(part)) * step, word[3], part))
        at += len(part)
    return found


def _style(spans: Sequence[dict[str, Any]]) -> tuple[float, bool]:
    """Size of a line's longest run of type, and whether nearly all of the line is bold."""
    if len(spans) == 1:
        return float(spans[0]["size"]), _is_bold(spans[0]) and not spans[0]["text"].isspace()
    longest = max(spans, key=lambda span: len(span["text"]))
    total = sum(len(span["text"].strip()) for span in spans)
    bold = sum(len(span["text"].strip()) for span in spans if _is_bold(span))
    return float(longest["size"]), total > 0 and bold >= 0.9 * total


def _is_bold(span: dict[str, Any]) -> bool:
    return bool(span["flags"] & 16) or _is_bold_name(span["font"])


@lru_cache(maxsize=512)
def _is_bold_name(font: str) -> bool:
    return _BOLD.search(font) is not None


def _grouped(raw: Sequence[_RawLine], styles: dict[tuple[int, int], _Style]) -> list[list[Line]]:
    """Lines by paragraph; where MuPDF has parted a line of justified type, it is made whole."""
    groups: list[list[Line]] = []
    last = -1
    style = 10.0, False
    for (block, number), words in raw:
        style = styles.get((block, number), style)
        rect = min(w[0] for w in words), min(w[1] for w in words), max(w[2] for w in words), max(w[3] for w in words)
        line = Line(rect, style[0], style[1], words)
        if block != last:
            groups.append([line])
        elif _continues(groups[-1][-1], line):
            groups[-1][-1] = joined(groups[-1][-1], line)
        else:
            groups[-1].append(line)
        last = block
    return groups


def _continues(line: Line, following: Line) -> bool:
    """Whether MuPDF has parted a line of justified type at a wide space."""
    a, b = line.rect, following.rect
    return b[0] >= a[2] - 1 and _shared(a, b) > 0.6 * min(a[3] - a[1], b[3] - b[1])


# ---------------------------------------------------------------- spaces out of place


def _has_strayed_spaces(blocks: Sequence[dict[str, Any]]) -> bool:
    """Whether there are spaces away from the text that they part.

    LibreOffice writes Korean so where the font of its spaces has no Hangul; the words then run into one another.
    """
    spans = [
        (span["bbox"], span["text"].isspace())
        for block in blocks
        for line in block.get("lines", ())
        if line["dir"] == _LEVEL
        for span in line["spans"]
    ]
    if not any(blank for _, blank in spans):
        return False
    for (space, blank), (text, other_blank) in pairwise(spans):
        middle = (space[1] + space[3]) / 2
        if blank and not other_blank and text[0] < space[0] - 1 < text[2] and text[1] < middle < text[3]:
            return True
    return False


def _respaced(blocks: Sequence[dict[str, Any]]) -> Iterator[tuple[Any, ...]]:
    """Words like those of MuPDF, made from characters by where they stand: parted at spaces and at gaps."""
    for key, level, chars in _runs(blocks):
        if level:
            chars.sort(key=lambda char: (char[0] + char[2]) / 2)
        word: list[_Char] = []
        for char in chars:
            far = level and word and abs(char[0] - word[-1][2]) > 0.26 * (char[3] - char[1])
            if word and (far or char[4].isspace()):
                yield _word(word, key)
                word = []
            if not char[4].isspace():
                word.append(char)
        if word:
            yield _word(word, key)


def _runs(blocks: Sequence[dict[str, Any]]) -> list[tuple[tuple[int, int], bool, list[_Char]]]:
    """Characters by line, those of lines made one that stand on one baseline and touch."""
    runs: list[tuple[tuple[int, int], bool, list[_Char]]] = []
    reach: Rect = (0.0, 0.0, 0.0, 0.0)
    for block in blocks:
        for index, line in enumerate(block.get("lines", ())):
            chars = [(*char["bbox"], char["c"]) for span in line["spans"] for char in span["chars"]]
            box = line["bbox"]
            height = min(box[3] - box[1], reach[3] - reach[1])
            near = box[0] < reach[2] + 3 * height and reach[0] < box[2] + 3 * height
            if runs and runs[-1][1] and line["dir"] == _LEVEL and near and _shared(box, reach) > 0.6 * height:
                runs[-1][2].extend(chars)
                reach = min(reach[0], box[0]), min(reach[1], box[1]), max(reach[2], box[2]), max(reach[3], box[3])
            else:
                runs.append(((block["number"], index), line["dir"] == _LEVEL, chars))
                reach = box
    return runs


def _shared(a: Rect, b: Rect) -> float:
    return min(a[3], b[3]) - max(a[1], b[1])


def _word(chars: Sequence[_Char], key: tuple[int, int]) -> tuple[Any, ...]:
    box = min(c[0] for c in chars), min(c[1] for c in chars), max(c[2] for c in chars), max(c[3] for c in chars)
    return (*box, "".join(c[4] for c in chars), *key, 0)
