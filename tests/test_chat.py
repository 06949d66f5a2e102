"""Conversations: what follow-ups mean, which evidence is carried, what is kept, and false premises."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.catalog import Catalog, FileRecord, PageRecord, TurnCitation, TurnClaim, TurnEvidence, TurnRecord
from mmrag.chat import Chat, Exchange, carry, contradicted, led_by, merged, premises, resolve, rewrite
from mmrag.errors import IndexBusy, ModelUnavailable, UsageError
from mmrag.protocols import Completion
from mmrag.testing import FakeLLM
from mmrag.types import Answer, Box, Citation, Claim, Document, Evidence, Region, Segment, Verdict, Word

DATA = Path(__file__).resolve().parent / "data" / "chat"


def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text("utf-8").splitlines()]


def plain(text: str) -> str:
    return re.sub(r"[\s?.!,]", "", text).lower()


def ask_after(previous: str, question: str, answer: str = "") -> str:
    return resolve(question, [Exchange(previous, answer)]).question


# Follow-ups


def test_the_set_is_understood_as_well_as_reported() -> None:
    right = usable = 0
    for row in rows("followups.jsonl"):
        history = [Exchange(turn["question"], turn["answer"]) for turn in row["history"]]
        found = f" {resolve(row['question'], history).question.lower()} "
        right += plain(found) in [plain(wanted) for wanted in row["resolved"]]
        wanted = all(plain(part) in plain(found) for part in row["has"])
        usable += wanted and not any(part.lower() in found for part in row["hasnt"])
    assert right >= 51  # of 60
    assert usable >= 52


@pytest.mark.parametrize(
    ("previous", "question", "meant"),
    [
        ("What was the margin in Q3 2019?", "And Q4?", "What was the margin in Q4 2019?"),
        ("은모래섬 여객선의 왕복 요금은 얼마인가요?", "왜 비싼가요?", "은모래섬 여객선의 왕복 요금은 왜 비싼가요?"),
        ("은모래섬 여객선의 왕복 요금은 얼마인가요?", "왜 그렇게 비싸죠?", "은모래섬 여객선의 왕복 요금은 왜 비싸죠?"),
        ("What was the margin in Q1 2019?", "and the quarter before?", "What was the margin in Q4 2018?"),
        ("What is the change in cheese between 2018 and 2019?", "2017 to 2018?",
         "What is the change in cheese between 2017 to 2018?"),
        ("What is the change from 2018 to 2019?", "and in 2020?", "What is the change in 2020?"),
        ("What was the revenue of Samsung in 2019?", "LG?", "What was the revenue of LG in 2019?"),
        ("Which year had the highest net sales?", "and the lowest?", "Which year had the lowest net sales?"),
        ("What was revenue?", "and in 2018?", "What was revenue in 2018?"),
        ("2025년 매출은 얼마인가요?", "작년에는?", "2024년 매출은 얼마인가요?"),
        ("2025년 매출은 얼마인가요?", "일본에서는?", "2025년 일본에서 매출은 얼마인가요?"),
        ("2022년에 태어난 아기는 몇 명인가요?", "그 다음 해는?", "2023년에 태어난 아기는 몇 명인가요?"),
        ("숙박비 한도는 얼마인가요?", "일비는?", "일비는 얼마인가요?"),
    ],
)  # fmt: skip
def test_what_is_left_out_comes_from_the_previous_question(previous: str, question: str, meant: str) -> None:
    found = resolve(question, [Exchange(previous)])
    assert found.question == meant
    assert found.follows
    assert found.how


@pytest.mark.parametrize(
    ("previous", "answer", "question", "meant"),
    [
        (
            "Where is the Supreme Court located?",
            "Washington",
            "When was it built?",
            "When was the Supreme Court built?",
        ),
        ("Who played Superman in Smallville?", "Tom Welling", "How old is he?", "How old is Tom Welling?"),
        ("How many justices are there?", "nine", "Who appoints them?", "Who appoints the justices?"),
        ("점심은 어디에서 먹나요?", "본사 식당", "거기는 무료인가요?", "본사 식당은 무료인가요?"),
        ("위원장은 누구인가요?", "표은솔입니다.", "그녀의 전화번호는?", "표은솔의 전화번호는?"),
        ("정수기의 크기는 얼마인가요?", "38 cm", "이 제품의 전원은?", "정수기의 전원은?"),
    ],
)
def test_pronouns_stand_for_what_was_said(previous: str, answer: str, question: str, meant: str) -> None:
    assert ask_after(previous, question, answer) == meant


@pytest.mark.parametrize(
    "question",
    [
        "Who chairs the board of directors?",
        "Is it possible to return a probe?",
        "How long does it take to get a permit?",
        "연차 휴가는 며칠인가요?",
        "재택근무는 일주일에 며칠까지 할 수 있나요?",
        "x" * 5000,
    ],
    ids=len,
)
def test_a_whole_question_stands_alone(question: str) -> None:
    found = resolve(question, [Exchange("What was revenue in 2019?", "5"), Exchange("매출은 얼마인가요?", "5")])
    assert (found.question, found.follows) == (question, False)


def test_the_first_question_is_taken_as_it_is() -> None:
    assert resolve(" and Q4? ", []).question == "and Q4?"


@settings(max_examples=300, deadline=None)
@given(
    question=st.one_of(
        st.text(max_size=60), st.from_regex(r"(and |그럼 |why|it |2018|[가-힣 ]){1,6}\??", fullmatch=True)
    ),
    previous=st.one_of(
        st.text(max_size=60), st.from_regex(r"(what |is |the |의 |은 |Q[1-4] |몇 |[가-힣]){1,8}\?", fullmatch=True)
    ),
    answer=st.text(max_size=20),
)
def test_anything_can_be_typed(question: str, previous: str, answer: str) -> None:
    found = resolve(question, [Exchange(previous, answer)])
    assert found.follows or " ".join(question.split()).endswith(found.question) or found.question == question
    assert not found.follows or found.how
    assert isinstance(premises(question), tuple)


# With a model


HISTORY = [Exchange("What was the operating margin of Acme in Q3?", "13.9 %")]


def test_a_model_rewrites_what_rules_leave() -> None:
    llm = FakeLLM(["What was the operating margin of Acme otherwise?"])
    found = rewrite("And otherwise?", HISTORY, llm)
    assert found is not None
    assert found.question == "What was the operating margin of Acme otherwise?"
    assert "model" in found.how
    assert "operating margin" in llm.prompts[0]


@pytest.mark.parametrize(
    "said",
    [
        "What was the operating margin of Globex otherwise?",  # a name of its own
        "What was the operating margin of Acme in 2017 otherwise?",  # a year of its own
        "What was the operating margin of Acme?",  # the user's word is gone
        "And otherwise?",
        "",
        "\x00 ��",
        "otherwise " * 500,
    ],
    ids=len,
)
def test_words_that_nobody_said_are_not_taken(said: str) -> None:
    assert rewrite("And otherwise?", HISTORY, FakeLLM([said])) is None


def test_a_korean_rewriting_may_change_endings_only() -> None:
    history = [Exchange("가온군의 인구는 몇 명인가요?", "38,742명")]
    llm = FakeLLM(["가온군의 인구 가운데 노인은 몇 명인가요?", "나래군의 인구 가운데 노인은 몇 명인가요?"])
    assert rewrite("가운데 노인은 그때 몇 명?", history, llm) is not None
    assert rewrite("가운데 노인은 그때 몇 명?", history, llm) is None


def test_a_model_that_is_down_changes_nothing() -> None:
    class Down:
        name = "down"

        def complete(self, prompt: str, images: object = (), *, choices: Sequence[str] = ()) -> Completion:
            raise ModelUnavailable("no answer")

    assert rewrite("And otherwise?", HISTORY, Down()) is None


# Conversations over a catalog


HASH = "ab" * 32


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "report.pdf"
    path.write_bytes(b"0123456789")
    return path


@pytest.fixture
def catalog(tmp_path: Path, file: Path) -> Any:
    """One document of two pages that lies where the catalog says."""
    with Catalog.open(tmp_path / "catalog.db", create=True) as opened:
        with opened.write() as writer:
            status = file.stat()
            root = writer.add_root(os.fsencode(tmp_path), 1)
            writer.put_file(
                FileRecord(os.fsencode(file), root, 10, status.st_mtime_ns, 7, 3, state="indexed", hash=HASH)
            )
            content = writer.start_content(HASH, "pdf", 10)
            writer.attach(os.fsencode(file), content)
            words = (Word("margin", Box(0.1, 0.1, 0.2, 0.2)),)
            parts = (Segment("page", Box(), "margin"), Segment("passage", Box(0.1, 0.1, 0.5, 0.2), "margin 13.9 %"))
            writer.add_pages(content, [PageRecord(n, 595, 842, "layer", "none", words, parts) for n in (1, 2)])
            writer.finish_content(content, 2, "Report")
        yield opened


class Answers:
    """Stands for the front door: remembers what it was asked, and answers with a cited claim on page 1."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.asked: list[tuple[str, Sequence[Evidence], dict[str, Any]]] = []
        self.text: str | None = "13.9 %"

    def __call__(self, question: str, *, carried: Sequence[Evidence], **options: Any) -> Answer:
        self.asked.append((question, carried, options))
        region = self.catalog.page_regions(HASH, 1)[1]
        spot = Citation(region, Box(0.1, 0.1, 0.2, 0.2), "13.9 %")
        claims = (Claim("margin: 13.9 %", Verdict("supported", 0.97, "says so", (spot,))),) if self.text else ()
        found = (Evidence("E1", self.catalog.page_regions(HASH, 2)[0], 1.0),)
        return Answer(question, self.text, "" if self.text else "nothing", claims, found)


