"""Waits for changes under folders and says where they were. Knows no index."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from mmrag.indexing.options import IndexOptions

__all__ = ["watch"]

_DEBOUNCE_MS = 2000
"""Changes are gathered until none has come for a moment, so that a file being written is not read half."""


def watch(
    roots: Sequence[Path], options: IndexOptions | None = None, stop: threading.Event | None = None
) -> Iterator[list[Path]]:
    """Yield the folders in which something changed, each an existing one, until `stop` is set or Ctrl-C.

    Hidden names and the folders that `options` skip are passed by. Raises `KeyboardInterrupt` on Ctrl-C.
    """
    from watchfiles import watch as changes

    skip = [os.path.realpath(folder) for folder in (options.skip if options else ())]
    bases = [os.path.realpath(root) for root in roots]
    existing = [base for base in bases if os.path.exists(base)]  # noqa: PTH110  names need not be text
    if not existing:
        return

    def matters(_change: object, path: str) -> bool:
        base = next((base for base in bases if path == base or path.startswith(base.rstrip("/") + "/")), None)
        if base is None or any(path == folder or path.startswith(folder + "/") for folder in skip):
            return False
        parts = path[len(base) :].split("/")
        return not any(part.startswith(".") and part != ".mmragignore" for part in parts)

    for batch in changes(*existing, watch_filter=matters, debounce=_DEBOUNCE_MS, step=200, stop_event=stop):
        yield sorted({_existing_folder(path, bases) for _, path in batch})


def _existing_folder(path: str, bases: Sequence[str]) -> Path:
    """The folder a change was in, or the nearest one around it that is still there, but none outside the roots."""
    if path in bases:
        return Path(path)
    folder = Path(path).parent
    while not folder.is_dir() and os.fspath(folder) not in bases:
        folder = folder.parent
    return folder
