"""Question to labelled evidence: search every channel, fuse by page, show one hit a page.

Knows the catalog and the channels it is given; neither opens files nor loads models.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path

from mmrag.catalog import Catalog
from mmrag.errors import UsageError
from mmrag.lexical import snippet
from mmrag.retrieval.channels import Channel
from mmrag.retrieval.fusion import fuse
from mmrag.types import Box, Evidence, Filters, Place, Region

__all__ = ["DEPTH", "MAX_QUESTION", "WEIGHTS", "Channel", "Retriever", "fuse"]

WEIGHTS: Mapping[str, float] = {"text": 1.0, "words": 0.5, "pages": 0.5, "names": 0.3, "pixels": 0.5}
"""Weight of each channel's standardised score in the sum; the ablation is in docs/retrieval.md."""
SUPPORT: Mapping[str, float] = {"text": 0.5}
"""Share of its second-best region that counts for a page beside its best: two near passages say more than one."""
WORD_CHANNELS = frozenset(("words", "pages", "names"))
DOCUMENT_CHANNELS = frozenset(("names",))
"""Channels whose hits stand for whole documents."""
DEPTH = 200
"""Regions asked of each channel; a page that no channel has among its first so many is not ranked."""
MAX_QUESTION = 10_000
"""Characters; more is not a question, and would cost every channel dearly."""
SNIPPET_WIDTH = 300
ALSO = 5

PageKey = tuple[int, int]
"""Content id and page number."""


class Retriever:
    """Searches an index. One instance may serve many questions while another process changes the index."""

    def __init__(self, catalog: Catalog, channels: Sequence[Channel], weights: Mapping[str, float] = WEIGHTS) -> None:
        self._catalog = catalog
        self._channels = tuple(channels)
        self._weights = weights

    def refresh(self) -> int:
        """Bring every channel up to date with the catalog; returns how many rows changed in all."""
        generation = self._catalog.generation()
        return sum(channel.refresh(generation) for channel in self._channels)

    def count(self) -> int:
        """How many rows all channels hold; 0 where nothing is indexed."""
        return sum(channel.index.count() for channel in self._channels)

    def save(self, folder: Path) -> None:
        """Write the channels' caches under `folder`."""
        for channel in self._channels:
            channel.save(folder)

    def search(
        self, question: str, k: int = 5, filters: Filters | None = None, channels: Iterable[str] | None = None
    ) -> list[Evidence]:
        """The k best pages for a question, best first, each by its best region, labelled E1, E2 ...

        `channels` limits the search to some of them. Pages whose every file is gone from the disk are passed over.
        Raises `UsageError` for an empty or overlong question, k < 1, or a channel that the index does not have.
        """
        question = self._checked(question, k)
        used = self._chosen(channels)
        self.refresh()
        allowed = None if filters is None else frozenset(self._catalog.region_ids(filters).tolist())
        depth = max(DEPTH, 10 * k)
        found = {}
        for channel in used:
            within = None if channel.name in DOCUMENT_CHANNELS else allowed
            found[channel.name] = {hit.region_id: hit.score for hit in channel.search(question, depth, within)}
        pages = self._catalog.page_of({region for hits in found.values() for region in hits})
        # A word search that gave less than it was asked for gave all: every other page has none of the words.
        floors = {name: 0.0 for name, hits in found.items() if name in WORD_CHANNELS and len(hits) < depth}
        by_page = {
            name: _by_page(hits, pages, SUPPORT.get(name, 0.0))
            for name, hits in found.items()
            if name not in DOCUMENT_CHANNELS
        }
        for name in DOCUMENT_CHANNELS & found.keys():
            by_page[name] = _of_documents(found[name], pages, by_page.values(), allowed)
        ranking = fuse(by_page, self._weights, floors)
        regions_of: dict[PageKey, list[int]] = {}
        for region in fuse(found, self._weights, floors):
            if region in pages:
                regions_of.setdefault(pages[region], []).append(region)
        evidence: list[Evidence] = []
        for page, score in ranking.items():
            found_here = {name: hits[page] for name, hits in by_page.items() if page in hits}
            item = self._evidence(regions_of[page], score, found_here, question, len(evidence) + 1)
            if item is not None:
                evidence.append(item)
            if len(evidence) == k:
                break
        return evidence

    def _checked(self, question: str, k: int) -> str:
        question = question.strip()
        if not question:
            raise UsageError("the question is empty", "Write what you are looking for, in quotes.")
        if len(question) > MAX_QUESTION:
            raise UsageError(
                f"the question has {len(question):,} characters; {MAX_QUESTION:,} are allowed",
                "Ask for one thing, in a sentence or a few words.",
            )
        if k < 1:
            raise UsageError(f"k cannot be {k}", "Ask for at least one page.")
        return question

    def _chosen(self, names: Iterable[str] | None) -> tuple[Channel, ...]:
        if names is None:
            return self._channels
        known = {channel.name: channel for channel in self._channels}
        wanted = tuple(names)
        missing = [name for name in wanted if name not in known]
        if missing:
            raise UsageError(f"the index has no channel {', '.join(missing)}", f"It has: {', '.join(known)}.")
        return tuple(known[name] for name in wanted)

    def _evidence(
        self, ids: Sequence[int], score: float, channels: Mapping[str, float], question: str, rank: int
    ) -> Evidence | None:
        regions = self._catalog.regions(ids)
        ordered = [regions[id] for id in ids if id in regions]
        if not ordered:
            return None
        best = _shown(ordered)
        there = {place: status for place in self._catalog.places(best.document.id) if (status := _status(place))}
        if not there:
            return None
        here = next((place for place in there if place.path == best.document.path), next(iter(there)))
        return Evidence(
            label=f"E{rank}",
            region=best,
            score=score,
            channels=channels,
            stale=_changed(here, there[here]),
            also=_apart(best, ordered),
            also_at=tuple(place.path for place in there if place != here),
            snippet=snippet(best.text, question, SNIPPET_WIDTH).text,
        )


