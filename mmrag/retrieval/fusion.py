"""Several channels' page scores into one ranking. Pure arithmetic: knows neither pages nor channels but by their keys.

Each channel's scores are standardised over the pages it found (z-scores; the sum is Fox and Shaw's CombSUM, 1994) and
summed with a weight a channel. A page that a channel did not find takes that channel's lowest score: not
to be found by a channel says something, but no more than to be found last.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

__all__ = ["fuse"]

Key = TypeVar("Key", bound=Hashable)


def fuse(scores: Mapping[str, Mapping[Key, float]], weights: Mapping[str, float]) -> dict[Key, float]:
    """Fused score by key, best first; ties keep the order in which the keys were first found.

    `scores` holds each channel's raw scores by key, larger is better; `weights` must name every channel. A channel
    that found nothing, or scores everything alike, does not change the order.
    """
    keys = list(dict.fromkeys(key for found in scores.values() for key in found))
    total = np.zeros(len(keys))
    for name, found in scores.items():
        if not found:
            continue
        values = np.array(list(found.values()), dtype=np.float64)
        spread = values.std()
        if spread < 1e-9:
            continue
        lowest = values.min()
        column = np.array([found.get(key, lowest) for key in keys])
        total += weights[name] * (column - values.mean()) / spread
    order = np.argsort(-total, kind="stable")
    return {keys[position]: float(total[position]) for position in order}
