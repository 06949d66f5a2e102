"""Standard output and standard error of the commands. Knows no command.

With `--json` exactly one document may reach standard output, also when a library prints: the real stream is set aside
for the document and everything else goes to standard error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from mmrag.errors import MmragError

__all__ = [
    "abandon_stdout",
    "as_known",
    "close_streams",
    "debugging",
    "emit",
    "err",
    "flush",
    "open_streams",
    "reserve_stdout",
    "show",
    "wants_json",
]

_reserved: TextIO | None = None


def debugging() -> bool:
    """Whether tracebacks and warnings of libraries are wanted (`MMRAG_DEBUG=1`)."""
    return os.environ.get("MMRAG_DEBUG", "") not in ("", "0")


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among the options; looked up before parsing, since parsing itself may fail."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def open_streams() -> None:
    """Give a program that was started with a closed standard stream an empty one, as every part of it expects."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  (open to the end)


def reserve_stdout() -> None:
    """Set standard output aside for `emit`, and send whatever else is written to it, below Python too, to stderr."""
    global _reserved  # noqa: PLW0603  (there is one standard output)
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    _reserved = os.fdopen(kept, "w", encoding="utf-8", newline="\n")


def emit(document: Mapping[str, Any], *, line: bool = False) -> None:
    """Write one JSON document; with `line`, one line of a batch, flushed at once."""
    from mmrag.display import to_json

    stream = _reserved or sys.stdout
    utf8 = (getattr(stream, "encoding", None) or "").lower().replace("-", "") == "utf8"
    stream.write(to_json(document, indent=None if line else 2, ascii_only=not utf8) + "\n")
    stream.flush()


def show(view: RenderableType, *, whole: bool = False) -> None:
    """Write a renderable to standard output for people; `whole` lines are not broken, so that paths can be copied."""
    _console(sys.stdout).print(view, soft_wrap=whole)


def err() -> Console:
    """A console on standard error."""
    return _console(sys.stderr)


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    class Quiet(Console):
        """Leaves a closed pipe to `mmrag.cli.run`."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    # Lines are cut to the width of a terminal only; a pipe or a file gets them whole enough for a program to match.
    columns = os.environ.get("COLUMNS", "")
    width = None if stream.isatty() else int(columns) if columns.isdecimal() and int(columns) else 100
    if isinstance(reconfigure := getattr(stream, "reconfigure", None), object) and callable(reconfigure):
        reconfigure(errors="backslashreplace")  # a stream that cannot hold Hangul gets escapes, not an exception
    return Quiet(file=stream, highlight=False, width=width, soft_wrap=False)


def flush() -> None:
    """Push everything out now, so that a closed pipe is noticed inside `run`."""
    (_reserved or sys.stdout).flush()


def abandon_stdout() -> None:
    """Point standard output at nothing, so that the interpreter's last flush does not complain of a closed pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    stream = _reserved or sys.stdout
    try:
        os.dup2(nowhere, stream.fileno())
    except (OSError, ValueError):
        pass
    finally:
        os.close(nowhere)


def close_streams() -> None:
    """Flush what is left; where that goes to is no longer this command's concern."""
    try:
        flush()
    except OSError:
        abandon_stdout()


def as_known(error: Exception) -> MmragError:
    """Any exception as one of mmrag's, so that there is one way to show it."""
    from mmrag.errors import MmragError, UsageError

    if isinstance(error, MmragError):
        return error
    if callable(formatted := getattr(error, "format_message", None)):  # click's errors, which Typer does not export
        context = getattr(error, "ctx", None)
        path = context.command_path if context is not None else "mmrag"
        return UsageError(formatted(), f"See `{path} --help`.")
    if isinstance(error, MemoryError):
        return MmragError("not enough memory", "Close other programs, or index with --regions page.")
    if isinstance(error, OSError) and error.strerror:
        place = f"{os.fsdecode(error.filename)}: " if error.filename else ""
        return MmragError(f"{place}{error.strerror}", "Check that the place exists and that you may use it.")
    text = str(error).strip().splitlines()
    return MmragError(
        f"unexpected {type(error).__name__}: {text[0] if text else 'no message'}",
        "This is a fault of mmrag. Please report it with the output of `mmrag doctor` and of the same command "
        "run with MMRAG_DEBUG=1 in the environment. The index keeps everything up to the last saved batch.",
    )


def leave(code: int) -> None:
    """End the command with an exit code."""
    raise typer.Exit(code)
