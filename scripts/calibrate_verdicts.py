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
from mmrag.verification import PageVerifier
from mmrag.verification.calibration import TERMS, terms_of
from mmrag.verification.combining import is_decided
from mmrag.verification.sheets import Sheets
from mmrag.verification.verifier import REFUTED, Observed

TARGET = calibrate.ROOT / "mmrag" / "verification" / "coefficients.json"
MADE = 900
"""Claims made by program that are put to the verifier, drawn by the seed."""
SUPPORTED_FROM = 0.4
"""Balanced accuracy is the same within noise from 0.3 to 0.4; the higher one calls fewer false claims supported."""


class Scorer:
    """Entailment by networks fitted for one fold."""

    def __init__(self, texts: calibrate.Readings, fitted: dict[bool, tuple[calibrate.Fitted, np.ndarray]]) -> None:
        self._texts, self._fitted = texts, fitted

    def score(self, pairs: Sequence[tuple[str, str]]) -> np.ndarray:
        """P(supported) of (evidence, claim)."""
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


def put(entries: Sequence[dict[str, Any]], scorer: Scorer) -> list[Observed]:
    """What the verifier observes of each claim."""
    found: list[Observed] = []
    for entry in entries:
        page = TypedPage(entry["evidence"])
        evidence = [replace(page.evidence(), label="E1")]
        seen = PageVerifier(page, scorer).observe(entry["claim"], "", Sheets(page).read(evidence))
        found.append(NOWHERE if seen is None else seen)
    return found


NOWHERE = Observed((), None)


def fit(rows: np.ndarray, label: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Coefficients of `TERMS`; the bias is the last."""
    fitted: np.ndarray = calibrate.logistic(rows[:, :-1], label, weight)
    return fitted


def balanced(called: np.ndarray, label: np.ndarray) -> float:
    """Balanced accuracy of what was called supported."""
    return float((called[label == 1].mean() + (~called)[label == 0].mean()) / 2)


def report(entries: Sequence[dict[str, Any]], said: Sequence[Observed], folds: np.ndarray) -> dict[str, Any]:
    """Coefficients fitted on everything, figures cross-validated by document."""
    label = np.array([float(entry["supported"]) for entry in entries])
    source = np.array([entry["source"] for entry in entries])
    ours = source == "summedits"
    weight = np.where(ours, 0.8 / ours.sum(), 0.2 / (~ours).sum()) * len(entries)
    ruled = np.array([one.worst.probability if one.facts else 0.02 for one in said])
    asked = np.array([one.entailed is not None for one in said])
    rows = np.array(
        [
            terms_of(one.worst.probability, one.entailed, one.coverage)
            if one.entailed is not None
            else [0.0] * len(TERMS)
            for one in said
        ]
    )
    p = ruled.copy()
    for part in range(calibrate.FOLDS):
        held, learnt = (folds == part) & asked, (folds != part) & asked
        p[held] = np.clip(1 / (1 + np.exp(-rows[held] @ fit(rows[learnt], label[learnt], weight[learnt]))), 0.01, 0.99)
    firm = np.array([bool(one.facts) and is_decided(one.worst.findings) for one in said])
    p[firm & asked] = np.minimum(p[firm & asked], REFUTED)
    called = p >= np.where(asked, SUPPORTED_FROM, 0.5)
    figures = {}
    for name in ("summedits", "made", "korean"):
        mine = source == name
        figures[name] = {"claims": int(mine.sum()), "open": round(float(asked[mine].mean()), 2)}
        for how, chance, calls in (("", p, called), (" by rule", ruled, ruled >= 0.5)):
            figures[name] |= {
                f"auroc{how}": round(calibrate.area(chance[mine], label[mine]), 3),
                f"ece{how}": round(calibrate.ece(chance[mine], label[mine]), 3),
                f"balanced accuracy{how}": round(balanced(calls[mine], label[mine]), 3),
            }
    fitted = fit(rows[asked], label[asked], weight[asked])
    return {
        "version": 2,
        "seed": calibrate.SEED,
        "split": "documents whose id or file name is not held out (SHA-256 starts with an even byte)",
        "data": sha256(json.dumps([entry["claim"] for entry in entries]).encode()).hexdigest(),
        "coefficients": {
            "terms": {name: round(float(value), 4) for name, value in zip(TERMS, fitted, strict=True)},
            "label": {"supported from": SUPPORTED_FROM},
        },
        "cross_validation": figures,
    }


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
    said: list[Observed] = [NOWHERE] * len(entries)
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
    result = report(entries, said, np.array([fold[entry["document"]] for entry in entries]))
    print(json.dumps(result, indent=1))
    if not asked.check:
        Path(TARGET).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
