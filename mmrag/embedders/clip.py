"""Encoders of images and texts in one space: what CLIP and SigLIP have in common, whichever library runs them.

Pictures are prepared by `preprocessing`, so torchvision is not used; inference is torch in the precision that
`torch_runtime` found to hold. Knows no library: a `Tower` hides it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from PIL import Image

from mmrag.embedders.text import available_threads, clean
from mmrag.embedders.torch_runtime import batches, choose_device, choose_precision, import_library, loading
from mmrag.types import Vectors

__all__ = ["ClipEmbedder", "Loaded", "Tower"]

_CPU_BATCH, _CUDA_BATCH = 8, 64
_SAMPLE_TEXTS = ("a photo of a dog", "매출 추이를 보여 주는 막대그래프", "Table 3: revenue by region")


class Tower(Protocol):
    """A two-tower model as one library has it."""

    model: Any
    """The torch module."""
    image_size: int
    recipe: Any
    """How it wants its pictures: a `Recipe` or a `NaflexRecipe`."""

    def prepare(self, image: Image.Image) -> Mapping[str, Any]:
        """A picture as arrays that are stacked by name; the one named "pixels" becomes the model's dtype."""

    def tokenize(self, texts: Sequence[str]) -> Mapping[str, Any]:
        """Texts as integer tensors by name, on the CPU."""

    def image_features(self, **inputs: Any) -> Any:
        """A tensor of shape (n, dim), not normalised."""

    def text_features(self, **inputs: Any) -> Any:
        """A tensor of shape (n, dim), not normalised."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model as it was read: float32, on the CPU, before a device and a precision are chosen for it.

    `identity` is all that its vectors depend on; `config` is what its library needs to build it anew; `folder` is
    where its further files (tokenizer, settings) lie, None where it needs none.
    """

    tower: Tower
    label: str
    identity: Mapping[str, Any]
    config: Mapping[str, Any]
    folder: Path | None = None

    def embedder(self, device: str) -> ClipEmbedder:
        """The model as an `Embedder`. `device`: "auto", "cpu", "cuda" or "cuda:N"."""
        return ClipEmbedder(self.tower, self.label, self.identity, device)


class ClipEmbedder:
    """An `Embedder` of images and texts. `image_size` is the longer side in pixels that the model looks at.

    `identity` is all that its vectors depend on, apart from what this package does with it.
    """

    modalities = frozenset({"image", "text"})

    def __init__(self, tower: Tower, label: str, identity: Mapping[str, Any], device: str) -> None:
        self._tower = tower
        self.image_size = tower.image_size
        self._device = choose_device(device)
        digest = hashlib.sha256(json.dumps(dict(identity), sort_keys=True, default=str).encode()).hexdigest()
        tower.model.eval()
        self._torch = import_library("torch")
        self._dtype = self._torch.float32
        with loading(label):
            self._dtype = None
            self._dtype = choose_precision(tower.model, self._device, self._sample, digest[:32])
            self.dim = self._embed_texts(_SAMPLE_TEXTS[:1]).shape[1]
        # fp32, bf16 and fp16 are of one class: none is used whose vectors differ noticeably.
        self.fingerprint = f"{label}-{self.dim}-{digest[:16]}"

    def embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Any PIL mode and size; shape (len(images), dim), rows of length 1."""
        size = _CUDA_BATCH if self._device.startswith("cuda") else _CPU_BATCH
        with ThreadPoolExecutor(available_threads()) as pool:

            def run(part: slice) -> Vectors:
                return self._embed_prepared(list(pool.map(self._tower.prepare, images[part])))

            return batches(len(images), size, run, self.dim)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), rows of length 1; text over the model's length is cut."""
        cleaned = [clean(text) for text in texts]
        size = _CUDA_BATCH if self._device.startswith("cuda") else _CPU_BATCH
        return batches(len(cleaned), size, lambda part: self._embed_texts(cleaned[part]), self.dim)

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`: these models know no difference."""
        return self.embed_passages(texts)

    def _sample(self) -> Vectors:
        """Vectors of a few fixed inputs, to compare precisions by."""
        side = np.linspace(0, 255, 96)
        ramp = np.stack(np.broadcast_arrays(side[:, None], side[None, ::-1], (side[:, None] * 7) % 255), axis=2)
        noise = np.random.default_rng(0).integers(0, 256, (80, 120, 3))
        pictures = [Image.fromarray(array.astype(np.uint8)) for array in (ramp, noise)]
        prepared = [self._tower.prepare(picture) for picture in pictures]
        return np.concatenate([self._embed_prepared(prepared), self._embed_texts(_SAMPLE_TEXTS)])

    def _embed_prepared(self, prepared: Sequence[Mapping[str, Any]]) -> Vectors:
        stacked = {name: self._torch.from_numpy(np.stack([one[name] for one in prepared])) for name in prepared[0]}
        return self._run(self._tower.image_features, stacked)

    def _embed_texts(self, texts: Sequence[str]) -> Vectors:
        return self._run(self._tower.text_features, self._tower.tokenize(texts))

    def _run(self, features: Callable[..., Any], inputs: Mapping[str, Any]) -> Vectors:
        first = next(self._tower.model.parameters())
        moved = {name: tensor.to(first.device) for name, tensor in inputs.items()}
        if "pixels" in moved:
            moved["pixels"] = moved["pixels"].to(first.dtype)
        with self._torch.inference_mode():
            output = features(**moved)
            rows = self._torch.nn.functional.normalize(output.float(), dim=-1).cpu().numpy()
        vectors: Vectors = np.asarray(rows, np.float32)
        return vectors
