"""Cross-encoders, pairs of texts to scores: `Entailment` says whether a text supports a claim."""

from __future__ import annotations

from mmrag.scorers.entailment import Entailment

__all__ = ["Entailment"]
