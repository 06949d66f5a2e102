"""The last checks: what a claim says against the pixels of the page, where its words came from recognition or are none.

At most two crops a claim. A crop is read again at a higher resolution and its words checked like any others; an encoder
of images compares it with the claim and with what the claim denies; a vision model is asked yes or no. What fails here
(the file changed, an engine broke, a server is down) is told as a finding without a verdict: it decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import tanh
from typing import TYPE_CHECKING

from mmrag.errors import MmragError, SourceChanged
from mmrag.protocols import Recognizer, VisionLLM
from mmrag.types import Box, Citation, Evidence, Label, Region, Word
from mmrag.verification.findings import Finding

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["MAX_CROPS", "Crop", "ImageText", "PixelChecks", "WordChecks", "opposite"]

Crop = Callable[[Region, int], "Image"]
"""A region and the pixels of its longer side to its picture; raises `SourceChanged`, `FileProblem`."""
ImageText = Callable[["Image", Sequence[str]], Sequence[float]]
"""A picture and texts to the cosine of each with it, as an encoder of both gives them."""
WordChecks = Callable[[str, Sequence[Word], Region], Sequence[Finding]]
"""The checks of quotes, numbers and names on words: boxes in fractions of the region's page."""

MAX_CROPS = 2
READ_SIDE = 3500
"""Pixels that the whole side of a page would have along which a crop is longer; indexing takes up to 2,339 for A4."""
LOOK_SIDE = 1024
"""Pixels of the longer side of a crop for encoders and vision models, which shrink it further themselves."""
_LEAST_SIDE = 800
_LARGEST_SHARE = 0.6  # of the page: engines shrink a larger crop to what they have seen before
_MARGIN = 0.02  # of the page around a cited line: engines read words at the edge of a picture badly
_CONTEXT = 0.06  # of the page above and below, so that a model sees what a line belongs to
_TEMPERATURE = 0.01  # of CLIP's softmax; its learned scale ends at 100 (Radford et al. 2021, section 2.5)
_IMAGE_TEXT_STRENGTH = 0.15
_UNSURE = 0.1  # either way from even: a model that says yes or no but not how surely
_LEAST_LEAN = 0.2


@dataclass(frozen=True, slots=True)
class _Spot:
    """A region to look at and the part of its page that is cut out."""

    region: Region
    box: Box


