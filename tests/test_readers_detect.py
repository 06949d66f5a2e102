"""Which reader a file gets: by content, whatever its name says."""

from __future__ import annotations

import hashlib
import os
import socket
import zipfile
from pathlib import Path

import pytest
from readers_files import arrow, hwpx, pdf

from mmrag.errors import FileDamaged, FileFailed, FileUnsupported
from mmrag.readers import content_hash, reader_name


@pytest.mark.parametrize("name", ["a.pdf", "a.jpg", "a.txt", "a"])
def test_a_pdf_is_a_pdf_under_any_name(tmp_path: Path, name: str) -> None:
    assert reader_name(pdf(tmp_path / name)) == "pdf"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"])
@pytest.mark.parametrize("name", ["a.jpg", "a.pdf", "a.docx", "a"])
def test_a_picture_is_a_picture_under_any_name(tmp_path: Path, kind: str, name: str) -> None:
    arrow().save(tmp_path / name, format=kind)
    assert reader_name(tmp_path / name) == "image"


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.unheard", "a.pdf", "a.jpg", "README"])
def test_text_is_text_under_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Plain words, 한글, and déjà vu.\n" * 20, encoding="utf-8")
    assert reader_name(tmp_path / name) == "text"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949", "euc-kr"])
def test_korean_text_is_text_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(("가격은 3,000원이고 배송비는 별도입니다.\n" * 30).encode(encoding))
    assert reader_name(tmp_path / "a.txt") == "text"


def test_office_files_are_known_by_what_is_in_the_archive(tmp_path: Path) -> None:
    for folder, name in (("word/document.xml", "a.docx"), ("xl/workbook.xml", "a"), ("ppt/presentation.xml", "a.zip")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(folder, "<x/>")
        assert reader_name(tmp_path / name) == "office"
    assert reader_name(hwpx(tmp_path / "b.hwpx")) == "office"
    (tmp_path / "a.rtf").write_bytes(rb"{\rtf1 hello}")
    assert reader_name(tmp_path / "a.rtf") == "office"


def test_an_archive_of_other_things_is_not_read(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("photo.jpg", b"")
    with pytest.raises(FileUnsupported) as caught:
        reader_name(tmp_path / "a.zip")
    assert "npack" in caught.value.hint


@pytest.mark.parametrize("name", ["a.pdf", "a.jpg", "a.txt"])
def test_an_empty_file_is_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(FileDamaged, match="empty"):
        reader_name(tmp_path / name)


@pytest.mark.parametrize("name", ["a.pdf", "a.jpg", "a.docx"])
def test_noise_under_a_known_suffix_is_damaged(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(bytes(range(256)) * 40)
    with pytest.raises(FileDamaged):
        reader_name(tmp_path / name)


def test_noise_is_not_text(tmp_path: Path) -> None:
    for start in (b"", b"\xff\xfe", b"\xfe\xff"):
        (tmp_path / "a.dat").write_bytes(start + hashlib.sha256(start).digest() * 200)
        with pytest.raises(FileUnsupported):
            reader_name(tmp_path / "a.dat")


def test_a_pdf_that_lost_its_first_bytes_is_still_tried(tmp_path: Path) -> None:
    path = pdf(tmp_path / "a.pdf")
    path.write_bytes(path.read_bytes()[20:])
    assert reader_name(path) == "pdf"


def test_pipes_and_sockets_and_devices_are_not_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pdf")
    with pytest.raises(FileUnsupported):
        reader_name(tmp_path / "pipe.pdf")
    with pytest.raises(FileUnsupported):
        reader_name(Path(os.devnull))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        with pytest.raises(FileUnsupported):
            reader_name(tmp_path / "s")


def test_no_permission_and_no_file_are_failures_that_say_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(FileFailed, match="no longer"):
        reader_name(tmp_path / "gone.pdf")
    path = pdf(tmp_path / "a.pdf")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root may read everything

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FileFailed, match="permission"):
        reader_name(path)


def test_the_hash_is_that_of_the_bytes(tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(data)
    assert content_hash(tmp_path / "a") == hashlib.sha256(data).hexdigest()


def test_names_need_not_be_utf8(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.pdf"))
    pdf(tmp_path / "a.pdf").rename(path)
    assert reader_name(path) == "pdf"
    assert len(content_hash(path)) == 64
