"""Entailment without a language model: what a user may rely on, in English and Korean, with and without an encoder."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest

from mmrag.embedders.text import minilm
from mmrag.scorers import Entailment
from mmrag.scorers.words import stem

REPORT = (
    "Acme Corporation opened its second plant in Lyon in March 2019. Revenue rose 12 % to $3.1 billion, driven by "
    "demand for pumps. The plant employs 340 people. Maria Keller was appointed chief financial officer."
)
NOTICE = (
    "도서관은 평일 오전 9시에 문을 연다. 2019년 이용자는 전년 대비 12% 증가한 34,500명이었다. "
    "김민수 관장은 부산 분관을 4월에 연다고 밝혔다."
)
ENGLISH = [
    ("Revenue rose 12 % to $3.1 billion.", "Revenue rose 17 % to $3.1 billion."),
    ("The plant employs 340 people.", "The plant employs 430 people."),
    ("Maria Keller was appointed chief financial officer.", "Anna Keller was appointed chief financial officer."),
    ("Acme opened a plant in Lyon in March 2019.", "Acme opened a plant in Madrid in March 2019."),
    ("The plant employs 340 people.", "The plant does not employ 340 people."),
]
KOREAN = [
    ("2019년 이용자는 12% 증가하였다.", "2019년 이용자는 15% 증가하였다."),
    ("부산 분관을 4월에 연다.", "대구 분관을 4월에 연다."),
    ("도서관은 오전 9시에 문을 연다.", "도서관은 오전 9시에 문을 열지 않는다."),
    ("2019년 이용자는 34,500명이었다.", "2019년 이용자는 35,400명이었다."),
]


@pytest.fixture(scope="module")
def scorer() -> Entailment:
    return Entailment(minilm().token_vectors)


@pytest.mark.parametrize(("right", "wrong"), ENGLISH)
@pytest.mark.parametrize("with_vectors", [True, False])
def test_an_edit_costs_probability(scorer: Entailment, with_vectors: bool, right: str, wrong: str) -> None:
    good, bad = (scorer if with_vectors else Entailment()).score([(REPORT, right), (REPORT, wrong)])
    assert good > bad + 0.05


@pytest.mark.parametrize(("right", "wrong"), KOREAN)
def test_an_edit_costs_probability_in_korean(scorer: Entailment, right: str, wrong: str) -> None:
    good, bad = scorer.score([(NOTICE, right), (NOTICE, wrong)])
    assert good > bad + 0.05


def test_scores_are_probabilities_in_the_order_of_the_pairs(scorer: Entailment) -> None:
    pairs = [(REPORT, right) for right, _ in ENGLISH]
    scores = scorer.score(pairs)
    assert scores.dtype == np.float32
    assert scores.shape == (len(pairs),)
    assert ((scores >= 0) & (scores <= 1)).all()
    assert np.array_equal(scorer.score(pairs[::-1]), scores[::-1])
    assert scorer.score([]).shape == (0,)


def test_the_changed_word_is_named(scorer: Entailment) -> None:
    assert scorer.suspects(REPORT, "The plant employs 430 people.", 1)[0][0] == "430"
    assert scorer.suspects(REPORT, "Acme opened a plant in Madrid in March 2019.", 1)[0][0] == "Madrid"
    assert scorer.suspects(NOTICE, "대구 분관을 4월에 연다.", 1)[0][0] == "대구"


@pytest.mark.parametrize("odd", ["", " \n", "\x00", "…!?", "\ud800", "a" * 100_000, "가" * 5_000, "1" * 5_000, "😀 ™"])
def test_odd_texts_have_a_score(scorer: Entailment, odd: str) -> None:
    scores = scorer.score([(odd, "The plant employs 340 people."), (REPORT, odd), (odd, odd)])
    assert ((scores >= 0) & (scores <= 1)).all()


def test_nothing_supports_nothing(scorer: Entailment) -> None:
    assert scorer.score([("", "The plant employs 340 people."), (REPORT, "")]).tolist() == [0, 0]


def test_threads_share_a_scorer(scorer: Entailment) -> None:
    pairs = [(REPORT, claim) for pair in ENGLISH for claim in pair]
    wanted, fresh = scorer.score(pairs), Entailment(minilm().token_vectors)
    found: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: found.append(fresh.score(pairs))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(np.array_equal(scores, wanted) for scores in found)


def test_what_is_kept_is_bounded() -> None:
    calls = []
    scorer = Entailment(lambda text, layers: calls.append(text) or minilm_once(text, layers))
    scorer.score([(REPORT, "One claim.")])
    before = len(calls)
    scorer.score([(REPORT, "One claim.")])
    assert len(calls) == before, "both texts were kept"
    scorer.score([(REPORT, "Another claim.")])
    assert len(calls) == before + 1, "the evidence was kept"


_MODEL = []


def minilm_once(text: str, layers: tuple[int, ...]) -> object:
    if not _MODEL:
        _MODEL.append(minilm())
    return _MODEL[0].token_vectors(text, layers)


def test_it_needs_no_model_library() -> None:
    code = "import sys, mmrag.scorers as s; s.Entailment().score([('a b', 'a')]); print(*sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "onnxruntime", "sklearn", "scipy"} & set(out)


def test_korean_styles_of_speech_are_one_word() -> None:
    page = "소모품은 보증에 포함되지 않습니다. 공장을 열었습니다. 물을 마십니다."
    for polite, plain in (("않습니다", "않는다"), ("열었습니다", "열었다"), ("마십니다", "마신다")):
        assert stem(polite) == stem(plain)
    assert stem("바다") != stem("받다")
    scorer = Entailment()
    assert scorer.score([(page, "소모품은 보증에 포함되지 않는다.")])[0] > 0.5
    assert scorer.score([(page, "소모품은 보증에 포함된다.")])[0] < 0.5
