"""What has to be done so that the index matches the folders: files found against files known. Writes nothing.

Opens a file only to take its hash, and that only where its size says that its content may be known already.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmrag.catalog import Catalog, FileRecord
from mmrag.indexing.options import IndexOptions
from mmrag.indexing.roots import Roots, choose_roots
from mmrag.indexing.walk import Found, Walked, inside, walk
from mmrag.types import FileOutcome, FileState, Progress

__all__ = ["Plan", "Step", "make_plan", "plan", "same_content"]

RACY_NS = 2_000_000_000
"""A file written this shortly before it was read may change again without its time showing it (FAT counts in 2 s)."""

Notify = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One file and what is known of it. `root`: path of its root. `hash`: sha256 (hex) where it was taken already.

    `known`: its record in the catalog, or for a move the record of the place it came from.
    """

    found: Found
    root: bytes
    known: FileRecord | None = None
    hash: str | None = None

    @property
    def is_update(self) -> bool:
        """Whether a search could find an earlier version of the file; otherwise it is new."""
        known = self.known
        if known is None or known.content is None:
            return False
        return known.state != "pending" or known.upcoming is not None


@dataclass(slots=True)
class Plan:
    """What a run of `index` would do. Paths are absolute.

    `read`: files whose content is not in the index yet. `attach`: files whose content is. `touch`: same content, other
    time. `follow`: copies of a file in `read`. `kept`: outcomes of earlier runs that still hold.
    """

    roots: Roots
    read: list[Step] = field(default_factory=list)
    attach: list[Step] = field(default_factory=list)
    touch: list[Step] = field(default_factory=list)
    follow: list[Step] = field(default_factory=list)
    moves: list[Step] = field(default_factory=list)
    gone: list[FileRecord] = field(default_factory=list)
    kept: list[FileOutcome] = field(default_factory=list)
    devices: dict[bytes, int] = field(default_factory=dict)
    unchanged: int = 0
    notes: list[str] = field(default_factory=list)

    @property
    def added(self) -> tuple[Path, ...]:
        """Files that a search could not find before."""
        return _paths(step for step in (*self.read, *self.attach, *self.follow) if not step.is_update)

    @property
    def updated(self) -> tuple[Path, ...]:
        """Files whose content is another one now."""
        return _paths(step for step in (*self.read, *self.attach, *self.follow) if step.is_update)

    @property
    def moved(self) -> tuple[tuple[Path, Path], ...]:
        """Old and new path of files that were renamed or moved."""
        return tuple((_path(step.known.path), _path(step.found.path)) for step in self.moves if step.known)

    @property
    def removed(self) -> tuple[Path, ...]:
        """Files that are no longer there."""
        return tuple(_path(record.path) for record in self.gone)

    @property
    def failed(self) -> tuple[FileOutcome, ...]:
        """Files that an earlier run, or this walk, could not take, and that will not be tried again."""
        return tuple(self.kept)


def _path(path: bytes) -> Path:
    return Path(os.fsdecode(path))


def _paths(steps: Iterable[Step]) -> tuple[Path, ...]:
    return tuple(_path(step.found.path) for step in steps)


def plan(catalog: Catalog, paths: Sequence[Path] | None, options: IndexOptions) -> Plan:
    """What `index` would do with the same arguments. Raises `PathNotFound`, `NothingIndexed`, `UsageError`."""
    return make_plan(catalog, paths, options, None)


