"""The application object: every command under its name, in the order that a newcomer needs them."""

from __future__ import annotations

from typing import Annotated

import typer

from mmrag.cli import indexing, inspecting, searching

__all__ = ["app"]

app = typer.Typer(
    name="mmrag",
    no_args_is_help=False,
    rich_markup_mode=None,  # plain help: the same in a terminal, a pipe and the documentation, and faster
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"mmrag {version('mmrag')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _start(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Ask your folders; every answer is checked against the page.

    Start with `mmrag demo`, or with your own folder: `mmrag index FOLDER`, then `mmrag search "what you look for"`.
    """
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit


app.command("index")(indexing.index)
app.command("search")(searching.search)
app.command("status")(inspecting.status)
app.command("demo")(inspecting.demo)
app.command("doctor")(inspecting.doctor)
app.command("models")(inspecting.models)
