"""The user's cache folder: graphs built from weights, kept under their hash. Nothing in it is ever missed if deleted.

Knows no models: it keeps bytes by key, and gives them back only if they are the bytes that were put in.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

__all__ = ["cache_folder", "get", "put", "write_atomically"]


def cache_folder() -> Path:
    """`MMRAG_CACHE`, else `mmrag` in the platform's cache folder (XDG on Linux). It need not exist."""
    if own := os.environ.get("MMRAG_CACHE"):
        return Path(own).expanduser()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA")
        return Path(base) / "mmrag" / "cache" if base else Path.home() / "AppData" / "Local" / "mmrag" / "cache"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "mmrag"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "mmrag"


def write_atomically(file: Path, data: bytes) -> bool:
    """Write under a temporary name, flush to disk, rename. False where the folder cannot be written or is full.

    A cache that cannot be kept costs time, not the run, so the caller need not look at the answer.
    """
    temporary: Path | None = None
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        temporary = Path(name)
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(file)
    except OSError:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink()
        return False
    return True


def get(key: str) -> tuple[bytes, dict[str, Any]] | None:
    """The bytes kept under `key` and their notes; None where there are none or they do not match their sha256."""
    folder = cache_folder() / "graphs"
    try:
        head = json.loads((folder / f"{key}.json").read_text("utf-8"))
        data = (folder / f"{key}.onnx").read_bytes()
        if hashlib.sha256(data).hexdigest() != head["sha256"]:
            return None
        return data, dict(head["notes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def put(key: str, data: bytes, notes: dict[str, Any]) -> None:
    """Keep bytes under `key`. The head is written last, so that a half-written pair does not match."""
    folder = cache_folder() / "graphs"
    head = {"sha256": hashlib.sha256(data).hexdigest(), "notes": notes}
    if write_atomically(folder / f"{key}.onnx", data):
        write_atomically(folder / f"{key}.json", json.dumps(head).encode())
