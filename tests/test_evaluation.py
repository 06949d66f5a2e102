"""Scores of page retrieval: hand-computed values, files with mistakes, intervals, and the way through JSON."""

from __future__ import annotations

import json
import math
import unicodedata
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.errors import PathNotFound, UsageError
from mmrag.evaluation import (
    METRICS,
    Question,
    RetrievalScores,
    as_json,
    as_table,
    bootstrap,
    bootstrap_difference,
    compare,
    evaluate_retrieval,
    held_out,
    page_key,
    rank_pages,
    read_questions,
    scores_from_json,
    unmatchable,
)
from mmrag.types import Document, Evidence, Region

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def write(folder: Path, *lines: object) -> Path:
    path = folder / "questions.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return path


def question(identity: str, *gold: tuple[str, int], kind: str = "") -> Question:
    return Question(identity, f"text of {identity}", frozenset(gold), kind)


def ranking(*keys: tuple[str, int]) -> list[set[tuple[str, int]]]:
    return [{key} for key in keys]


class TestReading:
    def test_gold_wins_over_doc_and_gold_pages(self, tmp_path: Path) -> None:
        path = write(
            tmp_path,
            {"id": "a", "question": "A?", "doc": "x.pdf", "gold_pages": [9], "gold": [{"doc": "y.pdf", "page": 2}]},
            {"id": "b", "question": "B?", "doc": "x.pdf", "gold_pages": [3, 4], "kind": "chart"},
            {"id": "c", "question": "C?", "doc": "x.pdf", "gold_pages": []},
            {"id": 4, "question": "질문?", "answer": "없음"},
        )
        a, b, c, d = read_questions(path)
        assert a.gold == {("y.pdf", 2)}
        assert b.gold == {("x.pdf", 3), ("x.pdf", 4)}
        assert (b.kind, a.kind) == ("chart", "")
        assert (c.gold, d.gold) == (frozenset(), frozenset())
        assert (d.id, d.question) == ("4", "질문?")

    def test_byte_order_mark_empty_lines_and_windows_line_ends(self, tmp_path: Path) -> None:
        path = tmp_path / "q.jsonl"
        path.write_bytes(b'\xef\xbb\xbf{"id": "a", "question": "A?"}\r\n\r\n{"id": "b", "question": "B?"}\r\n')
        assert [item.id for item in read_questions(path)] == ["a", "b"]

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ("{not json", "not JSON"),
            ("[]", "not a JSON object"),
            ('{"question": "x"}', '"id"'),
            ('{"id": true, "question": "x"}', '"id"'),
            ('{"id": "", "question": "x"}', '"id"'),
            ('{"id": "b"}', '"question"'),
            ('{"id": "b", "question": "  "}', '"question"'),
            ('{"id": "a", "question": "again"}', "used before"),
            ('{"id": "b", "question": "x", "gold": {"doc": "a"}}', '"gold"'),
            ('{"id": "b", "question": "x", "gold": [3]}', '"gold"'),
            ('{"id": "b", "question": "x", "gold": [{"page": 3}]}', '"doc"'),
            ('{"id": "b", "question": "x", "doc": "a.pdf", "gold_pages": 3}', '"gold_pages"'),
            ('{"id": "b", "question": "x", "gold_pages": [3]}', '"doc"'),
            ('{"id": "b", "question": "x", "doc": "a.pdf", "gold_pages": [0]}', "from 1"),
            ('{"id": "b", "question": "x", "doc": "a.pdf", "gold_pages": ["3"]}', "from 1"),
            ('{"id": "b", "question": "x", "doc": "a.pdf", "gold_pages": [true]}', "from 1"),
            ("[" * 100_000, "not JSON"),
        ],
    )
    def test_a_mistake_names_its_line(self, tmp_path: Path, line: str, says: str) -> None:
        path = write(tmp_path, {"id": "a", "question": "A?"}, "", line)
        with pytest.raises(UsageError) as caught:
            read_questions(path)
        assert f"{path}, line 3:" in caught.value.message
        assert says in caught.value.message
        assert caught.value.hint

    def test_bytes_that_are_not_utf8_name_their_line(self, tmp_path: Path) -> None:
        path = tmp_path / "q.jsonl"
        path.write_bytes(b'{"id": "a", "question": "A?"}\n{"id": "b", "question": "\xff"}\n')
        with pytest.raises(UsageError, match="line 2: not UTF-8"):
            read_questions(path)

    def test_a_file_that_is_missing_empty_or_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(PathNotFound):
            read_questions(tmp_path / "nothing.jsonl")
        with pytest.raises(UsageError, match="cannot be read"):
            read_questions(tmp_path)
        with pytest.raises(UsageError, match="holds no questions"):
            read_questions(write(tmp_path, "", " "))

    def test_names_match_however_their_letters_are_composed(self, tmp_path: Path) -> None:
        composed, apart = "보고서 é.pdf", unicodedata.normalize("NFD", "보고서 é.pdf")
        assert composed != apart
        (item,) = read_questions(write(tmp_path, {"id": "a", "question": "?", "doc": apart, "gold_pages": [1]}))
        scores = evaluate_retrieval([item], {"a": [{page_key(composed, 1)}]})
        assert scores.mean("MRR") == 1
        assert unmatchable([item], {composed: 1}) == ()

    def test_unmatchable_says_what_no_search_can_return(self) -> None:
        asked = [question("a", ("x.pdf", 3), ("x.pdf", 4)), question("b", ("gone.pdf", 1)), question("c", ("x.pdf", 1))]
        found = unmatchable(asked, {"x.pdf": 3})
        assert [(item.question_id, item.page) for item in found] == [("a", ("x.pdf", 4)), ("b", ("gone.pdf", 1))]
        assert "3 pages" in found[0].reason
        assert "not in the index" in found[1].reason


