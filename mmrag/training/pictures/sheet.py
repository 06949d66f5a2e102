"""The sheet that a picture is drawn on, and the book that is kept of what was drawn.

A painter draws through the sheet and notes what can be seen: colours by name, counts, traits, the subject. The captions
are composed from those notes alone. Knows no kind of picture and no caption.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

from PIL import Image, ImageDraw, ImageFont

from mmrag.training.pictures.colours import NAMES, RGB, SHADES, mix, shade
from mmrag.training.pictures.fonts import families, load
from mmrag.training.pictures.words import SUBJECTS, Term, sentence

__all__ = ["LONG_SIDE", "Sheet"]

LONG_SIDE = 512
"""Pixels of the longer side while drawing; twice what an encoder sees, so that lines come out smooth."""

Point = tuple[float, float]


class Sheet:
    """A canvas of `width` x `height` pixels in one font, one language, on one paper."""

    def __init__(self, rng: Random, split: str, language: str, shape: float, *, dark: bool = False) -> None:
        self.rng, self.split, self.language = rng, split, language
        self.width = LONG_SIDE if shape >= 1 else max(96, round(LONG_SIDE * shape))
        self.height = LONG_SIDE if shape < 1 else max(32, round(LONG_SIDE / shape))
        self.dark = dark
        self.paper, self.ink = self._ground(dark)
        self.faint = mix(self.paper, self.ink, 0.18)
        self.soft = mix(self.paper, self.ink, 0.5)
        self.family = rng.choice(families(split, korean=language == "ko"))
        self.mono = rng.choice(families(split, korean=language == "ko", mono=True))
        self.justified = rng.random() < 0.6
        self.image = Image.new("RGB", (self.width, self.height), self.paper)
        self.draw = ImageDraw.Draw(self.image)
        self.subject: Term | None = None
        self.colours: dict[str, RGB] = {}
        self.counts: dict[str, int] = {}
        self.traits: list[str] = []
        if dark:
            self.note("dark")

    def _ground(self, dark: bool) -> tuple[RGB, RGB]:
        if dark:
            return self.rng.choice([(24, 26, 32), (0, 0, 0), (30, 34, 58), (40, 44, 52)]), (235, 235, 238)
        paper = self.rng.choice([(255, 255, 255)] * 6 + [(250, 249, 245), (245, 246, 248)])
        return paper, self.rng.choice([(20, 20, 20), (40, 40, 44), (0, 0, 0), (35, 40, 60)])

    # Chance.

    def chance(self, share: float) -> bool:
        """True in `share` of the cases."""
        return self.rng.random() < share

    def between(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return self.rng.randint(low, high)

    # The book.

    def note(self, *traits: str) -> None:
        """Keep traits that can be seen."""
        self.traits += [trait for trait in traits if trait not in self.traits]

    def count(self, what: str, number: int) -> None:
        """Keep how many of `what` were drawn."""
        self.counts[what] = number

    def about(self) -> str:
        """The subject of the picture, chosen at the first call, in the sheet's language."""
        if self.subject is None:
            self.subject = self.rng.choice(SUBJECTS)
        said = self.subject.said(self.language)
        return said[0].upper() + said[1:]

    def numbered(self, group: str) -> str:
        """How a caption begins: "Table 3." or "Figure 12.", in the sheet's language."""
        names = ("Table", "Figure") if self.language == "en" else ("표", "그림")
        return f"{names[group != 'table']} {self.between(1, 30)}."

    def said(self, term: Term) -> str:
        """A term in the sheet's language."""
        return term.said(self.language)

    def sample(self, pool: Sequence[Term], number: int) -> list[str]:
        """`number` terms of a pool in the sheet's language, without repetition while they last."""
        number = max(0, number)
        rounds = [term for _ in range(math.ceil(number / len(pool))) for term in self.rng.sample(pool, len(pool))]
        return [self.said(term) for term in rounds[:number]]

    def colour(self, *names: str) -> RGB:
        """One colour, noted; one of `names` where they are given."""
        free = [name for name in names or NAMES[:-1] if name not in self.colours]
        name = self.rng.choice(free or list(names or NAMES[:-1]))
        if name not in self.colours:
            self.colours[name] = self.rng.choice(SHADES[self.split][name])
        return self.colours[name]

    def plain(self, *names: str) -> RGB:
        """One colour that no caption shall name, for small things."""
        return self.rng.choice(SHADES[self.split][self.rng.choice(names or NAMES[:-1])])

    def palette(self, number: int) -> list[RGB]:
        """`number` colours, noted: all different in name, or tones of a single one."""
        if 2 <= number <= 5 and self.chance(0.22):
            self.note("shades")
            first = self.colour("red", "green", "blue", "purple", "orange", "grey", "teal", "brown")
            return [shade(first, step, number) for step in range(number)]
        return [self.colour() for _ in range(number)]

    # Drawing.

    def text(
        self, at: Point, words: str, size: float, fill: RGB | None = None, *, anchor: str = "la", **style: float | bool
    ) -> float:
        """Write one line and return its width in pixels. Styles: `bold`, `mono`, `width` (shrink, then cut to it)."""
        width, bold = float(style.get("width", 0)), bool(style.get("bold", False))
        family = self.mono if style.get("mono") else self.family
        font = load(family, max(5, round(size)), bold)
        length = font.getlength(words)
        if width and length > width:
            font = load(family, max(5, round(size * max(0.72, width / length))), bold)
            length = font.getlength(words)
            if length > width:
                keep = max(1, int(len(words) * width / length) - 1)
                words = words[:keep].rstrip() + ("…" if keep > 2 else "")
                length = font.getlength(words)
        self.draw.text(at, words, font=font, fill=fill or self.ink, anchor=anchor)
        return float(length)

    def trim(self, bottom: float) -> None:
        """Cut the sheet off below `bottom`: what is drawn there is margin."""
        self.height = max(32, min(self.height, round(bottom)))
        self.image = self.image.crop((0, 0, self.width, self.height))
        self.draw = ImageDraw.Draw(self.image)

    def length(self, words: str, size: float) -> float:
        """The width in pixels of one line in the regular weight."""
        return float(load(self.family, max(5, round(size))).getlength(words))

    def fitting(self, lines: Sequence[str], size: float, width: float) -> float:
        """One size for all lines so that the longest fits `width`, but not under seven tenths of `size`."""
        return size * max(0.7, min(1.0, width / max(self.length(line, size) for line in lines)))

    def paragraph(self, box: tuple[float, float, float, float], size: float, leading: float = 1.4) -> float:
        """Fill a box (left, top, right, bottom) with running text; return where the last line ends."""
        left, top, right, bottom = box
        font = load(self.family, max(5, round(size)))
        space, y = font.getlength(" "), top
        line: list[str] = []
        used = 0.0
        while y + size * leading <= bottom:
            for word in sentence(self.rng, self.language).split():
                length = font.getlength(word)
                if line and used + length > right - left:
                    self._justified(line, (left, y, right), font)
                    y, line, used = y + size * leading, [], 0.0
                    if y + size * leading > bottom:
                        return y
                line.append(word)
                used += length + space
        return y

    def _justified(self, line: list[str], place: tuple[float, float, float], font: ImageFont.FreeTypeFont) -> None:
        left, y, right = place
        lengths = [font.getlength(word) for word in line]
        gap = (right - left - sum(lengths)) / max(1, len(line) - 1) if self.justified else font.size * 0.3
        x = left
        for word, length in zip(line, lengths, strict=True):
            self.draw.text((x, y), word, font=font, fill=self.ink)
            x += length + gap

    def line(self, points: Sequence[Point], fill: RGB | None = None, width: int = 2) -> None:
        """A line through points."""
        self.draw.line(
            [value for point in points for value in point], fill=fill or self.ink, width=width, joint="curve"
        )

    def box(
        self, box: tuple[float, float, float, float], fill: RGB | None, edge: RGB | None = None, **how: int
    ) -> None:
        """A rectangle (left, top, right, bottom). Options: `width` of the edge, `round` corner radius."""
        width, radius = how.get("width", 1), how.get("round", 0)
        edge = edge if edge is not None else fill
        if radius:
            self.draw.rounded_rectangle(box, radius, fill=fill, outline=edge, width=width)
        else:
            self.draw.rectangle(box, fill=fill, outline=edge, width=width)

    def disc(self, centre: Point, radius: float, fill: RGB | None, edge: RGB | None = None, width: int = 2) -> None:
        """A circle."""
        x, y = centre
        self.draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill, outline=edge, width=width)

    def dashed(self, start: Point, stop: Point, fill: RGB, width: int = 1) -> None:
        """A dashed line."""
        length = math.dist(start, stop)
        steps = max(1, int(length // 10))
        for step in range(steps):
            a, b = step / steps, (step + 0.55) / steps
            ends = [(start[0] + (stop[0] - start[0]) * t, start[1] + (stop[1] - start[1]) * t) for t in (a, b)]
            self.line(ends, fill, width)

    def arrow(self, start: Point, stop: Point, fill: RGB | None = None, width: int = 2) -> None:
        """A line with a head at its end."""
        fill = fill or self.ink
        self.line([start, stop], fill, width)
        angle, head = math.atan2(stop[1] - start[1], stop[0] - start[0]), 5 + 2 * width
        wings = [
            (stop[0] - head * math.cos(angle + turn), stop[1] - head * math.sin(angle + turn)) for turn in (0.45, -0.45)
        ]
        self.draw.polygon([stop, *wings], fill=fill)
