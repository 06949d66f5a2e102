"""Word search: what counts as the same word, the ranking, and a cache that is right or not there."""

from __future__ import annotations

import math
import random
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.durable import HEAD_FILE
from mmrag.lexical import WordIndex, query_terms, tokenize

WORDS = ["revenue", "revenues", "grew", "매출은", "매출", "3분기에", "Q3", "10-K", "1,234.5", "売上高", "the", "of"]


def found(index: WordIndex, query: str, k: int = 10) -> list[int]:
    return [hit.region_id for hit in index.search(query, k)]


def filled(*texts: str) -> WordIndex:
    index = WordIndex()
    index.add(enumerate(texts, start=1))
    return index


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("10-K", {"10k", "10", "k"}),
        ("FY2018", {"fy2018", "fy", "2018"}),
        ("Q3", {"q3"}),
        ("Acme_2018_report.pdf", {"acme", "2018", "report", "pdf"}),
        ("COVID-19", {"covid19", "covid", "19"}),
        ("1,234.50", {"1234.5", "1234"}),
        ("1.234,5", {"1234.5", "1234"}),
        ("$12.5%", {"12.5", "12"}),
        ("(3.5.2)", {"3.5.2"}),
        ("PayPal's", {"paypal", "pay", "pal"}),
        ("２０１８", {"2018"}),
        ("Café", {"café", "cafe"}),
        ("2분기", {"2분기", "2", "분기"}),
        ("Q3매출", {"q3매출", "q3", "매출"}),
        ("돈을", {"돈을", "돈"}),
        ("売上高", {"売上", "上高", "売", "上", "高"}),
    ],
)
def test_words_give_these_terms(text, terms):
    assert set(tokenize(text)) == terms


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Revenues increased by 5%", "revenue increase"),
        ("total of 1,234.5 million", "1234.5"),
        ("total of 1234.50", "1,234.5"),
        ("see Form 10-K", "10K"),
        ("see Form 10K", "10-K"),
        ("write to jane.doe@acme.example", "acme"),
        ("write to jane.doe@acme.example", "jane.doe@acme.example"),
        ("an inter-\nnational agreement", "international"),
        ("naïve café", "naive cafe"),
        ("회사의 매출은 증가했습니다", "매출"),
        ("회사의 매출은 증가했습니다", "매출이 증가"),
        ("회사의매출은크게증가하였다", "매출"),
        ("영업이익률이 높다", "영업이익"),
        ("돈을 벌었다", "돈"),
        ("2분기에 3억원", "2분기 실적"),
        ("2 분기 실적", "2분기"),
        ("\u1106\u1162\u110e\u116e\u11af", "매출"),  # decomposed, as some file systems write names
        ("水平", "水"),
        ("株式会社の売上高", "売上高"),
        ("ประเทศไทย", "ไทย"),
        ("выручка компании", "Выручка"),
        ("Straße", "STRASSE"),
        ("the cat sat", "who is the"),
    ],
)
def test_a_text_is_found_by(text, query):
    assert found(filled("something else entirely", text, "또 다른 글"), query)[:1] == [2]


def test_particles_follow_the_rules_of_the_syllable_before():
    assert set(tokenize("국가")) == {"국가"}
    assert set(tokenize("사과")) == {"사과"}
    assert "회사" in tokenize("회사에서는")


def test_words_that_only_make_a_question_are_not_searched():
    assert set(query_terms("What was the margin of Acme?")) == {"margin", "acme"}
    assert set(query_terms("매출은 얼마인가요?")) >= {"매출"}
    assert not {"얼마", "얼마인가요"} & set(query_terms("매출은 얼마인가요?"))
    assert query_terms("") == {}


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200))
def test_any_text_has_terms_and_is_found_by_itself(text):
    terms = tokenize(text)
    assert all(term and not re.search(r"\s", term) for term in terms)
    index = filled(text)
    assert found(index, text) in ([1], [])
    assert terms or not found(index, text)
    if terms and not set(text) & set("-\u2010\u00ad"):
        assert found(index, text) == [1]


@pytest.mark.parametrize(
    "text", ["1,234" + ",567" * 50_000, "a-" * 100_000, "가" * 200_000, "- " * 100_000, "9" * 10**6]
)
def test_long_garbage_takes_little_time(text):
    assert all(len(term) <= 40 for term in set(tokenize(text)))


def brute_force(texts: dict[int, str], query: str, k1: float, b: float) -> dict[int, float]:
    counts = {identifier: Counter(tokenize(text)) for identifier, text in texts.items()}
    average = max(sum(map(Counter.total, counts.values())) / max(len(counts), 1), 1.0)
    scores: Counter[int] = Counter()
    for term, weight in query_terms(query).items():
        holding = [identifier for identifier in counts if counts[identifier][term]]
        rarity = math.log(1 + (len(counts) - len(holding) + 0.5) / (len(holding) + 0.5))
        for identifier in holding:
            count, length = counts[identifier][term], counts[identifier].total()
            scores[identifier] += weight * rarity * count * (k1 + 1) / (count + k1 * (1 - b + b * length / average))
    return dict(scores)


texts_strategy = st.lists(st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join), max_size=15)
steps_strategy = st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 25), max_size=8, unique=True)), max_size=12)


