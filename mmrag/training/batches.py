"""Pairs as arrays, in an order that seed and step alone decide, decoded by worker processes ahead of their use.

Knows no model but the recipe of its pictures.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders.preprocessing import Recipe
from mmrag.errors import MmragError
from mmrag.training.pairs import Pairs, Split

__all__ = ["Batch", "Batches", "Choice"]

_CHUNK = 16
"""Pairs that a worker decodes before it hands them over."""
_AHEAD = 4
"""Chunks that each worker has waiting."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pair, and the draw that decides which of its wordings is taken."""

    split: Split
    index: int
    draw: int


@dataclass(frozen=True, slots=True)
class Batch:
    """`pixels`: uint8, shape (n, 3, height, width), fitted but not normalised; a text, a key, all wordings of each."""

    pixels: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    keys: tuple[str, ...]
    wordings: tuple[tuple[str, ...], ...]


class Batches:
    """Batches of `size` pairs for the steps of a training. `workers` 0 decodes in this process. A context manager."""

    def __init__(self, pairs: Pairs, recipe: Recipe, size: int, *, seed: int = 0, workers: int = 0) -> None:
        self._pairs = pairs
        # Whole numbers cross to this process, a quarter of the floats: the device normalises them.
        self._recipe = replace(recipe, mean=(0.0,) * 3, std=(1.0,) * 3, scale=1.0)
        self._size = size
        self._seed = seed
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        if workers:
            context = multiprocessing.get_context("spawn")  # a fork would copy the threads' locks of torch
            self._pool = ProcessPoolExecutor(workers, context, _start, (pairs, self._recipe))

    def __enter__(self) -> Batches:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def choices(self, step: int) -> list[Choice]:
        """The pairs of a step (from 0): every epoch is a permutation of all, drawn from the seed and its number."""
        count = self._pairs.count("train")
        first = step * self._size
        found = []
        orders: dict[int, npt.NDArray[np.int64]] = {}
        for place in range(first, first + self._size):
            epoch, position = divmod(place, count)
            if epoch not in orders:
                orders[epoch] = np.random.default_rng([self._seed, epoch]).permutation(count)
            index = int(orders[epoch][position])
            draw = int(np.random.default_rng([self._seed, epoch, index]).integers(1 << 31))
            found.append(Choice("train", index, draw))
        return found

    def steps(self, first: int, stop: int) -> Iterator[Batch]:
        """The batches of steps `first` to `stop` - 1, decoded ahead."""
        parts_of = [range(start, min(self._size, start + _CHUNK)) for start in range(0, self._size, _CHUNK)]
        waiting: deque[Any] = deque()
        asked = ((step, part) for step in range(first, stop) for part in parts_of)
        chosen: dict[int, list[Choice]] = {}
        ready: list[Batch] = []
        ahead = max(1, self._workers * _AHEAD)
        more = True
        while more or waiting:
            while more and len(waiting) < ahead:
                step, part = next(asked, (-1, range(0)))
                more = step >= 0
                if more:
                    if step not in chosen:
                        chosen = {step: self.choices(step)}
                    waiting.append(self._ask([chosen[step][place] for place in part]))
            if waiting:
                ready.append(self._got(waiting.popleft()))
                if len(ready) == len(parts_of):
                    yield _joined(ready)
                    ready = []

    def held_out(self, most: int = 200) -> Batch | None:
        """Up to `most` held-out pairs, the first wording of each; None where there are fewer than two."""
        count = min(most, self._pairs.count("held-out"))
        if count < 2:
            return None
        choices = [Choice("held-out", index, 0) for index in range(count)]
        chunks = [self._ask(choices[start : start + _CHUNK]) for start in range(0, count, _CHUNK)]
        return _joined([self._got(chunk) for chunk in chunks])

    def _ask(self, choices: Sequence[Choice]) -> Any:
        if self._pool is None:
            return choices
        return self._pool.submit(_decode_there, choices)

    def _got(self, asked: Any) -> Batch:
        if not isinstance(asked, Future):
            return _decode(self._pairs, self._recipe, asked)
        try:
            batch: Batch = asked.result()
        except BrokenProcessPool as error:
            raise MmragError(
                "a worker process ended: there may be too little memory",
                "Use fewer with --workers, then go on with --resume.",
            ) from error
        return batch


def _joined(batches: Sequence[Batch]) -> Batch:
    return Batch(
        np.concatenate([batch.pixels for batch in batches]),
        tuple(text for batch in batches for text in batch.texts),
        tuple(key for batch in batches for key in batch.keys),
        tuple(texts for batch in batches for texts in batch.wordings),
    )


def _decode(pairs: Pairs, recipe: Recipe, choices: Sequence[Choice]) -> Batch:
    pixels, texts, keys, wordings = [], [], [], []
    for choice in choices:
        pair = pairs.pair(choice.split, choice.index)
        pixels.append(np.rint(recipe.pixels(pair.image)).astype(np.uint8))
        texts.append(pair.texts[choice.draw % len(pair.texts)])
        keys.append(pair.key)
        wordings.append(pair.texts)
    return Batch(np.stack(pixels), tuple(texts), tuple(keys), tuple(wordings))


_there: tuple[Pairs, Recipe] | None = None
"""In a worker process: what it decodes and how."""


def _start(pairs: Pairs, recipe: Recipe) -> None:
    global _there  # noqa: PLW0603  (the one way to give a worker what stays the same)
    _there = (pairs, recipe)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides


def _decode_there(choices: Sequence[Choice]) -> Batch:
    if _there is None:
        raise RuntimeError("the worker was not started")
    return _decode(*_there, choices)