class TestScores:
    def test_values_by_hand(self) -> None:
        asked = [question("a", ("x", 1), ("x", 2))]
        found = ranking(("y", 1), ("x", 1), ("y", 2), ("y", 3), ("y", 4), ("x", 2))
        score = evaluate_retrieval(asked, {"a": found}).questions[0]
        assert score.rank == 2
        assert [score[f"recall@{k}"] for k in (1, 3, 5, 10)] == [0, 0.5, 0.5, 1]
        assert [score[f"hit@{k}"] for k in (1, 3, 5, 10)] == [0, 1, 1, 1]
        assert score["MRR"] == 0.5
        ideal = 1 + 1 / math.log2(3)
        assert score["nDCG@5"] == pytest.approx((1 / math.log2(3)) / ideal)

    def test_more_gold_pages_than_five_can_still_be_perfect(self) -> None:
        gold = [("x", page) for page in range(1, 8)]
        score = evaluate_retrieval([question("a", *gold)], {"a": ranking(*gold)}).questions[0]
        assert score["nDCG@5"] == pytest.approx(1)
        assert score["recall@5"] == pytest.approx(5 / 7)

    def test_an_empty_ranking_is_a_miss_and_a_missing_one_an_error(self) -> None:
        asked = [question("a", ("x", 1)), question("b", ("x", 2))]
        scores = evaluate_retrieval(asked, {"a": [], "b": ranking(("x", 2))})
        assert scores.questions[0].values == (0.0,) * len(METRICS)
        assert scores.questions[0].rank is None
        assert scores.mean("hit@5") == 0.5
        with pytest.raises(UsageError, match="'b'"):
            evaluate_retrieval(asked, {"a": []})

    def test_questions_without_gold_pages_are_left_out_and_counted(self) -> None:
        scores = evaluate_retrieval([question("a", ("x", 1)), question("b")], {"a": ranking(("x", 1))})
        assert [score.id for score in scores.questions] == ["a"]
        assert scores.left_out == 1
        assert "1 questions without gold pages" in as_table(scores)

    def test_a_page_that_comes_twice_counts_once(self) -> None:
        asked = [question("a", ("x", 1), ("x", 2))]
        twice = evaluate_retrieval(asked, {"a": ranking(("x", 1), ("x", 1), ("x", 1), ("x", 2))}).questions[0]
        once = evaluate_retrieval(asked, {"a": ranking(("x", 1), ("x", 2))}).questions[0]
        assert twice == once

    def test_a_hit_answers_under_each_of_its_names(self) -> None:
        copies = frozenset({("x.pdf", 1), ("copy of x.pdf", 1)})
        by_other_name = evaluate_retrieval([question("a", ("copy of x.pdf", 1))], {"a": [copies]})
        assert by_other_name.mean("nDCG@5") == 1
        both_are_gold = evaluate_retrieval([question("a", ("x.pdf", 1), ("copy of x.pdf", 1))], {"a": [copies]})
        assert both_are_gold.questions[0].values == (1.0,) * len(METRICS)

    def test_rankings_come_from_a_search_function(self) -> None:
        def search(text: str) -> list[Evidence]:
            assert text == "text of a"
            region = Region(1, Document("0" * 64, Path("/docs/x.pdf"), 5), 4)
            return [Evidence("E1", region, 1.0, also_at=(Path("/other/y.pdf"),))]

        asked = [question("a", ("y.pdf", 4)), question("b")]
        rankings = rank_pages(asked, search)
        assert rankings == {"a": [{("x.pdf", 4), ("y.pdf", 4)}]}
        assert evaluate_retrieval(asked, rankings).mean("hit@1") == 1

    @given(st.lists(st.integers(1, 12), max_size=15), st.sets(st.integers(1, 12), min_size=1, max_size=6))
    def test_values_keep_their_bounds_and_order(self, pages: list[int], gold: set[int]) -> None:
        asked = [question("a", *(("x", page) for page in gold))]
        score = evaluate_retrieval(asked, {"a": ranking(*(("x", page) for page in pages))}).questions[0]
        assert all(0 <= value <= 1 + 1e-12 for value in score.values)
        for name in ("recall", "hit"):
            at = [score[f"{name}@{k}"] for k in (1, 3, 5, 10)]
            assert at == sorted(at)
        assert all(score[f"recall@{k}"] <= score[f"hit@{k}"] for k in (1, 3, 5, 10))
        assert (score["nDCG@5"] > 0) == (score["hit@5"] == 1)
        assert (score["MRR"] > 0) == bool(gold & set(pages))


