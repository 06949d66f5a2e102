"""How well questions are answered and claims are checked: every figure that a release of the answering half names.

    python tests/benchmarks/bench_answers.py [DATA] [--index azure=FOLDER --index uda=FOLDER ...]
        [--only answers unanswerable claims summedits korean time] [--max-risk 0.2] [--llm MODEL] [--limit N]
        [--split whole|tuning|held-out] [--max-risk-curve] [--against EARLIER.json] [--json OUT.json]

DATA holds docqa_azure, docqa_uda and verify_summedits (default: ../shared/data beside the repository). An index that is
not named is built in a temporary folder with the profile `offline`. What is printed:

- `answers`: docqa_azure + docqa_uda, each alone and both together: right, wrong, refused, what right answers cite, and,
  with `--max-risk-curve`, the same at maximal risk, whose risk-coverage curve says what each risk allows;
- `unanswerable`: how many of the questions of tests/data/unanswerable are refused, over the same two indexes;
- `claims`: the adversarial claims of tests/data/claims against their pages;
- `summedits`: the claims of verify_summedits against their documents, whole and held-out, by document;
- `korean`: the Korean questions of tests/data/korean;
- `time`: milliseconds of a warm `ask`, and the share of it that is search.

`--split tuning` never looks at the held-out half; the sets under tests/data are for reporting, so it leaves them out.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from common import DATA, ROOT, save_json, table

sys.path.insert(0, str(ROOT))

import mmrag
from mmrag.errors import UsageError
from mmrag.evaluation import (
    AnswerScore,
    AnswerScores,
    LabelledClaim,
    Question,
    VerdictScores,
    answers_from_json,
    answers_json,
    answers_table,
    ask_questions,
    check_claims,
    compare_answers,
    compare_verdicts,
    held_out,
    read_claims,
    read_questions,
    verdicts_from_json,
    verdicts_json,
    verdicts_table,
    without_gold,
)

SETS = ROOT / "tests" / "data"
PARTS = ("answers", "unanswerable", "claims", "summedits", "korean", "time")
FOLDERS = {"azure": "docqa_azure/pdfs", "uda": "docqa_uda/pdfs"}
SAMPLE = 40  # questions that are timed


class Bench:
    """The indexes, opened when first needed, and the scores so far by name."""

    def __init__(self, arguments: argparse.Namespace, stack: ExitStack) -> None:
        self.arguments = arguments
        self._stack = stack
        self._open: dict[str, mmrag.Corpus] = {}
        self._named = dict(item.split("=", 1) for item in arguments.index)
        self.results: dict[str, Any] = {}
        self.earlier: dict[str, Any] = {}
        if arguments.against:
            self.earlier = json.loads(arguments.against.read_text("utf-8"))

    def corpus(self, name: str) -> mmrag.Corpus:
        if name not in self._open:
            settings = {"llm": self.arguments.llm} if self.arguments.llm else {}
            if name in self._named:
                corpus = mmrag.Corpus(Path(self._named[name]).absolute(), **settings)
            else:
                folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()), name)
                corpus = mmrag.Corpus(folder, profile="offline", pixels="none", **settings)
                source = SETS / "korean" / "pdfs" if name == "korean" else self.arguments.data / FOLDERS[name]
                report = corpus.index(source)
                print(f"index of {name}: {report.pages} pages in {report.seconds:.0f} s", file=sys.stderr)
            self._open[name] = self._stack.enter_context(corpus)
        return self._open[name]

    def ask(self, name: str, questions: Sequence[Question], max_risk: float | None) -> AnswerScores:
        corpus = self.corpus(name)
        asked = self.chosen(questions)
        scores = ask_questions(asked, lambda text: corpus.ask(text, max_risk=max_risk), corpus.words)
        return AnswerScores(tuple(watched(name, scores, len(asked))))

    def chosen(self, items: Sequence[Any]) -> list[Any]:
        split = self.arguments.split
        kept = [item for item in items if split == "whole" or held_out(item.id) is (split == "held-out")]
        return kept[: self.arguments.limit]

    def title(self, name: str) -> str:
        return name if self.arguments.split == "whole" else f"{name}, {self.arguments.split} half only"

    def answers(self, name: str, scores: AnswerScores, blind: Sequence[str] = ()) -> None:
        title = self.title(name)
        earlier = self.earlier.get(title)
        against = matching(answers_from_json(earlier), scores, compare_answers) if earlier else None
        self.results[title] = answers_json(scores, without_gold=blind, against=against)
        halves = self.arguments.split == "whole"
        print(f"\n== {title}\n{answers_table(scores, without_gold=blind, against=against, halves=halves)}", flush=True)

    def verdicts(self, name: str, scores: VerdictScores) -> None:
        title = self.title(name)
        earlier = self.earlier.get(title)
        against = matching(verdicts_from_json(earlier), scores, compare_verdicts) if earlier else None
        self.results[title] = verdicts_json(scores, against=against)
        print(f"\n== {title}\n{verdicts_table(scores, against=against, halves=False)}", flush=True)


def matching(earlier: Any, scores: Any, compare: Callable[[Any, Any], object]) -> Any:
    """The earlier scores where they are of the same questions, else None."""
    try:
        compare(earlier, scores)
    except UsageError as error:
        print(f"no comparison: {error.message}", file=sys.stderr)
        return None
    return earlier


def watched(name: str, items: Iterator[Any], total: int) -> Iterator[Any]:
    start = time.perf_counter()
    for count, item in enumerate(items, start=1):
        if count % 20 == 0:
            print(f"{name}: {count}/{total}, {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
        yield item


def answers(bench: Bench) -> None:
    risk = bench.arguments.max_risk
    found: dict[str, AnswerScores] = {}
    blind: list[str] = []
    for name in FOLDERS:
        questions = bench.chosen(read_questions(bench.arguments.data / f"docqa_{name}" / "questions.jsonl"))
        blind += without_gold(questions)
        found[name] = bench.ask(name, questions, risk)
        bench.answers(f"answers {name}", found[name], without_gold(questions))
    both = AnswerScores(tuple(score for scores in found.values() for score in scores.questions))
    bench.answers("answers azure + uda", both, blind)
    if bench.arguments.max_risk_curve:
        rows: list[AnswerScore] = []
        for name in FOLDERS:
            questions = read_questions(bench.arguments.data / f"docqa_{name}" / "questions.jsonl")
            rows += bench.ask(name, questions, 1.0).questions
        bench.answers("answers azure + uda, nothing refused for its risk", AnswerScores(tuple(rows)), blind)


def unanswerable(bench: Bench) -> None:
    scores: list[AnswerScore] = []
    questions = read_questions(SETS / "unanswerable" / "questions.jsonl")
    values = [json.loads(line) for line in (SETS / "unanswerable" / "questions.jsonl").read_text("utf-8").splitlines()]
    for name in FOLDERS:
        ids = {value["id"] for value in values if value["original_id"].startswith(name)}
        scores += bench.ask(name, [item for item in questions if item.id in ids], bench.arguments.max_risk).questions
    bench.answers("unanswerable", AnswerScores(tuple(scores)))


def claims(bench: Bench) -> None:
    corpus = bench.corpus("azure")
    items = bench.chosen(read_claims(SETS / "claims" / "adversarial.jsonl"))

    def verify(item: LabelledClaim) -> Any:
        assert isinstance(item.evidence, tuple)
        places = [
            ((SETS if path.startswith("korean") else bench.arguments.data) / path, page) for path, page in item.evidence
        ]
        return corpus.verify(item.claim, places, item.question)

    bench.verdicts(
        "adversarial claims", VerdictScores(tuple(watched("claims", check_claims(items, verify), len(items))))
    )


def summedits(bench: Bench) -> None:
    folder = bench.arguments.data / "verify_summedits"
    texts = {
        value["document_id"]: value["text"]
        for value in map(json.loads, (folder / "documents.jsonl").read_text("utf-8").splitlines())
    }
    documents = {
        str(value["id"]): value["document_id"]
        for value in map(json.loads, (folder / "claims.jsonl").read_text("utf-8").splitlines())
    }
    # Claims of one document are edits of one another, so the halves are split by document.
    split = bench.arguments.split
    items = [
        replace(item, evidence=texts[documents[item.id]])
        for item in read_claims(folder / "claims.jsonl")
        if split == "whole" or held_out(documents[item.id]) is (split == "held-out")
    ][: bench.arguments.limit]
    corpus = bench.corpus("azure")

    def verify(item: LabelledClaim) -> Any:
        return corpus.verify(item.claim, item.evidence)

    found = tuple(watched("summedits", check_claims(items, verify), len(items)))
    bench.verdicts("summedits", VerdictScores(found))
    if split == "whole":
        half = tuple(score for score in found if held_out(documents[score.id]))
        bench.verdicts("summedits, held-out documents", VerdictScores(half))


def korean(bench: Bench) -> None:
    questions = read_questions(SETS / "korean" / "questions.jsonl")
    bench.answers("korean", bench.ask("korean", questions, bench.arguments.max_risk), without_gold(questions))


def timing(bench: Bench) -> None:
    """A warm `ask` over the larger index, and the search in it, taking turns."""
    corpus = bench.corpus("uda")
    questions = bench.chosen(read_questions(bench.arguments.data / "docqa_uda" / "questions.jsonl"))[:SAMPLE]
    asked, searched = [], []
    corpus.ask(questions[0].question)  # warm
    for item in questions:
        start = time.perf_counter()
        corpus.search(item.question, 8)
        middle = time.perf_counter()
        corpus.ask(item.question)
        searched.append(middle - start)
        asked.append(time.perf_counter() - middle)
    pages = corpus.status().catalog.pages
    rows = [
        [f"{pages} pages, {len(questions)} questions", "median ms", "p90 ms", "max ms"],
        *(
            [name, *(f"{1000 * value:.0f}" for value in (median(v), sorted(v)[int(0.9 * len(v))], max(v)))]
            for name, v in (("ask", asked), ("search alone", searched))
        ),
    ]
    bench.results["time"] = {"pages": pages, "ask": asked, "search": searched}
    print(f"\n== time\n{table(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--index", action="append", default=[], metavar="NAME=FOLDER", help="azure, uda or korean")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--split", choices=("whole", "tuning", "held-out"), default="whole")
    parser.add_argument("--max-risk", type=float)
    parser.add_argument("--max-risk-curve", action="store_true", help="ask again at risk 1, for the whole curve")
    parser.add_argument("--llm")
    parser.add_argument("--limit", type=int, help="only so many questions or claims of each set")
    parser.add_argument("--against", type=Path, help="JSON of an earlier run; adds the paired differences")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    parts: dict[str, Callable[[Bench], None]] = {
        "answers": answers,
        "unanswerable": unanswerable,
        "claims": claims,
        "summedits": summedits,
        "korean": korean,
        "time": timing,
    }
    reporting = {"unanswerable", "claims", "korean"}
    with ExitStack() as stack:
        bench = Bench(arguments, stack)
        try:
            for name, part in parts.items():
                if name in arguments.only and not (arguments.split == "tuning" and name in reporting):
                    part(bench)
        finally:
            save_json(arguments.json, bench.results)


if __name__ == "__main__":
    main()
