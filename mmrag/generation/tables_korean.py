"""The row of a table by what stands in one of its cells: "오븐이 있는 강의실은?" is the row with 오븐 under 장비.

Korean questions alone; knows nothing of figures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mmrag.generation.candidates import Candidate, Piece
from mmrag.generation.korean import suits
from mmrag.generation.tables_lookup import features_of, row_citation
from mmrag.generation.tables_match import Demand, Match
from mmrag.generation.tables_series import Series, forms, words_of
from mmrag.regions import Cell

__all__ = ["rows_of_text"]

_LEAST = 0.5


def rows_of_text(demand: Demand, series: Sequence[Series]) -> Iterator[Candidate]:
    """The label of the row that has, in a cell, most of the question that its table does not say anyway."""
    rows: dict[tuple[int, int], tuple[Series, list[Cell]]] = {}
    for one in series:
        for cell in one.cells.values():
            rows.setdefault((id(one.table.grid), cell.row), (one, []))[1].append(cell)
    hard = [word for word in demand.words if not word.soft]
    total = sum(word.weight for word in hard)
    for first, cells in rows.values() if total else ():
        label = cells[0].labels[-1].strip(" :") if cells[0].labels else ""
        of_label = _forms(label)
        if not label or any(word.forms & of_label for word in hard):
            continue
        table = first.table
        around = table.context | table.names | _forms(table.grid.stub)
        kind = suits(demand.question, table.grid.stub, label)
        for cell in cells:
            own = _forms(cell.text)
            direct = sum(word.weight for word in hard if word.forms & own) / total
            near = own | around | _forms(" ".join(cell.headers))
            recall = sum(word.weight for word in hard if word.forms & near) / total
            if direct == 0.0 or recall < _LEAST or kind < 0:
                continue
            match = Match(first, recall, recall, direct, 1.0, 1.0, 1.0 - recall, frozenset())
            claim = f"{', '.join(filter(None, (label, ' '.join(cell.headers))))}: {cell.text}"
            piece = Piece(label, claim, table.evidence.label, (row_citation(first, [cell], label),))
            extra = features_of(demand, match, by_value=1.0, suits=kind)
            score = 0.5 * recall + 0.3 * direct + 0.15 * kind + 0.12 / (1 + table.rank)
            yield Candidate("cell", label, (piece,), score, extra)


def _forms(text: str) -> frozenset[str]:
    return frozenset().union(*(forms(word) for word in words_of(text[:200])))
