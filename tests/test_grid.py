"""Tables read from word boxes: which header and which label each value gets."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence

import pytest

from mmrag.regions import Cell, Grid, read_grids
from mmrag.types import Box, Word

CHAR, HEIGHT, PITCH = 0.008, 0.012, 0.016


def page(lines: Sequence[str], *, top: float = 0.1, pitch: float = PITCH, jitter: float = 0.0) -> tuple[Word, ...]:
    """Words at the places they have in monospaced lines; a character is 0.008 of the page wide."""
    noise = random.Random(3)
    words = []
    for number, line in enumerate(lines):
        place = 0
        for text in line.split(" "):
            if text:
                left = 0.05 + sum(2 if char > "\u1100" else 1 for char in line[:place]) * CHAR
                width = (sum(2 if char > "\u1100" else 1 for char in text) - 0.2) * CHAR
                y = top + number * pitch + noise.uniform(-jitter, jitter)
                words.append(Word(text, Box(left, y, left + width, y + HEIGHT)))
            place += len(text) + 1
    return tuple(words)


def only(grids: Sequence[Grid]) -> Grid:
    assert len(grids) == 1
    return grids[0]


def cell(grid: Grid, text: str) -> Cell:
    return next(one for one in grid.cells if one.text.replace(" ", "") == text.replace(" ", ""))


INCOME = [
    "The provision for income taxes consists of the following (in thousands):",
    "",
    "                                        Years ended December 31,",
    "                                            2019          2018",
    "Current:",
    "  Federal                             $      (27)   $      (13)",
    "  State and local                            276           249",
    "  Total current                              249           236",
    "Deferred                                     533          (461)",
    "Provision (benefit)                   $      782    $     (225)",
]


@pytest.mark.parametrize("jitter", [0.0, 0.0015])
def test_spanning_headers_sections_and_signs_apart(jitter: float) -> None:
    grid = only(read_grids(page(INCOME, jitter=jitter)))
    assert grid.note == "in thousands"
    assert "provision for income taxes" in grid.caption
    assert cell(grid, "(461)").labels == ("Deferred",)
    assert cell(grid, "(461)").headers == ("Years ended December 31,", "2018")
    assert cell(grid, "276").labels == ("Current:", "State and local")
    federal = cell(grid, "$(27)")
    assert federal.labels == ("Current:", "Federal")
    assert federal.headers[-1] == "2019"
    assert cell(grid, "$782").labels == ("Provision (benefit)",)


def test_words_are_indexes_into_the_page() -> None:
    words = page(INCOME)
    for one in only(read_grids(words)).cells:
        assert " ".join(words[index].text for index in one.words) == one.text
        assert all(one.box.intersection(words[i].box) > 0.99 * words[i].box.area for i in one.words)


def test_two_levels_of_headers_over_four_columns() -> None:
    grid = only(
        read_grids(
            page(
                [
                    "                          2019                  2018",
                    "                    Amount   Percent      Amount   Percent",
                    "Statutory rate         259     21.0%       (695)     21.0%",
                    "State tax              180     14.5%        (47)      1.4%",
                    "Goodwill                 -      0.0%         324    (9.8)%",
                ]
            )
        )
    )
    assert cell(grid, "14.5%").headers == ("2019", "Percent")
    assert cell(grid, "(47)").headers == ("2018", "Amount")
    assert cell(grid, "(9.8)%").labels == ("Goodwill",)
    assert cell(grid, "-").headers == ("2019", "Amount")


def test_labels_over_lines_and_a_row_for_each_year() -> None:
    lines = [
        "Name and                Year    Salary     Bonus",
        "Position                          ($)       ($)",
        "Oleg Marsh",
        "President and",
        "Chief Officer           2019   800,000        --",
        "",
        "                        2018   750,000    10,000(5)",
        "",
        "Amar Lind",
        "Vice President          2019   500,000        --",
        "",
        "                        2018   425,000   180,000",
    ]
    tops = [0, 1, 2.4, 3.4, 4.4, 0, 5.9, 0, 7.4, 8.4, 0, 9.9]
    words = []
    for line, top in zip(lines, tops, strict=True):
        words += page([line], top=0.1 + top * 0.014)
    grid = only(read_grids(words))
    assert cell(grid, "750,000").labels == ("Oleg Marsh President and Chief Officer", "2018")
    assert cell(grid, "425,000").labels == ("Amar Lind Vice President", "2018")
    assert cell(grid, "180,000").headers == ("Bonus ($)",)


def test_tables_under_each_other_keep_their_own_headers() -> None:
    grids = read_grids(
        page(
            [
                "                         2019      2018",
                "Raw materials              13       143",
                "Finished goods            387       425",
                "",
                "Property consisted of (in millions):",
                "                         2017      2016",
                "Computers                 774     1,133",
                "Furniture                 228       199",
            ]
        )
    )
    assert [one.cells[0].headers for one in grids] == [("2019",), ("2017",)]
    assert cell(grids[1], "228").labels == ("Furniture",)
    assert grids[1].note == "in millions"


def test_prices_by_quarter_under_a_year_each() -> None:
    grids = read_grids(
        page(
            [
                "                              2018",
                "                        Low        High",
                "First Quarter          $ 5.99     $ 8.40",
                "Second Quarter         $ 4.79     $ 6.48",
                "",
                "                              2019",
                "                        Low        High",
                "First Quarter          $ 1.98     $ 2.75",
                "Second Quarter         $ 1.94     $ 4.00",
            ]
        )
    )
    found = {one.text.replace(" ", ""): one.headers for grid in grids for one in grid.cells}
    assert found["$6.48"] == ("2018", "High")
    assert found["$1.94"] == ("2019", "Low")


def test_a_table_in_one_of_two_columns_of_text() -> None:
    left = [
        "Net revenues rose in the year as fees",
        "were higher and markets were calm and",
        "the firm grew its assets with care in",
    ] * 4
    right = [
        "The table below shows the results by",
        "segment as the firm reports them here",
        "                      2016    2015",
        "Equity securities    2,573   3,781",
        "Debt and loans       1,507   1,655",
        "Total revenues       4,080   5,436",
        "More words stand below the table and",
        "they go on for a number of lines here",
        "so that the column is seen as running",
        "text that has nothing of a table in it",
        "and its left edge is the same for all",
        "lines as it is on most printed pages.",
    ]
    words = [Word(w.text, w.box) for w in page(left)]
    words += [Word(w.text, Box(w.box.left + 0.42, w.box.top, w.box.right + 0.42, w.box.bottom)) for w in page(right)]
    grid = only(read_grids(words))
    assert cell(grid, "1,655").headers == ("2015",)
    assert cell(grid, "1,655").labels == ("Debt and loans",)


def test_korean_table_with_unit_note_and_columns_of_words() -> None:
    grid = only(
        read_grids(
            page(
                [
                    "요약 손익계산서 (단위: 백만원)",
                    "",
                    "구분              2024년       2025년      비고",
                    "매출액            12,300       13,450      증가",
                    "영업이익           1,200        (340)      적자",
                    "당기순이익           980           -       적자",
                ]
            )
        )
    )
    assert "백만원" in grid.note
    assert grid.stub == "구분"
    assert cell(grid, "(340)").labels == ("영업이익",)
    assert cell(grid, "(340)").headers == ("2025년",)
    assert cell(grid, "증가").headers == ("비고",)


def test_words_in_a_known_frame() -> None:
    lines = [
        "Code     Cause                Remedy",
        "E1       Tray is full         Empty the tray and dry the",
        "                              sensor with a cloth.",
        "E3       Water too hot        Switch off for half an hour.",
    ]
    words = page(lines)
    assert read_grids(words) == ()
    grid = only(read_grids(words, [Box(0.04, 0.09, 0.7, 0.17)]))
    tray = next(one for one in grid.cells if one.text.startswith("Empty"))
    assert tray.text.endswith("with a cloth.")
    assert (tray.labels, tray.headers) == (("E1",), ("Remedy",))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        ["One line of running text with 2019 and 42 in it."],
        [
            "In 2019 the company had 42 plants, and",
            "in 2018 it had 40 plants that made 17",
            "kinds of goods for 1,200 customers.",
        ],
        ["0       20       40       60       80"],
    ],
)
def test_no_table(lines: list[str]) -> None:
    assert read_grids(page(lines)) == ()


def test_odd_words_do_no_harm() -> None:
    words = [
        Word("", Box(0.1, 0.1, 0.2, 0.2)),
        Word("5", Box(0.3, 0.3, 0.3, 0.3)),
        Word("9" * 5000, Box(0.0, 0.5, 1.0, 0.51)),
        Word("(" * 300 + "1", Box(0.5, 0.6, 0.4, 0.5)),
    ]
    assert read_grids(words, [Box(0.9, 0.9, 0.1, 0.1)]) == ()


def test_time_of_a_full_page() -> None:
    words = page([f"Row number {i} of the long table      {i * 7:,}    {i * 13:,}" for i in range(55)])
    read_grids(words)
    started = time.perf_counter()
    for _ in range(5):
        read_grids(words)
    assert (time.perf_counter() - started) / 5 < 0.15
