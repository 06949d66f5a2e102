"""How likely a candidate answers the question: logistic regression on its features, one set of weights a source.

Then a second one on the likeliest candidate, which knows the others: how far the next different answer lies behind,
and whether another candidate says the same. The weights are data (`confidence.json`), fitted by
scripts/fit_confidence.py on questions with known answers, with cross-validation by document. A source without weights
of its own has no confidence and is not shown.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from mmrag.generation.candidates import Candidate

__all__ = [
    "GROUPS",
    "KOREAN",
    "NEGATIVE",
    "POSITIVE",
    "USED",
    "VERSION",
    "Weights",
    "choose",
    "group_of",
    "load_choice",
    "load_weights",
    "logit",
    "probability",
    "shortlist",
    "standing",
]

VERSION = 2
KEPT = 4
"""Candidates of each group of sources that compete."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "cell": ("cell",),
    "computed": ("computed",),
    "short": ("value", "sentence", "yes_no"),
    "long": ("passage", "list"),
}
"""Sources that are fitted together; each but the first of a group has a bias of its own."""
KOREAN: Mapping[str, str] = {name: f"hangul_{name}" for name in ("score", "phrase", "share", "absent")}
"""Names of the features of a short answer to a Korean question, which have weights of their own."""
_OF_KOREAN = ("hangul_page", "hangul_typed", "hangul_overlap", "hangul_score", "hangul_phrase", "hangul_share")
USED: Mapping[str, frozenset[str]] = {
    "short": frozenset({"score", "phrase", "absent", "share", "hangul", "hangul_absent", "hangul_stated", *_OF_KOREAN}),
    "long": frozenset({"gain", "headed", "parts", "absent", "phrase", "rare"}),
}
"""Features that a group is fitted on, where not all: with few right answers to learn from, few weights hold."""
_OF_TABLES = (
    "recall",
    "direct",
    "own",
    "heads",
    "rank",
    "first",
    "words",
    "headed",
    "periods",
    "repeated",
    "tight",
    "suits",
)
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
        *_OF_KOREAN,
    ),
)
"""Features that can only speak for a candidate: a fit on few questions must not turn them round."""
NEGATIVE = frozenset(
    ["parts", "absent", "hangul_absent", "missing", "conflict", "assumed", "dash", "latest", "unclear"]
)
"""Features that can only speak against it."""


@dataclass(frozen=True, slots=True)
class Weights:
    """`bias` and one weight for each feature; a feature that a candidate does not have counts 0."""

    bias: float
    features: Mapping[str, float]


@cache
def _data() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(
        files("mmrag.generation").joinpath("confidence.json").read_text(encoding="utf-8")
    )
    return found


@cache
def load_weights() -> Mapping[str, Weights]:
    """The weights by source that this version was fitted with."""
    return {name: Weights(entry["bias"], entry["features"]) for name, entry in _data()["sources"].items()}


@cache
def load_choice() -> Weights:
    """The weights of the second fit: of `standing`, and of the names of groups as features of 0 or 1."""
    return Weights(_data()["choice"]["bias"], _data()["choice"]["features"])


def logit(candidate: Candidate, weights: Mapping[str, Weights] | None = None) -> float:
    """Log odds that the candidate is right, by itself; -30 where its source has no weights."""
    own = (weights if weights is not None else load_weights()).get(candidate.source)
    if own is None:
        return -_FAR
    total = own.bias + sum(weight * candidate.features.get(name, 0.0) for name, weight in own.features.items())
    return max(-_FAR, min(_FAR, total))


def probability(candidate: Candidate, weights: Mapping[str, Weights] | None = None) -> float:
    """Chance that the candidate is right, 0 to 1, whatever else there is."""
    return 0.0 if candidate.source not in (weights or load_weights()) else _chance(logit(candidate, weights))


def choose(found: Sequence[Candidate]) -> tuple[float, Candidate] | None:
    """The likeliest candidate with its chance of being right, its rivals considered; None for no candidate."""
    known = [one for one in shortlist(found) if one.source in load_weights()]
    if not known:
        return None
    logits = [logit(one) for one in known]
    place = max(range(len(known)), key=lambda place: logits[place])
    features, second = standing(known, logits, place), load_choice()
    total = second.bias + sum(weight * features.get(name, 0.0) for name, weight in second.features.items())
    return _chance(total), known[place]


def shortlist(found: Sequence[Candidate]) -> list[Candidate]:
    """The best few of each group by score, in the order of the groups; `found` are sorted within each source."""
    return [one for sources in GROUPS.values() for one in [one for one in found if one.source in sources][:KEPT]]


def standing(known: Sequence[Candidate], logits: Sequence[float], place: int) -> dict[str, float]:
    """What the second fit rests on, of candidate `place`.

    `logit` as given, `lead` over the chance of the likeliest other answer, `agree` where another candidate's text holds
    this one's, and the group's name.
    """
    own = _plain(known[place].text)
    others = [(value, _plain(one.text)) for value, one in zip(logits, known, strict=True) if one is not known[place]]
    rivals = [_chance(value) for value, text in others if own not in text]
    lead = _chance(logits[place]) - max(rivals, default=0.0)
    agree = float(bool(own) and any(own in text for _, text in others))
    language = {"hangul": known[place].features.get("hangul", 0.0)}
    return {"logit": logits[place], "lead": lead, "agree": agree, group_of(known[place].source): 1.0} | language


def group_of(source: str) -> str:
    """The group that a source is fitted in. Raises StopIteration for a source of none."""
    return next(name for name, sources in GROUPS.items() if source in sources)


_FAR = 30.0


def _chance(value: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-_FAR, min(_FAR, value))))


def _plain(text: str) -> str:
    return re.sub(r"\W+", "", text.casefold())
