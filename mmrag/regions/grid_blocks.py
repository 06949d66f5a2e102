"""Lines that make one table: where it begins and ends, its columns and its header lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from mmrag.regions.grid_captions import caption_and_note
from mmrag.regions.grid_chunks import Chunk, Line, Zone
from mmrag.types import Word

__all__ = ["Block", "Column", "blocks_of"]

_MOST_BETWEEN = 8
_MOST_HEADERS = 7


@dataclass(slots=True)
class Column:
    """Horizontal extent of the values that stand below each other."""

    left: float
    right: float
    count: int = 1

    @property
    def centre(self) -> float:
        """Horizontal centre."""
        return (self.left + self.right) / 2

    def overlap(self, chunk: Chunk) -> float:
        """Width shared with a chunk; negative: the white between."""
        return min(self.right, chunk.right) - max(self.left, chunk.left)


@dataclass(slots=True)
class Block:
    """One table; `end` is the number of the line after it.

    `body` from the first row of values on; `heads` the header lines above, outermost first; `leading` what stands
    between in the stub: a section, or the first lines of a label.
    """

    heads: list[Line]
    body: list[Line]
    columns: list[Column]
    unit: float
    height: float
    stub_left: float
    words: Sequence[Word]
    caption: str = ""
    note: str = ""
    labelled: bool = True
    end: int = 0
    leading: list[Line] = field(default_factory=list)

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk of headers and body."""
        for line in (*self.heads, *self.leading, *self.body):
            yield from line.chunks

    def column_of(self, chunk: Chunk) -> int | None:
        """The column that a chunk of the body stands in: that of the largest shared width, else the nearest."""
        best, value = None, -2.0 * self.unit
        for number, column in enumerate(self.columns):
            overlap = column.overlap(chunk)
            if overlap > value:
                best, value = number, overlap
        return best

    def is_label(self, line: Line, position: int) -> bool:
        """Whether a chunk of a body line belongs to the row's label."""
        chunk = line.chunks[position]
        first = self.columns[0]
        if chunk.right < first.left + 0.5 * self.unit and chunk.kind == "text":
            return True
        return (
            position == 0
            and self.labelled
            and chunk.left < self.stub_left + 3 * self.unit
            and (chunk.centre < first.left)
        )


def blocks_of(zone: Zone) -> list[Block]:
    """The tables of a column of text."""
    lines = zone.lines
    blocks: list[Block] = []
    done = 0
    for first, last in _spans(zone):
        for start, stop in _cut_at_headers(lines, first, last, zone.unit):
            block = _block(zone, done, start, stop)
            if block is not None:
                if not block.heads and blocks and _goes_on(blocks[-1], block):
                    block.heads, block.note = blocks[-1].heads, block.note or blocks[-1].note
                blocks.append(block)
                done = block.end
    return blocks


def _goes_on(above: Block, below: Block) -> bool:
    """Whether a table without headers stands under those of the one above: the same columns, at no great distance."""
    gap = below.body[0].top - above.body[-1].bottom
    return (
        len(above.columns) == len(below.columns)
        and gap < 6 * below.height
        and all(
            min(one.right, two.right) > max(one.left, two.left)
            for one, two in zip(above.columns, below.columns, strict=True)
        )
    )


def is_seed(line: Line) -> bool:
    """Whether a line looks like a row: a value that is not its first chunk, or nothing but values."""
    values = [chunk for chunk in line.chunks if chunk.kind != "text"]
    if len(line.chunks) < 2 or not values:
        return False
    return values[-1] is not line.chunks[0]


def is_head(line: Line) -> bool:
    """Whether a line is a header by itself: periods only, with at most a note or the name of the stub beside them."""
    years = [chunk for chunk in line.chunks if chunk.kind == "year"]
    rest = [chunk for chunk in line.chunks if chunk.kind != "year"]
    if any(chunk.kind == "value" for chunk in rest) or not years:
        return False
    if len(years) >= 2 and len({chunk.text for chunk in years}) >= 2 and len(rest) <= len(years):
        return True
    return len(years) >= 1 and len(line.chunks) >= 2 and all(_is_stub_name(chunk.text) for chunk in rest)


