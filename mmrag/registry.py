"""Name to factory: `"module:attribute"` strings, and entry points of installed packages. Imports nothing until used.

A package adds a part by an entry point in the group `mmrag.<kind>`, for example `mmrag.readers`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from mmrag.errors import UsageError

__all__ = ["KINDS", "load", "names"]

KINDS: Mapping[str, Mapping[str, str]] = {
    "readers": {
        "pdf": "mmrag.readers.pdf:PdfReader",
        "image": "mmrag.readers.images:ImageReader",
        "text": "mmrag.readers.text:TextReader",
        "office": "mmrag.readers.office:OfficeReader",
    },
    "recognizers": {
        "rapidocr": "mmrag.ocr:RapidOcr",
        "tesseract": "mmrag.ocr:Tesseract",
    },
    "embedders": {
        "minilm": "mmrag.embedders:minilm",
        "document-clip": "mmrag.embedders:document_clip",
        "onnx": "mmrag.embedders:onnx_clip",
        "open_clip": "mmrag.embedders:open_clip",
        "hf": "mmrag.embedders:hugging_face",
        "fake": "mmrag.testing.embedders:FakeEmbedder",
    },
    "exporters": {
        "pack": "mmrag.display:write_pack",
    },
    "notebook": {
        "values": "mmrag.display:register",
        "progress": "mmrag.display:live_line",
    },
}


def names(kind: str) -> tuple[str, ...]:
    """Every name of a kind, ours first, then those of installed packages."""
    return tuple(dict.fromkeys([*KINDS.get(kind, {}), *(entry.name for entry in entry_points(group=f"mmrag.{kind}"))]))


def load(kind: str, name: str) -> Any:
    """The factory behind a name; raises `UsageError` with the names that exist.

    Ours win over an entry point of the same name, so that installing a package cannot replace a part unseen.
    """
    target = KINDS.get(kind, {}).get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        return getattr(import_module(module), attribute)
    for entry in entry_points(group=f"mmrag.{kind}"):
        if entry.name == name:
            return entry.load()
    raise UsageError(f"there is no {kind[:-1]} named {name!r}", f"Names: {', '.join(names(kind)) or 'none'}.")
