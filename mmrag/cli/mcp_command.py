"""`mmrag mcp`: the index for assistants that speak the Model Context Protocol, which start this command themselves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import CatalogOption, ExamplesOption, IndexOption, LlmOption, StepsOption

if TYPE_CHECKING:
    from mmrag.corpus import Corpus

__all__ = ["mcp"]


@app.command("mcp", short_help="Give assistants your files as tools.")
def mcp(
    show_config: Annotated[
        bool, typer.Option("--show-config", help="Print the entry for an assistant's configuration file, and leave.")
    ] = False,
    llm: LlmOption = None,
    examples: ExamplesOption = None,
    steps: StepsOption = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Let an assistant search, ask, verify and read the index, over the Model Context Protocol.

    The assistant starts this command and speaks to it over standard input and output; --show-config prints what to put
    into its configuration file. Nothing but the protocol is written to standard output.
    """
    from mmrag.corpus import Corpus

    with Corpus(index, catalog=catalog, llm=llm, examples=examples, steps=steps) as corpus:
        if show_config:
            given = {"--llm": llm, "--examples": examples, "--steps": steps, "--catalog": catalog}
            output.emit(_entry(corpus, given))
            return
        from mmrag.mcp import serve

        _greet(corpus)
        try:
            serve(corpus)
        except KeyboardInterrupt:  # how assistants and Ctrl-C end it
            output.leave(0)


def _entry(corpus: Corpus, given: dict[str, Any]) -> dict[str, Any]:
    """The entry for a configuration file: whole paths, since assistants start commands in folders of their own."""
    beside = shutil.which("mmrag", path=str(Path(sys.executable).parent))  # of this installation, and no other
    command = [beside] if beside else [sys.executable, "-m", "mmrag"]
    arguments = [*command[1:], "mcp", "--index", str(corpus.folder.resolve())]
    for name, value in given.items():
        if isinstance(value, bool):
            arguments.append(name if value else name.replace("--", "--no-", 1))
        elif value is not None:
            arguments += [name, value]
    return {"mcpServers": {"mmrag": {"command": command[0], "args": arguments}}}


def _greet(corpus: Corpus) -> None:
    """Say to a person who typed the command what it waits for, and to a log what is wrong with the index."""
    from mmrag.display import clean, error_view
    from mmrag.errors import MmragError

    if sys.stdin.isatty():
        message = "Waiting for an assistant on standard input; Ctrl-C leaves. `mmrag mcp --show-config` says how to "
        output.err().print(clean(f"{message}enter this command into one."), markup=False)
    try:
        corpus.status()
    except MmragError as error:  # told to the assistant too, at its first call
        output.err().print(error_view(error))
