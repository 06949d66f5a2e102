"""`mmrag eval`: score an index on questions with known pages and answers, or a verifier on labelled claims."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional, TypeVar

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption, LlmOption, RiskOption

if TYPE_CHECKING:
    from mmrag.corpus import Corpus
    from mmrag.errors import MmragError
    from mmrag.evaluation import AnswerScores, LabelledClaim, Question, RetrievalScores, Unmatchable, VerdictScores

__all__ = ["evaluate"]

DEPTH = 10
"""Pages asked for when pages are scored: the largest cutoff."""

_Item = TypeVar("_Item")


@app.command("eval", short_help="Score an index on questions, or on claims.")
def evaluate(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    questions: Annotated[str, typer.Argument(metavar="FILE.jsonl", show_default=False, hidden=True)],
    k: Annotated[int, typer.Option("-k", min=1, max=100, metavar="N", help="How many pages to answer from.")] = 8,
    max_risk: RiskOption = None,
    llm: LlmOption = None,
    pages_only: Annotated[bool, typer.Option("--pages-only", help="Score the pages found; ask nothing.")] = False,
    base: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--base",
            metavar="FOLDER",
            help="Where the evidence files of claims lie, if not beside FILE.jsonl; may be repeated.",
        ),
    ] = None,
    against: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--against", metavar="EARLIER.json", help="Add the difference to an earlier run's --json."),
    ] = None,
    plot: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--plot", metavar="FILE.png|svg", help="Draw the scores as a picture."),
    ] = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Score an index on a file of questions with known pages and answers, or of claims with labels.

    FILE.jsonl has one JSON object a line: {"id","question","answer","doc","gold_pages"} for questions, where pages
    and answers are scored, or {"id","claim","label","evidence"} for claims, where verdicts are. Every score comes
    with its 95 % bootstrap interval, over the whole file and over the half of it that is held out by a hash of the
    id. Ctrl-C shows the scores of what was done until then.
    """
    from mmrag.config import expanded
    from mmrag.corpus import Corpus
    from mmrag.errors import MmragError

    run = _Run(expanded(questions), k, max_risk, pages_only)
    run.claims, run.questions = _read(run.file)
    bases = [expanded(folder) for folder in base or ()] or [run.file.absolute().parent]
    located = _located(run.claims, bases)
    target = _target(plot)
    earlier = _earlier(against, run)
    start = time.perf_counter()
    with Corpus(index, catalog=catalog, llm=llm) as corpus:
        try:
            if run.claims:
                _check(run, corpus, located)
            else:
                _find(run, corpus)
                if not pages_only:
                    _ask(run, corpus)
        except KeyboardInterrupt:
            run.stopped = True
        except MmragError as error:
            if not run.scored:
                raise
            run.error = error
        run.seconds = time.perf_counter() - start
    _show(run, {} if run.stopped or run.error else earlier, target, as_json)
    if run.stopped or run.error:
        output.leave(130 if run.error is None else run.error.exit_code)


@dataclass
class _Run:
    """What is scored, and the scores so far."""

    file: Path
    k: int
    max_risk: float | None
    pages_only: bool
    questions: tuple[Question, ...] = ()
    claims: tuple[LabelledClaim, ...] = ()
    unmatchable: tuple[Unmatchable, ...] = ()
    retrieval: RetrievalScores | None = None
    answers: AnswerScores | None = None
    verdicts: VerdictScores | None = None
    models: dict[str, str] = field(default_factory=dict)
    stopped: bool = False
    error: MmragError | None = None
    seconds: float = 0.0

    @property
    def scored(self) -> int:
        """How many questions or claims were scored so far; of questions, the larger of pages and answers."""
        pages = len(self.retrieval.questions) if self.retrieval else 0
        answers = len(self.answers.questions) if self.answers else 0
        return max(pages, answers, len(self.verdicts.claims) if self.verdicts else 0)


