"""What an image encoder knows of documents: drawn pictures, regions of real pages, and pages found by their looks.

    python tests/benchmarks/bench_looks.py drawn [--pixels ID] [--pairs 200] [--whole]
    python tests/benchmarks/bench_looks.py regions [--set reporting|tuning] [--pixels ID] [--data FOLDER]
    python tests/benchmarks/bench_looks.py pages --index INDEX [--questions FILE.jsonl ...] [--weight W]
    python tests/benchmarks/bench_looks.py speed [--pixels ID]

`drawn`: text to image among held-out pictures that mmrag draws (fonts, shades and wordings that training never uses),
each by its fullest English caption and by its fullest Korean one. `regions`: zero-shot classes of the labelled regions
of tests/data/looks, by prompts that name the kinds of each class; with `--set tuning` of tests/data/looks_tuning, the
only ones by which anything may be chosen. `pages`: nDCG@5 with the pixel channel and without, paired, on an index that
has one. `speed`: pictures a second, read from PNG, on all cores.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, save_json, table
from PIL import Image, ImageOps

sys.path.insert(0, str(ROOT))

import mmrag
from mmrag import embedders
from mmrag.evaluation import compare, evaluate_retrieval, rank_pages, read_questions
from mmrag.training.measuring import recall_of
from mmrag.training.pictures import KINDS, picture
from mmrag.training.pictures.captions import STYLES
from mmrag.training.pictures.wordings import NOUNS

DATA = ROOT.parent / "shared" / "data"
LOOKS = ROOT / "tests" / "data" / "looks"
SETS = {"reporting": LOOKS, "tuning": ROOT / "tests" / "data" / "looks_tuning"}
CLASSES = ("bar chart", "line chart", "pie chart", "table", "diagram", "photo", "text", "form")


def drawn(arguments: argparse.Namespace) -> dict[str, Any]:
    """Recall of held-out pictures by caption, for each language."""
    model = embedders.load(arguments.pixels)
    made = [picture(index, arguments.seed, "held-out", whole=arguments.whole) for index in range(arguments.pairs)]
    images = model.embed_images([one.image for one in made])
    found: dict[str, Any] = {"pairs": len(made)}
    rows = [["", "R@1", "R@5", "R@1, true captions are no mistake", "R@5"]]
    for language in ("en", "ko"):
        chosen = [next(one for one in each.wordings if one.language == language) for each in made]
        scores = model.embed_queries([one.text for one in chosen]) @ images.T
        same = np.array([[one.text in other.captions for other in made] for one in chosen])
        fits = np.array([[one.claims <= other.seen for other in made] for one in chosen])
        strict, fair = (recall_of(scores, mask & ~np.eye(len(made), dtype=bool)) for mask in (same, same | fits))
        found[language] = {"strict": [strict.at_1, strict.at_5], "fair": [fair.at_1, fair.at_5]}
        rows.append([language, f"{strict.at_1:.3f}", f"{strict.at_5:.3f}", f"{fair.at_1:.3f}", f"{fair.at_5:.3f}"])
    print(table(rows))
    return found


def prompts() -> dict[str, list[list[str]]]:
    """For each class the wordings of each of its kinds, English and Korean."""
    found: dict[str, list[list[str]]] = {name: [] for name in CLASSES}
    for name, kind in KINDS.items():
        if kind.group in found:
            found[kind.group].append(
                [
                    style.format(a=f"a {noun}", n=noun)
                    for language in ("en", "ko")
                    for noun in NOUNS[name][language].train
                    for style in STYLES["train", language].plain
                ]
            )
    return found


def class_vectors(model: Any) -> tuple[list[str], np.ndarray]:
    """A vector for each kind, the mean of its wordings, and the class that it belongs to."""
    names, rows = [], []
    for name, kinds in prompts().items():
        for wordings in kinds:
            mean = model.embed_queries(wordings).mean(axis=0)
            names.append(name)
            rows.append(mean / np.linalg.norm(mean))
    return names, np.stack(rows)


def regions(arguments: argparse.Namespace) -> dict[str, Any]:
    """Balanced accuracy over the labelled regions, and the confusion matrix."""
    model = embedders.load(arguments.pixels)
    lines = [json.loads(line) for line in (SETS[arguments.set] / "regions.jsonl").read_text("utf-8").splitlines()]
    scored = [line for line in lines if line["label"] in CLASSES]
    names, vectors = class_vectors(model)
    images = model.embed_images(crops(scored, arguments.data))
    scores = images @ vectors.T
    best = np.array([[scores[:, [at for at, one in enumerate(names) if one == name]].max(axis=1)] for name in CLASSES])
    guessed = [CLASSES[at] for at in best[:, 0, :].argmax(axis=0)]
    found: dict[str, Any] = {}
    for title, kept in (("all", scored), ("no passages", [line for line in scored if line["kind"] != "passage"])):
        places = [at for at, line in enumerate(scored) if line in kept]
        for also in (False, True):
            hits: Counter[str] = Counter()
            for at in places:
                line = scored[at]
                hits[line["label"]] += guessed[at] == line["label"] or (also and guessed[at] in line["also"])
            counts = Counter(scored[at]["label"] for at in places)
            found[f"{title}{', also counts' if also else ''}"] = float(
                np.mean([hits[name] / counts[name] for name in CLASSES if counts[name]])
            )
    matrix = Counter(zip((line["label"] for line in scored), guessed, strict=True))
    print(table([["is \\ said", *CLASSES, "recall"], *(_row(name, matrix) for name in CLASSES)]))
    for name, value in found.items():
        print(f"balanced accuracy, {name}: {value:.3f}")
    return {**found, "confusion": {f"{one} -> {two}": number for (one, two), number in sorted(matrix.items())}}


def _row(name: str, matrix: Counter[tuple[str, str]]) -> list[str]:
    counts = [matrix[name, other] for other in CLASSES]
    return [name, *map(str, counts), f"{matrix[name, name] / max(1, sum(counts)):.2f}"]


def crops(lines: list[dict[str, Any]], data: Path) -> list[Image.Image]:
    """The regions as `mmrag index` hands them to an encoder: 448 pixels of their longer side, cut from the page.

    A line whose file is no PDF is the whole of a picture.
    """
    import pymupdf

    found = []
    for line in lines:
        if not line["file"].endswith(".pdf"):
            with Image.open(data / line["file"]) as image:
                found.append(ImageOps.contain(image.convert("RGB"), (448, 448)))
            continue
        with pymupdf.open(data / line["file"]) as document:
            page = document[line["page"] - 1]
            area = page.rect
            left, top, right, bottom = line["box"]
            clip = pymupdf.Rect(
                area.x0 + left * area.width,
                area.y0 + top * area.height,
                area.x0 + right * area.width,
                area.y0 + bottom * area.height,
            )
            zoom = 448 / max(clip.width, clip.height, 1)
            pixels = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=clip, alpha=False)
            found.append(Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples))
    return found


def pages(arguments: argparse.Namespace) -> dict[str, Any]:
    """nDCG@5 of each set of questions with pixels and without, and the paired difference."""
    files = arguments.questions or [LOOKS / "questions.jsonl", DATA / "docqa_azure" / "questions.jsonl"]
    rows = [["questions", "n", "without", "with", "difference"]]
    found: dict[str, Any] = {}
    with mmrag.Corpus(arguments.index) as corpus:
        every = ("words", "pages", "text", "names")
        for file in files:
            questions = read_questions(file)
            runs = [
                evaluate_retrieval(questions, rank_pages(questions, partial(corpus.search, k=20, channels=used)))
                for used in (every, (*every, "pixels"))
            ]
            for kind in ("", *sorted(runs[0].by_kind())):
                one, two = (run.by_kind()[kind] if kind else run for run in runs)
                difference = compare(one, two)["nDCG@5"]
                name = f"{file.parent.name}/{file.stem} {kind}".strip()
                rows.append(
                    [
                        name,
                        str(len(one.questions)),
                        f"{one.mean('nDCG@5'):.3f}",
                        f"{two.mean('nDCG@5'):.3f}",
                        str(difference),
                    ]
                )
                found[name] = [one.mean("nDCG@5"), two.mean("nDCG@5"), difference.low, difference.high]
    print(table(rows))
    return found


def speed(arguments: argparse.Namespace) -> dict[str, Any]:
    """Pictures a second: decoding alone, encoding alone, both."""
    model = embedders.load(arguments.pixels)
    files = []
    for index in range(96):
        held = io.BytesIO()
        picture(index, 1, size=448).image.save(held, "PNG")
        files.append(held.getvalue())
    images = [Image.open(io.BytesIO(file)).convert("RGB") for file in files]
    model.embed_images(images[:16])
    start = time.perf_counter()
    for _ in range(3):
        model.embed_images(images)
    alone = 3 * len(images) / (time.perf_counter() - start)
    start = time.perf_counter()
    model.embed_images([Image.open(io.BytesIO(file)).convert("RGB") for file in files])
    both = len(images) / (time.perf_counter() - start)
    print(f"{alone:.0f} pictures/s encoded (resized from 448 pixels), {both:.0f} with decoding of PNG")
    return {"encoded": alone, "decoded and encoded": both}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("drawn", "regions", "pages", "speed"))
    parser.add_argument("--set", choices=SETS, default="reporting")
    parser.add_argument("--pixels", default="document-clip")
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=20_261)
    parser.add_argument("--whole", action="store_true", help="drawn: no picture is a part of a larger one")
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--index")
    parser.add_argument("--questions", type=Path, nargs="*")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    save_json(arguments.json, globals()[arguments.what](arguments))


if __name__ == "__main__":
    main()
