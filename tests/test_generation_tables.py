"""Answers out of tables: cells, sums over cells, extremes; and no answer where a year, thing or measure is missing."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from mmrag.generation.arithmetic import Operand, compute
from mmrag.generation.candidates import Candidate
from mmrag.generation.questions import analyse
from mmrag.generation.tables import table_candidates
from mmrag.types import Box, Document, Evidence, Region, Word

CHAR, HEIGHT, PITCH = 0.008, 0.012, 0.016


def page(lines: Sequence[str]) -> tuple[Word, ...]:
    """Words at the places they have in monospaced lines."""

    def wide(text: str) -> int:
        return sum(2 if char > "\u1100" else 1 for char in text)

    words = []
    for number, line in enumerate(lines):
        place, y = 0, 0.1 + number * PITCH
        for text in line.split(" "):
            if text:
                left = 0.05 + wide(line[:place]) * CHAR
                words.append(Word(text, Box(left, y, left + (wide(text) - 0.2) * CHAR, y + HEIGHT)))
            place += len(text) + 1
    return tuple(words)


class Pages:
    """A `PageSource` in memory: one page a document."""

    def __init__(self, **documents: Sequence[str]) -> None:
        self.stored = {name: page(lines) for name, lines in documents.items()}

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        return self.stored.get(document_id, ()) if page == 1 else ()

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        document = Document(document_id, Path(f"/{document_id}.pdf"), 1)
        return (Region(1, document, page), Region(2, document, page, "table", Box(0.04, 0.09, 0.9, 0.4)))

    def evidence(self) -> list[Evidence]:
        return [
            Evidence(f"E{n}", self.page_regions(name, 1)[0], 5.0 - n) for n, name in enumerate(self.stored, start=1)
        ]


def ask(question: str, **documents: Sequence[str]) -> list[Candidate]:
    pages = Pages(**documents)
    return table_candidates(analyse(question), pages.evidence(), pages)


STOCK = [
    "Inventories consist of the following (in thousands):",
    "",
    "                           December 31,",
    "                         2019        2018",
    "Ingredients            $ 1,942    $ 1,580",
    "Packaging                2,230      2,072",
    "Finished goods           2,220      2,165",
    "Total inventories      $ 6,392    $ 5,817",
]
PAY = [
    "Name              Year    Salary ($)    Bonus ($)    Total ($)",
    "Paul Marsh        2019      435,000           --      435,000",
    "                  2018      415,000       10,000      425,000",
    "Gary Lind         2019      375,000       60,000      435,500",
    "                  2018      360,000           --      360,000",
]
KOREAN = [
    "요약 손익계산서 (단위: 백만원)",
    "",
    "구분              2024년       2025년",
    "매출액            12,300       13,530",
    "영업이익           1,200        (340)",
]


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is the value of packaging in 2019?", "2,230"),
        ("What were finished goods at December 31, 2018?", "2,165"),
        ("What is packaging in 2018 and 2019 respectively?", "2,072 (2018), 2,230 (2019)"),
        ("What is the change in finished goods between 2018 and 2019?", "55"),
        ("What is the average packaging for 2018 and 2019?", "2,151"),
        ("What is the percentage change in ingredients between 2018 and 2019?", "22.91%"),
        ("What percentage of total inventories was packaging in 2019?", "34.89%"),
        ("Which year had the higher value of ingredients?", "2019"),
        ("In which year were finished goods less than 2,200 thousands?", "2018"),
    ],
)
def test_answers_of_a_table(question: str, answer: str) -> None:
    best = ask(question, report=STOCK)[0]
    assert best.text == answer
    assert best.pieces[0].label == "E1"


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was Gary Lind's salary in 2018?", "360,000"),
        ("What is the difference in salary between Paul Marsh and Gary Lind in 2019?", "60,000"),
        ("What is the total of salary and bonus of Gary Lind in 2019?", "435,000"),
        ("Who had the highest salary in 2018?", "Paul Marsh"),
    ],
)
def test_answers_by_name(question: str, answer: str) -> None:
    assert ask(question, report=PAY)[0].text == answer


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("2025년 매출액은 얼마인가요?", "13,530"),
        ("2024년에서 2025년까지 매출액 증가율은?", "10.00%"),
        ("2024년 영업이익은?", "1,200"),
    ],
)
def test_korean(question: str, answer: str) -> None:
    assert ask(question, report=KOREAN)[0].text == answer


def test_citations_hold_the_cells_and_the_formula_the_operands() -> None:
    best = ask("What is the average packaging for 2018 and 2019?", report=STOCK)[0]
    piece = best.pieces[0]
    assert "(2,072 + 2,230) / 2 = 2,151" in piece.claim
    assert [citation.quote for citation in piece.citations] == ["2,072", "2,230"]
    words = page(STOCK)
    for citation in piece.citations:
        assert citation.box is not None
        inside = [w.text for w in words if citation.box.intersection(w.box) > 0.5 * w.box.area]
        assert inside == [citation.quote]
        assert citation.region.kind == "table"


@pytest.mark.parametrize(
    "question",
    ["What is the value of packaging in 2015?", "What is the change in packaging between 2015 and 2019?"],
)
def test_a_year_that_is_not_there_has_no_answer(question: str) -> None:
    assert ask(question, report=STOCK) == []


def test_a_thing_that_is_not_there_is_seen_in_the_features() -> None:
    good = ask("What is the value of packaging in 2019?", report=STOCK)[0]
    for question in ("What is the value of tulips in 2019?", "What was Kestrel's salary in 2019?"):
        found = ask(question, report=STOCK)
        assert not found or found[0].features["missing"] > good.features["missing"] + 0.3


def test_two_documents_that_differ_are_a_conflict() -> None:
    other = [line.replace("2,230", "9,999") for line in STOCK]
    alone = ask("What is the value of packaging in 2019?", report=STOCK)[0]
    both = ask("What is the value of packaging in 2019?", report=STOCK, other=other)[0]
    assert alone.features["conflict"] == 0.0
    assert both.features["conflict"] == 1.0
    assert both.features["margin"] < alone.features["margin"]


def test_no_words_no_tables() -> None:
    assert ask("What is the value of packaging in 2019?") == []
    assert ask("What is the value of packaging in 2019?", report=["Packaging is dear."]) == []


@pytest.mark.parametrize(
    ("operation", "values", "text"),
    [
        ("change", ("4722", "4540"), "-182"),
        ("difference", ("435000", "372000"), "63,000"),
        ("percentage_change", ("249", "276"), "10.84%"),
        ("percentage_change", ("-50", "-25"), "50.00%"),
        ("average", ("249", "236"), "242.5"),
        ("total", ("-461", "533"), "72"),
        ("share", ("1", "3"), "33.33%"),
        ("ratio", ("6", "4"), "1.5"),
    ],
)
def test_sums(operation: str, values: tuple[str, ...], text: str) -> None:
    operands = [Operand(value, Decimal(value)) for value in values]
    result = compute(operation, operands)  # type: ignore[arg-type]
    assert result is not None
    assert result.text == text
    assert result.formula.endswith(f"= {text}")


def test_sums_without_a_result() -> None:
    zero, one = Operand("a", Decimal(0)), Operand("b", Decimal(1))
    assert compute("percentage_change", [zero, one]) is None
    assert compute("share", [one, zero]) is None
    assert compute("average", [one]) is None
    assert compute("total", [Operand("a", Decimal(1), "USD"), Operand("b", Decimal(1), "%")]) is None
