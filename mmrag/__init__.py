"""mmrag: ask your folders; every answer is checked against the page."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from mmrag.errors import MmragError
from mmrag.types import Box, Document, Evidence, Filters, IndexReport, Progress, Region

if TYPE_CHECKING:
    from mmrag.corpus import Corpus

__all__ = [
    "Box",
    "Corpus",
    "Document",
    "Evidence",
    "Filters",
    "IndexReport",
    "MmragError",
    "Progress",
    "Region",
]

__version__ = "0.1.0"

# ONNX Runtime, which encodes text and recognises characters, sends usage events home unless this is set before it is
# loaded, by us or by a library that brings it. Nothing is to leave the machine unasked.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


def __getattr__(name: str) -> Any:
    """The front door is opened when it is first used: everything heavy lies behind it."""
    if name == "Corpus":
        from mmrag.corpus import Corpus

        return Corpus
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
