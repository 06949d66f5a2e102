"""`mmrag status`, `demo`, `doctor` and `models`: look at an index, at the machine, and at how it all works."""

from __future__ import annotations

from typing import Annotated, Optional

import typer

from mmrag.cli import output
from mmrag.cli.options import CatalogOption, IndexOption, JsonOption

__all__ = ["demo", "doctor", "models", "status"]


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


def demo(
    folder: Annotated[
        str, typer.Option("--folder", metavar="FOLDER", help="Where the sample files and their index go.")
    ] = "mmrag-demo",
    as_json: JsonOption = False,
) -> None:
    """Try it on a small sample folder: index it, search it in English and Korean, see what comes out."""
    from mmrag import demo as tour

    console = output.err() if as_json else None
    result = tour.run(folder, output.show if console is None else console.print)
    if as_json:
        output.emit(result)


def doctor(index: IndexOption = None, catalog: CatalogOption = None, as_json: JsonOption = False) -> None:
    """Check the installation, and with --index an index, and say how to mend what is wrong.

    Ends with exit code 1 where something has to be mended.
    """
    from mmrag import doctor as checkup
    from mmrag.display import checks_json, checks_view

    checks = checkup.examine(index, catalog)
    if as_json:
        output.emit(checks_json(checks))
    else:
        output.show(checks_view(checks))
    if any(check.level == "problem" for check in checks):
        raise typer.Exit(1)


def models(
    get: Annotated[
        Optional[str],  # noqa: UP045
        typer.Option("--get", metavar="PROFILE", help="Download the models of a profile, after saying the size."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List the profiles, their models, and which are on this disk; download one with --get."""
    raise NotImplementedError
