"""A fake embedder that needs no model, and the contract that every embedder's tests inherit.

The fake knows words and colours, no meaning: texts are near one another when they share words, pictures when they
share coarse colours.
"""

# ruff: noqa: S101  (these are tests)
from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from mmrag.protocols import Embedder
from mmrag.types import Vectors

__all__ = ["EmbedderContract", "FakeEmbedder"]

_WORD = re.compile(r"\w+", re.UNICODE)
_COLOURS = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (220, 20, 20),
    "green": (20, 160, 20),
    "blue": (20, 20, 220),
    "yellow": (240, 220, 20),
    "검정": (0, 0, 0),
    "하양": (255, 255, 255),
    "빨강": (220, 20, 20),
    "초록": (20, 160, 20),
    "파랑": (20, 20, 220),
    "노랑": (240, 220, 20),
}
_GRID = 4
_PIXELS = _GRID * _GRID * 3


class FakeEmbedder:
    """Deterministic vectors of hashed words and of coarse pixels, in one space of `dim` (at least 64) dimensions.

    Names of colours stand for plain pictures of that colour, so that "red" finds a red picture. `argument` may be
    "text" for an embedder of texts alone.
    """

    image_size = 32

    def __init__(self, argument: str = "", device: str = "auto", *, dim: int = 256) -> None:
        del device
        self.dim = dim
        self.modalities = frozenset({"text"} if argument == "text" else {"text", "image"})
        self.fingerprint = f"fake-{argument or 'both'}-{dim}"

    def embed_images(self, images: Sequence[Image.Image]) -> Vectors:
        """Mean colours of a coarse grid, shape (len(images), dim)."""
        return self._rows([self._with_pixels(np.zeros(self.dim), _coarse(image)) for image in images])

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Counts of hashed words, shape (len(texts), dim)."""
        return self._rows([self._text(text) for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """As `embed_passages`."""
        return self.embed_passages(texts)

    def _text(self, text: str) -> npt.NDArray[np.float64]:
        vector = np.zeros(self.dim)
        for word in _WORD.findall(text.lower()):
            digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
            vector[_PIXELS + int.from_bytes(digest, "little") % (self.dim - _PIXELS)] += 1
            if word in _COLOURS:
                vector = self._with_pixels(vector, np.tile(np.array(_COLOURS[word]) / 127.5 - 1, _GRID * _GRID))
        return vector

    def _with_pixels(self, vector: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        vector = vector.copy()
        vector[:_PIXELS] += pixels
        return vector

    def _rows(self, vectors: Sequence[npt.NDArray[np.float64]]) -> Vectors:
        matrix = np.stack(vectors) if vectors else np.zeros((0, self.dim))
        matrix[~matrix.any(axis=1), -1] = 1  # nothing to go by, yet a vector of length 1
        rows: Vectors = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
        return rows


def _coarse(image: Image.Image) -> npt.NDArray[np.float64]:
    small = image.convert("RGB").resize((_GRID, _GRID), Image.Resampling.BOX)
    return np.asarray(small, np.float64).ravel() / 127.5 - 1


class EmbedderContract:
    """Tests that every embedder passes: inherit, and return the embedder from `make_embedder`."""

    def make_embedder(self) -> Embedder:
        """A fresh embedder of the same model at each call."""
        raise NotImplementedError

    TEXTS = (
        "annual report 2024",
        "",
        "  ",
        "매출은 12% 증가했다",
        "word " * 3000,
        "a\x00b",
        "🙂 ½ é",
        "\udce9 odd name",
    )

    def test_texts_become_rows_of_length_one(self) -> None:
        """Any text at all: empty, far too long, Korean, not encodable."""
        embedder = self.make_embedder()
        for embed in (embedder.embed_passages, embedder.embed_queries):
            _check(embed(self.TEXTS), len(self.TEXTS), embedder.dim)

    def test_nothing_becomes_an_empty_matrix(self) -> None:
        """No texts, no rows, but still `dim` columns."""
        embedder = self.make_embedder()
        _check(embedder.embed_passages([]), 0, embedder.dim)
        if "image" in embedder.modalities:
            _check(embedder.embed_images([]), 0, embedder.dim)

    def test_images_of_any_mode_and_size(self) -> None:
        """Every PIL mode, from one pixel to a long strip."""
        embedder = self.make_embedder()
        if "image" not in embedder.modalities:
            return
        modes = ("1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16")
        images = [Image.new(mode, (40, 30)) for mode in modes]
        images += [Image.new("RGB", size, "red") for size in ((1, 1), (3, 900), (900, 3))]
        _check(embedder.embed_images(images), len(images), embedder.dim)

    def test_a_vector_does_not_depend_on_its_neighbours(self) -> None:
        """Embedding by one or by many gives the same rows, in the order that was asked for."""
        embedder = self.make_embedder()
        texts = ["short", "a text that is quite a bit longer than its neighbours are", "짧은 글", "x"]
        together = embedder.embed_passages(texts)
        alone = np.concatenate([embedder.embed_passages([text]) for text in texts])
        assert float((together * alone).sum(axis=1).min()) > 0.999
        if "image" in embedder.modalities:
            images = [_gradient(shift) for shift in (0, 60, 120)]
            together = embedder.embed_images(images)
            alone = np.concatenate([embedder.embed_images([image]) for image in images])
            assert float((together * alone).sum(axis=1).min()) > 0.999

    def test_the_fingerprint_and_the_vectors_stay_the_same(self) -> None:
        """Two loads of one model can be used on one index."""
        first, second = self.make_embedder(), self.make_embedder()
        assert first.fingerprint == second.fingerprint
        assert first.dim == second.dim
        one, two = first.embed_queries(["the same"]), second.embed_queries(["the same"])
        assert float((one * two).sum()) > 0.999


def _check(vectors: Vectors, count: int, dim: int) -> None:
    assert vectors.dtype == np.float32
    assert vectors.shape == (count, dim)
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-3)


def _gradient(shift: int) -> Image.Image:
    rows, columns = np.mgrid[0:64, 0:96]
    values = np.stack([rows * 3 + shift, columns * 2, (rows + columns) % 256], axis=2) % 256
    return Image.fromarray(values.astype(np.uint8))
