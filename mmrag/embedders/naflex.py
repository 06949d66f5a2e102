"""SigLIP2 models that keep a picture's shape: patches of a size that fits a given number of them.

Follows transformers' Siglip2ImageProcessor (Tschannen et al. 2025, arXiv 2502.14786), with PIL and numpy alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from mmrag.embedders.preprocessing import Recipe, to_rgb, transformers_recipe

__all__ = ["NaflexRecipe"]

_SEARCH_STEP = 1e-5


@dataclass(frozen=True, slots=True)
class NaflexRecipe:
    """How such a model wants its pictures: at most `patches` squares of `patch` pixels."""

    patch: int
    patches: int
    base: Recipe

    @classmethod
    def read(cls, config: Mapping[str, Any], patch: int) -> NaflexRecipe:
        """From a `preprocessor_config.json`; `patch` is the model's own."""
        settings = {"image_mean": 0.5, "image_std": 0.5, "resample": Image.Resampling.BILINEAR, **config}
        settings.pop("size", None)
        return cls(patch, int(config.get("max_num_patches", 256)), transformers_recipe(settings, patch))

    @property
    def size(self) -> tuple[int, int]:
        """Sides of the square picture that has as many patches."""
        side = math.isqrt(self.patches) * self.patch
        return side, side

    def prepare(self, image: Image.Image) -> Mapping[str, Any]:
        """`pixels` (patches, patch * patch * 3), a mask of the patches in use, and (rows, columns) of patches."""
        image = to_rgb(image)
        height, width = self._target(image.height, image.width)
        pixels = self.base.normalise(np.asarray(image.resize((width, height), self.base.resample)))
        rows, columns = height // self.patch, width // self.patch
        cut = pixels.reshape(rows, self.patch, columns, self.patch, 3).swapaxes(1, 2).reshape(rows * columns, -1)
        padded = np.zeros((self.patches, cut.shape[1]), np.float32)
        padded[: len(cut)] = cut
        mask = np.zeros(self.patches, np.int32)
        mask[: len(cut)] = 1
        return {"pixels": padded, "pixel_attention_mask": mask, "spatial_shapes": np.array([rows, columns])}

    def _target(self, height: int, width: int) -> tuple[int, int]:
        """The largest size in whole patches that keeps the shape and fits, by bisection as the reference does it."""

        def scaled(side: int, scale: float) -> int:
            return max(self.patch, math.ceil(side * scale / self.patch) * self.patch)

        low, high = _SEARCH_STEP / 10, 100.0
        while high - low >= _SEARCH_STEP:
            scale = (low + high) / 2
            count = (scaled(height, scale) // self.patch) * (scaled(width, scale) // self.patch)
            low, high = (scale, high) if count <= self.patches else (low, scale)
        return scaled(height, low), scaled(width, low)
