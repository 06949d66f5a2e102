"""Pictures of any mode and size to the pixels that a model was trained on, with PIL and numpy alone.

The recipe (size, resize, crop, mean, deviation) is read from the model's own files. Matches torchvision's and
transformers' own transforms of an RGB picture to the rounding of a pixel. Orientation flags are the reader's concern.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

__all__ = ["Pixels", "Recipe", "flatten", "open_clip_recipe", "to_rgb", "transformers_recipe"]

Pixels: TypeAlias = npt.NDArray[np.float32]
"""Shape (3, height, width), normalised by the model's mean and deviation."""
Resize: TypeAlias = Literal["shortest", "squash", "longest", "none"]
_OPENAI_MEAN = (0.48145466, 0.4578275, 0.40821073)
_OPENAI_STD = (0.26862954, 0.26130258, 0.27577711)
_LONGEST_RATIO = 20
"""Pictures longer than this many times their width are cropped before they are enlarged, to save memory."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one model wants its pictures.

    `resize`: "shortest" side to `size`, "squash" to `size`, "longest" side to `size` and pad, or "none". `size` and
    `crop` are (height, width). `round_crop`: a crop of odd margin starts at the rounded half (torchvision) rather than
    at the floor (transformers). `resample` is a PIL filter. `scale` is what a pixel value is multiplied by first.
    """

    size: tuple[int, int]
    resize: Resize = "shortest"
    crop: tuple[int, int] | None = None
    resample: int = Image.Resampling.BICUBIC
    mean: tuple[float, ...] = _OPENAI_MEAN
    std: tuple[float, ...] = _OPENAI_STD
    fill: int = 0
    round_crop: bool = True
    scale: float = 1 / 255

    def pixels(self, image: Image.Image) -> Pixels:
        """The picture as the model sees it."""
        return self.tensor(self.fit(image))

    def fit(self, image: Image.Image) -> Image.Image:
        """The picture in RGB and in the size of the model."""
        image = to_rgb(image)
        width, height = image.size
        if self.resize == "shortest":
            if max(width, height) > _LONGEST_RATIO * min(width, height):
                image = _centre(image, _LONGEST_RATIO * min(width, height))
                width, height = image.size
            image = image.resize(self._shortest(width, height), self.resample)
        elif self.resize == "squash":
            image = image.resize(self.size[::-1], self.resample)
        elif self.resize == "longest":
            ratio = max(height / self.size[0], width / self.size[1])
            image = image.resize((max(1, round(width / ratio)), max(1, round(height / ratio))), self.resample)
        return image if self.crop is None else self._crop(image, self.crop)

    def tensor(self, image: Image.Image) -> Pixels:
        """A picture in RGB as it is, normalised."""
        # Laid out anew while still bytes: a fourth of what floats would move.
        planes = np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))
        return self.normalise(planes.reshape(3, -1).T).T.reshape(planes.shape)

    def normalise(self, values: npt.NDArray[np.uint8]) -> Pixels:
        """Shape (..., 3), values 0 to 255, to normalised floats of the same shape."""
        std = np.asarray(self.std, np.float32)
        shift = np.asarray(self.mean, np.float32) / std
        normalised: Pixels = values.astype(np.float32) * (np.float32(self.scale) / std) - shift
        return normalised

    def _shortest(self, width: int, height: int) -> tuple[int, int]:
        rows, columns = self.size
        if rows == columns:
            longer = int(rows * max(width, height) / min(width, height))
            return (rows, longer) if width <= height else (longer, rows)
        ratio = min(height / rows, width / columns)
        return round(width / ratio), round(height / ratio)

    def _crop(self, image: Image.Image, crop: tuple[int, int]) -> Image.Image:
        rows, columns = crop
        width, height = image.size
        if width < columns or height < rows:
            canvas = Image.new("RGB", (max(width, columns), max(height, rows)), (self.fill,) * 3)
            canvas.paste(image, ((canvas.width - width) // 2, (canvas.height - height) // 2))
            image = canvas
            width, height = image.size
        if self.round_crop:
            top, left = round((height - rows) / 2), round((width - columns) / 2)
        else:
            top, left = (height - rows) // 2, (width - columns) // 2
        return image.crop((left, top, left + columns, top + rows))


def _centre(image: Image.Image, longest: int) -> Image.Image:
    """The middle of a very long picture."""
    width, height = image.size
    left, top = max(0, (width - longest) // 2), max(0, (height - longest) // 2)
    return image.crop((left, top, min(width, left + longest), min(height, top + longest)))


def to_rgb(image: Image.Image) -> Image.Image:
    """Any picture as RGB: what is transparent is laid on white, deep greys are scaled to 8 bits."""
    if not image.width or not image.height:
        return Image.new("RGB", (1, 1), "white")
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return Image.fromarray(_to_bytes(np.asarray(image, np.float64))).convert("RGB")
    if image.mode == "LAB":  # PIL itself has no conversion from it
        from PIL import ImageCms

        lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.applyTransform(image, ImageCms.buildTransform(lab, srgb, "LAB", "RGB"))
        return image.convert("RGB") if converted is None else converted
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        return flatten(image)
    return image.convert("RGB")


def flatten(image: Image.Image) -> Image.Image:
    """A picture with transparency, laid on white."""
    image = image.convert("RGBA")
    canvas = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(canvas, image).convert("RGB")


def _to_bytes(values: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """Greys of unknown depth: 0 to 1 (floats), 8, 16 bits, or whatever range they have."""
    values = np.nan_to_num(values, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if low < 0 or high > 65535:
        values, high = values - low, high - low
        values = values * (255 / high) if high else values
    elif high > 255:
        values = values / 257
    elif 0 < high <= 1 and not np.equal(values, np.rint(values)).all():
        values = values * 255
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def open_clip_recipe(config: Mapping[str, Any]) -> Recipe:
    """From open_clip's `preprocess_cfg`, whose `size` is already the model's own."""
    rows, columns = _pair(config.get("size", 224))
    resize: Resize = config.get("resize_mode") or "shortest"
    filters = {"bilinear": Image.Resampling.BILINEAR}
    return Recipe(
        size=(rows, columns),
        resize=resize,
        crop=None if resize == "squash" else (rows, columns),
        resample=int(filters.get(config.get("interpolation") or "", Image.Resampling.BICUBIC)),
        mean=_triple(config.get("mean") or _OPENAI_MEAN),
        std=_triple(config.get("std") or _OPENAI_STD),
        fill=int(config.get("fill_color") or 0),
    )


def transformers_recipe(config: Mapping[str, Any], side: int) -> Recipe:
    """From a `preprocessor_config.json`; `side` is the model's own, for what the file leaves out."""
    size = config.get("size", {"shortest_edge": side})
    size = size if isinstance(size, Mapping) else {"shortest_edge": size}
    resize: Resize = "squash" if "height" in size else "shortest"
    if not config.get("do_resize", True):
        resize = "none"
    shape = (int(size["height"]), int(size["width"])) if "height" in size else _pair(size.get("shortest_edge", side))
    crop = config.get("crop_size")
    crop = (crop["height"], crop["width"]) if isinstance(crop, Mapping) else crop
    default_crop = resize == "shortest"
    cropped = _pair(crop or shape) if config.get("do_center_crop", default_crop) else None
    plain = not config.get("do_normalize", True)
    return Recipe(
        size=shape,
        resize=resize,
        crop=cropped,
        resample=int(config.get("resample", Image.Resampling.BICUBIC)),
        mean=(0.0,) * 3 if plain else _triple(config.get("image_mean") or _OPENAI_MEAN),
        std=(1.0,) * 3 if plain else _triple(config.get("image_std") or _OPENAI_STD),
        round_crop=False,
        scale=float(config.get("rescale_factor", 1 / 255)) if config.get("do_rescale", True) else 1.0,
    )


def _pair(value: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(value, int):
        return value, value
    sides = tuple(int(side) for side in value)
    return (sides[0], sides[-1])


def _triple(value: float | Sequence[float]) -> tuple[float, ...]:
    return tuple(float(part) for part in value) if isinstance(value, Sequence) else (float(value),) * 3