_STUB_NAME = re.compile(
    r"(?i)(?:[(]?.*\b(?:in (?:thousands|millions|billions|percent)|ended|ending|as of|years?|change|increase|decrease|"
    r"%)\b.*)|구분|항목|과목|단위.*|계정.*|증감.*|[%()\s]+|fiscal.*|name|description|category"
)


def _is_stub_name(text: str) -> bool:
    return _STUB_NAME.fullmatch(text) is not None


def _spans(zone: Zone) -> Iterator[tuple[int, int]]:
    """Ranges of lines that belong together, each from its first to its last row of values."""
    lines = zone.lines
    first = last = -1
    columns: list[Column] = []
    for number, line in enumerate(lines):
        seed = is_seed(line)
        if first >= 0:
            gap = max(below.top - above.bottom for above, below in pairwise(lines[last : number + 1]))
            apart = number - last > _MOST_BETWEEN or gap > _most_gap(lines, first, last, zone.height)
            if apart or not _fits(line, seed, columns, zone, lines[last].chunks[0].left):
                yield first, last + 1
                first, columns = -1, []
        if seed or (first >= 0 and _in_columns(line, columns)):
            first = number if first < 0 else first
            last = number
            for chunk in line.chunks[1:] if len(line.chunks) > 1 else line.chunks:
                _extend(columns, chunk)
    if first >= 0:
        yield first, last + 1


def _extend(columns: list[Column], chunk: Chunk) -> None:
    """Add a value to the columns found so far; one that meets several tells nothing."""
    if chunk.kind == "text":
        return
    met = [column for column in columns if column.overlap(chunk) > 0]
    if len(met) == 1:
        met[0].left, met[0].right = min(met[0].left, chunk.left), max(met[0].right, chunk.right)
    elif not met:
        columns.append(Column(chunk.left, chunk.right))


def _most_gap(lines: list[Line], first: int, last: int, height: float) -> float:
    pitches = [below.top - above.bottom for above, below in pairwise(lines[first : last + 1])]
    return max(2.6 * height, 2.5 * median(pitches) if len(pitches) >= 2 else 4 * height)


def _in_columns(line: Line, columns: list[Column]) -> bool:
    """Values without a label, below others."""
    return bool(columns) and all(
        chunk.kind == "value" and any(column.overlap(chunk) > 0 for column in columns) for chunk in line.chunks
    )


def _fits(line: Line, seed: bool, columns: list[Column], zone: Zone, stub: float) -> bool:
    """Whether a line can stand inside a table of these columns: rows do, labels do, running text does not.

    `stub` is where the labels begin: a long section row may reach over the columns.
    """
    if not columns:
        return True
    if seed:
        values = [chunk for chunk in line.chunks if chunk.kind != "text"]
        return is_head(line) or any(column.overlap(chunk) > 0 for chunk in values for column in columns)
    left = min(column.left for column in columns) + zone.unit
    if len(line.chunks) == 1 and abs(line.chunks[0].left - stub) < 3 * zone.unit:
        return line.chunks[0].right < left or len(line.chunks[0].words) <= 12
    over = [chunk for chunk in line.chunks if chunk.right > left and chunk.kind == "text"]
    if over and line.chunks[0].left < left and not is_head(line) and sum(len(chunk.words) for chunk in line.chunks) > 8:
        return False
    return not any(len(chunk.words) > 7 for chunk in over)


