"""What a notebook shows without being asked: values as HTML, and how a long run goes.

Only where this process already runs IPython. How anything looks lies above this layer and is reached by name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from mmrag import registry

__all__ = ["show_values", "told"]

_Step = TypeVar("_Step")


def show_values() -> None:
    """Have the running IPython draw mmrag's values; does nothing elsewhere, and nothing the second time."""
    shell = _shell()
    if shell is not None:
        registry.load("notebook", "values")(shell)


def told(progress: Callable[[_Step], None] | None) -> AbstractContextManager[Callable[[_Step], None] | None]:
    """What is to be told each step of a run: `progress`, or where none is given in a notebook, a line in the cell."""
    shell = None if progress is not None else _shell()
    if shell is None or getattr(shell, "kernel", None) is None:  # IPython on a terminal has no cells
        return nullcontext(progress)
    line: AbstractContextManager[Callable[[_Step], None]] = registry.load("notebook", "progress")()
    return line


def _shell() -> Any:
    """The IPython that runs this process, None where none does; a library may have imported it without running it."""
    running = getattr(sys.modules.get("IPython"), "get_ipython", None)
    return running() if running is not None else None
