"""Scores of answers and verdicts: hand-computed values, citations, calibration, comparison, JSON, tables, pictures."""

from __future__ import annotations

import json
import math
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.errors import UsageError
from mmrag.evaluation import (
    AnswerScore,
    AnswerScores,
    LabelledClaim,
    Outcome,
    Question,
    RetrievalScores,
    VerdictScore,
    VerdictScores,
    answers_from_json,
    answers_json,
    answers_table,
    ask_questions,
    bootstrap_of,
    check_claims,
    check_plot,
    compare_answers,
    compare_verdicts,
    read_claims,
    read_questions,
    score_answer,
    verdicts_from_json,
    verdicts_json,
    verdicts_table,
    what_is_cited,
    without_gold,
    write_plot,
)
from mmrag.evaluation.risk import (
    area_under_risk,
    auroc,
    balanced_accuracy,
    calibration_bins,
    expected_calibration_error,
    risk_coverage,
)
from mmrag.types import Answer, Box, Citation, Claim, Document, Label, Region, Verdict, Word

DOCUMENT = Document("d" * 64, Path("/docs/report.pdf"), 3)
WORDS = (
    Word("Packaging", Box(0.1, 0.1, 0.3, 0.12)),
    Word("2,072", Box(0.5, 0.1, 0.6, 0.12)),
    Word("2,230", Box(0.7, 0.1, 0.8, 0.12)),
    Word("Total", Box(0.1, 0.2, 0.2, 0.22)),
    Word("9,999", Box(0.7, 0.2, 0.8, 0.22)),
)
ROW = Box(0.1, 0.1, 0.8, 0.12)


def answer(
    text: str | None, *citations: Citation, probability: float | None = None, label: Label = "supported"
) -> Answer:
    claims = (Claim(text or "a claim", Verdict(label, 0.9, "", citations)),)
    return Answer("q", text, "", claims, (), probability=probability)


def cite(box: Box | None, quote: str = "", page: int = 2) -> Citation:
    return Citation(Region(7, DOCUMENT, page), box, quote)


def words(document: str, page: int) -> tuple[Word, ...]:
    assert document == DOCUMENT.id
    return WORDS if page == 2 else ()


