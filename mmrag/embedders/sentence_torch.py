"""Sentence encoders that the ONNX graph does not cover, or that have a GPU: sentence-transformers on torch.

No code that a folder brings is run, and only safetensors are loaded.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mmrag.embedders.sentence_folder import read_json, read_prefixes
from mmrag.embedders.torch_runtime import batches, choose_device, choose_precision, import_library, loading
from mmrag.embedders.weights import weight_files, weights_hash
from mmrag.errors import UsageError
from mmrag.types import Vectors

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["TorchTextEmbedder"]

_SAMPLE = ("annual revenue by region", "연간 매출은 12% 증가하였다", "the crew returned to the airport after take-off")


class TorchTextEmbedder:
    """An `Embedder` of texts, run by sentence-transformers. Raises `ModelUnavailable` for what cannot be loaded."""

    modalities = frozenset({"text"})

    def __init__(self, folder: Path, name: str, device: str) -> None:
        device = choose_device(device)
        library = import_library("sentence_transformers")
        import_library("transformers").utils.logging.disable_progress_bar()
        with loading(str(folder)):
            self._model: Any = library.SentenceTransformer(
                str(folder),
                device="cpu",
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            ).float()
        self._model.eval()
        prefixes = read_prefixes(folder, name)
        self._query, self._passage = prefixes
        identity = {
            "library": "sentence-transformers",
            "weights": weights_hash(weight_files(folder)),
            "modules": read_json(folder / "modules.json"),
            "pooling": read_json(folder / "1_Pooling" / "config.json"),
            "prefixes": prefixes,
            "length": self._model.max_seq_length,
        }
        digest = hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()
        self._batch = 64 if device.startswith("cuda") else 8
        with loading(str(folder)):
            choose_precision(self._model, device, lambda: self._encode(_SAMPLE), digest[:32])
            self.dim = self._encode(_SAMPLE[:1]).shape[1]
        kind = read_json(folder / "config.json").get("model_type", "text")
        self.fingerprint = f"{kind}-torch-{self.dim}-{digest[:16]}"

    def embed_images(self, images: Sequence[Image]) -> Vectors:
        """Not possible: raises `UsageError`."""
        del images
        raise UsageError("this text encoder cannot look at images", "Name a CLIP or SigLIP model with --pixels.")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), rows of length 1; text over the model's length is cut."""
        return self._embed([self._passage + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim), rows of length 1, with the model's prefix for queries."""
        return self._embed([self._query + text for text in texts])

    def _embed(self, texts: Sequence[str]) -> Vectors:
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        order = sorted(
            range(len(clean)), key=lambda place: -len(clean[place])
        )  # neighbours of like length: less padding
        ordered = [clean[place] for place in order]
        vectors = np.zeros((len(clean), self.dim), np.float32)
        vectors[order] = batches(len(clean), self._batch, lambda part: self._encode(ordered[part]), self.dim)
        return vectors

    def _encode(self, texts: Sequence[str]) -> Vectors:
        rows = (
            self._model.encode(
                list(texts),
                prompt="",
                batch_size=len(texts),
                normalize_embeddings=False,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
            .float()
            .cpu()
            .numpy()
        )
        vectors: Vectors = (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)).astype(np.float32)
        return vectors
