"""How well an index finds the pages that answer, by all channels together and by each alone.

    python tests/benchmarks/bench_retrieval.py FOLDER QUESTIONS.jsonl [--index INDEX] [--text ID] [--pixels ID]
        [--ocr off] [-k 20] [--against EARLIER.json] [--json OUT.json]

Builds the index if it is not there (in a temporary folder without `--index`), asks every question that has gold pages,
and prints nDCG@5, hit@5 and MRR with 95 % intervals over the whole set and over the held-out half.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from common import ROOT, save_json, table

sys.path.insert(0, str(ROOT))

import mmrag
from mmrag.errors import UsageError
from mmrag.evaluation import (
    RetrievalScores,
    as_json,
    as_table,
    evaluate_retrieval,
    rank_pages,
    read_questions,
    scores_from_json,
)
from mmrag.types import Evidence

CHANNELS = ("words", "pages", "text", "names", "pixels")


def measure(
    corpus: mmrag.Corpus, questions: tuple, k: int, channels: tuple[str, ...] | None
) -> tuple[RetrievalScores, list[float]]:
    """Scores of one set of channels, and the seconds that each question took."""
    seconds: list[float] = []

    def search(question: str) -> list[Evidence]:
        start = time.perf_counter()
        found = corpus.search(question, k, channels=channels)
        seconds.append(time.perf_counter() - start)
        return found

    return evaluate_retrieval(questions, rank_pages(questions, search)), seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("questions", type=Path)
    parser.add_argument("--index", type=Path)
    parser.add_argument("--profile", default="offline")
    parser.add_argument("--text", default=None)
    parser.add_argument("--pixels", default="none")
    parser.add_argument("--ocr", default="off")
    parser.add_argument("-k", type=int, default=20, help="pages asked for; MRR knows no rank beyond it")
    parser.add_argument("--against", type=Path, help="JSON of an earlier run; adds the paired difference")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    questions = read_questions(arguments.questions)
    with tempfile.TemporaryDirectory() as temporary:
        index = (arguments.index or Path(temporary, "index")).absolute()
        settings = {
            "profile": arguments.profile,
            "text": arguments.text,
            "pixels": arguments.pixels,
            "ocr": arguments.ocr,
        }
        with mmrag.Corpus(index, **settings) as corpus:
            report = corpus.index(arguments.folder)
            print(
                f"{report.seconds:.1f} s: {report.pages} pages, {report.regions} regions, {len(report.failed)} failed"
            )
            runs = {"fused": measure(corpus, questions, arguments.k, None)}
            for channel in CHANNELS:
                try:
                    runs[channel] = measure(corpus, questions, arguments.k, (channel,))
                except UsageError:
                    continue  # the index does not have it
    fused = runs["fused"][0]
    rows: list[list[object]] = [["", "nDCG@5", "hit@5", "MRR", "held-out nDCG@5", "held-out hit@5", "ms a question"]]
    for name, (scores, seconds) in runs.items():
        whole, half = scores.intervals(), scores.half(held=True).intervals()
        cells = [whole["nDCG@5"], whole["hit@5"], whole["MRR"], half["nDCG@5"], half["hit@5"]]
        rows.append([name, *cells, f"{median(seconds) * 1000:.1f}"])
    print(table(rows))
    earlier = None
    if arguments.against:
        earlier = scores_from_json(json.loads(arguments.against.read_text("utf-8"))["fused"])
    print(as_table(fused, against=earlier))
    for kind, scores in fused.by_kind().items():
        means = f"nDCG@5 {scores.mean('nDCG@5'):.3f} hit@5 {scores.mean('hit@5'):.3f}"
        print(f"{kind or 'questions'}: n={len(scores.questions)} {means}")
    save_json(arguments.json, {name: as_json(scores) for name, (scores, _) in runs.items()})


if __name__ == "__main__":
    main()
