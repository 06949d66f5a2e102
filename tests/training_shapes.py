"""Sixteen pictures of coloured shapes, captioned in English and Korean: pairs that a tiny model learns by heart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from mmrag.training import Pair, Towers
from mmrag.training.pairs import Split

COLOURS = {"red": (220, 30, 30), "green": (30, 180, 60), "blue": (30, 60, 220), "yellow": (240, 220, 40)}
SHAPES = ("circle", "square", "triangle", "cross")
KOREAN = dict(zip((*COLOURS, *SHAPES), ["빨간", "초록", "파란", "노란", "원", "사각형", "삼각형", "십자"], strict=True))


@dataclass(frozen=True)
class Shapes:
    """All of them, to learn and to be measured on alike."""

    total: int = 16

    def count(self, split: Split) -> int:
        return self.total

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        colour, shape = list(COLOURS)[index % 4], SHAPES[index // 4 % 4]
        return f"a {colour} {shape}", f"{KOREAN[colour]} {KOREAN[shape]}"

    def pair(self, split: Split, index: int) -> Pair:
        return Pair(draw(index), self.texts(split, index), str(index))

    def describe(self) -> Mapping[str, Any]:
        return {"name": "shapes", "total": self.total}

    def all_texts(self) -> list[str]:
        return [text for index in range(self.total) for text in self.texts("train", index)]


def draw(index: int) -> Image.Image:
    colour, shape = COLOURS[list(COLOURS)[index % 4]], SHAPES[index // 4 % 4]
    image = Image.new("RGB", (48, 48), "white")
    pen = ImageDraw.Draw(image)
    if shape == "circle":
        pen.ellipse((6, 6, 42, 42), fill=colour)
    elif shape == "square":
        pen.rectangle((8, 8, 40, 40), fill=colour)
    elif shape == "triangle":
        pen.polygon([(24, 4), (44, 44), (4, 44)], fill=colour)
    else:
        pen.rectangle((20, 4, 28, 44), fill=colour)
        pen.rectangle((4, 20, 44, 28), fill=colour)
    return image


def drawn(index: int, seed: int, split: str) -> SimpleNamespace:
    """One of them as the project's own pictures come, with what its captions claim."""
    del seed, split
    colour, shape = list(COLOURS)[index % 4], SHAPES[index // 4 % 4]
    seen = frozenset({colour, shape})
    return SimpleNamespace(
        image=draw(index), captions=(f"a {colour} {shape}", f"a {shape}"), claims=(seen, frozenset({shape})), seen=seen
    )


def write_file(folder: Path) -> Path:
    """The same as pictures on disk with a file of pairs."""
    shapes = Shapes()
    lines = []
    for index in range(16):
        draw(index).save(folder / f"shape-{index}.png")
        lines.append({"image": f"shape-{index}.png", "text": list(shapes.texts("train", index))})
    file = folder / "pairs.jsonl"
    file.write_text("\n".join(json.dumps(line, ensure_ascii=False) for line in lines), "utf-8")
    return file


def features(towers: Towers, texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Of the sixteen pictures and of texts, as the model in training has them."""
    import torch

    towers.train(False)
    pixels = np.stack([towers.recipe.pixels(draw(index)) for index in range(16)])
    std, mean = (np.asarray(value)[None, :, None, None] for value in (towers.recipe.std, towers.recipe.mean))
    whole = np.rint((pixels * std + mean) * 255).astype(np.uint8)
    with torch.inference_mode():
        images = towers.image_features(torch.from_numpy(whole)).numpy()
        return images, towers.text_features(texts).numpy()
