"""Whether the cited boxes of an answer hold what they are cited for. Knows words with boxes, not their source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, TypeAlias

from mmrag.evaluation.judging import gold_parts, holds, usable_golds
from mmrag.evaluation.normal import contains
from mmrag.types import Answer, Box, Citation, Word

__all__ = ["Cited", "PageWords", "cited_text", "what_is_cited"]

PageWords: TypeAlias = Callable[[str, int], Sequence[Word]]
"""The words of a page: document id and page number from 1 in, words in reading order out."""

Cited: TypeAlias = Literal["gold", "quote", "nothing"]
"""What the cited boxes of an answer hold: the gold answer, else every exact quote, else nothing to rely on."""


def what_is_cited(answer: Answer, golds: Sequence[str], words: PageWords, *, question: str = "") -> Cited:
    """What stands in the boxes cited by the supported claims of an answer.

    "gold": the words inside them hold a gold answer (all items of a list, over all boxes together). "quote": they do
    not, since the answer was computed or worded otherwise, but each box holds the quote that is shown with it.
    """
    citations = [
        one for claim in answer.claims if claim.verdict.label == "supported" for one in claim.verdict.citations
    ]
    boxed = [one for one in citations if one.box is not None]
    texts = [cited_text(one, words) for one in boxed]
    everything = " ; ".join(texts)
    for gold in usable_golds(golds):
        if texts and all(holds(everything, part, question) for part in gold_parts(gold)):
            return "gold"
    quoted = [(one.quote, text) for one, text in zip(boxed, texts, strict=True) if one.quote.strip()]
    if quoted and all(contains(text, quote) for quote, text in quoted):
        return "quote"
    return "nothing"


def cited_text(citation: Citation, words: PageWords) -> str:
    """The words of the page whose middle lies in the cited box, in reading order; "" without a box."""
    if citation.box is None:
        return ""
    page = words(citation.region.document.id, citation.region.page)
    return " ".join(word.text for word in _inside(page, citation.box))


def _inside(words: Iterable[Word], box: Box) -> Iterable[Word]:
    for word in words:
        across = (word.box.left + word.box.right) / 2
        down = (word.box.top + word.box.bottom) / 2
        if box.left <= across <= box.right and box.top <= down <= box.bottom:
            yield word
