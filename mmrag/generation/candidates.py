"""What could be the answer: pieces with where they stand, and the features that its chance of being right rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mmrag.types import Box, Citation, Region

__all__ = ["Candidate", "Piece", "cite"]


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of an answer before it has a confidence: `text` as shown, `claim` as a statement by itself."""

    text: str
    claim: str
    label: str
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """An answer that the evidence may state. `features` are those that `mmrag.generation.confidence` weighs.

    `source` says where it comes from ("sentence", "value", "passage", "list", "yes_no", "cell", "computed"): each
    source has coefficients of its own. `score` orders candidates of one source.
    """

    source: str
    text: str
    pieces: tuple[Piece, ...]
    score: float
    features: Mapping[str, float] = field(default_factory=dict)


def cite(regions: Sequence[Region], boxes: Sequence[Box], quote: str) -> Citation:
    """A citation of the smallest region that holds the boxes; `regions` are those of the page, the whole page first."""
    box = boxes[0]
    for other in boxes[1:]:
        box = box.union(other)
    holding = [region for region in regions if box.intersection(region.box) >= 0.9 * box.area]
    return Citation(min(holding or regions[:1], key=lambda region: region.box.area), box, quote)
