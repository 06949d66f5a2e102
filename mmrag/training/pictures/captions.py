"""Captions composed from the facts of a picture: several details, two languages, the wordings of one split.

A caption says only what the facts hold, so it is true as far as they are. Knows no pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import NamedTuple, TypedDict

from mmrag.training.pictures.colours import RGB
from mmrag.training.pictures.mixed import INSIDE
from mmrag.training.pictures.wordings import COLOURS, COUNTS, GROUPS, NOUNS, NUMBERS, TRAITS
from mmrag.training.pictures.words import Term

__all__ = ["STYLES", "Caption", "Facts", "Style", "describe", "seen"]


class Facts(TypedDict):
    """What is in a picture."""

    type: str
    """The kind, as in `KINDS`."""
    group: str
    """The coarse class: bar chart, line chart, pie chart, chart, table, diagram, photo, text, form, slide, code, ..."""
    subject: Term | None
    colours: tuple[str, ...]
    """English names of the colours that carry the picture; empty where degrading took colours away."""
    palette: dict[str, RGB]
    """Colour name -> its value before degrading."""
    counts: dict[str, int]
    traits: tuple[str, ...]
    """Keys of `wordings.TRAITS`."""
    layout: str
    """`landscape`, `portrait` or `square`."""
    language: str
    """Of the text in the picture, `en` or `ko`."""
    quality: str
    """`clean`, `web`, `scan`, `grey scan`, `fax` or `phone`."""


class Caption(NamedTuple):
    """`detail`: 0 the kind, 1 with its subject, 2 with colours and counts, 3 everything, 4 the group alone.

    `claims`: what the caption says that can be seen in a small picture, in the words of `seen`. It fits every picture
    of which all of that is true.
    """

    text: str
    language: str
    detail: int
    claims: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Style:
    """The sentence patterns of one split in one language."""

    plain: tuple[str, ...]
    about: tuple[str, ...]
    coloured: tuple[str, ...]
    counted: tuple[str, ...]
    seen: tuple[str, ...]


STYLES = {
    ("train", "en"): Style(
        plain=("{a}", "{n}", "a picture of {a}", "this is {a}", "an image showing {a}"),
        about=("{a} of {s}", "{n}: {s}", "{a} about {s}", "{n} titled {s}", "{s}, {n}"),
        coloured=("in {c}", "coloured {c}", "{c}"),
        counted=("with {k}", "having {k}", "{k}"),
        seen=("showing {t}", "with {t}", "{t}"),
    ),
    ("held-out", "en"): Style(
        plain=("here one sees {a}", "what we look at is {a}"),
        about=("{a} whose subject is {s}", "on the topic {s}, {a}"),
        coloured=("drawn in the colours {c}", "using {c}"),
        counted=("made up of {k}", "in which there are {k}"),
        seen=("also to be seen: {t}", "further {t}"),
    ),
    ("train", "ko"): Style(
        plain=("{n}", "{n} 이미지", "이것은 {n}", "{n}의 모습"),
        about=("{s}에 관한 {n}", "{s} {n}", "{n}: {s}", "{s}의 {n}"),
        coloured=("{c}", "색은 {c}", "{c} 사용"),
        counted=("{k}", "{k} 있음", "{k} 포함"),
        seen=("{t}", "특징: {t}"),
    ),
    ("held-out", "ko"): Style(
        plain=("여기 보이는 것은 {n}", "화면 속 {n}"),
        about=("{s}을(를) 다룬 {n}", "주제가 {s}인 {n}"),
        coloured=("칠한 색 {c}", "{c} 쓰임"),
        counted=("모두 {k}", "{k}로 이루어짐"),
        seen=("그 밖에 {t}", "보이는 것: {t}"),
    ),
}

MOST_COLOURS, MOST_TRAITS = 4, 4

DETAILS = (3, 2, 1, 3, 0, 2, 3)
"""Of the captions that name the kind; what tells pictures apart is said more often than what groups them."""

_SUBJECT_SEEN = frozenset({"photo"})
"""Groups whose subject is seen; elsewhere it is written in letters that a small picture does not show."""


def describe(facts: Facts, rng: Random, split: str) -> tuple[Caption, ...]:
    """Eight captions in English, then eight in Korean, the fullest first; equal texts are not removed."""
    found = []
    for language in ("en", "ko"):
        writer = _Writer(facts, rng, split, language)
        for detail in DETAILS:
            found.append(writer.caption(_noun(facts, rng, split, language), detail))
        found.append(writer.caption(rng.choice(GROUPS[facts["group"]][language].of(split)), 4))
    return tuple(found)


def seen(facts: Facts) -> frozenset[str]:
    """All that captions may claim of a picture, as `name:value`."""
    found = {f"type:{facts['type']}", f"group:{facts['group']}", f"trait:in-{_LANGUAGES[facts['language']]}"}
    found |= {f"colour:{colour}" for colour in facts["colours"]}
    found |= {f"count:{what}={number}" for what, number in facts["counts"].items()}
    found |= {f"trait:{trait}" for trait in (*facts["traits"], facts["quality"])}
    if facts["subject"] is not None and facts["group"] in _SUBJECT_SEEN:
        found.add(f"subject:{facts['subject'].en}")
    return frozenset(found)


_LANGUAGES = {"en": "english", "ko": "korean"}


def _noun(facts: Facts, rng: Random, split: str, language: str) -> str:
    """A name of the kind; for a page with a figure, the figure's name is part of it."""
    noun = rng.choice(NOUNS[facts["type"]][language].of(split))
    for trait in facts["traits"]:
        if trait.startswith(INSIDE):
            inner = rng.choice(NOUNS[trait.removeprefix(INSIDE)][language].of(split))
            noun = noun.format(x=inner if language == "ko" else _with_article(inner))
    return noun


