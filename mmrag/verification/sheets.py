"""A page of evidence as the checks see it: spots of running text, rows and cells of tables, and what is named around.

Pages read lately are kept. Words come from a `PageSource`; evidence without words is read from its region's text.
"""

from __future__ import annotations

import math
import re
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from pathlib import Path

from mmrag.lexical.orders import is_order
from mmrag.protocols import PageSource
from mmrag.quantities import Period, Quantity, periods, quantities, scale_of
from mmrag.regions.grid import Cell, read_grids
from mmrag.regions.lines import Line, text_lines
from mmrag.regions.prose import read_sentences
from mmrag.types import Box, Citation, Evidence, Region, Word
from mmrag.verification.terms import Term, forms_of, labels_of, squeeze, terms_of

__all__ = ["Sheet", "Sheets", "Slot", "Spot"]

_KEPT_PAGES = 256
_MOST_WORDS = 20_000
"""Of one page; a text given as evidence may be longer, and the rest is then read in pages of this size."""


_HEAD_LINES, _HEAD_WORDS = 2, 12
"""Lines at the top of a page that may be its running head, and the words of such a line."""
_LIGHT = 0.3
"""Of the weight of a word that carries little."""
_LONGEST_PASSAGE = 8_000
"""Characters that a model is given to read; a full page of print has fewer."""


@dataclass
class Spot:
    """A sentence, list item, heading, or row of a table: a place where a fact may be stated."""

    text: str
    start: int
    stop: int
    boxes: tuple[Box, ...] = ()
    heading: str = ""
    paragraph: int = -1
    row: bool = False
    title: bool = False
    table: bool = False
    """It is a row of a table whose columns are known: its numbers are judged cell by cell."""
    lead: str = ""
    """Of a list item: the line that opens the list ("Crew must bring:")."""

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Its words of meaning."""
        return terms_of(self.text)

    @cached_property
    def forms(self) -> frozenset[str]:
        """Forms of every word."""
        return forms_of(self.text)

    @cached_property
    def squeezed(self) -> str:
        """Letters and digits only."""
        return squeeze(self.text)

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """Every number, without those of dates."""
        spans = [one.span for one in self.periods]
        every = quantities(self.text)
        return tuple(one for one in every if not any(a < one.stop and one.start < b for a, b in spans))

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Every date."""
        return periods(self.text)


