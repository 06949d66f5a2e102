"""Fits the numbers of `mmrag/scorers/coefficients.json`: who supports a claim, word by word, as a probability.

    python scripts/calibrate.py [--check]

Data: the half of `../shared/data/verify_summedits` whose document ids are not held out, and claims made by program
(`claim_edits.py`) from sentences of the PDFs of `docqa_azure` and `docqa_uda` and of the Korean test set whose file
names are not held out. Labels of single words in summedits come from the nearest supported claim of the same document;
the scorer itself never sees another claim. Everything is seeded. `--check` prints what cross-validation by document
gives and writes nothing. Needs torch; runs for about ten minutes on one core.
"""

from __future__ import annotations

import argparse
import difflib
import json
import random
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import claim_edits
import korean_pages
import numpy as np
import torch

from mmrag.embedders.text import minilm
from mmrag.evaluation.questions import held_out
from mmrag.protocols import ReadOptions
from mmrag.readers import PdfReader
from mmrag.regions import read_sentences
from mmrag.scorers import lexicon
from mmrag.scorers.alignment import FEATURES, LAYERS, features
from mmrag.scorers.judging import pooled
from mmrag.scorers.words import Reading, bases, read, sentences, stem

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
TARGET = ROOT / "mmrag" / "scorers" / "coefficients.json"
SEED = 20261121
FOLDS = 5
MADE_SHARE = 0.3
"""Weight of a claim made by program beside one of summedits; both sets have half of the weight at 1."""
WITH_VECTORS = (
    *FEATURES[: FEATURES.index("often") + 1],
    *("claim_exact", "claim_here", "claim_near2", "claim_words"),
)
OF_VECTORS = {"near0", "near2", "near5", "spot0", "spot2", "spot5", "before2", "after2", "claim_near2"}
WITHOUT = tuple(name for name in WITH_VECTORS if name not in OF_VECTORS)


@dataclass(frozen=True)
class Item:
    """A claim: features of its words, 1 for those changed (between 0 and 1: not known), 1 if it is supported."""

    rows: np.ndarray
    changed: np.ndarray
    supported: float
    document: str
    source: str
    edit: str = ""


class Readings:
    """Texts read once."""

    def __init__(self) -> None:
        self._model = minilm()
        self._kept: dict[tuple[str, bool, bool], Reading] = {}

    def get(self, text: str, claim: bool, vectors: bool) -> Reading:  # noqa: D102
        key = (text, claim, vectors)
        if key not in self._kept:
            found = (lambda part: self._model.token_vectors(part, LAYERS)) if vectors else None
            self._kept[key] = read(text, found, claim=claim)
        return self._kept[key]


def summedits() -> tuple[list[dict[str, Any]], dict[str, str]]:
    """All claims and documents."""
    folder = DATA / "verify_summedits"
    claims = [json.loads(line) for line in (folder / "claims.jsonl").read_text("utf-8").splitlines()]
    documents = map(json.loads, (folder / "documents.jsonl").read_text("utf-8").splitlines())
    return claims, {entry["document_id"]: entry["text"] for entry in documents}


def changed_words(claims: Sequence[dict[str, Any]], texts: Readings) -> dict[str, np.ndarray]:
    """Which words of each edited claim differ from the nearest supported claim on the same document."""
    spelled = {c["id"]: [word.lower() for word in texts.get(c["claim"], True, False).words] for c in claims}
    supported = defaultdict(list)
    for claim in claims:
        if claim["label"] == "supported":
            supported[claim["document_id"]].append(spelled[claim["id"]])
    found = {}
    for claim in claims:
        words = spelled[claim["id"]]
        row = np.zeros(len(words), np.float32)
        others = supported[claim["document_id"]]
        if claim["label"] != "supported" and others:
            near = max(others, key=lambda other: difflib.SequenceMatcher(None, other, words, autojunk=False).ratio())
            for kind, _, _, start, stop in difflib.SequenceMatcher(None, near, words, autojunk=False).get_opcodes():
                if kind in ("replace", "insert"):
                    row[start:stop] = 1
                elif kind == "delete":
                    row[max(start - 1, 0) : start + 1] = 0.5
        found[claim["id"]] = row
    return found


