"""What scanning, photographing, faxing and screen capture do to a picture. Knows pixels only.

Scan: a small turn, tinted paper, blur, noise, JPEG. Phone: perspective on a table, a shadow, uneven light, blur, noise,
JPEG. Fax: two tones, turned a little. Web: cut or padded edges, fewer pixels, JPEG.
"""

from __future__ import annotations

import io
from random import Random

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

__all__ = ["GREY", "degrade", "quality"]

GREY = frozenset({"grey scan", "fax"})
"""The qualities that take the colours away, so that no caption may name one."""

_SHARES = {"clean": 0.4, "web": 0.22, "scan": 0.14, "grey scan": 0.06, "fax": 0.03, "phone": 0.15}


def quality(rng: Random) -> str:
    """What will be done to a picture: `clean`, `web`, `scan`, `grey scan`, `fax` or `phone`."""
    return rng.choices(list(_SHARES), list(_SHARES.values()))[0]


def degrade(image: Image.Image, name: str, rng: Random, size: int) -> Image.Image:
    """The picture as `name` leaves it, its longer side `size` pixels."""
    if name in ("scan", "grey scan", "fax"):
        image = _turned(image, rng)
    elif name == "phone":
        image = _photographed(image, rng)
    elif name == "web":
        image = _cut(image, rng)
    share = size / max(image.size)
    target = (max(1, round(image.width * share)), max(1, round(image.height * share)))
    image = image.resize(target, Image.Resampling.BOX if share < 0.5 else Image.Resampling.BILINEAR, reducing_gap=None)
    if name == "clean":
        return image
    if name == "web":
        return _squeezed(_shrunk(image, rng), rng, 40)
    if rng.random() < 0.7:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.9)))
    pixels = np.asarray(image, np.float32)
    if name == "phone":
        pixels = pixels * _light(pixels.shape[0], pixels.shape[1], rng)[:, :, None]
    elif name in ("scan", "grey scan"):
        tint = np.array([1.0, rng.uniform(0.95, 1.0), rng.uniform(0.86, 0.99)], np.float32)
        pixels = pixels * tint * rng.uniform(0.9, 1.0)
    pixels = pixels + _grain(pixels.shape[:2], rng)[:, :, None]
    image = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
    if name in GREY:
        image = image.convert("L")
        if name == "fax":
            # Error diffusion, as a fax machine does, keeps pale bars visible.
            image = image.convert("1")
        image = image.convert("RGB")
    return _squeezed(image, rng, 30)


def _edge(image: Image.Image) -> tuple[int, int, int]:
    """The ground of a picture: its corner where that is light or dark, as paper and screens are; else white."""
    pixel = image.getpixel((1, 1))
    if isinstance(pixel, tuple) and (min(pixel) > 200 or max(pixel) < 70):
        return pixel[0], pixel[1], pixel[2]
    return 255, 255, 255


def _turned(image: Image.Image, rng: Random) -> Image.Image:
    angle = rng.gauss(0, 1.3)
    return image.rotate(angle, Image.Resampling.BILINEAR, expand=False, fillcolor=_edge(image))


def _cut(image: Image.Image, rng: Random) -> Image.Image:
    """A little off each edge, or a little more margin."""
    sides = [rng.uniform(-0.07, 0.03) for _ in range(4)]
    left, top, right, bottom = (round(side * edge) for side, edge in zip(sides, image.size * 2, strict=True))
    grown = Image.new("RGB", (image.width - left - right, image.height - top - bottom), _edge(image))
    grown.paste(image, (-left, -top))
    return grown


def _photographed(image: Image.Image, rng: Random) -> Image.Image:
    """The sheet seen aslant on a table."""
    wide, tall = image.size
    margin = rng.uniform(0.0, 0.1)
    reach = (0.02 + margin) * wide, (0.02 + margin) * tall
    corners = [
        (x + sx * rng.uniform(0.1, 1.0) * reach[0], y + sy * rng.uniform(0.1, 1.0) * reach[1])
        for x, y, sx, sy in ((0, 0, 1, 1), (wide, 0, -1, 1), (wide, tall, -1, -1), (0, tall, 1, -1))
    ]
    table = rng.choice([(120, 90, 65), (60, 60, 66), (170, 165, 155), (205, 190, 165), (35, 30, 30)])
    square = [(0.0, 0.0), (float(wide), 0.0), (float(wide), float(tall)), (0.0, float(tall))]
    factors = _perspective(corners, square)
    return image.transform(image.size, Image.Transform.PERSPECTIVE, factors, Image.Resampling.BILINEAR, fillcolor=table)


def _perspective(seen: list[tuple[float, float]], flat: list[tuple[float, float]]) -> list[float]:
    """The eight factors that carry points of the seen picture back to the flat sheet."""
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    solved = np.linalg.solve(np.array(rows), np.array(values))
    return [float(value) for value in solved]


def _light(tall: int, wide: int, rng: Random) -> NDArray[np.float32]:
    """Light that falls off across the sheet, with a soft-edged shadow in half of the cases."""
    y, x = np.mgrid[0 : 1 : tall * 1j, 0 : 1 : wide * 1j].astype(np.float32)
    field = 1.0 + rng.uniform(-0.25, 0.1) * x + rng.uniform(-0.25, 0.1) * y
    if rng.random() < 0.5:
        edge = (x - 0.5) * rng.uniform(-1, 1) + (y - 0.5) * rng.uniform(-1, 1) - rng.uniform(-0.25, 0.25)
        depth = rng.uniform(0.2, 0.45)
        field = field * (1 - depth / (1 + np.exp(-edge * rng.uniform(15, 60))))
    return np.asarray(field, np.float32)


def _grain(shape: tuple[int, ...], rng: Random) -> NDArray[np.float32]:
    generator = np.random.default_rng(rng.getrandbits(32))
    return generator.standard_normal(shape, np.float32) * np.float32(rng.uniform(1, 9))


def _shrunk(image: Image.Image, rng: Random) -> Image.Image:
    """Fewer pixels and back, as pictures on the web often are."""
    if rng.random() < 0.6:
        return image
    share = rng.uniform(0.5, 0.9)
    small = image.resize((max(8, round(image.width * share)), max(8, round(image.height * share))))
    return small.resize(image.size, Image.Resampling.BILINEAR)


def _squeezed(image: Image.Image, rng: Random, least: int) -> Image.Image:
    """Through JPEG at a quality from `least` to 90."""
    held = io.BytesIO()
    image.save(held, "JPEG", quality=rng.randint(least, 90))
    with Image.open(held) as back:
        return back.convert("RGB")
