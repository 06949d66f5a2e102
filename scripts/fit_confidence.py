"""Fit the confidence of the extractive generator: how likely each candidate answers its question.

    python scripts/fit_confidence.py INDEX=QUESTIONS.jsonl [INDEX=QUESTIONS.jsonl ...] [--write]

Every INDEX holds the documents of its questions. Only the half of the questions that is not held out is used. Each
question also gives probes that no document answers: a year, a name or the rarest word replaced by one that stands in
no question and no document; whatever is answered to those counts as wrong.

The model is a logistic regression for each group of sources, with weights that may not have the sign opposite to what
the feature means, shrunk to zero (L2). Each document is left out in turn: the report rests on predictions for
documents that the weights have not seen. A second fit on the best candidate of each question (Platt 1999) corrects that
the best of several was chosen. `--write` puts the weights into mmrag/generation/confidence.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag import Corpus
from mmrag.embedders import load
from mmrag.evaluation import held_out
from mmrag.evaluation.judging import judge_answer
from mmrag.generation import ExtractiveGenerator
from mmrag.generation.candidates import Candidate
from mmrag.generation.confidence import GROUPS, NEGATIVE, POSITIVE, USED, VERSION
from mmrag.generation.questions import analyse
from mmrag.lexical import tokenize

Array = npt.NDArray[np.float64]

TARGET = Path(__file__).resolve().parent.parent / "mmrag" / "generation" / "confidence.json"
RIDGE = 0.05
KEPT = 4
"""Candidates of each source group that a question gives."""
YEARS = ("1911", "1926", "2047")
NAMES = ("Halvorsen Quist", "Zantrel", "Brimwick Falls", "Oduya", "Kestrelmoor")
NOUNS = ("helicopters", "tulips", "submarines", "xylophones", "lighthouses", "glaciers", "accordions")
KOREAN_NOUNS = ("잠수함", "헬리콥터", "등대", "튤립", "빙하", "아코디언")


@dataclass(frozen=True)
class Asked:
    """A question with its candidates; `right[i]` is None where nobody can tell."""

    identity: str
    group: str
    probe: str
    candidates: tuple[Candidate, ...]
    right: tuple[bool | None, ...]


def main() -> None:
    """Read, fit, report."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("sets", nargs="+", metavar="INDEX=QUESTIONS.jsonl")
    parser.add_argument("--write", action="store_true", help="put the weights into mmrag/generation/confidence.json")
    arguments = parser.parse_args()
    rows = list(collect([pair.split("=", 1) for pair in arguments.sets]))
    weights = report(rows)
    if arguments.write:
        entry = {"version": VERSION, "questions": sum(not row.probe for row in rows), "sources": weights}
        TARGET.write_text(json.dumps(entry, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def collect(sets: Sequence[Sequence[str]]) -> Iterator[Asked]:
    """Every question of the tuning half and its probes, each with candidates and what they are worth."""
    encoder = load("minilm")
    for index, path in sets:
        corpus = Corpus(index)
        generator = ExtractiveGenerator(corpus._open(), encoder.embed_passages)
        for line in Path(path).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if held_out(record["id"]):
                continue
            for probe, question in [("", record["question"]), *probes(record["question"], record["id"])]:
                evidence = corpus.search(question, k=8)
                _, found = generator.candidates(question, evidence)
                yield judged(record, probe, question, found)


def judged(record: Mapping[str, Any], probe: str, question: str, found: Sequence[Candidate]) -> Asked:
    """The best candidates of each source group with their worth."""
    kept: list[Candidate] = []
    for sources in GROUPS.values():
        kept += [one for one in found if one.source in sources][:KEPT]
    golds = record.get("answers") or [record["answer"]]
    right: list[bool | None] = []
    for one in kept:
        outcome = "wrong" if probe else judge_answer(one.text, golds, question=question)
        right.append({"right": True, "wrong": False}.get(outcome))
    return Asked(record["id"], record["doc"], probe, tuple(kept), tuple(right))


def probes(question: str, identity: str) -> Iterator[tuple[str, str]]:
    """The question with one thing changed to what stands nowhere; which, a hash of the id decides."""
    number = sha256(identity.encode()).digest()[1]
    taken = analyse(question)
    if taken.years:
        yield "year", question.replace(str(taken.years[-1]), YEARS[number % len(YEARS)])
    if taken.entities:
        yield "name", question.replace(taken.entities[-1], NAMES[number % len(NAMES)])
    words = [word for word in question.split() if tokenize(word) and word.strip("?,.").casefold() in taken.focus]
    if words:
        nouns = KOREAN_NOUNS if taken.language == "ko" else NOUNS
        word = max(words, key=lambda word: (len(word), word)).strip("?,.")
        yield "measure", question.replace(word, nouns[number % len(nouns)])


def fit(features: Array, right: Array, weight: Array, signs: Array, ridge: float) -> Array:
    """Weights with the bias first: gradient descent with the allowed signs kept, on the penalised log-likelihood."""
    x = np.hstack([np.ones((len(features), 1)), features])
    beta = np.zeros(x.shape[1])
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 0.0
    step = 4.0 / (np.linalg.norm(x * np.sqrt(weight)[:, None], 2) ** 2 + 4 * ridge)
    momentum, before = beta.copy(), beta.copy()
    for turn in range(1500):
        chance = 1 / (1 + np.exp(-np.clip(x @ momentum, -30, 30)))
        beta = momentum - step * (x.T @ (weight * (chance - right)) + penalty * momentum)
        beta[1:] = np.where(signs > 0, np.maximum(beta[1:], 0), np.where(signs < 0, np.minimum(beta[1:], 0), beta[1:]))
        momentum = beta + turn / (turn + 3) * (beta - before)
        before = beta
    return beta


@dataclass(frozen=True)
class Model:
    """One group's weights over `names`, bias first; a source of the group is a feature of its own."""

    names: tuple[str, ...]
    beta: Array

    def logit(self, one: Candidate) -> float:
        """Log odds that the candidate is right."""
        return float(self.beta[0] + vector(one, self.names) @ self.beta[1:])


def vector(one: Candidate, names: Sequence[str]) -> Array:
    """The candidate's features in the order of `names`."""
    return np.array([float(name == f"is_{one.source}") or one.features.get(name, 0.0) for name in names])


def train(rows: Sequence[Asked], sources: Sequence[str]) -> Model:
    """Fit one group of sources; each question weighs the same, a probe half."""
    used = [
        (one, worth, (0.5 if row.probe else 1.0) / max(1, len(row.candidates)) ** 0.5)
        for row in rows
        for one, worth in zip(row.candidates, row.right, strict=True)
        if one.source in sources and worth is not None
    ]
    seen = {name for one, _, _ in used for name in one.features}
    allowed = USED.get(group_of(sources[0]))
    seen = seen & allowed if allowed else seen
    names = (*sorted(seen), *(f"is_{source}" for source in sources[1:]))
    if not used:
        return Model((), np.array([-3.0]))
    signs = np.array([1.0 if name in POSITIVE else -1.0 if name in NEGATIVE else 0.0 for name in names])
    features = np.array([vector(one, names) for one, _, _ in used])
    worth = np.array([float(bool(worth)) for _, worth, _ in used])
    return Model(names, fit(features, worth, np.array([weight for _, _, weight in used]), signs, RIDGE))


def best(row: Asked, models: Mapping[str, Model]) -> tuple[float, bool | None, Candidate] | None:
    """The likeliest candidate of a question."""
    rated = [(models[group_of(one.source)].logit(one), place) for place, one in enumerate(row.candidates)]
    if not rated:
        return None
    top, place = max(rated)
    return top, row.right[place], row.candidates[place]


def group_of(source: str) -> str:
    """The group that a source is fitted in."""
    return next(name for name, sources in GROUPS.items() if source in sources)


def report(rows: Sequence[Asked]) -> dict[str, Any]:
    """Cross-validated risk and coverage on standard output; the weights of the fit on everything."""
    picks: list[tuple[float, bool | None, Asked, Candidate]] = []
    for document in sorted({row.group for row in rows}):
        inside = [row for row in rows if row.group != document]
        models = {name: train(inside, sources) for name, sources in GROUPS.items()}
        for row in rows:
            if row.group == document:
                found = best(row, models)
                if found:
                    picks.append((found[0], found[1], row, found[2]))
    platt = calibrate(picks)
    show(rows, [(corrected(logit, platt, one), right, row, one) for logit, right, row, one in picks])
    models = {name: train(rows, sources) for name, sources in GROUPS.items()}
    return {
        source: as_entry(models[name], source, platt[name]) for name, sources in GROUPS.items() for source in sources
    }


def calibrate(picks: Sequence[tuple[float, bool | None, Asked, Candidate]]) -> dict[str, tuple[float, float]]:
    """Slope and shift of each group over the chosen candidates."""
    found = {}
    for name in GROUPS:
        own = [(logit, right, row) for logit, right, row, one in picks if group_of(one.source) == name]
        own = [entry for entry in own if entry[1] is not None]
        if sum(bool(right) for _, right, _ in own) < 3:
            found[name] = (1.0, 0.0)
            continue
        x = np.array([[logit] for logit, _, _ in own])
        right = np.array([float(bool(right)) for _, right, _ in own])
        weight = np.array([0.5 if row.probe else 1.0 for _, _, row in own])
        beta = fit(x, right, weight, np.array([1.0]), ridge=0.1)
        found[name] = (float(beta[1]), float(beta[0]))
    return found


def corrected(logit: float, platt: Mapping[str, tuple[float, float]], one: Candidate) -> float:
    """The chance after the second fit."""
    slope, shift = platt[group_of(one.source)]
    return float(1 / (1 + np.exp(-(slope * logit + shift))))


def as_entry(model: Model, source: str, platt: tuple[float, float]) -> dict[str, Any]:
    """Bias and weights of one source, the second fit and the source's own feature worked in."""
    slope, shift = platt
    own = {name: float(value) for name, value in zip(model.names, model.beta[1:], strict=True)}
    bias = slope * (float(model.beta[0]) + own.get(f"is_{source}", 0.0)) + shift
    kept = {
        name: round(slope * value, 3) for name, value in own.items() if not name.startswith("is_") and abs(value) > 1e-3
    }
    return {"bias": round(bias, 3), "features": kept}


def show(rows: Sequence[Asked], picks: Sequence[tuple[float, bool | None, Asked, Candidate]]) -> None:
    """What would be answered at several thresholds."""
    total = sum(not row.probe for row in rows)
    fooled = sum(bool(row.probe) for row in rows)
    print(f"{total} questions, {fooled} probes, each document left out in turn")
    print("least  right  wrong  unscored  of answered wrong  probes answered")
    for least in (0.3, 0.4, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9):
        shown = [(right, row) for chance, right, row, _ in picks if chance >= least]
        right = sum(worth is True for worth, row in shown if not row.probe)
        wrong = sum(worth is False for worth, row in shown if not row.probe)
        none = sum(worth is None for worth, row in shown if not row.probe)
        probed = sum(bool(row.probe) for _, row in shown)
        share = wrong / max(1, right + wrong)
        print(f"{least:5.2f}  {right:5d}  {wrong:5d}  {none:8d}  {share:17.3f}  {probed}/{fooled}")
    for name in GROUPS:
        own = [
            (chance, bool(right))
            for chance, right, row, one in picks
            if group_of(one.source) == name and right is not None
        ]
        if own:
            print(
                f"{name}: {len(own)} chosen, right {sum(right for _, right in own)}, ECE {calibration_error(own):.3f}"
            )


def calibration_error(pairs: Sequence[tuple[float, bool]], bins: int = 10) -> float:
    """Expected calibration error over bins of equal size."""
    ordered = sorted(pairs)
    error = 0.0
    for part in np.array_split(np.arange(len(ordered)), min(bins, len(ordered))):
        chance = float(np.mean([ordered[place][0] for place in part]))
        right = float(np.mean([ordered[place][1] for place in part]))
        error += len(part) / len(ordered) * abs(chance - right)
    return error


if __name__ == "__main__":
    main()
