"""`mmrag ask`: one question, or a file of them, to an answer that was checked, or a refusal."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.batches import lines, run_lines
from mmrag.cli.options import (
    CatalogOption,
    ExamplesOption,
    IndexOption,
    JsonOption,
    LlmOption,
    RiskOption,
    StepsOption,
    filters,
)
from mmrag.cli.streaming import live_answer

if TYPE_CHECKING:
    from mmrag.corpus import Corpus
    from mmrag.types import Answer, Filters

__all__ = ["ask"]

FORM = '{"id","question"}'


@app.command("ask", short_help="Answer a question, every claim checked.")
def ask(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    question: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="QUESTION", show_default=False, hidden=True),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=100, metavar="N", help="How many pages to look at.")] = 8,
    path: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--path", metavar="GLOB", help="Only files whose path or name matches; may be repeated."),
    ] = None,
    kind: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--kind", metavar="KIND", help="Only page, passage, figure, table, picture or tile."),
    ] = None,
    since: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--since", metavar="DATE", help="Only files changed since: 2024-01-31, 2024-01, 7d, 4w."),
    ] = None,
    until: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--until", metavar="DATE", help="Only files changed until then, the day included."),
    ] = None,
    max_risk: RiskOption = None,
    llm: LlmOption = None,
    examples: ExamplesOption = None,
    steps: StepsOption = None,
    show: Annotated[
        bool, typer.Option("--show", help="Show the cited pages, with a box around what is cited.")
    ] = False,
    export: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--export",
            metavar="FILE|FOLDER",
            help="Write the answer with its evidence: a .html or .json file, or a folder of both.",
        ),
    ] = None,
    queries: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--queries", metavar="FILE", help='Answer every line {"id","question"} of a JSONL file (or -).'),
    ] = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Answer a question from the indexed files, with the page and the spot on it that says so.

    Every claim of an answer is checked against the page before it is shown: what the page does not carry is struck
    out, and where nothing is left there is no answer (exit code 5) but the nearest pages. With --queries, one JSON
    object a line is printed for each line of the file, in the same order.
    """
    from mmrag.corpus import Corpus
    from mmrag.display import answer_json
    from mmrag.errors import UsageError

    if (question is None) == (queries is None):
        raise UsageError("give either QUESTION or --queries FILE", 'For example: mmrag ask "who signed the lease?"')
    if queries is not None and (show or export is not None):
        raise UsageError("--show and --export are for a single question", "Leave them out.")
    target = _target(export)
    wanted = filters(path or (), kind or (), since, until)
    found = lines(queries, FORM) if queries is not None else iter(())
    with Corpus(index, catalog=catalog, llm=llm, examples=examples, steps=steps) as corpus:
        if question is None:

            def answer_line(item: dict[str, Any]) -> dict[str, Any]:
                start = time.perf_counter()
                answer = corpus.ask(item["question"], k, wanted, max_risk)
                return answer_json(answer, time.perf_counter() - start)

            run_lines(found, FORM, "question", answer_line)
            return
        start = time.perf_counter()
        with live_answer() as progress:
            answer = corpus.ask(question, k, wanted, max_risk, progress)
        seconds = time.perf_counter() - start
        if target is not None:
            corpus.export(answer, target, asked=_asked(k, max_risk, wanted))
        _give(corpus, answer, seconds, (show, target, as_json))
    if answer.text is None:
        output.leave(5)


def _target(export: str | None) -> Path | None:
    """The file or folder of `--export`; raises `UsageError` before any work is done where it could not be written."""
    from mmrag.config import expanded
    from mmrag.errors import UsageError

    if export is None:
        return None
    target = expanded(export)
    if target.suffix.lower() not in ("", ".html", ".htm", ".json") and not target.is_dir():
        raise UsageError(
            f"--export {export} is not the name of an HTML or JSON file, or of a folder", "Name a file ending in .html."
        )
    if not target.parent.is_dir():
        raise UsageError(f"{target} cannot be written: there is no such folder", "Make the folder first.")
    if target.is_file() and not target.suffix:
        raise UsageError(f"--export {export} is a file", "Name a folder, or a file that ends in .html.")
    return target


def _asked(k: int, max_risk: float | None, wanted: Filters | None) -> dict[str, Any]:
    """The settings of a question, for its evidence pack; filters as they were given, but for the folders they name."""
    asked: dict[str, Any] = {"k": k, "max_risk": max_risk}
    if wanted is not None:
        asked["kinds"] = list(wanted.kinds)
        asked["paths"] = [Path(path).name for path in wanted.paths]
        asked["since"] = wanted.since.isoformat() if wanted.since else None
        asked["until"] = wanted.until.isoformat() if wanted.until else None
    return asked


def _give(corpus: Corpus, answer: Answer, seconds: float, how: tuple[bool, Path | None, bool]) -> None:
    """Print an answer, and show or write its pages as asked for."""
    from rich.text import Text

    from mmrag.cli.pictures import show_pictures
    from mmrag.display import answer_json, answer_view, clean, spots

    show, target, as_json = how
    if not as_json:
        output.show(answer_view(answer, seconds))
    if target is not None and not as_json:
        output.show(Text(f"Written to {clean(str(target))}"), whole=True)
    pictures = None
    if show:
        cited = spots(answer.claims, answer.evidence)
        folder = None if target is None else target if target.is_dir() else target.parent
        pictures = show_pictures(cited, corpus.crop, folder, quiet=as_json)
    if as_json:
        document = answer_json(answer, seconds)
        if pictures is not None:
            document["pictures"] = pictures
        if target is not None:
            document["exported"] = str(target)
        output.emit(document)
