"""`mmrag status`, `demo`, `doctor` and `models`: look at an index, at the machine, and at how it all works."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.indexing import live_progress
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption

__all__ = ["demo", "doctor", "models", "status"]


@app.command("status", short_help="Show what an index holds.")
def status(index: IndexOption = None, catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """Show what an index holds: folders, files by state, those that failed and why, models, sizes."""
    from mmrag.corpus import Corpus
    from mmrag.display import status_json, status_view

    with Corpus(index, catalog=catalog) as corpus:
        found = corpus.status()
    if as_json:
        output.emit(status_json(found))
    else:
        output.show(status_view(found))


@app.command("demo", short_help="Try it on a sample folder.")
def demo(
    folder: Annotated[
        str, typer.Option("--folder", metavar="FOLDER", help="Where the sample files and their index go.")
    ] = "mmrag-demo",
    as_json: JsonOption = False,
) -> None:
    """Try it on a small sample folder: index it, search it, ask it in English and Korean, and see what is checked."""
    from mmrag import demo as tour
    from mmrag.cli.pictures import draw

    result = tour.run(folder, output.err().print if as_json else output.show, live_progress, None if as_json else draw)
    if as_json:
        output.emit(result)


@app.command("doctor", short_help="Check the installation or an index.")
def doctor(index: IndexOption = None, catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """Check the installation, and with --index an index, and say how to mend what is wrong.

    Ends with exit code 1 where something has to be mended.
    """
    from mmrag import doctor as checkup
    from mmrag.display import check_view, checks_json, checks_view

    checks = checkup.examine(index, catalog, None if as_json else lambda check: output.show(check_view(check)))
    if as_json:
        output.emit(checks_json(checks))
    else:
        output.show(checks_view(checks))
    if any(check.level == "problem" for check in checks):
        raise typer.Exit(1)


@app.command("models", short_help="List or download models.")
def models(
    get: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--get", metavar="PROFILE", help="Download the models of a profile, after saying the size."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the profiles, their models, and which are on this disk; download one with --get."""
    from mmrag.display import clean, models_json, models_view
    from mmrag.embedders import describe, fetch, resolve_profile

    fetched: list[str] = []
    if get is not None:
        fetched = fetch(get, lambda line: output.err().print(clean(line), markup=False))
    rows = describe()
    if as_json:
        chosen = {"auto": resolve_profile("auto").name}
        output.emit({**models_json(rows), **chosen, **({"fetched": fetched} if get is not None else {})})
    else:
        output.show(models_view(rows, resolve_profile("auto").name))
