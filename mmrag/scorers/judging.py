"""From what speaks for each word of a claim to one calibrated probability; plain arithmetic on a small file of numbers.

A small network gives each word the log-odds of having been changed; the few worst words decide about the claim, as one
changed word is enough. The numbers are made by `scripts/calibrate.py`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from mmrag.scorers.alignment import FEATURES
from mmrag.scorers.words import Floats

__all__ = ["Judge", "judge", "pooled"]

_WORST = 3
"""Words whose mean decides beside the worst one."""
_QUOTED = FEATURES.index("claim_exact")


@dataclass(frozen=True, slots=True)
class Judge:
    """Coefficients: `layers` are (weights, bias) over the features less `mean` divided by `scale`, tanh between them.

    `claim` weighs the columns of `pooled` and `bias` is added; the logistic function of that is P(supported).
    """

    columns: tuple[int, ...]
    mean: Floats
    scale: Floats
    layers: tuple[tuple[Floats, Floats], ...]
    claim: Floats
    bias: float

    def words(self, features: Floats) -> Floats:
        """Log-odds that each word is not what the evidence says, shape (words,)."""
        hidden = np.clip((features[:, self.columns] - self.mean) / self.scale, -5, 5)
        for weights, bias in self.layers[:-1]:
            hidden = np.tanh(hidden @ weights + bias)
        weights, bias = self.layers[-1]
        logits: Floats = (hidden @ weights + bias)[:, 0]
        return logits

    def probability(self, features: Floats) -> float:
        """P(the claim is supported); 0 for a claim without words or without evidence."""
        if not len(features):
            return 0.0
        return float(1 / (1 + np.exp(-(pooled(self.words(features), features[:, _QUOTED]) @ self.claim + self.bias))))


def pooled(logits: Floats, quoted: Floats) -> Floats:
    """What the claim is judged by: its worst word, its three worst, log of their number, share of words quoted.

    `logits`: log-odds of each word. `quoted`: the column "claim_exact" of `features`. Shape (4,).
    """
    worst = np.sort(logits)[::-1]
    return np.array([worst[0], worst[:_WORST].mean(), np.log(len(worst)), quoted[0]], np.float32)


@cache
def judge(kind: str) -> Judge:
    """The coefficients named `kind`: "vectors" (English, with token vectors) or "letters" (any language, without)."""
    data: dict[str, Any] = json.loads(files("mmrag.scorers").joinpath("coefficients.json").read_text("utf-8"))[kind]
    layers = tuple((np.array(w, np.float32), np.array(b, np.float32)) for w, b in data["layers"])
    mean, scale, claim = (np.array(data[name], np.float32) for name in ("mean", "scale", "claim"))
    return Judge(tuple(data["columns"]), mean, scale, layers, claim, float(data["bias"]))
