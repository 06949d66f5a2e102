"""Fit the confidence of the extractive generator: how likely each candidate answers its question.

    python scripts/fit_confidence.py INDEX=QUESTIONS.jsonl [INDEX=QUESTIONS.jsonl ...] [--write]

Every INDEX holds the documents of its questions. Only the half of the questions that is not held out is used. Each
question also gives probes that no document answers: a year, a name or the rarest word replaced by one that stands in
no question and no document; whatever is answered to those counts as wrong, as it does for a question that is not
answerable.

The model is a logistic regression for each group of sources, with weights that may not have the sign opposite to what
the feature means, shrunk to zero (L2). Each document is left out in turn: the report rests on predictions for
documents that the weights have not seen. A second fit on the best candidate of each question (Platt 1999) corrects that
the best of several was chosen, and knows how far the next different answer lies behind. It weighs a probe little: its
chances are meant for questions that people ask, and the report tells how many probes they let through. What is refused
before any chance is looked at, since a name or a year stands on no page, has no part in either fit.
`--write` puts the weights into mmrag/generation/confidence.json.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
from mmrag.generation.confidence import (
    GROUPS,
    NEGATIVE,
    POSITIVE,
    USED,
    VERSION,
    group_of,
    shortlist,
    standing,
)
from mmrag.generation.extractive import lacking
from mmrag.generation.questions import analyse
from mmrag.lexical import tokenize

Array = npt.NDArray[np.float64]

TARGET = Path(__file__).resolve().parent.parent / "mmrag" / "generation" / "confidence.json"
RIDGE = 0.05
RIDGE_OF_CHOICE = 0.1
OF_PROBE = 0.25
"""Weight of a probe in the first fit, where a question weighs 1."""
OF_PROBE_IN_CHOICE = 0.1
STANDING = ("logit", "lead", "agree", *list(GROUPS)[1:], "hangul")
"""Features of the second fit; the first three cannot speak against a candidate."""
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
    weights, choice = report(rows)
    if arguments.write:
        entry = {
            "version": VERSION,
            "questions": sum(not row.probe for row in rows),
            "sources": weights,
            "choice": choice,
        }
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
            for probe, question in asked_and_probes(record):
                evidence = corpus.search(question, k=8)
                asked, found = generator.candidates(question, evidence)
                yield judged(record, probe, question, [] if lacking(asked) else found)


def asked_and_probes(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The question, "" before it, and its probes; one that no document answers is a question of its own, not probed."""
    real = ("", record["question"])
    return [real, *(probes(*real[1:], record["id"]) if record.get("answerable") is not False else ())]


