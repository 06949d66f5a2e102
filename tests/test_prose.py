"""Sentences, list items and headings out of the words of a page, English and Korean."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from prose_pages import page

from mmrag.regions import Sentence, read_sentences
from mmrag.types import Box, Word


def texts(*lines: str) -> list[str]:
    return [one.text for one in read_sentences(page(lines))]


def test_abbreviations_decimals_and_initials_end_no_sentence() -> None:
    assert texts(
        "Dr. J. Park of Acme Inc. paid $3.5 million, e.g. for tools. It grew 2.1% in 2019. Next year", "it may fall."
    ) == [
        "Dr. J. Park of Acme Inc. paid $3.5 million, e.g. for tools.",
        "It grew 2.1% in 2019.",
        "Next year it may fall.",
    ]


def test_a_word_cut_at_a_line_end_is_put_together_and_a_compound_keeps_its_hyphen() -> None:
    found = texts(
        "Out-of-network services need prior authori-",
        "zation. A provider that is not in-network costs more than an in-",
        "network provider does.",
    )
    assert found[0] == "Out-of-network services need prior authorization."
    assert found[1].endswith("than an in-network provider does.")


def test_korean_sentences_end_where_they_do_with_and_without_spaces() -> None:
    assert texts("필터는 14개월마다 바꿉니다. 물은 6리터를 흘려 버려요. 값은 1.5배입니다.") == [
        "필터는 14개월마다 바꿉니다.",
        "물은 6리터를 흘려 버려요.",
        "값은 1.5배입니다.",
    ]
    assert texts("검진은시월에한다.전날밤아홉시이후에는금식한다.") == [
        "검진은시월에한다.",
        "전날밤아홉시이후에는금식한다.",
    ]


def test_items_of_a_list_stand_apart_and_lose_their_marks() -> None:
    found = read_sentences(
        page(
            [
                "Bring the following to the first day of work at the plant:",
                "• a passport or another identity card that is valid on",
                "  that day",
                "• safety shoes",
                "1. the signed contract",
                "(b) a bank statement",
            ]
        )
    )
    assert [one.text for one in found if one.item] == [
        "a passport or another identity card that is valid on that day",
        "safety shoes",
        "the signed contract",
        "a bank statement",
    ]
    assert not found[0].item
    assert found[0].text.endswith(":")


def test_a_heading_is_named_by_the_sentences_under_it() -> None:
    found = read_sentences(
        page(
            [
                "# Warranty",
                "The device is covered for two years from the day of purchase in every country.",
                "",
                "Returns",
                "A device may be sent back within thirty days, in its own box and with the receipt.",
            ]
        )
    )
    assert [(one.text, one.heading) for one in found if not one.title] == [
        ("The device is covered for two years from the day of purchase in every country.", "Warranty"),
        ("A device may be sent back within thirty days, in its own box and with the receipt.", "Returns"),
    ]
    assert [one.text for one in found if one.title] == ["Warranty", "Returns"]


def test_two_columns_are_read_one_after_the_other_and_a_cut_sentence_goes_on() -> None:
    left = page(["The committee met in March and agreed on", "a plan that the board"])
    right = page(["approved in April. The plan is public."], left=0.55)
    found = read_sentences([*left, *right])
    assert [one.text for one in found] == [
        "The committee met in March and agreed on a plan that the board approved in April.",
        "The plan is public.",
    ]
    assert len(found[0].boxes) == 3


def test_rows_of_a_table_are_no_sentences() -> None:
    found = texts(
        "Net sales are shown below for the two years.",
        "",
        "                    2019      2018",
        "Cheese              11,459    11,486",
        "Cream and other     4,228     5,276",
        "Net sales           93,662    103,350",
        "",
        "Sales fell because fewer drinks were sold.",
    )
    assert found == ["Net sales are shown below for the two years.", "Sales fell because fewer drinks were sold."]


def test_footnote_marks_do_not_hide_the_end_of_a_sentence() -> None:
    assert texts("The number has been nine since 1869.[69] It was seven before.") == [
        "The number has been nine since 1869.[69]",
        "It was seven before.",
    ]


def test_boxes_follow_the_lines_and_words_are_those_of_the_sentence() -> None:
    words = page(["One line that goes on to", "the second line. Another one."])
    first, second = read_sentences(words)
    assert first.stop == second.start
    assert " ".join(word.text for word in words[first.start : first.stop]) == first.text
    assert len(first.boxes) == 2
    assert first.boxes[0].bottom <= first.boxes[1].top + 1e-9
    assert len(second.boxes) == 1


def test_nothing_is_read_from_nothing() -> None:
    assert read_sentences(()) == ()
    assert read_sentences([Word("•", Box(0.1, 0.1, 0.11, 0.12))]) == ()


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Z", "C"]), min_size=1, max_size=8),
            st.floats(0, 0.95),
            st.floats(0, 0.95),
        ),
        max_size=30,
    )
)
def test_any_words_at_any_places_are_read_and_keep_their_order(entries: list[tuple[str, float, float]]) -> None:
    words = [Word(text, Box(x, y, x + 0.04, y + 0.012)) for text, x, y in entries]
    found: tuple[Sentence, ...] = read_sentences(words)
    assert all(0 <= one.start < one.stop <= len(words) and one.boxes and one.text for one in found)
    assert [one.start for one in found] == sorted(one.start for one in found)
