"""Encoders of images and texts as two ONNX graphs: without torch, ready in a moment, quick on a CPU.

A folder holds `onnx_clip.json` (what the pictures have to look like, at which sizes they are seen, tokens of a text),
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

from mmrag.embedders.preprocessing import Recipe
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
DOCUMENT_CLIP_SHA256 = "76acb4753e1278675696f1f563c645c5eae79e32e8295739bd04386a96c792ad"
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
            self._edges = [int(edge) for edge in settings["edges"]]
            if min(self._edges) < 1:
                raise ValueError(f"no picture has {self._edges} pixels")
            self.image_size = max(self._edges)
            self._recipe = _enlarged(recipe, self.image_size)
            self._length, self.dim = int(settings["length"]), int(settings["dim"])
            self._pad = int(settings["pad"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailable(
                f"{folder} holds no encoder in ONNX", "Name a folder of `mmrag train --onnx`."
            ) from error
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
        return self._run(
            len(texts), lambda part: np.concatenate([self._infer(TEXT_FILE, row[None]) for row in ids[part]])
        )

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`: these models know no difference."""
        return self.embed_passages(texts)

    def _images(self, images: Sequence[Image.Image]) -> Vectors:
        return np.stack([self._image(image) for image in images])

    def _image(self, image: Image.Image) -> Vectors:
        """The mean of what is seen of one picture at each size, of length 1; shape (dim,).

        A small encoder errs otherwise at each size, and the mean errs less (Simonyan & Zisserman 2015, multi-scale).
        """
        largest, total = self._recipe.fit(image), np.zeros(self.dim, np.float32)
        for edge in self._edges:
            # From the largest rather than from the picture, which may be ten times as large.
            seen = largest if edge == largest.width else largest.resize((edge, edge), self._recipe.resample)
            total += self._infer(IMAGE_FILE, self._recipe.tensor(seen)[None])[0]
        found: Vectors = total / np.linalg.norm(total)
        return found

    def _infer(self, name: str, values: npt.NDArray[Any]) -> Vectors:
        """One picture or text a run: how many others there are must not change a vector, not even in its last bit."""
        found: Vectors = self._sessions[name].run(None, {"input": values})[0]
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


def _enlarged(recipe: Recipe, edge: int) -> Recipe:
    """The recipe of a square model for pictures of `edge` by `edge` pixels."""
    share = edge / (recipe.crop or recipe.size)[0]
    size = (round(recipe.size[0] * share), round(recipe.size[1] * share))
    return replace(recipe, size=size, crop=recipe.crop and (edge, edge))


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
