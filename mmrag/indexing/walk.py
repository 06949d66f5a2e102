"""Folders to the files in them, by size, time and inode, without opening one.

Knows neither what was seen last time nor what can be read. Paths are bytes: a file name need not be text.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from mmrag.config import expanded
from mmrag.errors import UsageError
from mmrag.types import FileOutcome

__all__ = ["IGNORE_FILE", "MAX_DEPTH", "Found", "Walked", "hidden_between", "inside", "walk"]

IGNORE_FILE = b".mmragignore"
MAX_DEPTH = 64
"""Folders below a root; deeper ones are reported."""
_MAX_IGNORE_BYTES = 1 << 20


class Found(NamedTuple):
    """A regular file as the file system describes it. `size` in bytes, `mtime_ns` since the epoch."""

    path: bytes
    size: int
    mtime_ns: int
    inode: int
    device: int


@dataclass(slots=True)
class Walked:
    """What lies under one root. `blind`: folders that could not be looked into, so that nothing is known of them."""

    files: dict[bytes, Found] = field(default_factory=dict)
    blind: list[bytes] = field(default_factory=list)
    outcomes: list[FileOutcome] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    missing: bool = False
    empty: bool = False
    """The root is a folder with no entry that is not hidden."""
    device: int = 0


class _Rule(NamedTuple):
    """Patterns, and how much of a path to cut off before they are asked."""

    prefix: int
    spec: GitIgnoreSpec


class _Folder(NamedTuple):
    path: bytes
    depth: int
    rules: tuple[_Rule, ...]


def inside(path: bytes, folder: bytes) -> bool:
    """Whether `path` is `folder` or lies under it; both absolute."""
    return path == folder or path.startswith(folder if folder.endswith(b"/") else folder + b"/")


def hidden_between(root: bytes, path: bytes) -> bool:
    """Whether a walk of `root` would pass by `path` because a part of the way is hidden."""
    return any(part.startswith(b".") for part in path[len(root) :].split(b"/"))


def walk(root: bytes, scope: Sequence[bytes], exclude: Sequence[str] = (), skip: Iterable[bytes] = ()) -> Walked:
    """Every regular file under `root` that also lies under one of `scope`, in order of path.

    Links are not followed, hidden names and what `.mmragignore` or `exclude` name are passed by, and so are pipes,
    sockets and devices (reported where the root itself is one). Each folder is entered once, whatever loops mounts
    make. Raises `UsageError` for a pattern that cannot be used.
    """
    walked = Walked()
    try:
        status = os.stat(root)  # noqa: PTH116  paths are bytes
    except OSError as error:
        walked.missing = True
        if not isinstance(error, FileNotFoundError | NotADirectoryError):
            walked.blind.append(root)
            walked.outcomes.append(_failed(root, error))
        return walked
    walked.device = status.st_dev
    if stat.S_ISDIR(status.st_mode):
        _walk_folders(walked, root, scope, _excluded(root, exclude), frozenset(skip))
    elif stat.S_ISREG(status.st_mode):
        walked.files[root] = _found(root, status)
    else:
        reason = "it is not a regular file (a pipe, socket or device)"
        walked.outcomes.append(FileOutcome(Path(os.fsdecode(root)), "unsupported", reason))
    return walked


def _walk_folders(
    walked: Walked, root: bytes, scope: Sequence[bytes], excluded: GitIgnoreSpec | None, skip: frozenset[bytes]
) -> None:
    everything = any(inside(root, target) for target in scope)
    seen: set[tuple[int, int]] = set()
    cut = len(root) if root.endswith(b"/") else len(root) + 1
    pending = [_Folder(root, 0, ())]
    while pending:
        folder = pending.pop()
        entries = _entries(walked, folder)
        if folder.depth == 0:
            walked.empty = not any(not entry.name.startswith(b".") for entry in entries)
        rules = _with_ignore_file(walked, folder, entries)
        below: list[_Folder] = []
        for entry in entries:
            if entry.name.startswith(b".") or entry.is_symlink():
                continue
            is_folder = entry.is_dir(follow_symlinks=False)
            if not everything and not _wanted(entry.path, scope, is_folder):
                continue
            if (rules or excluded) and _ignored(entry.path, is_folder, rules, excluded, cut):
                continue
            if is_folder:
                if entry.path not in skip:
                    below.append(_Folder(entry.path, folder.depth + 1, rules))
                continue
            _take(walked, entry)
        pending.extend(reversed([child for child in below if _first_time(child.path, seen)]))


def _entries(walked: Walked, folder: _Folder) -> list[os.DirEntry[bytes]]:
    if folder.depth > MAX_DEPTH:
        walked.blind.append(folder.path)
        reason = f"folders lie more than {MAX_DEPTH} deep here; index this one by itself"
        walked.outcomes.append(FileOutcome(Path(os.fsdecode(folder.path)), "failed", reason))
        return []
    try:
        with os.scandir(folder.path) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except FileNotFoundError:
        return []  # deleted since its name was read
    except OSError as error:
        walked.blind.append(folder.path)
        walked.outcomes.append(_failed(folder.path, error))
        return []


def _take(walked: Walked, entry: os.DirEntry[bytes]) -> None:
    try:
        if not entry.is_file(follow_symlinks=False):
            return
        walked.files[entry.path] = _found(entry.path, entry.stat(follow_symlinks=False))
    except FileNotFoundError:
        return  # deleted since its name was read
    except OSError as error:
        walked.blind.append(entry.path)
        walked.outcomes.append(_failed(entry.path, error))


def _found(path: bytes, status: os.stat_result) -> Found:
    return Found(path, status.st_size, status.st_mtime_ns, status.st_ino, status.st_dev)


def _first_time(path: bytes, seen: set[tuple[int, int]]) -> bool:
    try:
        status = os.stat(path, follow_symlinks=False)  # noqa: PTH116  paths are bytes
    except OSError:
        return True  # the attempt to list it says what is wrong
    identity = (status.st_dev, status.st_ino)
    if identity in seen:
        return False
    seen.add(identity)
    return True


def _wanted(path: bytes, scope: Sequence[bytes], is_folder: bool) -> bool:
    return any(inside(path, target) or (is_folder and inside(target, path)) for target in scope)


def _excluded(root: bytes, patterns: Sequence[str]) -> GitIgnoreSpec | None:
    if not patterns:
        return None
    base = os.fsdecode(root)
    lines = []
    for pattern in patterns:
        absolute = str(expanded(pattern)) if pattern.startswith("~/") else pattern
        lines.append(absolute[len(base) :] if absolute.startswith(base.rstrip("/") + "/") else pattern)
    try:
        return GitIgnoreSpec.from_lines(map(_composed, lines))
    except ValueError as error:
        raise UsageError(
            f"a pattern of --exclude cannot be used: {error}", "Patterns are those of a .gitignore file."
        ) from error


def _with_ignore_file(walked: Walked, folder: _Folder, entries: list[os.DirEntry[bytes]]) -> tuple[_Rule, ...]:
    own = next((entry for entry in entries if entry.name == IGNORE_FILE), None)
    if own is None:
        return folder.rules
    try:
        if not own.is_file():
            return folder.rules
        with open(own.path, "rb") as stream:  # noqa: PTH123  paths are bytes
            text = stream.read(_MAX_IGNORE_BYTES).decode("utf-8", "surrogateescape")
    except OSError as error:
        walked.notes.append(f"{os.fsdecode(own.path)} is not followed: {error}")
        return folder.rules
    lines = [_composed(line) for line in text.splitlines()]
    bad = [line for line in lines if not _is_pattern(line)]
    if bad:  # the other lines still hold: what they keep out may be private
        walked.notes.append(f"{os.fsdecode(own.path)}: not a pattern, passed over: {bad[0]!r}")
    spec = GitIgnoreSpec.from_lines(line for line in lines if line not in bad)
    cut = len(folder.path) if folder.path.endswith(b"/") else len(folder.path) + 1
    return (_Rule(cut, spec), *folder.rules)


def _is_pattern(line: str) -> bool:
    try:
        GitIgnoreSpec.from_lines([line])
    except ValueError:
        return False
    return True


def _composed(text: str) -> str:
    """macOS hands out decomposed file names, people type composed patterns: both are compared as NFC."""
    return unicodedata.normalize("NFC", text)


def _ignored(path: bytes, is_folder: bool, rules: Sequence[_Rule], excluded: GitIgnoreSpec | None, cut: int) -> bool:
    tail = "/" if is_folder else ""
    if excluded is not None and excluded.check_file(_composed(os.fsdecode(path[cut:])) + tail).include:
        return True
    # As with .gitignore: the file nearest to the name that says anything of it decides.
    for rule in rules:
        verdict = rule.spec.check_file(_composed(os.fsdecode(path[rule.prefix :])) + tail).include
        if verdict is not None:
            return verdict
    return False


def _failed(path: bytes, error: OSError) -> FileOutcome:
    reason = f"it cannot be looked into: {error.strerror or error}"
    return FileOutcome(Path(os.fsdecode(path)), "failed", reason)
