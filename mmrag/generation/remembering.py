"""What was read and encoded lately, kept, so that the next question about the same pages is quicker.

A page that is indexed again has a document id of its own, so nothing kept here goes stale. Not for several threads.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from mmrag.protocols import PageSource
from mmrag.types import Region, Vectors, Word

__all__ = ["KeptPages", "KeptVectors"]

_PAGES = 128
_TEXTS = 4096


class KeptPages:
    """A `PageSource` that asks another one once for each page; it keeps the last 128."""

    def __init__(self, pages: PageSource) -> None:
        self._pages = pages
        self._kept: OrderedDict[tuple[str, int], tuple[tuple[Word, ...], tuple[Region, ...]]] = OrderedDict()

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """The words of a page, as the source gives them."""
        return self._page(document_id, page)[0]

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """The regions of a page, as the source gives them."""
        return self._page(document_id, page)[1]

    def _page(self, document_id: str, page: int) -> tuple[tuple[Word, ...], tuple[Region, ...]]:
        key = (document_id, page)
        if key not in self._kept:
            found = tuple(self._pages.words(*key)), tuple(self._pages.page_regions(*key))
            if not found[0] and not found[1]:
                return found
            self._kept[key] = found
            while len(self._kept) > _PAGES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return self._kept[key]


class KeptVectors:
    """An encoder, texts to vectors of shape (n, dim), that encodes a text once; it keeps the last 4,096."""

    def __init__(self, encode: Callable[[Sequence[str]], Vectors]) -> None:
        self._encode = encode
        self._kept: OrderedDict[str, Vectors] = OrderedDict()

    def __call__(self, texts: Sequence[str]) -> Vectors:
        """Vectors in the order of the texts, at least one."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        fresh = dict(zip(new, self._encode(new), strict=True)) if new else {}
        found = np.stack([fresh[text] if text in fresh else self._kept[text] for text in texts])
        self._kept.update(fresh)
        for text in texts:
            self._kept.move_to_end(text)
        while len(self._kept) > _TEXTS:
            self._kept.popitem(last=False)
        return found
