"""The last checks: what a claim says against the pixels of the page, where its words came from recognition or are none.

At most two crops a claim. A crop can be read again at a higher resolution; an encoder of images compares it with the
claim and with what the claim denies; a vision model is asked yes or no. What fails here (the file changed, an engine
broke, a server is down) is told as a finding that weighs nothing: it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import tanh
from typing import TYPE_CHECKING

from mmrag.errors import MmragError
from mmrag.protocols import Recognizer, VisionLLM
from mmrag.types import Box, Citation, Evidence, Region, Word
from mmrag.verification.findings import Finding

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_CROPS", "Crop", "ImageText", "PixelChecks", "Spot", "holds", "opposite", "spots_of"]

Crop = Callable[[Region, int], "Image"]
"""A region and the pixels of its longer side to its picture; raises `SourceChanged`, `FileProblem`."""
ImageText = Callable[["Image", Sequence[str]], Sequence[float]]
"""A picture and texts to the cosine of each with it, as an encoder gives them; () where it cannot read the texts."""

MAX_CROPS = 2
READ_SIDE = 3500
"""Pixels that the whole side of a page would have along which a crop is longer; indexing takes up to 2,339 for A4."""
LOOK_SIDE = 1024
"""Pixels of the longer side of a crop for encoders and vision models, which shrink it further themselves."""
_LEAST_SIDE = 800
_LARGEST_SHARE = 0.6  # of the page: engines shrink a larger crop to what they have seen before
_MARGIN = 0.02  # of the page around a cited line: engines read words at the edge of a picture badly
_SIDE_MARGIN = 0.04  # of the page that is seldom printed on
_CONTEXT = 0.06  # of the page above and below, so that a model sees what a line belongs to
_TEMPERATURE = 0.01  # of CLIP's softmax; its learned scale ends at 100 (Radford et al. 2021, section 2.5)
_IMAGE_TEXT = 0.1  # either way from even, at most
_UNSURE = 0.1  # either way from even: a model that says yes or no but not how surely
_LEAST_LEAN = 0.2


@dataclass(frozen=True, slots=True)
class Spot:
    """A region to look at and the part of its page that is cut out."""

    region: Region
    box: Box


class PixelChecks:
    """What can be asked of pixels. `recognizer`, `image_text` and `llm` may be None: then that is left out."""

    def __init__(
        self,
        crop: Crop,
        recognizer: Recognizer | None = None,
        image_text: ImageText | None = None,
        llm: VisionLLM | None = None,
    ) -> None:
        self._crop = crop
        self._recognizer = recognizer
        self._image_text = image_text
        self._llm = llm

    def read_again(self, spot: Spot) -> tuple[tuple[Word, ...], Box] | Finding | None:
        """The words of a spot read at a higher resolution, boxes as fractions of the page, and the box that they fill.

        None where reading again can show nothing new, a finding with the reason where it fails.
        """
        box, kept = _surroundings(spot)
        if self._recognizer is None or (spot.region.origin == "ocr" and box.area > _LARGEST_SHARE):
            return None
        side = max(_LEAST_SIDE, round(READ_SIDE * max(box.right - box.left, box.bottom - box.top)))
        try:
            read = self._recognizer.recognize(self._crop(replace(spot.region, box=box), side))
        except Exception as error:  # engines raise what they like
            return _failed(error)
        words = (Word(word.text, _on_page(word.box, box)) for word in read)
        return tuple(word for word in words if holds(kept, word)), kept

    def check(self, claim: str, evidence: Sequence[Evidence], citations: Sequence[Citation] = ()) -> Iterator[Finding]:
        """Findings of encoder and model over at most two spots; none where the words are the file's own.

        Each only weighs: its `strength` is P(supported), 0.5 where it says nothing. Raises nothing but
        `KeyboardInterrupt`.
        """
        for spot in spots_of(evidence, citations):
            for look in (self._compare, self._ask):
                try:
                    yield from look(claim, spot)
                except Exception as error:  # model libraries raise what they like
                    yield _failed(error)

    def _compare(self, claim: str, spot: Spot) -> Iterator[Finding]:
        """Weak by nature: such encoders know what is shown, hardly how many or what is not (Yuksekgonul 2023)."""
        denied = opposite(claim)
        if self._image_text is None or denied is None or re.search(r"\d", claim):
            return
        image = self._crop(replace(spot.region, box=spot.box), LOOK_SIDE)
        scores = [float(score) for score in self._image_text(image, (claim, denied))]
        if not scores:
            return
        ours, theirs = scores
        lean = tanh((ours - theirs) / _TEMPERATURE / 2)  # 2 softmax - 1
        if abs(lean) < _LEAST_LEAN:
            yield Finding("pixels", None, 0.5, "the picture fits the claim and its opposite alike")
            return
        reason = f"the picture is {'more' if lean > 0 else 'less'} like the claim than like its opposite"
        yield Finding("pixels", None, 0.5 + _IMAGE_TEXT * lean, reason, (Citation(spot.region, spot.box),))

    def _ask(self, claim: str, spot: Spot) -> Iterator[Finding]:
        """Asked both ways round: a model that says yes to everything has said nothing."""
        if self._llm is None:
            return
        image = self._crop(replace(spot.region, box=_widened(spot.box, _MARGIN, _CONTEXT)), LOOK_SIDE)
        holds, sure = _yes(self._llm, _HOLDS, claim, image)
        fails, sure_too = _yes(self._llm, _FAILS, claim, image)
        chance = (holds + 1.0 - fails) / 2
        if (holds > 0.5) == (fails > 0.5) or abs(holds - fails) < _LEAST_LEAN:
            yield Finding("model", None, 0.5, f"{self._llm.name} cannot tell from the picture")
            return
        if not (sure and sure_too):
            chance = 0.5 + _UNSURE if chance > 0.5 else 0.5 - _UNSURE
        said = "shows it" if chance > 0.5 else "shows that it is false"
        reason = f"{self._llm.name}, asked both ways round, says that the picture {said}"
        yield Finding("model", None, chance, reason, (Citation(spot.region, spot.box),))


def _yes(llm: VisionLLM, form: str, claim: str, image: Image) -> tuple[float, bool]:
    """P(yes), and whether the backend knows it or only gave a word."""
    fenced = claim.replace("<", "(").replace(">", ")")
    said = llm.complete(form.format(claim=fenced), [image], choices=("yes", "no"))
    known = said.choice_probabilities
    if known is None:
        return (1.0 if said.text == "yes" else 0.0), False
    total = known.get("yes", 0.0) + known.get("no", 0.0)
    return (known.get("yes", 0.0) / total if total > 0 else 0.5), True


_FORM = """Look at the picture of a part of a page. Does it show that this statement is {{asked}}?

