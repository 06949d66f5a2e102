"""Tables of the evidence as series: the values that differ only in the period they are for.

"Packaging" with 2019 and 2018 over the columns is one series of two values, and so is "Salary ($)" of a person with a
row for each year. Knows nothing of the question.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from mmrag.lexical import tokenize
from mmrag.lexical.languages import korean_stems
from mmrag.protocols import PageSource
from mmrag.quantities import Quantity, quantities, scale_of
from mmrag.regions import Cell, Grid, read_grids
from mmrag.types import Evidence, Region

__all__ = ["Period", "Series", "Table", "TableReader", "figure", "forms", "period_of", "words_of"]

_KEPT_PAGES = 512
_YEAR = re.compile(r"(?<![\d,.$])((?:19|20)\d\d)(?![\d,]*\d|%|\.\d)")
_QUARTER = re.compile(
    r"\bq\s?([1-4])\b|\b([1-4])\s?q\b|\b(first|second|third|fourth)\s+(?:fiscal\s+)?quarter|제?\s*([1-4])\s*(?:/\s*4\s*)?분기",
    re.IGNORECASE,
)
_HALF = re.compile(r"\bh([12])\b|\b([12])h\b|\b(first|second)\s+half\b|(상|하)반기", re.IGNORECASE)
_MONTH_WORD = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)"
)
_PERIOD_WORDS = re.compile(
    r"(?i)\b(?:(?:for|as of|at|through|the|fiscal)\s+)*(?:(?:years?|months?|quarters?|period)\s+)?"
    r"(?:(?:ended|ending)\s+)?"
    rf"{_MONTH_WORD}\b\.?(?:\s+\d{{1,2}}(?!\d))?,?"
    r"|\b(?:for the\s+)?(?:fiscal\s+)?years?\s+(?:ended|ending)\b,?|\bfiscal(?:\s+years?)?\b"
    r"|(?<=\d)\s*년(?:도|말)?|\d{1,2}\s*월(?:\s*\d{1,2}\s*일)?(?:\s*말)?"
)
_SENTENCE = re.compile(r"[가-힣][다요]\.\s*$")
"""A caption that is the end of a paragraph; its years are not those of the table."""
_OPEN = re.compile(r"(?i)thereafter|beyond|and (?:after|later)|onwards?|이후")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "상": 1, "하": 2}
_WORD = re.compile(r"[^\W_]+(?:[-'’&.][^\W_]+)*|%|\$")
_DASH = re.compile(r"[-–—−‒―$€£₩\s()%]+")


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A year and, within it, a part such as "Q3" or "H1"; 0 and "" where not stated."""

    year: int = 0
    part: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.part, str(self.year) if self.year else "")))


@dataclass(frozen=True, slots=True)
class Table:
    """A grid on a page of the evidence; `rank` of the page from 0; `scale` of its unit note, 1 if it has none."""

    grid: Grid
    evidence: Evidence
    rank: int
    regions: tuple[Region, ...]
    scale: Decimal
    context: frozenset[str]
    page: frozenset[str]
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Series:
    """Values that share row label and column header but for the period.

    `labels` and `headers` are those without periods; `own` are the words of the row's own label, `above` those of its
    sections, `heads` those of the headers, `beside` the forms of the words in other cells of the row.
    """

    table: Table
    cells: Mapping[Period, Cell]
    labels: tuple[str, ...]
    headers: tuple[str, ...]
    own: tuple[str, ...]
    above: tuple[str, ...]
    heads: tuple[str, ...]
    beside: frozenset[str] = frozenset()

    @property
    def name(self) -> str:
        """What the values measure, in the words of the table."""
        return ", ".join(part.strip(" :") for part in (*self.labels, *self.headers) if part.strip(" :"))


def words_of(text: str) -> tuple[str, ...]:
    """The words of a text, in order, lower case."""
    return tuple(match[0].casefold() for match in _WORD.finditer(text))


@lru_cache(maxsize=50_000)
def forms(word: str) -> frozenset[str]:
    """The forms under which a word meets others: without endings, Korean without particles; no pairs of syllables."""
    if word in ("%", "$"):
        return frozenset((word,))
    whole = frozenset(term for term in tokenize(word) if term.isascii() or len(term) > 2 or len(word) <= 2)
    return whole if word.isascii() else whole.union(stem for stem in korean_stems(word) if len(stem) > 1)


def period_of(text: str) -> tuple[Period, str]:
    """The period that a label names, and the label without it; two different years are a range, which is no period."""
    years = {int(match[1]) for match in _YEAR.finditer(text)}
    if len(years) > 1 or (years and _OPEN.search(text)):
        return Period(), text
    part = ""
    rest = text
    quarter, half = _QUARTER.search(text), _HALF.search(text)
    if quarter:
        found = next(group for group in quarter.groups() if group)
        part = f"Q{_ORDINALS.get(found.casefold(), found)}"
        rest = _QUARTER.sub(" ", rest)
    elif half:
        found = next(group for group in half.groups() if group)
        part = f"H{_ORDINALS.get(found.casefold(), found)}"
        rest = _HALF.sub(" ", rest)
    if not years and not part:
        return Period(), text
    rest = _YEAR.sub(" ", _PERIOD_WORDS.sub(" ", rest)) if years else rest
    return Period(next(iter(years), 0), part), " ".join(rest.strip(" ,()-–—").split())


