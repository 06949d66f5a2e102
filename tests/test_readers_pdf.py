"""PDF: words in reading order, headings, tables, pictures and pixels, from files made here and from real ones."""

from __future__ import annotations

import os
from pathlib import Path

import pymupdf
import pytest
from readers_files import LOREM, arrow, pdf, two_columns

from mmrag.errors import FileDamaged, FileLocked
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers import PdfReader
from mmrag.testing.readers import ReaderContract, check_page
from mmrag.types import Box, Page


class TestPdfContract(ReaderContract):
    def make(self) -> PdfReader:
        return PdfReader()

    def sample(self, folder: Path) -> Path:
        return pdf(folder / "sample.pdf")


def read(path: Path, **options: object) -> list[Page]:
    return list(PdfReader().read(path, ReadOptions(**options)))


def text_of(page: Page) -> str:
    return " ".join(word.text for word in page.words)


def test_columns_are_read_one_after_the_other(tmp_path: Path) -> None:
    words = [word.text for word in read(two_columns(tmp_path / "a.pdf"))[0].words]
    order = [w for w in words if w.startswith(("left", "right")) and w[-1].isdigit()]
    assert order == ["left0", "left1", "left2", "left3", "right0", "right1", "right2", "right3"]
    assert words[0] == "A"


def test_headings_stand_out_by_size_and_weight(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((50, 60), "Annual report", fontsize=24)
    page.insert_text((50, 100), "Results of the year", fontsize=11, fontname="hebo")
    page.insert_textbox((50, 115, 500, 300), LOREM * 3, fontsize=11)
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf")[0]
    found = {text_of_block(page, i): block.level for i, block in enumerate(page.blocks)}
    assert found["Annual report"] == 1
    assert found["Results of the year"] == 2
    assert sorted(found.values()).count(0) == len(found) - 2


def text_of_block(page: Page, index: int) -> str:
    block = page.blocks[index]
    return " ".join(word.text for word in page.words[block.start : block.stop])


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_boxes_are_of_the_page_as_displayed(tmp_path: Path, rotation: int) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    page.insert_text((60, 90), "needle", fontsize=30)
    page.draw_rect((200, 300, 260, 420), color=(0, 0, 1), fill=(0, 0, 1))
    page.insert_image((60, 400, 140, 500), stream=_png(arrow()))
    page.set_cropbox(pymupdf.Rect(40, 40, 340, 540))
    page.set_rotation(rotation)
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf", long_side=500)[0]
    assert (page.width, page.height) == ((300, 500) if rotation % 180 == 0 else (500, 300))
    check_page(page)
    word = page.words[0]
    assert word.text == "needle"
    assert _darkness(page, word.box) > 0.1
    everything_else = [
        b for b in (Box(0, 0, 1, word.box.top - 0.01), Box(0, word.box.bottom + 0.01, 1, 1)) if b.area > 0
    ]
    assert page.pictures
    red = page.image.crop(_pixels(page, page.pictures[0])).resize((4, 4)).getcolors(16)
    assert any(colour[0] > 180 and colour[1] < 90 for _, colour in red)
    assert everything_else


def _png(image: object) -> bytes:
    import io

    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()


def _pixels(page: Page, box: Box) -> tuple[int, int, int, int]:
    width, height = page.image.size
    return int(box.left * width), int(box.top * height), int(box.right * width), int(box.bottom * height)


def _darkness(page: Page, box: Box) -> float:
    part = page.image.crop(_pixels(page, box)).convert("L")
    values = part.histogram()
    return sum(values[:128]) / max(1, sum(values))


def test_text_off_the_page_is_not_read(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=300, height=300)
    page.insert_text((50, 50), "shown")
    page.insert_text((500, 50), "hidden")
    document.save(tmp_path / "a.pdf")
    assert text_of(read(tmp_path / "a.pdf")[0]) == "shown"


def test_a_ruled_table_is_found_and_read_row_by_row(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 50, 500, 100), LOREM, fontsize=10)
    for row in range(4):
        page.draw_line((60, 150 + 30 * row), (360, 150 + 30 * row))
    for column in range(4):
        page.draw_line((60 + 100 * column, 150), (60 + 100 * column, 240))
    for column in (2, 0, 1):  # not in order, so that only geometry can put them right
        for row in range(3):
            page.insert_text((65 + 100 * column, 170 + 30 * row), f"r{row}c{column}", fontsize=10)
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf")[0]
    assert len(page.tables) == 1
    assert abs(page.tables[0].left - 60 / 595) < 0.01
    assert abs(page.tables[0].bottom - 240 / 842) < 0.01
    assert text_of(page).endswith("r0c0 r0c1 r0c2 r1c0 r1c1 r1c2 r2c0 r2c1 r2c2")
    assert page.drawings == ()


