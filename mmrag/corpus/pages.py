"""The pages of an index by a short name that holds no path, and its regions by id, for surfaces that hand these out.

A name is the first 16 digits of the content's hash and the number of the page: "9f3ac1d27b40e5aa-12". It means the same
page for as long as the file's content is indexed, and nothing but the catalog is ever asked for it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mmrag.errors import UsageError
from mmrag.types import Region

if TYPE_CHECKING:
    from mmrag.corpus import Corpus

__all__ = ["IndexedPages", "page_name"]

DIGITS = 16
"""Of the content's hash: two contents of one index share them by no chance that matters."""
_NAME = re.compile(rf"([0-9a-f]{{{DIGITS}}})-([1-9][0-9]{{0,8}})", re.ASCII)


def page_name(region: Region, page: int | None = None) -> str:
    """The name of the page that a region lies on, or of another page of the same document."""
    return f"{region.document.id[:DIGITS]}-{region.page if page is None else page}"


class IndexedPages:
    """Looks pages and regions up in the catalog of an index. Holds nothing open of its own."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        self._known: dict[str, str] = {}

    def region(self, region_id: int) -> Region | None:
        """The region with that id, None where the index has none, or none any more."""
        with self._corpus._opened.lock:
            return self._corpus._opened.catalog().regions([region_id]).get(region_id)

    def regions(self, document_id: str, page: int) -> list[Region]:
        """Every region of an indexed page, the whole page first; [] for a page that is not there."""
        with self._corpus._opened.lock:
            return self._corpus._opened.catalog().page_regions(document_id, page)

    def named(self, name: str) -> list[Region]:
        """The regions of the page with that name, the whole page first. Raises `UsageError` where there is none."""
        found = _NAME.fullmatch(name)
        document = self._document(found[1]) if found else None
        regions = self.regions(document, int(found[2])) if found and document else []
        if not regions:
            raise UsageError("the index has no page of that name", "Take the name from what a search has just found.")
        return regions

    def _document(self, digits: str) -> str | None:
        """The hash that begins with these digits, None where no indexed file has it."""
        if digits not in self._known:
            with self._corpus._opened.lock:
                catalog = self._corpus._opened.catalog()
                every = catalog.regions(catalog.document_ids().tolist()).values()
                self._known = {region.document.id[:DIGITS]: region.document.id for region in every}
        return self._known.get(digits)
