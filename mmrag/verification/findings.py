"""What one check says of one claim; the vocabulary that checks and calibration share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from mmrag.types import Citation, Label

__all__ = ["Check", "Finding"]

Check = Literal[
    "quote",
    "coverage",
    "number",
    "period",
    "name",
    "polarity",
    "order",
    "binding",
    "arithmetic",
    "entailment",
    "premise",
    "conflict",
    "pixels",
    "model",
]
"""Who speaks: the claim word for word on the page; the share of its words found at one spot; its numbers, dates, names;
negation and comparison; whether its words are put together as there, and belong to the same clause; a formula; text
entailment; whether the question's own terms occur; whether the document says otherwise too; pixels; a vision model."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's say. `label` is None where it can only be weighed, not decide.

    `strength` is 0 to 1: how sure the check is of its label; for "coverage" the share itself, for "entailment" and
    "model" their probability that the claim is supported.
    """

    check: Check
    label: Label | None
    strength: float
    reason: str = ""
    citations: tuple[Citation, ...] = ()
    instead: tuple[str, str] | None = None
    """A number of the claim and the one that the page has in its place, each as written."""