def _columns(lines: Sequence[Line], unit: float) -> list[Column]:
    """Values that overlap, joined; those far wider than usual are left out, they would join what is apart."""
    chunks = [
        chunk
        for line in lines
        for position, chunk in enumerate(line.chunks)
        if chunk.kind != "text" and (position > 0 or len(line.chunks) == 1)
    ]
    if not chunks:
        return []
    usual = median(chunk.right - chunk.left for chunk in chunks)
    columns: list[Column] = []
    wide = [chunk for chunk in chunks if chunk.right - chunk.left > max(2.5 * usual, 12 * unit)]
    for chunk in sorted(chunks, key=lambda chunk: chunk.left):
        if any(chunk is other for other in wide):
            continue
        last = columns[-1] if columns else None
        if last is not None and chunk.left < last.right - 0.15 * min(unit, chunk.right - chunk.left):
            last.right = max(last.right, chunk.right)
            last.count += 1
        else:
            columns.append(Column(chunk.left, chunk.right))
    for chunk in wide:
        met = [column for column in columns if column.overlap(chunk) > 0]
        if len(met) == 1:
            met[0].left, met[0].right = min(met[0].left, chunk.left), max(met[0].right, chunk.right)
    return columns


def _cut_at_headers(lines: list[Line], first: int, last: int, unit: float) -> Iterator[tuple[int, int]]:
    """A span cut where new headers begin; each piece from its header line to its last row."""
    start = first
    seen = False
    stub = min(line.chunks[0].left for line in lines[first:last])
    for number in range(first, last):
        line = lines[number]
        beside = line.chunks[0].left > stub + 8 * unit and any(map(is_seed, lines[number + 1 : number + 4]))
        head = is_head(line) or (seen and beside and _is_inner_head(line))
        if head and seen:
            yield start, number
            start, seen = number, False
        elif not head and is_seed(line):
            seen = True
    yield start, last


def _is_inner_head(line: Line) -> bool:
    """Several short texts beside each other ("High | Low"), or a year alone; none over the stub."""
    if len(line.chunks) == 1:
        return line.chunks[0].kind == "year"
    return all(chunk.kind == "text" and len(chunk.words) <= 4 for chunk in line.chunks)


def _block(zone: Zone, done: int, start: int, stop: int) -> Block | None:
    """Body, columns and headers of the lines `start` to `stop`; `done`: where the table above ends."""
    lines = zone.lines
    while (
        stop > start
        and not is_seed(lines[stop - 1])
        and len(lines[stop - 1].chunks) == 1
        and (lines[stop - 1].chunks[0].kind == "text")
    ):
        stop -= 1
    begin = start
    while begin < stop and (is_head(lines[begin]) or not is_seed(lines[begin])):
        begin += 1
    body = lines[begin:stop]
    rows = [line for line in body if is_seed(line)]
    if not rows:
        return None
    stub_left = min(line.chunks[0].left for line in rows)
    labelled = True
    columns = _merge_sparse(_body_columns(body, stub_left, zone.unit), body, zone.unit)
    if not columns:
        return None
    columns = sorted([*columns, *_text_columns(rows, columns, stub_left, zone.unit)], key=lambda one: one.left)
    block = Block([], body, columns, zone.unit, zone.height, stub_left, zone.words, labelled=labelled, end=stop)
    top = _headers_above(block, lines, done, begin)
    lowest = begin
    while lowest > top and (
        all(chunk.right < columns[0].left for chunk in lines[lowest - 1].chunks)
        or _is_sentence(lines[lowest - 1], columns[0].left)
    ):
        lowest -= 1
    block.heads = lines[top:lowest]
    block.leading = lines[lowest:begin]
    block.caption, block.note = caption_and_note(
        lines[max(done, top - 8) : top], [*block.heads, *block.body[:1]], zone.height
    )
    values = sum(len([c for c in line.chunks if c.kind != "text"]) for line in rows)
    if len(rows) < 2 and (values < 2 or not block.heads or not _is_lone_row(rows[0])):
        return None
    return block


