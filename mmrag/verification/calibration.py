"""P(supported) of a claim in free words: what the checks found and what text entailment says, on one calibrated scale.

The rule of `combining` orders claims well, but its numbers were set by hand. Here its log-odds and those of entailment
are joined by a logistic regression (Platt 1999), with how many of the claim's words are on the page.
`coefficients.json` is made by `scripts/calibrate_verdicts.py` on claims whose documents the entailment had not seen.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from math import exp, log

__all__ = ["TERMS", "likely", "supported_from", "terms_of"]

TERMS = ("rule", "entailed", "coverage", "bias")
_LEAST = 0.01


def likely(rule: float, entailed: float, coverage: float) -> float:
    """P(supported), `_LEAST` to 1 - `_LEAST`.

    `rule`: P(supported) by the checks on the claim's worst fact; `entailed`: the score of text entailment for the claim
    as a whole; `coverage`: the mean share of its facts' words that the page has. Each 0 to 1.
    """
    fitted = _fitted()["terms"]
    values = terms_of(rule, entailed, coverage)
    logit = sum(fitted[name] * value for name, value in zip(TERMS, values, strict=True))
    return min(1 - _LEAST, max(_LEAST, 1 / (1 + exp(-logit))))


def terms_of(rule: float, entailed: float, coverage: float) -> tuple[float, ...]:
    """What the coefficients of `TERMS` are multiplied with."""
    return _log_odds(rule), _log_odds(entailed), coverage, 1.0


def supported_from() -> float:
    """The probability from which on such a claim is called supported.

    Where true claims called unsupported and false ones called supported weigh the same; it lies under one half since
    most claims that were fitted on are false.
    """
    return _fitted()["label"]["supported from"]


def _log_odds(value: float) -> float:
    value = min(1 - _LEAST, max(_LEAST, value))
    return log(value / (1 - value))


@cache
def _fitted() -> dict[str, dict[str, float]]:
    text = files("mmrag.verification").joinpath("coefficients.json").read_text("utf-8")
    found: dict[str, dict[str, float]] = json.loads(text)["coefficients"]
    return found