def make_plan(catalog: Catalog, paths: Sequence[Path] | None, options: IndexOptions, progress: Notify | None) -> Plan:
    """`plan`, with progress events of the stage "scan"."""
    roots = choose_roots(catalog.roots(), paths)
    known = catalog.files()
    result = Plan(roots, notes=roots.notes)
    skip = [os.fsencode(os.path.realpath(folder)) for folder in options.skip]
    fresh: list[Step] = []
    missing: dict[bytes, FileRecord] = {}
    for root, scope in roots.scope.items():
        walked = walk(root, scope, options.exclude, skip)
        result.notes += walked.notes
        mine = _records_under(known, roots.ids_of(root), root, scope)
        if not options.prune and _is_unmounted(result, root, walked, mine):
            continue
        result.devices[root] = walked.device
        result.kept += walked.outcomes
        blind = [] if options.prune and walked.blind == [root] else walked.blind
        missing.update(_missing(mine, walked, blind))
        for found in walked.files.values():
            _sort_in(result, Step(found, root, known.get(found.path)), fresh, options)
        if progress:
            progress(Progress("scan", files_done=len(fresh) + result.unchanged, path=_path(root)))
    fresh = _take_moves(result, fresh, missing)
    _compare_contents(result, fresh, missing, _Contents(catalog, known), progress)
    result.gone = list(missing.values())
    return result


def _records_under(
    known: Mapping[bytes, FileRecord], ids: frozenset[int], root: bytes, scope: Sequence[bytes]
) -> dict[bytes, FileRecord]:
    whole = root in scope
    return {
        path: record
        for path, record in known.items()
        if record.root in ids and (whole or any(inside(path, target) for target in scope))
    }


def _is_unmounted(result: Plan, root: bytes, walked: Walked, mine: Mapping[bytes, FileRecord]) -> bool:
    """Whether the root looks like a disk that is not there now, rather than like deleted files."""
    record = result.roots.known.get(root)
    if record is None:
        return False
    reason = ""
    if walked.missing:
        was_file = root in mine and os.path.isdir(os.path.dirname(root))  # noqa: PTH112, PTH120  paths are bytes
        reason = "" if was_file and not walked.blind else "is not there"
    elif root in walked.blind:
        reason = "cannot be read"
    elif walked.empty and record.file_count:
        reason = "is empty"
    elif record.device != walked.device and mine and not _any_same(mine, walked):
        # The number of a disk may change when it is mounted again; its files tell whether it is the same one.
        reason = "lies on another device, with none of its files"
    if not reason:
        return False
    result.kept += walked.outcomes
    result.notes.append(
        f"{os.fsdecode(root)} {reason}: its {record.file_count} files stay in the index. "
        "If they are gone for good, use --prune."
    )
    return True


def _any_same(mine: Mapping[bytes, FileRecord], walked: Walked) -> bool:
    return any(
        (found := walked.files.get(path)) and (found.size, found.mtime_ns) == (record.size, record.mtime_ns)
        for path, record in mine.items()
    )


def _missing(mine: Mapping[bytes, FileRecord], walked: Walked, blind: Sequence[bytes]) -> dict[bytes, FileRecord]:
    return {
        path: record
        for path, record in mine.items()
        if path not in walked.files and not any(inside(path, folder) for folder in blind)
    }


def _sort_in(result: Plan, step: Step, fresh: list[Step], options: IndexOptions) -> None:
    """Settle a file that looks as it did last time; put any other in `fresh`."""
    found, known = step.found, step.known
    if known is None or (known.size, known.mtime_ns, known.inode) != (found.size, found.mtime_ns, found.inode):
        fresh.append(step)
    elif known.state == "pending" or (known.state != "indexed" and _worth_another_try(known, options)):
        result.read.append(Step(found, step.root, known, known.hash))
    else:
        _keep(result, step)


def _worth_another_try(known: FileRecord, options: IndexOptions) -> bool:
    return options.retry_failed or (known.state == "locked" and bool(options.passwords))


def _keep(result: Plan, step: Step) -> None:
    known = step.known
    if known is None:
        return
    if known.state == "indexed":
        result.unchanged += 1
    else:
        result.kept.append(FileOutcome(_path(step.found.path), _state(known.state), known.reason))
    if known.root not in result.roots.ids_of(step.root) or step.root not in result.roots.known:
        result.touch.append(step)  # another root has it now


def _state(name: str) -> FileState:
    states: dict[str, FileState] = {
        "locked": "locked",
        "damaged": "damaged",
        "too_large": "too_large",
        "unsupported": "unsupported",
    }
    return states.get(name, "failed")