<statement>
{claim}
</statement>"""
_HOLDS, _FAILS = _FORM.replace("{{asked}}", "true"), _FORM.replace("{{asked}}", "false")


def _failed(error: Exception) -> Finding:
    """Weighs nothing, and says why."""
    said = error.message if isinstance(error, MmragError) else type(error).__name__
    return Finding("pixels", None, 0.5, f"the picture could not be looked at: {said}")


def spots_of(evidence: Sequence[Evidence], citations: Sequence[Citation] = ()) -> list[Spot]:
    """At most two spots whose words are not the file's own: cited ones first, then the regions of the evidence."""
    pages = {(item.region.document.id, item.region.page) for item in evidence if not item.stale}
    found: list[Spot] = []
    for citation in citations:
        region = citation.region
        if (region.document.id, region.page) in pages and _wants_pixels(region):
            found.append(Spot(region, citation.box or region.box))
    for item in evidence:
        for region in (item.region, *item.also):
            if not item.stale and _wants_pixels(region):
                found.append(Spot(region, region.box))
    apart: list[Spot] = []
    for spot in found:
        if len(apart) < MAX_CROPS and not any(_same(spot, other) for other in apart):
            apart.append(spot)
    return apart


def _wants_pixels(region: Region) -> bool:
    """Whether its words were recognised or are none: those of the file itself need no second look."""
    return region.origin != "layer" or not region.text.strip()