class TestRisk:
    def test_balanced_accuracy_by_hand(self) -> None:
        said = np.array([True, True, False, False, True])
        truth = np.array([True, True, True, False, False])
        assert balanced_accuracy(said, truth) == pytest.approx((2 / 3 + 1 / 2) / 2)
        assert math.isnan(balanced_accuracy(said, np.ones(5, bool)))

    def test_auroc_by_hand_with_a_tie(self) -> None:
        probability = np.array([0.9, 0.5, 0.5, 0.1])
        truth = np.array([True, True, False, False])
        assert auroc(probability, truth) == pytest.approx(3.5 / 4)
        assert auroc(-probability, truth) == pytest.approx(0.5 / 4)
        assert math.isnan(auroc(probability, np.zeros(4, bool)))

    def test_calibration_by_hand(self) -> None:
        probability = np.array([0.2, 0.2, 0.8, 0.8])
        truth = np.array([False, True, True, True])
        low, high = calibration_bins(probability, truth, 2)
        assert (low.count, low.probability, low.right) == (2, pytest.approx(0.2), 0.5)
        assert (high.count, high.probability, high.right) == (2, pytest.approx(0.8), 1.0)
        assert expected_calibration_error(probability, truth, 2) == pytest.approx((0.3 + 0.2) / 2)
        assert math.isnan(expected_calibration_error(np.array([]), np.array([], bool)))

    def test_what_is_well_calibrated_has_a_small_error(self) -> None:
        random = np.random.default_rng(5)
        probability = random.random(20_000)
        assert expected_calibration_error(probability, random.random(20_000) < probability) < 0.02

    def test_risk_and_coverage_by_hand(self) -> None:
        curve = risk_coverage(np.array([0.9, 0.4, 0.7, 0.7]), np.array([True, False, True, False]), total=8)
        assert [(p.threshold, p.coverage, p.risk) for p in curve] == [
            (0.9, 1 / 8, 0.0),
            (0.7, 3 / 8, pytest.approx(1 / 3)),
            (0.4, 4 / 8, 0.5),
        ]
        assert risk_coverage(np.array([]), np.array([], bool)) == ()

    def test_area_under_risk_by_hand(self) -> None:
        right = np.array([True, False, True])
        assert area_under_risk(np.array([0.9, 0.8, 0.1]), right) == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
        assert area_under_risk(np.array([0.9, 0.1, 0.8]), right) == pytest.approx((0 + 0 + 1 / 3) / 3)

    @given(st.lists(st.tuples(st.sampled_from([0.1, 0.5, 0.9]), st.booleans()), min_size=1, max_size=12), st.randoms())
    def test_the_order_of_the_input_does_not_matter(self, rows: list[tuple[float, bool]], random: Random) -> None:
        def values(items: list[tuple[float, bool]]) -> tuple[Any, ...]:
            probability, right = np.array([p for p, _ in items]), np.array([r for _, r in items], dtype=bool)
            return area_under_risk(probability, right), auroc(probability, right), risk_coverage(probability, right)

        shuffled = list(rows)
        random.shuffle(shuffled)
        (area, rank, curve), (other_area, other_rank, other_curve) = values(rows), values(shuffled)
        assert area == pytest.approx(other_area)
        assert rank == pytest.approx(other_rank, nan_ok=True)
        assert curve == other_curve

    def test_bootstrap_of_a_mean_is_the_bootstrap(self) -> None:
        values = (np.arange(400) % 2).astype(float)
        interval = bootstrap_of(lambda rows: float(values[rows].mean()), 400)
        assert interval.mean == 0.5
        assert interval.low == pytest.approx(0.451, abs=0.01)
        assert interval.high == pytest.approx(0.549, abs=0.01)
        assert math.isnan(bootstrap_of(lambda _: 1.0, 0).mean)


class TestCiting:
    def test_the_box_holds_the_gold_value(self) -> None:
        found = answer("2,230", cite(Box(0.69, 0.09, 0.81, 0.13), "2,230"))
        assert what_is_cited(found, ["['2,230']"], words) == "gold"

    def test_items_of_a_list_may_lie_in_two_boxes(self) -> None:
        boxes = cite(Box(0.69, 0.09, 0.81, 0.13)), cite(Box(0.49, 0.09, 0.61, 0.13))
        assert what_is_cited(answer("2,072; 2,230", *boxes), ["['2,072', '2,230']"], words) == "gold"
        assert what_is_cited(answer("2,072; 2,230", boxes[0]), ["['2,072', '2,230']"], words) == "nothing"

    def test_what_was_computed_is_cited_by_the_quote(self) -> None:
        found = answer("2,151", cite(ROW, "2,072 2,230"))
        assert what_is_cited(found, ["2151"], words) == "quote"

    @pytest.mark.parametrize(
        "citation",
        [
            cite(Box(0.69, 0.19, 0.81, 0.23), "2,230"),  # the row below
            cite(None, "2,230"),
            cite(ROW, "2,230", page=1),
            cite(Box(0, 0, 0.05, 0.05)),
        ],
    )
    def test_a_box_elsewhere_holds_nothing(self, citation: Citation) -> None:
        assert what_is_cited(answer("2,230", citation), ["2,230"], words) == "nothing"

    def test_what_was_struck_out_does_not_count(self) -> None:
        struck = answer("2,230", cite(ROW, "2,230"), label="not_found")
        assert what_is_cited(struck, ["2,230"], words) == "nothing"


