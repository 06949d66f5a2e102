"""What a package that adds a part inherits in its tests: public fakes, which need no model, and contract tests.

The contract tests are pytest classes; the fakes do not need pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmrag.testing.embedders import EmbedderContract, FakeEmbedder
    from mmrag.testing.llms import FakeLLM, VisionLLMContract
    from mmrag.testing.readers import ReaderContract
    from mmrag.testing.vectors import VectorIndexContract

__all__ = [
    "EmbedderContract",
    "FakeEmbedder",
    "FakeLLM",
    "ReaderContract",
    "VectorIndexContract",
    "VisionLLMContract",
]

_WHERE = {
    "EmbedderContract": "mmrag.testing.embedders",
    "FakeEmbedder": "mmrag.testing.embedders",
    "FakeLLM": "mmrag.testing.llms",
    "ReaderContract": "mmrag.testing.readers",
    "VectorIndexContract": "mmrag.testing.vectors",
    "VisionLLMContract": "mmrag.testing.llms",
}


def __getattr__(name: str) -> Any:
    """Imported when used, so that a fake can be had without pytest."""
    if name in _WHERE:
        return getattr(import_module(_WHERE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
