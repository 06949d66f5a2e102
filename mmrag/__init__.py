"""mmrag: ask your folders; every answer is checked against the page."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

from mmrag.errors import MmragError
from mmrag.types import (
    Answer,
    AnswerEvent,
    Box,
    Citation,
    Claim,
    Document,
    Evidence,
    Filters,
    IndexReport,
    Progress,
    Region,
    Verdict,
    Word,
)

if TYPE_CHECKING:
    from mmrag.chat import Chat
    from mmrag.corpus import Corpus, Status

__all__ = [
    "Answer",
    "AnswerEvent",
    "Box",
    "Chat",
    "Citation",
    "Claim",
    "Corpus",
    "Document",
    "Evidence",
    "Filters",
    "IndexReport",
    "MmragError",
    "Progress",
    "Region",
    "Status",
    "Verdict",
    "Word",
]

__version__ = "0.1.0"

# ONNX Runtime, which encodes text and recognises characters, sends usage events home unless this is set before it is
# loaded, by us or by a library that brings it. Nothing is to leave the machine unasked.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")


_LATER = {"Chat": "mmrag.chat", "Corpus": "mmrag.corpus", "Status": "mmrag.corpus"}


def __getattr__(name: str) -> Any:
    """The front door is opened when it is first used: everything heavy lies behind it."""
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
