"""One page of a PDF: its text put in order, its pictures, drawings and tables, and its pixels.

The display list is made once and serves text, images and pixels; the vector paths cost a second run over the page.
Does not know the document around the page.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mmrag.protocols import ReadOptions
from mmrag.readers import graphics, layout, tables
from mmrag.readers.graphics import Rect
from mmrag.readers.pdf_text import mupdf, read_text
from mmrag.readers.tables import Rule
from mmrag.types import Box, Page

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["mupdf", "read_page", "render"]

_log = logging.getLogger(__name__)

_MAX_CONTENT = 3_000_000  # compressed bytes of drawing commands above which paths are not looked at
_MAX_SECONDS = 0.7  # a page that takes longer to interpret is not interpreted a second time for its paths
_MAX_PATHS = 20_000


def read_page(document: Any, number: int, options: ReadOptions) -> Page | None:
    """One page by its number, from 1, or None where it cannot be loaded or interpreted."""
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
    quick = seconds < _MAX_SECONDS
    groups, images, unseen = read_text(listing, (left, top, right, bottom), page if quick else None)
    paths, across, down = _paths(document, page, origin) if quick else ([], [], [])
    plain = [word for group in groups for line in group for word in line.words]
    curves = [rect for rect, upright in paths if not upright]
    found = tables.find_tables((across, down), curves, plain, (width, height))
    pictures = graphics.pictures(images, width, height)
    drawn = _outside(graphics.drawings(paths, plain, width, height), [table.rect for table in found])
    words, blocks = layout.arrange(groups, found, width, height)
    return Page(
        number=number,
        width=width,
        height=height,
        words=words,
        blocks=blocks,
        pictures=_boxes(pictures, width, height),
        drawings=_boxes(drawn, width, height),
        tables=_boxes([table.rect for table in found], width, height),
        origin="layer" if words else "none",
        hidden=unseen,
        image=_image(listing, options),
    )


def _paths(
    document: Any, page: Any, origin: tuple[float, float]
) -> tuple[list[tuple[Rect, bool]], list[Rule], list[Rule]]:
    """Boxes of the page's vector paths (and whether each is only upright lines), its horizontal and vertical lines."""
    try:
        if sum(_stream_length(document, xref) for xref in page.get_contents()) > _MAX_CONTENT:
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


def _stream_length(document: Any, xref: int) -> int:
    """Bytes of a stream as stored, 0 where the file does not say; nothing is unpacked."""
    kind, value = document.xref_get_key(xref, "Length")
    if kind == "xref":
        value = document.xref_object(int(value.split()[0]))
    return int(value) if value.strip().isdigit() else 0


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
        return render(listing, None, options.long_side, options.limits.max_long_side, smooth=False)
    except Exception:  # as in _read_page; the words are still worth having
        _log.debug("a page cannot be drawn", exc_info=True)
        return None


def render(listing: Any, clip: Rect | None, long_side: int, max_long_side: int, *, smooth: bool = True) -> Image:
    """RGB pixels of a display list, or of `clip` (points, as displayed), `long_side` pixels along the longer side.

    `smooth`: drawn straight at twice that size and averaged, for pixels that are looked at as they are. Below 60 dpi
    the time goes into interpreting the page, not into pixels; a sheet drawn at 150 dpi first costs five times as much.
    """
    from PIL import Image as PillowImage

    pymupdf = mupdf()
    left, top, right, bottom = (float(side) for side in (clip or listing.rect))
    long_side = max(1, min(long_side, max_long_side))
    scale = long_side / max(right - left, bottom - top)
    wide, high = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    times = 2 if smooth and 2 * long_side <= max_long_side else 1
    matrix = pymupdf.Matrix(times * wide / (right - left), times * high / (bottom - top))
    pixels = listing.get_pixmap(matrix=matrix, alpha=0, clip=(left, top, right, bottom))
    image = PillowImage.frombuffer("RGB", (pixels.width, pixels.height), pixels.samples, "raw", "RGB", pixels.stride, 1)
    if image.size == (times * wide, times * high):
        return image.reduce(times) if times > 1 else image.copy()
    return image.resize((wide, high), PillowImage.Resampling.BOX)
