"""Lines of text laid out as pages of a fixed grid, so that text without pages can be indexed, shown and cited.

A sheet is US Letter in points, 96 columns by 64 rows; wide characters (Hangul, Han) take two columns. Knows nothing
of files or formats.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mmrag.types import Block, Box, Page, Word

__all__ = ["SHEET", "Line", "lay_out", "sheets"]

SHEET = (612.0, 792.0)
"""Width and height of a sheet in points."""

_COLUMNS, _ROWS, _CHARACTERS = 96, 64, 3000
_LEFT, _TOP = 18.0, 24.0
_STEP_X, _STEP_Y = (SHEET[0] - 2 * _LEFT) / _COLUMNS, (SHEET[1] - 2 * _TOP) / _ROWS
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028\u2029\ufeff]")
_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Line:
    """A line as the source has it: blank between paragraphs, `level` 1 to 6 for a heading, `row` for one of a table."""

    text: str = ""
    level: int = 0
    row: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines that make one page, and the path of headings in force where it begins."""

    lines: tuple[Line, ...]
    headings: tuple[str, ...]


def sheets(lines: Iterable[Line]) -> Iterator[Sheet]:
    """Part lines into pages of about 3,000 characters, between lines unless one is longer than a page."""
    held: list[Line] = []
    rows = characters = 0
    path: list[tuple[int, str]] = []
    top: tuple[str, ...] = ()
    for line in _bounded(lines):
        blank = not line.text
        if blank and (not held or not held[-1].text):
            continue
        needed = _row_count(line.text)
        # A heading at the foot of a page belongs with what follows it.
        room = 6 if line.level else 0
        full = rows + needed + room > _ROWS or characters + len(line.text) > _CHARACTERS
        if held and not blank and full:
            yield Sheet(tuple(held), top)
            held, rows, characters = [], 0, 0
            top = tuple(title for _, title in path)
        held.append(line)
        rows, characters = rows + needed, characters + len(line.text)
        if line.level:
            path = [(level, title) for level, title in path if level < line.level] + [(line.level, line.text[:200])]
    if any(line.text for line in held):
        yield Sheet(tuple(held), top)


def _bounded(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines without control characters, none longer than most of a page."""
    limit = _COLUMNS * (_ROWS // 3)
    for line in lines:
        text = _CONTROL.sub("", line.text).expandtabs(4).rstrip()
        if not text.isascii():
            text = unicodedata.normalize("NFC", text)
        if len(text) <= limit:
            yield Line(text, line.level, line.row)
            continue
        while text:
            cut = len(text) if len(text) <= limit else text.rfind(" ", limit // 2, limit) + 1 or limit
            yield Line(text[:cut].rstrip(), line.level if cut < 200 else 0, line.row)
            text = text[cut:]


def _width(text: str) -> int:
    """Columns that a text takes."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def _row_count(text: str) -> int:
    if len(text) <= _COLUMNS // 2 or (len(text) <= _COLUMNS and text.isascii()):
        return 1
    return len(_wrapped(text))


def _wrapped(text: str) -> list[list[tuple[int, int, str]]]:
    """Rows of (column, width, word); a word that is wider than a row is parted."""
    rows: list[list[tuple[int, int, str]]] = [[]]
    column = end = 0
    for match in _WORD.finditer(text):
        column += match.start() - end
        end = match.end()
        word = match.group()
        width = _width(word)
        if column + width > _COLUMNS and (rows[-1] or column > _COLUMNS // 2):
            rows.append([])
            column = 0
        while column + width > _COLUMNS:
            taken = _fitting(word, _COLUMNS - column)
            piece = word[:taken]
            rows[-1].append((column, _width(piece), piece))
            rows.append([])
            word, column = word[taken:], 0
            width = _width(word)
        if word:
            rows[-1].append((column, width, word))
            column += width
    return rows if rows[-1] or len(rows) == 1 else rows[:-1]


def _fitting(word: str, room: int) -> int:
    """How many characters of a word fit, one at least."""
    used = 0
    for index, character in enumerate(word):
        used += _width(character)
        if used > room:
            return max(1, index)
    return len(word)


def lay_out(sheet: Sheet, number: int, count: int, title: str) -> Page:
    """The page that a sheet makes: each word in its place on the grid, a block for each paragraph, heading or row."""
    words: list[Word] = []
    blocks: list[Block] = []
    rows: list[Box] = []
    start = row = 0
    kind: tuple[int, bool] | None = None

    def close() -> None:
        nonlocal start
        if len(words) > start and kind is not None:
            blocks.append(Block(_around(words[start:]), start, len(words), kind[0], round(_STEP_Y / SHEET[1], 5)))
            if kind[1]:
                rows.append(blocks[-1].box)
        start = len(words)

    for line in sheet.lines:
        if not line.text or (line.level, line.row) != kind or line.row or line.level:
            close()
        kind = line.level, line.row
        for placed in _wrapped(line.text):
            words += [Word(text, _cell(row, column, width)) for column, width, text in placed]
            row += 1
    close()
    return Page(
        number,
        *SHEET,
        words=tuple(words),
        blocks=tuple(blocks),
        tables=tuple(_stacked(rows)),
        headings=sheet.headings,
        origin="layer",
        count=count,
        title=title,
    )


def _cell(row: int, column: int, width: int) -> Box:
    left, top = _LEFT + column * _STEP_X, _TOP + row * _STEP_Y
    return Box(
        left / SHEET[0],
        top / SHEET[1],
        min(1.0, (left + width * _STEP_X) / SHEET[0]),
        min(1.0, (top + 0.92 * _STEP_Y) / SHEET[1]),
    )


def _around(words: list[Word]) -> Box:
    box = words[0].box
    for word in words[1:]:
        box = box.union(word.box)
    return box


def _stacked(rows: list[Box]) -> list[Box]:
    """One box around each run of rows that follow one another, two rows at least."""
    runs: list[list[Box]] = []
    for box in rows:
        if runs and box.top - runs[-1][-1].bottom < 0.5 * _STEP_Y / SHEET[1]:
            runs[-1].append(box)
        else:
            runs.append([box])
    tables = []
    for run in runs:
        if len(run) > 1:
            table = run[0]
            for box in run[1:]:
                table = table.union(box)
            tables.append(table)
    return tables