class TestHalves:
    def test_the_split_is_the_id_alone(self) -> None:
        for identity in ("azure-text-000", "uda-fin-001", "질문 1", ""):
            assert held_out(identity) == bool(sha256(identity.encode()).digest()[0] & 1)

    def test_halves_share_out_the_questions(self) -> None:
        asked = [question(f"q{number}", ("x", 1)) for number in range(200)]
        scores = evaluate_retrieval(asked, {item.id: [] for item in asked})
        held, tuning = scores.half(held=True), scores.half(held=False)
        assert len(held.questions) + len(tuning.questions) == 200
        assert 70 < len(held.questions) < 130
        assert all(held_out(score.id) for score in held.questions)

    def test_kinds(self) -> None:
        asked = [question("a", ("x", 1), kind="chart"), question("b", ("x", 1), kind="text")]
        scores = evaluate_retrieval(asked, {"a": ranking(("x", 1)), "b": []})
        assert {kind: part.mean("hit@1") for kind, part in scores.by_kind().items()} == {"chart": 1, "text": 0}


class TestIntervals:
    def test_the_same_seed_gives_the_same_interval(self) -> None:
        values = np.random.default_rng(1).random((40, 2))
        assert bootstrap(values) == bootstrap(values)
        assert bootstrap(values) != bootstrap(values, seed=7)

    def test_width_agrees_with_the_normal_approximation(self) -> None:
        values = (np.arange(400) % 2).astype(float)[:, None]
        (interval,) = bootstrap(values)
        assert interval.mean == 0.5
        half_width = 1.96 * 0.5 / math.sqrt(400)
        assert interval.low == pytest.approx(0.5 - half_width, abs=0.005)
        assert interval.high == pytest.approx(0.5 + half_width, abs=0.005)

    def test_pairing_makes_a_small_steady_gain_visible(self) -> None:
        first = np.random.default_rng(2).random((100, 1))
        second = first + 0.01
        (interval,) = bootstrap_difference(first, second)
        assert interval.mean == pytest.approx(0.01)
        assert interval.excludes_zero
        with pytest.raises(ValueError, match="shape"):
            bootstrap_difference(first, second[1:])
        with pytest.raises(ValueError, match="two dimensions"):
            bootstrap(first[:, 0])

    def test_many_questions_are_resampled_in_bounded_steps(self) -> None:
        values = np.ones((50_000, 1))
        (interval,) = bootstrap(values, resamples=100)
        assert (interval.low, interval.mean, interval.high) == pytest.approx((1, 1, 1))

    def test_compare_pairs_by_id_whatever_the_order(self) -> None:
        asked = [question("a", ("x", 1)), question("b", ("x", 2))]
        good = {"a": ranking(("x", 1)), "b": ranking(("x", 2))}
        first = evaluate_retrieval(asked, {"a": ranking(("x", 1)), "b": []})
        second = evaluate_retrieval(asked[::-1], good)
        assert compare(first, second)["hit@1"].mean == 0.5
        assert compare(second, second)["hit@1"] == compare(first, first)["hit@1"]
        with pytest.raises(UsageError, match="different questions"):
            compare(first, evaluate_retrieval(asked[:1], good))


