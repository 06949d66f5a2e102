"""Files of JSON lines, one task a line: every line gets one object, in order, also one that cannot be used."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mmrag.cli import output

__all__ = ["lines", "run_lines"]


def lines(file: str, form: str) -> Iterator[bytes]:
    """The lines of a file, or of standard input for "-", blank ones left out; raises `UsageError` at once.

    `form` says what the lines are, for whoever gave a wrong file.
    """
    from mmrag.errors import UsageError

    if file == "-":
        return (line for line in sys.stdin.buffer if line.strip())
    try:
        stream = Path(file).open("rb")  # noqa: SIM115  (closed when the lines are used up)
        stream.peek(1)  # a folder opens, and says so only when it is read
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UsageError(f"{file} cannot be read: {reason}", f"Give a file of lines {form}.") from error

    def read() -> Iterator[bytes]:
        with stream:
            yield from (line for line in stream if line.strip())

    return read()


def run_lines(batch: Iterator[bytes], form: str, field: str, work: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Emit one object a line: `work` of the line with its "id", or its id and the error.

    `field` has to be there as text. What is wrong with the index as a whole ends the batch instead: no later line
    could fare better.
    """
    from mmrag.display import error_json

    for line in batch:
        name: Any = None
        try:
            item = _item(line, form)
            name = item.get("id")
            found = work(_with(item, field, form))
        except Exception as error:
            if _ends_all(error):
                raise
            found = error_json(output.as_known(error))
        output.emit({"id": name, **found}, line=True)


def _ends_all(error: Exception) -> bool:
    from mmrag.errors import (
        FormatTooNew,
        IndexDamaged,
        MissingExtra,
        ModelMismatch,
        NothingIndexed,
        StorageFull,
    )

    return isinstance(error, (NothingIndexed, IndexDamaged, FormatTooNew, ModelMismatch, MissingExtra, StorageFull))


def _item(line: bytes, form: str) -> dict[str, Any]:
    from mmrag.errors import UsageError

    try:
        item = json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # the second where brackets are nested very deep
        raise UsageError(f"the line is not JSON: {error}", f"Lines are {form}.") from error
    if not isinstance(item, dict):
        raise UsageError("the line is not an object", f"Lines are {form}.")
    return item


def _with(item: dict[str, Any], field: str, form: str) -> dict[str, Any]:
    from mmrag.errors import UsageError

    if not isinstance(item.get(field), str):
        raise UsageError(f"the line has no {field}", f"Lines are {form}.")
    return item
