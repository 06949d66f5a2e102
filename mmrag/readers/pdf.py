"""PDF files to pages: words in reading order, headings, pictures, drawings, tables and, if asked for, pixels.

Opens and unlocks documents and knows what holds for the whole of one; `pdf_page` reads the pages. MuPDF must not be
used by two threads at once. Knows nothing of recognition: a page without a text layer comes out without words.
"""

from __future__ import annotations

import os
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from mmrag.errors import FileDamaged, FileLocked
from mmrag.protocols import ReadOptions
from mmrag.readers.detect import failed
from mmrag.readers.pdf_page import mupdf, read_page
from mmrag.readers.pdf_text import count_words
from mmrag.types import Page, Word

__all__ = ["PdfReader", "open_pdf"]

_SHRINK_EVERY = 32
_MAX_OUTLINE = 20_000
_NO_TITLE = re.compile(
    r"^(microsoft (word|powerpoint|excel|office)\b.*|powerpoint presentation|presentation ?\d*|slide \d+|untitled.*"
    r"|no title|title|document ?\d*|문서 ?\d*|제목 ?없음.*|프레젠테이션 ?\d*|.*\.[a-z]{2,5}|\W*|[\dA-F_-]+)$",
    re.IGNORECASE,
)


class PdfReader:
    """Reads PDF files with PyMuPDF; one page in memory at a time."""

    suffixes: ClassVar[frozenset[str]] = frozenset((".pdf",))

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        """Yield the wanted pages in order.

        A page that cannot be read comes out empty. Raises `FileLocked` where no password fits, and `FileDamaged`
        where there is no page or none that can be read.
        """
        with open_pdf(path, options.passwords) as document:
            count = int(document.page_count)
            title, outline = _title(document), _Outline(document)
            wanted = range(1, count + 1) if options.pages is None else options.pages
            broken: list[int] = []
            layered = _has_layers_off(document)
            # Pages that failed wait for the first that does not: without one in the whole file, it is damaged.
            good = options.pages is not None
            for done, number in enumerate((n for n in wanted if 1 <= n <= count), 1):
                page = read_page(document, number, options)
                if layered and page is not None:
                    page = replace(page, hidden=page.hidden + _words_off(document, number))
                good = good or page is not None
                broken += [number] if page is None else []
                ready = [_empty_page(document, n) for n in broken] if good else []
                broken = [] if good else broken
                for found in [*ready, *([page] if page else [])]:
                    yield replace(found, headings=outline.path(found.number, found.words), count=count, title=title)
                del page, ready
                if done % _SHRINK_EVERY == 0:
                    _shrink()
            if broken:
                raise FileDamaged("none of its pages can be read", "Replace it with a complete copy.")


@contextmanager
def open_pdf(path: Path, passwords: Sequence[str] = ()) -> Iterator[Any]:
    """A PyMuPDF document that is unlocked and has pages; closed on leaving.

    Raises `FileLocked`, `FileDamaged` and `FileFailed`.
    """
    pymupdf = mupdf()
    try:
        file = path.open("rb")
    except OSError as error:
        raise failed(error) from error
    with file:
        name = str(path)
        if not _is_utf8(name):
            # MuPDF takes names as UTF-8 only; the open file has one that always is.
            name = f"/dev/fd/{file.fileno()}"
        try:
            document = pymupdf.open(name, filetype="pdf")
        except Exception as error:  # MuPDF raises a class of its own for each kind of fault
            raise FileDamaged("the PDF cannot be opened", "Replace it with a complete copy.") from error
        try:
            _unlock(document, passwords)
            yield document
        finally:
            document.close()
            _shrink()


def _is_utf8(name: str) -> bool:
    try:
        os.fsencode(name).decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _unlock(document: Any, passwords: Sequence[str]) -> None:
    if document.needs_pass and not any(document.authenticate(password) for password in passwords):
        known = "none of the given passwords opens it" if passwords else "it needs a password"
        raise FileLocked(known, "Write its password on a line of a file and pass that as --password-file.")
    try:
        count = document.page_count
    except Exception as error:  # as above
        raise FileDamaged("its list of pages cannot be read", "Replace it with a complete copy.") from error
    if not count:
        raise FileDamaged("the PDF has no pages", "Replace it with a complete copy.")


