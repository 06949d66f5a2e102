"""Evidence to sentences: every sentence, item and heading of the pages found, with its terms and its page.

Keeps the sentences of pages read lately; a page that is indexed again has a document id of its own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from mmrag.generation.terms import terms_of
from mmrag.protocols import PageSource
from mmrag.regions import Sentence, read_sentences
from mmrag.types import Evidence, Region

__all__ = ["PageText", "Reader", "Spot"]

_KEPT_PAGES = 512


@dataclass(frozen=True, slots=True)
class PageText:
    """A page of the evidence. `rank` counts from 0; `names` are the terms of its file name, title and headings.

    `file_terms` are those of the file name alone; `words` all that stand on the page.
    """

    evidence: Evidence
    rank: int
    sentences: tuple[Sentence, ...]
    terms: tuple[frozenset[str], ...]
    regions: tuple[Region, ...]
    names: frozenset[str]
    file_terms: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Spot:
    """A sentence and where it stands: `page.sentences[place]`."""

    page: PageText
    place: int

    @property
    def sentence(self) -> Sentence:
        """The sentence itself."""
        return self.page.sentences[self.place]

    @property
    def terms(self) -> frozenset[str]:
        """Its search terms, without those of its heading."""
        return self.page.terms[self.place]

    @property
    def text(self) -> str:
        """What it says."""
        return self.sentence.text


class Reader:
    """Reads pages of evidence through a `PageSource`."""

    def __init__(self, pages: PageSource) -> None:
        self._pages = pages
        self._kept: OrderedDict[
            tuple[str, int], tuple[tuple[Sentence, ...], tuple[frozenset[str], ...], frozenset[str]]
        ]
        self._kept = OrderedDict()

    def read(self, evidence: Sequence[Evidence]) -> tuple[PageText, ...]:
        """The pages of the evidence in its order; those without words have no sentences."""
        return tuple(self._page(entry, rank) for rank, entry in enumerate(evidence))

    def _page(self, entry: Evidence, rank: int) -> PageText:
        document = entry.region.document
        key = (document.id, entry.region.page)
        if key not in self._kept:
            words = self._pages.words(*key)
            sentences = read_sentences(words) if words else _given(entry.region)
            terms = tuple(terms_of(sentence.text) for sentence in sentences)
            every = terms_of(" ".join(word.text for word in words)).union(*terms)
            self._kept[key] = (sentences, terms, every)
            while len(self._kept) > _KEPT_PAGES:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        sentences, terms, every = self._kept[key]
        regions = tuple(self._pages.page_regions(*key)) or (entry.region,)
        file_terms = terms_of(document.path.stem.replace("_", " "))
        names = file_terms | terms_of(f"{document.title} {' '.join(entry.region.headings)}")
        return PageText(entry, rank, sentences, terms, regions, names, file_terms, every)


def _given(region: Region) -> tuple[Sentence, ...]:
    """Lines of a region without words on record, such as evidence that was handed over as text."""
    lines = [line.strip() for line in region.text.split("\n")]
    return tuple(Sentence(line, 0, 0, (region.box,), paragraph=place) for place, line in enumerate(lines) if line)