def _body_columns(body: Sequence[Line], stub_left: float, unit: float) -> list[Column]:
    trimmed = []
    for line in body:
        chunks = line.chunks
        if len(chunks) > 1 and chunks[0].left < stub_left + 3 * unit:
            chunks = chunks[1:]
            trimmed.append(Line([Chunk("", "text", 0, 0, 0, 0), *chunks], line.top, line.bottom))
        elif is_seed(line):
            trimmed.append(Line([Chunk("", "text", 0, 0, 0, 0), *chunks], line.top, line.bottom))
        else:
            trimmed.append(line)
    return _columns(trimmed, unit)


def _is_lone_row(line: Line) -> bool:
    """A row that is a table by itself has a label and figures: the scale of a chart and a line of years have not."""
    label, values = line.chunks[0], line.chunks[1:]
    return label.kind == "text" and any(chunk.kind == "value" for chunk in values)


def _text_columns(rows: Sequence[Line], columns: Sequence[Column], stub_left: float, unit: float) -> list[Column]:
    """Columns of words among those of figures: texts in half of the rows that begin, end or centre at one place."""
    spare: list[Chunk] = []
    for line in rows:
        for position, chunk in enumerate(line.chunks):
            label = position == 0 and chunk.left < stub_left + 3 * unit
            if chunk.kind == "text" and not label and all(column.overlap(chunk) <= 0 for column in columns):
                spare.append(chunk)
    groups: list[list[Chunk]] = []
    for chunk in sorted(spare, key=lambda chunk: chunk.left):
        if groups and chunk.left < max(other.right for other in groups[-1]):
            groups[-1].append(chunk)
        else:
            groups.append([chunk])
    found = []
    for group in groups:
        edges = ([c.left for c in group], [c.right for c in group], [c.centre for c in group])
        aligned = min(max(values) - min(values) for values in edges) < 2 * unit
        if aligned and len(group) >= max(2, 0.5 * len(rows)):
            found.append(Column(min(edges[0]), max(edges[1]), len(group)))
    return found


def _merge_sparse(columns: list[Column], body: Sequence[Line], unit: float) -> list[Column]:
    """A column of few values that never stands beside its close neighbour is part of it, set differently."""
    merged = True
    while merged and len(columns) > 1:
        merged = False
        for one, two in pairwise(columns):
            if two.left - one.right > 4 * unit or min(one.count, two.count) > 0.34 * max(one.count, two.count):
                continue
            together = any(
                any(one.overlap(chunk) > 0 and chunk.kind != "text" for chunk in line.chunks)
                and any(two.overlap(chunk) > 0 and chunk.kind != "text" for chunk in line.chunks)
                for line in body
            )
            if not together:
                one.right, one.count = max(one.right, two.right), one.count + two.count
                columns.remove(two)
                merged = True
                break
    return columns


def _headers_above(block: Block, lines: list[Line], done: int, begin: int) -> int:
    """First header line: going up from the first row, while lines stand over the columns and are no running text."""
    left = block.columns[0].left - 2 * block.unit
    top = begin
    below = lines[begin]
    for number in range(begin - 1, max(done, begin - _MOST_HEADERS - 4) - 1, -1):
        line = lines[number]
        if below.top - line.bottom > 2.2 * block.height:
            break
        over = [chunk for chunk in line.chunks if chunk.right > left]
        if over:
            if _is_sentence(line, left):
                # A long section row reaches over the columns: the headers are above it.
                if top < begin or not any(is_head(above) for above in lines[max(done, number - 2) : number]):
                    break
            elif any(len(chunk.words) > 9 for chunk in line.chunks):
                break
            else:
                top = number
        elif begin - number > 4 and top == begin:
            # Text over the stub only: a section row, or the first lines of the stub's own header.
            break
        below = line
    return top


def _is_sentence(line: Line, left: float) -> bool:
    """One chunk from the stub over to the columns: running text or a title."""
    return len(line.chunks) == 1 and line.chunks[0].left < left and len(line.chunks[0].words) > 3
