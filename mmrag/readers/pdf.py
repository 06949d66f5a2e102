"""PDF files to pages: words in reading order, headings, pictures, drawings, tables and, if asked for, pixels.

MuPDF runs here and in `rendering` only, and must not be used by two threads at once. Knows nothing of recognition:
a page without a text layer comes out without words.
"""

from __future__ import annotations

import logging
import os
import re
import time
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from mmrag.errors import FileDamaged, FileLocked
from mmrag.protocols import ReadOptions
from mmrag.readers import graphics, layout, tables
from mmrag.readers.detect import failed
from mmrag.readers.graphics import Rect, WordTuple
from mmrag.readers.tables import Rule, Table
from mmrag.types import Block, Box, Page, Word

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["PdfReader", "open_pdf", "render"]

_log = logging.getLogger(__name__)

_SHRINK_EVERY = 32
_MAX_CONTENT = 3_000_000  # compressed bytes of drawing commands above which paths are not looked at
_MAX_SECONDS = 0.7  # a page that takes longer to interpret is not interpreted a second time for its paths
_MAX_PATHS = 20_000
_MAX_OUTLINE = 20_000
_NO_TITLE = re.compile(
    r"^(microsoft (word|powerpoint|excel|office)\b.*|powerpoint presentation|presentation ?\d*|slide \d+|untitled.*"
    r"|no title|title|document ?\d*|문서 ?\d*|제목 ?없음.*|프레젠테이션 ?\d*|.*\.[a-z]{2,5}|\W*|[\dA-F_-]+)$",
    re.IGNORECASE,
)
_BOLD = re.compile(r"bold|black|heavy|demi", re.IGNORECASE)


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
            good = False
            for done, number in enumerate((n for n in wanted if 1 <= n <= count), 1):
                page = _read_page(document, number, options, (count, title, outline))
                if page is None:
                    broken.append(number)
                else:
                    # Pages that failed wait for the first that does not: without one, the file is damaged.
                    good = True
                if good:
                    yield from (_empty_page(document, n, (count, title, outline)) for n in broken)
                    broken.clear()
                if page is not None:
                    yield page
                del page
                if done % _SHRINK_EVERY == 0:
                    _shrink()
            if broken:
                raise FileDamaged("none of its pages can be read", "Replace it with a complete copy.")


@contextmanager
def open_pdf(path: Path, passwords: Sequence[str] = ()) -> Iterator[Any]:
    """A PyMuPDF document that is unlocked and has pages; closed on leaving.

    Raises `FileLocked`, `FileDamaged` and `FileFailed`.
    """
    pymupdf = _mupdf()
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


def _mupdf() -> Any:
    """PyMuPDF, silent: it writes every small fault of a file to stderr."""
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


def _shrink() -> None:
    """Empty MuPDF's store of fonts and decoded images, which else grows to 256 MB."""
    _mupdf().TOOLS.store_shrink(100)


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
            title = _letters([self._paths[index][-1]])
            if title and title in opening:
                return self._paths[index]
        return self._paths[index - 1] if index else ()


def _letters(texts: Iterable[str]) -> str:
    return "".join(character for text in texts for character in text.casefold() if character.isalnum())


_Facts = tuple[int, str, _Outline]


# ---------------------------------------------------------------- a page


def _empty_page(document: Any, number: int, facts: _Facts) -> Page:
    try:
        box = document.page_cropbox(number - 1)
        width, height = float(box.width), float(box.height)
    except Exception:  # what has no size is shown on the most common sheet
        width, height = 595.0, 842.0
    count, title, outline = facts
    return Page(number, width or 595.0, height or 842.0, headings=outline.path(number, ()), count=count, title=title)


def _read_page(document: Any, number: int, options: ReadOptions, facts: _Facts) -> Page | None:
    """One page, or None where it cannot be loaded or interpreted."""
    try:
        page = document.load_page(number - 1)
        started = time.perf_counter()
        listing = page.get_displaylist()
        seconds = time.perf_counter() - started
        left, top, right, bottom = (float(side) for side in listing.rect)
    except Exception:  # MuPDF raises a class of its own for each kind of fault; the next page may be sound
        _log.debug("page %d cannot be interpreted", number, exc_info=True)
        return None
    width, height = right - left, bottom - top
    if not (width > 0 and height > 0):
        return None
    origin = (left, top)
    raw, styles, images = _text(page, listing, origin, (width, height))
    paths, across, down = _paths(document, page, origin) if seconds < _MAX_SECONDS else ([], [], [])
    plain = [word for line in raw for word in line[1]]
    curves = [rect for rect, upright in paths if not upright]
    found = tables.find_tables((across, down), curves, plain, (width, height))
    pictures = graphics.pictures(images, width, height)
    drawn = _outside(graphics.drawings(paths, plain, width, height), [table.rect for table in found])
    words, blocks = _arranged(raw, styles, found, (width, height))
    count, title, outline = facts
    return Page(
        number=number,
        width=width,
        height=height,
        words=words,
        blocks=blocks,
        pictures=_boxes(pictures, width, height),
        drawings=_boxes(drawn, width, height),
        tables=_boxes([table.rect for table in found], width, height),
        headings=outline.path(number, words),
        origin="layer" if words else "none",
        count=count,
        title=title,
        image=_image(listing, options),
    )


