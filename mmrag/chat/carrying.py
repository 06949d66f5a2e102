"""Evidence of earlier turns looked up again: what is still as it was then is searched beside what is found now.

Verdicts are never carried, only places: the page is read and checked anew for every question.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from mmrag.catalog import TurnEvidence, TurnRecord
from mmrag.types import Evidence, Place, Region

__all__ = ["Carried", "RegionSource", "carry", "merged"]

TURNS = 3
"""Earlier turns that evidence is taken from."""
PAGES = 3
"""Pages that are carried at most: each takes time to check, and the newest are the likeliest."""


class RegionSource(Protocol):
    """What is asked of the catalog."""

    def regions(self, ids: Iterable[int]) -> dict[int, Region]:
        """Regions that are still there, by id."""

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """The regions of a page, the whole page first."""

    def places(self, document_id: str) -> list[Place]:
        """Where a document lies, as last seen."""


@dataclass(frozen=True, slots=True)
class Carried:
    """Evidence that still holds, without labels, and for what dropped out a line each that says why."""

    evidence: tuple[Evidence, ...] = ()
    dropped: tuple[str, ...] = ()


def carry(turns: Sequence[TurnRecord], source: RegionSource) -> Carried:
    """The pages that the last turns rested on, newest first: those that a claim cited, else the best page found.

    A page drops out whose document is no longer indexed, whose file is gone, or whose file changed since it was read.
    """
    kept: list[Evidence] = []
    dropped: list[str] = []
    seen: set[tuple[str, int]] = set()
    for turn in reversed(turns[-TURNS:]):
        for item in _rested_on(turn):
            key = (item.document, item.page)
            if key in seen or len(kept) >= PAGES:
                continue
            seen.add(key)
            found = _looked_up(item, source)
            if isinstance(found, str):
                dropped.append(found)
            else:
                kept.append(found)
    return Carried(tuple(kept), tuple(dropped))


def merged(found: Sequence[Evidence], carried: Sequence[Evidence]) -> list[Evidence]:
    """Evidence found now, then carried pages that are not among it, all labelled anew from E1."""
    pages = {(item.region.document.id, item.region.page) for item in found}
    rest = [item for item in carried if (item.region.document.id, item.region.page) not in pages]
    return [replace(item, label=f"E{number}") for number, item in enumerate([*found, *rest], 1)]


def _rested_on(turn: TurnRecord) -> list[TurnEvidence]:
    cited = [
        TurnEvidence("", spot.region, spot.document, spot.page)
        for claim in turn.claims
        if claim.label != "not_found"
        for spot in claim.citations
    ]
    return cited or list(turn.evidence[:1])


def _looked_up(item: TurnEvidence, source: RegionSource) -> Evidence | str:
    """The evidence as it is now, or why it is not used."""
    region = source.regions([item.region]).get(item.region)
    if region is None or (region.document.id, region.page) != (item.document, item.page):
        # A page that was read again, as after OCR, has new regions.
        region = next(iter(source.page_regions(item.document, item.page)), None)
    if region is None:
        return f"page {item.page} of an earlier answer is no longer in the index, or its file has a new version"
    places = source.places(item.document)
    there = {place.path: state for place in places if (state := _state(place)) != "gone"}
    name = region.document.path.name
    if not there:
        return f"{name}, page {item.page}: the file is gone"
    same = [path for path, state in there.items() if state == "same"]
    if not same:
        return f"{name}, page {item.page}: the file has changed since it was read"
    path = region.document.path if region.document.path in same else same[0]
    region = replace(region, document=replace(region.document, path=path))
    others = tuple(place for place in there if place != path)
    return Evidence("", region, 0.0, {"carried": 1.0}, also_at=others)


def _state(place: Place) -> str:
    """ "same", "changed" or "gone"; by size and time, as searches do: the bytes are compared when a crop is drawn."""
    try:
        status = os.stat(Path(place.path))  # noqa: PTH116  (a name need not be decodable)
    except OSError:
        return "gone"
    changed = status.st_size != place.size or abs(status.st_mtime - place.mtime.timestamp()) > 1e-3
    return "changed" if changed else "same"
