"""A verifier that looks at the pixels where the words of a page leave a claim open.

Joins another verifier with `PixelChecks`: the spot nearest to the claim is read again at a higher resolution and the
same checks run on the better words; then encoder and vision model are weighed in. Only for pages whose words came from
recognition or that have none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from math import exp, log
from typing import Protocol

from mmrag.protocols import PageSource, Verifier
from mmrag.types import Box, Claim, Draft, Evidence, Part, Region, Verdict, Word
from mmrag.verification.findings import Finding
from mmrag.verification.pixels import PixelChecks, Spot, holds, spots_of

__all__ = ["LookingVerifier", "RepairingVerifier", "replaced", "weighed"]

_ENOUGH = 0.9
"""P(supported) from which on words alone suffice."""
_OPEN = (0.1, 0.9)
"""Between these a look is weighed in: what the words refute or do not have is no matter of looks."""
_UNREAD = 0.3
"""P(supported) of a claim over pictures with hardly a word, before they are looked at."""
_FEW = 8
"""Words on a page below which they are a sign in a photo, and not what the page says."""
_TWO_READINGS = 0.8
"""P(supported) at most where one reading of the page contradicts the claim and another supports it."""
_DOUBT = "but read again at a higher resolution it does not"
_WORTH = 0.7
"""P(supported) that better words must give: between unsure and unsure there is nothing to choose."""
_MOST = 0.9


class RepairingVerifier(Verifier, Protocol):
    """A `Verifier` that can put the page's number in the place of a wrong one, as `PageVerifier` can."""

    def repair(self, part: Part, question: str, evidence: Sequence[Evidence]) -> tuple[Part, Claim] | None:
        """The part with its one wrong number replaced, and its claim checked again; None where that cannot be."""


class LookingVerifier:
    """A `Verifier` around another one. `build` makes one of the same kind over other words; `pages` are those it reads.

    May be used by one thread at a time, as the one inside.
    """

    def __init__(
        self, inner: RepairingVerifier, build: Callable[[PageSource], Verifier], pages: PageSource, checks: PixelChecks
    ) -> None:
        self._inner = inner
        self._build = build
        self._pages = pages
        self._checks = checks

    def verify(self, draft: Draft, evidence: Sequence[Evidence]) -> Iterator[Claim]:
        """One claim for each part of the draft, in order, each as soon as it is decided."""
        for part, claim in zip(draft.parts, self._inner.verify(draft, evidence), strict=True):
            yield self._looked(draft, part, claim, evidence)

    def repair(self, part: Part, question: str, evidence: Sequence[Evidence]) -> tuple[Part, Claim] | None:
        """As the inner verifier does, by the file's own words alone: recognised ones may be what is wrong."""
        mended = self._inner.repair(part, question, evidence)
        if mended is None or any(one.region.origin != "layer" for one in mended[1].verdict.citations):
            return None
        return mended

    def _looked(self, draft: Draft, part: Part, claim: Claim, evidence: Sequence[Evidence]) -> Claim:
        verdict = claim.verdict
        evidence = _taken_from(part, evidence)
        if verdict.probability >= _ENOUGH or not spots_of(evidence, verdict.citations):
            return claim
        better, notes = self._read_again(draft, part, verdict, evidence)
        if better is not None:
            verdict = better
        elif (silent := self._says_little(evidence)) or _OPEN[0] < verdict.probability < _OPEN[1]:
            found = list(self._checks.check(part.claim, evidence, verdict.citations))
            prior = max(_UNREAD, verdict.probability) if silent else verdict.probability
            seen = weighed(replace(verdict, probability=prior), found)
            verdict = seen if seen.probability != prior else verdict
            notes += [one.reason for one in found if not one.citations and "could not" in one.reason]
        if notes:
            verdict = replace(verdict, reason="; ".join(dict.fromkeys([verdict.reason, *notes])))
        return replace(claim, verdict=verdict)

    def _says_little(self, evidence: Sequence[Evidence]) -> bool:
        """Whether no page of the evidence has more than a few words, so that silence says nothing against a claim."""
        return all(len(self._pages.words(one.region.document.id, one.region.page)) < _FEW for one in evidence)

    def _read_again(
        self, draft: Draft, part: Part, verdict: Verdict, evidence: Sequence[Evidence]
    ) -> tuple[Verdict | None, list[str]]:
        """The verdict on better words where it is the better one, and what went wrong."""
        notes = []
        doubt: Verdict | None = None
        for spot in spots_of(evidence, verdict.citations):
            read = self._checks.read_again(spot)
            if isinstance(read, Finding):
                notes.append(read.reason)
            elif read is not None and read[0]:
                found = self._on(draft, part, evidence, spot, read)
                if found.label == "supported" and found.probability >= max(_WORTH, verdict.probability):
                    return _second(verdict, found), notes
                if verdict.label == "contradicted" and found.label == "not_found" and doubt is None:
                    doubt = replace(verdict, label="not_found", reason=f"{verdict.reason}; {_DOUBT}")
        return doubt, notes

    def _on(
        self, draft: Draft, part: Part, evidence: Sequence[Evidence], spot: Spot, read: tuple[tuple[Word, ...], Box]
    ) -> Verdict:
        """The verdict with one spot's words exchanged."""
        key = (spot.region.document.id, spot.region.page)
        words = {key: replaced(self._pages.words(*key), *read)}
        again = self._build(_Reread(self._pages, words))
        read_now = [one for one in evidence if (one.region.document.id, one.region.page) == key]
        (second,) = again.verify(replace(draft, parts=(part,)), read_now)
        return second.verdict


