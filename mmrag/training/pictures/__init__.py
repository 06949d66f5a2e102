"""Rendered documents with known content, and captions in English and Korean, to train a small image-text encoder on.

    for made in generate(1000, seed=7):
        made.image, made.kind, made.captions, made.facts

Every picture is made from (seed, index, split) alone, so that any worker can make any of them. The split `held-out`
uses fonts, shades of colours and caption wordings that `train` never uses. Which pictures come out depends on the
fonts, sample photographs and drawing library of the machine; `missing` says what it lacks. Fonts may be put into
`~/.fonts`. Nothing is downloaded.

Knows nothing of models and training.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.util import find_spec
from random import Random

from PIL import Image

from mmrag.errors import UsageError
from mmrag.training.pictures import (
    charts,
    diagrams,
    forms,
    geometry,
    listings,
    mixed,
    pages,
    photos,
    plots,
    scenes,
    screens,
    tables,
)
from mmrag.training.pictures.captions import Caption, Facts, describe, seen
from mmrag.training.pictures.cutting import cut
from mmrag.training.pictures.degrade import GREY, degrade, quality
from mmrag.training.pictures.fonts import has_korean
from mmrag.training.pictures.kinds import KINDS
from mmrag.training.pictures.plotted import PLOTTED, can_plot, plot
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.surroundings import surround

__all__ = ["SPLITS", "Caption", "Facts", "Picture", "english", "generate", "kinds", "missing", "picture"]

SPLITS = ("train", "held-out")

FAMILIES = (charts, plots, tables, diagrams, geometry, pages, forms, listings, screens, scenes, photos, mixed)
"""The modules whose painters are entered in `KINDS` when they are imported."""

KOREAN_SHARE = 0.35
PLOTTED_SHARE = 0.45
"""Of the charts that a plotting library can draw."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and what is known of it.

    `image` is RGB in its own proportions, its longer side the size asked for, up to twice that where it is a strip.
    """

    image: Image.Image
    kind: str
    wordings: tuple[Caption, ...]
    """The captions with their language and detail; the fullest English one first."""
    facts: Facts

    @property
    def captions(self) -> tuple[str, ...]:
        """The texts of all wordings."""
        return tuple(caption.text for caption in self.wordings)

    @property
    def claims(self) -> tuple[frozenset[str], ...]:
        """What each caption claims, in their order: it fits every picture whose `seen` holds all of it."""
        return tuple(caption.claims for caption in self.wordings)

    @property
    def seen(self) -> frozenset[str]:
        """All that a caption may claim of this picture."""
        return seen(self.facts)

    def said(self, language: str) -> tuple[str, ...]:
        """The texts in `en` or `ko`."""
        return tuple(caption.text for caption in self.wordings if caption.language == language)


def generate(
    count: int,
    seed: int,
    split: str = "train",
    size: int = 288,
    *,
    only: Collection[str] = (),
    degraded: bool = True,
) -> Iterator[Picture]:
    """The pictures of the indexes 0 to `count` - 1; the options are those of `picture`."""
    for index in range(count):
        yield picture(index, seed, split, size, only=only, degraded=degraded)


def picture(
    index: int,
    seed: int,
    split: str = "train",
    size: int = 288,
    *,
    only: Collection[str] = (),
    degraded: bool = True,
    whole: bool = False,
) -> Picture:
    """One picture, the same for the same arguments.

    `size` is the longer side in pixels (sharp up to 512), a strip has up to twice as many; `only` are the kinds to
    choose among, `degraded` is whether it may be scanned, photographed, faxed or squeezed, `whole` whether it is no
    part of a larger one. Raises UsageError for an unknown split or kind, MissingExtra where no font is found.
    """
    if split not in SPLITS:
        raise UsageError(f"unknown split {split!r}", f"one of: {', '.join(SPLITS)}")
    weights = _weights(split, tuple(sorted(only)))
    rng = Random(f"{seed}/{split}/{index}")  # noqa: S311 - pictures, not secrets
    chosen = KINDS[rng.choices(list(weights), list(weights.values()))[0]]
    language = "ko" if rng.random() < KOREAN_SHARE and has_korean(split) else "en"
    shape = math.exp(rng.uniform(*map(math.log, chosen.shapes)))
    sheet = Sheet(rng, split, language, shape, dark=rng.random() < chosen.dark)
    if chosen.name in PLOTTED and not sheet.dark and can_plot() and rng.random() < PLOTTED_SHARE:
        plot(sheet, chosen.name)
    else:
        chosen.paint(sheet)
    surround(sheet, chosen.group)
    if not whole:
        cut(sheet, chosen.group)
    name = quality(rng) if degraded else "clean"
    facts = _facts(sheet, chosen.name, chosen.group, name)
    # A strip keeps more pixels of its longer side: an encoder that squashes it to a square sees both sides sharp.
    ratio = max(sheet.image.size) / min(sheet.image.size)
    image = degrade(sheet.image, name, rng, round(size * min(2.0, max(1.0, ratio / 1.6))))
    return Picture(image, chosen.name, describe(facts, rng, split), facts)


def english(index: int, seed: int, split: str = "train") -> Picture:
    """The same picture with its English captions alone, for a text tower that knows no Korean."""
    made = picture(index, seed, split)
    return replace(made, wordings=tuple(caption for caption in made.wordings if caption.language == "en"))


def kinds(split: str = "train") -> tuple[str, ...]:
    """The names of the kinds that this machine can draw in `split`."""
    lacking = missing(split)
    return tuple(name for name in KINDS if name not in lacking)


@lru_cache(maxsize=2)
def missing(split: str = "train") -> dict[str, str]:
    """What cannot be drawn here, a kind or `Korean`, each with the reason and what to install."""
    found = {}
    if photos.missing(split):
        found["photo"] = photos.missing(split)
    if find_spec("matplotlib") is None:
        found["equation"] = "matplotlib is not installed (pip install 'mmrag[plot]')"
    if not has_korean(split):
        found["Korean"] = f"no Korean font for {split!r} is installed (apt install fonts-nanum)"
    return found


@lru_cache(maxsize=64)
def _weights(split: str, only: tuple[str, ...]) -> dict[str, float]:
    unknown = [name for name in only if name not in kinds(split)]
    if unknown:
        reason = missing(split).get(unknown[0], f"one of: {', '.join(kinds(split))}")
        raise UsageError(f"cannot draw {unknown[0]!r}", reason)
    return {name: KINDS[name].weight for name in only or kinds(split)}


def _facts(sheet: Sheet, name: str, group: str, made: str) -> Facts:
    share = sheet.width / sheet.height
    grey = made in GREY
    return Facts(
        type=name,
        group=group,
        subject=sheet.subject,
        colours=() if grey else tuple(sheet.colours),
        palette=dict(sheet.colours),
        counts=dict(sheet.counts),
        traits=tuple(trait for trait in sheet.traits if not (grey and trait == "shades")),
        layout="landscape" if share > 1.1 else "portrait" if share < 0.9 else "square",
        language=sheet.language,
        quality=made,
    )