class PixelChecks:
    """Checks of a claim against pixels. `recognizer`, `image_text` and `llm` may be None: then that check is left out.

    `words` runs the checks of quotes and numbers on what is read again; without it nothing is read.
    """

    def __init__(
        self,
        crop: Crop,
        recognizer: Recognizer | None = None,
        image_text: ImageText | None = None,
        llm: VisionLLM | None = None,
        words: WordChecks | None = None,
    ) -> None:
        self._crop = crop
        self._recognizer = recognizer
        self._image_text = image_text
        self._llm = llm
        self._words = words

    def check(self, claim: str, evidence: Sequence[Evidence], citations: Sequence[Citation] = ()) -> Iterator[Finding]:
        """Findings, cheapest first, over at most two crops: the cited spots, else the best regions of the evidence.

        Nothing is looked at where the words are the file's own. Never raises but for `KeyboardInterrupt`.
        """
        spots = spots_of(evidence, citations)
        gone: set[str] = set()
        for look in (self._read_again, self._compare, self._ask):
            for spot in spots:
                if spot.region.document.id in gone:
                    continue
                try:
                    yield from look(claim, spot)
                except SourceChanged as error:
                    gone.add(spot.region.document.id)
                    yield _silent(f"{error.message}, so its picture cannot be looked at")
                except MmragError as error:
                    yield _silent(f"the picture could not be checked: {error.message}")
                except Exception as error:  # engines and model libraries raise what they like
                    yield _silent(f"the picture could not be checked: {type(error).__name__}")

    def _read_again(self, claim: str, spot: _Spot) -> Iterator[Finding]:
        if self._recognizer is None or self._words is None:
            return
        box = _widened(spot.box, _MARGIN, _MARGIN)
        if spot.region.origin == "ocr" and box.area > _LARGEST_SHARE:
            return
        side = max(_LEAST_SIDE, round(READ_SIDE * max(box.right - box.left, box.bottom - box.top)))
        image = self._crop(replace(spot.region, box=box), side)
        words = [Word(word.text, _on_page(word.box, box)) for word in self._recognizer.recognize(image)]
        if not words:
            yield _silent("no words were read in the picture")
            return
        for found in self._words(claim, words, spot.region):
            yield replace(found, reason=f"read again at a higher resolution: {found.reason}")

    def _compare(self, claim: str, spot: _Spot) -> Iterator[Finding]:
        """Weak by nature: such encoders know what is shown, hardly how many or what is not (Yuksekgonul 2023)."""
        denied = opposite(claim)
        if self._image_text is None or denied is None or re.search(r"\d", claim):
            return
        image = self._crop(replace(spot.region, box=spot.box), LOOK_SIDE)
        ours, theirs = (float(score) for score in self._image_text(image, (claim, denied)))
        lean = _lean((ours - theirs) / _TEMPERATURE)
        if abs(lean) < _LEAST_LEAN:
            yield _silent("the picture fits the claim and its opposite alike")
            return
        label: Label = "supported" if lean > 0 else "contradicted"
        reason = f"the picture is {'more' if lean > 0 else 'less'} like the claim than like its opposite"
        yield Finding("pixels", label, _IMAGE_TEXT_STRENGTH * abs(lean), reason, (_cited(spot),))

    def _ask(self, claim: str, spot: _Spot) -> Iterator[Finding]:
        """Asked both ways round: a model that says yes to everything has said nothing."""
        if self._llm is None:
            return
        image = self._crop(replace(spot.region, box=_widened(spot.box, _MARGIN, _CONTEXT)), LOOK_SIDE)
        holds, sure = self._yes(_HOLDS, claim, image)
        fails, sure_too = self._yes(_FAILS, claim, image)
        name, chance = self._llm.name, (holds + 1.0 - fails) / 2
        if (holds > 0.5) == (fails > 0.5) or abs(holds - fails) < _LEAST_LEAN:
            yield Finding("model", None, 0.5, f"{name} cannot tell from the picture")
            return
        if not (sure and sure_too):
            chance = 0.5 + _UNSURE if chance > 0.5 else 0.5 - _UNSURE
        label: Label = "supported" if chance > 0.5 else "contradicted"
        said = "shows it" if chance > 0.5 else "shows that it is false"
        yield Finding("model", label, chance, f"{name}, asked both ways round: the picture {said}", (_cited(spot),))

    def _yes(self, form: str, claim: str, image: Image) -> tuple[float, bool]:
        """P(yes), and whether the backend knows it or only gave a word."""
        assert self._llm is not None  # noqa: S101  (asked by `_ask` alone)
        said = self._llm.complete(form.format(claim=_fenced(claim)), [image], choices=("yes", "no"))
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


def _silent(reason: str) -> Finding:
    """What decides nothing."""
    return Finding("pixels", None, 0.0, reason)


def spots_of(evidence: Sequence[Evidence], citations: Sequence[Citation] = ()) -> list[_Spot]:
    """At most two spots whose words are not the file's own: cited ones first, then the regions of the evidence."""
    pages = {(item.region.document.id, item.region.page) for item in evidence if not item.stale}
    found: list[_Spot] = []
    for citation in citations:
        region = citation.region
        if (region.document.id, region.page) in pages and _wants_pixels(region):
            found.append(_Spot(region, citation.box or region.box))
    for item in evidence:
        for region in (item.region, *item.also):
            if not item.stale and _wants_pixels(region):
                found.append(_Spot(region, region.box))
    apart: list[_Spot] = []
    for spot in found:
        if len(apart) < MAX_CROPS and not any(_same(spot, other) for other in apart):
            apart.append(spot)
    return apart


def _wants_pixels(region: Region) -> bool:
    """Whether its words were recognised or are none: those of the file itself need no second look."""
    return region.origin != "layer" or not region.text.strip()


def _same(one: _Spot, other: _Spot) -> bool:
    """Whether a spot mostly lies in another of the same page."""
    if (one.region.document.id, one.region.page) != (other.region.document.id, other.region.page):
        return False
    smaller = min(one.box.area, other.box.area)
    return smaller <= 0 or one.box.intersection(other.box) / smaller > 0.5


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


def _cited(spot: _Spot) -> Citation:
    # What was looked at is known, a spot inside it is not.
    return Citation(spot.region, spot.box)


def _lean(difference: float) -> float:
    """From -1 to 1: 2 softmax - 1 of two scores, from their difference in units of the temperature."""
    return tanh(difference / 2)


def _fenced(claim: str) -> str:
    return claim.replace("<", "(").replace(">", ")")


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
