"""Evidence that is given instead of searched: texts, files in the index, files outside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmrag.config import load_config
from mmrag.corpus import Corpus
from mmrag.corpus.given import MAX_TEXT, GivenEvidence
from mmrag.corpus.opened import OpenIndex
from mmrag.corpus.typed import TypedPage
from mmrag.errors import FileFailed, PathNotFound, UsageError

SAMPLES = Path(__file__).parents[1] / "mmrag" / "samples"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[OpenIndex]:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "fees.txt").write_text("The fee is 1,200 euros a month.\n", "utf-8")
    with Corpus(tmp_path / "index", text="none", pixels="none") as corpus:
        corpus.index(folder)
    opened = OpenIndex(tmp_path / "index", load_config(tmp_path / "index", {}))
    yield opened
    opened.close()


@pytest.fixture
def given(index: OpenIndex) -> Iterator[GivenEvidence]:
    evidence = GivenEvidence(index)
    yield evidence
    evidence.close()


def _text(given: GivenEvidence, region: object) -> str:
    return " ".join(word.text for word in given.words(region.document.id, region.page))  # type: ignore[attr-defined]


def test_a_text_is_a_page_without_a_path(given: GivenEvidence) -> None:
    (item,) = given.text("매출은 1,234억 원이다.\n\nCosts fell.")
    assert item.label == "E1"
    assert item.region.document.path == Path()
    assert _text(given, item.region) == "매출은 1,234억 원이다. Costs fell."
    whole, *passages = given.page_regions(item.region.document.id, 1)
    assert whole.kind == "page"
    assert [region.text for region in passages] == ["매출은 1,234억 원이다.", "Costs fell."]


def test_columns_of_a_text_stay_columns() -> None:
    page = TypedPage("Item        2019    2018\nPackaging  2,230   2,072\n")
    words = {word.text: word.box for word in page.words(page.evidence().region.document.id, 1)}
    assert words["2,230"].right == pytest.approx(words["2019"].right)
    assert words["2,072"].right == pytest.approx(words["2018"].right)
    assert words["Packaging"].top == words["2,230"].top > words["Item"].bottom


def test_long_lines_are_broken_between_words_and_lose_nothing() -> None:
    text = "word " * 500 + "x" * 350
    page = TypedPage(text)
    words = page.words(page.evidence().region.document.id, 1)
    assert "".join(word.text for word in words) == "word" * 500 + "x" * 350
    assert all(0 <= word.box.left < word.box.right <= 1 for word in words)
    assert all(0 <= word.box.top < word.box.bottom <= 1 for word in words)


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (MAX_TEXT + 1)])
def test_a_text_that_cannot_be_evidence_is_refused(given: GivenEvidence, text: str) -> None:
    with pytest.raises(UsageError):
        given.text(text)


def test_a_file_of_the_index_is_not_read_again(given: GivenEvidence, tmp_path: Path) -> None:
    (item,) = given.files([(tmp_path / "home" / "fees.txt", 1)], "The fee is 1,200 euros.")
    assert "1,200 euros" in _text(given, item.region)
    assert given._read is None


def test_a_file_that_changed_since_is_read_as_it_is_now(given: GivenEvidence, tmp_path: Path) -> None:
    file = tmp_path / "home" / "fees.txt"
    file.write_text("The fee is 1,500 euros a month, as of now.\n", "utf-8")
    (item,) = given.files([(file, None)], "The fee is 1,500 euros.")
    assert "1,500 euros" in _text(given, item.region)


def test_files_outside_the_index_give_their_best_pages_and_leave_nothing(
    given: GivenEvidence, index: OpenIndex, tmp_path: Path
) -> None:
    before = index.catalog().generation()
    other = tmp_path / "other [1].txt"  # a name that is a pattern, too
    other.write_text("Berlin is the capital of Germany.\n", "utf-8")
    files = [(SAMPLES / "annual-report-2025.pdf", None), (other, 1)]
    found = given.files(files, "The operating margin was 14 percent in 2025.")
    assert [item.label for item in found] == [f"E{number}" for number in range(1, len(found) + 1)]
    assert {item.region.document.path.name for item in found} == {"annual-report-2025.pdf", "other [1].txt"}
    assert 1 < len(found) <= 6
    folder = Path(given._folder.name)  # type: ignore[union-attr]
    given.close()
    assert not folder.exists()
    assert index.catalog().generation() == before


def test_a_claim_without_a_word_of_the_file_still_gets_a_page(given: GivenEvidence, tmp_path: Path) -> None:
    (item,) = given.files([(tmp_path / "home" / "fees.txt", None)], "zzz qqq")
    assert item.region.page == 1


def test_files_that_cannot_be_evidence_say_why(given: GivenEvidence, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"")
    with pytest.raises(FileFailed, match=r"broken\.pdf"):
        given.files([(broken, None)], "anything")
    with pytest.raises(PathNotFound):
        given.files([(tmp_path / "nothing.pdf", None)], "anything")
    with pytest.raises(UsageError, match="no page 7"):
        given.files([(tmp_path / "home" / "fees.txt", 7)], "anything")
    with pytest.raises(UsageError):
        given.files([], "anything")