def test_numbers_in_columns_are_a_table_without_lines(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 50, 500, 120), LOREM * 2, fontsize=10)
    rows = [("Revenue", "1,204", "1,187"), ("Cost of sales", "(804)", "(792)"), ("Margin", "400", "395")]
    page.insert_text((300, 160), "2023", fontsize=10)
    page.insert_text((400, 160), "2022", fontsize=10)
    for index, row in enumerate(rows):
        for x, cell in zip((50, 300, 400), row, strict=True):
            page.insert_text((x, 175 + 15 * index), cell, fontsize=10)
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf")[0]
    assert len(page.tables) == 1
    assert text_of(page).endswith("2023 2022 Revenue 1,204 1,187 Cost of sales (804) (792) Margin 400 395")


def test_running_text_is_no_table(tmp_path: Path) -> None:
    assert read(two_columns(tmp_path / "a.pdf"))[0].tables == ()


def test_a_chart_is_a_drawing(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 50, 500, 120), LOREM, fontsize=10)
    for line in range(6):
        page.draw_line((100, 300 + 30 * line), (400, 300 + 30 * line))
    page.draw_line((100, 300), (100, 450))
    page.draw_line((400, 300), (400, 450))
    points = [pymupdf.Point(100 + 50 * i, 440 - (i % 3) * 60) for i in range(7)]
    page.draw_polyline(points, color=(1, 0, 0))
    for index, point in enumerate(points):
        page.insert_text(point, str(index * 10), fontsize=8)
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf")[0]
    assert page.tables == ()
    assert len(page.drawings) == 1
    assert page.drawings[0].intersection(Box(100 / 595, 300 / 842, 400 / 595, 450 / 842)) > 0.07


def test_tiles_of_a_scan_are_one_picture(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=600)
    for strip in range(6):
        page.insert_image(
            (0, 100 * strip, 400, 100 * strip + 100), stream=_png(arrow((80 + strip, 20))), keep_proportion=False
        )
    document.save(tmp_path / "a.pdf")
    page = read(tmp_path / "a.pdf")[0]
    assert page.origin == "none"
    assert len(page.pictures) == 1
    assert page.pictures[0].area > 0.99


def test_bookmarks_are_the_heading_path(tmp_path: Path) -> None:
    document = pymupdf.open(pdf(tmp_path / "b.pdf", 5))
    document.set_toc([[1, "Part One", 1], [2, "Chapter 2", 2], [2, "Elsewhere", 3], [1, "Part Two", 4]])
    document.set_metadata({"title": "The yearly report"})
    document.save(tmp_path / "a.pdf")
    pages = read(tmp_path / "a.pdf")
    assert [page.headings for page in pages] == [
        (),
        ("Part One", "Chapter 2"),  # the page opens with it
        ("Part One", "Chapter 2"),
        ("Part One", "Elsewhere"),
        ("Part Two",),
    ]
    assert {page.title for page in pages} == {"The yearly report"}


@pytest.mark.parametrize("title", ["Microsoft Word - report.doc", "untitled", "Slide 1", "제목 없음", "scan.pdf", "-"])
def test_titles_that_a_program_made_up_are_left_out(tmp_path: Path, title: str) -> None:
    document = pymupdf.open(pdf(tmp_path / "b.pdf", 1))
    document.set_metadata({"title": title})
    document.save(tmp_path / "a.pdf")
    assert read(tmp_path / "a.pdf")[0].title == ""


