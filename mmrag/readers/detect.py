"""Which reader a file needs, by what is in it first and by its suffix second; and the hash that a content is known by.

Looks at the first bytes of a file (and at the list of names inside a zip), never at the whole of it. Does not know
whether the chosen reader will manage to read the file.
"""

from __future__ import annotations

import codecs
import hashlib
import os
import re
import stat
import unicodedata
import zipfile
from pathlib import Path

from mmrag.errors import FileDamaged, FileFailed, FileProblem, FileTooLarge, FileUnsupported

__all__ = ["content_hash", "reader_name"]

IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".apng",
        ".webp",
        ".gif",
        ".bmp",
        ".dib",
        ".tif",
        ".tiff",
        ".heic",
        ".heif",
        ".hif",
        ".avif",
        ".mpo",
    ]
)
OFFICE_SUFFIXES = frozenset(
    [
        ".docx",
        ".docm",
        ".dotx",
        ".doc",
        ".rtf",
        ".odt",
        ".pptx",
        ".pptm",
        ".ppsx",
        ".ppt",
        ".pps",
        ".odp",
        ".xlsx",
        ".xlsm",
        ".xls",
        ".ods",
        ".hwp",
        ".hwpx",
    ]
)

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""First bytes of a text, and the codec that they name; the longer marks come first."""

_HEAD = 8192
_IMAGE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_IMAGE_BRANDS = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"))
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Names of the streams inside an OLE file that say which program wrote it; they are stored as UTF-16.
_OLE_STREAMS = ("WordDocument", "Workbook", "Book", "PowerPoint Document", "HwpSummaryInformation", "EncryptedPackage")
_ZIP_FOLDERS = ("word/", "ppt/", "xl/", "Contents/section")
_ZIP_TYPES = (
    b"application/vnd.oasis.opendocument.text",
    b"application/vnd.oasis.opendocument.presentation",
    b"application/vnd.oasis.opendocument.spreadsheet",
    b"application/hwp+zip",
)
_MAX_MEMBERS = 20_000
_PDF_MARKS = re.compile(rb"\d+ \d+ obj\b|\bendobj\b|\bstartxref\b|\bxref\b")
_POSTSCRIPT = (b"%!PS", b"\xc5\xd0\xd3\xc6")
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b\x0b\b")
_READABLE = "Readable are PDF, pictures, text, HTML, Markdown, CSV, and office files."


def content_hash(path: Path) -> str:
    """Sha256 of a file's bytes, in hex; reads 1 MiB at a time. Raises `FileFailed` where it cannot be read."""
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError as error:
        raise failed(error) from error
    return digest.hexdigest()


def failed(error: OSError) -> FileProblem:
    """What the operating system refused, as a `FileFailed` with what to do about it."""
    if isinstance(error, PermissionError):
        return FileFailed("no permission to read it", "Give yourself the right to read the file, then index again.")
    if isinstance(error, FileNotFoundError):
        return FileFailed("it is no longer there", "Index again.")
    return FileFailed(f"the system cannot read it: {error.strerror or error}", "Check the disk or the connection.")


def reader_name(path: Path) -> str:
    """Name in the registry of the reader for a file: "pdf", "image", "office" or "text".

    A wrong or missing suffix does not matter where the content is clear. Raises `FileUnsupported` for what nothing
    here reads, `FileDamaged` for an empty file or one that holds something other than its suffix promises, and
    `FileFailed` without permission.
    """
    try:
        status = os.stat(path)  # noqa: PTH116 - a name need not be decodable, and Path.stat is the same call
        if not stat.S_ISREG(status.st_mode):
            raise FileUnsupported("not a regular file", "Only files can be indexed, not pipes, sockets or devices.")
        if status.st_size == 0:
            raise FileDamaged("the file is empty", "Replace it with a complete copy.")
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise failed(error) from error
    suffix = path.suffix.lower()
    return _by_magic(path, head, suffix) or _by_suffix(head, suffix)


def _by_magic(path: Path, head: bytes, suffix: str) -> str | None:
    """The reader that the first bytes name, or None."""
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if _is_image(head):
        return "image"
    if head.startswith(b"{\\rtf"):
        return "office"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zip_kind(path, head, suffix)
    if head.startswith(_OLE):
        return _ole_kind(path, suffix)
    if head.startswith(_POSTSCRIPT):
        raise FileUnsupported("PostScript is not read", "Convert it to PDF, for example with ps2pdf.")
    return None


