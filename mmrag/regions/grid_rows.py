"""Rows of a table: labels over several lines, section rows, indents, rows without a label."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from mmrag.regions.grid_blocks import Block
from mmrag.regions.grid_chunks import Chunk, Line
from mmrag.types import Box

__all__ = ["Row", "rows_of"]

_OPEN_END = re.compile(
    r"(?:\b(?:and|or|of|for|the|in|to|by|on|with|from|at|as|a|an|that|is|than|per|under)|[,&/–-])$", re.I
)
_MONTH = re.compile(
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|[a-z]{3}\.)$", re.I
)
_TOTAL = re.compile(r"(?i)\s*(?:sub-?\s?)?totals?\b|합\s*계|총\s*계|소\s*계|계$")


@dataclass(slots=True)
class Row:
    """A row of values: by column the text, box and word indexes."""

    labels: tuple[str, ...]
    values: dict[int, tuple[str, Box, list[int]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Raw:
    """A line as label and values."""

    label: list[Chunk]
    values: dict[int, list[Chunk]]
    line: Line

    @property
    def text(self) -> str:
        return " ".join(chunk.text for chunk in self.label)

    @property
    def indent(self) -> float:
        return self.label[0].left if self.label else 0.0


def rows_of(block: Block) -> list[Row]:
    """The rows with their label paths."""
    raws = [_raw(block, line) for line in (*block.leading, *block.body)]
    return _with_sections(_join_labels(raws, block), block)


def _raw(block: Block, line: Line) -> _Raw:
    label: list[Chunk] = []
    values: dict[int, list[Chunk]] = {}
    for position, chunk in enumerate(line.chunks):
        if block.is_label(line, position) or (len(line.chunks) == 1 and chunk.kind == "text"):
            label.append(chunk)
            continue
        column = block.column_of(chunk)
        if column is None:
            if chunk.kind == "text" and not values:
                label.append(chunk)
            continue
        values.setdefault(column, []).append(chunk)
    return _Raw(label, values, line)


def _join_labels(raws: list[_Raw], block: Block) -> list[_Raw]:
    """Labels of several lines made one; what stays without values is a section row."""
    pitch = _row_pitch(raws)
    limit = max((raw.label[-1].right for raw in raws if raw.label and raw.values), default=0.0)
    done: list[_Raw] = []
    for raw in raws:
        last = done[-1] if done else None
        if last is not None and raw.label and last.label and _continues(last, raw, pitch, limit, block):
            last.label = [*last.label, *raw.label]
            last.values = last.values or raw.values
            last.line = Line(last.line.chunks + raw.line.chunks, last.line.top, raw.line.bottom)
            continue
        if (
            last is not None
            and not raw.label
            and raw.values
            and not last.values
            and last.label
            and (raw.line.top - last.line.bottom < 0.3 * block.height)
            and not last.text.rstrip().endswith(":")
        ):
            last.values = raw.values
            continue
        done.append(raw)
    return done


def _goes_on(last: _Raw, raw: _Raw, block: Block) -> bool:
    """Whether a line is more of the words in the cells above it."""
    words = all(chunk.kind == "text" for chunks in raw.values.values() for chunk in chunks)
    below = raw.line.top - max(chunk.bottom for chunks in last.values.values() for chunk in chunks)
    return (
        words
        and below < 0.8 * block.height
        and all(column in last.values and last.values[column][-1].kind == "text" for column in raw.values)
    )


def _row_pitch(raws: list[_Raw]) -> float:
    pitches = [two.line.middle - one.line.middle for one, two in pairwise(raws) if one.values and two.values]
    return median(pitches) if pitches else 0.0


def _continues(last: _Raw, raw: _Raw, pitch: float, limit: float, block: Block) -> bool:
    """Whether a label goes on in the next line."""
    before, after = last.text.rstrip(), raw.text.lstrip()
    if before.endswith((":", "：")) or (last.values and raw.values):
        return False
    step = raw.line.middle - last.line.chunks[-1].middle
    if step > 2.2 * block.height:
        return False
    open_end = bool(_OPEN_END.search(before)) or (after[:1].isdigit() and bool(_MONTH.search(before)))
    if last.values:
        # The values stand on the first line: what follows without values goes on, or is the next section.
        return after[:1].islower() or open_end
    if after[:1].islower() or open_end:
        return True
    # Lines of a label are often set closer than rows; a single line above a row is more often a section.
    if pitch and step < (0.92 if len(last.label) > 1 or not raw.values else 0.8) * pitch:
        return True
    width = (len(after.split(" ", 1)[0]) + 1) * block.unit
    end = last.label[-1].right
    full = end <= limit + block.unit and end + width > limit and end - block.stub_left > 0.6 * (limit - block.stub_left)
    return full and raw.indent > last.indent - block.unit and len(last.label[-1].words) >= 2


def _with_sections(raws: list[_Raw], block: Block) -> list[Row]:
    """Section rows go into the labels of the rows below them, by indent."""
    rows: list[Row] = []
    sections: list[tuple[float, str, bool]] = []
    carried: tuple[str, ...] = ()
    for raw in raws:
        text = raw.text.strip()
        if not raw.values:
            if text.endswith(".") and len(text) > 15:
                sections, carried = [], ()  # the end of a sentence: what follows is another table
            elif text:
                indent = raw.indent
                while sections and sections[-1][0] > indent - block.unit:
                    sections.pop()
                sections.append((indent, text, False))
                carried = ()
            continue
        if raw.label:
            indent = raw.indent
            while sections and (
                sections[-1][0] > indent + block.unit or (sections[-1][2] and sections[-1][0] > indent - block.unit)
            ):
                sections.pop()
            carried = (*(section for _, section, _ in sections), text)
            sections = [(left, name, left < indent - block.unit) for left, name, _ in sections]
            labels = carried
            if _TOTAL.match(text) and sections and sections[-1][0] > indent - block.unit:
                labels = carried
        else:
            labels = carried
        rows.append(Row(labels, {column: _merge(chunks) for column, chunks in raw.values.items()}))
        if raw.label and _TOTAL.match(text) and sections and sections[-1][0] > raw.indent - block.unit:
            sections.pop()
    return rows


def _merge(chunks: Sequence[Chunk]) -> tuple[str, Box, list[int]]:
    box = chunks[0].box
    indexes: list[int] = []
    for chunk in chunks:
        box = box.union(chunk.box)
        indexes += chunk.words
    return " ".join(chunk.text for chunk in chunks), box, indexes
