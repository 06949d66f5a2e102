"""A batch of pages to vectors: which regions each encoder sees, and what of them. No database is known here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mmrag.catalog import PageRecord
from mmrag.indexing.messages import PageDone
from mmrag.protocols import Embedder
from mmrag.types import Vectors

__all__ = ["PIXELS", "TEXT", "Encoded", "encode", "page_record"]

TEXT = "text"
PIXELS = "pixels"
_READ_ON = 800
"""Characters, about 200 tokens of English; what is shorter is encoded together with what follows on the page."""
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
            segments = page.record.segments if page.record else ()
            columns = [at for at, one in enumerate(segments) if one.kind in kinds and one.text.strip()]
            where.extend((row, column) for column in columns)
            texts.extend(_read_on([segments[column].text for column in columns]))
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


def _read_on(texts: Sequence[str]) -> Iterator[str]:
    """Each text of a page with those that follow it, up to what an encoder takes in: alone, a short one says little.

    Neither title nor headings go in front: they make the passages of a document alike, which costs more than it gives
    (docs/log.md).
    """
    for start, text in enumerate(texts):
        parts, length = [text], len(text)
        for following in texts[start + 1 :]:
            if length >= _READ_ON:
                break
            parts.append(following)
            length += len(following)
        yield "\n".join(parts)


def page_record(page: PageDone) -> PageRecord:
    """What the catalog stores of a page that has something to store."""
    read = page.record
    if read is None:
        raise ValueError("the page has nothing to store")
    return PageRecord(
        read.number, read.width, read.height, read.origin, read.ocr, read.words, read.segments, read.hidden
    )