@dataclass
class Slot:
    """A cell of a table with what its place says: its row, its column, the table's caption and unit."""

    cell: Cell
    table: int
    caption: str
    note: str
    stub: str

    @cached_property
    def row_terms(self) -> tuple[Term, ...]:
        """Words of the row's own label."""
        return labels_of(self.cell.labels[-1]) if self.cell.labels else ()

    @cached_property
    def row_forms(self) -> frozenset[str]:
        """Forms of the row's whole path."""
        return frozenset(form for term in labels_of(" ".join(self.cell.labels)) for form in term.forms)

    @cached_property
    def dated(self) -> bool:
        """Whether the row's own label is nothing but a date."""
        label = self.cell.labels[-1] if self.cell.labels else ""
        spans = [one.span for one in periods(label)]
        return bool(spans) and all(any(a <= term.start < b for a, b in spans) for term in terms_of(label))

    @cached_property
    def head_terms(self) -> tuple[Term, ...]:
        """Words of the column's header path."""
        heads = " ".join(self.cell.headers)
        spans = [one.span for one in periods(heads)]
        return tuple(term for term in labels_of(heads) if not any(a < term.stop and term.start < b for a, b in spans))

    @cached_property
    def head_forms(self) -> frozenset[str]:
        """Forms of the column's header path."""
        return frozenset(form for term in labels_of(" ".join(self.cell.headers)) for form in term.forms)

    @cached_property
    def caption_forms(self) -> frozenset[str]:
        """Forms of caption, note and the header over the labels."""
        return forms_of(f"{self.caption} {self.note} {self.stub}")

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Of column and row: what tells this value from its neighbours."""
        heads = re.sub(r"[\s,]*,[\s,]*", ", ", " ".join(self.cell.headers))
        return (*periods(heads), *(one for label in self.cell.labels for one in periods(label)))

    @cached_property
    def quantity(self) -> Quantity | None:
        """Its value with the unit that its sign, header or row states; None for text."""
        found = quantities(self.cell.text)
        if len(found) != 1:
            return None
        one = found[0]
        around = " ".join((*self.cell.headers[-1:], *self.cell.labels[-1:]))
        if not one.unit and ("%" in around or "percent" in around.casefold() or "비율" in around or "률" in around):
            return replace(one, unit="%")
        return replace(one, unit="") if one.unit == "year" else one

    @cached_property
    def scale(self) -> Decimal:
        """What a unit statement over the table multiplies its amounts by."""
        for text in (" ".join(self.cell.headers), " ".join(self.cell.labels[-1:]), self.note, self.caption):
            factor = scale_of(text)
            if factor != 1:
                return factor
        return Decimal(1)

    @property
    def place(self) -> str:
        """Row and column in words."""
        names = [name for name in (*self.cell.labels[-2:], *self.cell.headers[-2:]) if name.strip()]
        return ", ".join(" ".join(name.split())[:60] for name in names)


@dataclass
class Sheet:
    """One page of evidence, read."""

    evidence: Evidence
    words: tuple[Word, ...]
    regions: tuple[Region, ...]
    spots: tuple[Spot, ...]
    slots: tuple[Slot, ...]
    around: str
    """Title, file name and headings."""
    subject: str = ""
    """Title, file name and running head: what the page is of, and what its sentences need not name."""
    orders: tuple[Spot, ...] = ()
    """Sentences that tell their reader what to say: they state nothing, so no claim can rest on them."""
    _weights: dict[str, float] = field(default_factory=dict)

    @cached_property
    def around_forms(self) -> frozenset[str]:
        """Forms of title, file name, headings and running head."""
        return forms_of(self.around) | self.subject_forms

    @cached_property
    def subject_forms(self) -> frozenset[str]:
        """Forms of title, file name and running head."""
        return forms_of(self.subject)

    @cached_property
    def around_periods(self) -> tuple[Period, ...]:
        """Dates of title, file name and headings."""
        return periods(self.around)

    @cached_property
    def text(self) -> str:
        """Every word of the page."""
        return " ".join(word.text for word in self.words) or self.evidence.region.text

    @cached_property
    def squeezed(self) -> str:
        """The page as letters and digits only."""
        return squeeze(self.text)

    @cached_property
    def counts(self) -> Counter[str]:
        """In how many spots a form stands."""
        return Counter(form for spot in self.spots for form in spot.forms)

    def passage(self, near: str) -> str:
        """The text of the page, for models that read; of a long page what stands around `near`."""
        if len(self.text) <= _LONGEST_PASSAGE:
            return self.text
        place = max(0, self.text.find(near[:40]) - _LONGEST_PASSAGE // 2) if near else 0
        return self.text[place : place + _LONGEST_PASSAGE]

    def weight(self, term: Term) -> float:
        """How much a word tells: rare on the page counts more; what is not there counts like the rarest."""
        if term.word not in self._weights:
            most = max((self.counts[form] for form in term.forms), default=0)
            rare = math.log(1 + (len(self.spots) + 3) / (most + 1))
            self._weights[term.word] = rare * (_LIGHT if term.light else 1.0)
        return self._weights[term.word]

    def cite(self, start: int, stop: int, quote: str = "") -> Citation:
        """Words `start` to `stop` of the page, in the smallest region that holds them."""
        chosen = self.words[start:stop]
        text = quote or " ".join(word.text for word in chosen)
        if not chosen:
            return Citation(self.evidence.region, None, text)
        box = chosen[0].box
        for word in chosen[1:]:
            box = box.union(word.box)
        holding = [
            region
            for region in self.regions
            if region.box.intersection(box) > 0.95 * box.area and region.kind != "tile"
        ]
        region = min(holding, key=lambda one: one.box.area, default=self.evidence.region)
        return Citation(region, None if _is_typed(region) else box, text)

    def cite_spot(self, spot: Spot) -> Citation:
        """A spot of the page."""
        return self.cite(spot.start, spot.stop, spot.text)

    def cite_slot(self, slot: Slot) -> Citation:
        """A cell of a table."""
        places = slot.cell.words
        if places and max(places) - min(places) + 1 == len(places):
            return self.cite(min(places), max(places) + 1, slot.cell.text)
        first = self.cite(min(places), min(places) + 1, slot.cell.text) if places else self.cite(0, 0, slot.cell.text)
        return Citation(first.region, slot.cell.box if first.box else None, slot.cell.text)


def _is_typed(region: Region) -> bool:
    """Whether the evidence is a text that lies in no file, so that no rectangle means anything."""
    return region.document.path == Path()


class Sheets:
    """Reads pages of evidence, and keeps the last ones."""

    def __init__(self, pages: PageSource) -> None:
        self._pages = pages
        self._kept: OrderedDict[tuple[str, int, str], Sheet] = OrderedDict()

    def read(self, evidence: Sequence[Evidence]) -> list[Sheet]:
        """A sheet for each piece of evidence, in its order."""
        return [self._read(entry) for entry in evidence]

    def _read(self, entry: Evidence) -> Sheet:
        region = entry.region
        key = (region.document.id, region.page, region.text if region.document.path == Path() else "")
        sheet = self._kept.get(key)
        if sheet is None:
            sheet = self._new(entry)
            self._kept[key] = sheet
            while len(self._kept) > _KEPT_PAGES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return replace(sheet, evidence=entry) if sheet.evidence is not entry else sheet

    def _new(self, entry: Evidence) -> Sheet:
        region = entry.region
        words = self._pages.words(region.document.id, region.page)[:_MOST_WORDS]
        regions = tuple(self._pages.page_regions(region.document.id, region.page)) or (region,)
        if not words:
            words = ()
        headings = {heading for one in regions for heading in one.headings} | set(region.headings)
        name = region.document.path.stem.replace("_", " ").replace("-", " ")
        around = _joined(name, region.document.title, *sorted(headings))
        boxes = [one.box for one in regions if one.kind == "table"]
        slots = tuple(
            Slot(cell, number, grid.caption, grid.note, grid.stub)
            for number, grid in enumerate(read_grids(words, boxes) if words else ())
            for cell in grid.cells
            if not is_order(cell.text)
        )
        lines = text_lines(words) if words else ()
        every = _spots(words, lines, slots) if words else _text_spots(region)
        ordering = _orders(every)
        spots = tuple(one for one, told in zip(every, ordering, strict=True) if not told)
        orders = tuple(one for one, told in zip(every, ordering, strict=True) if told)
        subject = _joined(name, region.document.title, *_running_head(lines))
        return Sheet(entry, words, regions, spots, slots, around, subject, orders)


def _joined(*texts: str) -> str:
    """Texts that say what a page is of; an order says nothing of it."""
    return " . ".join(text for text in texts if not is_order(text))


def _orders(spots: Sequence[Spot]) -> list[bool]:
    """Which spots tell their reader what to say, alone or with the line that goes on where they stop."""
    alone = [is_order(spot.text) for spot in spots]
    found = alone.copy()
    for place, (one, after) in enumerate(pairwise(spots)):
        open_ = not (one.row or after.row) and one.text.rstrip()[-1:] not in ".!?。:："
        if open_ and not (alone[place] or alone[place + 1]) and is_order(f"{one.text} {after.text}"):
            found[place] = found[place + 1] = True
    return found


def _running_head(page: Sequence[Line]) -> list[str]:
    """The short lines at the very top of a page; a line of prose is none."""
    lines = sorted(page, key=lambda line: line.box.top)[:_HEAD_LINES]
    texts = [" ".join(word.text for word in line.words) for line in lines if len(line.words) <= _HEAD_WORDS]
    return [text for text in texts if not text.endswith((".", ",", ";")) or text.istitle() or text.isupper()]


def _spots(words: Sequence[Word], lines: Sequence[Line], slots: Sequence[Slot]) -> tuple[Spot, ...]:
    """Sentences, then rows of tables with their labels, then every line that neither has."""
    found, lead = [], ""
    for one in read_sentences(words):
        if not one.item:
            lead = one.text if one.text.rstrip().endswith((":", "：")) else ""
        found.append(
            Spot(one.text, one.start, one.stop, one.boxes, one.heading, one.paragraph, title=one.title, lead=lead)
        )
        if not one.item:
            found[-1].lead = ""
    covered = {place for spot in found for place in range(spot.start, spot.stop)}
    rows: dict[tuple[int, int], list[Slot]] = {}
    for slot in slots:
        rows.setdefault((slot.table, slot.cell.row), []).append(slot)
    for members in rows.values():
        first = members[0]
        text = " ".join((*first.cell.labels, *(member.cell.text for member in members)))
        places = [place for member in members for place in member.cell.words]
        found.append(Spot(text, min(places), max(places) + 1, heading=first.caption, row=True, table=True))
        covered.update(places)
    celled = {place for slot in slots for place in slot.cell.words}
    for line in lines:
        if any(place in celled for place in range(line.start, line.stop)):
            continue
        if sum(place not in covered for place in range(line.start, line.stop)) > 0.5 * (line.stop - line.start):
            text = " ".join(word.text for word in line.words)
            found.append(Spot(text, line.start, line.stop, (line.box,), row=True))
    return tuple(found)


def _text_spots(region: Region) -> tuple[Spot, ...]:
    lines = [line.strip() for line in region.text.split("\n")]
    return tuple(Spot(line, 0, 0, (), paragraph=0) for line in lines if line)
