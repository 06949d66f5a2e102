"""Office files: through LibreOffice where it is installed, HWPX without it."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from readers_files import HWPX_SECTION, hwpx

from mmrag.errors import FileDamaged, FileLocked, FileTooLarge, FileUnsupported
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers import OfficeReader, office
from mmrag.testing.readers import ReaderContract, check_page
from mmrag.types import Page

libreoffice = pytest.mark.skipif(office.soffice() is None, reason="LibreOffice is not installed")


class TestHwpxContract(ReaderContract):
    pages = 1

    def make(self) -> OfficeReader:
        return OfficeReader()

    def sample(self, folder: Path) -> Path:
        return hwpx(folder / "sample.hwpx")

    # A cut archive is no HWPX any more, and would start LibreOffice three times.
    def test_a_cut_file_is_read_or_is_a_problem_of_the_file(self, tmp_path: Path) -> None:
        pass


def read(path: Path, **options: object) -> list[Page]:
    pages = list(OfficeReader().read(path, ReadOptions(**options)))
    for page in pages:
        check_page(page)
    return pages


def text_of(pages: list[Page]) -> str:
    return " ".join(word.text for page in pages for word in page.words)


def test_hwpx_is_read_with_its_tables(tmp_path: Path) -> None:
    (page,) = read(hwpx(tmp_path / "a.hwpx"))
    assert text_of([page]) == "분기 보고서 매출은 120억 원이다. 연도 | 매출 2023 | 98"
    assert len(page.tables) == 1


def test_hwpx_that_declares_entities_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>'
    section = HWPX_SECTION.replace("?>", "?>" + bomb, 1).replace("분기", "&b;")
    with pytest.raises(FileDamaged, match="entities"):
        read(hwpx(tmp_path / "a.hwpx", section))


def test_hwpx_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    section = HWPX_SECTION.replace("분기", " " * 5_000_000)
    path = hwpx(tmp_path / "a.hwpx", section)
    assert path.stat().st_size < 100_000
    with pytest.raises(FileTooLarge):
        read(path, limits=Limits(max_text_bytes=1_000_000))


def test_broken_hwpx_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(FileDamaged):
        read(hwpx(tmp_path / "a.hwpx", HWPX_SECTION[:-40]))
    path = hwpx(tmp_path / "b.hwpx", HWPX_SECTION * 3)
    content = bytearray(path.read_bytes())
    middle = content.find(b"section0.xml") + 60
    content[middle : middle + 8] = b"\xff" * 8
    path.write_bytes(bytes(content))
    with pytest.raises(FileDamaged):
        read(path)


def test_without_libreoffice_the_message_says_how_to_add_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office, "soffice", lambda: None)
    (tmp_path / "a.rtf").write_bytes(rb"{\rtf1 hello}")
    with pytest.raises(FileUnsupported) as caught:
        read(tmp_path / "a.rtf")
    assert "apt-get install libreoffice" in caught.value.hint


def test_encrypted_files_are_locked(tmp_path: Path) -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    (tmp_path / "a.docx").write_bytes(ole)
    with pytest.raises(FileLocked):
        read(tmp_path / "a.docx")
    with zipfile.ZipFile(tmp_path / "a.odt", "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("META-INF/manifest.xml", "<manifest:encryption-data/>")
    with pytest.raises(FileLocked):
        read(tmp_path / "a.odt")


@pytest.mark.slow
@libreoffice
def test_a_word_document_is_read_with_its_headings_and_table(tmp_path: Path) -> None:
    docx = pytest.importorskip("docx")
    document = docx.Document()
    document.add_heading("분기 보고서", 1)
    document.add_paragraph(
        "매출은 120억 원이다. Revenue was 120 this year, and nobody had thought that it could be so."
    )
    table = document.add_table(2, 2, style="Table Grid")
    for index, text in enumerate(("연도", "매출", "2023", "98")):
        table.cell(index // 2, index % 2).text = text
    document.save(tmp_path / "보고서.docx")
    (page,) = read(tmp_path / "보고서.docx", long_side=200)
    assert "매출은 120억 원이다. Revenue was 120" in text_of([page])
    assert text_of([page]).endswith("연도 매출 2023 98")
    assert page.blocks[0].level == 1
    assert len(page.tables) == 1
    assert max(page.image.size) == 200


@pytest.mark.slow
@libreoffice
def test_slides_are_pages(tmp_path: Path) -> None:
    pptx = pytest.importorskip("pptx")
    slides = pptx.Presentation()
    for number in (1, 2):
        slide = slides.slides.add_slide(slides.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text = f"Margin {30 + number}%"
    slides.save(tmp_path / "a.pptx")
    pages = read(tmp_path / "a.pptx")
    assert [page.count for page in pages] == [2, 2]
    assert "32%" in text_of(pages[1:])


@pytest.mark.slow
@libreoffice
def test_nothing_is_left_behind_by_what_cannot_be_converted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "t"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "t"))
    (tmp_path / "t").mkdir()
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", "<not-word")
    with pytest.raises(FileDamaged):
        read(tmp_path / "a.docx")
    assert list((tmp_path / "t").glob("mmrag-office-*")) == []