def _read(file: Path) -> tuple[tuple[LabelledClaim, ...], tuple[Question, ...]]:
    """The claims of a file, or its questions: the first line decides which."""
    from mmrag.evaluation import read_claims, read_questions

    try:
        with file.open("rb") as stream:
            first = next((line for line in stream if line.strip()), b"")
        value = json.loads(first.decode("utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        value = None  # `read_questions` says what is wrong
    if isinstance(value, dict) and "claim" in value:
        return read_claims(file), ()
    return (), read_questions(file)


def _located(claims: Sequence[LabelledClaim], bases: Sequence[Path]) -> dict[str, Any]:
    """The evidence of each claim as `Corpus.verify` takes it; raises `PathNotFound` before any work is done."""
    from mmrag.errors import PathNotFound

    found: dict[str, Any] = {}
    for claim in claims:
        if not isinstance(claim.evidence, tuple):
            found[claim.id] = claim.evidence
            continue
        files = []
        for path, page in claim.evidence:
            file = next((folder / path for folder in bases if (folder / path).is_file()), None)
            if file is None:
                raise PathNotFound(
                    f"the evidence {path} of claim {claim.id} is not under {', '.join(map(str, bases))}",
                    "Name the folder that its path begins in with --base.",
                )
            files.append((file, page))
        found[claim.id] = files
    return found


def _target(plot: str | None) -> Path | None:
    from mmrag.config import expanded
    from mmrag.evaluation import check_plot

    if plot is None:
        return None
    check_plot(expanded(plot))
    return expanded(plot)


def _earlier(against: str | None, run: _Run) -> dict[str, Any]:
    """Scores of an earlier run by name; raises `UsageError` where they are not, or not of the same lines."""
    from mmrag.config import expanded
    from mmrag.errors import UsageError
    from mmrag.evaluation import answers_from_json, scores_from_json, verdicts_from_json

    if against is None:
        return {}
    hint = "Give the JSON that `mmrag eval --json` printed for the same file."
    try:
        value = json.loads(expanded(against).read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{against} cannot be read: {error}", hint) from error
    readers: dict[str, Any] = {
        "retrieval": scores_from_json,
        "answers": answers_from_json,
        "verdicts": verdicts_from_json,
    }
    value = value if isinstance(value, dict) else {}
    found = {name: read(value[name]) for name, read in readers.items() if isinstance(value.get(name), dict)}
    if not found:
        raise UsageError(f"{against} holds no scores", hint)
    expected = {
        "retrieval": {item.id for item in run.questions if item.gold},
        "answers": {item.id for item in run.questions if item.answerable is not None},
        "verdicts": {item.id for item in run.claims},
    }
    for name, scores in found.items():
        ids = {score.id for score in (scores.claims if name == "verdicts" else scores.questions)}
        if ids != expected[name]:
            raise UsageError(f"{against} scored other lines than those of {run.file.name}", hint)
    return found


def _find(run: _Run, corpus: Corpus) -> None:
    """Score the pages found."""
    from mmrag.evaluation import evaluate_retrieval, page_keys, unmatchable

    asked = [item for item in run.questions if item.gold]
    files = corpus.status().catalog.files
    run.unmatchable = unmatchable(run.questions, {Path(os.fsdecode(file.path)).name: file.pages for file in files})
    rankings = {}
    try:
        for item in _steps("Searching", asked):
            rankings[item.id] = [page_keys(hit) for hit in corpus.search(item.question, DEPTH)]
    finally:
        done = [item for item in run.questions if not item.gold or item.id in rankings]
        run.retrieval = evaluate_retrieval(done, rankings)


def _ask(run: _Run, corpus: Corpus) -> None:
    """Score the answers given."""
    from mmrag.evaluation import AnswerScores, ask_questions
    from mmrag.types import Answer

    asked = [item for item in run.questions if item.answerable is not None]

    def ask(question: str) -> Answer:
        answer = corpus.ask(question, run.k, None, run.max_risk)
        run.models = dict(answer.models) or run.models  # a refusal may name none
        return answer

    scores = []
    try:
        for score in _steps("Asking", ask_questions(asked, ask, corpus.words), len(asked)):
            scores.append(score)
    finally:
        run.answers = AnswerScores(tuple(scores), len(run.questions) - len(asked))


def _check(run: _Run, corpus: Corpus, located: dict[str, Any]) -> None:
    """Score the verdicts on claims."""
    from mmrag.evaluation import VerdictScores, check_claims
    from mmrag.types import Claim

    def verify(item: LabelledClaim) -> Claim:
        return corpus.verify(item.claim, located[item.id], item.question)

    scores = []
    try:
        for score in _steps("Checking", check_claims(run.claims, verify), len(run.claims)):
            scores.append(score)
    finally:
        run.verdicts = VerdictScores(tuple(scores))


def _steps(stage: str, items: Iterable[_Item], total: int | None = None) -> Iterator[_Item]:
    """The items, with a line of progress on standard error where that is a terminal."""
    console = output.err()
    if not console.is_terminal or console.is_dumb_terminal:
        yield from items
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(f"{stage:<11}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        yield from bar.track(items, total=total)


def _show(run: _Run, earlier: dict[str, Any], target: Path | None, as_json: bool) -> None:
    """Print the scores, and draw them where asked for."""
    from mmrag.display import count
    from mmrag.evaluation import write_plot

    if target is not None and run.scored:
        write_plot(target, retrieval=run.retrieval, answers=run.answers, verdicts=run.verdicts)
    if as_json:
        output.emit(_document(run, earlier, target))
        return
    from rich.text import Text

    for table in _tables(run, earlier):
        output.show(Text(table, no_wrap=True, overflow="ignore"))
        output.show(Text(""))
    notes = [f"Not in this index: {count(len(run.unmatchable), 'gold page')}."] if run.unmatchable else []
    if target is not None and run.scored:
        notes.append(f"Drawn in {target}")
    if run.stopped:
        notes.append(f"Stopped: these are the scores of the first {run.scored} only.")
    for note in notes:
        output.show(Text(note))
    if run.error is not None:
        from mmrag.display import error_view

        output.err().print(error_view(run.error))
        output.err().print(f"The scores are those of the first {run.scored} only.", markup=False)


def _tables(run: _Run, earlier: dict[str, Any]) -> list[str]:
    from mmrag.evaluation import answers_table, retrieval_table, verdicts_table, without_gold

    found = []
    if run.retrieval is not None and run.retrieval.questions:
        found.append(retrieval_table(run.retrieval, against=earlier.get("retrieval")))
    if run.answers is not None and run.answers.questions:
        blind = without_gold(run.questions)
        found.append(answers_table(run.answers, without_gold=blind, against=earlier.get("answers")))
    if run.verdicts is not None:
        found.append(verdicts_table(run.verdicts, against=earlier.get("verdicts")))
    return found or ["Nothing was scored."]


def _document(run: _Run, earlier: dict[str, Any], target: Path | None) -> dict[str, Any]:
    from mmrag.display import error_json
    from mmrag.evaluation import answers_json, as_json, verdicts_json, without_gold

    result: dict[str, Any] = {
        "file": str(run.file),
        "k": run.k,
        "max_risk": run.max_risk,
        "models": run.models,
        "interrupted": run.stopped,
        "seconds": round(run.seconds, 3),
    }
    if run.retrieval is not None:
        result["retrieval"] = as_json(run.retrieval, unmatchable=run.unmatchable, against=earlier.get("retrieval"))
    if run.answers is not None:
        blind = without_gold(run.questions)
        result["answers"] = answers_json(run.answers, without_gold=blind, against=earlier.get("answers"))
    if run.verdicts is not None:
        result["verdicts"] = verdicts_json(run.verdicts, against=earlier.get("verdicts"))
    if target is not None and run.scored:
        result["plot"] = str(target)
    return {**result, **error_json(run.error)} if run.error is not None else result
