"""Fusion of channels: arithmetic that a ranking relies on."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from mmrag.retrieval import fuse

SCORES = st.dictionaries(
    st.sampled_from(["words", "text"]),
    st.dictionaries(st.integers(0, 30), st.floats(-100, 100, allow_nan=False), max_size=20),
)
WEIGHTS = {"words": 1.0, "text": 0.7}


def test_a_page_that_both_channels_like_beats_one_that_one_likes() -> None:
    words = {"a": 9.0, "b": 8.5, "c": 1.0}
    text = {"d": 0.9, "b": 0.88, "c": 0.1}
    assert next(iter(fuse({"words": words, "text": text}, WEIGHTS))) == "b"


def test_units_do_not_matter() -> None:
    words = {1: 3.0, 2: 2.0, 3: 1.5}
    text = {2: 0.8, 3: 0.5, 4: 0.1}
    one = fuse({"words": words, "text": text}, WEIGHTS)
    other = fuse({"words": {key: 1000 * value + 7 for key, value in words.items()}, "text": text}, WEIGHTS)
    assert list(one) == list(other)


def test_a_channel_that_found_nothing_or_cannot_tell_changes_nothing() -> None:
    words = {1: 3.0, 2: 2.0}
    alone = fuse({"words": words}, WEIGHTS)
    assert list(fuse({"words": words, "text": {}}, WEIGHTS)) == list(alone)
    assert list(fuse({"words": words, "text": {2: 0.5, 1: 0.5}}, WEIGHTS)) == list(alone)


@given(SCORES)
def test_every_key_once_best_first(scores: dict[str, dict[int, float]]) -> None:
    fused = fuse(scores, WEIGHTS)
    assert set(fused) == {key for found in scores.values() for key in found}
    assert list(fused.values()) == sorted(fused.values(), reverse=True)


@given(st.dictionaries(st.integers(0, 30), st.floats(-100, 100, allow_nan=False), min_size=1, max_size=20))
def test_one_channel_alone_keeps_its_order(found: dict[int, float]) -> None:
    fused = fuse({"words": found}, WEIGHTS)
    ranks = [found[key] for key in fused]
    spread = max(ranks) - min(ranks)
    assert all(first >= second - 1e-6 * spread - 1e-6 for first, second in pairwise(ranks))
