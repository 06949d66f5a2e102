"""What a look at pixels needs, made when a claim first wants one: pages that have words of their own never do.

Loads nothing ahead of time. An engine or model that cannot be had raises at its first use; the checks tell it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmrag import embedders
from mmrag.corpus.opened import OpenIndex
from mmrag.errors import NothingIndexed
from mmrag.protocols import Completion, Recognizer, VisionLLM
from mmrag.types import Region, Word
from mmrag.verification.pixels import PixelChecks

if TYPE_CHECKING:
    from collections.abc import Callable

    from PIL.Image import Image

__all__ = ["LateModel", "LateRecognizer", "pixel_checks"]


class LateRecognizer:
    """The `Recognizer` that the `ocr` setting chooses, chosen at the first picture; without one it reads nothing."""

    def __init__(self, setting: str) -> None:
        self.languages: frozenset[str] = frozenset()
        self._setting = setting
        self._chosen: tuple[Recognizer | None] | None = None

    def recognize(self, image: Image) -> tuple[Word, ...]:
        """As the engine does; raises what choosing it raises, and what it raises itself."""
        if self._chosen is None:
            from mmrag.ocr import choose

            self._chosen = (choose(self._setting),)
        engine = self._chosen[0]
        return () if engine is None else engine.recognize(image)


class LateModel:
    """The `VisionLLM` that `load` gives, loaded at the first question."""

    def __init__(self, name: str, load: Callable[[], VisionLLM | None]) -> None:
        self.name = name
        self._load = load

    def complete(self, prompt: str, images: Sequence[Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """As the model does; raises what loading it raises."""
        model = self._load()
        if model is None:  # the settings named one, so this cannot be
            return Completion("")
        self.name = model.name
        return model.complete(prompt, images, choices=choices)


def pixel_checks(index: OpenIndex, load: Callable[[], VisionLLM | None]) -> PixelChecks:
    """The looks that the settings of an index allow. `load` gives the language model, which may be loaded already.

    Raises `UsageError` where the settings name no model that there could be.
    """
    config = index.config
    if config.llm.partition(":")[0] not in ("hf", "langchain"):
        load()  # costs nothing, and a name that is mistyped is told at once

    def crop(region: Region, long_side: int) -> Image:
        return index.renderer().crop(region, long_side)

    def image_text(image: Image, texts: Sequence[str]) -> Sequence[float]:
        model = index.models().loaded("pixels")
        name = index.models().name("pixels") if model is not None else ""
        if model is None or "image" not in model.modalities or not all(embedders.reads(name, text) for text in texts):
            return ()
        found: list[float] = (model.embed_queries(texts) @ model.embed_images([image])[0]).tolist()
        return found

    return PixelChecks(
        crop,
        None if config.ocr.strip().lower() in ("off", "none") else LateRecognizer(config.ocr),
        image_text if _has_pixels(index) else None,
        None if config.llm.strip() == "none" else LateModel(config.llm, load),
    )


def _has_pixels(index: OpenIndex) -> bool:
    try:
        return "pixels" in index.models()
    except NothingIndexed:
        return False
