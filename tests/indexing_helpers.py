"""What the tests of indexing share: an encoder whose vectors follow from the text, a pool without processes."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from indexing_readers import READERS

from mmrag.catalog import Catalog
from mmrag.indexing import IndexOptions
from mmrag.indexing.messages import Failed, Finished, Job, NoRecognizer, Settings
from mmrag.indexing.worker import Worker

OPTIONS = IndexOptions(ocr="off", readers=READERS, workers=2)


class HashEncoder:
    """A vector for each text or picture that depends on nothing else: the same whatever else is in the batch."""

    fingerprint = "hash"
    dim = 8
    modalities = frozenset(("text", "image"))
    image_size = 16

    def __init__(self) -> None:
        self.texts = 0
        self.images = 0

    def embed_passages(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        return np.stack([_vector(text.encode("utf-8", "replace")) for text in texts])

    embed_queries = embed_passages

    def embed_images(self, images: Sequence[Any]) -> np.ndarray:
        self.images += len(images)
        return np.stack([_vector(np.asarray(image.convert("RGB").resize((4, 4))).tobytes()) for image in images])


def _vector(data: bytes) -> np.ndarray:
    numbers = np.frombuffer(hashlib.sha256(data).digest(), dtype=np.uint32).astype(np.float32)
    return numbers / np.linalg.norm(numbers)


def encoders() -> dict[str, HashEncoder]:
    return {"text": HashEncoder(), "pixels": HashEncoder()}


class InlinePool:
    """Does the work of `Pool` in this process, so that thousands of runs can be tried."""

    def __init__(self, settings: Settings, jobs: Sequence[Job]) -> None:
        self._events: deque[Any] = deque()
        self._worker = Worker(settings, self._events.append)
        self._jobs = deque(jobs)

    def __enter__(self) -> InlinePool:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def next(self, timeout: float | None) -> Any:
        while not self._events:
            if not self._jobs:
                raise StopIteration
            self._worker.serve(self._jobs.popleft())
            ended = [event for event in self._events if isinstance(event, Finished | Failed | NoRecognizer)]
            assert ended
        return self._events.popleft()


def everything(catalog: Catalog) -> dict[tuple[Any, ...], Any]:
    """All that can be found, without ids: by content, page, kind, box and text, the vectors of the region."""
    ids = [int(number) for number in catalog.region_ids()]
    vectors: dict[int, dict[str, bytes]] = {number: {} for number in ids}
    for space in ("text", "pixels"):
        for number, vector in catalog.vectors(space, catalog.vector_ids(space)):
            vectors[int(number)][space] = np.asarray(vector).tobytes()
    found: dict[tuple[Any, ...], Any] = {}
    for number, region in catalog.regions(ids).items():
        box = region.box
        key = (region.document.id, region.page, region.kind, box.left, box.top, box.right, box.bottom, region.text)
        assert key not in found, f"twice in the index: {key}"
        found[key] = vectors[number]
    assert catalog.check() == []
    return found


def leaf(path: Path, *pages: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\f".join(pages), encoding="utf-8")
    return path
