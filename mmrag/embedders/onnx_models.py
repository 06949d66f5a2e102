"""Encoders of images and texts as two ONNX graphs: without torch, ready in a moment, quick on a CPU.

A folder holds `onnx_clip.json` (what the pictures have to look like, at which scales they are seen, tokens of a text),
`image.onnx`, `text.onnx`, `tokenizer.json` and a model card; `mmrag train --onnx` writes one. One such encoder comes
with the package: it knows documents (charts, tables, diagrams, forms, pages), and little of photographs. Knows no
training.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmrag.embedders.preprocessing import Recipe, to_rgb
from mmrag.embedders.text import available_threads, clean, load_tokenizer, open_graph
from mmrag.embedders.weights import file_hash
from mmrag.errors import ModelUnavailable, UsageError
from mmrag.types import Vectors

__all__ = [
    "CONFIG_FILE",
    "FILES",
    "IMAGE_FILE",
    "TEXT_FILE",
    "OnnxClipEmbedder",
    "document_clip",
    "files_hash",
    "onnx_clip",
    "shipped",
]

CONFIG_FILE, IMAGE_FILE, TEXT_FILE = "onnx_clip.json", "image.onnx", "text.onnx"
FILES = (CONFIG_FILE, IMAGE_FILE, TEXT_FILE, "tokenizer.json")
DOCUMENT_CLIP_SHA256 = "0b65f46ab8eb6427468d005d22e487ffe81db9fe11adf124f2e7f28a1841d8d0"
"""Of the shipped encoder's files, as `files_hash` makes it."""
_SHIPPED = Path(__file__).parent / "document_clip"
_CHUNK = 8
"""Pictures of a run."""


class OnnxClipEmbedder:
    """An `Embedder` of images and texts, on the CPU, one thread a run. `digest` is the folder's `files_hash`.

    Raises `ModelUnavailable` where the folder lacks something or its files are damaged.
    """

    modalities = frozenset({"image", "text"})

    def __init__(self, folder: Path, label: str, digest: str) -> None:
        try:
            settings = json.loads((folder / CONFIG_FILE).read_text("utf-8"))
            recipe = Recipe(**{name: _frozen(value) for name, value in settings["recipe"].items()})
            self._recipes = [_scaled(recipe, float(scale)) for scale in settings["scales"]]
            self._length, self.dim = int(settings["length"]), int(settings["dim"])
            self._pad = int(settings["pad"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailable(
                f"{folder} holds no encoder in ONNX", "Name a folder of `mmrag train --onnx`."
            ) from error
        self.image_size = max(recipe.size)
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.enable_truncation(self._length)
        self._tokenizer.enable_padding(length=self._length, pad_id=self._pad)
        self._sessions = {name: _session(folder / name) for name in (IMAGE_FILE, TEXT_FILE)}
        self.fingerprint = f"{label}-{self.dim}-{digest[:16]}"
        self._threads = available_threads()

    def embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Any PIL mode and size; shape (len(images), dim), rows of length 1."""
        return self._run(len(images), lambda part: self._images(images[part]))

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), rows of length 1; text over the model's length is cut."""
        encoded = [entry.ids for entry in self._tokenizer.encode_batch([clean(text) for text in texts])]
        ids = np.array(encoded, np.int64).reshape(len(texts), self._length)
        return self._run(len(texts), lambda part: self._infer(TEXT_FILE, ids[part]))

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`: these models know no difference."""
        return self.embed_passages(texts)

    def _images(self, images: Sequence[Image.Image]) -> Vectors:
        """The mean of what is seen at each scale."""
        images = [to_rgb(image) for image in images]
        views = [
            self._infer(IMAGE_FILE, np.stack([recipe.pixels(image) for image in images])) for recipe in self._recipes
        ]
        if len(views) == 1:
            return views[0]
        mean = np.mean(views, axis=0)
        found: Vectors = mean / np.linalg.norm(mean, axis=1, keepdims=True)
        return found

    def _infer(self, name: str, values: npt.NDArray[Any]) -> Vectors:
        # One row a run: how many others there are must not change a vector, not even in its last bit.
        rows = [self._sessions[name].run(None, {"input": values[place : place + 1]})[0] for place in range(len(values))]
        found: Vectors = np.concatenate(rows)
        return found

    def _run(self, count: int, run: Callable[[slice], Vectors]) -> Vectors:
        if not count:
            return np.zeros((0, self.dim), np.float32)
        parts = [slice(start, start + _CHUNK) for start in range(0, count, _CHUNK)]
        if len(parts) == 1 or self._threads == 1:
            return np.concatenate([run(part) for part in parts])
        with ThreadPoolExecutor(min(self._threads, len(parts))) as pool:
            return np.concatenate(list(pool.map(run, parts)))


def onnx_clip(argument: str, device: str = "auto") -> OnnxClipEmbedder:
    """The encoder of a folder that `mmrag train --onnx` wrote. Always on the CPU."""
    del device
    folder = Path(argument).expanduser()
    if not argument or not folder.is_dir():
        raise ModelUnavailable(
            f"there is no folder {argument!r}", "Name a folder of `mmrag train --onnx`: onnx:FOLDER."
        )
    return OnnxClipEmbedder(folder, "onnx-clip", files_hash(folder))


def document_clip(argument: str = "", device: str = "auto") -> OnnxClipEmbedder:
    """The small encoder of documents that comes with the package, checked against a pinned sha256.

    Raises `ModelUnavailable` where its files are not the pinned ones.
    """
    del device
    if argument:
        raise UsageError(f"document-clip takes no argument, not {argument!r}", "Use the id document-clip.")
    digest = files_hash(_SHIPPED)
    if digest != DOCUMENT_CLIP_SHA256:
        raise ModelUnavailable(
            "the installed document-clip is damaged", "pip install --force-reinstall --no-deps mmrag"
        )
    return OnnxClipEmbedder(_SHIPPED, "document-clip", digest)


def shipped() -> Path | None:
    """Where the package's own encoder lies, or None in an installation that lacks it."""
    return _SHIPPED if _is_whole(_SHIPPED) else None


def _scaled(recipe: Recipe, scale: float) -> Recipe:
    """The recipe for pictures `scale` times as large."""
    rows, columns = (round(side * scale) for side in recipe.size)
    return replace(recipe, size=(rows, columns))


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def files_hash(folder: Path) -> str:
    """Of all that the vectors depend on; "" where a file is missing."""
    if not _is_whole(folder):
        return ""
    return hashlib.sha256("".join(file_hash(folder / name) for name in FILES).encode()).hexdigest()


def _is_whole(folder: Path) -> bool:
    return all((folder / name).is_file() for name in FILES)


def _session(file: Path) -> Any:
    try:
        return open_graph(str(file))
    except Exception as error:  # the library raises kinds of its own
        raise ModelUnavailable(f"{file} cannot be loaded: {error}", "Delete the model and get it again.") from error