def test_a_follow_up_is_asked_whole_with_the_evidence_of_before(catalog: Catalog) -> None:
    answers = Answers(catalog)
    chat = Chat(answers, catalog)
    chat.ask("What was the margin in Q3?", max_risk=0.2)
    answer = chat.ask("and Q4?")
    assert answer.question == "What was the margin in Q4?"
    (_, nothing, options), (question, carried, _) = answers.asked
    assert (nothing, options) == ((), {"max_risk": 0.2})
    assert question == "What was the margin in Q4?"
    assert [(item.region.page, item.region.kind, item.stale) for item in carried] == [(1, "passage", False)]
    assert chat.resolution.how
    assert chat.turns[1].asked == "and Q4?"
    chat.ask("Who chairs the board of directors?")
    assert answers.asked[2][1] == ()  # another subject: nothing is carried


def test_conversations_are_kept_listed_and_continued(catalog: Catalog) -> None:
    chat = Chat(Answers(catalog), catalog)
    chat.ask("What was the margin in Q3?")
    chat.ask("and Q4?")
    assert chat.unsaved == ""
    (listed,) = catalog.conversations()
    assert (listed.name, listed.title, listed.turns) == (chat.name, "What was the margin in Q3?", 2)
    later = Chat(Answers(catalog), catalog, chat.name)
    assert later.understand("and Q2?").question == "What was the margin in Q2?"
    assert later.turns == catalog.turns(chat.name)
    turn = later.turns[0]
    assert (turn.answer, turn.claims[0].label, turn.claims[0].citations[0].page) == ("13.9 %", "supported", 1)
    assert [(item.label, item.page) for item in turn.evidence] == [("E1", 2)]


