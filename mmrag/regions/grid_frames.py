"""Tables of words inside a known frame: columns by the white between, rows by where the first column begins anew.

Used where no column of figures gives the table away. A cell that is centred over several lines of its row is read
right only where the row's other cells begin no lower than it does.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from mmrag.regions.grid_blocks import Column
from mmrag.regions.grid_chunks import Chunk, Line, Zone
from mmrag.types import Box

__all__ = ["FramedRow", "framed_rows", "has_header", "joined_frames"]

FramedRow = list[list[Chunk]]
"""The chunks of each column, in order; [] for an empty cell."""

_MOST_COLUMNS = 12


def joined_frames(frames: Sequence[Box]) -> list[Box]:
    """Frames of equal width that touch one above the other are one table."""
    joined: list[Box] = []
    for frame in sorted(frames, key=lambda one: (one.top, one.left)):
        for number, other in enumerate(joined):
            beside = abs(frame.left - other.left) < 0.02 and abs(frame.right - other.right) < 0.02
            if beside and frame.top - other.bottom < 0.02:
                joined[number] = other.union(frame)
                break
        else:
            joined.append(frame)
    return joined


def framed_rows(zones: Sequence[Zone], frame: Box) -> list[FramedRow]:
    """The rows inside a frame, headers included; () unless there are two columns and two rows, mostly filled."""
    lines = [line for zone in zones for line in _inside(zone, frame)]
    lines.sort(key=lambda line: line.top)
    if len(lines) < 2:
        return []
    columns = _columns(lines, frame, zones[0].unit)
    if not 2 <= len(columns) <= _MOST_COLUMNS:
        return []
    height = zones[0].height
    first = _filled(_by_first(lines, columns, height), len(columns))
    if first and _top_aligned(first, height):
        return first
    return _filled(_by_bands(lines, columns, height), len(columns))


def _filled(rows: Sequence[FramedRow], width: int) -> list[FramedRow]:
    """The rows with two cells or more, if most cells are filled and none is a paragraph of running text."""
    full = [row for row in rows if sum(map(bool, row)) >= 2]
    filled = sum(sum(map(bool, row)) for row in full)
    if len(full) < 2 or filled < 0.75 * len(full) * width:
        return []
    lengths = sorted(sum(len(chunk.text) for chunk in cell) for row in full for cell in row if cell)
    labels = [sum(len(chunk.text) for chunk in row[0]) for row in full]
    return full if lengths[len(lengths) * 9 // 10] <= 200 and median(labels) <= 60 else []


def _top_aligned(rows: Sequence[FramedRow], height: float) -> bool:
    """Whether the cells of each row begin at one height, as rows found by their first cell must."""
    level = total = 0
    for row in rows:
        tops = [cell[0].top for cell in row if cell]
        level += sum(top - min(tops) < 0.5 * height for top in tops)
        total += len(tops)
    return level >= 0.9 * total


def _by_bands(lines: Sequence[Line], columns: Sequence[Column], height: float) -> list[FramedRow]:
    """Rows parted by white across the frame: right also where cells are centred over several lines."""
    rows: list[FramedRow] = []
    bottom = -1.0
    for line in lines:
        if line.top - bottom > 0.4 * height:
            rows.append([[] for _ in columns])
        _put(rows[-1], line, columns)
        bottom = max(bottom, *(chunk.bottom for chunk in line.chunks))
    return rows


def _by_first(lines: Sequence[Line], columns: Sequence[Column], height: float) -> list[FramedRow]:
    """Rows that begin where the first column does, beside another cell or after white."""
    rows: list[FramedRow] = []
    bottom = -1.0
    for line in lines:
        cells: FramedRow = [[] for _ in columns]
        _put(cells, line, columns)
        gap = line.top - bottom
        fresh = bool(cells[0]) and (sum(map(bool, cells)) >= 2 or gap > 0.9 * height)
        if not rows or fresh or gap > 2.5 * height:
            rows.append(cells)
        else:
            _put(rows[-1], line, columns)
        bottom = line.bottom
    return rows


def _put(cells: FramedRow, line: Line, columns: Sequence[Column]) -> None:
    for chunk in line.chunks:
        best = max(range(len(columns)), key=lambda number: columns[number].overlap(chunk))
        cells[best].append(chunk)


def _inside(zone: Zone, frame: Box) -> list[Line]:
    found = []
    for line in zone.lines:
        chunks = [
            chunk
            for chunk in line.chunks
            if frame.left - 0.01 < chunk.centre < frame.right + 0.01 and frame.top < chunk.middle < frame.bottom
        ]
        if chunks:
            found.append(Line(chunks, line.top, line.bottom))
    return found


def _columns(lines: Sequence[Line], frame: Box, unit: float) -> list[Column]:
    """Chunks that overlap, joined; those over more than half of the frame are left out."""
    chunks = [chunk for line in lines for chunk in line.chunks]
    most = 0.62 * (frame.right - frame.left)
    columns: list[Column] = []
    for chunk in sorted(chunks, key=lambda chunk: chunk.left):
        if chunk.right - chunk.left > most:
            continue
        last = columns[-1] if columns else None
        if last is not None and chunk.left < last.right - 0.3 * unit:
            last.right = max(last.right, chunk.right)
            last.count += 1
        else:
            columns.append(Column(chunk.left, chunk.right))
    return columns


def has_header(rows: Sequence[FramedRow]) -> bool:
    """Whether the first row names the columns: all filled, short, and shorter than what stands below."""
    first = [sum(len(chunk.text) for chunk in cell) for cell in rows[0]]
    if len(rows) < 2 or not all(first[1:]) or max(first) > 40:
        return False
    body = [[sum(len(chunk.text) for chunk in cell) for cell in row[1:]] for row in rows[1:]]
    usual = median(max(row, default=0) for row in body)
    if len(first) == 2:
        # Two columns without a header are keys and values; a header of two is much shorter than the values.
        return max(first) <= 15 and usual >= 2 * max(first)
    return max(first[1:]) <= usual or sum(first) <= 0.8 * median(map(sum, body))
