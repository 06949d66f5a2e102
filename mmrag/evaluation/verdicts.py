"""How well verdicts on claims do against labels. Knows claims, labels and probabilities; runs no model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mmrag.errors import UsageError
from mmrag.evaluation.intervals import Interval, bootstrap_of
from mmrag.evaluation.questions import held_out, line_id, read_lines
from mmrag.evaluation.risk import (
    Bin,
    RiskPoint,
    area_under_risk,
    auroc,
    balanced_accuracy,
    calibration_bins,
    expected_calibration_error,
    risk_coverage,
)
from mmrag.types import Claim, Label

__all__ = [
    "VERDICT_METRICS",
    "Given",
    "LabelledClaim",
    "VerdictScore",
    "VerdictScores",
    "check_claims",
    "compare_verdicts",
    "read_claims",
]

Given: TypeAlias = "str | tuple[tuple[str, int | None], ...] | None"
"""Evidence of a claim: a text, files with the number of a page each, or None where the index is to be searched."""

VERDICT_METRICS = ("balanced accuracy", "AUROC", "ECE", "AURC", "supported found", "others found")
"""The last two: shares of the claims labelled supported, and of the others, that were recognised as such."""

_FORM = (
    'A line is like {"id": "c1", "claim": "...", "label": "supported"} (or "not_supported"), with "evidence" as a text '
    'or a list of {"path", "page"} where the index is not to be searched.'
)
_LABELS: dict[object, bool] = {
    "supported": True,
    "true": True,
    "not_supported": False,
    "unsupported": False,
    "contradicted": False,
    "not_found": False,
    "refuted": False,
    "false": False,
}


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """One claim, and whether its evidence supports it; `kind` groups claims, `question` is what it answers."""

    id: str
    claim: str
    supported: bool
    evidence: Given = None
    question: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class VerdictScore:
    """One claim's verdict: the label given, the probability of being supported, and whether it truly is."""

    id: str
    kind: str
    supported: bool
    label: Label
    probability: float
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether the verdict fits the label; contradicted and not found are the same here."""
        return (self.label == "supported") is self.supported


@dataclass(frozen=True, slots=True)
class VerdictScores:
    """Scores of one run over claims."""

    claims: tuple[VerdictScore, ...]

    def intervals(self) -> dict[str, Interval]:
        """Each of `VERDICT_METRICS` with its 95 % bootstrap interval; NaN where it is undefined."""
        arrays = self._arrays()
        return {name: bootstrap_of(_of_rows(name, arrays), len(self.claims)) for name in VERDICT_METRICS}

    def value(self, metric: str) -> float:
        """One metric without its interval; NaN where it is undefined."""
        return _of_rows(metric, self._arrays())(np.arange(len(self.claims)))

    def curve(self) -> tuple[RiskPoint, ...]:
        """Risk against coverage: claims in the order of how sure their verdicts are."""
        said, truth, probability = self._arrays()
        return risk_coverage(_sureness(said, probability), said == truth)

    def bins(self) -> tuple[Bin, ...]:
        """The bins of calibration, equal in mass."""
        _, truth, probability = self._arrays()
        return calibration_bins(probability, truth)

    def seconds(self) -> float:
        """The median time of a verdict; NaN without any."""
        return median(score.seconds for score in self.claims) if self.claims else math.nan

    def half(self, *, held: bool) -> VerdictScores:
        """The claims of the held-out half, or of the half for tuning."""
        return VerdictScores(tuple(score for score in self.claims if held_out(score.id) is held))

    def by_kind(self) -> dict[str, VerdictScores]:
        """The same scores by the kind of claim, in the order of first appearance."""
        kinds = dict.fromkeys(score.kind for score in self.claims)
        return {kind: VerdictScores(tuple(s for s in self.claims if s.kind == kind)) for kind in kinds}

    def _arrays(self) -> _Arrays:
        said = np.array([score.label == "supported" for score in self.claims], dtype=np.bool_)
        truth = np.array([score.supported for score in self.claims], dtype=np.bool_)
        probability = np.array([score.probability for score in self.claims], dtype=np.float64)
        return said, truth, probability


_Arrays: TypeAlias = "tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], npt.NDArray[np.float64]]"


def _sureness(said: npt.NDArray[np.bool_], probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(said, probability, 1 - probability)


def _of_rows(metric: str, arrays: _Arrays) -> Callable[[npt.NDArray[np.intp]], float]:
    """A metric as a function of the rows drawn."""
    said, truth, probability = arrays

    def share(rows: npt.NDArray[np.intp], label: bool) -> float:
        chosen = said[rows][truth[rows] == label] == label
        return float(chosen.mean()) if len(chosen) else math.nan

    sure, right = _sureness(said, probability), said == truth
    functions: dict[str, Callable[[npt.NDArray[np.intp]], float]] = {
        "balanced accuracy": lambda rows: balanced_accuracy(said[rows], truth[rows]),
        "AUROC": lambda rows: auroc(probability[rows], truth[rows]),
        "ECE": lambda rows: expected_calibration_error(probability[rows], truth[rows]),
        "AURC": lambda rows: area_under_risk(sure[rows], right[rows]),
        "supported found": lambda rows: share(rows, True),
        "others found": lambda rows: share(rows, False),
    }
    return functions[metric]


def compare_verdicts(first: VerdictScores, second: VerdictScores) -> dict[str, Interval]:
    """Each metric of `second` minus that of `first`, paired by claim id, with its 95 % bootstrap interval.

    Raises `UsageError` unless both runs checked the same claims.
    """
    earlier = {score.id: score for score in first.claims}
    if set(earlier) != {score.id for score in second.claims}:
        raise UsageError("the two runs checked different claims", "Compare runs over the same file of claims.")
    paired = VerdictScores(tuple(earlier[score.id] for score in second.claims))
    one, two = paired._arrays(), second._arrays()

    def difference(name: str) -> Callable[[npt.NDArray[np.intp]], float]:
        before, after = _of_rows(name, one), _of_rows(name, two)
        return lambda rows: after(rows) - before(rows)

    return {name: bootstrap_of(difference(name), len(second.claims)) for name in VERDICT_METRICS}


def check_claims(claims: Sequence[LabelledClaim], verify: Callable[[LabelledClaim], Claim]) -> Iterator[VerdictScore]:
    """Check every claim and score it, one by one, so that a caller may stop in between."""
    for item in claims:
        start = time.perf_counter()
        verdict = verify(item).verdict
        seconds = time.perf_counter() - start
        yield VerdictScore(item.id, item.kind, item.supported, verdict.label, verdict.probability, seconds)


def read_claims(path: Path) -> tuple[LabelledClaim, ...]:
    """Labelled claims of a JSON lines file (UTF-8), in order; empty lines are passed over.

    Raises `PathNotFound`, and `UsageError` that names the line for anything else than `_FORM`.
    """
    return read_lines(path, _claim, "claims", _FORM)


def _claim(value: Mapping[str, Any]) -> LabelledClaim:
    text = value.get("claim")
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"claim" has to be a text that is not empty')
    label = value.get("label")
    known = label if isinstance(label, bool) else _LABELS.get(str(label).strip().lower())
    if known is None:
        raise ValueError(f'"label" is {label!r}; it has to be "supported" or "not_supported"')
    question = value.get("question") or ""
    if not isinstance(question, str):
        raise ValueError('"question" has to be a text')
    kind = next((value[name] for name in ("kind", "edit", "domain") if isinstance(value.get(name), str)), "")
    return LabelledClaim(line_id(value), text, known, _given(value.get("evidence")), question, kind)


def _given(value: object) -> Given:
    if value is None or isinstance(value, str):
        return value
    problem = '"evidence" has to be a text or a list of {"path", "page"}'
    if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
        raise ValueError(problem)
    found = []
    for each in value:
        path, page = each.get("path"), each.get("page")
        if not isinstance(path, str) or not path:
            raise ValueError(problem)
        if page is not None and (isinstance(page, bool) or not isinstance(page, int) or page < 1):
            raise ValueError(f'"evidence" has a page {page!r}; pages are whole numbers from 1')
        found.append((path, page))
    return tuple(found)