def test_passwords_are_tried_in_turn(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf", 1, encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="열쇠", owner_pw="boss")
    with pytest.raises(FileLocked) as caught:
        read(path)
    assert "--password-file" in caught.value.hint
    with pytest.raises(FileLocked):
        read(path, passwords=("wrong",))
    assert read(path, passwords=("wrong", "열쇠"))[0].words


def test_files_without_a_page_are_damaged(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7\nnothing of use\n%%EOF")
    with pytest.raises(FileDamaged):
        read(tmp_path / "a.pdf")


def test_a_page_that_cannot_be_read_comes_out_empty(tmp_path: Path) -> None:
    document = pymupdf.open(pdf(tmp_path / "b.pdf", 3))
    document.xref_set_key(document[1].xref, "Type", "/Nonsense")
    document.xref_set_key(document[1].xref, "MediaBox", "null")
    document.xref_set_key(document[1].xref, "Contents", "(oops)")
    document.save(tmp_path / "a.pdf")
    pages = read(tmp_path / "a.pdf", long_side=100)
    assert [bool(page.words) for page in pages] == [True, False, True]


def test_names_that_are_not_utf8_are_opened(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \xbf.pdf"))
    pdf(tmp_path / "a.pdf").rename(path)
    assert len(read(path)) == 3


def test_a_strip_does_not_become_a_huge_picture(tmp_path: Path) -> None:
    document = pymupdf.open()
    document.new_page(width=10, height=14_400)
    document.save(tmp_path / "a.pdf")
    image = read(tmp_path / "a.pdf", long_side=50_000, limits=Limits(max_long_side=1000))[0].image
    assert max(image.size) == 1000


def test_a_page_of_very_many_paths_is_quick(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_textbox((50, 50, 500, 120), LOREM, fontsize=10)
    lines = "\n".join(f"{i % 500} {i % 700} m {(i * 7) % 500} {(i * 13) % 700} l S" for i in range(60_000))
    xref = document.get_new_xref()
    document.update_object(xref, "<<>>")
    document.update_stream(xref, lines.encode())
    document.xref_set_key(page.xref, "Contents", f"[{page.get_contents()[0]} 0 R {xref} 0 R]")
    document.save(tmp_path / "a.pdf", deflate=True)
    import time

    started = time.process_time()
    page = read(tmp_path / "a.pdf")[0]
    assert time.process_time() - started < 5
    assert page.words


def test_korean_words_are_parted_where_the_spaces_stray(tmp_path: Path) -> None:
    # The order that LibreOffice writes when the font of the space has no Hangul: the space first, then both words.
    document = pymupdf.open()
    page = document.new_page()
    font = pymupdf.Font("korea")
    writer = pymupdf.TextWriter(page.rect)
    writer.append((50 + 3 * 20 + 0, 100), " ", font=pymupdf.Font("helv"), fontsize=20)
    writer.append((50, 100), "분기에", font=font, fontsize=20)
    writer.append((50 + 3 * 20 + 7, 100), "보고서", font=font, fontsize=20)
    writer.write_text(page)
    document.save(tmp_path / "a.pdf")
    assert text_of(read(tmp_path / "a.pdf")[0]) == "분기에 보고서"


def test_real_papers_keep_their_columns(shared: Path) -> None:
    page = read(shared / "docqa_uda" / "pdfs" / "1809.01202.pdf", pages=(3,))[0]
    levels = [text_of_block(page, i) for i, block in enumerate(page.blocks) if block.level]
    assert levels == ["3 Methods", "3.1 Dataset", "3.2 Model"]
    middle = [(block.box.left + block.box.right) / 2 > 0.5 for block in page.blocks]
    assert middle == sorted(middle)


@pytest.mark.parametrize("name", ["GHOSTSCRIPT-698804-1-fuzzed.pdf", "poppler-67295-0.pdf", "poppler-85140-0.pdf"])
def test_real_broken_files_are_damaged(shared: Path, name: str) -> None:
    with pytest.raises(FileDamaged):
        read(shared / "robust" / "pdf_pdfjs" / name)


def test_a_bookmark_with_a_label_in_front_is_in_force_on_the_page_that_it_names(tmp_path: Path) -> None:
    document = pymupdf.open()
    for title in ("Annual review", "Results", "Outlook"):
        document.new_page().insert_text((72, 72), title, fontsize=24)
    document.set_toc([[1, "Slide 1: Annual review", 1], [1, "Slide 2: Results", 2], [1, "3. Outlook", 3]])
    document.save(tmp_path / "slides.pdf")
    pages = PdfReader().read(tmp_path / "slides.pdf", ReadOptions())
    assert [page.headings for page in pages] == [("Slide 1: Annual review",), ("Slide 2: Results",), ("3. Outlook",)]
