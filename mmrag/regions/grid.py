"""Tables of a page from where its words stand: cells with the headers above them and the labels beside them.

Rulings and colours are not looked at. Columns come from values that stand below each other, so a table needs a column
of figures, or a known frame around it. Upright text only; a cell that spans several rows is known only in the stub.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.regions.grid_blocks import Block, blocks_of
from mmrag.regions.grid_chunks import Zone, is_value, is_year, zones_of
from mmrag.regions.grid_frames import FramedRow, framed_rows, has_header, joined_frames
from mmrag.regions.grid_headers import header_paths
from mmrag.regions.grid_rows import Row, rows_of
from mmrag.types import Box, Word

__all__ = ["Cell", "Grid", "read_grids"]


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a table.

    `row` and `column` count from 0, without headers and stub. `headers` is the path of column headers from the
    outermost in; `labels` the path of row labels, section rows first, then the row's own; either may be (). `words`
    are indexes into the page's words, signs and footnote marks included; `text` leaves the footnote marks out.
    """

    text: str
    box: Box
    row: int
    column: int
    headers: tuple[str, ...]
    labels: tuple[str, ...]
    words: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table. `cells` row by row, without headers and row labels, without empty places.

    `caption` is the text right above; `note` the statement of units near it ("in thousands"), "" if none; `stub` the
    header of the row labels.
    """

    cells: tuple[Cell, ...]
    box: Box
    caption: str
    note: str
    stub: str = ""


def read_grids(words: Sequence[Word], tables: Sequence[Box] = ()) -> tuple[Grid, ...]:
    """The tables of a page, from top to bottom.

    `words`: in reading order, boxes in fractions of the page. `tables`: frames known of, such as the boxes of table
    regions; unruled tables are found without them. A table printed under several rows of headers becomes several.
    """
    grids: list[Grid] = []
    zones = zones_of(words)
    for zone in zones:
        for block in blocks_of(zone):
            grid = _grid(block)
            if grid is not None:
                grids.append(grid)
    for frame in joined_frames(tables):
        inside = [grid for grid in grids if frame.intersection(grid.box) > 0.5 * grid.box.area]
        if any(len({cell.row for cell in grid.cells}) > 3 or _has_many_figures(grid) for grid in inside):
            continue
        framed = _framed(framed_rows(zones, frame), frame, zones)
        if framed is not None and len(framed.cells) > sum(len(grid.cells) for grid in inside):
            grids = [grid for grid in grids if grid not in inside]
            grids.append(framed)
    grids.sort(key=lambda grid: (grid.box.top, grid.box.left))
    return tuple(grids)


def _framed(rows: list[FramedRow], frame: Box, zones: Sequence[Zone]) -> Grid | None:
    """A table of words: its first column labels the rows, its first row the columns if it is a header."""
    if not rows:
        return None
    while len(rows[0]) > 2 and not any(row[0] for row in rows[1:]):
        rows = [row[1:] for row in rows]  # a column of pictures
    headed = has_header(rows)
    texts = [" ".join(chunk.text for chunk in cell) for row in rows for cell in row[1:] if cell]
    if sum(map(is_value, texts)) > 0.5 * len(texts):
        return None  # figures without the headers that their columns would have shown
    heads = [" ".join(chunk.text for chunk in cell) for cell in rows[0]] if headed else [""] * len(rows[0])
    cells: list[Cell] = []
    label = ""
    for number, row in enumerate(rows[headed:]):
        label = " ".join(chunk.text for chunk in row[0]) or label
        for column, chunks in enumerate(row[1:], start=1):
            if chunks:
                text = " ".join(chunk.text for chunk in chunks)
                box = chunks[0].box
                for chunk in chunks[1:]:
                    box = box.union(chunk.box)
                headers = (heads[column],) if heads[column] else ()
                indexes = tuple(index for chunk in chunks for index in chunk.words)
                cells.append(Cell(text, box, number, column - 1, headers, (label,) if label else (), indexes))
    if len(cells) < 2 or sum(bool(cell.labels) for cell in cells) < 0.6 * len(cells):
        return None
    above = [line for zone in zones for line in zone.lines if frame.top - 4 * zone.height < line.bottom <= frame.top]
    caption = " ".join(chunk.text for line in above[-2:] for chunk in line.chunks)
    return Grid(tuple(cells), frame, caption, "", heads[0])


def _grid(block: Block) -> Grid | None:
    """Headers to columns, labels to rows."""
    paths, stub = header_paths(block)
    cells: list[Cell] = []
    rows = rows_of(block)
    key = _has_year_column(rows, paths)
    for number, row in enumerate(rows):
        labels = row.labels
        if key and 0 in row.values:
            labels = (*labels, row.values[0][0])
        for column, (text, box, indexes) in sorted(row.values.items()):
            if not (key and column == 0):
                cells.append(Cell(text, box, number, column - key, paths[column], labels, tuple(indexes)))
    if len(cells) < 2 or not _has_figures(cells) or _is_formula(cells):
        return None
    box = cells[0].box
    for chunk in block.chunks():
        box = box.union(chunk.box)
    return Grid(tuple(cells), box, block.caption, block.note, stub)


def _has_year_column(rows: list[Row], paths: list[tuple[str, ...]]) -> bool:
    """Whether the first column names the year of each row, as in tables with several years for each person."""
    if len(paths) < 2:
        return False
    first = [row.values[0][0] for row in rows if 0 in row.values]
    named = bool(paths[0]) and paths[0][-1].casefold().rstrip("s:") in (
        "year",
        "fiscal year",
        "연도",
        "년도",
        "회계연도",
    )
    return len(first) >= 2 and all(is_year(text) for text in first) and (named or len(first) >= 0.7 * len(rows))


def _has_many_figures(grid: Grid) -> bool:
    """Whether most cells are figures, years apart: such a table is read better by its columns than by its frame."""
    return sum(is_value(cell.text) and not is_year(cell.text) for cell in grid.cells) > 0.5 * len(grid.cells)


def _is_formula(cells: list[Cell]) -> bool:
    """Whether mathematical signs stand in every other label or header: formulas are set in columns too."""
    texts = {text for cell in cells for text in (*cell.labels, *cell.headers)}
    signs = sum(
        " = " in text or any(unicodedata.category(c) == "Sm" and c not in "+<>|~±=" for c in text) for text in texts
    )
    return signs > 0.4 * len(texts)


def _has_figures(cells: list[Cell]) -> bool:
    """Whether some column is mostly figures: words that stand below each other by chance are no table."""
    for column in {cell.column for cell in cells}:
        texts = [cell.text for cell in cells if cell.column == column]
        figures = sum(is_value(text) or is_year(text) for text in texts)
        if figures >= 0.6 * len(texts) and figures >= min(2, len({cell.row for cell in cells})):
            return True
    return False
