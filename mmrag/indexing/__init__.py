"""Make the index match the folders: walk, plan, read in worker processes, encode, commit; then recognise text.

Everything ends in the catalog, a batch of whole pages in each transaction, so that a run can end at any moment and the
next one goes on where it ended. Knows neither the caches for searching nor which models are in use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmrag.indexing.lock import writer_lock
    from mmrag.indexing.options import IndexOptions
    from mmrag.indexing.planning import Plan, plan
    from mmrag.indexing.roots import require_one
    from mmrag.indexing.sync import forget, index
    from mmrag.indexing.watching import watch

__all__ = ["IndexOptions", "Plan", "forget", "index", "plan", "require_one", "watch", "writer_lock"]

_HOMES = {
    "IndexOptions": "options",
    "Plan": "planning",
    "forget": "sync",
    "index": "sync",
    "plan": "planning",
    "require_one": "roots",
    "watch": "watching",
    "writer_lock": "lock",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is asked for: a worker needs none of them, and starts in half the time."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
