"""HWPX, the open format of the Hangul word processor (KS X 6101): paragraphs and tables from its XML.

Reads the text in order, not the layout. Limits what is unpacked, and refuses documents that declare entities.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from mmrag.errors import FileDamaged, FileLocked, FileTooLarge
from mmrag.readers.sheets import Line

__all__ = ["hwpx_lines", "is_hwpx", "member"]

_SECTION = re.compile(r"^Contents/section(\d+)\.xml$")
_COMPLETE = "Replace it with a complete copy."


def is_hwpx(path: Path) -> bool:
    """Whether a zip file is HWPX."""
    try:
        with zipfile.ZipFile(path) as archive:
            return any(_SECTION.match(name) for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def hwpx_lines(path: Path, max_bytes: int) -> list[Line]:
    """Lines of all sections, a row of a table as one line.

    Raises `FileTooLarge` where more than `max_bytes` would be unpacked, `FileLocked` and `FileDamaged`.
    """
    lines: list[Line] = []
    try:
        with zipfile.ZipFile(path) as archive:
            names = [(int(match.group(1)), name) for name in archive.namelist() if (match := _SECTION.match(name))]
            for _, name in sorted(names):
                data = member(archive, name, max_bytes)
                max_bytes -= len(data)
                lines += _section(parsed(data))
    except (zipfile.BadZipFile, ElementTree.ParseError, KeyError, ValueError, EOFError) as error:
        raise FileDamaged("the document is broken or cut off", _COMPLETE) from error
    except RuntimeError as error:
        raise FileLocked("it needs a password", "Save a copy of it without the password.") from error
    except Exception as error:
        if type(error).__module__ == "zlib":
            raise FileDamaged("the document is broken or cut off", _COMPLETE) from error
        raise
    return lines


def member(archive: zipfile.ZipFile, name: str, max_bytes: int) -> bytes:
    """One file of an archive; raises `FileTooLarge` where it is larger than `max_bytes`, whatever its header says."""
    with archive.open(name) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise FileTooLarge("the document unpacks to more than the limit", "Part it into smaller files.")
    return data


def parsed(data: bytes) -> ElementTree.Element:
    """The XML tree; a document type, which could declare entities that grow without end, is refused."""
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data or "<!DOCTYPE".encode("utf-16-le") in data:
        raise FileDamaged("the document declares XML entities", "Save it anew in its own program.")
    return ElementTree.fromstring(data)  # noqa: S314 - see above


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _section(root: ElementTree.Element) -> Iterator[Line]:
    """Lines of the paragraphs right under the root."""
    for paragraph in root:
        if _local(paragraph) == "p":
            yield from _paragraph(paragraph)


def _paragraph(paragraph: ElementTree.Element) -> Iterator[Line]:
    """A paragraph's own text, then the tables and boxes that are anchored in it."""
    text: list[str] = []
    nested: list[ElementTree.Element] = []
    for run in paragraph:
        if _local(run) != "run":
            continue
        for child in run:
            if _local(child) == "t":
                text.append(_text(child))
            else:
                nested.append(child)
    if any(part.strip() for part in text):
        yield Line(" ".join("".join(text).split()))
        yield Line()
    for child in nested:
        yield from _nested(child)


def _text(element: ElementTree.Element) -> str:
    parts = [element.text or ""]
    for child in element:
        parts.append(" " if _local(child) in ("tab", "lineBreak", "nbSpace", "fwSpace") else _text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _nested(element: ElementTree.Element) -> Iterator[Line]:
    """What stands in a control: rows of a table, else the paragraphs of a box, note, header or footer."""
    if _local(element) == "tbl":
        for row in element:
            if _local(row) != "tr":
                continue
            cells = [" ".join(" ".join(map(_text, _all(cell, "t"))).split()) for cell in row if _local(cell) == "tc"]
            if any(cells):
                yield Line(" | ".join(cells), row=True)
        yield Line()
        return
    for child in element:
        if _local(child) == "p":
            yield from _paragraph(child)
        else:
            yield from _nested(child)


def _all(element: ElementTree.Element, name: str) -> Iterator[ElementTree.Element]:
    return (child for child in element.iter() if _local(child) == name)
