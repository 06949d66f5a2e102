"""The same pair a little otherwise each time it is looked at: cut, framed, lit, and asked for in other words.

`varied_picture` leaves every caption true: no mirroring (letters), no change of hue (colours are named), edges cut by
less than what a chart's own margin is. `varied_part` goes further, for captions that say no more than the kind: real
pictures differ from drawn ones in what a model must not hold on to, the whole of an outline, a scale, a palette.
Knows no model.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import numpy as np
from PIL import Image

__all__ = ["Part", "varied_part", "varied_picture", "varied_text"]

_CUT, _FRAME = 0.06, 0.08
"""Shares of a side that may be cut off, or added, at each edge."""
_SMALLEST, _LARGE = 0.4, 0.5
"""Shares of a side, and of the area, that a part has at least: of any part, and of one that still shows its kind."""
_FEWEST = 48
"""Pixels of a side of a part."""
_EMPTY = 6.0
"""Standard deviation of the grey levels below which a part shows nothing."""
_ASKED = {
    "en": ("find {}", "show me {}", "where is {}?", "which page shows {}?", "the page with {}", "I look for {}"),
    "ko": ("{} 찾아줘", "{} 보여줘", "{} 어디 있어?", "{} 있는 페이지", "{}이(가) 나오는 쪽은?", "어느 쪽에 {} 있나"),
}
_JOINED = {
    "en": ("{} of {}", "{} about {}", "{} for {}", "{}: {}", "{} by {}"),
    "ko": ("{1} {0}", "{1}의 {0}", "{0}: {1}"),
}
_ONSETS = ("b", "br", "c", "ch", "d", "f", "g", "h", "l", "m", "n", "p", "pr", "r", "s", "st", "t", "tr", "v", "w", "")
_VOWELS = ("a", "e", "i", "o", "u", "ai", "ea", "ou")
_CODAS = ("", "", "n", "r", "s", "t", "l", "nd", "ck", "ng", "m")
_HANGUL, _SYLLABLES = 0xAC00, 11172


class Part(NamedTuple):
    """`kept`: the beginnings of the claims that stay true of `image`."""

    image: Image.Image
    kept: tuple[str, ...]


def varied_part(image: Image.Image, rng: Random) -> Part:
    """RGB: a part at random, or the whole on a larger ground; often grey, in exchanged colours, or paler or darker."""
    image = image.convert("RGB")
    area = 1.0
    if rng.random() < 0.75:
        for _ in range(3):
            wide, tall = (rng.uniform(min(1, max(_SMALLEST, _FEWEST / side)), 1) for side in image.size)
            left, top = rng.uniform(0, 1 - wide) * image.width, rng.uniform(0, 1 - tall) * image.height
            box = int(left), int(top), int(left + wide * image.width) + 1, int(top + tall * image.height) + 1
            part = image.crop((box[0], box[1], min(image.width, box[2]), min(image.height, box[3])))
            if float(np.asarray(part.convert("L")).std()) > _EMPTY:
                image, area = part, wide * tall
                break
    elif min(image.size) > 1:
        width, height = (round(side * (1 + rng.uniform(0, 0.5))) for side in image.size)
        left, top = rng.randint(0, width - image.width), rng.randint(0, height - image.height)
        image = _framed(image, (width, height), (left, top))
    chance = rng.random()
    if chance < 0.2:
        image = image.convert("L").convert("RGB")
    elif chance < 0.45:
        image = Image.merge("RGB", rng.sample(image.split(), 3))
    if rng.random() < 0.4:
        power = 2 ** rng.uniform(-1, 1)
        image = image.point([round(255 * (value / 255) ** power) for value in range(256)] * 3)
    return Part(image, ("type:", "group:") if area > _LARGE else ("group:",))


def varied_picture(image: Image.Image, rng: Random) -> Image.Image:
    """RGB, each edge cut or framed a little, lighter or darker, with more or less contrast."""
    image = image.convert("RGB")
    if rng.random() < 0.8:
        sides = [rng.uniform(-_CUT, _FRAME) for _ in range(4)]
        left, top, right, bottom = (round(side * edge) for side, edge in zip(sides, image.size * 2, strict=True))
        image = _framed(image, (image.width + left + right, image.height + top + bottom), (left, top))
    if rng.random() < 0.5:
        gain, lift = rng.uniform(0.85, 1.15), rng.uniform(-15, 15)
        image = image.point([round(value * gain + lift) for value in range(256)] * 3)
    return image


def _framed(image: Image.Image, size: tuple[int, int], place: tuple[int, int]) -> Image.Image:
    """The picture on ground of its own colour; a negative place cuts it."""
    ground = image.getpixel((1, 1)) if min(image.size) > 1 else (255, 255, 255)
    framed = Image.new("RGB", size, ground)
    framed.paste(image, place)
    return framed


def varied_text(text: str, rng: Random, *, longest: int = 90) -> str:
    """A caption with a subject that no model knows, or as a question would put it; long ones stay as they are.

    What is asked for is found among words that say nothing of the looks ("the pie chart of revenue by market"): words
    made up at random teach that such words are to be passed over.
    """
    if len(text) > longest:
        return text
    language = "ko" if any("가" <= letter <= "힣" for letter in text) else "en"
    if rng.random() < 0.4:
        text = rng.choice(_JOINED[language]).format(text, _made_up(rng, language))
    if rng.random() < 0.25:
        text = rng.choice(_ASKED[language]).format(text)
    return text


def _made_up(rng: Random, language: str) -> str:
    """One to four words of syllables drawn at random."""
    words = []
    for _ in range(rng.randint(1, 4)):
        if language == "ko":
            words.append("".join(chr(_HANGUL + rng.randrange(_SYLLABLES)) for _ in range(rng.randint(1, 4))))
        else:
            parts = (rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS) for _ in range(rng.randint(1, 3)))
            words.append("".join(parts))
    return " ".join(words)