def _shrink() -> None:
    """Empty MuPDF's store of fonts and decoded images, which else grows to 256 MB."""
    mupdf().TOOLS.store_shrink(100)


# ---------------------------------------------------------------- the document


def _title(document: Any) -> str:
    """The title that the file gives itself, unless a program made it up."""
    try:
        title = " ".join(str((document.metadata or {}).get("title") or "").split())
    except Exception:  # a broken information dictionary is no reason to lose the pages
        return ""
    if _NO_TITLE.match(title) or not title.isprintable() or "\ufffd" in title:
        return ""
    return unicodedata.normalize("NFC", title)[:300]


def _has_layers_off(document: Any) -> bool:
    try:
        return any(not layer["on"] for layer in document.get_ocgs().values())
    except Exception:  # a broken list of layers is no reason to lose the pages
        return False


def _words_off(document: Any, number: int) -> int:
    """How many words of a page are on layers that are switched off: MuPDF neither draws nor reads them."""
    try:
        shown = _count_words(document, number)
        off = [layer["number"] for layer in document.layer_ui_configs() if not layer["on"]]
        try:
            for layer in off:
                document.set_layer_ui_config(layer, 0)
            return max(0, _count_words(document, number) - shown)
        finally:
            for layer in off:
                document.set_layer_ui_config(layer, 2)
    except Exception:  # as above
        return 0


def _count_words(document: Any, number: int) -> int:
    return count_words(word[4] for word in document.load_page(number - 1).get_text("words"))


_LABEL = re.compile(r"^\W*(?:[^\W\d_]+\s+)?[\divxlc]+(?:\.\d+)*[.:)]?\s+", re.IGNORECASE)
"""A number in front of a title, with or without a word for what it counts."""


class _Outline:
    """The bookmarks of a document, as the path of titles in force on a page."""

    def __init__(self, document: Any) -> None:
        try:
            entries = document.get_toc(simple=True)[:_MAX_OUTLINE]
        except Exception:  # a broken outline is no reason to lose the pages
            entries = []
        self._pages: list[int] = []
        self._paths: list[tuple[str, ...]] = []
        path: list[tuple[int, str]] = []
        for level, title, page in entries:
            text = unicodedata.normalize("NFC", " ".join(str(title).replace("\0", "").split()))[:200]
            # Entries that lead nowhere, or back, would put a page under a title of another chapter.
            if not text or page < (self._pages[-1] if self._pages else 1):
                continue
            path = [(depth, name) for depth, name in path if depth < level] + [(level, text)]
            self._pages.append(page)
            self._paths.append(tuple(name for _, name in path))

    def path(self, number: int, words: Sequence[Word]) -> tuple[str, ...]:
        """Titles in force at the top of a page; one that the page opens with counts."""
        index = bisect_left(self._pages, number)
        if index < len(self._pages) and self._pages[index] == number:
            opening = _letters(word.text for word in words[:40])
            title = self._paths[index][-1]
            # "Slide 2: Results" and "3. Results" both stand over a page that opens with "Results".
            names = {_letters([title]), _letters([title.partition(":")[2]]), _letters([_LABEL.sub("", title)])}
            if any(name and name in opening for name in names):
                return self._paths[index]
        return self._paths[index - 1] if index else ()


def _letters(texts: Iterable[str]) -> str:
    return "".join(character for text in texts for character in text.casefold() if character.isalnum())


def _empty_page(document: Any, number: int) -> Page:
    try:
        box = document.page_cropbox(number - 1)
        width, height = float(box.width), float(box.height)
    except Exception:  # what has no size is shown on the most common sheet
        width, height = 0.0, 0.0
    return Page(number, width or 595.0, height or 842.0)