def test_a_conversation_goes_on_where_it_cannot_be_kept(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object) -> int:
        raise IndexBusy("another process writes")

    monkeypatch.setattr(catalog, "add_turn", busy)
    chat = Chat(Answers(catalog), catalog)
    chat.ask("What was the margin in Q3?")
    assert chat.unsaved == "another process writes"
    assert chat.ask("and Q4?").question == "What was the margin in Q4?"


def test_an_empty_question_is_refused_and_not_kept(catalog: Catalog) -> None:
    chat = Chat(Answers(catalog), catalog)
    with pytest.raises(UsageError):
        chat.ask("  ")
    assert catalog.conversations() == []


def turn_on(page: int, region: int, label: str = "supported") -> TurnRecord:
    spot = TurnCitation(region, HASH, page, None)
    claims = (TurnClaim("x", label, 0.9, "", (spot,)),)  # type: ignore[arg-type]
    return TurnRecord("q", "q", "", "a", "", claims, (TurnEvidence("E1", 3, HASH, 2),), datetime.now(timezone.utc))


def test_evidence_of_a_changed_or_missing_file_drops_out_with_a_reason(catalog: Catalog, file: Path) -> None:
    turns = [turn_on(1, 2)]
    assert len(carry(turns, catalog).evidence) == 1
    file.write_bytes(b"0123456789 more")
    changed = carry(turns, catalog)
    assert changed.evidence == ()
    assert "report.pdf, page 1: the file has changed" in changed.dropped[0]
    file.unlink()
    assert "the file is gone" in carry(turns, catalog).dropped[0]
    with catalog.write() as writer:
        writer.remove_file(os.fsencode(file))
        writer.collect()
    assert "no longer in the index" in carry(turns, catalog).dropped[0]


