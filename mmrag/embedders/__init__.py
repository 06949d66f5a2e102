"""Encoders that put images and texts in one space, or texts in a space of their own, and the profiles that name them.

An id is `document-clip`, `minilm`, `open_clip:MODEL/PRETRAINED`, `open_clip:MODEL@FILE.safetensors`,
`open_clip:FOLDER`, `onnx:FOLDER` or `hf:ID_OR_FOLDER`. Loading never opens a connection; `fetch` is the only function
here that downloads. Model libraries are imported inside the functions that need them.
"""

from __future__ import annotations

from mmrag.embedders.languages import knows_looks_only, readable, reads
from mmrag.embedders.profiles import PROFILES, ModelStatus, Profile, describe, fetch, is_on_disk, resolve_profile
from mmrag.embedders.text import minilm
from mmrag.embedders.tokens import max_tokens, token_counter
from mmrag.errors import UsageError
from mmrag.protocols import Embedder
from mmrag.registry import load as load_factory

__all__ = [
    "PROFILES",
    "ModelStatus",
    "Profile",
    "describe",
    "document_clip",
    "fetch",
    "hugging_face",
    "is_on_disk",
    "knows_looks_only",
    "load",
    "max_tokens",
    "minilm",
    "onnx_clip",
    "open_clip",
    "readable",
    "reads",
    "resolve_profile",
    "token_counter",
]


def document_clip(argument: str = "", device: str = "auto") -> Embedder:
    """The small encoder of documents that comes with mmrag; see `mmrag.embedders.onnx_models.document_clip`."""
    from mmrag.embedders.onnx_models import document_clip as factory

    return factory(argument, device)


def onnx_clip(argument: str, device: str = "auto") -> Embedder:
    """An image and text encoder as ONNX graphs; see `mmrag.embedders.onnx_models.onnx_clip`."""
    from mmrag.embedders.onnx_models import onnx_clip as factory

    return factory(argument, device)


def open_clip(argument: str, device: str = "auto") -> Embedder:
    """An image and text encoder run by open_clip; see `mmrag.embedders.open_clip_models.open_clip`."""
    from mmrag.embedders.open_clip_models import open_clip as factory

    return factory(argument, device)


def hugging_face(argument: str, device: str = "auto") -> Embedder:
    """An encoder in the layout of transformers; see `mmrag.embedders.transformers_models.hugging_face`."""
    from mmrag.embedders.transformers_models import hugging_face as factory

    return factory(argument, device)


def load(id: str, device: str = "auto") -> Embedder:  # the contract's word for a model's name
    """The encoder behind an id. `device`: "auto", "cpu", "cuda" or "cuda:N".

    Raises `ModelUnavailable` where it is not on disk, `MissingExtra` where a package is missing, `UsageError` for an
    id that names nothing.
    """
    name, _, argument = id.partition(":")
    if not name:
        raise UsageError("the name of a model is empty", "For example minilm, or open_clip:FOLDER.")
    embedder: Embedder = load_factory("embedders", name)(argument, device)
    return embedder
