"""Pixels of what was indexed, made from the source on demand: page images are not stored.

Draws only from a file that still has the content that was indexed. Knows no catalog.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import FileFailed, SourceChanged
from mmrag.protocols import Limits, ReadOptions
from mmrag.readers.detect import content_hash, reader_name
from mmrag.readers.drawing import draw_page
from mmrag.readers.images import load_picture
from mmrag.readers.office import office_pages, office_pdf
from mmrag.readers.pdf import open_pdf
from mmrag.readers.pdf_page import render
from mmrag.readers.text import TextReader
from mmrag.types import Box, Page, Region

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["SourceRenderer"]

_CHECKED = 4096
_LOCK = threading.Lock()
"""Of the process, for all renderers: MuPDF must not be used by two threads at once."""


class SourceRenderer:
    """Crops of regions from their files. In a process one call at a time runs, of whatever renderer."""

    def __init__(self, passwords: Sequence[str] = (), limits: Limits | None = None) -> None:
        self._passwords = tuple(passwords)
        self._limits = limits or Limits()
        self._hashes: dict[tuple[bytes, int, int], str] = {}

    def crop(self, region: Region, long_side: int) -> Image:
        """RGB pixels of a region, its longer side `long_side` pixels; a picture is not enlarged.

        Raises `SourceChanged` when the file is gone or has another content than the one indexed, and a `FileProblem`
        where the file cannot be read.
        """
        with _LOCK:
            path = region.document.path
            self._check(path, region.document.id)
            return self._drawn(path, region, max(1, min(long_side, self._limits.max_long_side)))

    def _check(self, path: Path, expected: str) -> None:
        """Raise `SourceChanged` unless the file's content has the hash; it is computed once for a size and time."""
        try:
            status = os.stat(path)  # noqa: PTH116 - a name need not be decodable
            key = os.fsencode(path), status.st_size, status.st_mtime_ns
            found = self._hashes.get(key)
            if found is None:
                found = content_hash(path)
                if len(self._hashes) >= _CHECKED:
                    self._hashes.clear()
                self._hashes[key] = found
        except (OSError, FileFailed) as error:
            raise SourceChanged(f"{path} is gone or cannot be read", "Put it back, or index again.") from error
        if found != expected:
            raise SourceChanged(f"{path} is not the file that was indexed", "Index again.")

    def _drawn(self, path: Path, region: Region, long_side: int) -> Image:
        name = reader_name(path)
        if name == "image":
            return load_picture(path, region.page, region.box, long_side, self._limits)
        if name == "pdf":
            return self._from_pdf(path, region, long_side)
        options = ReadOptions(pages=(region.page,), passwords=self._passwords, limits=self._limits)
        if name == "text":
            return _from_words(next(TextReader().read(path, options), None), region.box, long_side)
        pages = office_pages(path, options)
        if pages is not None:
            return _from_words(next(pages, None), region.box, long_side)
        with office_pdf(path) as pdf:
            return self._from_pdf(pdf, region, long_side)

    def _from_pdf(self, path: Path, region: Region, long_side: int) -> Image:
        with open_pdf(path, self._passwords) as document:
            if not 1 <= region.page <= document.page_count:
                raise SourceChanged(f"{path} has no page {region.page}", "Index again.")
            try:
                listing = document.load_page(region.page - 1).get_displaylist()
                left, top, right, bottom = (float(side) for side in listing.rect)
                box, wide, high = region.box, right - left, bottom - top
                clip = (
                    left + box.left * wide,
                    top + box.top * high,
                    left + max(box.right, box.left + 1e-3) * wide,
                    top + max(box.bottom, box.top + 1e-3) * high,
                )
                return render(listing, clip, long_side, self._limits.max_long_side)
            except Exception as error:  # MuPDF raises a class of its own for each kind of fault
                raise FileFailed(f"page {region.page} of {path} cannot be drawn") from error


def _from_words(page: Page | None, box: Box, long_side: int) -> Image:
    if page is None:
        raise SourceChanged("the page is not there any more", "Index again.")
    return draw_page(page, long_side, box)
