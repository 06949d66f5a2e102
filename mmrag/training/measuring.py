"""Retrieval among held-out pairs, text to image: how often the right picture is first, or among the first five."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders.torch_runtime import import_library
from mmrag.training.batches import Batch
from mmrag.training.losses import same_rows
from mmrag.training.towers import Towers

__all__ = ["Recall", "measure", "recall_of"]

_CHUNK = 64


@dataclass(frozen=True, slots=True)
class Recall:
    """Shares of `pairs` texts whose picture is first (`at_1`) or among the first five (`at_5`) of all `pairs`."""

    at_1: float
    at_5: float
    pairs: int


def recall_of(scores: npt.NDArray[np.float32], same: npt.NDArray[np.bool_]) -> Recall:
    """From scores of shape (texts, images), row i belonging to column i.

    A tie counts against the right picture, so that a model that says the same of everything scores nothing. Columns
    that `same` marks as being as good as the right one are left out of the row's ranking.
    """
    own = np.diagonal(scores)[:, None]
    ahead = (scores >= own) & ~same
    ranks = ahead.sum(axis=1)  # its own place counts, so that 1 is the first
    return Recall(float((ranks <= 1).mean()), float((ranks <= 5).mean()), len(scores))


def measure(towers: Towers, held_out: Batch) -> Recall:
    """Recall of the model as it stands on held-out pairs."""
    torch = import_library("torch")
    device: Any = towers.log_scale.device
    towers.train(False)
    images, texts = [], []
    with torch.inference_mode():
        for start in range(0, len(held_out.texts), _CHUNK):
            pixels = torch.from_numpy(held_out.pixels[start : start + _CHUNK]).to(device)
            images.append(towers.image_features(pixels))
            texts.append(towers.text_features(held_out.texts[start : start + _CHUNK]))
        scores = (torch.cat(texts) @ torch.cat(images).T).cpu().numpy()
    towers.train()
    return recall_of(scores, same_rows(held_out.texts, held_out.keys, held_out.wordings).T)
