"""Fits `mmrag/verification/coefficients.json`: what the verifier's rule and text entailment say, as one probability.

    python scripts/calibrate_verdicts.py [--check]

Runs the real verifier over the tuning half of summedits and over claims made by program (English and Korean), each with
an entailment scorer fitted without the claim's document; then a logistic regression on what came out. The figures it
keeps are those of a second cross-validation by document. Same data, split and seed as `calibrate.py`; a few minutes.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import calibrate
import numpy as np

from mmrag.corpus.typed import TypedPage
from mmrag.evaluation.questions import held_out
from mmrag.scorers.alignment import FEATURES, features
from mmrag.types import Draft, Part
from mmrag.verification import PageVerifier

TARGET = calibrate.ROOT / "mmrag" / "verification" / "coefficients.json"
MADE = 900
"""Claims made by program that are put to the verifier, drawn by the seed."""


class Scorer:
    """Entailment by networks fitted for one fold."""

    def __init__(self, texts: calibrate.Readings, fitted: dict[bool, tuple[calibrate.Fitted, np.ndarray]]) -> None:
        self._texts, self._fitted = texts, fitted
        self.asked = 0

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """P(supported) of (evidence, claim)."""
        self.asked += len(pairs)
        return np.array([self._one(evidence, claim) for evidence, claim in pairs], np.float32)

    def _one(self, evidence: str, claim: str) -> float:
        vectors = all(is_latin(text) for text in (evidence, claim))
        fitted, beta = self._fitted[vectors]
        names = calibrate.WITH_VECTORS if vectors else calibrate.WITHOUT
        rows = features(self._texts.get(claim, True, vectors), self._texts.get(evidence, False, vectors))
        if not len(rows):
            return 0.0
        columns = [FEATURES.index(name) for name in names]
        item = calibrate.Item(rows[:, columns], np.zeros(0), 0.0, "", "")
        return float(1 / (1 + np.exp(-(calibrate.summary(fitted, item, names) @ beta[:-1] + beta[-1]))))


def is_latin(text: str) -> bool:
    """As the scorer decides it."""
    letters = [letter for letter in text if letter.isalpha()]
    return 2 * sum(letter < "\u0250" for letter in letters) >= len(letters)


def claims(made: Sequence[Any]) -> list[dict[str, Any]]:
    """Everything that is put to the verifier."""
    ours, documents = calibrate.summedits()
    found = [
        {
            "claim": one["claim"],
            "evidence": documents[one["document_id"]],
            "document": one["document_id"],
            "supported": one["label"] == "supported",
            "source": "summedits",
        }
        for one in ours
        if not held_out(one["document_id"])
    ]
    drawn = random.Random(calibrate.SEED).sample(list(made), min(MADE, len(made)))
    found += [
        {
            "claim": one.claim,
            "evidence": one.evidence,
            "document": one.document,
            "supported": not one.edit,
            "source": "korean" if one.korean else "made",
        }
        for one in drawn
    ]
    return found


def put(entries: Sequence[dict[str, Any]], scorer: Scorer) -> list[tuple[float, float | None]]:
    """For each claim the verifier's probability by rule, and that of entailment where the verifier asked for it."""
    found: list[tuple[float, float | None]] = []
    pages: dict[str, tuple[TypedPage, PageVerifier]] = {}
    for entry in entries:
        text = entry["evidence"]
        if text not in pages:
            page = TypedPage(text)
            pages = {text: (page, PageVerifier(page, scorer))}
        page, checks = pages[text]
        before = scorer.asked
        evidence = [replace(page.evidence(), label="E1")]
        draft = Draft("", entry["claim"], (Part(entry["claim"], entry["claim"], ("E1",)),))
        verdict = next(iter(checks.verify(draft, evidence))).verdict
        whole = float(scorer.score([(text, entry["claim"])])[0]) if scorer.asked > before else None
        found.append((verdict.probability, whole))
    return found


def rows_of(said: Sequence[tuple[float, float | None]]) -> np.ndarray:
    """Log-odds of both, and whether entailment was asked."""
    rough = np.clip([rough for rough, _ in said], 0.01, 0.99)
    whole = np.clip([0.5 if whole is None else whole for _, whole in said], 0.01, 0.99)
    asked = np.array([whole is not None for _, whole in said], float)
    return np.column_stack([np.log(rough / (1 - rough)), np.log(whole / (1 - whole)), asked])


