"""Which pages need recognition, and recognised words put into a page. Looks at no pixels."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mmrag.types import Block, Box, Page, Word

__all__ = ["needs_ocr", "with_words"]

_GARBLED_SHARE = 0.2  # of the words
_FEW_WORDS = 30  # beside a picture that covers the page: a stamp or a running head, not the page's text
_COVERED = 0.6  # of the page
_GRID = 50
_HEADING = 1.45  # times the median height of a line; boxes of recognised lines vary by a fourth with their letters


def needs_ocr(page: Page) -> bool:
    """Whether the words of a page are missing or of no use: none, garbled, or few on a picture as large as the page.

    A page without words may still be blank; that takes its pixels to tell (`is_blank`). Recognised words are kept.
    """
    if page.origin == "ocr":
        return False
    if not page.words:
        return True
    garbled = sum(_is_garbled(word.text) for word in page.words)
    if garbled > _GARBLED_SHARE * len(page.words):
        return True
    return len(page.words) < _FEW_WORDS and _share_covered(page.pictures) > _COVERED


def _is_garbled(text: str) -> bool:
    """Letters without meaning: a font that does not say which characters its glyphs are."""
    if "(cid:" in text:
        return True
    bad = sum(sign == "\ufffd" or unicodedata.category(sign) in ("Co", "Cc", "Cn") for sign in text)
    return bad * 3 >= max(len(text), 1)


def _share_covered(boxes: Sequence[Box]) -> float:
    grid = np.zeros((_GRID, _GRID), dtype=bool)
    for box in boxes:
        left, top, right, bottom = (round(value * _GRID) for value in (box.left, box.top, box.right, box.bottom))
        grid[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = True
    return float(grid.mean())


def with_words(page: Page, words: Sequence[Word]) -> Page:
    """The page with recognised words in reading order instead of its own, and paragraphs and headings found from them.

    `origin` becomes "ocr", or "none" where no words are given.
    """
    lines = _lines(words)
    heights = sorted(_height(words, line) for line in lines)
    median = heights[len(heights) // 2] if heights else 0.0
    spans: list[list[tuple[int, int]]] = []
    for line in lines:
        if spans and _continues(words, spans[-1], line):
            spans[-1].append(line)
        else:
            spans.append([line])
    blocks = [_block(words, span, median) for span in spans]
    return replace(page, words=tuple(words), blocks=_levelled(blocks), origin="ocr" if words else "none")


def _lines(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Ranges of words that stand side by side, each to the right of the one before."""
    lines: list[tuple[int, int]] = []
    for number, word in enumerate(words):
        if lines:
            before = words[number - 1].box
            shared = min(before.bottom, word.box.bottom) - max(before.top, word.box.top)
            height = min(before.bottom - before.top, word.box.bottom - word.box.top)
            if shared > 0.4 * height and word.box.left >= before.left:
                lines[-1] = (lines[-1][0], number + 1)
                continue
        lines.append((number, number + 1))
    return lines


def _box(words: Sequence[Word], line: tuple[int, int]) -> Box:
    box = words[line[0]].box
    for word in words[line[0] + 1 : line[1]]:
        box = box.union(word.box)
    return box


def _height(words: Sequence[Word], line: tuple[int, int]) -> float:
    heights = sorted(word.box.bottom - word.box.top for word in words[line[0] : line[1]])
    return heights[len(heights) // 2]


def _continues(words: Sequence[Word], paragraph: list[tuple[int, int]], line: tuple[int, int]) -> bool:
    """Whether a line goes on below the last line of a paragraph, in its column and its size of type."""
    last, box = _box(words, paragraph[-1]), _box(words, line)
    size, height = _height(words, paragraph[-1]), _height(words, line)
    if max(size, height) > 1.35 * min(size, height) or box.top < last.top:
        return False
    # Lines of recognised text follow one another at 1.2 to 1.7 times their height.
    if box.top - last.bottom > 0.75 * max(size, height):
        return False
    shared = min(last.right, box.right) - max(last.left, box.left)
    return shared > 0.5 * min(last.right - last.left, box.right - box.left)


def _block(words: Sequence[Word], lines: list[tuple[int, int]], median: float) -> Block:
    box = _box(words, (lines[0][0], lines[-1][1]))
    sizes = sorted(_height(words, line) for line in lines)
    size = sizes[len(sizes) // 2]
    count = lines[-1][1] - lines[0][0]
    heading = median > 0 and size >= _HEADING * median and count <= 25 and len(lines) <= 3
    return Block(box, lines[0][0], lines[-1][1], 1 if heading else 0, size)


def _levelled(blocks: list[Block]) -> tuple[Block, ...]:
    """Headings in two levels: the largest type, and what is clearly smaller."""
    largest = max((block.size for block in blocks if block.level), default=0.0)
    return tuple(replace(block, level=2) if block.level and block.size < 0.75 * largest else block for block in blocks)
