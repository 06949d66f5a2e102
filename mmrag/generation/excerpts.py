"""Pages of evidence as a model reads them: lines in reading order, tables with headers, within a budget of tokens.

Where a page is too long, the lines kept are those of the regions that were found and those that share words with the
question. Knows no model; tokens are estimated.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mmrag.generation.fencing import harmless
from mmrag.lexical import tokenize
from mmrag.protocols import PageSource
from mmrag.regions import Grid, read_grids
from mmrag.regions.lines import text_lines
from mmrag.types import Box, Evidence, Word

__all__ = ["excerpts", "tokens"]

_LEFT_OUT = "[...]"
_LEAST = 150
"""Tokens that every page gets, so that the last ones are not for nothing."""
_RANK_SHARE = 1.6
"""How much more than an even share of what is left a page may take before those that rank below it."""
_LONGEST_LINE = 600
_MARKS = re.compile(r"[:;|=/()]+")


def tokens(text: str) -> int:
    """About how many tokens a text has: four letters of ASCII each, and close to one a character of others."""
    plain = sum(character.isascii() for character in text)
    return plain // 4 + (len(text) - plain) * 4 // 5 + 1


def excerpts(question: str, evidence: Sequence[Evidence], pages: PageSource, budget: int) -> list[str]:
    """The text of each evidence's page, harmless, together at most about `budget` tokens; "" for a page without."""
    terms = frozenset(tokenize(question))
    read = [_lines(one, pages) for one in evidence]
    left, texts = budget, []
    for number, (one, lines) in enumerate(zip(evidence, read, strict=True)):
        share = max(_LEAST, int(left / (len(read) - number) * _RANK_SHARE))
        text = _within(lines, _worth(lines, one, terms), min(share, max(0, left)))
        left -= tokens(text) if text else 0
        texts.append(text)
    return texts


def _lines(one: Evidence, pages: PageSource) -> list[tuple[str, Box]]:
    """Lines of text and rows of tables with their boxes; the region's own text where the page's words are not known."""
    words = pages.words(one.region.document.id, one.region.page)
    if not words:
        return [(harmless(line), one.region.box) for line in one.region.text.splitlines() if line.strip()]
    grids = read_grids(words)
    of_grid = {place: number for number, grid in enumerate(grids) for cell in grid.cells for place in cell.words}
    rows = [_rows(grid) for grid in grids]
    said = [frozenset(_MARKS.sub(" ", " ".join(text for text, _ in some)).split()) for some in rows]
    found: list[tuple[str, Box]] = []
    shown: set[int] = set()
    for line in text_lines(words):
        inside = dict.fromkeys(of_grid[place] for place in range(line.start, line.stop) if place in of_grid)
        for number in inside:
            found += [] if number in shown else rows[number]
            shown.add(number)
        # A line that is not all in its table, such as a label that was not understood, stands by itself as well.
        stands = set(_MARKS.sub(" ", " ".join(word.text for word in line.words)).split())
        if not inside or not stands <= frozenset().union(*(said[one] for one in inside)):
            found.append((_spaced(line.words, line.gaps), line.box))
    return [(harmless(text)[:_LONGEST_LINE], box) for text, box in found]


def _spaced(words: Sequence[Word], gaps: Sequence[int]) -> str:
    """Words with a space between, and a bar where the line is wide open."""
    wide = set(gaps)
    return "".join(
        ("" if place == 0 else " | " if place in wide else " ") + word.text for place, word in enumerate(words)
    )


def _rows(grid: Grid) -> list[tuple[str, Box]]:
    """A line for each row of a table: its label, then each value under its header.

    What all headers begin with is said once, above.
    """
    headers = {cell.column: " ".join(cell.headers).split() for cell in grid.cells}
    shared = _shared(list(headers.values()))
    above = "; ".join(part for part in (grid.note.strip("()"), " ".join(shared)) if part)
    found: list[tuple[str, Box]] = [(f"({above})", grid.box)] if above else []
    for number in sorted({cell.row for cell in grid.cells}):
        cells = [cell for cell in grid.cells if cell.row == number]
        box = cells[0].box
        for cell in cells[1:]:
            box = box.union(cell.box)
        label = " / ".join(cells[0].labels)
        own = [(" ".join(headers[cell.column][len(shared) :]), cell.text) for cell in cells]
        values = "; ".join(f"{header} = {text}" if header else text for header, text in own)
        found.append((f"{label}: {values}" if label else values, box))
    return found


def _shared(headers: Sequence[list[str]]) -> list[str]:
    """The words that all of several headers begin with."""
    if len(headers) < 2:
        return []
    count = 0
    for words in zip(*headers, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return headers[0][:count]


def _worth(lines: Sequence[tuple[str, Box]], one: Evidence, terms: frozenset[str]) -> list[float]:
    """How much each line is wanted: inside what was found, near the question's words, near such lines."""
    own = []
    for text, box in lines:
        shared = len(terms & frozenset(tokenize(text))) / max(1, len(terms))
        inside = _covered(box, one.region.box) * (1.0 - one.region.box.area)
        also = max((_covered(box, region.box) * (1.0 - region.box.area) for region in one.also), default=0.0)
        own.append(3.0 * shared + max(inside, 0.5 * also))
    return [
        value + 0.5 * max(own[max(0, place - 1) : place] + own[place + 1 : place + 2], default=0.0)
        for place, value in enumerate(own)
    ]


def _covered(box: Box, by: Box) -> float:
    """Share of a line that lies in a region."""
    return box.intersection(by) / box.area if box.area else 0.0


def _within(lines: Sequence[tuple[str, Box]], worth: Sequence[float], budget: int) -> str:
    costs = [tokens(text) for text, _ in lines]
    kept: set[int] = set()
    for place in sorted(range(len(lines)), key=lambda place: (-worth[place], place)):
        if costs[place] <= budget:
            kept.add(place)
            budget -= costs[place]
    parts: list[str] = []
    for place, (text, _) in enumerate(lines):
        if place in kept:
            parts.append(text)
        elif parts and parts[-1] != _LEFT_OUT:
            parts.append(_LEFT_OUT)
    return "\n".join(parts) if kept else ""