def _take_moves(result: Plan, fresh: list[Step], missing: dict[bytes, FileRecord]) -> list[Step]:
    """Renamed files keep device, inode, size and time: they are found without opening them."""
    by_identity = {
        (record.device, record.inode, record.size, record.mtime_ns): record
        for record in missing.values()
        if record.inode and record.state != "pending"
    }
    left: list[Step] = []
    for step in fresh:
        found = step.found
        old = by_identity.pop((found.device, found.inode, found.size, found.mtime_ns), None)
        if step.known is not None or old is None:
            left.append(step)
            continue
        del missing[old.path]
        _move(result, step, old)
    return left


def _move(result: Plan, step: Step, old: FileRecord) -> None:
    result.moves.append(Step(step.found, step.root, old, old.hash))
    if old.state != "indexed":
        result.kept.append(FileOutcome(_path(step.found.path), _state(old.state), old.reason))


class _Contents:
    """Which contents the catalog has whole, by hash; asked once each."""

    def __init__(self, catalog: Catalog, known: Mapping[bytes, FileRecord]) -> None:
        self._catalog = catalog
        self.sizes = {record.size for record in known.values() if record.hash is not None}
        self._whole: dict[str, bool] = {}

    def has(self, digest: str) -> bool:
        """Whether every page of it is stored."""
        if digest not in self._whole:
            content = self._catalog.content(digest)
            self._whole[digest] = content is not None and content.complete
        return self._whole[digest]


def _compare_contents(
    result: Plan, fresh: list[Step], missing: dict[bytes, FileRecord], contents: _Contents, progress: Notify | None
) -> None:
    """Settle new and changed files by hash, where another file of the same size makes that worth its time."""
    sizes = Counter(step.found.size for step in fresh)
    reading: set[str] = set()
    by_hash: dict[str, list[FileRecord]] = {}
    for record in missing.values():
        if record.hash and record.state != "pending":
            by_hash.setdefault(record.hash, []).append(record)
    for number, plain in enumerate(fresh):
        size = plain.found.size
        worth = size > 0 and (size in contents.sizes or sizes[size] > 1)
        digest = same_content(plain.found) if worth else None
        step = Step(plain.found, plain.root, plain.known, digest)
        if progress and digest:
            progress(Progress("scan", files_done=number + result.unchanged, path=_path(plain.found.path)))
        known = step.known
        if digest is None:
            result.read.append(step)
        elif known is not None and known.hash == digest and known.state != "pending":
            _touch(result, step)
        elif known is None and by_hash.get(digest):
            old = by_hash[digest].pop()
            del missing[old.path]
            _move(result, step, old)
        elif contents.has(digest):
            result.attach.append(step)
        elif digest in reading:
            result.follow.append(step)
        else:
            reading.add(digest)
            result.read.append(step)


def _touch(result: Plan, step: Step) -> None:
    known = step.known
    if known is None:
        return
    result.touch.append(step)
    if known.state == "indexed":
        result.unchanged += 1
    else:
        result.kept.append(FileOutcome(_path(step.found.path), _state(known.state), known.reason))


def same_content(found: Found) -> str | None:
    """The sha256 (hex) of a file that is still as it was found, or None: it is then read, which says what is wrong."""
    from mmrag.errors import FileProblem
    from mmrag.readers import content_hash

    try:
        digest = content_hash(_path(found.path))
        status = os.stat(found.path)  # noqa: PTH116  paths are bytes
    except (OSError, FileProblem):
        return None
    now = (status.st_size, status.st_mtime_ns, status.st_ino)
    return digest if now == (found.size, found.mtime_ns, found.inode) else None


def settled_inode(found: Found, now_ns: int | None = None) -> int:
    """The inode to remember, or 0, which fits no file, where the next run must take the hash again.

    A file written within 2 s of its reading can change once more and keep its size and time.
    """
    now = time.time_ns() if now_ns is None else now_ns
    return 0 if abs(now - found.mtime_ns) < RACY_NS else found.inode
