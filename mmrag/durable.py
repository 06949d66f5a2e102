"""Cache folders that survive a kill, a full disk and a flipped bit: written whole, checked whole, never trusted unread.

A cache folder holds data files, each named with its generation and a random part, and `head.json`, which names them
with size and sha256 and carries a checksum of itself. Data files are written and synced first; the rename of the
head is the one step that makes them count, so a writer that is killed at any point leaves the old cache or the new
one. Readers that hold the old files keep them: a mapped file stays readable after its name is gone.

Knows nothing of what is in the files. A cache that cannot be trusted is reported as missing (None), because whoever
owns it can always build it again; only a failure to write is an error.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import mmap
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from mmrag.errors import StorageFull

__all__ = ["HEAD_FILE", "Chunks", "Head", "Snapshot", "discard_leftovers", "open_snapshot", "write_snapshot"]

HEAD_FILE = "head.json"
_SUFFIX = ".cache"
_ATTEMPTS = 5
_CHUNK = 1 << 22

Chunks: TypeAlias = Iterable[bytes | memoryview]
"""The content of one file, in pieces, so that no file needs to be in memory twice."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """What a cache says of itself. `format` names layout and version; `extra` holds what only its owner understands."""

    format: str
    generation: int
    count: int
    fingerprint: str = ""
    extra: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cache as it was when its checksums were compared: the head, and read-only bytes by the name of each file."""

    head: Head
    files: Mapping[str, memoryview]


def write_snapshot(folder: Path, head: Head, files: Mapping[str, Chunks]) -> None:
    """Replace the cache in `folder` (made if needed) by these files; the old one stays valid until the last step.

    Only one process may write a folder at a time. Raises `StorageFull` when anything cannot be written; the old
    cache is then still whole, and nothing half-written is left.
    """
    token = f"{head.generation:012d}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        discard_leftovers(folder)
        try:
            sealed = {
                name: _write(folder / f"{name}-{token}{_SUFFIX}", chunks) for name, chunks in sorted(files.items())
            }
            body = {
                "format": head.format,
                "generation": head.generation,
                "count": head.count,
                "fingerprint": head.fingerprint,
                "extra": dict(head.extra or {}),
                "files": sealed,
            }
            # Names of data files must be durable before the head that points to them is.
            _sync_folder(folder)
            temporary = folder / f"{HEAD_FILE}-{token}.tmp"
            _write(temporary, [json.dumps({**body, "sha256": _seal(body)}, indent=1).encode()])
            temporary.replace(folder / HEAD_FILE)
            _sync_folder(folder)
        finally:
            discard_leftovers(folder)
    except OSError as error:
        raise StorageFull(
            f"{folder} cannot be written: {error.strerror or error}",
            "Free some space or make the folder writable, then run the command again; nothing indexed is lost.",
        ) from error


def open_snapshot(folder: Path, format: str, fingerprint: str | None = None) -> Snapshot | None:
    """The cache in `folder`, with every byte compared to its checksum; None when it is missing or cannot be trusted.

    That is: no head, another format, another fingerprint (None accepts any), a damaged, missing or shortened file.
    A writer may replace the cache meanwhile: then the new one is opened.
    """
    previous = None
    for _ in range(_ATTEMPTS):
        try:
            text = (folder / HEAD_FILE).read_bytes()
        except OSError:
            break
        parsed = _parse(text) if text != previous else None
        if parsed is None or parsed[0].format != format or fingerprint not in (None, parsed[0].fingerprint):
            break
        previous = text
        head, sealed = parsed
        try:
            files = {name: _map(folder / seal["file"]) for name, seal in sealed.items()}
        except OSError:
            continue  # Replaced since the head was read, or gone: the next look at the head tells.
        if all(_matches(files[name], seal) for name, seal in sealed.items()):
            return Snapshot(head, files)
        break
    if (folder / HEAD_FILE).exists():
        _log.info("the cache in %s is damaged, or was made otherwise; it will be built again", folder)
    return None


def discard_leftovers(folder: Path) -> None:
    """Delete what a killed writer left: every file of the naming used here that the head does not name.

    For the writer alone: a reader cannot tell a leftover from a file that is being written.
    """
    kept = {HEAD_FILE}
    try:
        parsed = _parse((folder / HEAD_FILE).read_bytes())
        if parsed is not None:
            kept.update(seal["file"] for seal in parsed[1].values())
    except FileNotFoundError:
        pass  # No cache yet: whatever is there was never finished.
    except OSError:
        return  # What cannot be read now may be a good cache.
    with contextlib.suppress(OSError):
        for path in list(folder.iterdir()):
            ours = path.name.endswith(_SUFFIX) or (path.name.startswith(HEAD_FILE) and path.name.endswith(".tmp"))
            if ours and path.name not in kept:
                # A reader may hold it open where open files cannot be deleted; the next save tries again.
                with contextlib.suppress(OSError):
                    path.unlink()


def _write(path: Path, chunks: Chunks) -> dict[str, Any]:
    digest = hashlib.sha256()
    size = 0
    with path.open("xb") as stream:
        for chunk in _pieces(chunks):
            digest.update(chunk)
            size += stream.write(chunk)
        stream.flush()
        os.fsync(stream.fileno())
    return {"file": path.name, "size": size, "sha256": digest.hexdigest()}


def _pieces(chunks: Chunks) -> Iterator[memoryview]:
    """Hash and write piece by piece, so that a piece is still in the processor's cache for the second of the two."""
    for chunk in chunks:
        view = memoryview(chunk).cast("B") if len(chunk) else memoryview(b"")
        for start in range(0, view.nbytes, _CHUNK):
            yield view[start : start + _CHUNK]


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return  # Elsewhere a folder cannot be opened for this, and the rename is durable by itself.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _map(path: Path) -> memoryview:
    with path.open("rb") as stream:
        if os.fstat(stream.fileno()).st_size == 0:
            return memoryview(b"")
        return memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))


def _matches(data: memoryview, seal: Mapping[str, Any]) -> bool:
    return bool(data.nbytes == seal["size"] and hashlib.sha256(data).hexdigest() == seal["sha256"])


def _seal(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _parse(text: bytes) -> tuple[Head, dict[str, dict[str, Any]]] | None:
    """The head and the seals of its files, or None: any change of its meaning breaks its own checksum."""
    try:
        body = json.loads(text)
        if body.pop("sha256") != _seal(body):
            return None
        sealed = body.pop("files")
        if any(Path(seal["file"]).name != seal["file"] for seal in sealed.values()):
            return None
        return Head(**body), sealed
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
