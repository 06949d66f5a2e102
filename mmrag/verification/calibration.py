"""From what the checks found of a claim to one calibrated P(supported).

`rough_probability` orders claims well but was set by rule; here its log-odds, and those of text entailment for the claim
as a whole, are put on one scale by a logistic regression (Platt 1999). The coefficients, in `coefficients.json`, are
made by `scripts/calibrate.py --verdicts` on claims whose documents the entailment scorer had not seen.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from math import exp, log

from mmrag.verification.combining import rough_probability
from mmrag.verification.findings import Finding

__all__ = ["even_odds", "on_scale", "probability"]

_LEAST = 0.01


def probability(findings: Sequence[Finding], whole: float | None = None) -> float:
    """P(supported) of a claim from the findings on its worst fact.

    `whole`: what text entailment gave the claim as a whole, None where it was not asked since the checks had decided.
    """
    return on_scale(rough_probability(findings), whole)


def on_scale(rough: float, whole: float | None = None) -> float:
    """The same from a probability by rule, 0 to 1; never exactly 0 or 1."""
    fitted = _coefficients()["decided" if whole is None else "open"]
    logit = fitted["bias"] + fitted["rule"] * _log_odds(rough)
    if whole is not None:
        logit += fitted["whole"] * _log_odds(whole)
    return min(1 - _LEAST, max(_LEAST, 1 / (1 + exp(-logit))))


def even_odds() -> float:
    """The probability from which to call a claim supported where both errors weigh the same.

    It lies under one half because most claims of the calibration set are not supported.
    """
    return _coefficients()["label"]["even"]


def _log_odds(value: float) -> float:
    value = min(1 - _LEAST, max(_LEAST, value))
    return log(value / (1 - value))


@cache
def _coefficients() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = json.loads(
        files("mmrag.verification").joinpath("coefficients.json").read_text("utf-8")
    )["coefficients"]
    return found