def test_a_page_that_was_read_again_is_carried_as_it_is_now(catalog: Catalog) -> None:
    (kept,) = carry([turn_on(1, 9999)], catalog).evidence
    assert kept.region.kind == "page"
    assert kept.region.page == 1


def test_what_was_not_found_then_is_not_carried_but_the_best_page_is(catalog: Catalog) -> None:
    (kept,) = carry([turn_on(1, 2, "not_found")], catalog).evidence
    assert kept.region.page == 2


def test_carried_pages_come_after_what_is_found_and_never_twice(catalog: Catalog) -> None:
    found = [Evidence("E1", catalog.page_regions(HASH, 1)[0], 3.0)]
    carried = [Evidence("", catalog.page_regions(HASH, page)[1], 0.0) for page in (1, 2)]
    both = merged(found, carried)
    assert [(item.label, item.region.page) for item in both] == [("E1", 1), ("E2", 2)]
    assert both[0].region.kind == "page"


# Premises


def test_premises_of_the_set_are_found_as_well_as_reported() -> None:
    right = 0
    for row in rows("premises.jsonl"):
        found = premises(row["question"])
        wanted = [[plain(text) for text in one] for one in row["premises"]]
        right += len(found) == len(wanted) and all(plain(f) in w for f, w in zip(found, wanted, strict=True))
    assert right >= 38  # of 42


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Why did revenue fall to 3 million in 2019?", "revenue fell to 3 million in 2019"),
        ("Why has the margin fallen since 2021?", "the margin has fallen since 2021"),
        ("Why are there only 200 employees?", "there are only 200 employees"),
        ("Since the deductible is $500 what do I pay?", "the deductible is $500"),
        ("매출이 3억으로 줄어든 이유는?", "매출이 3억으로 줄어들었다"),
        ("R3가 R2보다 무거운 이유는?", "R3가 R2보다 무겁다"),
        ("필터가 12개월마다 교체되는 거죠?", "필터가 12개월마다 교체된다"),
        ("영어를 배운 이유는?", "영어를 배웠다"),
    ],
)
def test_what_is_taken_for_granted(question: str, said: str) -> None:
    assert premises(question) == (said,)


