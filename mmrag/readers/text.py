"""Text files to pages: plain text, source code, Markdown, HTML and separated values, in the encodings people have.

Streams the file twice, once to count its pages and once to lay them out. Knows nothing of what the text means.
"""

from __future__ import annotations

import codecs
import dataclasses
import io
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import ClassVar

from mmrag.errors import FileTooLarge, FileUnsupported
from mmrag.protocols import ReadOptions
from mmrag.readers.detect import BYTE_ORDER_MARKS, decodes, failed, looks_like_text
from mmrag.readers.drawing import draw_page
from mmrag.readers.markup import delimiter_of, html_lines, html_title, markdown_lines, plain_lines, separated_lines
from mmrag.readers.sheets import Line, lay_out, sheets
from mmrag.types import Page

__all__ = ["TextReader", "encoding_of", "pages_of_lines"]

_CHUNK = 1 << 16
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)")
_HTML = re.compile(
    r"^\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*(<!doctype html|<html|<head|<body)", re.IGNORECASE | re.DOTALL
)
_HTML_SUFFIXES = (".html", ".htm", ".xhtml", ".shtml", ".mht")
_MARKDOWN_SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".rmd", ".qmd")
_PLAIN = [
    ".txt",
    ".text",
    ".log",
    ".rst",
    ".json",
    ".jsonl",
    ".xml",
    ".yaml",
    ".yml",
    ".toml",
    ".ini",
    ".tex",
    ".srt",
    ".eml",
    ".csv",
    ".py",
    ".js",
    ".ts",
    ".java",
    ".c",
    ".h",
    ".cpp",
    ".cs",
    ".go",
    ".rs",
    ".rb",
    ".php",
    ".sh",
    ".sql",
    ".css",
    ".r",
    ".kt",
    ".swift",
]
_SEPARATED = {".csv": ",", ".tsv": "\t", ".tab": "\t"}


class TextReader:
    """Reads text of any kind; a page is about 3,000 characters on a fixed grid."""

    suffixes: ClassVar[frozenset[str]] = frozenset((*_PLAIN, *_HTML_SUFFIXES, *_MARKDOWN_SUFFIXES, *_SEPARATED))

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        """Yield the wanted pages in order.

        Raises `FileTooLarge` over `limits.max_text_bytes` and `FileUnsupported` for content that is not text.
        """
        try:
            size = os.stat(path).st_size  # noqa: PTH116 - a name need not be decodable
            if size > options.limits.max_text_bytes:
                raise FileTooLarge(
                    f"the text has {size:,} bytes, over the limit of {options.limits.max_text_bytes:,}",
                    "Part it into smaller files.",
                )
            encoding = encoding_of(path)
            title, lines = _lines_of(path, encoding)
            yield from pages_of_lines(lines, title, options)
        except OSError as error:
            raise failed(error) from error


def pages_of_lines(lines: Callable[[], Iterable[Line]], title: str, options: ReadOptions) -> Iterator[Page]:
    """Pages of what `lines` gives each time it is called; a text of nothing but space is one page without words."""
    count = sum(1 for _ in sheets(lines()))
    wanted = None if options.pages is None else frozenset(options.pages)
    if not count and (wanted is None or 1 in wanted):
        yield Page(1, 612.0, 792.0, title=title)
    for number, sheet in enumerate(sheets(lines()), 1):
        if wanted is not None and number not in wanted:
            continue
        page = lay_out(sheet, number, count, title)
        if options.long_side is not None:
            image = draw_page(page, min(options.long_side, options.limits.max_long_side))
            page = dataclasses.replace(page, image=image)
        yield page


def _lines_of(path: Path, encoding: str) -> tuple[str, Callable[[], Iterator[Line]]]:
    """Title of the file, and its lines as often as they are asked for."""
    suffix = path.suffix.lower()
    with _decoded(path, encoding) as file:
        head = file.read(_CHUNK)
    if _HTML.match(head[:4096]) or suffix in _HTML_SUFFIXES:
        return html_title(head), lambda: html_lines(_chunks(path, encoding))
    if suffix in _MARKDOWN_SUFFIXES:
        first = next((line.text for line in markdown_lines(head.splitlines()) if line.level == 1), "")
        return first[:300], lambda: markdown_lines(_text_lines(path, encoding))
    if suffix in _SEPARATED:
        delimiter = delimiter_of(head, _SEPARATED[suffix])
        return "", lambda: separated_lines(_text_lines(path, encoding), delimiter)
    return "", lambda: plain_lines(_text_lines(path, encoding))


def _decoded(path: Path, encoding: str) -> io.TextIOWrapper:
    return path.open("r", encoding=encoding, errors="replace", newline=None)


def _text_lines(path: Path, encoding: str) -> Iterator[str]:
    with _decoded(path, encoding) as file:
        # A bound for each line: a file may be a single one.
        while line := file.readline(_CHUNK):
            yield line


def _chunks(path: Path, encoding: str) -> Iterator[str]:
    with _decoded(path, encoding) as file:
        while chunk := file.read(_CHUNK):
            yield chunk


def encoding_of(path: Path) -> str:
    """Name of the codec that a text file is read with: by its mark, else UTF-8, else what it declares, CP949, CP1252.

    Raises `FileUnsupported` where the content is not text.
    """
    with path.open("rb") as file:
        head = file.read(8192)
        for mark, name in BYTE_ORDER_MARKS:
            if head.startswith(mark):
                return name
        if not looks_like_text(head):
            raise FileUnsupported("not a kind of file that is read here", "Convert it to PDF or text.")
        sample = head
        while sample.isascii() and (chunk := file.read(1 << 20)):
            sample = chunk
        sample += file.read(1 << 16)
    if sample.isascii() or decodes(sample, "utf-8"):
        return "utf-8"
    declared = _CHARSET.search(head[:4096])
    if declared and _known(name := declared.group(1).decode("ascii")) and decodes(sample, name):
        return name
    if decodes(sample, "cp949") and _is_korean(sample):
        return "cp949"
    return "cp1252"


def _known(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except LookupError:
        return False


def _is_korean(sample: bytes) -> bool:
    """Whether what CP949 makes of the sample is mostly the syllables that Korean is written with.

    Latin letters with accents decode as well now and then, but into rare syllables and signs.
    """
    text = sample.decode("cp949", errors="ignore")
    foreign = [c for c in text if not c.isascii()]
    common = sum("가" <= c <= "힣" and _in_standard(c) for c in foreign)
    return bool(foreign) and common >= 0.6 * len(foreign)


def _in_standard(syllable: str) -> bool:
    try:
        return len(syllable.encode("euc_kr")) == 2
    except UnicodeEncodeError:
        return False
