"""Korean questions of the extractive generator: which value, which cell, yes or no, who."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from prose_pages import Pages

from mmrag.generation import ExtractiveGenerator
from mmrag.generation.korean import clauses, people, says_no, suits, weekdays
from mmrag.generation.questions import analyse
from mmrag.generation.types_of_answers import spans
from mmrag.lexical.korean_questions import is_light, is_verbal

SET = Path(__file__).parent / "data" / "korean_tuning"


@pytest.mark.parametrize(
    ("question", "sentence", "answer"),
    [
        ("월 차임은 얼마인가요?", "보증금은 6천만 원으로 하고, 월 차임은 250만 원으로 한다.", "250만 원"),
        ("보증금은 얼마인가요?", "보증금은 6천만 원으로 하고, 월 차임은 250만 원으로 한다.", "6천만 원"),
        ("행사는 언제로 바뀌었나요?", "행사 날짜를 4월 2일에서 4월 9일로 늦춘다.", "4월 9일"),
        ("원래 행사 날짜는 언제였나요?", "행사 날짜를 4월 2일에서 4월 9일로 늦춘다.", "4월 2일"),
        ("얼마 이상 사면 배송비가 무료인가요?", "배송비는 3,000원이며 5만 원 이상 사면 무료이다.", "5만 원"),
        ("기차로 얼마나 걸리나요?", "기차로 2시간 20분이 걸린다.", "2시간 20분"),
        ("일주일에 몇 시간 일하나요?", "한 주에 35시간 일한다.", "35시간"),
    ],
)
def test_the_value_that_belongs_to_what_is_asked(question: str, sentence: str, answer: str) -> None:
    assert spans(analyse(question), sentence)[0].text == answer


@pytest.mark.parametrize(
    ("question", "kind", "answer_type"),
    [
        ("무슨 요일에 쉬나요?", "when", "date"),
        ("하루에 몇 시간 여나요?", "how_many", "duration"),
        ("몇 시에 여나요?", "when", "time"),
        ("입장료는 얼마예요?", "how_much", "money"),
        ("출석률이 얼마여야 하나요?", "how_much", "percent"),
        ("무게가 얼마인가요?", "how_much", "number"),
        ("의사 이름이 뭐예요?", "who", "person"),
        ("어떤 영향이 있나요?", "what", "text"),
    ],
)
def test_what_korean_question_words_ask_for(question: str, kind: str, answer_type: str) -> None:
    found = analyse(question)
    assert (found.kind, found.answer_type) == (kind, answer_type)


def test_a_range_of_years_holds_those_between() -> None:
    assert set(analyse("2020년부터 2023년까지 매출 평균은?").years) == {2020, 2021, 2022, 2023}


def test_the_predicate_decides_between_yes_and_no() -> None:
    assert says_no("필터는 물에 닿으면 안 됩니다.")
    assert not says_no("없는 물건도 주문할 수 있다.")
    assert len(clauses("먼지통은 씻어도 되지만 필터는 안 됩니다.")) == 2
    pages = Pages({"manual": ["# 손질", "먼지통은 물로 씻어도 되지만 필터는 물로 씻으면 안 됩니다."]})
    answer = ExtractiveGenerator(pages).generate("필터를 물로 씻어도 되나요?", pages.evidence()).text
    assert answer.startswith("아니요")


def test_a_reason_told_in_the_next_sentence() -> None:
    lines = ["# 회의", "출시일을 3월로 미룬다. 보안 점검이 끝나지 않았기 때문이다. 다음 회의는 목요일에 연다."]
    pages = Pages({"minutes": lines})
    found = ExtractiveGenerator(pages).generate("출시일을 왜 미루나요?", pages.evidence()).text
    assert found == "보안 점검이 끝나지 않았기 때문이다."


def test_names_days_and_words_that_only_ask() -> None:
    assert [name for name, _, _ in people("관장은 옥다솜이다. 팀장 서가람, 총무 하나리")] == [
        "옥다솜",
        "서가람",
        "하나리",
    ]
    assert [text for text, _, _ in weekdays("월요일, 수요일에 연다")] == ["월요일, 수요일"]
    assert all(map(is_light, ["얼마인가요", "알려", "주세요", "누가", "되나요"]))
    assert not any(map(is_light, ["경조금", "출장", "매출액"]))
    assert all(map(is_verbal, ["금식해야", "줄어든", "태어난", "신청하려면", "걸립니까"]))
    assert not any(map(is_verbal, ["생산량을", "정수기", "분기", "아기는", "출장비", "기준"]))


def test_which_cells_suit_a_question() -> None:
    teacher, price = analyse("통기타는 누가 가르치나요?"), analyse("수강료가 얼마예요?")
    assert suits(teacher, "강사", "배도현") > suits(teacher, "요일", "수요일")
    assert suits(price, "수강료", "70,000원") == 1.0
    assert suits(price, "시간", "18:30") < 0


def test_the_set_is_as_its_sources_say() -> None:
    records = [json.loads(line) for line in (SET / "questions.jsonl").read_text("utf-8").splitlines()]
    assert len({record["id"] for record in records}) == len(records) == 132
    for record in records:
        assert record["answerable"] == bool(record["gold"])
        assert all((SET / "files" / gold["doc"]).is_file() for gold in record["gold"])
