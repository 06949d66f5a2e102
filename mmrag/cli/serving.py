"""`mmrag serve`: the index in a browser, and over HTTP for programs."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from typing import Annotated, Any, Optional

import typer

from mmrag.cli import output
from mmrag.cli.application import app
from mmrag.cli.options import CatalogOption, ExamplesOption, IndexOption, LlmOption, StepsOption

__all__ = ["serve"]


@app.command("serve", short_help="Ask in the browser, and over HTTP.")
def serve(  # noqa: PLR0913, PLR0917  (one argument an option: Typer's way)
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, metavar="N", help="0 takes a free one.")] = 8765,
    no_token: Annotated[
        bool, typer.Option("--no-token", help="Let everyone on this machine ask. Only with a loopback address.")
    ] = False,
    allow_host: Annotated[
        Optional[list[str]],  # noqa: UP045
        typer.Option("--allow-host", metavar="NAME", help="A further name by which it may be asked; may be repeated."),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log each request's route, status and time; never what it asked.")
    ] = False,
    llm: LlmOption = None,
    examples: ExamplesOption = None,
    steps: StepsOption = None,
    index: IndexOption = None,
    catalog: CatalogOption = None,
) -> None:
    """Serve the index to a browser and to programs on this machine, until Ctrl-C.

    Prints the address to open; the token in it is new at each start, or that of MMRAG_TOKEN. Programs send it as
    `Authorization: Bearer TOKEN`. OpenAI's clients take http://127.0.0.1:8765/v1 as base URL and the token as key.
    """
    server = _library()
    settings = server.Settings(
        host, port, None if no_token else server.new_token(), tuple(allow_host or ()), server.Limits()
    )
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
    logging.getLogger("mmrag.server").setLevel(logging.INFO if verbose else logging.WARNING)
    served = server.create_app(
        index,
        settings,
        {"llm": llm, "examples": examples, "steps": steps, "catalog": catalog},
        debug=output.debugging(),
    )
    listening = server.listen(settings)
    page = _address(settings, listening.getsockname()[1])

    def started() -> None:
        output.show(page, whole=True)
        output.flush()
        if open_page:
            import webbrowser

            webbrowser.open(page)

    with suppress(KeyboardInterrupt):  # how one ends it, and no fault; what was running has been stopped by then
        server.make_server(served, settings, started).run(sockets=[listening])


def _library() -> Any:
    from mmrag.errors import MissingExtra

    try:
        from mmrag import server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "uvicorn", "starlette", "h11", "pydantic"):
            raise
        raise MissingExtra("`mmrag serve` needs FastAPI and uvicorn", "pip install 'mmrag[server]'") from error
    return server


def _address(settings: Any, port: int) -> str:
    """What to open in a browser on this machine."""
    name = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104  (compared, not bound)
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + (f"?token={settings.token}" if settings.token else "")
