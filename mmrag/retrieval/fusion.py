"""Several channels' scores into one ranking. Pure arithmetic: knows pages, regions and channels only by their keys.

Each channel's scores are standardised (z-scores; their weighted sum is Fox and Shaw's CombSUM, 1994). A key that a
channel did not find has the channel's floor: no words in common is a score of nothing, while beyond the nearest vectors
lie others that are hardly farther away.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np

__all__ = ["fuse"]

Key = TypeVar("Key", bound=Hashable)


def fuse(
    scores: Mapping[str, Mapping[Key, float]], weights: Mapping[str, float], floors: Mapping[str, float] | None = None
) -> dict[Key, float]:
    """Fused score by key, best first; ties keep the order in which the keys were first found.

    `scores` holds each channel's raw scores by key, larger is better; `weights` must name every channel. `floors` are
    the scores of keys that a channel did not find, by default its lowest; one such key counts in the mean and the
    spread, so that a single find stands out. A channel that scores everything alike does not change the order.
    """
    keys = list(dict.fromkeys(key for found in scores.values() for key in found))
    total = np.zeros(len(keys))
    for name, found in scores.items():
        if not found:
            continue
        lowest = min(found.values())
        floor = min(lowest, (floors or {}).get(name, lowest))
        values = np.array([*found.values(), floor], dtype=np.float64)
        spread = values.std()
        if spread < 1e-9:
            continue
        column = np.array([found.get(key, floor) for key in keys])
        total += weights[name] * (column - values.mean()) / spread
    order = np.argsort(-total, kind="stable")
    return {keys[position]: float(total[position]) for position in order}