def judged(record: Mapping[str, Any], probe: str, question: str, found: Sequence[Candidate]) -> Asked:
    """The best candidates of each source group with their worth."""
    kept = shortlist(found)
    golds = record.get("answers") or [record["answer"] or ""]
    answerable = record.get("answerable") is not False
    right: list[bool | None] = []
    for one in kept:
        outcome = "wrong" if probe else judge_answer(one.text, golds, question=question, answerable=answerable)
        right.append({"right": True, "wrong": False}.get(outcome))
    return Asked(record["id"], record["doc"] or "none", probe, tuple(kept), tuple(right))


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
    """Fit one group of sources; each question weighs the same, a probe less."""
    used = [
        (one, worth, (OF_PROBE if row.probe else 1.0) / max(1, len(row.candidates)) ** 0.5)
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


@dataclass(frozen=True)
class Pick:
    """The candidate chosen for a question by weights that have not seen its document; `standing` is for the second fit.

    `chance` is what the second fit, of other documents too, makes of it.
    """

    row: Asked
    source: str
    right: bool | None
    standing: Mapping[str, float]
    chance: float = 0.0


def pick(row: Asked, models: Mapping[str, Model]) -> Pick | None:
    """The likeliest candidate of a question."""
    logits = [models[group_of(one.source)].logit(one) for one in row.candidates]
    if not logits:
        return None
    place = max(range(len(logits)), key=lambda place: logits[place])
    return Pick(row, row.candidates[place].source, row.right[place], standing(row.candidates, logits, place))


def report(rows: Sequence[Asked]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Cross-validated risk and coverage on standard output; the weights of both fits on everything."""
    picks: list[Pick] = []
    documents = sorted({row.group for row in rows})
    for document in documents:
        models = {name: train([row for row in rows if row.group != document], own) for name, own in GROUPS.items()}
        found = [pick(row, models) for row in rows if row.group == document]
        picks += [one for one in found if one is not None]
    rated: list[Pick] = []
    for document in documents:
        beta = second([one for one in picks if one.row.group != document])
        rated += [
            replace(one, chance=float(1 / (1 + np.exp(-(beta[0] + of_standing(one) @ beta[1:])))))
            for one in picks
            if one.row.group == document
        ]
    show(rows, rated)
    models = {name: train(rows, sources) for name, sources in GROUPS.items()}
    beta = second(picks)
    features = {name: round(float(value), 3) for name, value in zip(STANDING, beta[1:], strict=True)}
    weights = {source: as_entry(models[name], source) for name, sources in GROUPS.items() for source in sources}
    return weights, {"bias": round(float(beta[0]), 3), "features": features}


def of_standing(one: Pick) -> Array:
    """Features of the second fit."""
    return np.array([one.standing.get(name, 0.0) for name in STANDING])


def second(picks: Sequence[Pick]) -> Array:
    """Weights of the second fit, bias first."""
    known = [one for one in picks if one.right is not None]
    right = np.array([float(bool(one.right)) for one in known])
    weight = np.array([OF_PROBE_IN_CHOICE if one.row.probe else 1.0 for one in known])
    signs = np.array([1.0] * 3 + [0.0] * (len(STANDING) - 3))
    return fit(np.array([of_standing(one) for one in known]), right, weight, signs, RIDGE_OF_CHOICE)


def as_entry(model: Model, source: str) -> dict[str, Any]:
    """Bias and weights of one source, the source's own feature worked in."""
    own = {name: float(value) for name, value in zip(model.names, model.beta[1:], strict=True)}
    bias = float(model.beta[0]) + own.get(f"is_{source}", 0.0)
    kept = {name: round(value, 3) for name, value in own.items() if not name.startswith("is_") and abs(value) > 1e-3}
    return {"bias": round(bias, 3), "features": kept}


def show(rows: Sequence[Asked], picks: Sequence[Pick]) -> None:
    """What would be answered at several thresholds, and how true the chances are."""
    total = sum(not row.probe for row in rows)
    fooled = sum(bool(row.probe) for row in rows)
    print(f"{total} questions, {fooled} probes, each document left out in turn")
    print("max risk  right  wrong  unscored  of answered wrong  probes answered")
    for risk in (0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.7):
        shown = [one for one in picks if one.chance >= 1 - risk]
        right = sum(one.right is True for one in shown if not one.row.probe)
        wrong = sum(one.right is False for one in shown if not one.row.probe)
        none = sum(one.right is None for one in shown if not one.row.probe)
        probed = sum(bool(one.row.probe) for one in shown)
        share = wrong / max(1, right + wrong)
        print(f"{risk:8.2f}  {right:5d}  {wrong:5d}  {none:8d}  {share:17.3f}  {probed}/{fooled}")
    real = [one for one in picks if one.right is not None and not one.row.probe]
    for low in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        inside = [one for one in real if low <= one.chance < low + 0.1 or (low == 0.9 and one.chance >= 1)]
        if inside:
            mean = float(np.mean([one.chance for one in inside]))
            print(f"chance {low:.1f}: {len(inside):3d} questions, mean {mean:.2f}, {share_right(inside):.2f} right")
    for name in ("", *GROUPS):
        own = [(one.chance, bool(one.right)) for one in real if not name or group_of(one.source) == name]
        if own:
            print(
                f"{name or 'all'}: {len(own)} chosen, right {sum(right for _, right in own)}, "
                f"ECE {calibration_error(own):.3f}"
            )


def share_right(picks: Sequence[Pick]) -> float:
    """Share of the picks that are right."""
    return float(np.mean([bool(one.right) for one in picks]))


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