def figure(cell: Cell) -> Quantity | None:
    """The number of a cell; a dash counts as 0; None for text."""
    if _DASH.fullmatch(cell.text):
        return Quantity(cell.text, 0, len(cell.text), Decimal(0), Decimal(1), "")
    found = quantities(cell.text)
    return found[0] if found else None


class TableReader:
    """Reads tables of the evidence through a `PageSource`; keeps those of pages read lately."""

    def __init__(self, pages: PageSource) -> None:
        self._pages = pages
        self._kept: OrderedDict[tuple[str, int], tuple[tuple[Grid, ...], tuple[Region, ...], frozenset[str]]]
        self._kept = OrderedDict()

    def read(self, evidence: Sequence[Evidence]) -> list[Series]:
        """Every series of the pages, in their order."""
        found: list[Series] = []
        for rank, entry in enumerate(evidence):
            grids, regions, words = self._page(entry)
            document = entry.region.document
            names = frozenset(tokenize(f"{document.path.stem.replace('_', ' ')} {document.title}"))
            heading = " ".join(entry.region.headings)
            for grid in grids:
                near = frozenset(tokenize(f"{grid.caption} {grid.stub} {heading}"))
                table = Table(grid, entry, rank, regions, scale_of(grid.note), near, words, names)
                found += _series(table)
        return found

    def _page(self, entry: Evidence) -> tuple[tuple[Grid, ...], tuple[Region, ...], frozenset[str]]:
        key = (entry.region.document.id, entry.region.page)
        if key not in self._kept:
            words = self._pages.words(*key)
            regions = tuple(self._pages.page_regions(*key)) or (entry.region,)
            grids = read_grids(words, [region.box for region in regions if region.kind == "table"])
            self._kept[key] = (grids, regions, frozenset(tokenize(" ".join(word.text for word in words))))
            while len(self._kept) > _KEPT_PAGES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


def _series(table: Table) -> list[Series]:
    """Cells of one grid by what they share; a period in the caption alone counts where it is the only one."""
    groups: OrderedDict[tuple[object, ...], tuple[dict[Period, Cell], tuple[str, ...], tuple[str, ...]]] = OrderedDict()
    outer, _ = period_of(f"{table.grid.stub} {'' if _SENTENCE.search(table.grid.caption) else table.grid.caption}")
    heads = {_strip(path)[0].year for path in {cell.headers for cell in table.grid.cells}} - {0}
    for cell in table.grid.cells:
        of_row, labels = _strip(cell.labels)
        of_column, headers = _strip(cell.headers)
        period = _joined(of_row, of_column)
        if period is None and len(heads) > 1:
            period, labels, of_row = of_column, cell.labels, Period()
        elif period is None:
            # All columns are of one date, that of the statement; the rows tell the years.
            period = of_row
        if not period.year and outer.year:
            period = Period(outer.year, period.part)
        in_row = bool(of_row.year or of_row.part)
        in_column = bool(of_column.year or of_column.part)
        place = (-1 if in_row else cell.row, -1 if in_column else cell.column)
        key = (labels, headers, place)
        cells, _, _ = groups.setdefault(key, ({}, labels, headers))
        cells.setdefault(period, cell)
    beside = _beside(table.grid)
    return [_finished(table, cells, labels, headers, beside) for cells, labels, headers in groups.values()]


def _beside(grid: Grid) -> dict[int, dict[int, frozenset[str]]]:
    """For each row, the forms of the words in each of its cells that is no figure."""
    found: dict[int, dict[int, frozenset[str]]] = {}
    for cell in grid.cells:
        words = words_of(cell.text[:200]) if sum(map(str.isalpha, cell.text)) > 0.5 * len(cell.text) else ()
        if words:
            found.setdefault(cell.row, {})[cell.column] = frozenset().union(*map(forms, words))
    return found


def _joined(one: Period, other: Period) -> Period | None:
    """Both periods as one; None where they contradict each other."""
    if (one.year and other.year and one.year != other.year) or (one.part and other.part and one.part != other.part):
        return None
    return Period(one.year or other.year, one.part or other.part)


def _strip(path: tuple[str, ...]) -> tuple[Period, tuple[str, ...]]:
    """The period along a path and the path without it; the innermost year counts."""
    period = Period()
    rest: list[str] = []
    for text in path:
        found, plain = period_of(text)
        period = Period(found.year or period.year, found.part or period.part)
        if plain:
            rest.append(plain)
    return period, tuple(rest)


def _finished(
    table: Table,
    cells: dict[Period, Cell],
    labels: tuple[str, ...],
    headers: tuple[str, ...],
    beside: dict[int, dict[int, frozenset[str]]],
) -> Series:
    own = words_of(labels[-1]) if labels else ()
    above = words_of(" ".join(labels[:-1]))
    bare = [plain for header in headers if (plain := _PERIOD_WORDS.sub(" ", header).strip())]
    near: frozenset[str] = frozenset()
    if len({cell.row for cell in cells.values()}) == 1:
        one = next(iter(cells.values()))
        others = beside.get(one.row, {})
        near = near.union(*(words for column, words in others.items() if column != one.column))
    return Series(table, cells, labels, headers, own, above, words_of(" ".join(bare)), near)
