"""Pages to regions: synthetic pages, and properties that hold for any page."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.regions import segment
from mmrag.regions.sentences import sentence_ends
from mmrag.types import Block, Box, Page, Segment, Word

PROSE = "The board approved the plan. It takes effect in May and ends in June. Costs stay as they were."


def count(text: str) -> int:
    """Stands in for a tokenizer: words."""
    return len(text.split())


class Paper:
    """A page put together from blocks of text at given places."""

    def __init__(self, width: float = 600, height: float = 800) -> None:
        self.page = Page(1, width, height, origin="layer")

    def text(self, text: str, left: float, top: float, right: float, level: int = 0, size: float = 0.015) -> float:
        """Set a block and return where it ends."""
        start, x, y = len(self.page.words), left, top
        words = []
        for part in text.split():
            length = 0.6 * size * max(len(part), 1)
            if x > left and x + length > right:
                x, y = left, y + 1.4 * size
            words.append(Word(part, Box(x, y, min(x + length, right), y + size)))
            x += length + 0.25 * size
        box = Box(left, top, right, y + size)
        block = Block(box, start, start + len(words), level, size)
        self.page = replace(self.page, words=self.page.words + tuple(words), blocks=(*self.page.blocks, block))
        return y + size

    def cells(self, rows: list[list[str]], left: float, top: float, step: float = 0.15, size: float = 0.015) -> Box:
        """Set a table, each cell a block; returns its box."""
        for row, cells in enumerate(rows):
            for column, cell in enumerate(cells):
                self.text(
                    cell, left + step * column, top + 1.6 * size * row, left + step * (column + 1) - 0.01, size=size
                )
        return Box(left - 0.01, top - 0.005, left + step * len(rows[0]), top + 1.6 * size * len(rows))

    def segments(self, max_tokens: int = 256, **values: object) -> tuple[Segment, ...]:
        return segment(replace(self.page, **values), count_tokens=count, max_tokens=max_tokens)


def of_kind(segments: tuple[Segment, ...], kind: str) -> list[Segment]:
    return [item for item in segments if item.kind == kind]


def test_empty_page_is_one_region() -> None:
    assert segment(Page(1, 600, 800), count_tokens=count) == (Segment("page"),)


def test_whole_page_comes_first_and_alone_on_request() -> None:
    paper = Paper()
    paper.text(PROSE, 0.1, 0.1, 0.9)
    page = replace(paper.page, headings=("Report",))
    assert paper.segments()[0].kind == "page"
    assert paper.segments()[0].box == Box()
    assert paper.segments()[0].text.split() == PROSE.split()
    alone = segment(page, count_tokens=count, kinds="page")
    assert [item.kind for item in alone] == ["page"]
    assert alone[0].headings == ("Report",)


def test_headings_start_passages_and_make_their_path() -> None:
    paper = Paper()
    y = paper.text("Results", 0.1, 0.1, 0.9, level=1, size=0.03)
    y = paper.text(PROSE * 3, 0.1, y + 0.02, 0.9)
    y = paper.text("Outlook", 0.1, y + 0.03, 0.9, level=2, size=0.02)
    paper.text(PROSE * 3, 0.1, y + 0.02, 0.9)
    first, second = of_kind(paper.segments(headings=("Report", "Old", "Older")), "passage")
    assert first.text.startswith("Results\nThe board")
    assert first.headings == ("Results",)
    assert second.text.startswith("Outlook\nThe board")
    assert second.headings == ("Results", "Outlook")


def test_path_of_earlier_pages_is_kept() -> None:
    paper = Paper()
    paper.text("Outlook", 0.1, 0.1, 0.9, level=2, size=0.02)
    paper.text(PROSE * 2, 0.1, 0.15, 0.9)
    (passage,) = of_kind(paper.segments(headings=("Report", "Old")), "passage")
    assert passage.headings == ("Report", "Outlook")


def test_passages_stay_in_their_column() -> None:
    paper = Paper()
    for left in (0.08, 0.54):
        y = 0.1
        for _ in range(6):
            y = paper.text(PROSE * 2, left, y + 0.02, left + 0.38, size=0.012)
    passages = of_kind(paper.segments(max_tokens=120), "passage")
    assert len(passages) >= 4
    assert all(item.box.right < 0.5 or item.box.left > 0.5 for item in passages)


def test_passages_fill_the_budget_and_end_at_sentences() -> None:
    paper = Paper()
    paper.text(PROSE * 12, 0.1, 0.1, 0.9)
    passages = of_kind(paper.segments(max_tokens=80), "passage")
    assert all(40 <= count(item.text) <= 80 for item in passages)
    assert all(item.text.endswith((".", "!")) for item in passages)


def test_small_leftovers_join_their_neighbour_and_page_numbers_none() -> None:
    paper = Paper()
    paper.text("Annual report 2023", 0.1, 0.03, 0.9)
    paper.text(PROSE * 3, 0.1, 0.15, 0.9)
    paper.text("Note.", 0.1, 0.4, 0.9)
    paper.text("17", 0.5, 0.95, 0.55)
    segments = paper.segments()
    (passage,) = of_kind(segments, "passage")
    assert passage.text.startswith("The board")
    assert passage.text.endswith("Note.")
    assert "17" in segments[0].text.split()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("One here. Two there! Three? Four", 4),
        ("See Fig. 3 and Dr. Kim of ABC Inc. in Seoul.", 1),
        ("It rose 3.5 percent, e.g. here. Then it fell.", 2),
        ("J. Smith said so. (It is true.) Really.", 3),
        ("매출이 늘었다. 이익은 줄었다. 전망은?", 3),
        ("これは文です。 次の文です。", 2),
        ("“Quoted.” Next.", 2),
    ],
)
def test_sentence_ends(text: str, sentences: int) -> None:
    assert len(sentence_ends(text.split())) == sentences
    assert sentence_ends(text.split())[-1] == len(text.split())


def test_table_has_a_line_for_each_row() -> None:
    paper = Paper()
    y = paper.text("Table 2: Revenue by year", 0.1, 0.1, 0.7, size=0.012)
    rows = [["Year", "Revenue", "Margin"], ["2022", "$ 1,200", "4 %"], ["2023", "$ 1,450", "5 %"]]
    box = paper.cells(rows, 0.12, y + 0.02)
    paper.text(PROSE, 0.1, 0.5, 0.9)
    segments = paper.segments(tables=(box,), headings=("Finance",))
    (table,) = of_kind(segments, "table")
    assert table.text.splitlines() == [
        "Table 2: Revenue by year",
        "Year | Revenue | Margin",
        "2022 | $ 1,200 | 4 %",
        "2023 | $ 1,450 | 5 %",
    ]
    assert table.headings == ("Finance",)
    assert "1,450" in segments[0].text
    assert not any("1,450" in item.text for item in of_kind(segments, "passage"))


def test_currency_signs_and_percent_signs_stay_with_their_number() -> None:
    paper = Paper()
    for left, text in ((0.1, "Profit"), (0.4, "$"), (0.47, "12"), (0.6, "7"), (0.64, "%")):
        paper.text(text, left, 0.2, left + 0.1)
    (table,) = of_kind(paper.segments(tables=(Box(0.08, 0.18, 0.9, 0.24),)), "table")
    assert table.text == "Profit | $ 12 | 7 %"


def test_long_table_is_split_with_its_first_row_again() -> None:
    paper = Paper()
    rows = [["Name", "Score"], *([f"row{n}", str(100 + n)] for n in range(30))]
    box = paper.cells(rows, 0.1, 0.1)
    tables = of_kind(paper.segments(tables=(box,), max_tokens=40), "table")
    assert len(tables) > 1
    assert all(item.text.startswith("Name | Score\n") for item in tables)
    assert all(count(item.text) <= 40 for item in tables)
    found = [line.split(" | ")[0] for item in tables for line in item.text.splitlines()[1:]]
    assert found == [f"row{n}" for n in range(30)]


@pytest.mark.parametrize(
    "caption", ["Figure 3: Sales", "Fig. 3 Sales", "그림 2. 연도별 매출", "[그림 1] 매출", "<그림 1> 매출"]
)
def test_figures_have_their_caption_and_the_words_in_them(caption: str) -> None:
    paper = Paper()
    paper.text(PROSE, 0.1, 0.05, 0.9)
    paper.text("Quarter", 0.3, 0.45, 0.4, size=0.01)
    paper.text(caption, 0.2, 0.52, 0.8, size=0.015)
    bars = (Box(0.2, 0.5, 0.68, 0.501), *(Box(0.2 + 0.1 * n, 0.3, 0.28 + 0.1 * n, 0.5) for n in range(5)))
    (figure,) = of_kind(paper.segments(drawings=bars), "figure")
    assert figure.text == f"{caption}\nQuarter"
    assert figure.box.left == pytest.approx(0.2)
    assert figure.box.right == pytest.approx(0.68)


def test_picture_with_caption_is_a_figure_and_without_one_a_picture() -> None:
    paper = Paper()
    paper.text("Figure 1: The bridge", 0.1, 0.42, 0.5)
    paper.text(PROSE, 0.1, 0.9, 0.9)
    place, other = Box(0.1, 0.1, 0.5, 0.4), Box(0.1, 0.55, 0.5, 0.75)
    segments = paper.segments(pictures=(place, other))
    assert [(item.kind, item.box) for item in segments if item.kind in ("figure", "picture")] == [
        ("figure", place),
        ("picture", other),
    ]


def test_decoration_is_left_out() -> None:
    paper = Paper()
    y = paper.text(PROSE * 4, 0.12, 0.12, 0.88)
    line, logo, ground = Box(0.1, 0.08, 0.9, 0.082), Box(0.02, 0.02, 0.05, 0.05), Box(0, 0, 1, 1)
    frame = Box(0.1, 0.1, 0.9, y + 0.02)
    segments = paper.segments(drawings=(line, frame, ground), pictures=(logo, ground))
    assert {item.kind for item in segments} == {"page", "passage"}


def test_one_picture_twice_is_one_region() -> None:
    box = Box(0.1, 0.1, 0.5, 0.4)
    assert len(of_kind(Paper().segments(pictures=(box, box), drawings=(box,)), "figure")) == 1


@pytest.mark.parametrize(
    ("width", "height", "tiles"), [(800, 600, 0), (4000, 3000, 4), (612, 792, 0), (600, 4000, 2), (4000, 600, 2)]
)
def test_large_pictures_have_tiles(width: int, height: int, tiles: int) -> None:
    segments = segment(Page(1, width, height, pictures=(Box(),)), count_tokens=count)
    assert len(of_kind(segments, "tile")) == tiles
    assert not of_kind(segments, "picture")
    for item in of_kind(segments, "tile"):
        assert item.text == ""


def test_ten_thousand_strokes_take_no_time_to_speak_of() -> None:
    rng = random.Random(3)
    strokes = []
    for _ in range(10_000):
        x, y = rng.uniform(0.2, 0.7), rng.uniform(0.2, 0.6)
        strokes.append(Box(x, y, x + 0.004, y + 0.004))
    (figure,) = of_kind(Paper().segments(drawings=tuple(strokes)), "figure")
    assert figure.box.intersection(Box(0.2, 0.2, 0.7, 0.6)) > 0.9 * 0.2


unit = st.floats(-0.1, 1.1)
boxes = st.builds(lambda x, y, w, h: Box(x, y, x + w, y + h), unit, unit, st.floats(0, 0.6), st.floats(0, 0.3))
texts = st.text(alphabet="ab가나.!漢1", min_size=1, max_size=6)


@st.composite
def pages(draw: st.DrawFn) -> Page:
    words = tuple(draw(st.lists(st.builds(Word, texts, boxes), max_size=80)))
    edges = sorted(draw(st.lists(st.integers(0, len(words)), max_size=8)))
    blocks = tuple(
        Block(Box(), start, stop, draw(st.integers(0, 3)), draw(st.floats(0, 0.05))) for start, stop in pairwise(edges)
    )
    some = st.lists(boxes, max_size=4).map(tuple)
    path = draw(st.lists(texts, max_size=3).map(tuple))
    title = draw(st.sampled_from(["", "A title"]))
    figures = draw(some), draw(some), draw(some)
    return Page(1, 600, 800, words, blocks, *figures, path, "layer", title=title)


@settings(max_examples=150, deadline=None)
@given(pages(), st.integers(16, 60))
def test_properties(page: Page, max_tokens: int) -> None:
    segments = segment(page, count_tokens=count, max_tokens=max_tokens)
    assert segments == segment(page, count_tokens=count, max_tokens=max_tokens)
    assert [item.kind for item in segments].count("page") == 1
    every = Counter(word.text for word in page.words)
    assert Counter(segments[0].text.split()) == every
    passages = Counter(part for item in segments if item.kind == "passage" for part in item.text.split())
    assert not passages - every  # no word twice
    tables = Counter(part for item in segments if item.kind == "table" for part in item.text.split())
    edge = Counter(word.text for word in page.words if word.box.bottom < 0.08 or word.box.top > 0.92)
    assert not every - passages - tables - edge  # and none lost
    for item in segments:
        assert 0 <= item.box.left <= item.box.right <= 1
        assert 0 <= item.box.top <= item.box.bottom <= 1
        if item.kind != "page":
            assert count(item.text) <= max_tokens
