"""Fits `mmrag/verification/coefficients.json`: what the verifier's rule and text entailment say, as one probability.

    python scripts/calibrate_verdicts.py [--check]

Runs the real verifier over the tuning half of summedits, over claims made by program (English and Korean) and over the
half "tune" of tests/data/claims_tuning, each with an entailment scorer fitted without the claim's document; then a
logistic regression on what came out. The figures it keeps are those of a second cross-validation by document. Same
data, split and seed as `calibrate.py`; some minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import calibrate
import numpy as np

from mmrag.corpus import Corpus
from mmrag.corpus.typed import TypedPage
from mmrag.evaluation.questions import held_out
from mmrag.scorers.alignment import FEATURES, features
from mmrag.verification import PageVerifier
from mmrag.verification.calibration import TERMS, Signs
from mmrag.verification.combining import is_decided
from mmrag.verification.sheets import Sheets
from mmrag.verification.verifier import REFUTED, Observed

sys.path.insert(0, str(calibrate.ROOT / "tests"))
import claim_pages

TARGET = calibrate.ROOT / "mmrag" / "verification" / "coefficients.json"
MADE = 900
"""Claims made by program that are put to the verifier, drawn by the seed."""
SUPPORTED_FROM = {"one fact": 0.5, "several": 0.4}
"""Balanced accuracy on summaries is as good from 0.3 to 0.4; the higher one calls fewer false claims supported."""
SPEAKING = ("rule", "entailed")
"""Terms that must not have a negative coefficient."""
SHARES = {
    "one fact": {"summedits": 0.05, "made": 0.1, "korean": 0.15, "written": 0.2, "pages": 0.5},
    "several": {"summedits": 0.9, "made": 0.1},
}
"""What each source weighs in a fit. `written` are the claims of the tests over short pages, as a person would put them,
`pages` those over real pages, which are what the verifier is for."""
PAGES = calibrate.ROOT / "tests" / "data"


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
    for pairs, supported in ((claim_pages.TRUE, True), (claim_pages.FALSE, False)):
        for page, claim, *_ in pairs:
            text = claim_pages.PAGES[page]
            found.append(
                {"claim": claim, "evidence": text, "document": claim, "supported": supported, "source": "written"}
            )
    return found


def page_claims() -> list[dict[str, Any]]:
    """The claims over real pages that may be learnt from; `evidence` is a path and a page."""
    found = []
    for line in (PAGES / "claims_tuning" / "claims.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        if entry["half"] != "tune":
            continue
        path, page = entry["evidence"][0]["path"], entry["evidence"][0]["page"]
        base = PAGES if path.startswith("korean/") else calibrate.DATA
        found.append(
            {
                "claim": entry["claim"],
                "evidence": (base / path, page),
                "document": f"{path} {page}",
                "supported": entry["label"] == "supported",
                "source": "pages",
            }
        )
    return found


def put(entries: Sequence[dict[str, Any]], scorer: Scorer, files: Any) -> list[Observed]:
    """What the verifier observes of each claim; `files` reads evidence that lies in files."""
    found: list[Observed] = []
    for entry in entries:
        if isinstance(entry["evidence"], str):
            page = TypedPage(entry["evidence"])
            source, evidence = page, [replace(page.evidence(), label="E1")]
        else:
            source, evidence = files, files.files([entry["evidence"]], entry["claim"])
        seen = PageVerifier(source, scorer).observe(entry["claim"], "", Sheets(source).read(evidence))
        found.append(NOWHERE if seen is None else seen)
    return found


NOWHERE = Observed((), 0)


def balanced(called: np.ndarray, label: np.ndarray) -> float:
    """Balanced accuracy of what was called supported."""
    return float((called[label == 1].mean() + (~called)[label == 0].mean()) / 2)


class Claims:
    """What is known of all claims, as arrays."""

    def __init__(self, entries: Sequence[dict[str, Any]], said: Sequence[Observed], folds: np.ndarray) -> None:
        self.label = np.array([float(entry["supported"]) for entry in entries])
        self.source = np.array([entry["source"] for entry in entries])
        self.folds = folds
        self.ruled = np.array([one.worst.probability if one.facts else 0.02 for one in said])
        self.asked = np.array([one.entailed is not None for one in said])
        self.firm = np.array([bool(one.facts) and is_decided(one.worst.findings) for one in said])
        signs = [
            Signs(rule, one.entailed or 0.0, one.coverage, len(one.facts), one.words)
            for rule, one in zip(self.ruled, said, strict=True)
        ]
        self.kind = np.array([one.kind for one in signs])
        self.terms = [one.terms() for one in signs]

    def fit(self, kind: str, without: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients from the open claims of a kind that are not of a fold, and the claims of the kind."""
        share = np.array([SHARES[kind].get(one, 0.0) for one in self.source])
        mine = self.asked & (self.kind == kind)
        learnt = mine & (share > 0) & (self.folds != without)
        counts = {one: (learnt & (self.source == one)).sum() for one in SHARES[kind]}
        weight = (
            np.array([share[place] / counts[self.source[place]] for place in np.flatnonzero(learnt)]) * learnt.sum()
        )
        rows = np.array([self.terms[place] for place in np.flatnonzero(learnt)])
        free = np.array([name != "bias" for name in TERMS[kind]])
        while True:  # what speaks for a claim may not lower its probability
            fitted = np.zeros(len(free))
            fitted[[*np.flatnonzero(free), -1]] = calibrate.logistic(rows[:, free], self.label[learnt], weight)
            turned = [place for place, name in enumerate(TERMS[kind]) if name.endswith(SPEAKING) and fitted[place] < 0]
            if not turned:
                return fitted, mine
            free[turned] = False

    def probability(self) -> np.ndarray:
        """P(supported) of each claim by coefficients that were fitted without its fold."""
        p = self.ruled.copy()
        for kind in TERMS:
            for part in range(calibrate.FOLDS):
                fitted, mine = self.fit(kind, part)
                for place in np.flatnonzero(mine & (self.folds == part)):
                    p[place] = np.clip(1 / (1 + np.exp(-np.dot(self.terms[place], fitted))), 0.01, 0.99)
        limited = self.firm & self.asked
        p[limited] = np.minimum(p[limited], REFUTED)
        return p