_RawLine = tuple[tuple[int, int], list[WordTuple]]
_Styles = dict[tuple[int, int], tuple[float, bool]]


def _text(
    page: Any, listing: Any, origin: tuple[float, float], size: tuple[float, float]
) -> tuple[list[_RawLine], _Styles, list[Rect]]:
    """Lines of words by (block, line), the style of each line, and the boxes of embedded images."""
    pymupdf = _mupdf()
    flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
    try:
        text = _text_page(listing, flags)
        words, blocks = text.extractWORDS(), text.extractDICT()["blocks"]
        # A page with text is only looked through for images if it refers to any.
        seek = not words or page.get_images(full=True)
        infos = _text_page(listing, flags | pymupdf.TEXT_PRESERVE_IMAGES).extractIMGINFO() if seek else ()
    except Exception:  # as in _read_page; what can be seen of the page is still worth having
        _log.debug("the text of a page cannot be read", exc_info=True)
        return [], {}, []
    lines: list[_RawLine] = []
    left, top = origin
    for x0, y0, x1, y1, string, block, line, _ in words:
        x, y = (x0 + x1) / 2 - left, (y0 + y1) / 2 - top
        # Text off the page is not displayed.
        if not (0 <= x <= size[0] and 0 <= y <= size[1]):
            continue
        if not lines or lines[-1][0] != (block, line):
            lines.append(((block, line), []))
        word = (x0 - left, y0 - top, x1 - left, y1 - top, string)
        lines[-1][1].extend([word] if string.isascii() and string.isprintable() else _cleaned(word))
    styles = {
        (block["number"], index): _style(line["spans"])
        for block in blocks
        for index, line in enumerate(block.get("lines", ()))
        if line["spans"]
    }
    images = [(b[0] - left, b[1] - top, b[2] - left, b[3] - top) for b in (info["bbox"] for info in infos)]
    return [line for line in lines if line[1]], styles, images


def _text_page(listing: Any, flags: int) -> Any:
    """A text page of a display list: interpreting the page a second time costs three times as much."""
    page = listing.get_textpage(flags)
    return page if hasattr(page, "extractWORDS") else _mupdf().TextPage(page)


def _cleaned(word: WordTuple) -> list[WordTuple]:
    """A word without control characters and rare kinds of space, composed (Hangul may come as single letters)."""
    text = unicodedata.normalize("NFC", word[4])
    text = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    parts = text.split()
    if len(parts) == 1:
        return [(*word[:4], parts[0])]
    step = (word[2] - word[0]) / max(1, len(text))
    found: list[WordTuple] = []
    at = 0
    for part in parts:
        at = text.index(part, at)
        found.append((word[0] + at * step, word[1], word[0] + (at + len(part)) * step, word[3], part))
        at += len(part)
    return found


def _style(spans: Sequence[dict[str, Any]]) -> tuple[float, bool]:
    """Size of a line's longest run of type, and whether nearly all of the line is bold."""
    longest = max(spans, key=lambda span: len(span["text"]))
    total = sum(len(span["text"].strip()) for span in spans)
    bold = sum(len(span["text"].strip()) for span in spans if span["flags"] & 16 or _BOLD.search(span["font"]))
    return float(longest["size"]), total > 0 and bold >= 0.9 * total


def _arranged(
    raw: Sequence[_RawLine], styles: _Styles, found: Sequence[Table], size: tuple[float, float]
) -> tuple[tuple[Word, ...], tuple[Block, ...]]:
    groups: list[list[layout.Line]] = []
    last = -1
    style = 10.0, False
    for (block, number), words in raw:
        style = styles.get((block, number), style)
        rect = min(w[0] for w in words), min(w[1] for w in words), max(w[2] for w in words), max(w[3] for w in words)
        line = layout.Line(rect, style[0], style[1], words)
        if block != last:
            groups.append([line])
        elif _continues(groups[-1][-1], line):
            groups[-1][-1] = layout.joined(groups[-1][-1], line)
        else:
            groups[-1].append(line)
        last = block
    return layout.arrange(groups, found, *size)


def _continues(line: layout.Line, following: layout.Line) -> bool:
    """Whether MuPDF has parted a line of justified type at a wide space."""
    a, b = line.rect, following.rect
    shared = min(a[3], b[3]) - max(a[1], b[1])
    return b[0] >= a[2] - 1 and shared > 0.6 * min(a[3] - a[1], b[3] - b[1])


