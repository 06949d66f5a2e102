"""P(supported) of a claim in free words: what the checks found and what text entailment says, on one calibrated scale.

The rule of `combining` orders claims well, but its numbers were set by hand. Here its log-odds and those of entailment
are joined by a logistic regression (Platt 1999): one for a claim of one fact, where entailment gains weight with the
number of words, and one for a claim of several, of which the rule sees only the worst. There coverage speaks against a
claim: at equal entailment a free retelling is likelier true than a near copy, of which a word was changed.
`coefficients.json` is made by `scripts/calibrate_verdicts.py` on claims whose documents the entailment had not seen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import exp, log

__all__ = ["TERMS", "Signs", "likely", "supported_from"]

TERMS = {
    "one fact": ("short: rule", "short: entailed", "long: rule", "long: entailed", "length", "bias"),
    "several": ("rule", "entailed", "coverage", "bias"),
}
_LEAST = 0.01
_FULL = -0.5
"""Log-odds of entailment above which a claim of several facts is no likelier true (docs/log.md)."""
_SHORT, _LONG = 8, 24
"""Words of a claim: up to the one it is weighed as a short one, from the other on as a long one."""


@dataclass(frozen=True, slots=True)
class Signs:
    """What is known of a claim.

    `rule`: P(supported) by the checks on its worst fact; `entailed`: the score of text entailment for the claim as a
    whole; `coverage`: the mean share of its facts' words that the page has; each 0 to 1. `facts`, `words`: how many.
    """

    rule: float
    entailed: float
    coverage: float
    facts: int
    words: int

    @property
    def kind(self) -> str:
        """The regression to use."""
        return "several" if self.facts > 1 else "one fact"

    def terms(self) -> tuple[float, ...]:
        """What the coefficients of `TERMS[kind]` are multiplied with."""
        rule, entailed = _log_odds(self.rule), _log_odds(self.entailed)
        if self.facts > 1:
            return rule, min(entailed, _FULL), self.coverage, 1.0
        long = max(0.0, min(1.0, log(max(1, self.words) / _SHORT) / log(_LONG / _SHORT)))
        return rule * (1 - long), entailed * (1 - long), rule * long, entailed * long, long, 1.0


def likely(signs: Signs) -> float:
    """P(supported), `_LEAST` to 1 - `_LEAST`."""
    fitted = _fitted()[signs.kind]
    logit = sum(fitted[name] * value for name, value in zip(TERMS[signs.kind], signs.terms(), strict=True))
    return min(1 - _LEAST, max(_LEAST, 1 / (1 + exp(-logit))))


def supported_from(facts: int) -> float:
    """The probability from which on such a claim is called supported.

    For several facts it lies under one half: most claims that were fitted on are false, and below it true claims called
    unsupported would outweigh false ones called supported.
    """
    return _fitted()["supported from"]["several" if facts > 1 else "one fact"]


def _log_odds(value: float) -> float:
    value = min(1 - _LEAST, max(_LEAST, value))
    return log(value / (1 - value))


@cache
def _fitted() -> dict[str, dict[str, float]]:
    text = files("mmrag.verification").joinpath("coefficients.json").read_text("utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)["coefficients"]
    return found