def report(known: Claims) -> dict[str, Any]:
    """Coefficients fitted on everything, figures cross-validated by document."""
    p = known.probability()
    called = p >= np.where(known.asked, [SUPPORTED_FROM[kind] for kind in known.kind], 0.5)
    figures = {}
    for name in sorted(set(known.source)):
        mine = known.source == name
        figures[name] = {"claims": int(mine.sum()), "open": round(float(known.asked[mine].mean()), 2)}
        for how, chance, calls in (("", p, called), (" by rule", known.ruled, known.ruled >= 0.5)):
            figures[name] |= {
                f"auroc{how}": round(calibrate.area(chance[mine], known.label[mine]), 3),
                f"ece{how}": round(calibrate.ece(chance[mine], known.label[mine]), 3),
                f"balanced accuracy{how}": round(balanced(calls[mine], known.label[mine]), 3),
            }
    fitted = {
        kind: {name: round(float(value), 4) for name, value in zip(names, known.fit(kind)[0], strict=True)}
        for kind, names in TERMS.items()
    }
    return {
        "version": 3,
        "seed": calibrate.SEED,
        "split": "documents whose id or file name is not held out (SHA-256 starts with an even byte)",
        "coefficients": {**fitted, "supported from": SUPPORTED_FROM},
        "cross_validation": figures,
    }


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args()
    made, texts = calibrate.made_tuning(), calibrate.Readings()
    folder = TemporaryDirectory()
    files = Corpus(folder.name, profile="offline", text="none", pixels="none", ocr="off")._answering._given
    entries = claims(made)
    data = {vectors: calibrate.items(texts, vectors, made, False) for vectors in (True, False)}
    documents = sorted(
        {entry["document"] for entry in entries}, key=lambda name: sha256(f"fold {name}".encode()).digest()
    )
    fold = {name: place % calibrate.FOLDS for place, name in enumerate(documents)}
    # The networks have not learnt from these, so their folds matter only to the regression.
    for entry in (more := page_claims()):
        fold[entry["document"]] = sha256(f"fold {entry['document']}".encode()).digest()[0] % calibrate.FOLDS
    entries += more
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
        seen = put([entries[place] for place in mine], Scorer(texts, fitted), files)
        for place, one in zip(mine, seen, strict=True):
            said[place] = one
        print(f"fold {part + 1} of {calibrate.FOLDS}", flush=True)
    result = report(Claims(entries, said, np.array([fold[entry["document"]] for entry in entries])))
    print(json.dumps(result, indent=1))
    if not asked.check:
        Path(TARGET).write_text(json.dumps(result, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
