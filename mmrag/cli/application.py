"""The application object, to which each module of commands adds its own. Knows no command."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

__all__ = ["ORDER", "app"]

ORDER = (
    "demo",
    "index",
    "search",
    "ask",
    "verify",
    "chat",
    "serve",
    "mcp",
    "status",
    "eval",
    "train",
    "models",
    "doctor",
)
"""The order of the commands in `--help`: as a newcomer needs them."""


class _InOrder(TyperGroup):
    """Lists the commands in `ORDER`, then whatever else there is."""

    def list_commands(self, ctx: Any) -> list[str]:  # the type of `ctx` is private to some versions of Typer
        """Names of the commands; click's own hook."""
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="mmrag",
    cls=_InOrder,
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

    Start with `mmrag demo`, or with your own folder: `mmrag index FOLDER`, then `mmrag ask "what you want to know"`.
    """
    del version
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit
