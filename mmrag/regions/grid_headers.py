"""Which header stands over which column: several lines, and headers that span several columns."""

from __future__ import annotations

from itertools import pairwise

from mmrag.regions.grid_blocks import Block, Column
from mmrag.regions.grid_chunks import Chunk, kind_of

__all__ = ["header_paths"]

_LONGEST = 160
"""Characters of a header path: more is running text."""


def header_paths(block: Block) -> tuple[list[tuple[str, ...]], str]:
    """For each column its header path, outermost first, and the header of the stub.

    A header belongs to the columns that it covers; one set in the middle over several columns, to those that are
    nearer to it than to its neighbours, if it stands at their middle rather than at the middle of one of them.
    """
    columns = block.columns
    paths: list[list[tuple[frozenset[int], str]]] = [[] for _ in columns]
    stub: list[str] = []
    below: list[tuple[Chunk, frozenset[int]]] = []
    levels: list[list[tuple[Chunk, frozenset[int]]]] = []
    for line in reversed(block.heads):
        over: list[Chunk] = []
        for chunk in line.chunks:
            if _over_stub(chunk, block):
                stub.append(chunk.text)
            else:
                over += _split(chunk, block)
        below = _stacked(list(zip(over, _members(over, columns, block.unit), strict=True)), below, block.unit)
        levels.append(below)
    for level in reversed(levels):
        for chunk, members in level:
            for number in members:
                path = paths[number]
                if path and path[-1][0] == members:
                    path[-1] = (members, f"{path[-1][1]} {chunk.text}")
                else:
                    path.append((members, chunk.text))
    named = [tuple(text for _, text in path) for path in paths]
    return [path if sum(map(len, path)) <= _LONGEST else () for path in named], " ".join(reversed(stub))


def _stacked(
    level: list[tuple[Chunk, frozenset[int]]], below: list[tuple[Chunk, frozenset[int]]], unit: float
) -> list[tuple[Chunk, frozenset[int]]]:
    """A short line above the middle of a header over several columns is that header's first line."""
    if len(level) != 1 or len(level[0][1]) != 1:
        return level
    chunk, members = level[0]
    for other, wider in below:
        if members < wider and abs(other.centre - chunk.centre) < 2 * unit:
            return [(chunk, wider)]
    return level


def _over_stub(chunk: Chunk, block: Block) -> bool:
    """Whether a header stands over the labels, and not left of the figures of the first column that it heads."""
    first = block.columns[0]
    if chunk.right > first.left - 0.5 * block.unit:
        return False
    labels = [line.chunks[0] for line in block.body if line.chunks[0].right < first.left]
    edge = max((label.right for label in labels), default=block.stub_left)
    return not (first.left - chunk.right < 3 * block.unit and chunk.left > edge)


def _split(chunk: Chunk, block: Block) -> list[Chunk]:
    """A run of words over several columns with white at the borders of the columns is several headers."""
    met = [column for column in block.columns if column.overlap(chunk) > 0]
    if len(met) < 2 or len(chunk.words) < 2:
        return [chunk]
    boxes = [block.words[index].box for index in chunk.words]
    gaps = [after.left - before.right for before, after in pairwise(boxes)]
    parts: list[list[int]] = [[0]]
    for number, gap in enumerate(gaps, start=1):
        middle = (boxes[number - 1].right + boxes[number].left) / 2
        border = any(one.centre < middle < two.centre for one, two in pairwise(met))
        wide = gap > 0.75 * block.unit and gap > 1.25 * min(gaps)
        if border and (wide or _twins(chunk, number, block)):
            parts.append([number])
        else:
            parts[-1].append(number)
    if len(parts) == 1:
        return [chunk]
    return [_part(chunk, members, block) for members in parts]


def _twins(chunk: Chunk, number: int, block: Block) -> bool:
    """The same words twice: "Compensation Compensation", "2019 2019"."""
    texts = [block.words[index].text for index in chunk.words]
    return texts[:number] == texts[number:]


def _part(chunk: Chunk, members: list[int], block: Block) -> Chunk:
    words = [chunk.words[number] for number in members]
    boxes = [block.words[index].box for index in words]
    text = " ".join(block.words[index].text for index in words)
    left, right = min(box.left for box in boxes), max(box.right for box in boxes)
    return Chunk(text, kind_of(text), left, chunk.top, right, chunk.bottom, words)


def _members(chunks: list[Chunk], columns: list[Column], unit: float) -> list[frozenset[int]]:
    """The columns of each header of a line; a column has at most one."""
    owner: dict[int, int] = {}
    for number, column in enumerate(columns):
        best, value = -1, 0.2 * unit
        for position, chunk in enumerate(chunks):
            overlap = column.overlap(chunk)
            if overlap > value:
                best, value = position, overlap
        if best >= 0:
            owner[number] = best
    result: list[frozenset[int]] = []
    for position, chunk in enumerate(chunks):
        covered = {number for number, best in owner.items() if best == position}
        group = covered | {
            number
            for number, column in enumerate(columns)
            if number not in owner and _nearest(column, chunks) == position
        }
        result.append(frozenset(_extent(chunk, covered, group, columns, unit)))
    return result


def _nearest(column: Column, chunks: list[Chunk]) -> int:
    distances = [abs(chunk.centre - column.centre) for chunk in chunks]
    return distances.index(min(distances))


def _extent(chunk: Chunk, covered: set[int], group: set[int], columns: list[Column], unit: float) -> set[int]:
    """Of the columns that a header covers and those that it is nearest to, the ones that it heads."""
    if group == covered or not group:
        return covered
    left, right = min(columns[i].left for i in group), max(columns[i].right for i in group)
    off = abs((left + right) / 2 - chunk.centre)
    central = off < max(2.5 * unit, 0.06 * (right - left))
    if len(covered) >= 2:
        return group if central else covered
    own = min(group, key=lambda i: abs(columns[i].centre - chunk.centre))
    if len(group) > 1 and central:
        apart = abs(columns[own].centre - chunk.centre)
        if apart > max(2 * unit, off) or (len(group) % 2 and len(group) > 1 and chunk.kind == "year"):
            return group
    if covered:
        return covered
    return {own} if -columns[own].overlap(chunk) < 6 * unit else set()
