"""Text: encodings, pages, headings, tables, markup."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from readers_files import LOREM

from mmrag.errors import FileTooLarge, FileUnsupported
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers import TextReader
from mmrag.testing.readers import ReaderContract, check_page
from mmrag.types import Page

KOREAN = "가격은 3,000원이고 배송비는 별도입니다. 자세한 내용은 안내문을 보십시오.\n"


class TestTextContract(ReaderContract):
    def make(self) -> TextReader:
        return TextReader()

    def sample(self, folder: Path) -> Path:
        (folder / "sample.txt").write_text((LOREM + "\n") * 35, encoding="utf-8")
        return folder / "sample.txt"


def read(path: Path, **options: object) -> list[Page]:
    pages = list(TextReader().read(path, ReadOptions(**options)))
    for page in pages:
        check_page(page)
    return pages


def text_of(pages: list[Page]) -> str:
    return " ".join(word.text for page in pages for word in page.words)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp949", "euc-kr"])
def test_korean_is_read_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    (tmp_path / "a.txt").write_bytes(mark + (KOREAN * 5).encode(encoding))
    assert text_of(read(tmp_path / "a.txt")) == " ".join((KOREAN * 5).split())


def test_korean_far_into_a_file_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes((b"plain line " * 9 + b"\n") * 12_000 + KOREAN.encode("cp949"))
    last = list(TextReader().read(tmp_path / "a.log", ReadOptions()))[-1]
    assert text_of([last]).endswith("안내문을 보십시오.")


def test_western_code_pages_are_not_taken_for_korean(tmp_path: Path) -> None:
    text = "Äpfel über Zürich, ça va déjà: “naïve” façade – €5, Ångström, señor, ÀÉÎÕÜ.\n"
    (tmp_path / "a.txt").write_bytes((text * 4).encode("cp1252"))
    assert text_of(read(tmp_path / "a.txt")) == " ".join((text * 4).split())


def test_a_file_cut_within_a_character_is_still_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes((KOREAN * 3).encode()[:-3])
    assert "3,000원이고" in text_of(read(tmp_path / "a.txt"))


def test_pages_break_between_lines_and_hold_about_3000_characters(tmp_path: Path) -> None:
    lines = [f"line{i} " + "word " * 12 for i in range(400)]
    (tmp_path / "a.txt").write_text("\n".join(lines))
    pages = read(tmp_path / "a.txt")
    assert text_of(pages) == " ".join(" ".join(lines).split())
    for page in pages[:-1]:
        assert 1500 < sum(len(word.text) + 1 for word in page.words) <= 3100
    assert all(page.words[0].text.startswith("line") for page in pages)


def test_a_line_without_end_is_parted(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"key":"' + "x" * 300_000 + '"}')
    pages = read(tmp_path / "a.json")
    assert sum(len(word.text) for page in pages for word in page.words) == 300_010


def test_words_stand_where_the_line_puts_them(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def f():\n    return 한글, 1\n")
    words = {word.text: word.box for word in read(tmp_path / "a.py")[0].words}
    assert words["return"].left > words["def"].left
    assert words["return"].top > words["def"].bottom
    assert words["한글,"].right < words["1"].left
    # A syllable takes two columns.
    assert words["한글,"].right - words["한글,"].left == pytest.approx(
        5 / 6 * (words["return"].right - words["return"].left)
    )


def test_markdown_headings_are_blocks_and_a_path(tmp_path: Path) -> None:
    text = f"# Guide\n\nIntro\n\nParts\n-----\n\n{(LOREM + chr(10)) * 30}\n\n### Deep #\n\n```\n# no heading\n```\n"
    (tmp_path / "a.md").write_text(text)
    pages = read(tmp_path / "a.md")
    levels = {" ".join(w.text for w in page.words[b.start : b.stop]): b.level for page in pages for b in page.blocks}
    assert (levels["Guide"], levels["Parts"], levels["Deep"]) == (1, 2, 3)
    assert sum(level > 0 for level in levels.values()) == 3
    assert pages[0].headings == ()
    assert pages[1].headings == ("Guide", "Parts")
    assert pages[0].title == "Guide"


def test_html_is_read_as_it_is_shown(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<!DOCTYPE html><html><head><title>My &amp; page</title><style>p{}</style>"
        "<script>var hidden = 1;</script></head>"
        "<body><h1>Top</h1><p>One <b>bo</b>ld<script>if (a < b) hidden()</script> word.<br>Second line</p>"
        "<ul><li>first<li>second</ul><table><tr><th>Year</th><th>Sum</th></tr><tr><td><p>2023</p></td><td>98</td></tr>"
        "</table><img src='http://example.com/x.png' alt='a red bicycle'><p>한글&nbsp;문장</p></body></html>"
    )
    page = read(tmp_path / "a.html")[0]
    assert page.title == "My & page"
    assert "hidden" not in text_of([page])
    assert text_of([page]) == (
        "Top One bold word. Second line • first • second Year | Sum 2023 | 98 a red bicycle 한글 문장"
    )
    assert page.blocks[0].level == 1
    assert len(page.tables) == 1


def test_html_says_its_own_encoding(tmp_path: Path) -> None:
    html = f'<html><head><meta charset="euc-kr"></head><body><p>{KOREAN}</p></body></html>'
    (tmp_path / "a.html").write_bytes(html.encode("euc-kr"))
    assert "배송비는" in text_of(read(tmp_path / "a.html"))


@pytest.mark.parametrize(
    "broken", ["<", "<p", "<p>a<b>b</i></p></div>", "<table><tr><td>", "&#xD800;&#99999999;", "<!--", "<![x"]
)
def test_broken_html_is_read(tmp_path: Path, broken: str) -> None:
    (tmp_path / "a.html").write_text("<html><body>kept " + broken)
    assert "kept" in text_of(read(tmp_path / "a.html"))


@pytest.mark.parametrize(("suffix", "mark"), [(".csv", ","), (".csv", ";"), (".tsv", "\t")])
def test_separated_values_are_a_table(tmp_path: Path, suffix: str, mark: str) -> None:
    rows = [["name", "price, won"], ["사과", "1000"], ['say "hi"', "2"]]
    import csv

    with (tmp_path / f"a{suffix}").open("w", newline="") as file:
        csv.writer(file, delimiter=mark).writerows(rows)
    page = read(tmp_path / f"a{suffix}")[0]
    assert text_of([page]) == 'name | price, won 사과 | 1000 say "hi" | 2'
    assert len(page.blocks) == 3
    assert len(page.tables) == 1


def test_too_much_text_is_too_large(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("x" * 1001)
    with pytest.raises(FileTooLarge):
        read(tmp_path / "a.txt", limits=Limits(max_text_bytes=1000))


def test_what_is_not_text_is_unsupported(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(FileUnsupported):
        read(tmp_path / "a.txt")


def test_a_file_of_spaces_is_one_page_without_words(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(" \n\n \n")
    (page,) = read(tmp_path / "a.txt", long_side=50)
    assert page.words == ()


def test_text_is_drawn_readably(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("HELLO 안녕하세요\n" * 10)
    image = read(tmp_path / "a.txt", long_side=1000)[0].image
    assert max(image.size) == 1000
    dark = image.convert("L").point(lambda v: 255 * (v < 128))
    assert dark.getbbox() is not None
    share = sum(dark.histogram()[128:]) / (image.width * image.height)
    assert 0.002 < share < 0.2


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=3000), suffix=st.sampled_from([".txt", ".md", ".html", ".csv"]))
def test_any_text_is_read(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(("start " + text).encode("utf-8", "replace"))
    try:
        pages = read(path)
    except FileUnsupported:
        return
    assert text_of(pages) == "" or pages[0].words
