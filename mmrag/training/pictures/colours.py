"""Named colours: the shades that each name stands for, apart for each split, and their mixtures. Knows no picture."""

from __future__ import annotations

__all__ = ["NAMES", "RGB", "SHADES", "mix", "name_of", "readable_on", "shade"]

RGB = tuple[int, int, int]

NAMES = ("red", "orange", "yellow", "green", "teal", "blue", "purple", "pink", "brown", "grey", "black")

_TRAIN = {
    "red": "d62728 c00000 e41a1c ff4b4b b22222 dc3545",
    "orange": "ff7f0e ed7d31 f28e2b ff9900 fd8d3c e8710a",
    "yellow": "ffc000 f6c945 ffd92f fbbc04 edc948 ffe135",
    "green": "2ca02c 70ad47 59a14f 34a853 4daf4a 1b7837",
    "teal": "17becf 76b7b2 009688 20b2aa 1b9e9e 008080",
    "blue": "1f77b4 4472c4 4e79a7 4285f4 0078d4 377eb8",
    "purple": "9467bd 7030a0 984ea3 b07aa1 6a3d9a 7e57c2",
    "pink": "e377c2 ff9da7 f781bf e91e8c fa8fb1 ff69b4",
    "brown": "8c564b 9c755f a65628 7f4f24 8b5a2b 6f4518",
    "grey": "7f7f7f a5a5a5 999999 808b96 6c757d",
    "black": "1a1a1a 222222 2b2b2b",
}
_HELD_OUT = {
    "red": "e63946 cc1111 a4161a",
    "orange": "f58518 f3722c fb8500",
    "yellow": "eeca3b ffd43b f9c22b",
    "green": "54a24b 2f9e44 6a994e",
    "teal": "72b7b2 2a9d8f 0c8599",
    "blue": "4c78a8 1864ab 3a86ff",
    "purple": "8e44ad 5f3dc4 9d4edd",
    "pink": "f06595 d6409f ff8fab",
    "brown": "80472c a0622d 7f5539",
    "grey": "868e96 9a9a9a 8d8d8d",
    "black": "111111 333333",
}


def _parse(value: str) -> RGB:
    return int(value[:2], 16), int(value[2:4], 16), int(value[4:], 16)


SHADES: dict[str, dict[str, tuple[RGB, ...]]] = {
    split: {name: tuple(_parse(value) for value in values.split()) for name, values in table.items()}
    for split, table in (("train", _TRAIN), ("held-out", _HELD_OUT))
}


def mix(one: RGB, other: RGB, share: float) -> RGB:
    """`share` of `other` in `one`, 0 to 1."""
    parts = [round(a + (b - a) * share) for a, b in zip(one, other, strict=True)]
    return parts[0], parts[1], parts[2]


def shade(colour: RGB, step: int, steps: int) -> RGB:
    """The `step`-th of `steps` tones of a colour, the full tone first, each lighter than the one before."""
    return mix(colour, (255, 255, 255), 0.72 * step / max(1, steps - 1))


def readable_on(ground: RGB) -> RGB:
    """Near black or white, whichever reads better on `ground` (luminance of Rec. 601)."""
    light = 0.299 * ground[0] + 0.587 * ground[1] + 0.114 * ground[2]
    return (25, 25, 25) if light > 140 else (250, 250, 250)


def name_of(colour: RGB) -> str:
    """The name whose nearest shade, over both splits, is nearest to `colour`."""

    def distance(name: str) -> int:
        shades = SHADES["train"][name] + SHADES["held-out"][name]
        return min(sum((a - b) ** 2 for a, b in zip(colour, known, strict=True)) for known in shades)

    return min(NAMES, key=distance)