@settings(max_examples=80, deadline=None)
@given(
    texts_strategy, st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join), st.sampled_from([0, 0.75])
)
def test_scores_are_those_of_the_formula(texts, query, b):
    index = WordIndex(k1=1.4, b=b)
    index.add(enumerate(texts))
    expected = brute_force(dict(enumerate(texts)), query, 1.4, b)
    hits = index.search(query, 50)
    assert {hit.region_id: pytest.approx(hit.score) for hit in hits} == expected
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.region_id))


@settings(max_examples=60, deadline=None)
@given(steps_strategy, st.randoms(use_true_random=False))
def test_any_sequence_of_changes_equals_a_new_index(steps, chance):
    texts = {place: " ".join(chance.choices(WORDS, k=chance.randrange(6))) for place in range(26)}
    index, held = WordIndex(), set()
    for adding, ids in steps:
        if adding:
            index.add((identifier, texts[identifier]) for identifier in ids if identifier not in held)
            held |= set(ids)
        else:
            index.remove(ids)
            held -= set(ids)
        if chance.random() < 0.7:
            index.search("revenue", 3)
    fresh = WordIndex()
    fresh.add((identifier, texts[identifier]) for identifier in sorted(held))
    assert index.ids().tolist() == sorted(held)
    assert index.count() == len(held)
    for query in ("revenue 매출", "Q3 10-K the"):
        assert index.search(query, 30) == fresh.search(query, 30)


def test_only_allowed_ids_are_found_with_the_scores_they_have():
    index = filled(*(f"revenue {'grew ' * place}" for place in range(30)))
    everything = {hit.region_id: hit.score for hit in index.search("revenue", 99)}
    some = index.search("revenue", 99, {3, 5, 7, 10**9, -1})
    assert {hit.region_id: hit.score for hit in some} == {place: everything[place] for place in (3, 5, 7)}
    assert index.search("revenue", 2, np.array([3, 5, 7])) == some[:2]
    assert index.search("revenue", 5, set()) == []


def test_equal_scores_come_by_ascending_id_and_k_is_kept():
    index = WordIndex()
    index.add((identifier, "same words") for identifier in (9, 4, 700, 2, 33))
    assert found(index, "same", 3) == [2, 4, 9]
    assert found(index, "same", 0) == []
    assert found(index, "other") == []
    assert found(WordIndex(), "same") == []


def test_an_id_twice_is_an_error_and_changes_nothing():
    index = filled("one", "two")
    with pytest.raises(ValueError, match="already"):
        index.add([(7, "seven"), (2, "again")])
    assert index.ids().tolist() == [1, 2]
    index.search("one", 1)
    with pytest.raises(ValueError, match="already"):
        index.add([(8, "eight"), (8, "eight")])
    assert index.ids().tolist() == [1, 2]


def test_a_question_of_a_million_characters_is_answered():
    index = filled("revenue grew", "매출")
    assert found(index, "revenue " + " ".join(f"word{place}" for place in range(100_000)))[:1] == [1]


def saved(folder: Path) -> WordIndex:
    index = filled(*(" ".join(random.Random(place).choices(WORDS, k=6)) for place in range(60)))
    index.remove([5, 6])
    index.save(folder, 3)
    return index


def test_what_is_saved_is_what_is_opened(tmp_path):
    index = saved(tmp_path)
    opened, generation = WordIndex.open(tmp_path)
    assert generation == 3
    assert opened.ids().tolist() == index.ids().tolist()
    assert opened.search("revenue 매출", 20) == index.search("revenue 매출", 20)
    opened.remove([1])
    opened.add([(5, "매출 매출 매출"), (1000, "revenue")])
    index.remove([1])
    index.add([(5, "매출 매출 매출"), (1000, "revenue")])
    opened.save(tmp_path, 4)
    again, _ = WordIndex.open(tmp_path)
    assert again.search("revenue 매출", 80) == index.search("revenue 매출", 80) == opened.search("revenue 매출", 80)
    assert WordIndex.open(tmp_path / "missing") is None


def test_an_empty_index_can_be_saved(tmp_path):
    WordIndex().save(tmp_path, 1)
    opened, _ = WordIndex.open(tmp_path)
    assert opened.count() == 0
    assert opened.search("anything", 5) == []
    opened.add([(1, "anything")])
    assert found(opened, "anything") == [1]


def test_no_damage_goes_unseen(tmp_path):
    """225 flipped bits and 75 truncations: the cache is refused, or answers as before; never anything else."""
    index = saved(tmp_path)
    right = index.search("revenue 매출 Q3", 60)
    chance = random.Random(11)
    files = sorted(tmp_path.iterdir())
    for trial in range(300):
        file = chance.choice(files)
        before = file.read_bytes()
        if trial % 4:
            place = chance.randrange(len(before))
            after = before[:place] + bytes([before[place] ^ 1 << chance.randrange(8)]) + before[place + 1 :]
        else:
            after = before[: chance.randrange(len(before))]
        file.write_bytes(after)
        kept = WordIndex.open(tmp_path)
        assert kept is None or (
            file.name == HEAD_FILE and kept[0].search("revenue 매출 Q3", 60) == right and kept[1] == 3
        )
        del kept
        file.write_bytes(before)
    assert WordIndex.open(tmp_path) is not None


def test_a_reader_keeps_its_generation_while_another_replaces_it(tmp_path):
    index = saved(tmp_path)
    reader, _ = WordIndex.open(tmp_path)
    right = reader.search("revenue", 60)
    for generation in range(4, 8):
        index.remove([generation + 10])
        index.save(tmp_path, generation)
        assert reader.search("revenue", 60) == right
    assert WordIndex.open(tmp_path)[1] == 7
