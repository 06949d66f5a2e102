"""Models that the caller made, for an index whose settings can only name models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mmrag.corpus import Corpus
    from mmrag.protocols import VisionLLM

__all__ = ["use_llm"]


def use_llm(corpus: Corpus, llm: VisionLLM | None) -> None:
    """Let answers of this corpus be drafted by a model that the caller made, or by none; its settings stay as they are.

    Holds for as long as the object is used, also after it was closed; conversations begun before keep their model.
    """
    with corpus._opened.lock:
        corpus._answering.use(llm)