def scores(*outcomes: Outcome, ids: str = "q", kind: str = "") -> AnswerScores:
    rows = [
        AnswerScore(f"{ids}{place}", kind, outcome, None if outcome == "refused" else "x", 0.9 - place / 100)
        for place, outcome in enumerate(outcomes)
    ]
    return AnswerScores(tuple(rows))


class TestAnswers:
    def test_answers_are_asked_for_where_the_line_has_them(self) -> None:
        items = [
            Question("a", "A?", answers=("2,230",), answerable=True, kind="table"),
            Question("b", "B?"),
            Question("c", "C?", answerable=False),
            Question("d", "D?", answers=("",), answerable=True),
        ]
        given = {"A?": answer("2,230", cite(ROW), probability=0.7), "C?": answer(None), "D?": answer("something")}
        a, c, d = ask_questions(items, lambda text: given[text], words)
        assert (a.id, a.kind, a.outcome, a.probability, a.cited) == ("a", "table", "right", 0.7, "gold")
        assert (c.outcome, c.answerable, c.probability, c.cited) == ("refused", False, None, None)
        assert (d.outcome, d.probability) == ("unscored", 0.9)
        assert without_gold(items) == ("d",)

    def test_the_weakest_shown_claim_is_the_answer_s_probability(self) -> None:
        claims = tuple(
            Claim("x", Verdict(label, chance))
            for label, chance in (("supported", 0.8), ("supported", 0.6), ("contradicted", 0.1))
        )
        found = score_answer(Question("a", "A?", answers=("x",)), Answer("A?", "x", "", claims, ()))
        assert found.probability == 0.6

    def test_shares_and_counts(self) -> None:
        found = scores("right", "right", "wrong", "refused", "unscored")
        shares = {name: interval.mean for name, interval in found.intervals().items()}
        assert shares == {"right": 0.4, "wrong": 0.2, "refused": 0.2, "unscored": 0.2}
        assert sum(shares.values()) == pytest.approx(1)

    def test_refusals_and_unscored_are_never_covered(self) -> None:
        curve = scores("right", "wrong", "refused", "unscored", "right").curve()
        assert curve[-1].coverage == 3 / 4
        assert curve[-1].risk == pytest.approx(1 / 3)
        assert scores("refused").curve() == ()

    def test_abstention(self) -> None:
        rows = [
            AnswerScore("a", "", "refused", answerable=False),
            AnswerScore("b", "", "wrong", "x", answerable=False),
            AnswerScore("c", "", "refused"),
            AnswerScore("d", "", "right", "x"),
        ]
        values = AnswerScores(tuple(rows)).abstention()
        assert values == {"precision": 0.5, "recall": 0.5, "F1": 0.5}
        assert math.isnan(scores("refused").abstention()["F1"])
        assert "1 of 2 unanswerable questions were refused" in answers_table(AnswerScores(tuple(rows)))

    def test_a_difference_is_paired(self) -> None:
        first, second = scores("wrong", "refused", "right"), scores("right", "refused", "right")
        assert compare_answers(first, second)["right"].mean == pytest.approx(1 / 3)
        with pytest.raises(UsageError, match="different questions"):
            compare_answers(first, scores("right", ids="other"))

    def test_json_goes_there_and_back(self) -> None:
        found = scores("right", "wrong", "refused", "unscored", kind="nq")
        value = json.loads(json.dumps(answers_json(found, without_gold=["q3"], against=found), allow_nan=False))
        assert answers_from_json(value) == found
        assert value["whole"]["counts"] == {"right": 1, "wrong": 1, "refused": 1, "unscored": 1}
        assert value["held_out"]["questions"] + value["tuning"]["questions"] == 4
        assert value["difference"]["whole"]["right"] == {"mean": 0.0, "low": 0.0, "high": 0.0}
        assert value["without_gold"] == ["q3"]
        json.dumps(answers_json(AnswerScores(())), allow_nan=False)

    @pytest.mark.parametrize("value", [{}, {"per_question": [{}], "left_out": 0}, {"per_question": 3, "left_out": 0}])
    def test_other_json_is_refused(self, value: dict[str, object]) -> None:
        with pytest.raises(UsageError, match="not scores"):
            answers_from_json(value)

    def test_the_table_fits_a_terminal(self) -> None:
        many = AnswerScores(
            tuple(
                AnswerScore(
                    f"q{n}", "long kind of name"[: 4 + n % 9], ("right", "wrong", "refused")[n % 3], "x", n / 99
                )
                for n in range(90)
            )
        )
        text = answers_table(many, without_gold=["q1"], against=many)
        assert max(map(len, text.splitlines())) <= 80
        assert "share of questions wrong, at most" in text
        assert "Cited boxes" not in text
        assert answers_table(AnswerScores(()))


