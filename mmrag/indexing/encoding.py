"""A batch of pages to vectors: which regions each encoder sees, and what of them. No database is known here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmrag.catalog import PageRecord
from mmrag.indexing.messages import PageDone
from mmrag.protocols import Embedder
from mmrag.types import Segment, Vectors

__all__ = ["PIXELS", "TEXT", "Encoded", "encode", "page_record"]

TEXT = "text"
PIXELS = "pixels"
_TEXTUAL = frozenset(("passage", "table", "figure", "picture"))
"""Kinds whose text is encoded; a whole page repeats the text of its parts, and a tile has none."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of one space: row i belongs to segment `where[i][1]` of page `where[i][0]` of the batch."""

    space: str
    where: list[tuple[int, int]]
    matrix: Vectors


def encode(pages: Sequence[PageDone], embedders: Mapping[str, Embedder], *, whole_pages: bool) -> list[Encoded]:
    """The vectors of a batch, in one call for each space.

    `whole_pages`: a page has no parts, so its own text counts.
    """
    kinds = frozenset(("page",)) if whole_pages else _TEXTUAL
    encoded = []
    if TEXT in embedders:
        where: list[tuple[int, int]] = []
        texts: list[str] = []
        for row, page in enumerate(pages):
            for column, segment in enumerate(page.record.segments if page.record else ()):
                if segment.kind in kinds and segment.text.strip():
                    where.append((row, column))
                    texts.append(_as_read(page.title, segment))
        if texts:
            encoded.append(Encoded(TEXT, where, embedders[TEXT].embed_passages(texts)))
    if PIXELS in embedders:
        from PIL import Image

        where, images = [], []
        for row, page in enumerate(pages):
            for column, pixels in page.pictures:
                where.append((row, column))
                images.append(Image.fromarray(np.ascontiguousarray(pixels)))
        if images:
            encoded.append(Encoded(PIXELS, where, embedders[PIXELS].embed_images(images)))
    return encoded


def _as_read(title: str, segment: Segment) -> str:
    """A passage with the title and headings it stands under: alone, it often does not say what it is about."""
    parts = (title, " > ".join(segment.headings), segment.text)
    return "\n".join(part for part in parts if part)


def page_record(page: PageDone) -> PageRecord:
    """What the catalog stores of a page that has something to store."""
    read = page.record
    if read is None:
        raise ValueError("the page has nothing to store")
    return PageRecord(read.number, read.width, read.height, read.origin, read.ocr, read.words, read.segments)
