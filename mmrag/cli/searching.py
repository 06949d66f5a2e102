"""`mmrag search`: one question, or a file of them."""

from __future__ import annotations

from typing import Annotated, Any, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.batches import lines, run_lines
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption, filters

__all__ = ["search"]

FORM = '{"id","question"}'


@app.command("search", short_help="Find the pages that answer a question.")
def search(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    query: Annotated[
        Optional[str],  # noqa: UP045
        typer.Argument(metavar="QUERY", show_default=False, hidden=True),
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, metavar="N", help="How many pages to show.")] = 5,
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
    queries: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--queries", metavar="FILE", help='Answer every line {"id","question"} of a JSONL file (or -).'),
    ] = None,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Say why: each channel's score, and the spot on the page.")
    ] = False,
    index: IndexOption = None,
    catalog: CatalogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find the pages that answer a question, best first, with the spot on the page.

    QUERY is what you look for, in your own words, in any language. With --queries, one JSON object a line is
    printed for each line of the file, in the same order.
    """
    from mmrag.corpus import Corpus
    from mmrag.display import search_json, search_view
    from mmrag.errors import UsageError

    if (query is None) == (queries is None):
        raise UsageError("give either QUERY or --queries FILE", 'For example: mmrag search "revenue by quarter"')
    wanted = filters(path or (), kind or (), since, until)
    found = lines(queries, FORM) if queries is not None else iter(())
    with Corpus(index, catalog=catalog) as corpus:
        if query is None:

            def answer(item: dict[str, Any]) -> dict[str, Any]:
                return search_json(item["question"], corpus.search(item["question"], k=k, filters=wanted))

            run_lines(found, FORM, "question", answer)
            return
        hits = corpus.search(query, k=k, filters=wanted)
        if as_json:
            output.emit(search_json(query, hits))
        else:
            output.show(search_view(query, hits, verbose=verbose))
