"""How well probabilities tell right from wrong: calibration, ranking, and what is gained by staying silent.

Knows numbers only. Probabilities have shape (n,), and so have the truths (bool).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "BINS",
    "Bin",
    "RiskPoint",
    "area_under_risk",
    "auroc",
    "balanced_accuracy",
    "calibration_bins",
    "expected_calibration_error",
    "risk_coverage",
]

Floats: TypeAlias = "npt.NDArray[np.float64]"
Truths: TypeAlias = "npt.NDArray[np.bool_]"

BINS = 15
"""Of calibration, each with the same number of probabilities."""


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Showing only what is at least as probable as `threshold`: the share shown, and the share of that being wrong."""

    threshold: float
    coverage: float
    risk: float


@dataclass(frozen=True, slots=True)
class Bin:
    """Some probabilities of about the same size: how many, their mean, and the share of them that were right."""

    count: int
    probability: float
    right: float


def balanced_accuracy(said: Truths, truth: Truths) -> float:
    """The mean of the shares of both classes that were recognised; NaN where one class is empty."""
    if truth.all() or not truth.any():
        return math.nan
    return float((said[truth].mean() + (~said[~truth]).mean()) / 2)


def auroc(probability: Floats, truth: Truths) -> float:
    """The chance that a true one is given more than a false one, ties as halves; NaN where one class is empty."""
    positive = int(truth.sum())
    negative = len(truth) - positive
    if not positive or not negative:
        return math.nan
    _, place, counts = np.unique(probability, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    return float((ranks[truth].sum() - positive * (positive + 1) / 2) / (positive * negative))


def calibration_bins(probability: Floats, truth: Truths, bins: int = BINS) -> tuple[Bin, ...]:
    """Equal-mass bins (Nguyen and O'Connor 2015) in ascending order, as many as there are probabilities for."""
    order = np.argsort(probability, kind="stable")
    groups = [group for group in np.array_split(order, bins) if len(group)]
    return tuple(Bin(len(group), float(probability[group].mean()), float(truth[group].mean())) for group in groups)


def expected_calibration_error(probability: Floats, truth: Truths, bins: int = BINS) -> float:
    """Mean distance between what was said and what came, over equal-mass bins; NaN without any."""
    if not len(truth):
        return math.nan
    found = calibration_bins(probability, truth, bins)
    return sum(item.count * abs(item.probability - item.right) for item in found) / len(truth)


def risk_coverage(probability: Floats, right: Truths, total: int | None = None) -> tuple[RiskPoint, ...]:
    """The risk-coverage curve (El-Yaniv and Wiener 2010), the most probable first; equal ones come in together.

    `total`: how many there were in all, where some were not even tried (refusals); they are never covered.
    """
    count = len(probability) if total is None else total
    order = np.argsort(-probability, kind="stable")
    ranked, wrong = probability[order], np.cumsum(~right[order])
    last = [place for place in range(len(ranked)) if place + 1 == len(ranked) or ranked[place + 1] != ranked[place]]
    return tuple(
        RiskPoint(float(ranked[place]), (place + 1) / count, float(wrong[place]) / (place + 1)) for place in last
    )


def area_under_risk(probability: Floats, right: Truths) -> float:
    """AURC: the mean risk over all coverages (Geifman and El-Yaniv 2017); 0 is perfect, NaN without any.

    Where probabilities are equal their wrong ones are spread evenly, so that the order of the input does not matter.
    """
    if not len(right):
        return math.nan
    _, place, counts = np.unique(-probability, return_inverse=True, return_counts=True)
    wrong = np.bincount(place, weights=~right, minlength=len(counts)) / counts
    spread = np.repeat(wrong, counts)
    return float((np.cumsum(spread) / np.arange(1, len(spread) + 1)).mean())