def _taken_from(part: Part, evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """The pages whose words a part was taken from, where it says so: no look at another page can bear it out."""
    pages = {(one.region.document.id, one.region.page) for one in part.citations}
    return [one for one in evidence if (one.region.document.id, one.region.page) in pages] or evidence


def _second(first: Verdict, found: Verdict) -> Verdict:
    """The verdict of the second reading, less sure where the first contradicts it."""
    likely = min(found.probability, _TWO_READINGS) if first.label == "contradicted" else found.probability
    return replace(found, probability=likely, reason=f"read again at a higher resolution: {found.reason}")


class _Reread:
    """A `PageSource` with some pages' words exchanged."""

    def __init__(self, pages: PageSource, words: dict[tuple[str, int], tuple[Word, ...]]) -> None:
        self._pages = pages
        self._words = words

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """The better words of a page where there are such."""
        known = self._words.get((document_id, page))
        return self._pages.words(document_id, page) if known is None else known

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """As they are."""
        return self._pages.page_regions(document_id, page)


def replaced(words: Sequence[Word], read: Sequence[Word], box: Box) -> tuple[Word, ...]:
    """A page's words with those inside a box exchanged for what was read there, in the place of the first of them."""
    inside = [holds(box, word) for word in words]
    first = inside.index(True) if True in inside else len(words)
    before = [word for word, within in zip(words[:first], inside[:first], strict=True) if not within]
    after = [word for word, within in zip(words[first:], inside[first:], strict=True) if not within]
    return (*before, *read, *after)


def weighed(verdict: Verdict, findings: Sequence[Finding]) -> Verdict:
    """The verdict with what encoder and model say, as if they erred independently of the words (naive Bayes).

    A contradiction by exact words stays: looks are weaker than letters.
    """
    telling = [one for one in findings if one.label is None and one.strength != 0.5]
    if not telling or verdict.label == "contradicted":
        return verdict
    logit = log(verdict.probability / (1 - verdict.probability))
    for one in telling:
        chance = min(_MOST, max(1 - _MOST, one.strength))
        logit += log(chance / (1 - chance))
    probability = 1 / (1 + exp(-logit))
    strongest = max(telling, key=lambda one: abs(one.strength - 0.5))
    if (probability >= 0.5) == (verdict.probability >= 0.5):
        return replace(verdict, probability=probability)
    if probability >= 0.5:
        return Verdict("supported", probability, strongest.reason, verdict.citations or strongest.citations)
    return Verdict("not_found", probability, strongest.reason, verdict.citations)
