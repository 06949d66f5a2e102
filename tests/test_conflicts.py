"""A page that states two values for one thing says so; one that only looks like it is left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mmrag.corpus.typed import TypedPage
from mmrag.types import Draft, Part, Verdict
from mmrag.verification import PageVerifier

PAGES = Path(__file__).parent / "data" / "conflicts" / "pages.jsonl"


def _verdict(page: str, claim: str, question: str = "") -> Verdict:
    typed = TypedPage(page)
    draft = Draft(question, claim, (Part(claim, claim, ("E1",)),))
    return next(iter(PageVerifier(typed).verify(draft, [typed.evidence()]))).verdict


def _set() -> list[dict[str, Any]]:
    return [json.loads(line) for line in PAGES.read_text("utf-8").splitlines()]


def test_the_set_has_as_many_of_each_kind_and_counterparts_in_one_half() -> None:
    rows = _set()
    counts = {(row["language"], row["kind"], row["conflict"]) for row in rows}
    assert len(rows) == 60
    assert len(counts) == 20
    assert all(row["split"] == other["split"] for row, other in zip(rows[:30], rows[30:], strict=True))


@pytest.mark.parametrize("row", [row for row in _set() if row["split"] == "tuning"], ids=lambda row: str(row["id"]))
def test_pages_of_the_tuning_half(row: dict[str, Any]) -> None:
    verdict = _verdict(row["page"], row["claim"], row["question"])
    assert verdict.label == ("contradicted" if row["conflict"] else "supported")


@pytest.mark.parametrize(
    ("page", "claim", "reason"),
    [
        (
            "Rules of the pool. The pool is 25 metres long. Children swim in the morning. The pool is 50 metres long.",
            "The pool is 50 metres long.",
            ["contradicts itself", "25 metres", "50 metres", "The pool is 25 metres long."],
        ),
        (
            "수영장 안내. 수영장의 길이는 25m이다. 아이들은 아침에 헤엄친다. 수영장의 길이는 50m이다.",
            "수영장의 길이는 50m이다.",
            ["서로 다른 값", "25m", "50m", "수영장의 길이는 25m이다."],
        ),
    ],
)
def test_the_reason_names_both_values_and_both_places(page: str, claim: str, reason: list[str]) -> None:
    verdict = _verdict(page, claim)
    assert verdict.label == "contradicted"
    assert all(piece in verdict.reason for piece in reason)
    assert len(verdict.citations) == 2


@pytest.mark.parametrize(
    ("page", "claim"),
    [
        ("Series 3 shares cost 12 dollars. Series 4 shares cost 15 dollars.", "Series 3 shares cost 12 dollars."),
        ("The board met on 3 May 2024. The board met on 7 June 2024.", "The board met on 3 May 2024."),
        ("The east hall seats 80 guests. The hall seats 300 guests in summer.", "The east hall seats 80 guests."),
        ("The lamp does not weigh 3 kg. The lamp weighs 4 kg.", "The lamp weighs 4 kg."),
        ("가 노선의 요금은 900원이다. 나 노선의 요금은 1,200원이다.", "가 노선의 요금은 900원이다."),
        ("회의는 3월 2일에 열렸다. 회의는 4월 6일에 열렸다.", "회의는 3월 2일에 열렸다."),
    ],
)
def test_two_values_of_two_things_are_no_conflict(page: str, claim: str) -> None:
    assert _verdict(page, claim).label == "supported"