class _Writer:
    """Sentences about one picture in one language."""

    def __init__(self, facts: Facts, rng: Random, split: str, language: str) -> None:
        self.facts, self.rng, self.split, self.language = facts, rng, split, language
        self.style = STYLES[split, language]

    def caption(self, noun: str, detail: int) -> Caption:
        """The caption of one detail."""
        facts, style, choice = self.facts, self.style, self.rng.choice
        subject = facts["subject"] if detail in (1, 3) else None
        said = subject.said(self.language) if subject else ""
        head = choice(style.about if subject else style.plain)
        parts = [head.format(a=_with_article(noun), n=noun, s=said)]
        claims = {f"group:{facts['group']}"} if detail == 4 else {f"type:{facts['type']}"}
        if detail != 4:
            claims |= {f"trait:{trait}" for trait in facts["traits"] if trait.startswith(INSIDE)}
        if subject and facts["group"] in _SUBJECT_SEEN:
            claims.add(f"subject:{subject.en}")
        if detail in (2, 3):
            if facts["colours"]:
                parts.append(choice(style.coloured).format(c=self._colours()))
                claims |= {f"colour:{colour}" for colour in facts["colours"][:MOST_COLOURS]}
            if facts["counts"]:
                parts.append(choice(style.counted).format(k=self._counts()))
                claims |= {f"count:{what}={number}" for what, number in facts["counts"].items()}
        traits = self._traits() if detail == 3 else []
        if traits:
            words = [self.rng.choice(TRAITS[key][self.language].of(self.split)) for key in traits]
            parts.append(choice(style.seen).format(t=", ".join(words)))
            claims |= {f"trait:{key}" for key in traits}
        return Caption(", ".join(parts), self.language, detail, frozenset(claims))

    def _joined(self, words: list[str]) -> str:
        if self.language == "ko" or len(words) < 2:
            return ", ".join(words)
        return f"{', '.join(words[:-1])} and {words[-1]}"

    def _colours(self) -> str:
        names = list(self.facts["colours"])
        if self.language == "ko":
            said = [COLOURS[name] for name in names[:MOST_COLOURS]] + ["여러 색"] * (len(names) > MOST_COLOURS)
        else:
            said = names[:MOST_COLOURS] + ["other colours"] * (len(names) > MOST_COLOURS)
        if "shades" not in self.facts["traits"]:
            return self._joined(said)
        return f"{said[0]} 계열" if self.language == "ko" else f"shades of {said[0]}"

    def _counts(self) -> str:
        spelled, said = self.rng.random() < 0.5, []
        for what, number in self.facts["counts"].items():
            one, many, korean = COUNTS[what]
            figure = NUMBERS[number] if spelled and number < len(NUMBERS) else str(number)
            said.append(
                korean.format(n=number) if self.language == "ko" else f"{figure} {one if number == 1 else many}"
            )
        return self._joined(said)

    def _traits(self) -> list[str]:
        facts, rng = self.facts, self.rng
        keys = [key for key in facts["traits"] if key != "shades" and not key.startswith(INSIDE)]
        keys = sorted(rng.sample(keys, min(len(keys), MOST_TRAITS)), key=keys.index)
        if facts["quality"] in TRAITS and rng.random() < 0.6:
            keys.append(facts["quality"])
        if facts["group"] not in ("photo", "drawing", "equation", "code") and rng.random() < 0.3:
            keys.append("in-korean" if facts["language"] == "ko" else "in-english")
        return keys


MASS = frozenset({"code", "text", "mathematics", "nature"})
BARE = frozenset({"a", "an", "running", "taken"})
"""First words of phrases that have their article already, or that take none."""

FOLLOWERS = """
of with without in that by to for a the drawn joined cut filled whose where from on along under taken placed and or
below made around between written
"""
AFTER_HEAD = frozenset(FOLLOWERS.split())


def _with_article(noun: str) -> str:
    """A noun phrase with "a" or "an", unless its head is a plural or has none, as "code"."""
    words = noun.split()
    head = next((words[place - 1] for place, word in enumerate(words) if place and word in AFTER_HEAD), words[-1])
    if words[0] in BARE or head in MASS or (head.endswith("s") and not head.endswith("ss")):
        return noun
    return f"{'an' if noun.startswith(('a', 'e', 'i', 'o', 'un')) else 'a'} {noun}"
