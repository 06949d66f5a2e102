"""Run one command line to its exit code: errors, interrupts, closed pipes, and who owns standard output.

Exit codes: 0 done, 1 failed, 2 usage, 3 another process writes to the index, 4 nothing indexed, 5 refused,
130 interrupted.
"""

from __future__ import annotations

import os
import signal
import sys
import warnings
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

import typer

from mmrag.cli import output

__all__ = ["main", "run"]

INTERRUPTED = 130

# Typer brings its own copy of click in newer versions and imports the real one in older ones; the classes are reached
# through what Typer exports, which both have.
_CommandError = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def main() -> NoReturn:
    """The program `mmrag`: run `sys.argv` and leave."""
    if not output.debugging():
        warnings.simplefilter("ignore")  # of libraries, to developers; ours are shown as notes
    arguments = sys.argv[1:]
    output.open_streams()
    if output.wants_json(arguments):
        output.reserve_stdout()
    signal.signal(signal.SIGTERM, _stop)  # so that a service manager's stop keeps work the way Ctrl-C does
    code = run(arguments)
    output.close_streams()
    # Libraries' threads and exit handlers must not turn a finished command into a failed one.
    sys.exit(code)


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; prints every error the way the command line asks for."""
    from mmrag.cli import app

    as_json = output.wants_json(arguments)
    try:
        command = typer.main.get_command(app)
        if "_MMRAG_COMPLETE" in os.environ:  # a shell asks for completions
            command.main(list(arguments), prog_name="mmrag")
        # Not `main`, which ends the program in ways of its own on Ctrl-C and on a closed pipe.
        with command.make_context("mmrag", list(arguments)) as context:
            command.invoke(context)
        output.flush()
    except BrokenPipeError:
        output.abandon_stdout()
        return 0  # the reader has seen enough
    except (KeyboardInterrupt, typer.Abort):
        return _interrupted(as_json)
    except typer.Exit as leave:
        return leave.exit_code
    except Exception as error:
        return _failed(error, as_json)
    return 0


def _interrupted(as_json: bool) -> int:
    message, hint = "stopped; everything up to here is kept", "Run the same command to go on."
    try:
        if as_json:
            output.emit({"error": {"code": "interrupted", "message": message, "hint": hint}})
        else:
            output.err().print(f"{message}; run the same command to go on", markup=False)
    except BrokenPipeError:
        output.abandon_stdout()
    return INTERRUPTED


def _failed(error: Exception, as_json: bool) -> int:
    from mmrag.display import error_json, error_view

    if output.debugging() and not isinstance(error, _CommandError):
        import traceback

        traceback.print_exception(error, file=sys.stderr)
    known = output.as_known(error)
    try:
        if as_json:
            output.emit(error_json(known))
        else:
            output.err().print(error_view(known))
    except OSError as unheard:  # nobody listens, or the disk under standard output is full
        output.abandon_stdout()
        if not isinstance(unheard, BrokenPipeError):
            output.err().print(error_view(output.as_known(unheard)))
    return known.exit_code
