"""The command line: `mmrag COMMAND`. Knows no model, no file format and no database; `mmrag.corpus` does the work.

This package loads nothing heavy: each command imports what it needs when it is called, so that `--help` is at once.
"""

from __future__ import annotations

from mmrag.cli import (  # noqa: F401  (each adds its commands to `app`)
    asking,
    chatting,
    evaluating,
    indexing,
    inspecting,
    mcp_command,
    searching,
    serving,
    training,
    verifying,
)
from mmrag.cli.application import app
from mmrag.cli.run import main, run

__all__ = ["app", "main", "run"]
