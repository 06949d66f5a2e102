"""The seams. Whatever has these methods fits; nothing needs to inherit from mmrag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from mmrag.types import Claim, Draft, Evidence, Hit, Page, Region, Vectors, Word

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    from PIL.Image import Image

__all__ = [
    "Completion",
    "Embedder",
    "Generator",
    "Limits",
    "PageSource",
    "PairScorer",
    "ReadOptions",
    "Reader",
    "Recognizer",
    "Renderer",
    "Reranker",
    "TextIndex",
    "VectorIndex",
    "Verifier",
    "VisionLLM",
    "WordScorer",
]


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost before it ends as `too_large` or `failed`."""

    max_pixels: int = 100_000_000
    """Width times height of a picture, read from its header before decoding."""
    max_text_bytes: int = 200_000_000
    max_long_side: int = 4096
    """Longest side in pixels of anything rendered."""


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How a file is to be read.

    `long_side`: pixels wanted of the longer side of `Page.image`, or None for no image. `passwords`: tried in turn.
    `pages`: numbers wanted, ascending, or None for all.
    """

    long_side: int | None = None
    passwords: tuple[str, ...] = ()
    pages: tuple[int, ...] | None = None
    limits: Limits = Limits()


class Reader(Protocol):
    """One kind of file to pages."""

    suffixes: frozenset[str]
    """Lower case, with the dot."""

    def read(self, path: Path, options: ReadOptions) -> Iterator[Page]:
        """Yield the wanted pages in order, one in memory at a time; raises a `FileProblem` for the file as a whole."""


class Renderer(Protocol):
    """Pixels of what was indexed, made on demand: page images are not stored."""

    def crop(self, region: Region, long_side: int) -> Image:
        """RGB pixels of a region from its source; raises `SourceChanged` when the file is not the one indexed."""


class Recognizer(Protocol):
    """Optical character recognition."""

    languages: frozenset[str]
    """ISO 639-1 codes it reads."""

    def recognize(self, image: Image) -> tuple[Word, ...]:
        """Words in reading order, boxes in fractions of the image; () where there is nothing to read."""


class Embedder(Protocol):
    """Puts images and texts in one space; rows are float32, of length 1.

    `embed_passages` and `embed_queries` differ where the model was trained with different prefixes for them.
    """

    fingerprint: str
    """Changes with anything that changes the vectors: weights, preprocessing, pooling, dimension."""
    dim: int
    modalities: frozenset[str]
    """Of "image" and "text"; a text embedder has no `embed_images` to call."""

    def embed_images(self, images: Sequence[Image]) -> Vectors:
        """Any PIL mode and size; shape (len(images), dim)."""

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim); text over the model's length is cut."""

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dim)."""


@runtime_checkable
class PairScorer(Protocol):
    """A cross-encoder: relevance or entailment of pairs of texts."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> npt.NDArray[np.float32]:
        """Shape (len(pairs),); a larger score is better."""


@runtime_checkable
class WordScorer(PairScorer, Protocol):
    """A `PairScorer` that can also say which words of a claim a text carries least."""

    def suspects(self, evidence: str, claim: str, k: int = 3) -> Sequence[tuple[str, float]]:
        """At most `k` words of the claim, worst first, with P(the text does not say so)."""


class PageSource(Protocol):
    """What was read of a page, as the catalog keeps it."""

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """Every word of a page (from 1) in reading order; () for a page that is not there or has none."""

    def page_regions(self, document_id: str, page: int) -> Sequence[Region]:
        """The regions of a page, the whole page first."""


class VectorIndex(Protocol):
    """Keeps the vectors of one space by region id; knows no catalog."""

    fingerprint: str

    def add(self, rows: Iterable[tuple[int, npt.NDArray[np.float16]]]) -> None:
        """Vectors of length 1, shape (dim,); an id that is there already is an error."""

    def remove(self, ids: Iterable[int]) -> None:
        """Ids that are not there are passed over."""

    def search(
        self, query: Vectors, k: int, allowed: AbstractSet[int] | npt.NDArray[np.int64] | None = None
    ) -> list[Hit]:
        """The k nearest by cosine to a query of shape (1, dim) or (dim,), best first, among `allowed` ids if given."""

    def ids(self) -> npt.NDArray[np.int64]:
        """Every id held, ascending."""

    def count(self) -> int:
        """How many vectors are held."""

    def save(self, folder: Path, generation: int) -> None:
        """Write the cache durably (temporary name, fsync, rename), with a head file that names its checksum."""


class TextIndex(Protocol):
    """Word search over region text; knows no catalog."""

    def add(self, rows: Iterable[tuple[int, str]]) -> None:
        """Pairs of id and text; an id that is there already is an error."""

    def remove(self, ids: Iterable[int]) -> None:
        """Ids that are not there are passed over."""

    def search(self, query: str, k: int, allowed: AbstractSet[int] | npt.NDArray[np.int64] | None = None) -> list[Hit]:
        """The k best by BM25, best first, among `allowed` ids if given; [] where no word matches."""

    def count(self) -> int:
        """How many texts are held."""


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said. None means that the backend cannot say."""

    text: str
    choice_probabilities: Mapping[str, float] | None = None
    usage: tuple[int, int] | None = None
    """Tokens of prompt and completion."""


class VisionLLM(Protocol):
    """A prompt and pictures in, text out: the only model call that generation and verification make."""

    name: str

    def complete(self, prompt: str, images: Sequence[Image] = (), *, choices: Sequence[str] = ()) -> Completion:
        """With `choices`, the text is one of them, with their probabilities where the backend knows them."""


class Reranker(Protocol):
    """Puts evidence in a better order."""

    def rerank(self, question: str, evidence: Sequence[Evidence]) -> list[Evidence]:
        """The same evidence, best first."""


class Generator(Protocol):
    """Evidence to draft."""

    def generate(self, question: str, evidence: Sequence[Evidence]) -> Draft:
        """A draft that cites evidence by label; its text is empty where the evidence does not answer."""


class Verifier(Protocol):
    """Draft to claims with verdicts."""

    def verify(self, draft: Draft, evidence: Sequence[Evidence]) -> Iterator[Claim]:
        """One claim for each of `draft.parts`, in order, each as soon as it is decided."""