def pages() -> list[tuple[str, str, list[str]]]:
    """(document, text, sentences) of pages with running text."""
    found = []
    for file in sorted([*(DATA / "docqa_azure/pdfs").glob("*.pdf"), *(DATA / "docqa_uda/pdfs").glob("*.pdf")]):
        count = 0
        for page in PdfReader().read(file, ReadOptions()):
            stated = [one.text for one in read_sentences(page.words) if not one.title] if len(page.words) > 80 else []
            good = [text for text in stated if _is_statement(text)]
            if good:
                found.append((file.name, " ".join(word.text for word in page.words), good))
                count += 1
            if count >= 60:
                break
    for name in sorted(dir(korean_pages)):
        books = getattr(korean_pages, name)
        if name.isupper() and isinstance(books, dict):
            found += [page for file, (title, parts) in books.items() for page in _korean(file, title, parts)]
    return found


def _is_statement(text: str) -> bool:
    letters = sum(letter.isalpha() or letter == " " for letter in text)
    return 40 < len(text) < 350 and text[-1] in ".다" and letters > 0.8 * len(text) and text[0].isupper()


def _korean(file: str, title: str, parts: Sequence[Any]) -> list[tuple[str, str, list[str]]]:
    found = []
    for heading, blocks in parts:
        text = "\n".join([title, heading, *map(_flat, blocks)])
        stated = [block[a:b] for block in blocks if isinstance(block, str) for a, b in sentences(block)]
        found.append((file, text, [one for one in stated if 12 < len(one) < 200]))
    return [page for page in found if page[2]]


def _flat(block: Any) -> str:
    if isinstance(block, str | int | float):
        return str(block)
    return "\n".join(_flat(row) if isinstance(row, str) else " ".join(map(str, row)) for row in block)


def neighbours(texts: Sequence[str]) -> dict[str, list[str]]:
    """For words of the texts: words near to them in the encoder's space that are not listed as of equal sense."""
    counts = Counter(word.lower() for text in texts for word in re.findall(r"[A-Za-z]{4,}", text))
    plain = lexicon.words("function words")
    words = [word for word, count in counts.most_common(6000) if count > 1 and word not in plain][:4000]
    vectors = minilm().embed_passages(words)
    found = {}
    for place, word in enumerate(words):
        near = vectors @ vectors[place]
        same = {stem(other) for base in bases(word) for other in lexicon.synonyms(base)} | {stem(word)}
        order = [other for other in np.argsort(-near, kind="stable")[1:40] if 0.3 < near[other] < 0.8]
        kept = [words[other] for other in order if stem(words[other]) not in same and words[other][:4] != word[:4]]
        if kept:
            found[word] = kept[:12]
    return found


def made_claims(half: bool, near: dict[str, list[str]], everything: Sequence[tuple[str, str, list[str]]]) -> list[Any]:
    """Claims made by program from the documents of one half."""
    dice = random.Random(SEED + half)
    mine = [page for page in everything if held_out(page[0]) == half]
    stated = [sentence for _, _, good in mine for sentence in good]
    names = sorted({m.group() for text in stated for m in claim_edits.NAME.finditer(text) if len(m.group()) > 3})
    material = {
        korean: claim_edits.Material(names, [text for text in stated if claim_edits.is_korean(text) == korean], near)
        for korean in (False, True)
    }
    by_document = defaultdict(list)
    for page in mine:
        by_document[page[0]].append(page)
    found = []
    for document, owned in by_document.items():
        korean = claim_edits.is_korean(owned[0][1])
        for _, text, good in dice.sample(owned, min(len(owned), 25)) * (3 if korean else 1):
            for sentence in dice.sample(good, min(len(good), 12 if korean else 4)):
                place = good.index(sentence) + 1
                other = good[place] if place < len(good) else ""
                same = claim_edits.is_korean(sentence)
                found += claim_edits.claims_of((sentence, other), text, document, material[same], dice)
    return found


def items(texts: Readings, vectors: bool, made: Sequence[Any], half: bool) -> list[Item]:
    """Summedits of one half and the claims made by program; with vectors only those in English."""
    claims, documents = summedits()
    changed = changed_words(claims, texts)
    columns = [FEATURES.index(name) for name in (WITH_VECTORS if vectors else WITHOUT)]

    def rows(claim: str, evidence: str) -> np.ndarray:
        return features(texts.get(claim, True, vectors), texts.get(evidence, False, vectors))[:, columns]

    found = [
        Item(
            rows(claim["claim"], documents[claim["document_id"]]),
            changed[claim["id"]],
            float(claim["label"] == "supported"),
            claim["document_id"],
            "summedits",
            "+".join(claim["edit_types"]),
        )
        for claim in claims
        if held_out(claim["document_id"]) == half
    ]
    for one in made:
        if vectors and one.korean:
            continue
        spans = one.changed
        starts = texts.get(one.claim, True, vectors).spans
        marks = np.array([any(a < stop and b > start for a, b in spans) for start, stop in starts], np.float32)
        source = "korean" if one.korean else "made"
        found.append(Item(rows(one.claim, one.evidence), marks, float(not one.edit), one.document, source, one.edit))
    return [item for item in found if len(item.rows)]


