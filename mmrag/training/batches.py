"""Pairs as arrays, in an order that seed and step alone decide, decoded by worker processes ahead of their use.

Knows no model but the recipe of its pictures.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from random import Random
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders.preprocessing import Recipe
from mmrag.errors import MmragError
from mmrag.training.pairs import Pair, Pairs, Split
from mmrag.training.varying import varied_part, varied_picture, varied_text

__all__ = ["Batch", "Batches", "Choice"]

_CHUNK = 16
"""Pairs that a worker decodes before it hands them over."""
_AHEAD = 4
"""Chunks that each worker has waiting."""
_PARTS = 0.4
"""Of the pictures whose captions' claims are known: how many are seen in part or in other colours."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which pair, and the draw that decides which of its wordings is taken."""

    split: Split
    index: int
    draw: int


@dataclass(frozen=True, slots=True)
class Batch:
    """`pixels`: uint8, shape (n, 3, height, width), fitted but not normalised; a text, a key, all wordings of each.

    `claims` of the texts and what is `seen` in the pictures as `Pair` has them, empty where nothing is known.
    """

    pixels: npt.NDArray[np.uint8]
    texts: tuple[str, ...]
    keys: tuple[str, ...]
    wordings: tuple[tuple[str, ...], ...]
    claims: tuple[frozenset[str], ...]
    seen: tuple[frozenset[str], ...]


class Batches:
    """Batches of `size` pairs for the steps of a training. `workers` 0 decodes in this process. A context manager.

    `edge` gives the height and width of the pictures of a step where they are not the recipe's.
    """

    def __init__(
        self,
        pairs: Pairs,
        recipe: Recipe,
        size: int,
        *,
        seed: int = 0,
        workers: int = 0,
        edge: Callable[[int], int] | None = None,
    ) -> None:
        self._pairs = pairs
        # Whole numbers cross to this process, a quarter of the floats: the device normalises them.
        self._recipe = replace(recipe, mean=(0.0,) * 3, std=(1.0,) * 3, scale=1.0)
        self._edge = edge
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
        edge = self._edge or (lambda _: 0)
        chosen: dict[int, list[Choice]] = {}
        ready: list[Batch] = []
        ahead = max(len(parts_of), self._workers * _AHEAD)  # the next step is made while this one is learnt
        more = True
        while more or waiting:
            while more and len(waiting) < ahead:
                step, part = next(asked, (-1, range(0)))
                more = step >= 0
                if more:
                    if step not in chosen:
                        chosen = {step: self.choices(step)}
                    waiting.append(self._ask([chosen[step][place] for place in part], edge(step)))
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

    def _ask(self, choices: Sequence[Choice], edge: int = 0) -> Any:
        if self._pool is None:
            return choices, edge
        return self._pool.submit(_decode_there, choices, edge)

    def _got(self, asked: Any) -> Batch:
        if not isinstance(asked, Future):
            return _decode(self._pairs, self._recipe, *asked)
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
        tuple(claims for batch in batches for claims in batch.claims),
        tuple(seen for batch in batches for seen in batch.seen),
    )


def _decode(pairs: Pairs, recipe: Recipe, choices: Sequence[Choice], edge: int) -> Batch:
    """`edge`: height and width of the pictures, 0 for those of the recipe."""
    recipe = replace(recipe, size=(edge, edge)) if edge else recipe
    made = [_one(pairs, recipe, choice) for choice in choices]
    pixels, texts, found, claims = zip(*made, strict=True)
    keys, wordings, seen = zip(*((pair.key, pair.texts, pair.seen) for pair in found), strict=True)
    return Batch(np.stack(pixels), texts, keys, wordings, claims, seen)


def _one(pairs: Pairs, recipe: Recipe, choice: Choice) -> tuple[npt.NDArray[np.uint8], str, Pair, frozenset[str]]:
    """One pair, varied where it is learnt from, with the claims of the text that was chosen."""
    pair = pairs.pair(choice.split, choice.index)
    number = choice.draw % len(pair.texts)
    image, text = pair.image, pair.texts[number]
    if choice.split == "train":
        rng = Random(choice.draw)  # noqa: S311 - pictures, not secrets
        part = varied_part(image, rng) if pair.claims and rng.random() < _PARTS else None
        if part is not None:
            fitting = [at for at, claims in enumerate(pair.claims) if all(one.startswith(part.kept) for one in claims)]
            if fitting:
                number = rng.choice(fitting)
                image, text = part.image, pair.texts[number]
        image, text = varied_picture(image, rng), varied_text(text, rng) if pair.claims else text
    pixels = np.rint(recipe.pixels(image)).astype(np.uint8)
    return pixels, text, pair, pair.claims[number] if pair.claims else frozenset()


_there: tuple[Pairs, Recipe] | None = None
"""In a worker process: what it decodes and how."""


def _start(pairs: Pairs, recipe: Recipe) -> None:
    global _there  # noqa: PLW0603  (the one way to give a worker what stays the same)
    _there = (pairs, recipe)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides


def _decode_there(choices: Sequence[Choice], edge: int) -> Batch:
    if _there is None:
        raise RuntimeError("the worker was not started")
    return _decode(*_there, choices, edge)
