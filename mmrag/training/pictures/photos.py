"""Photographs: crops of pictures that come inside installed packages, and fields of fractal noise that look natural.

The pictures stay where their packages keep them; nothing is copied. Licences, as those packages state them:
scikit-image (`skimage/data`): brick, camera, chelsea, coffee, grass, gravel and retina CC0; astronaut,
hubble_deep_field and rocket in the public domain; coins and ihc without known copyright restrictions.
scikit-learn (`sklearn/datasets/images`): china and flower CC BY 2.0. matplotlib: grace_hopper (US Navy, public domain).
Where none is installed, `missing` says so and the kind is left out; the packages' files are read, never imported.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFilter

from mmrag.training.pictures.colours import RGB, mix
from mmrag.training.pictures.kinds import kind
from mmrag.training.pictures.objects import TONES, still_life
from mmrag.training.pictures.sheet import Sheet
from mmrag.training.pictures.words import Term

__all__ = ["landscape", "missing", "photo"]

_OBJECTS = 0.3
"""Of the photographs: a thing alone on plain ground."""


class Sample(NamedTuple):
    """A picture inside a package, what it shows, and the split that may see it."""

    package: str
    path: str
    subject: Term
    split: str = "train"


SAMPLES = (
    Sample("skimage", "data/astronaut.png", Term("a smiling astronaut", "웃는 우주 비행사")),
    Sample("skimage", "data/brick.png", Term("a brick wall", "벽돌 벽")),
    Sample("skimage", "data/camera.png", Term("a man with a camera", "카메라를 든 남자")),
    Sample("skimage", "data/chelsea.png", Term("a cat", "고양이")),
    Sample("skimage", "data/grass.png", Term("grass", "잔디")),
    Sample("skimage", "data/hubble_deep_field.jpg", Term("galaxies in space", "우주의 은하")),
    Sample("skimage", "data/retina.jpg", Term("a retina", "망막")),
    Sample("skimage", "data/ihc.png", Term("tissue under a microscope", "현미경으로 본 조직")),
    Sample("sklearn", "datasets/images/china.jpg", Term("a palace roof in China", "중국의 궁궐 지붕")),
    Sample("matplotlib", "mpl-data/sample_data/grace_hopper.jpg", Term("an officer in uniform", "제복을 입은 장교")),
    Sample("skimage", "data/coffee.png", Term("a cup of coffee", "커피 한 잔"), "held-out"),
    Sample("skimage", "data/rocket.jpg", Term("a rocket at launch", "발사되는 로켓"), "held-out"),
    Sample("skimage", "data/coins.png", Term("old coins", "옛 동전"), "held-out"),
    Sample("skimage", "data/gravel.png", Term("gravel", "자갈"), "held-out"),
    Sample("sklearn", "datasets/images/flower.jpg", Term("a flower", "꽃"), "held-out"),
)


def missing(split: str) -> str:
    """Why photographs cannot be drawn for `split`, with what to install; empty where they can."""
    if _samples(split):
        return ""
    return f"no package with sample photographs for {split!r} is installed (pip install scikit-image scikit-learn)"


@lru_cache(maxsize=2)
def _samples(split: str) -> tuple[tuple[Path, Term], ...]:
    found = []
    for sample in SAMPLES:
        spec = find_spec(sample.package)
        if sample.split != split or spec is None or not spec.submodule_search_locations:
            continue
        path = Path(next(iter(spec.submodule_search_locations))) / sample.path
        if path.is_file():
            found.append((path, sample.subject))
    return tuple(found)


@lru_cache(maxsize=32)
def _opened(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


@kind("photo", "photo", weight=2.6, shapes=(0.6, 1.9))
def photo(sheet: Sheet) -> None:
    """A crop of a sample, mirrored, lightened, darkened, tinted or made grey; or a made-up thing alone."""
    if sheet.chance(_OBJECTS):
        still_life(sheet, _surface(sheet, sheet.rng.choice(TONES)))
        return
    path, sheet.subject = sheet.rng.choice(_samples(sheet.split))
    source, rng = _opened(path), sheet.rng
    shape = sheet.width / sheet.height
    share = rng.uniform(0.45, 1.0)
    wide = min(source.width, source.height * shape) * share
    tall = wide / shape
    left, top = rng.uniform(0, source.width - wide), rng.uniform(0, source.height - tall)
    crop = source.resize((sheet.width, sheet.height), Image.Resampling.BILINEAR, (left, top, left + wide, top + tall))
    if sheet.chance(0.5):
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    # Exposure and white balance: a gain for each channel, one lift for all.
    lift, gain = rng.uniform(-15, 20), rng.uniform(0.75, 1.2)
    gains = [gain * rng.uniform(0.85, 1.15) for _ in range(3)]
    crop = crop.point([round(value * factor + lift) for factor in gains for value in range(256)])
    if sheet.chance(0.15):
        crop = crop.convert("L").convert("RGB")
        sheet.note("black-and-white")
    sheet.image.paste(crop)
    sheet.note(*["close-up"] * (share < 0.6))


def _noise(sheet: Sheet, cells: int, stretch: float = 1.0) -> Image.Image:
    """Smooth noise in tones of grey, summed over octaves."""
    total = Image.new("L", (sheet.width, sheet.height), 128)
    for octave in range(5):
        across, down = cells * 2**octave, max(1, round(cells * 2**octave * stretch))
        small = Image.frombytes("L", (across, down), sheet.rng.randbytes(across * down))
        layer = small.resize((sheet.width, sheet.height), Image.Resampling.BICUBIC)
        total = Image.blend(total, layer, 0.5 if octave == 0 else 0.5**octave)
    return total


@kind("landscape photo", "photo", weight=1.2, shapes=(0.8, 1.9))
def landscape(sheet: Sheet) -> None:
    """A made-up view: clouded sky over hills in haze, over water, sand or grass, all of fractal noise."""
    rng, size = sheet.rng, (sheet.width, sheet.height)
    form, dusk = rng.choice(["hills", "sea", "desert", "clouds"]), sheet.chance(0.35)
    high, low = ((60, 60, 110), (240, 160, 100)) if dusk else ((70, 130, 200), (210, 228, 240))
    sky = Image.linear_gradient("L").resize(size)
    clouds = _noise(sheet, 3, 1.6).point(lambda value: max(0, min(235, (value - 105) * 4)))
    image = Image.composite(Image.new("RGB", size, low), Image.new("RGB", size, high), sky)
    image = Image.composite(Image.new("RGB", size, mix(low, (255, 255, 255), 0.6)), image, clouds)
    grounds = {"hills": (70, 95, 60), "sea": (40, 80, 110), "desert": (190, 150, 100)}
    horizon, layers = sheet.height * rng.uniform(0.35, 0.6), {"hills": 4, "sea": 1, "desert": 2, "clouds": 0}[form]
    for layer in range(layers):
        near = (layer + 1) / layers
        profile, y = _noise(sheet, 3).crop((0, 0, sheet.width, 1)).tobytes(), horizon + layer * sheet.height * 0.1
        reach = 0 if form == "sea" else sheet.height * 0.22
        ring = [(x, y - (value - 128) / 128 * reach) for x, value in enumerate(profile)]
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).polygon([(0, sheet.height), *ring, (sheet.width, sheet.height)], fill=255)
        tone = mix(mix(grounds[form], low, 0.75 * (1 - near)), (20, 20, 40), 0.45 if dusk else 0)
        grain = _noise(sheet, 5, 6.0) if form == "sea" else _noise(sheet, 24)
        ground = Image.composite(
            Image.new("RGB", size, mix(tone, (255, 255, 255), 0.5)), Image.new("RGB", size, tone), grain
        )
        image.paste(Image.blend(Image.new("RGB", size, tone), ground, 0.6), mask=mask)
    sheet.image.paste(image.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.2))))
    sheet.note("sea-view" if form == "sea" else form, "dusk" if dusk else "daylight")


def _surface(sheet: Sheet, tone: RGB) -> Image.Image:
    """Grain of one colour, or a part of a sample, as large as the sheet."""
    size = (sheet.width, sheet.height)
    if sheet.chance(0.4):
        source = _opened(sheet.rng.choice(_samples(sheet.split))[0])
        left, top = sheet.rng.uniform(0, source.width * 0.5), sheet.rng.uniform(0, source.height * 0.5)
        box = (left, top, left + source.width / 2, top + source.height / 2)
        return source.resize(size, Image.Resampling.BILINEAR, box)
    grain = _noise(sheet, sheet.rng.choice([3, 12, 30]))
    return Image.composite(Image.new("RGB", size, mix(tone, (255, 255, 255), 0.4)), Image.new("RGB", size, tone), grain)