def _by_page(hits: Mapping[int, float], pages: Mapping[int, PageKey], support: float) -> dict[PageKey, float]:
    """Each page's best score, and of its second-best `support` times what that has above the lowest of all."""
    lowest = min(hits.values(), default=0.0)
    scores: dict[PageKey, list[float]] = {}
    for region, score in hits.items():
        if region in pages:
            scores.setdefault(pages[region], []).append(score)
    best = {page: sorted(own, reverse=True)[:2] for page, own in scores.items()}
    return {page: own[0] + support * sum(score - lowest for score in own[1:]) for page, own in best.items()}


def _of_documents(
    hits: Mapping[int, float],
    pages: Mapping[int, PageKey],
    found: Iterable[Mapping[PageKey, float]],
    allowed: AbstractSet[int] | None,
) -> dict[PageKey, float]:
    """A document's score for those of its pages that other channels found, and for the page of the hit itself."""
    documents = {pages[region][0]: score for region, score in hits.items() if region in pages}
    scores = {
        pages[region]: hits[region] for region in hits if region in pages and (allowed is None or region in allowed)
    }
    scores.update({page: documents[page[0]] for others in found for page in others if page[0] in documents})
    return scores


def _shown(ordered: Sequence[Region]) -> Region:
    """The best region that says where on the page; a whole page or a tile only where nothing smaller was found."""
    return next((region for region in ordered if region.kind not in ("page", "tile")), ordered[0])


def _apart(best: Region, ordered: Sequence[Region]) -> tuple[Region, ...]:
    """Further regions of the page, without those that mostly cover one already taken."""
    taken = [best]
    for region in ordered:
        if region.kind in ("page", "tile") or len(taken) > ALSO:
            continue
        if all(_overlap(region.box, other.box) < 0.5 for other in taken):
            taken.append(region)
    return tuple(taken[1:])


def _overlap(one: Box, other: Box) -> float:
    smaller = min(one.area, other.area)
    return one.intersection(other) / smaller if smaller > 0 else 1.0


def _status(place: Place) -> os.stat_result | None:
    try:
        return place.path.stat()
    except OSError:
        return None


def _changed(place: Place, status: os.stat_result) -> bool:
    """Whether the file is not as it was when it was read."""
    return status.st_size != place.size or abs(status.st_mtime - place.mtime.timestamp()) > 1e-3