def fit(rows: np.ndarray, label: np.ndarray, weight: np.ndarray) -> dict[str, dict[str, float]]:
    """Coefficients for claims that entailment was asked about, and for the others."""
    asked = rows[:, 2] == 1
    both = calibrate.logistic(rows[asked][:, :2], label[asked], weight[asked])
    one = calibrate.logistic(rows[~asked][:, :1], label[~asked], weight[~asked])
    result = {"open": dict(zip(("rule", "whole", "bias"), both, strict=True))}
    result["decided"] = dict(zip(("rule", "bias"), one, strict=True))
    return {kind: {name: round(float(value), 4) for name, value in found.items()} for kind, found in result.items()}


def apply(fitted: dict[str, dict[str, float]], rows: np.ndarray) -> np.ndarray:
    """Calibrated probabilities."""
    opened, decided = fitted["open"], fitted["decided"]
    logit = np.where(
        rows[:, 2] == 1,
        opened["rule"] * rows[:, 0] + opened["whole"] * rows[:, 1] + opened["bias"],
        decided["rule"] * rows[:, 0] + decided["bias"],
    )
    result: np.ndarray = 1 / (1 + np.exp(-logit))
    return np.clip(result, 0.01, 0.99)


def balanced(p: np.ndarray, label: np.ndarray, threshold: float) -> float:
    """Balanced accuracy of calling claims from a threshold on supported."""
    return float(((p >= threshold)[label == 1].mean() + (p < threshold)[label == 0].mean()) / 2)


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args()
    made, texts = calibrate.made_tuning(), calibrate.Readings()
    entries = claims(made)
    data = {vectors: calibrate.items(texts, vectors, made, False) for vectors in (True, False)}
    documents = sorted(
        {entry["document"] for entry in entries}, key=lambda name: sha256(f"fold {name}".encode()).digest()
    )
    fold = {name: place % calibrate.FOLDS for place, name in enumerate(documents)}
    said: list[tuple[float, float | None]] = [(0.0, None)] * len(entries)
    for part in range(calibrate.FOLDS):
        fitted = {
            vectors: (
                calibrate.fit([item for item in data[vectors] if fold.get(item.document) != part]),
                calibrate.shipped(vectors),
            )
            for vectors in (True, False)
        }
        mine = [place for place, entry in enumerate(entries) if fold[entry["document"]] == part]
        for place, one in zip(mine, put([entries[place] for place in mine], Scorer(texts, fitted)), strict=True):
            said[place] = one
        print(f"fold {part + 1} of {calibrate.FOLDS}", flush=True)
    label = np.array([float(entry["supported"]) for entry in entries])
    source = np.array([entry["source"] for entry in entries])
    folds = np.array([fold[entry["document"]] for entry in entries])
    ours = source == "summedits"
    weight = np.where(ours, 0.6 / ours.sum(), 0.4 / (~ours).sum()) * len(entries)
    rows = rows_of(said)
    p = np.zeros(len(entries))
    for part in range(calibrate.FOLDS):
        held = folds == part
        p[held] = apply(fit(rows[~held], label[~held], weight[~held]), rows[held])
    grid = np.arange(0.2, 0.51, 0.01)
    even = float(max(grid, key=lambda t: sum(balanced(p[m], label[m], t) for m in (ours, ~ours))))
    figures = {}
    for name in ("summedits", "made", "korean"):
        mine = source == name
        raw = 1 / (1 + np.exp(-rows[mine, 0]))
        figures[name] = {
            "claims": int(mine.sum()),
            "auroc": round(calibrate.area(p[mine], label[mine]), 3),
            "ece": round(calibrate.ece(p[mine], label[mine]), 3),
            "balanced accuracy": round(balanced(p[mine], label[mine], even), 3),
            "auroc by rule": round(calibrate.area(raw, label[mine]), 3),
            "ece by rule": round(calibrate.ece(raw, label[mine]), 3),
            "balanced accuracy by rule": round(balanced(raw, label[mine], 0.5), 3),
        }
    fitted_all = fit(rows, label, weight)
    result = {
        "version": 1,
        "seed": calibrate.SEED,
        "split": "documents whose id or file name is not held out (SHA-256 starts with an even byte)",
        "data": sha256(json.dumps([entry["claim"] for entry in entries]).encode()).hexdigest(),
        "coefficients": {**fitted_all, "label": {"even": round(even, 2)}},
        "cross_validation": figures,
    }
    print(json.dumps(result, indent=1))
    if not asked.check:
        Path(TARGET).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
