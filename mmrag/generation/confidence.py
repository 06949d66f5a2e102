"""How likely a candidate answers the question: logistic regression on its features, one set of weights a source.

The weights are data (`confidence.json`), fitted by scripts/fit_confidence.py on questions with known answers, with
cross-validation by document. A source without weights of its own has no confidence and is not shown.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from mmrag.generation.candidates import Candidate

__all__ = ["GROUPS", "NEGATIVE", "POSITIVE", "USED", "VERSION", "Weights", "load_weights", "probability"]

VERSION = 1
GROUPS: Mapping[str, tuple[str, ...]] = {
    "cell": ("cell",),
    "computed": ("computed",),
    "short": ("value", "sentence", "yes_no"),
    "long": ("passage", "list"),
}
"""Sources that are fitted together; each but the first of a group has a bias of its own."""
USED: Mapping[str, frozenset[str]] = {
    "short": frozenset({"score", "phrase", "absent", "share", "hangul"}),
    "long": frozenset({"gain", "headed", "parts", "absent", "phrase", "rare"}),
}
"""Features that a group is fitted on, where not all: with few right answers to learn from, few weights hold."""
_OF_TABLES = ("recall", "direct", "own", "heads", "rank", "first", "words", "headed", "periods", "repeated", "tight")
POSITIVE = frozenset(
    (
        "score",
        "similarity",
        "overlap",
        "names",
        "years",
        "typed",
        "page",
        "margin",
        "share",
        "gain",
        "phrase",
        "defines",
        *_OF_TABLES,
    ),
)
"""Features that can only speak for a candidate: a fit on few questions must not turn them round."""
NEGATIVE = frozenset(["parts", "absent", "missing", "conflict", "assumed", "dash", "latest", "unclear"])
"""Features that can only speak against it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """`bias` and one weight for each feature; a feature that a candidate does not have counts 0."""

    bias: float
    features: Mapping[str, float]


@cache
def load_weights() -> Mapping[str, Weights]:
    """The weights by source that this version was fitted with."""
    raw = json.loads(files("mmrag.generation").joinpath("confidence.json").read_text(encoding="utf-8"))
    return {name: Weights(entry["bias"], entry["features"]) for name, entry in raw["sources"].items()}


def probability(candidate: Candidate, weights: Mapping[str, Weights] | None = None) -> float:
    """Chance that the candidate is right, 0 to 1."""
    own = (weights if weights is not None else load_weights()).get(candidate.source)
    if own is None:
        return 0.0
    total = own.bias + sum(weight * candidate.features.get(name, 0.0) for name, weight in own.features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