def _same(one: Spot, other: Spot) -> bool:
    """Whether a spot mostly lies in another of the same page."""
    if (one.region.document.id, one.region.page) != (other.region.document.id, other.region.page):
        return False
    smaller = min(one.box.area, other.box.area)
    return smaller <= 0 or one.box.intersection(other.box) / smaller > 0.5


def _surroundings(spot: Spot) -> tuple[Box, Box]:
    """What is read around a spot, and the part of it whose words count: lines at the edge of a picture may be cut.

    Its region where that is a part of the page, else some lines of the full width: engines read a line with its
    neighbours better than alone.
    """
    region = spot.region.box
    if region.area <= _LARGEST_SHARE and region.intersection(spot.box) > 0:
        kept = region.union(spot.box)
        return _widened(kept, _MARGIN, _MARGIN), kept
    if spot.box == region:
        box = Box(min(region.left, _SIDE_MARGIN), region.top, max(region.right, 1 - _SIDE_MARGIN), region.bottom)
        return box, box
    box = _widened(spot.box, 0.0, _MARGIN * 2)
    left, right = min(box.left, _SIDE_MARGIN), max(box.right, 1 - _SIDE_MARGIN)
    return Box(left, box.top, right, box.bottom), Box(left, spot.box.top, right, spot.box.bottom)


def holds(box: Box, word: Word) -> bool:
    """Whether the middle of a word lies in a box."""
    x, y = (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2
    return box.left <= x <= box.right and box.top <= y <= box.bottom


def _widened(box: Box, across: float, down: float) -> Box:
    return Box(
        max(0.0, box.left - across), max(0.0, box.top - down), min(1.0, box.right + across), min(1.0, box.bottom + down)
    )


def _on_page(box: Box, crop: Box) -> Box:
    """A box of a crop as a box of its page."""
    wide, high = crop.right - crop.left, crop.bottom - crop.top
    return Box(
        crop.left + box.left * wide,
        crop.top + box.top * high,
        crop.left + box.right * wide,
        crop.top + box.bottom * high,
    )


_NEGATED = re.compile(r"\b(is|are|was|were|does|do|did|has|have|had|can|could|will|would) not\b", re.IGNORECASE)
_AUX = re.compile(r"\b(is|are|was|were|has|have|had|can|could|will|would)\b", re.IGNORECASE)
_CONTRASTS = {
    "more": "less", "less": "more", "higher": "lower", "lower": "higher", "above": "below", "below": "above",
    "rose": "fell", "fell": "rose", "increased": "decreased", "decreased": "increased", "largest": "smallest",
    "smallest": "largest", "left": "right", "right": "left", "first": "last", "last": "first", "open": "closed",
    "closed": "open", "with": "without", "without": "with", "inside": "outside", "outside": "inside", "black": "white",
    "white": "black", "large": "small", "small": "large", "all": "none", "day": "night", "night": "day",
}  # fmt: skip
_CONTRASTS_KO = (
    ("있다", "없다"), ("없다", "있다"), ("이다", "이 아니다"), ("한다", "하지 않는다"), ("했다", "하지 않았다"),
)  # fmt: skip


def opposite(claim: str) -> str | None:
    """The claim with one word turned into its contrast, else negated; None where neither can be done by rule."""
    for match in re.finditer(r"\b[a-z]+\b", claim):
        contrast = _CONTRASTS.get(match.group())
        if contrast is not None:
            return claim[: match.start()] + contrast + claim[match.end() :]
    if _NEGATED.search(claim):
        return _NEGATED.sub(r"\1", claim, count=1)
    if _AUX.search(claim):
        return _AUX.sub(r"\1 not", claim, count=1)
    body = claim.rstrip(" .")
    for positive, negative in _CONTRASTS_KO:
        if body.endswith(positive):
            return body[: -len(positive)] + negative
    return None
