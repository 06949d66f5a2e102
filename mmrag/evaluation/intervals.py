"""Means with bootstrap intervals. Knows numbers only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["RESAMPLES", "SEED", "Interval", "bootstrap", "bootstrap_difference", "bootstrap_of"]

RESAMPLES = 10_000
SEED = 20_240_101
_CELLS = 4_000_000  # bounds memory: resamples times questions held at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean or another statistic with the ends of its 95 % interval; all NaN where there was nothing to take it of."""

    mean: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether zero lies outside: for a difference, that the two runs differ at the 5 % level."""
        return self.low > 0 or self.high < 0

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(values: npt.ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED) -> list[Interval]:
    """Percentile bootstrap (Efron 1979) of the mean of each column of `values`, shape (questions, columns).

    The same resamples of the questions serve every column.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2:
        raise ValueError(f"values has to have two dimensions, not {matrix.ndim}")
    count = matrix.shape[0]
    if count == 0:
        return [Interval(np.nan, np.nan, np.nan)] * matrix.shape[1]
    generator = np.random.default_rng(seed)
    chance = np.full(count, 1 / count)
    means = np.empty((resamples, matrix.shape[1]))
    step = max(1, _CELLS // count)
    for start in range(0, resamples, step):
        rows = min(step, resamples - start)
        # How often each question was drawn is all that a mean needs of a resample.
        means[start : start + rows] = generator.multinomial(count, chance, size=rows) @ matrix / count
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return [
        Interval(float(mean), float(first), float(last))
        for mean, first, last in zip(matrix.mean(axis=0), low, high, strict=True)
    ]


def bootstrap_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, resamples: int = RESAMPLES, seed: int = SEED
) -> list[Interval]:
    """Paired bootstrap of mean(second) - mean(first), per column; row i of both is the same question."""
    one, two = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if one.shape != two.shape:
        raise ValueError(f"the runs differ in shape: {one.shape} and {two.shape}")
    return bootstrap(two - one, resamples=resamples, seed=seed)


def bootstrap_of(
    statistic: Callable[[npt.NDArray[np.intp]], float], count: int, *, resamples: int = 1000, seed: int = SEED
) -> Interval:
    """Percentile bootstrap of any statistic of `count` items, given as a function of the rows drawn.

    For what is no mean (AUROC, calibration); a paired difference is a statistic of the rows too. Resamples in which it
    is undefined (NaN) are left out.
    """
    if count == 0:
        return Interval(np.nan, np.nan, np.nan)
    generator = np.random.default_rng(seed)
    values = np.array([statistic(generator.integers(0, count, count)) for _ in range(resamples)])
    values = values[~np.isnan(values)]
    mean = statistic(np.arange(count))
    if not len(values) or np.isnan(mean):
        return Interval(mean, np.nan, np.nan)
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(mean), float(low), float(high))
