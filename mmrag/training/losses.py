"""What a dual encoder is trained to lower: symmetric InfoNCE and the sigmoid loss, as functions of features alone.

Features are normalised rows of images and texts, row i of the one belonging to row i of the other; every other row is
a negative, except where `same` says that the text fits the picture too, so that it would be no mistake to confuse
them. Knows no model and no data.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.embedders.torch_runtime import import_library

__all__ = ["MAX_SCALE", "Tensor", "infonce", "same_rows", "sigmoid"]

Tensor: TypeAlias = Any
"""A tensor of torch, which is imported only where it is used."""

MAX_SCALE = 100.0
"""Largest factor on a cosine, as Radford et al. (2021) clamp it, so that training stays stable."""


def same_rows(
    texts: Sequence[str],
    keys: Sequence[str] | None = None,
    wordings: Sequence[Sequence[str]] | None = None,
    *,
    claims: Sequence[frozenset[str]] = (),
    seen: Sequence[frozenset[str]] = (),
) -> npt.NDArray[np.bool_]:
    """Shape (images, texts): which text fits a picture that is not its own, and so is no negative of it.

    That is one that is the same as the picture's, or among all its `wordings`; `keys` name the pictures, and all texts
    of one name fit it. Compared without regard to case and spacing. Where the `claims` of the texts are given, and what
    is `seen` in the pictures, so is every text whose claims (one at least) are all seen. The diagonal is False: it is
    the positive.
    """
    names = [_folded(text) for text in texts]
    fitting = [{name, *map(_folded, more)} for name, more in zip(names, wordings or [()] * len(names), strict=True)]
    same = np.array([[name in own for name in names] for own in fitting], np.bool_).reshape(len(names), len(names))
    if keys is not None:
        numbers = np.unique(list(keys), return_inverse=True)[1]
        same |= numbers[:, None] == numbers[None, :]
    if claims:
        same |= _fitting(claims, seen)
    np.fill_diagonal(same, False)
    return same


def _fitting(claims: Sequence[frozenset[str]], seen: Sequence[frozenset[str]]) -> npt.NDArray[np.bool_]:
    """Shape (images, texts): whether all that a text claims is seen; a text that claims nothing fits nothing."""
    bits = {name: 1 << place for place, name in enumerate(sorted(frozenset().union(*claims)))}
    asked = [sum(bits[name] for name in found) for found in claims]
    shown = [sum(bits.get(name, 0) for name in found) for found in seen]
    return np.array([[bool(one) and not one & ~own for one in asked] for own in shown], np.bool_)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def infonce(images: Tensor, texts: Tensor, scale: Tensor, same: Tensor | None = None) -> Tensor:
    """The mean of the cross-entropies image to text and text to image (Radford et al. 2021, CLIP), a scalar.

    `images`, `texts`: shape (n, dim), rows of length 1. `scale` multiplies cosines and is clamped at `MAX_SCALE`.
    `same`: booleans of shape (images, texts) that say what is left out of the negatives.
    """
    functional = import_library("torch").nn.functional
    logits = scale.clamp(max=MAX_SCALE) * images @ texts.T
    if same is not None:
        logits = logits.masked_fill(same, float("-inf"))
    wanted = import_library("torch").arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, wanted) + functional.cross_entropy(logits.T, wanted)) / 2


def sigmoid(images: Tensor, texts: Tensor, scale: Tensor, bias: Tensor, same: Tensor | None = None) -> Tensor:
    """Every pair of rows as a decision of its own (Zhai et al. 2023, SigLIP), summed over pairs, divided by n.

    As `infonce`; `bias` is added to the scaled cosines, and starts well below 0 because most pairs are negatives.
    """
    torch = import_library("torch")
    logits = scale.clamp(max=MAX_SCALE) * images @ texts.T + bias
    signs = 2 * torch.eye(len(logits), device=logits.device, dtype=logits.dtype) - 1
    terms = -torch.nn.functional.logsigmoid(signs * logits)
    if same is not None:
        terms = terms.masked_fill(same, 0.0)
    return terms.sum() / len(logits)
