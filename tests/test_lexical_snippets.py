"""The part of a text that is shown with a hit."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.lexical import snippet
from mmrag.lexical.snippets import columns

TEXT = (
    "The annual report opens with a letter. Nothing in it matters here, and it goes on for a while.\n\nThe company "
    "reported revenues of $1,234.5 million in Q3매출 2018. It then talks of other matters at length. "
    + "More follows. "
    * 30
)


def marked(text: str, query: str, width: int = 120) -> list[str]:
    shown = snippet(text, query, width)
    return [shown.text[start:end] for start, end in shown.spans]


def test_the_window_holds_the_matches_and_starts_with_their_sentence():
    shown = snippet(TEXT, "What were the revenues in Q3?", 120)
    assert shown.text.startswith("…The company reported revenues")
    assert marked(TEXT, "What were the revenues in Q3?") == ["revenues", "Q3"]


def test_only_what_was_asked_for_is_marked():
    assert marked("Q3매출이 증가했습니다", "매출") == ["매출"]
    assert marked("회사의 매출은 증가했습니다", "매출이 증가") == ["매출", "증가"]
    assert marked("株式会社の売上高は", "売上高") == ["売上高"]
    assert marked("see Form 10-K for more", "10K") == ["10-K"]
    assert marked("Revenue: $1,234.50.", "1234.5") == ["1,234.50"]


def test_a_short_text_is_shown_whole():
    assert snippet("one\n two\tthree", "two", 80).text == "one two three"
    assert marked("one\n two\tthree", "two") == ["two"]
    assert snippet("", "two", 80).text == ""


def test_without_a_match_the_beginning_is_shown():
    shown = snippet(TEXT, "zebra", 60)
    assert shown.text.startswith("The annual report")
    assert shown.text.endswith("…")
    assert shown.spans == ()


def test_words_are_not_cut():
    shown = snippet(TEXT, "revenues", 40).text.strip("…")
    assert set(shown.split()) <= set(TEXT.split())


def test_wide_characters_count_two_columns():
    text = "올해 회사의 매출액은 크게 증가하였으며 영업이익은 감소하였다. " * 8
    shown = snippet(text, "영업이익은?", 40)
    assert columns(shown.text) <= 40
    assert "영업이익" in shown.text


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.text(max_size=20), st.integers(4, 100))
def test_any_text_gives_a_line_that_fits_with_spans_inside(text, query, width):
    shown = snippet(text, query or text[5:12], width)
    assert columns(shown.text) <= width
    assert "\n" not in shown.text
    previous = 0
    for start, end in shown.spans:
        assert previous <= start < end <= len(shown.text)
        previous = end