class Net(torch.nn.Module):
    """Log-odds of each word from its features, and of the claim from the worst words."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.words = torch.nn.Sequential(torch.nn.Linear(inputs, hidden), torch.nn.Tanh(), torch.nn.Linear(hidden, 1))
        self.claim = torch.nn.Linear(3, 1)
        with torch.no_grad():
            self.claim.weight[:] = torch.tensor([[-0.5, -0.5, -0.3]])
            self.claim.bias[:] = 0

    def forward(self, rows: torch.Tensor, mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: D102
        logits = self.words(rows)[..., 0]
        hidden = logits.masked_fill(mask == 0, -30)
        top = hidden.sort(1, descending=True).values[:, :3]
        count = mask.sum(1)
        taken = count.clamp(max=3)
        worst = torch.where(torch.arange(top.shape[1])[None] < taken[:, None], top, 0).sum(1) / taken
        return logits, self.claim(torch.stack([top[:, 0], worst, count.log()], 1))[:, 0]


@dataclass(frozen=True)
class Fitted:
    """A network and what its inputs are scaled by."""

    net: Net
    mean: np.ndarray
    scale: np.ndarray

    def words(self, rows: np.ndarray) -> np.ndarray:  # noqa: D102
        scaled = torch.tensor(np.clip((rows - self.mean) / self.scale, -5, 5), dtype=torch.float32)
        with torch.no_grad():
            logits: np.ndarray = self.net.words(scaled)[:, 0].numpy()
        return logits


def fit(data: Sequence[Item], epochs: int = 20, seed: int = SEED) -> Fitted:
    """Words and claims learnt together (binary cross-entropy on both), AdamW, one cycle of the learning rate."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    every = np.concatenate([item.rows for item in data])
    mean, scale = every.mean(0), every.std(0) + 1e-3
    longest = max(len(item.rows) for item in data)
    rows = torch.zeros(len(data), longest, every.shape[1])
    marks, mask = torch.zeros(len(data), longest), torch.zeros(len(data), longest)
    for place, item in enumerate(data):
        rows[place, : len(item.rows)] = torch.tensor(np.clip((item.rows - mean) / scale, -5, 5))
        marks[place, : len(item.rows)] = torch.tensor(item.changed)
        mask[place, : len(item.rows)] = 1
    label = torch.tensor([item.supported for item in data])
    weight = torch.tensor(weights(data))
    net = Net(every.shape[1], 16)
    steps = max(1, len(data) // 64) * epochs
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, total_steps=steps + 1)
    loss_of = torch.nn.BCEWithLogitsLoss(reduction="none")
    for _ in range(epochs):
        order = torch.randperm(len(data))
        for batch in order[: len(data) // 64 * 64].split(64):
            length = int(mask[batch].sum(1).max())
            logits, claim = net(rows[batch, :length], mask[batch, :length])
            known = mask[batch, :length] * (marks[batch, :length] != 0.5)
            words = (loss_of(logits, (marks[batch, :length] == 1).float()) * known).sum(1) / known.sum(1).clamp(min=1)
            loss = ((3 * words + loss_of(claim, label[batch])) * weight[batch]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return Fitted(net.eval(), mean, scale)


def weights(data: Sequence[Item]) -> np.ndarray:
    """Half of the weight to summedits, and `MADE_SHARE` of the other half kept by claims made by program."""
    ours = np.array([item.source == "summedits" for item in data])
    made = max(1, int((~ours).sum()))
    found = np.where(ours, 0.5 * made / max(1, int(ours.sum())), MADE_SHARE)
    result: np.ndarray = (found / found.mean()).astype(np.float32)
    return result


def summary(fitted: Fitted, item: Item, names: Sequence[str]) -> np.ndarray:
    """What the claim is judged by: the columns of `judging.pooled`."""
    exact = item.rows[:, names.index("claim_exact")]
    return pooled(fitted.words(item.rows), exact)


def logistic(x: np.ndarray, y: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Coefficients and bias of a logistic regression, by Newton's method with a small ridge."""
    x = np.column_stack([x, np.ones(len(x))]).astype(np.float64)
    beta = np.zeros(x.shape[1])
    ridge = 1e-2 * np.eye(len(beta))
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = x.T @ (weight * (y - p)) - ridge @ beta
        beta += np.linalg.solve((x * (weight * p * (1 - p))[:, None]).T @ x + ridge, gradient)
    return beta


def cross_validated(data: Sequence[Item], names: Sequence[str]) -> np.ndarray:
    """The summary of each claim by a network that has not seen its document."""
    documents = sorted({item.document for item in data}, key=lambda name: sha256(f"fold {name}".encode()).hexdigest())
    fold = {name: place % FOLDS for place, name in enumerate(documents)}
    found = np.zeros((len(data), 4))
    for part in range(FOLDS):
        fitted = fit([item for item in data if fold[item.document] != part])
        for place, item in enumerate(data):
            if fold[item.document] == part:
                found[place] = summary(fitted, item, names)
    return found


def area(score: np.ndarray, label: np.ndarray) -> float:
    """Area under the ROC curve."""
    order = np.argsort(np.argsort(score, kind="stable"), kind="stable") + 1
    good = label == 1
    return float((order[good].sum() - good.sum() * (good.sum() + 1) / 2) / (good.sum() * (~good).sum()))


def ece(p: np.ndarray, label: np.ndarray, bins: int = 15) -> float:
    """Expected calibration error over bins of equal mass."""
    parts = np.array_split(np.argsort(p, kind="stable"), bins)
    return float(sum(abs(p[part].mean() - label[part].mean()) * len(part) for part in parts if len(part)) / len(p))


def kind_of(texts: Readings, vectors: bool, made: Sequence[Any]) -> dict[str, Any]:
    """Fits one set of coefficients and says how it does on documents that it has not seen."""
    names = WITH_VECTORS if vectors else WITHOUT
    data = items(texts, vectors, made, False)
    label = np.array([item.supported for item in data])
    pools = cross_validated(data, names)
    weight = weights(data)
    beta = logistic(pools, label, weight)
    p = 1 / (1 + np.exp(-(pools @ beta[:-1] + beta[-1])))
    figures = {}
    for source in ("summedits", "made", "korean"):
        mine = np.array([item.source == source for item in data])
        if mine.any():
            figures[source] = {
                "claims": int(mine.sum()),
                "auroc": round(area(p[mine], label[mine]), 3),
                "ece": round(ece(p[mine], label[mine]), 3),
            }
    print("vectors" if vectors else "letters", json.dumps(figures), "claim", np.round(beta, 3), flush=True)
    fitted = fit(data)
    layers = [fitted.net.words[0], fitted.net.words[2]]
    return {
        "columns": [FEATURES.index(name) for name in names],
        "mean": short(fitted.mean),
        "scale": short(fitted.scale),
        "layers": [[short(layer.weight.detach().numpy().T), short(layer.bias.detach().numpy())] for layer in layers],
        "claim": short(beta[:-1]),
        "bias": round(float(beta[-1]), 4),
        "cross_validation": figures,
    }


def short(array: np.ndarray) -> Any:
    """Plain numbers of five digits."""
    return np.round(np.asarray(array, np.float64), 5).tolist()


def made_tuning() -> list[Any]:
    """The claims made by program that coefficients are fitted on."""
    everything = pages()
    _, documents = summedits()
    ours = [text for name, text in documents.items() if not held_out(name)]
    near = neighbours([*(" ".join(good) for name, _, good in everything if not held_out(name)), *ours])
    return made_claims(False, near, everything)


def shipped(vectors: bool) -> np.ndarray:
    """The weights of the claim and their bias as they stand in the file."""
    kept = json.loads(TARGET.read_text("utf-8"))["vectors" if vectors else "letters"]
    return np.array([*kept["claim"], kept["bias"]])


def main() -> None:
    """Fit both sets of coefficients and write them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    asked = parser.parse_args()
    made = made_tuning()
    texts = Readings()
    data = (DATA / "verify_summedits" / "claims.jsonl").read_bytes() + json.dumps([m.claim for m in made]).encode()
    result: dict[str, Any] = {
        "version": 2,
        "seed": SEED,
        "split": "documents whose id or file name is not held out (SHA-256 starts with an even byte)",
        "data": sha256(data).hexdigest(),
        "vectors": kind_of(texts, True, made),
        "letters": kind_of(texts, False, made),
    }
    if not asked.check:
        TARGET.write_text(json.dumps(result, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
