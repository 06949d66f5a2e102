"""The extractive generator: what it answers from running text, what it refuses, and how sure it is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from prose_pages import Pages

from mmrag.generation import ExtractiveGenerator, analyse
from mmrag.generation.candidates import Candidate
from mmrag.generation.confidence import GROUPS, choose, load_weights, probability
from mmrag.generation.terms import terms_of
from mmrag.lexical import tokenize
from mmrag.types import Draft, Evidence, Region, Vectors, Word

NOTICE = [
    "# Staff notice 2025",
    "The annual meeting takes place on March 14, 2025 in Room 204 of the Harbour Building.",
    "The committee consists of nine members, who are elected for a term of three years.",
    "Maria Lindqvist has chaired the committee since 2021. The budget of the meeting is $12,500.",
    "",
    "# What to bring",
    "Visitors bring the following to the meeting:",
    "• a valid identity card",
    "• the printed invitation",
    "• safety shoes for the tour",
    "",
    "# Remote access",
    "Remote access is a service that lets employees reach the files of the company from home.",
    "It needs a registered device. The service is not available on weekends.",
]
SHOP = [
    "# Opening hours",
    "The shop on Mill Road opens at nine and closes at six on every day of the week.",
    "Returns are taken within 30 days of the purchase. Gift cards never expire.",
]
KOREAN = [
    "# 건강검진 안내",
    "정기 건강검진은 한빛의원에서 10월 한 달 동안 실시합니다.",
    "검진 전날 밤 9시 이후에는 물을 포함해 아무것도 드시지 마십시오.",
    "직원 한 명은 이사 상자를 세 개까지 받을 수 있습니다. 신청은 김민수 과장이 받습니다.",
    "사과 생산량은 봄철 서리 때문에 전년보다 22 % 감소하였다.",
]


def encode(texts: Sequence[str]) -> Vectors:
    """Bags of hashed words: enough meaning for these tests, and no model to load."""
    rows = np.zeros((len(texts), 256), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for term in tokenize(text):
            row[sum(map(ord, term)) % 256] += 1
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows


def draft(question: str, encoder: Callable[[Sequence[str]], Vectors] | None = encode) -> Draft:
    pages = Pages({"staff-notice": NOTICE, "shop": SHOP, "검진안내": KOREAN})
    return ExtractiveGenerator(pages, encoder).generate(question, pages.evidence())


@pytest.mark.parametrize("encoder", [encode, None])
@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How many members does the committee have?", "nine"),
        ("When does the annual meeting take place?", "March 14, 2025"),
        ("What is the budget of the meeting?", "$12,500"),
        ("Who chairs the committee?", "Maria Lindqvist"),
        ("Where does the annual meeting take place?", "Room 204"),
        ("What is remote access?", "Remote access is a service that lets employees reach the files"),
        ("직원 한 명이 이사 상자를 몇 개까지 받을 수 있나요?", "세 개"),
        ("검진 전날 몇 시부터 물을 드시면 안 되나요?", "밤 9시 이후"),
        ("사과 생산량이 감소한 이유는?", "봄철 서리 때문에"),
    ],
)
def test_an_answer_is_quoted_from_the_sentence_that_states_it(
    question: str, answer: str, encoder: Callable[[Sequence[str]], Vectors] | None
) -> None:
    found = draft(question, encoder)
    assert answer in found.text
    (citation,) = found.parts[0].citations
    assert answer in citation.quote
    assert citation.box is not None
    assert citation.box.area < 0.2
    assert 0 < (found.parts[0].confidence or 0) < 1


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How much did revenue rise in 2025?", "18.0 %"),
        ("By how much did revenue rise in 2025?", "18.0 %"),
        ("To what did revenue rise in 2025?", "KRW 48.6 billion"),
        ("2024년에 매출은 얼마나 증가했나요?", "12 %"),
        ("2024년에 매출은 얼마로 증가했나요?", "48억 원"),
        ("인원은 몇 명으로 늘었나요?", "214명"),
        ("인원은 몇 명 늘었나요?", "9명"),
    ],
)
def test_a_change_and_the_level_it_led_to_are_told_apart(question: str, answer: str) -> None:
    report = ["# Report", "Revenue rose by 18.0 % to KRW 48.6 billion in 2025.", "The company employed 214 people."]
    korean = ["# 보고서", "매출은 2024년에 12 % 증가한 48억 원으로 집계되었다. 인원은 214명으로 9명 늘었다."]
    pages = Pages({"report": report, "보고서": korean})
    assert ExtractiveGenerator(pages, encode).generate(question, pages.evidence()).text == answer


def test_a_value_is_short_and_its_claim_is_the_statement() -> None:
    part = draft("How many members does the committee have?").parts[0]
    assert part.text == "nine"
    assert part.claim.startswith("The committee consists of nine members")
    assert part.labels == ("E1",)


def test_every_item_of_a_list_is_a_part_with_what_it_stands_under() -> None:
    found = draft("What are the things that visitors bring to the meeting?")
    assert [part.text for part in found.parts] == [
        "a valid identity card",
        "the printed invitation",
        "safety shoes for the tour",
    ]
    assert all(part.claim.startswith("Visitors bring the following to the meeting: ") for part in found.parts)


def test_an_explanation_is_made_of_whole_sentences_of_the_page() -> None:
    found = draft("How does remote access let employees reach the files of the company?")
    stated = " ".join(NOTICE)
    assert found.parts
    assert all(part.text in stated and part.claim == part.text for part in found.parts)


def test_a_negated_sentence_answers_no() -> None:
    found = draft("Is the remote access service available on weekends?")
    assert found.text == "No. The service is not available on weekends."


@pytest.mark.parametrize(
    ("question", "missing"),
    [
        ("When did the annual meeting take place in 1987?", "1987"),
        ("Who chairs the committee of Brimwick Falls?", "Brimwick Falls"),
        ("2031년 정기 건강검진은 언제 하나요?", "2031"),
    ],
)
def test_what_no_page_mentions_is_named_and_not_answered(question: str, missing: str) -> None:
    found = draft(question)
    assert found.text == ""
    assert found.parts == ()
    assert missing in found.note


def test_a_question_about_something_else_is_answered_with_less_confidence() -> None:
    known = draft("How many members does the committee have?").parts[0].confidence
    other = draft("How many helicopters does the committee have?")
    assert known is not None
    assert not other.parts or (other.parts[0].confidence or 0) < 0.5 * known


def test_no_evidence_gives_an_empty_draft() -> None:
    found = ExtractiveGenerator(Pages({}), encode).generate("What is it?", [])
    assert (found.text, found.parts) == ("", ())
    assert found.note


@pytest.mark.parametrize("question", ["", "?", "the of", "\u0000\ud800", "무엇", "x" * 100_000, "why " * 3000])
def test_odd_questions_are_refused_or_answered_but_never_fail(question: str) -> None:
    assert draft(question).question == question


def test_evidence_handed_over_as_text_is_read_line_by_line() -> None:
    pages = Pages({"notice": NOTICE})
    region = pages.page_regions("notice", 1)[0]
    given = replace(region, document=replace(region.document, id="given"), text="The tower is 45 m tall.\nIt is red.")

    class Nothing(Pages):
        def words(self, document_id: str, page: int) -> tuple[Word, ...]:
            return ()

        def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
            return ()

    found = ExtractiveGenerator(Nothing({}), encode).generate("How tall is the tower?", [Evidence("E1", given, 1.0)])
    assert found.text == "45 m"


def test_the_same_question_gets_the_same_draft() -> None:
    assert draft("What is remote access?") == draft("What is remote access?")


def test_weights_are_there_for_every_source_and_more_words_found_never_lower_the_chance() -> None:
    weights = load_weights()
    assert set(weights) == {source for sources in GROUPS.values() for source in sources}
    for source in weights:
        low = Candidate(source, "x", (), 0.0, {"absent": 0.6, "score": 0.2, "margin": 0.0})
        high = Candidate(source, "x", (), 0.0, {"absent": 0.0, "score": 0.9, "margin": 0.4})
        assert probability(high) >= probability(low)
    assert probability(Candidate("unknown", "x", (), 1.0)) == 0.0
    json.dumps({name: [entry.bias, dict(entry.features)] for name, entry in weights.items()})


@pytest.mark.parametrize(
    ("question", "kind", "answer_type"),
    [
        ("Who signed the contract?", "who", "person"),
        ("When did trading commence?", "when", "date"),
        ("In which year were sales highest?", "when", "date"),
        ("Where is the head office?", "where", "place"),
        ("How many justices are there?", "how_many", "number"),
        ("How long do judges serve?", "how_many", "duration"),
        ("How much did the audit cost?", "how_much", "money"),
        ("What does coinsurance mean?", "definition", "text"),
        ("Is parking free?", "yes_no", "yes_no"),
        ("Why did sales fall?", "explanation", "reason"),
        ("How are claims processed?", "explanation", "text"),
        ("What are the steps of an appeal?", "list", "text"),
        ("What is the average value of packaging for 2018 and 2019?", "computation", "money"),
        ("점검은 누가 하나요?", "who", "person"),
        ("행사는 언제 열리나요?", "when", "date"),
        ("회의실은 어디인가요?", "where", "place"),
        ("직원은 모두 몇 명인가요?", "how_many", "number"),
        ("필터는 얼마나 자주 갈아야 하나요?", "how_many", "duration"),
        ("참가비는 얼마인가요?", "how_much", "money"),
        ("공제란 무엇인가요?", "definition", "text"),
        ("주차가 가능한가요?", "yes_no", "yes_no"),
        ("매출이 줄어든 이유는?", "explanation", "reason"),
        ("신청은 어떻게 하나요?", "explanation", "text"),
    ],
)
def test_a_question_is_known_by_its_words(question: str, kind: str, answer_type: str) -> None:
    found = analyse(question)
    assert (found.kind, found.answer_type) == (kind, answer_type)


def test_years_periods_names_and_operations_are_taken_from_a_question() -> None:
    found = analyse(
        "What was the percentage change in Audit Fees at Viavi Solutions between Q3 2018 and 2019, in millions?"
    )
    assert found.operation == "percentage_change"
    assert found.years == (2018, 2019)
    assert "Q3 2018" in found.periods
    assert found.entities == ("Audit Fees", "Viavi Solutions")
    assert found.scale == 1_000_000
    korean = analyse("2025년 3분기와 2024년 3분기의 매출 차이는?")
    assert korean.years == (2025, 2024)
    assert korean.operation == "difference"
    assert korean.language == "ko"


def test_two_questions_in_one_are_taken_apart() -> None:
    found = analyse("How does the review work, and what are the requirements for a claim?")
    assert found.parts == ("How does the review work?", "what are the requirements for a claim?")


def test_forms_of_a_word_meet() -> None:
    assert terms_of("it became nine") & terms_of("become 9") >= {"9"}
    assert len(terms_of("became won") & terms_of("becomes win")) == 2


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What was the value of the shares vested in 2012?", "$1.5 million"),
        ("What was the value of the shares vested in 2011?", "$1.0 million"),
        ("What was the value of the shares vested in 2010 and 2012 respectively?", "$0.3 million (2010), $1.5 million"),
    ],
)
def test_values_in_a_list_belong_to_the_years_in_a_list(question: str, answer: str) -> None:
    line = "The value of the shares vested in fiscal years 2012, 2011, and 2010 was $1.5 million, $1.0 million and $0.3"
    pages = Pages({"shares": ["# Shares", f"{line} million, respectively."]})
    assert ExtractiveGenerator(pages, encode).generate(question, pages.evidence()).text.startswith(answer)


def test_an_answer_alone_is_surer_than_one_with_a_rival() -> None:
    features = {"score": 0.9, "share": 0.8, "phrase": 0.5}
    best = Candidate("value", "nine", (), 1.0, features)
    weaker = Candidate("value", "seven", (), 0.8, features | {"score": 0.85})
    alone, contested = choose([best]), choose([best, weaker])
    assert alone is not None
    assert contested is not None
    assert alone[1] is contested[1] is best
    assert contested[0] < alone[0]
    assert choose([]) is None
    assert choose([Candidate("unknown", "x", (), 1.0)]) is None


def test_a_page_and_a_text_are_read_once() -> None:
    seen: list[str] = []

    class Counted(Pages):
        def words(self, document_id: str, page: int) -> tuple[Word, ...]:
            seen.append(document_id)
            return super().words(document_id, page)

    def counted(texts: Sequence[str]) -> Vectors:
        seen.extend(texts)
        return encode(texts)

    pages = Counted({"staff-notice": NOTICE})
    generator, evidence = ExtractiveGenerator(pages, counted), pages.evidence()
    first = generator.generate("What is remote access?", evidence)
    known = len(seen)
    assert generator.generate("What is remote access?", evidence) == first
    assert len(seen) == known