@pytest.mark.parametrize(
    "question",
    ["As a percentage of sales, what is the cost?", "Because of rising costs, what changed?", "Since 2019, how many?",
     "Given the high costs, what is the margin?", "그 이유는 무엇인가?", "출장비는 얼마인데요?",
     "회비가 얼마죠?", "마감이 언제죠?", ""],
)  # fmt: skip
def test_what_takes_nothing_for_granted(question: str) -> None:
    assert premises(question) == ()


REGION = Region(1, Document(HASH, Path("/r/report.pdf"), 2), 2, "page", Box(), "Revenue was 5 million.")
FOUND = [Evidence("E1", REGION, 1.0)]


def judge(label: str, probability: float, quote: str = "Revenue was 5 million."):  # type: ignore[no-untyped-def]
    def check(text: str, evidence: Sequence[Evidence]) -> Claim:
        spot = Citation(REGION, None, quote)
        if text == quote:
            return Claim(text, Verdict("supported", 0.99, "word for word", (spot,)))
        return Claim("rephrased", Verdict(label, probability, "the page says 5 for 매출, not 3", (spot,)))  # type: ignore[arg-type]

    return check


def test_a_false_premise_is_answered_with_the_page_first() -> None:
    question = "Why did revenue fall to 3 million in 2019?"
    check = judge("contradicted", 0.03)
    false = contradicted(question, FOUND, check)
    assert [claim.text for claim in false] == ["revenue fell to 3 million in 2019"]
    refused = Answer(question, None, "not found", (), tuple(FOUND))
    answer = led_by(refused, false, check)
    assert answer.text is not None
    assert answer.text.startswith("Not what the page says: “revenue fell to 3 million in 2019”")
    assert "“Revenue was 5 million.” [E1]" in answer.text
    assert "report.pdf, page 2" in answer.text
    assert answer.reason == ""
    assert [claim.verdict.label for claim in answer.claims] == ["supported", "contradicted"]
    told = led_by(replace(refused, text="It fell because of frost."), false, check)
    assert told.text is not None
    assert told.text.endswith("\nIt fell because of frost.")


def test_a_lone_value_is_told_with_its_row_and_korean_in_korean() -> None:
    check = judge("contradicted", 0.03, "5")
    question = "매출이 3억으로 줄어든 이유는?"
    answer = led_by(Answer(question, None, "", (), tuple(FOUND)), contradicted(question, FOUND, check))
    assert answer.text is not None
    assert answer.text.startswith("문서의 내용과 다릅니다")
    assert "the page says 5 for 매출, not 3" in answer.text


def test_a_number_of_something_else_contradicts_nothing() -> None:
    question = "Why did the fourth quarter reach KRW 13.6 billion?"
    assert contradicted(question, FOUND, judge("contradicted", 0.03, "Revenue was KRW 48.6 billion.")) == ()


@pytest.mark.parametrize(("label", "probability"), [("supported", 0.9), ("not_found", 0.3), ("contradicted", 0.4)])
def test_nobody_is_corrected_without_a_sure_contradiction(label: str, probability: float) -> None:
    question = "Why did revenue fall to 3 million in 2019?"
    assert contradicted(question, FOUND, judge(label, probability)) == ()
    answer = Answer(question, "Frost.", "", (), tuple(FOUND))
    assert led_by(answer, ()) == answer


def test_a_premise_that_no_page_states_leaves_a_refusal_one_and_says_what_is_stated() -> None:
    question = "Why did revenue fall to 3 million?"
    check = judge("not_found", 0.03, "Revenue fell to 5 million.")
    doubted = contradicted(question, FOUND, check)
    refused = Answer(question, None, "Nothing states an answer.", (), tuple(FOUND))
    answer = led_by(refused, doubted, check)
    assert answer.text is None
    assert "Revenue fell to 5 million." in answer.reason
    assert "[E1]" in answer.reason
    assert answer.reason.endswith("Nothing states an answer.")
    told = replace(refused, text="It fell because of frost.")
    assert led_by(told, doubted, check) == told
    assert contradicted(question, FOUND, judge("not_found", 0.03, "Costs were 5 million.")) == ()
