"""The channels of an index: which regions each holds, from where in the catalog, and where its cache lies."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mmrag import embedders
from mmrag.catalog import Catalog
from mmrag.corpus.models import Models
from mmrag.lexical import WordIndex
from mmrag.retrieval import WEIGHTS, Channel
from mmrag.types import RegionKind, Vectors
from mmrag.vectors import FaissIndex

__all__ = ["channel_weights", "open_channels"]

PART_KINDS: tuple[RegionKind, ...] = ("passage", "figure", "table", "picture")
"""Kinds with a text of their own, which the words channel searches together with the headings they stand under."""
WHOLE_KINDS: tuple[RegionKind, ...] = ("page",)
"""The kind that repeats the text of its parts, which the pages channel searches."""
K1, B = 0.9, 0.4
"""BM25's parameters as Anserini sets them for passages; here they do better than 1.2 and 0.75 (docs/log.md)."""


LOOKS_WEIGHT = 1.0
"""Of the shipped encoder's channel: it is only asked where a question names a kind of picture, and then counts."""


def open_channels(catalog: Catalog, models: Models, cache: Path) -> list[Channel]:
    """Every channel that the index has, from its cache under `cache` where that can be trusted, else empty."""
    parts, wholes = (partial(catalog.region_ids, kinds=kinds) for kinds in (PART_KINDS, WHOLE_KINDS))
    channels = []
    for name, wanted, rows, valid_from in (
        ("words", parts, partial(catalog.texts, headings=True), None),
        ("pages", wholes, catalog.texts, None),
        ("names", catalog.document_ids, catalog.names, catalog.names_generation),
    ):
        words, generation = WordIndex.open(cache / name, k1=K1, b=B) or (WordIndex(k1=K1, b=B), -1)
        channel = Channel(
            name, words, encode=str, wanted=wanted, rows=rows, generation=generation, valid_from=valid_from
        )
        channels.append(channel)
    for space in models:
        built = models.built(space)
        if built is None:
            continue
        fingerprint, dim = built
        vectors, generation = FaissIndex.open(cache / space, fingerprint, dim) or (FaissIndex(dim, fingerprint), -1)
        channels.append(
            Channel(
                space,
                vectors,
                encode=partial(_embed, models, space),
                wanted=partial(catalog.vector_ids, space),
                rows=partial(catalog.vectors, space),
                generation=generation,
            )
        )
    return channels


def channel_weights(models: Models) -> Mapping[str, float]:
    """What each channel counts in the ranking, with the models that this index has."""
    looks_only = "pixels" in models and embedders.knows_looks_only(models.name("pixels"))
    return {**WEIGHTS, "pixels": LOOKS_WEIGHT} if looks_only else WEIGHTS


def _embed(models: Models, space: str, question: str) -> Vectors | None:
    asked = embedders.readable(models.name(space), question)
    return models[space].embed_queries([asked]) if asked else None
