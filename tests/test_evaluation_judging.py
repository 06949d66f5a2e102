"""The rule for one answer: what is right, what is not right enough, and what cannot be scored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.evaluation import judge_answer

SHARE = ("-27.0%", "-0.26689")


@pytest.mark.parametrize(
    ("answer", "golds", "question"),
    [
        ("2,230", ["['2,230']"], ""),
        ("2,230 [E1]", ["['2,230']"], ""),
        ("joint goal [E1, E2]; accuracy [E3]", ["joint goal accuracy"], ""),
        ("$ 77,492 and $71,513", ["['$ 77,492', '$ 71,513']"], "What was it in 2018 and 2019 respectively?"),
        ("2018: 77,492; 2019: 71,513", ["['$ 77,492', '$ 71,513']"], "What was it in both years respectively?"),
        ("71,513 and 77,492", ["['$ 77,492', '$ 71,513']"], "What were they?"),
        ("(461); 533", ["['(461)', '533']"], ""),
        ("-26.7%", SHARE, "what is the growth rate in 2009?"),
        ("It fell by 26.7%", SHARE, "what is the growth rate in 2009?"),
        ("-0.267", SHARE, "what is the growth rate in 2009?"),
        ("10.84%", ["['10.84']"], "What is the percentage change?"),
        ("$17,966 million", ["$ 17966 million", "17966.0"], ""),
        ("17,966", ["$ 17966 million"], ""),
        ("$11.5 million", ["['11,486']"], "What is the value in 2019?"),
        ("1.46 million", ["1.46", "1.45792"], "what is the value, in millions?"),
        ("nine", ["nine justices"], "how many justices are there"),
        ("Since 1869 the Court has nine justices", ["9,"], "how many justices are there"),
        ("six", ["six ``"], ""),
        ("The Court first convened in 1790 with six judges", ["six ``"], "how many judges are there"),
        ("In 1869 there were nine", ["1869,"], "when were there nine justices"),
        ("2018", ["['2018']"], "Which year has the higher value, 2018 or 2019?"),
        ("2018 (398)", ["['2018']"], "Which year has the higher value, 2018 or 2019?"),
        ("Our stock began trading on March 29, 1988.", ["['March 29, 1988']"], "When did trading commence?"),
        ("The role was played by Tom Welling.", ["Tom Welling )"], "who played superman"),
        ("yes", ["yes", "yes"], ""),
        ("Yes, it did.", ["yes"], ""),
        ("Europarl and MultiUN", ["Europarl, MultiUN"], ""),
        ("single-domain setting", ["", "single-domain setting"], ""),
        ("세 개까지 받을 수 있습니다", ["세 개"], "몇 개까지 받을 수 있어?"),
        ("3개", ["세 개"], "몇 개까지 받을 수 있어?"),
        ("밤 9시 이후로는 금식합니다", ["밤 9시 이후"], ""),
        ("06:50", ["06:50"], "첫차 시간은?"),
        ("서울특별시 종로구", ["서울 특별시 종로구"], ""),
        ("예, 무료입니다", ["예"], ""),
        ("0", ["['0']"], ""),
    ],
)
def test_right(answer: str, golds: list[str], question: str) -> None:
    assert judge_answer(answer, golds, question=question) == "right"


@pytest.mark.parametrize(
    ("answer", "golds", "question"),
    [
        ("398, 412, 510", ["412"], "how much?"),  # one of several numbers
        ("Net sales rose from 398 to 412", ["412"], "how much?"),  # does not lead
        ("71,513 and 77,492", ["['$ 77,492', '$ 71,513']"], "What were they in 2018 and 2019 respectively?"),
        ("77,492", ["['$ 77,492', '$ 71,513']"], ""),  # one of two
        ("461", ["['(461)']"], ""),  # the sign
        ("26.7%", SHARE, "what is the growth rate in 2009?"),
        ("10.84%", ["['10.84']"], "What is the change?"),  # a share is no amount
        ("30%", ["30.8%"], "what percentage?"),  # not its rounding
        ("12", ["['11,486']"], ""),  # in millions, but it does not say so
        ("0", ["0.3"], ""),
        ("March 28, 1988", ["['March 29, 1988']"], "When did trading commence?"),
        ("1988", ["['March 29, 1988']"], "When did trading commence?"),
        ("2019", ["['2018']"], "Which year has the higher value, 2018 or 2019?"),
        ("Tom", ["Tom Welling )"], ""),
        ("Thomas Wellington", ["Tom Welling"], ""),
        ("No.", ["yes"], ""),
        ("It did, in a way.", ["yes"], ""),
        ("no", ["Yes, the plan covers it in full for all of its members"], ""),
        ("네 개까지 받을 수 있습니다", ["세 개"], "몇 개까지 받을 수 있어?"),
        ("밤 10시 이후", ["밤 9시 이후"], ""),
        ("07:10", ["06:50"], ""),
        ("아니요", ["예"], ""),
        ("The rate was near 4.4% on the line", ["The rate was near 3.4% on the orange line"], "What was the rate?"),
        (" ".join(["word"] * 80) + " Tom Welling", ["Tom Welling"], ""),  # a page contains everything
    ],
)
def test_wrong(answer: str, golds: list[str], question: str) -> None:
    assert judge_answer(answer, golds, question=question) == "wrong"


def test_a_long_gold_answer_needs_half_of_its_words() -> None:
    gold = "The Northwind Standard plan does not cover travel expenses associated with attending clinical trials."
    assert judge_answer("Travel expenses associated with attending clinical trials are not covered.", [gold]) == "right"
    assert judge_answer("The plan covers vision exams and glasses.", [gold]) == "wrong"


def test_refused_unscored_and_unanswerable() -> None:
    assert judge_answer(None, ["412"]) == "refused"
    assert judge_answer("  ", ["412"]) == "refused"
    assert judge_answer("412", ["", "``"]) == "unscored"
    assert judge_answer("412", []) == "unscored"
    assert judge_answer("412", [], answerable=False) == "wrong"
    assert judge_answer("412", ["412"], answerable=False) == "wrong"
    assert judge_answer(None, [], answerable=False) == "refused"


@given(st.text(max_size=60), st.text(max_size=30), st.text(max_size=30))
def test_any_text_gets_an_outcome(answer: str, gold: str, question: str) -> None:
    assert judge_answer(answer, [gold], question=question) in ("right", "wrong", "refused", "unscored")


@given(st.integers(0, 10**9), st.integers(1, 99))
def test_a_number_is_right_however_it_is_grouped_and_its_neighbour_is_not(number: int, off: int) -> None:
    assert judge_answer(f"{number:,}", [str(number)]) == "right"
    assert judge_answer(f"It was {number:,}.", [f"['{number}']"]) == "right"
    if number > 2100 or number < 1000:
        assert judge_answer(f"{number + off:,}", [str(number)]) == "wrong"
