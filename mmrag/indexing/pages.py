"""One page as read to what is stored of it: its words, its regions, and their pixels for the image encoder.

Runs in a worker. Knows no process, no catalog and no encoder beyond the side in pixels that it looks at.
"""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from mmrag import registry
from mmrag.errors import FileFailed
from mmrag.indexing.messages import Pixels, ReadPage, Settings
from mmrag.protocols import Reader, ReadOptions, Recognizer
from mmrag.types import Box, Page, Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

__all__ = ["PICTORIAL", "PageMaker"]

PICTORIAL = frozenset(("page", "figure", "picture", "table", "tile"))
"""Kinds of region that the image encoder sees."""
_OVERSAMPLE = 2
_RENDER_PAGE, _RENDER_PARTS = 3, 6
"""Longer side of a rendered page in encoder's sides: whole sheets of paper come out at twice what is looked at, and
a figure of a third of the page too."""
_WORTH_SHRINKING = 0.75
"""Pixels that are not worth the time of making them smaller before the encoder does."""
_PASSAGE_TOKENS = 200
"""Longest passage; 150 and 250 found fewer of the right pages (docs/log.md)."""
_OCR_DPI = 200
_POINTS_PER_INCH = 72


class PageMaker:
    """Makes records of pages; loads readers and recognizer once."""

    def __init__(self, settings: Settings) -> None:
        self._options = settings.options
        self._size = settings.image_size
        self._readers: dict[str, Reader] = {}
        self._recognizer: Recognizer | None = None
        self._count_tokens: Callable[[str], int] | None = None
        self._max_tokens = _PASSAGE_TOKENS

    def prepare(self) -> None:
        """Load what every page needs, so that the first one takes no longer than the others."""
        import mmrag.ocr
        import mmrag.readers
        import mmrag.regions  # noqa: F401  (loaded for later)

        self._load_tokens()

    @property
    def long_side(self) -> int | None:
        """Pixels of the longer side that a page is rendered at, None where nobody looks at them."""
        times = _RENDER_PAGE if self._options.regions == "page" else _RENDER_PARTS
        return None if self._size is None else min(times * self._size, self._options.limits.max_long_side)

    def reader(self, name: str) -> Reader:
        """A reader by its name in the registry, or by `"module:attribute"`."""
        if name not in self._readers:
            module, colon, attribute = name.partition(":")
            factory = getattr(import_module(module), attribute) if colon else registry.load("readers", name)
            self._readers[name] = factory()
        return self._readers[name]

    def read(self, page: Page) -> tuple[ReadPage, tuple[tuple[int, Pixels], ...]]:
        """A page with its regions, and whether it waits for recognition."""
        from mmrag.ocr import needs_ocr

        segments = self._segment(page)
        state: Literal["pending", "none"] = "pending" if needs_ocr(page) else "none"
        record = ReadPage(page.number, page.width, page.height, page.origin, state, page.words, segments, page.hidden)
        return record, self._pictures(page.image, segments)

    def can_recognize(self) -> bool:
        """Whether there is a recognizer for the languages asked for."""
        if self._recognizer is None:
            from mmrag.ocr import choose

            self._recognizer = choose(self._options.ocr)
        return self._recognizer is not None

    def recognize(
        self, reader: Reader, path: Path, number: int, *, is_picture: bool
    ) -> tuple[ReadPage | None, tuple[tuple[int, Pixels], ...]]:
        """A page read anew with recognised words, or None where it is blank or nothing was found on it."""
        from mmrag.ocr import has_text, is_blank, with_words

        page = self._one(reader, path, number, self.long_side)
        scale = 1.0 if is_picture else _OCR_DPI / _POINTS_PER_INCH
        side = min(self._options.limits.max_long_side, max(1, round(max(page.width, page.height) * scale)))
        image = self._one(reader, path, number, side).image
        if image is None or self._recognizer is None or is_blank(image):
            return None, ()
        if is_picture and not has_text(image):
            return None, ()
        words = self._recognizer.recognize(image)
        if not words:
            return None, ()
        page = with_words(page, words)
        segments = self._segment(page)
        record = ReadPage(page.number, page.width, page.height, page.origin, "done", page.words, segments, page.hidden)
        return record, self._pictures(page.image, segments)

    def _one(self, reader: Reader, path: Path, number: int, long_side: int | None) -> Page:
        options = ReadOptions(long_side, self._options.passwords, (number,), self._options.limits)
        for page in reader.read(path, options):
            return page
        raise FileFailed(f"page {number} is no longer there")

    def _segment(self, page: Page) -> tuple[Segment, ...]:
        from mmrag.regions import segment

        count_tokens = self._count_tokens or self._load_tokens()
        plain = page if page.image is None else replace(page, image=None)
        return segment(plain, count_tokens=count_tokens, max_tokens=self._max_tokens, kinds=self._options.regions)

    def _load_tokens(self) -> Callable[[str], int]:
        from mmrag import embedders

        name = None if self._options.text == "none" else self._options.text
        self._count_tokens = embedders.token_counter(name)
        self._max_tokens = min(_PASSAGE_TOKENS, embedders.max_tokens(name))
        return self._count_tokens

    def _pictures(self, image: Image | None, segments: tuple[Segment, ...]) -> tuple[tuple[int, Pixels], ...]:
        if image is None or self._size is None:
            return ()
        image = image.convert("RGB")
        cut = ((number, self._crop(image, segment.box)) for number, segment in enumerate(segments)
               if segment.kind in PICTORIAL)  # fmt: skip
        return tuple((number, pixels) for number, pixels in cut if pixels is not None)

    def _crop(self, image: Image, box: Box) -> Pixels | None:
        """The pixels of a box, the sides about twice and at most eight times the encoder's."""
        width, height = image.size
        left, top = int(max(0.0, box.left) * width), int(max(0.0, box.top) * height)
        right, bottom = round(min(1.0, box.right) * width), round(min(1.0, box.bottom) * height)
        if right - left < 1 or bottom - top < 1:
            return None
        crop = image if (left, top, right, bottom) == (0, 0, width, height) else image.crop((left, top, right, bottom))
        side = _OVERSAMPLE * (self._size or 1)
        scale = min(1.0, side / min(crop.size), 4 * side / max(crop.size))
        if scale < _WORTH_SHRINKING:
            crop = crop.resize(
                (max(1, round(crop.width * scale)), max(1, round(crop.height * scale))), reducing_gap=2.0
            )
        return np.asarray(crop, dtype=np.uint8)
