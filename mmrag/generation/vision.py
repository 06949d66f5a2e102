"""Answers written by a language model that reads the evidence: the pages' text, and pictures of what text does not say.

The model is any `VisionLLM`. What it writes becomes a draft and nothing more: the verifier splits and judges it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmrag.errors import MmragError
from mmrag.generation.excerpts import excerpts
from mmrag.generation.prompts import Example, Item, ask
from mmrag.generation.replies import read_reply
from mmrag.generation.terse import is_statement, terse_parts
from mmrag.llms.options import PromptTooLong
from mmrag.protocols import PageSource, VisionLLM
from mmrag.types import Draft, Evidence, Region

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["Budget", "VisionGenerator"]

_PICTURED = frozenset({"figure", "picture", "tile"})
_LEAST_AREA = 0.03
"""Share of a page from which a figure that was not found itself is worth a look: smaller ones are logos."""
_BEST_PAGES = 3
_A_PAGE = 2

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a model is given to read: tokens of evidence (estimated), pictures, and pixels of their longer side.

    `long_side` is for a whole page; a part of one gets its share, but at least 512.
    """

    tokens: int = 6000
    pictures: int = 4
    long_side: int = 1536

    def halved(self) -> Budget:
        """Half of it, for a model that reads less."""
        return replace(self, tokens=self.tokens // 2, pictures=self.pictures // 2)


class VisionGenerator:
    """A `Generator` that asks a model. `crop` gives the pixels of a region (None: no pictures are sent).

    `examples` are shown before the question; `steps` asks the model to look and read before it answers.
    """

    def __init__(
        self,
        llm: VisionLLM,
        crop: Callable[[Region, int], Image] | None,
        pages: PageSource,
        *,
        examples: Sequence[Example] = (),
        steps: bool = False,
        budget: Budget | None = None,
    ) -> None:
        self._llm = llm
        self._crop = crop
        self._pages = pages
        self._examples = tuple(examples)
        self._steps = steps
        self._budget = budget or Budget()

    def generate(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """A draft of short claims with labels; an empty text where nothing answers.

        Its `parts` are left to the verifier, unless the model answered in a word: then they carry the question, too.

        Never fails for what the model says; raises `ModelUnavailable` where it cannot be asked.
        """
        if not evidence or not question.strip():
            return Draft(
                question, "", note="the question is empty" if evidence else "No page was found for this question."
            )
        budget = self._budget
        for attempt in range(3):
            shown = self._pictures(evidence, budget)
            items = self._items(question, evidence, budget, [label for label, _ in shown])
            prompt = ask(question, items, examples=self._examples, steps=self._steps)
            try:
                completion = self._llm.complete(prompt, [picture for _, picture in shown])
                break
            except PromptTooLong:
                if attempt == 2:
                    raise
                budget = budget.halved()
                logger.info("the model reads less; asking again with %d tokens of evidence", budget.tokens)
        claims, note = read_reply(completion.text, {one.label for one in evidence}, steps=self._steps)
        return self._draft(question, claims, note, evidence, completion.usage)

    def _draft(
        self,
        question: str,
        claims: Sequence[str],
        note: str,
        evidence: Sequence[Evidence],
        usage: tuple[int, int] | None,
    ) -> Draft:
        """Statements, for the verifier to split; where there are none, what can be checked with the question."""
        statements = [claim for claim in claims if is_statement(claim)]
        if statements or not claims:
            # A paragraph each: lines below one another would be taken for one that was wrapped.
            return Draft(question, "\n\n".join(statements), note=note, usage=usage)
        texts = [self._pages.words(one.region.document.id, one.region.page) for one in evidence]
        compact = ["".join(_letters(word.text) for word in words) for words in texts]
        parts = terse_parts(question, claims, lambda text: any(not page or _letters(text) in page for page in compact))
        note = "" if parts else "the model wrote words, but no statement that can be checked"
        return Draft(question, "\n\n".join(part.text for part in parts), parts, note, usage)

    def _items(
        self, question: str, evidence: Sequence[Evidence], budget: Budget, pictured: Sequence[str]
    ) -> list[Item]:
        texts = excerpts(question, evidence, self._pages, budget.tokens)
        return [
            Item(
                one.label,
                one.region.document.path.name,
                one.region.page,
                text,
                tuple(number for number, label in enumerate(pictured, 1) if label == one.label),
            )
            for one, text in zip(evidence, texts, strict=True)
            if text or one.label in pictured
        ]

    def _pictures(self, evidence: Sequence[Evidence], budget: Budget) -> list[tuple[str, Image]]:
        """Labels and crops: what was found and is no text, then figures beside the best text."""
        if self._crop is None or not getattr(self._llm, "sees_images", True):
            return []
        found: list[tuple[str, Image]] = []
        done: set[int] = set()
        for label, region in self._candidates(evidence):
            if len(found) >= budget.pictures:
                break
            if region.id in done or sum(other == label for other, _ in found) >= _A_PAGE:
                continue
            done.add(region.id)
            try:
                found.append((label, self._crop(region, _long_side(region, budget.long_side))))
            except MmragError as error:  # gone, changed or damaged since: the text was read before
                logger.info("no picture of %s: %s", region, error)
        return found

    def _candidates(self, evidence: Sequence[Evidence]) -> Iterator[tuple[str, Region]]:
        for one in evidence:
            for region in (one.region, *one.also):
                if region.kind in _PICTURED or region.origin != "layer":
                    yield one.label, region
        for one in evidence[:_BEST_PAGES]:
            for region in self._pages.page_regions(one.region.document.id, one.region.page):
                if region.kind in ("figure", "picture") and region.box.area >= _LEAST_AREA:
                    yield one.label, region


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def _long_side(region: Region, whole: int) -> int:
    """Pixels for a region: its share of a page's, with room for small print."""
    share = max(region.box.right - region.box.left, region.box.bottom - region.box.top)
    return max(min(512, whole), min(whole, round(whole * share * 1.25)))