def _by_suffix(head: bytes, suffix: str) -> str:
    """The reader for content without a signature: text where it reads as text, else what the suffix says of it."""
    if looks_like_text(head):
        return "pdf" if suffix == ".pdf" and _PDF_MARKS.search(head) else "text"
    if suffix == ".pdf":
        # MuPDF repairs files that have lost their first bytes, so one with objects in it is worth a try.
        if _PDF_MARKS.search(head):
            return "pdf"
        raise FileDamaged("the content is not a PDF", "Replace it with a complete copy.")
    if suffix in IMAGE_SUFFIXES:
        raise FileDamaged("the content is not a picture", "Replace it with a complete copy.")
    if suffix in OFFICE_SUFFIXES:
        raise FileDamaged("the content is not an office document", "Replace it with a complete copy.")
    raise FileUnsupported("not a kind of file that is read here", _READABLE)


def _is_image(head: bytes) -> bool:
    if head.startswith(_IMAGE_MAGIC):
        return True
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return True
    # "BM" alone is too short a signature: a text may start with it.
    if head[:2] == b"BM" and len(head) > 18 and head[14:18] in (b"\x0c\0\0\0", b"\x28\0\0\0", b"\x40\0\0\0"):
        return True
    if (
        head[:2] == b"BM"
        and len(head) > 18
        and head[14:18] in (b"\x34\0\0\0", b"\x38\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0")
    ):
        return True
    return head[4:8] == b"ftyp" and head[8:12] in _IMAGE_BRANDS


def _zip_kind(path: Path, head: bytes, suffix: str) -> str:
    # OpenDocument and HWPX store their type first and uncompressed, so that it can be seen without unpacking.
    if head[30:38] == b"mimetype" and any(kind in head[38:120] for kind in _ZIP_TYPES):
        return "office"
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        if suffix in OFFICE_SUFFIXES:
            raise FileDamaged("the file is cut off or broken", "Replace it with a complete copy.") from error
        raise FileUnsupported("a broken archive", _READABLE) from error
    except OSError as error:
        raise failed(error) from error
    if len(names) > _MAX_MEMBERS:
        raise FileTooLarge(f"the archive holds {len(names)} files", "Unpack it and index what is in it.")
    if any(name.startswith(_ZIP_FOLDERS) for name in names):
        return "office"
    if suffix in OFFICE_SUFFIXES:
        raise FileDamaged("the archive holds no office document", "Replace it with a complete copy.")
    raise FileUnsupported("archives are not read", "Unpack it and index the folder.")


def _ole_kind(path: Path, suffix: str) -> str:
    if suffix in OFFICE_SUFFIXES:
        return "office"
    marks = [name.encode("utf-16-le") for name in _OLE_STREAMS]
    kept = b""
    with path.open("rb") as file:
        # The directory of an OLE file may lie anywhere; 64 MiB are read at most.
        for _ in range(64):
            chunk = file.read(1 << 20)
            if any(mark in kept + chunk for mark in marks):
                return "office"
            if not chunk:
                break
            kept = chunk[-64:]
    raise FileUnsupported("not a kind of file that is read here", _READABLE)


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes of a file are text in an encoding that is read here."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if head.startswith(mark):
            text = head.decode(encoding, errors="replace")
            return sum(map(_is_odd, text)) * 20 <= len(text)
    if b"\0" in head or sum(byte in _CONTROL for byte in head) > len(head) // 100:
        return False
    high = sum(byte > 127 for byte in head)
    # Western text in a code page has few letters outside ASCII; more of them must make sense in a wider encoding.
    return high <= 0.3 * len(head) or decodes(head, "utf-8") or decodes(head, "cp949") or decodes(head, "gb18030")


def _is_odd(character: str) -> bool:
    if character == "\ufffd" or unicodedata.category(character) in ("Cn", "Co", "Cs"):
        return True
    return ord(character) < 32 and not character.isspace()


def decodes(sample: bytes, encoding: str) -> bool:
    """Whether all but a few of the sample's characters are valid; its ends may be cut through a character."""
    text = sample.decode(encoding, errors="replace")
    foreign = sum(not character.isascii() for character in text)
    bad = text.count("\ufffd")
    return bad <= max(2, foreign // 50) and bad * 2 < max(1, foreign)