def _paths(
    document: Any, page: Any, origin: tuple[float, float]
) -> tuple[list[tuple[Rect, bool]], list[Rule], list[Rule]]:
    """Boxes of the page's vector paths (and whether each is only upright lines), its horizontal and vertical lines."""
    try:
        length = sum(int(document.xref_get_key(xref, "Length")[1] or 0) for xref in page.get_contents())
        if length > _MAX_CONTENT:
            return [], [], []
        found = page.get_cdrawings()[:_MAX_PATHS]
        turn = tuple(page.rotation_matrix) if page.rotation else None
    except Exception:  # as in _read_page; the text is still worth having
        _log.debug("the paths of a page cannot be read", exc_info=True)
        return [], [], []
    paths: list[tuple[Rect, bool]] = []
    across: list[Rule] = []
    down: list[Rule] = []
    budget = _MAX_PATHS
    for path in found:
        items = path["items"][:budget]
        budget -= len(items)
        plain = True
        for item in items:
            if item[0] == "l":
                boxes = [(*item[1], *item[2])]
            elif item[0] == "re":
                boxes = _edges(item[1])
            else:
                plain = False
                continue
            for box in boxes:
                x0, y0, x1, y1 = _placed(box, turn, origin)
                if y1 - y0 <= 1.5 and x1 - x0 > 3:
                    across.append(((y0 + y1) / 2, x0, x1))
                elif x1 - x0 <= 1.5 and y1 - y0 > 3:
                    down.append(((x0 + x1) / 2, y0, y1))
                elif item[0] == "l" and x1 - x0 > 1 and y1 - y0 > 1:
                    plain = False
        # A white ground without an outline is not seen.
        if path["type"] != "f" or path.get("fill") != (1.0, 1.0, 1.0):
            paths.append((_placed(path["rect"], turn, origin), plain))
    return paths, across, down


def _edges(rect: Sequence[float]) -> list[Rect]:
    """The sides of a rectangle, or the one line that it is if it is thin."""
    x0, y0, x1, y1 = rect
    if min(abs(x1 - x0), abs(y1 - y0)) <= 1.5:
        return [(x0, y0, x1, y1)]
    return [(x0, y0, x1, y0), (x0, y1, x1, y1), (x0, y0, x0, y1), (x1, y0, x1, y1)]


def _placed(box: Sequence[float], turn: Sequence[float] | None, origin: tuple[float, float]) -> Rect:
    """A box in the coordinates of the page as displayed; PyMuPDF gives paths as on the page before it is rotated."""
    x0, y0, x1, y1 = box[:4]
    if turn is not None:
        a, b, c, d, e, f = turn
        x0, y0, x1, y1 = a * x0 + c * y0 + e, b * x0 + d * y0 + f, a * x1 + c * y1 + e, b * x1 + d * y1 + f
    left, top = origin
    return min(x0, x1) - left, min(y0, y1) - top, max(x0, x1) - left, max(y0, y1) - top


def _outside(rects: Sequence[Rect], tables: Sequence[Rect]) -> list[Rect]:
    """Drawings that are not the lines of a table."""
    kept = []
    for rect in rects:
        area = (rect[2] - rect[0]) * (rect[3] - rect[1])
        shared = sum(
            max(0.0, min(rect[2], t[2]) - max(rect[0], t[0])) * max(0.0, min(rect[3], t[3]) - max(rect[1], t[1]))
            for t in tables
        )
        if shared < 0.5 * area:
            kept.append(rect)
    return kept


def _boxes(rects: Sequence[Rect], width: float, height: float) -> tuple[Box, ...]:
    return tuple(
        Box(max(0.0, r[0] / width), max(0.0, r[1] / height), min(1.0, r[2] / width), min(1.0, r[3] / height))
        for r in rects
    )


# ---------------------------------------------------------------- pixels


def _image(listing: Any, options: ReadOptions) -> Image | None:
    if options.long_side is None:
        return None
    try:
        return render(listing, None, options.long_side, options.limits.max_long_side)
    except Exception:  # as in _read_page; the words are still worth having
        _log.debug("a page cannot be drawn", exc_info=True)
        return None


def render(listing: Any, clip: Rect | None, long_side: int, max_long_side: int) -> Image:
    """RGB pixels of a display list, or of `clip` (points, as displayed), `long_side` pixels along the longer side.

    Drawn straight at twice that size and averaged: below 60 dpi the time goes into interpreting the page, not into
    pixels, and a sheet drawn at 150 dpi first costs five times as much.
    """
    from PIL import Image as PillowImage

    pymupdf = _mupdf()
    left, top, right, bottom = (float(side) for side in (clip or listing.rect))
    long_side = max(1, min(long_side, max_long_side))
    scale = long_side / max(right - left, bottom - top)
    wide, high = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    times = 2 if 2 * long_side <= max_long_side else 1
    matrix = pymupdf.Matrix(times * wide / (right - left), times * high / (bottom - top))
    pixels = listing.get_pixmap(matrix=matrix, alpha=0, clip=(left, top, right, bottom))
    image = PillowImage.frombuffer("RGB", (pixels.width, pixels.height), pixels.samples, "raw", "RGB", pixels.stride, 1)
    if image.size == (times * wide, times * high):
        return image.reduce(times) if times > 1 else image.copy()
    return image.resize((wide, high), PillowImage.Resampling.BOX)
