"""The spots that an answer points at: the citations of its claims, gathered page by page.

Pure geometry and grouping over the values; knows neither terminals nor pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mmrag.types import Answer, Box, Citation, Claim, Evidence, Region

__all__ = [
    "Spot",
    "Standing",
    "hidden_note",
    "in_order",
    "is_given_text",
    "label_of",
    "pages_shown",
    "sources",
    "spots",
    "standing",
    "view_box",
]

Standing: TypeAlias = Literal["held", "corrected", "unsure", "premise", "struck"]
"""What became of a claim: shown; shown in the place of a wrong one; on the page but not shown; the user's own, and
wrong; struck out of the draft."""

CLAIMED = ("supported", "contradicted", "not_found")
"""Labels in the order in which their pages are listed: first what carries the answer."""
NEAREST = 3
"""Pages drawn where none is cited."""
_HANGUL = re.compile("[가-힣]")
MARGIN = 0.08
"""Share of the page's height shown above and below what is cited."""
LEAST = 0.34
"""Least share of the page's height shown, so that a reader sees where on the page it stands."""


@dataclass(frozen=True, slots=True)
class Spot:
    """One cited page: the label of its evidence ("" where it has none), every cited box, and the words quoted."""

    label: str
    region: Region
    boxes: tuple[Box, ...] = ()
    quotes: tuple[str, ...] = ()
    stale: bool = False


def is_given_text(region: Region) -> bool:
    """Whether the region is a text handed in with a claim, which has no file, page or pixels."""
    return not region.document.path.name


def hidden_note(region: Region) -> str:
    """What to say of a page that holds words which cannot be seen, in the language of the page; "" of any other."""
    number = region.hidden
    if not number:
        return ""
    if _HANGUL.search(region.text):
        return f"이 쪽에는 보이지 않는 낱말이 {number:,}개 있습니다"
    return f"this page holds {number:,} {'word' if number == 1 else 'words'} that cannot be seen"


def _page(region: Region) -> tuple[str, str, int]:
    return region.document.id, str(region.document.path), region.page


def label_of(citation: Citation, evidence: Iterable[Evidence]) -> str:
    """The label of the evidence that a citation lies on, "" where it lies on none of them."""
    for item in evidence:
        if item.region.document.id == citation.region.document.id and item.region.page == citation.region.page:
            return item.label
    return ""


def standing(claim: Claim, answer: Answer | None = None) -> Standing:
    """What became of a claim in an answer; without one, as it would be if nothing but its verdict counted."""
    if claim.verdict.label == "supported":
        if answer is not None and answer.text is None:
            return "unsure"
        return "corrected" if claim.corrects else "held"
    # An answer speaks of a false premise before anything else; what was struck out does not occur in it.
    return "premise" if answer is not None and answer.text and claim.text in answer.text else "struck"


def in_order(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims, each correction behind the claim whose place it takes."""
    corrections = [claim for claim in claims if claim.corrects]
    ordered: list[Claim] = []
    for claim in claims:
        if not claim.corrects:
            ordered.append(claim)
            ordered += [other for other in corrections if other.corrects == claim.text and other not in ordered]
    return (*ordered, *(claim for claim in corrections if claim not in ordered))


def spots(claims: Iterable[Claim], evidence: Sequence[Evidence] = ()) -> tuple[Spot, ...]:
    """The pages that the claims cite, each once, those of supported claims first."""
    found: dict[tuple[str, str, int], list[Citation]] = {}
    for claim in sorted(claims, key=lambda one: CLAIMED.index(one.verdict.label)):
        for citation in claim.verdict.citations:
            found.setdefault(_page(citation.region), []).append(citation)
    stale = {_page(item.region) for item in evidence if item.stale}
    return tuple(
        Spot(
            label=label_of(of_page[0], evidence),
            region=of_page[0].region,
            boxes=tuple(dict.fromkeys(one.box for one in of_page if one.box is not None)),
            quotes=tuple(dict.fromkeys(one.quote for one in of_page if one.quote.strip())),
            stale=page in stale,
        )
        for page, of_page in found.items()
    )


def sources(answer: Answer) -> tuple[Spot, ...]:
    """The pages to show with an answer; none of a refusal whose claims no page bears on: the nearest pages do there."""
    told = [claim for claim in answer.claims if claim.verdict.label != "not_found"]
    return spots(told if answer.text is None else answer.claims, answer.evidence)


def pages_shown(answer: Answer) -> tuple[Spot, ...]:
    """The pages to draw with an answer: what it cites, else the nearest that were found."""
    nearest = answer.evidence[:NEAREST]
    return sources(answer) or tuple(Spot(item.label, item.region, stale=item.stale) for item in nearest)


def view_box(spot: Spot) -> Box:
    """The part of the page to show for a spot: its whole width, and enough above and below to know the place.

    The whole page where it is a picture, or where what is cited fills most of it.
    """
    if spot.region.kind in ("picture", "tile"):
        return Box()
    around = spot.boxes[0] if spot.boxes else spot.region.box
    for box in spot.boxes[1:]:
        around = around.union(box)
    height = max(around.bottom - around.top + 2 * MARGIN, LEAST)
    if height >= 0.9:
        return Box()
    top = min(max(0.0, (around.top + around.bottom - height) / 2), 1.0 - height)
    return Box(0.0, top, 1.0, top + height)
