"""Findings of all checks to one probability by rule, one label and one reason."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp

from mmrag.types import Citation, Label
from mmrag.verification.findings import Finding

__all__ = ["bounded", "conclude", "is_decided", "rough_probability"]


def is_decided(findings: Sequence[Finding]) -> bool:
    """Whether the checks have refuted the claim so firmly that nothing further need be asked."""
    return any(one.label in ("contradicted", "not_found") and one.strength >= _FIRM for one in findings)


_FIRM = 0.75


def rough_probability(findings: Sequence[Finding]) -> float:
    """P(supported) by rule: what is found raises it, the worst finding bounds it."""
    if not findings:
        return 0.02
    quoted = any(one.check == "quote" and one.label == "supported" for one in findings)
    return bounded(0.97 if quoted else _evidence(findings), findings)


def bounded(value: float, findings: Sequence[Finding]) -> float:
    """A probability lowered by each finding that speaks against the claim; within 0.01 and 0.99."""
    for one in findings:
        if one.label == "contradicted":
            value = min(value, 0.45 * (1 - one.strength) + 0.03)
        elif one.check == "number" and one.label is None:
            value = min(value, 0.6)
        elif one.label == "not_found":
            value = min(value, 1 - 0.97 * one.strength) if one.strength > 0.5 else value * (1 - 0.5 * one.strength)
    return max(0.01, min(0.99, value))


def _evidence(findings: Sequence[Finding]) -> float:
    coverage = max((one.strength for one in findings if one.check == "coverage"), default=0.0)
    facts = [one for one in findings if one.check in ("number", "name", "arithmetic") and one.label == "supported"]
    logit = -5.2 + 8.5 * coverage
    if facts:
        logit += 0.9 * min(one.strength for one in facts)
    if any(one.check == "arithmetic" and one.label == "supported" for one in findings):
        logit = max(logit, 2.2)
    return 1 / (1 + exp(-logit))


def conclude(
    findings: Sequence[Finding], probability: float, threshold: float = 0.5
) -> tuple[Label, str, tuple[Citation, ...]]:
    """Label, reason in words, and the citations that carry it; supported from the `threshold` on."""
    if probability >= threshold:
        chosen = [one for one in findings if one.label == "supported" and one.citations]
        chosen.sort(
            key=lambda one: (
                ("quote", "number", "arithmetic", "coverage", "period", "name").index(one.check)
                if one.check in ("quote", "number", "arithmetic", "coverage", "period", "name")
                else 9
            )
        )
        reason = next((one.reason for one in chosen if one.reason), "the page says so")
        nearest = next((one.citations for one in findings if one.check == "coverage" and one.citations), ())
        return "supported", reason, _distinct(chosen) or nearest
    against = [one for one in findings if one.label == "contradicted"]
    worst = max(against, key=lambda one: one.strength, default=None)
    if worst is not None and worst.strength >= 0.55:
        return "contradicted", worst.reason, worst.citations
    missing = [one for one in findings if one.label in ("not_found", "contradicted")]
    reason = max(missing, key=lambda one: one.strength).reason if missing else "nothing found states this"
    nearest = next((one.citations for one in findings if one.check == "coverage" and one.citations), ())
    return "not_found", reason, nearest


def _distinct(findings: Sequence[Finding]) -> tuple[Citation, ...]:
    """The exact spots first; a whole sentence is left out where a cell of it is cited."""
    kept: list[Citation] = []
    for finding in findings:
        for citation in finding.citations:
            if finding.check in ("coverage", "period", "name") and kept:
                continue
            if citation not in kept:
                kept.append(citation)
    return tuple(kept[:6])
