"""`mmrag verify`: is a statement supported, contradicted, or not found in the evidence?"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.batches import lines, run_lines
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption, LlmOption

if TYPE_CHECKING:
    from mmrag.corpus import Corpus

__all__ = ["verify"]

FORM = '{"id","claim","question"?,"evidence"?}'
_PAGE = re.compile(r"(.+):(\d{1,9})", re.DOTALL)


@app.command("verify", short_help="Check a claim against the pages.")
def verify(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    claim: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="CLAIM", show_default=False, hidden=True),
    ] = None,
    question: Annotated[
        str, typer.Option("--question", metavar="TEXT", help="The question that the claim answers.", show_default=False)
    ] = "",
    evidence: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option(
            "--evidence",
            metavar="FILE[:PAGE]",
            help="Check against this file, or one page of it; need not be indexed; may be repeated.",
        ),
    ] = None,
    claims: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--claims", metavar="FILE", help='Check every line {"id","claim"} of a JSONL file (or -).'),
    ] = None,
    pack: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option(
            "--pack", metavar="FILE", help="Check an exported answer again: its files, its quotes, each of its claims."
        ),
    ] = None,
    llm: LlmOption = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a claim: supported, contradicted, or not found, with the reason and the spot on the page.

    Without --evidence the index is searched for the pages that bear on it. Several facts in one claim are checked
    one by one; the worst decides. Lines of --claims may have a "question", and "evidence": a text, or a list of
    {"path","page"}, paths relative to the file of claims. --pack takes what `mmrag ask --export` wrote, and opens only
    files that are indexed or named with --evidence.
    """
    from mmrag.corpus import Corpus
    from mmrag.display import verdict_view, verify_json
    from mmrag.errors import UsageError

    if (claim is not None) + (claims is not None) + (pack is not None) != 1:
        raise UsageError("give CLAIM, --claims FILE or --pack FILE", 'For example: mmrag verify "The margin was 31 %"')
    if claims is not None and (evidence or question):
        raise UsageError("--evidence and --question are for a single claim", "Put them into the lines of --claims.")
    given = [_file_and_page(one) for one in evidence] if evidence else None
    if pack is not None:
        if question:
            raise UsageError("--question is for a single claim", "The pack has the question.")
        with Corpus(index, catalog=catalog, llm=llm) as corpus:
            _recheck(corpus, pack, given or [], as_json)
        return
    found = lines(claims, FORM) if claims is not None else iter(())
    with Corpus(index, catalog=catalog, llm=llm) as corpus:
        if claim is None:
            folder = Path() if claims == "-" else Path(claims or "").parent
            run_lines(found, FORM, "claim", lambda item: _of_line(corpus, item, folder))
            return
        start = time.perf_counter()
        with _status():
            checked = corpus.verify(claim, given, question)
        seconds = time.perf_counter() - start
    if as_json:
        output.emit(verify_json(checked, seconds))
    else:
        output.show(verdict_view(checked, seconds))


def _recheck(corpus: Corpus, pack: str, given: list[tuple[Path, int | None]], as_json: bool) -> None:
    """Check an evidence pack again and print what became of it."""
    from mmrag.display import recheck_json, recheck_view
    from mmrag.errors import UsageError

    if any(page is not None for _, page in given):
        raise UsageError("--evidence FILE:PAGE does not go with --pack", "The pack has the pages; name the file alone.")
    start = time.perf_counter()
    with _status():
        check = corpus.recheck(pack, [file for file, _ in given])
    seconds = time.perf_counter() - start
    if as_json:
        output.emit(recheck_json(check, seconds))
    else:
        output.show(recheck_view(check, seconds))


def _status() -> Any:
    """A line that says that something goes on, on a terminal."""
    from contextlib import nullcontext

    console = output.err()
    return console.status("Checking") if console.is_terminal and not console.is_dumb_terminal else nullcontext()


def _file_and_page(text: str) -> tuple[Path, int | None]:
    """`FILE` or `FILE:PAGE`; a file that is there under the whole name wins. Raises `UsageError`."""
    from mmrag.config import expanded
    from mmrag.errors import PathNotFound, UsageError

    whole = expanded(text)
    found = _PAGE.fullmatch(text)
    if found is None or _is_file(whole):
        file, page = whole, None
    else:
        file, page = expanded(found[1]), int(found[2])
    if not _is_file(file):
        raise PathNotFound(f"{file} is not there", "Name a file, or FILE:PAGE for one page of it.")
    if page == 0:
        raise UsageError(f"{text}: there is no page 0", "Pages count from 1.")
    return file, page


def _is_file(path: Path) -> bool:
    """Whether there is such a file; False for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _of_line(corpus: Corpus, item: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The verdict for one line of a batch."""
    from mmrag.display import verify_json
    from mmrag.errors import UsageError

    question = item.get("question") or ""
    if not isinstance(question, str):
        raise UsageError("the question is not a text", f"Lines are {FORM}.")
    start = time.perf_counter()
    checked = corpus.verify(item["claim"], _evidence(item.get("evidence"), folder), question)
    return verify_json(checked, time.perf_counter() - start)


def _evidence(given: Any, folder: Path) -> str | list[tuple[Path, int | None]] | None:
    """The evidence of a line: a text, files with pages, or None where the index is to be searched."""
    from mmrag.errors import UsageError

    form = 'Evidence is a text, or a list of {"path","page"?}.'
    if given is None or isinstance(given, str):
        return given
    if not isinstance(given, list):
        raise UsageError("the evidence is neither a text nor a list", form)
    found: list[tuple[Path, int | None]] = []
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("path"), str):
            raise UsageError("a piece of evidence has no path", form)
        page = one.get("page")
        if page is not None and (not isinstance(page, int) or isinstance(page, bool) or page < 1):
            raise UsageError(f"the page {page!r} is not a number from 1", form)
        if "\0" in one["path"]:
            raise UsageError("the path of a piece of evidence holds a null character", form)
        found.append((folder / one["path"], page))
    return found