class TestShowing:
    def scores(self, good: bool = True) -> RetrievalScores:
        asked = [question(f"q{number}", ("x", number + 1), kind="text") for number in range(20)]
        return evaluate_retrieval([*asked, question("none")], {item.id: ranking(*item.gold) * good for item in asked})

    def test_json_goes_there_and_back(self) -> None:
        scores = self.scores()
        value = json.loads(json.dumps(as_json(scores), allow_nan=False))
        assert scores_from_json(value) == scores
        assert (value["questions"], value["left_out"]) == (20, 1)
        assert value["whole"]["metrics"]["nDCG@5"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
        assert value["held_out"]["questions"] == len(scores.half(held=True).questions)
        assert value["kinds"]["text"]["means"]["MRR"] == 1

    def test_json_without_any_question_has_null_and_not_nan(self) -> None:
        value = as_json(evaluate_retrieval([question("a")], {}))
        json.dumps(value, allow_nan=False)
        assert value["whole"]["metrics"]["MRR"] == {"mean": None, "low": None, "high": None}
        assert math.isnan(scores_from_json(value).mean("MRR"))

    def test_json_lists_unmatchable_and_the_difference(self) -> None:
        missing = unmatchable([question("a", ("gone.pdf", 1))], {})
        value = as_json(self.scores(), unmatchable=missing, against=self.scores(good=False))
        assert value["unmatchable"] == [
            {"id": "a", "doc": "gone.pdf", "page": 1, "reason": "the document is not in the index"}
        ]
        assert value["difference"]["whole"]["metrics"]["hit@1"]["mean"] == 1
        assert value["difference"]["held_out"]["questions"] == value["held_out"]["questions"]

    @pytest.mark.parametrize("value", [{}, {"per_question": [{}], "left_out": 0}, {"per_question": 3, "left_out": 0}])
    def test_other_json_is_refused(self, value: dict[str, object]) -> None:
        with pytest.raises(UsageError, match="not scores"):
            scores_from_json(value)

    def test_table_shows_both_halves_and_marks_a_real_difference(self) -> None:
        text = as_table(self.scores(), against=self.scores(good=False))
        heads = text.splitlines()[0]
        assert "whole (n=20)" in heads
        assert "held out (n=" in heads
        assert all(any(line.startswith(metric) for line in text.splitlines()) for metric in METRICS)
        assert "1.000 [1.000, 1.000]*" in text
        assert "*" not in as_table(self.scores(), against=self.scores())


@pytest.mark.parametrize(("name", "count", "with_gold"), [("docqa_azure", 60, 60), ("docqa_uda", 244, 96)])
def test_questions_of_the_development_sets(name: str, count: int, with_gold: int) -> None:
    path = DATA / name / "questions.jsonl"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    questions = read_questions(path)
    assert len(questions) == count
    assert sum(bool(item.gold) for item in questions) == with_gold
    names = {file.name for file in (DATA / name / "pdfs").iterdir()}
    assert unmatchable(questions, dict.fromkeys(names, 10_000)) == ()