def verdicts(*rows: tuple[bool, Label, float]) -> VerdictScores:
    return VerdictScores(tuple(VerdictScore(f"c{n}", "number", *row) for n, row in enumerate(rows)))


GOOD = verdicts(
    (True, "supported", 0.9), (True, "not_found", 0.4), (False, "contradicted", 0.1), (False, "not_found", 0.2)
)


class TestVerdicts:
    def test_values_by_hand(self) -> None:
        assert GOOD.value("balanced accuracy") == 0.75
        assert GOOD.value("AUROC") == 1
        assert GOOD.value("supported found") == 0.5
        assert GOOD.value("others found") == 1
        assert [score.right for score in GOOD.claims] == [True, False, True, True]
        assert "1 of 2 claims that are supported were found so." in verdicts_table(GOOD)
        assert "2 of 2 claims that are not supported were found so." in verdicts_table(GOOD)

    def test_claims_are_checked_in_order(self) -> None:
        claims = [LabelledClaim("a", "A", True), LabelledClaim("b", "B", False, kind="unit")]
        found = list(check_claims(claims, lambda item: Claim(item.claim, Verdict("supported", 0.8))))
        assert [(score.id, score.right, score.kind) for score in found] == [("a", True, ""), ("b", False, "unit")]

    def test_a_difference_is_paired(self) -> None:
        worse = verdicts(*((truth, "not_found", 0.5) for truth in (True, True, False, False)))
        difference = compare_verdicts(worse, GOOD)
        assert difference["balanced accuracy"].mean == pytest.approx(0.25)
        assert compare_verdicts(GOOD, GOOD)["AUROC"].mean == 0
        with pytest.raises(UsageError, match="different claims"):
            compare_verdicts(worse, verdicts((True, "supported", 1.0)))

    def test_json_goes_there_and_back(self) -> None:
        value = json.loads(json.dumps(verdicts_json(GOOD, against=GOOD), allow_nan=False))
        assert verdicts_from_json(value) == GOOD
        assert value["whole"]["right"] == 3
        assert sum(item["claims"] for item in value["calibration"]) == 4
        json.dumps(verdicts_json(VerdictScores(())), allow_nan=False)
        with pytest.raises(UsageError, match="not scores"):
            verdicts_from_json({"per_claim": [{"id": "a"}]})

    def test_the_table_fits_a_terminal(self) -> None:
        assert max(map(len, verdicts_table(GOOD, against=GOOD).splitlines())) <= 80
        assert "held out" in verdicts_table(GOOD)
        assert "held out" not in verdicts_table(GOOD, against=GOOD, halves=False)


