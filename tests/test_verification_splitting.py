"""Drafts of a model taken apart: claims, labels, markdown, loops, and text of any length."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.types import Draft, Part
from mmrag.verification import split
from mmrag.verification.splitting import facts_of


def parts(text: str) -> list[tuple[str, tuple[str, ...]]]:
    return [(part.claim, part.labels) for part in split(Draft("q", text)).parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sales rose 12% [E1]. Costs fell [E2, E3].", [("Sales rose 12%.", ("E1",)), ("Costs fell.", ("E2", "E3"))]),
        ("Sales rose 12%. [E1] Costs fell. [E2]", [("Sales rose 12%.", ("E1",)), ("Costs fell.", ("E2",))]),
        ("- Sales rose [E1]\n- Costs fell [E9]\n", [("Sales rose", ("E1",)), ("Costs fell", ("E9",))]),
        ("1. **Sales** rose.\n2) Costs `fell`.", [("Sales rose.", ()), ("Costs fell.", ())]),
        ("```json\nSales rose.\n```", [("Sales rose.", ())]),
        ("# Summary\n\nSales rose\nin 2019.", [("Sales rose in 2019.", ())]),
        ("Answer: Mr. Kim of Acme Inc. paid $1.5 million.", [("Mr. Kim of Acme Inc. paid $1.5 million.", ())]),
        ("According to the document, sales rose.", [("sales rose.", ())]),
        ("매출이 늘었습니다. 비용은 줄었습니다 [E2].", [("매출이 늘었습니다.", ()), ("비용은 줄었습니다.", ("E2",))]),
        ("매출이 12% 늘었다.비용은 줄었다.", [("매출이 12% 늘었다.", ()), ("비용은 줄었다.", ())]),
        ("문서에 따르면 매출이 늘었습니다.", [("매출이 늘었습니다.", ())]),
        ("", []),
        ("[E1]", []),
        ("***\n---\n", []),
    ],
)
def test_claims_and_labels(text: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    assert parts(text) == expected


def test_text_that_loops_is_cut() -> None:
    found = parts("Sales rose. " + "Costs fell. " * 500 + "Profit doubled.")
    assert [claim for claim, _ in found] == ["Sales rose.", "Costs fell."]


def test_a_million_characters_cost_nothing() -> None:
    begun = time.monotonic()
    for text in (
        "a" * 10**6,
        "Sales rose. " * 10**5,
        "[E1]" * 250_000,
        "(" * 10**6,
        "다." * 500_000,
        "- x\n" * 250_000,
    ):
        assert len(split(Draft("q", text)).parts) <= 40
    assert time.monotonic() - begun < 5


def test_parts_are_left_as_they_are() -> None:
    draft = Draft("q", "x", (Part("x", "y"),))
    assert split(draft) is draft


@pytest.mark.parametrize(
    ("claim", "count"),
    [
        ("Sales rose. Costs fell.", 2),
        ("Sales of Acme rose by 3%; costs of Beta were unchanged.", 2),
        ("Sales rose by 3% in 2019, while the costs of Acme were lower.", 2),
        ("Sales and costs rose.", 1),
        ("Sales rose, and fell.", 1),
        ("Average of a (1) and b (3): (1 + 3) / 2 = 2", 1),
        ("매출이 늘었습니다. 비용은 줄었습니다.", 2),
    ],
)
def test_facts_are_cut_where_it_is_safe(claim: str, count: int) -> None:
    assert len(facts_of(claim)) == count


@given(st.text(max_size=400))
def test_no_text_is_too_odd(text: str) -> None:
    for part in split(Draft("q", text)).parts:
        assert any(letter.isalnum() for letter in part.claim)
    facts_of(text)
