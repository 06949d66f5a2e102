"""Which folders belong to the index, and which part of them a run looks at.

Knows the roots of a catalog and the paths that were given; reads no folder.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmrag.catalog import RootRecord
from mmrag.config import expanded
from mmrag.errors import NothingIndexed, PathNotFound
from mmrag.indexing.walk import hidden_between, inside

__all__ = ["Roots", "choose_roots", "require_one", "resolved"]


@dataclass(slots=True)
class Roots:
    """`scope`: by path of a root, the paths under it that this run looks at. `absorbed`: old root to its new parent."""

    known: dict[bytes, RootRecord]
    scope: dict[bytes, list[bytes]] = field(default_factory=dict)
    absorbed: dict[bytes, bytes] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def ids_of(self, root: bytes) -> frozenset[int]:
        """Ids in the catalog of a root and of those that it takes in."""
        paths = [root, *(old for old, new in self.absorbed.items() if new == root)]
        return frozenset(self.known[path].id for path in paths if path in self.known)


def resolved(path: Path) -> bytes:
    """The path without links and dots, as bytes: one folder has one name, however it was given."""
    return os.fsencode(os.path.realpath(expanded(path)))


def require_one(paths: Sequence[Path] | None) -> None:
    """Raises `PathNotFound` where there are paths and none of them exists."""
    if paths and not any(os.path.lexists(resolved(path)) for path in paths):
        raise PathNotFound(
            f"not found: {', '.join(str(path) for path in paths)}",
            "Check the path. To drop what was indexed there: mmrag index --forget PATH",
        )


def choose_roots(known: Sequence[RootRecord], paths: Sequence[Path] | None) -> Roots:
    """What a run over `paths` looks at; None or () stands for every root.

    A path inside a root limits the run to it; any other path becomes a root, and takes in roots that lie under it,
    unless the way to them is hidden. Raises `PathNotFound` where none of the paths exists, and `NothingIndexed` where
    there are neither paths nor roots.
    """
    roots = Roots({root.path: root for root in known})
    if not paths:
        if not known:
            raise NothingIndexed("there is no folder to index", "Name one: mmrag index FOLDER")
        roots.scope = {root.path: [root.path] for root in known}
        return roots
    require_one(paths)
    given = sorted({resolved(path) for path in paths}, key=lambda path: (path.count(b"/"), path))
    for path in given:
        _place(roots, path)
    return roots


def _place(roots: Roots, path: bytes) -> None:
    live = [root for root in (*roots.known, *roots.scope) if root not in roots.absorbed]
    holders = [root for root in live if inside(path, root) and not hidden_between(root, path)]
    if holders:
        roots.scope.setdefault(max(holders, key=len), []).append(path)
        return
    if not os.path.lexists(path):
        roots.notes.append(f"{os.fsdecode(path)} does not exist.")
        return
    for root in live:
        # A root that is not there now may be a disk that comes back; it stays a root of its own.
        if inside(root, path) and not hidden_between(path, root) and os.path.lexists(root):
            roots.absorbed[root] = path
            roots.scope.pop(root, None)
    roots.scope[path] = [path]