class TestReading:
    def test_claims(self, tmp_path: Path) -> None:
        file = tmp_path / "claims.jsonl"
        lines = [
            {"id": "a", "claim": "A.", "label": "supported", "evidence": "the text"},
            {
                "id": 2,
                "claim": "B.",
                "label": "unsupported",
                "edit": "unit",
                "evidence": [{"path": "x.pdf", "page": 3}],
            },
            {"id": "c", "claim": "다.", "label": False, "question": "뭐?", "evidence": [{"path": "보고서.pdf"}]},
            {"id": "d", "claim": "D.", "label": "contradicted"},
        ]
        file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
        a, b, c, d = read_claims(file)
        assert (a.supported, a.evidence) == (True, "the text")
        assert (b.id, b.supported, b.kind, b.evidence) == ("2", False, "unit", (("x.pdf", 3),))
        assert (c.supported, c.question, c.evidence) == (False, "뭐?", (("보고서.pdf", None),))
        assert (d.supported, d.evidence) == (False, None)

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ('{"id": "b", "label": "supported"}', '"claim"'),
            ('{"id": "b", "claim": "B."}', '"label"'),
            ('{"id": "b", "claim": "B.", "label": "perhaps"}', "'perhaps'"),
            ('{"id": "b", "claim": "B.", "label": "supported", "evidence": []}', '"evidence"'),
            ('{"id": "b", "claim": "B.", "label": "supported", "evidence": [{"page": 1}]}', '"evidence"'),
            ('{"id": "b", "claim": "B.", "label": "supported", "evidence": [{"path": "x", "page": 0}]}', "from 1"),
            ('{"id": "a", "claim": "B.", "label": "supported"}', "used before"),
            ("{", "not JSON"),
        ],
    )
    def test_a_mistake_names_its_line(self, tmp_path: Path, line: str, says: str) -> None:
        file = tmp_path / "claims.jsonl"
        file.write_text('{"id": "a", "claim": "A.", "label": "supported"}\n' + line, "utf-8")
        with pytest.raises(UsageError) as caught:
            read_claims(file)
        assert f"{file}, line 2:" in caught.value.message
        assert says in caught.value.message
        assert "label" in caught.value.hint

    def test_answers_of_questions(self, tmp_path: Path) -> None:
        file = tmp_path / "q.jsonl"
        lines = [
            {"id": "a", "question": "A?", "answer": "12", "answers": ["12", "0.12"]},
            {"id": "b", "question": "B?", "answer": "", "answerable": False},
            {"id": "c", "question": "C?"},
            {"id": "d", "question": "D?", "answer": 7.5},
            {"id": "e", "question": "E?", "answer": "", "answerable": True},
        ]
        file.write_text("\n".join(map(json.dumps, lines)), "utf-8")
        a, b, c, d, e = read_questions(file)
        assert (a.answers, a.answerable) == (("12", "0.12"), True)
        assert (b.answers, b.answerable) == (("",), False)
        assert (c.answers, c.answerable) == ((), None)
        assert (d.answers, d.answerable) == (("7.5",), True)
        assert without_gold([a, b, c, d, e]) == ("e",)

    @pytest.mark.parametrize(
        "field", ['"answer": {"x": 1}', '"answers": "12"', '"answers": [[1]]', '"answerable": "no"', '"answer": true']
    )
    def test_answers_of_another_form_are_named(self, tmp_path: Path, field: str) -> None:
        file = tmp_path / "q.jsonl"
        file.write_text(f'{{"id": "a", "question": "A?", {field}}}', "utf-8")
        with pytest.raises(UsageError, match="line 1"):
            read_questions(file)


class TestPlots:
    @pytest.mark.parametrize("suffix", [".png", ".svg"])
    def test_every_kind_of_scores_is_drawn(self, tmp_path: Path, suffix: str) -> None:
        pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
        file = tmp_path / f"scores{suffix}"
        write_plot(file, answers=scores("right", "wrong", "right"), verdicts=GOOD, retrieval=RetrievalScores(()))
        head = file.read_bytes()[:200]
        assert head.startswith(b"\x89PNG") if suffix == ".png" else b"<svg" in file.read_bytes()

    def test_what_cannot_be_written_is_told_before_the_work(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="no picture"):
            check_plot(tmp_path / "scores.docx")
        with pytest.raises(UsageError, match="no such folder"):
            check_plot(tmp_path / "nowhere" / "scores.png")
