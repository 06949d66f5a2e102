"""Things alone on plain ground, as catalogues photograph their goods: a tube, a lump, a case with a screen."""

from __future__ import annotations

import math

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from mmrag.training.pictures.colours import RGB, mix
from mmrag.training.pictures.sheet import Sheet

__all__ = ["TONES", "still_life"]

TONES: tuple[RGB, ...] = (
    (190, 190, 195),
    (200, 160, 120),
    (120, 70, 50),
    (60, 65, 75),
    (225, 222, 215),
    (90, 120, 160),
)
"""Colours of metal, clay, wood, rubber, plastic and paint."""


def still_life(sheet: Sheet, surface: Image.Image) -> None:
    """One thing of that surface (RGB, as large as the sheet), lit from the upper left, with its shadow."""
    rng, size = sheet.rng, (sheet.width, sheet.height)
    ground = _ground(sheet)
    thing, mask = rng.choice([_tube, _tube, _lump, _lump, _case])(sheet, surface)
    least = min(size)
    shadow = mask.filter(ImageFilter.GaussianBlur(least * 0.03)).point(lambda value: value // 3)
    ground.paste((0, 0, 0), (round(least * 0.02), round(least * 0.03)), shadow)
    ground.paste(thing, mask=mask.filter(ImageFilter.GaussianBlur(1)))
    sheet.image.paste(ground.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.9))))
    sheet.note("close-up")


def _ground(sheet: Sheet) -> Image.Image:
    """Nearly white or dark, a little lighter at one end."""
    rng, size = sheet.rng, (sheet.width, sheet.height)
    far = rng.randint(20, 90) if sheet.chance(0.4) else rng.randint(225, 255)
    near = max(0, min(255, far + rng.randint(-35, 10)))
    cast = rng.choice([(0, 0, 0), (0, 0, 0), (4, 8, 12), (10, 4, -4)])
    low, high = (Image.new("RGB", size, tuple(max(0, min(255, level + add)) for add in cast)) for level in (near, far))
    return Image.composite(low, high, Image.linear_gradient("L").resize(size))


def _tube(sheet: Sheet, surface: Image.Image) -> tuple[Image.Image, Image.Image]:
    """A bent tube: rounds of light along a curve. The picture and the mask of where it is."""
    rng, tone = sheet.rng, surface.resize((1, 1)).getpixel((0, 0))
    corners = [(rng.uniform(0.08, 0.92) * sheet.width, rng.uniform(0.08, 0.92) * sheet.height) for _ in range(4)]
    path = [_bezier(corners, step / 200) for step in range(201)]
    thing, mask = surface.copy(), Image.new("L", surface.size)
    paint, pen = ImageDraw.Draw(thing), ImageDraw.Draw(mask)
    thick = min(surface.size) * rng.uniform(0.02, 0.14)
    for x, y in path:
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
    for part in (1.0, 0.8, 0.6, 0.4, 0.2):
        light = (255, 255, 255) if part < 0.7 else (10, 10, 15)
        shade = mix(tone, light, 0.55 * abs(part - 0.6) / 0.4)  # type: ignore[arg-type]
        near, off = thick * part / 2, thick * (1 - part) * 0.2
        for x, y in path:
            paint.ellipse((x - near - off, y - near - off, x + near - off, y + near - off), fill=shade)
    return thing, mask


def _lump(sheet: Sheet, surface: Image.Image) -> tuple[Image.Image, Image.Image]:
    """A stone, a fruit, a piece of clay: an oval with bumps, dark towards its lower right."""
    (x, y), (wide, tall) = _place(sheet)
    bumps, ring = [sheet.rng.uniform(-0.16, 0.16) for _ in range(5)], []
    for step in range(48):
        turn = math.tau * step / 48
        away = 1 + sum(bump * math.cos(order * turn + bump * 40) for order, bump in enumerate(bumps, 1))
        ring.append((x + wide * away * math.cos(turn), y + tall * away * math.sin(turn)))
    mask = Image.new("L", surface.size)
    ImageDraw.Draw(mask).polygon(ring, fill=255)
    return _lit(surface, (x, y), (wide, tall)), mask


def _case(sheet: Sheet, surface: Image.Image) -> tuple[Image.Image, Image.Image]:
    """An instrument: a box with round corners and a dark screen with something on it."""
    rng, ((x, y), (wide, tall)) = sheet.rng, _place(sheet)
    mask, thing = Image.new("L", surface.size), _lit(surface, (x, y), (wide, tall))
    box, paint = (x - wide, y - tall, x + wide, y + tall), ImageDraw.Draw(thing)
    ImageDraw.Draw(mask).rounded_rectangle(box, min(surface.size) * rng.uniform(0.01, 0.08), fill=255)
    left, top = x - wide * 0.8, y - tall * 0.75
    right, bottom = x + wide * rng.uniform(0.2, 0.8), y + tall * rng.uniform(0.2, 0.7)
    paint.rectangle((left, top, right, bottom), fill=(15, 20, 40))
    for _ in range(rng.randint(1, 5)):
        at = rng.uniform(left, right - wide * 0.2), rng.uniform(top, bottom - 4)
        light = rng.choice([(90, 220, 120), (240, 90, 80), (230, 230, 240)])
        paint.rectangle((*at, at[0] + wide * 0.2, at[1] + 4), fill=light)
    return thing, mask


def _place(sheet: Sheet) -> tuple[tuple[float, float], tuple[float, float]]:
    """The middle of a thing, and half its width and height."""
    x, y = (sheet.rng.uniform(0.35, 0.65) * side for side in (sheet.width, sheet.height))
    wide, tall = (sheet.rng.uniform(0.16, 0.4) * side for side in (sheet.width, sheet.height))
    return (x, y), (wide, tall)


def _lit(surface: Image.Image, middle: tuple[float, float], half: tuple[float, float]) -> Image.Image:
    """The surface, dark where it turns away from a light at its upper left."""
    (x, y), (wide, tall) = middle, half
    away = Image.radial_gradient("L").resize((max(1, round(wide * 3)), max(1, round(tall * 3))))
    dark = Image.new("L", surface.size, 255)
    dark.paste(away, (round(x - wide * 1.9), round(y - tall * 1.9)))
    light = dark.point(lambda value: 255 - value * 3 // 5)
    return ImageChops.multiply(surface, Image.merge("RGB", [light] * 3))


def _bezier(corners: list[tuple[float, float]], share: float) -> tuple[float, float]:
    """A point of the cubic curve through the first and the last corner, pulled by those between."""
    rest = 1 - share
    parts = (rest**3, 3 * rest * rest * share, 3 * rest * share * share, share**3)
    return (
        sum(part * corner[0] for part, corner in zip(parts, corners, strict=True)),
        sum(part * corner[1] for part, corner in zip(parts, corners, strict=True)),
    )
