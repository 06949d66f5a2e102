"""One writer at a time: a lock that the operating system frees when its holder dies.

Knows nothing of catalogs; whoever writes to an index holds the lock of its folder for as long.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from filelock import FileLock, Timeout

from mmrag.errors import IndexBusy, StorageFull

__all__ = ["writer_lock"]

LOCK_FILE = "writer.lock"
OWNER_FILE = "writer.json"


@contextmanager
def writer_lock(folder: Path, wait: bool = False) -> Iterator[None]:
    """Hold the right to write to the index in `folder`, which is made if it is not there.

    Raises `IndexBusy`, naming the holder, where another process has it; with `wait` it waits instead. A holder that
    was killed holds nothing: the operating system has let go of its lock. Raises `StorageFull` where the folder cannot
    be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = FileLock(folder / LOCK_FILE, timeout=-1 if wait else 0, fallback_to_soft=False)
        lock.acquire()
    except Timeout:
        raise IndexBusy(
            f"another process writes to {folder}: {_owner(folder)}", "Wait for it to end, or use --wait."
        ) from None
    except (FileExistsError, NotADirectoryError) as error:
        raise StorageFull(f"{folder} is not a folder", "Choose another one with --index.") from error
    except OSError as error:
        raise StorageFull(
            f"{folder} cannot be written to: {error.strerror or error}", "Choose another folder with --index."
        ) from error
    try:
        _sign(folder)
        yield
    finally:
        with suppress(OSError):
            (folder / OWNER_FILE).unlink()
        lock.release()


def _sign(folder: Path) -> None:
    owner = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "started": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
    # Only for the message that another process shows; the lock does not depend on it.
    with suppress(OSError):
        (folder / OWNER_FILE).write_text(json.dumps(owner), encoding="utf-8")


def _owner(folder: Path) -> str:
    try:
        owner = json.loads((folder / OWNER_FILE).read_text("utf-8"))
        return f"process {owner['pid']} on {owner['host']}, since {owner['started']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "it has not said who it is"
