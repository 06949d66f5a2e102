"""A channel: one way of finding regions, with its index kept equal to the catalog.

Indexes are caches. Regions never change under their id, so an index is current when it holds the ids that the catalog
holds; comparing the two sets is all that bringing it up to date takes, whatever happened in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from mmrag.types import Hit

__all__ = ["Channel", "RegionIndex"]


class RegionIndex(Protocol):
    """What a channel needs of `protocols.VectorIndex` and `protocols.TextIndex` alike."""

    def add(self, rows: Iterable[tuple[int, Any]]) -> None:
        """Data by region id."""

    def remove(self, ids: Iterable[int]) -> None:
        """Ids that are not there are passed over."""

    def search(self, query: Any, k: int, allowed: AbstractSet[int] | None = None) -> list[Hit]:
        """The k best, best first."""

    def ids(self) -> npt.NDArray[np.int64]:
        """Every id held, ascending."""

    def count(self) -> int:
        """How many ids are held."""

    def save(self, folder: Path, generation: int) -> None:
        """Write the cache durably."""


class Channel:
    """An index by region id, where its rows come from, and how a question is put to it.

    `wanted` gives the ids that the catalog holds now, `rows` the data of some of them, `encode` a question in the form
    that the index takes, or None where it cannot. `generation` is the catalog's when `index` was read from disk, or -1.
    `valid_from` is for rows that can change under their id, as names do when a file is renamed: an index older than it
    is filled anew.
    """

    def __init__(
        self,
        name: str,
        index: RegionIndex,
        *,
        encode: Callable[[str], Any],
        wanted: Callable[[], npt.NDArray[np.int64]],
        rows: Callable[[npt.NDArray[np.int64]], Iterable[tuple[int, Any]]],
        generation: int = -1,
        valid_from: Callable[[], int] | None = None,
    ) -> None:
        self.name = name
        self.index = index
        self.generation = generation
        self.saved = generation
        self._encode = encode
        self._wanted = wanted
        self._rows = rows
        self._valid_from = valid_from

    def refresh(self, generation: int) -> int:
        """Make the index equal to the catalog at `generation`; returns how many rows came or went."""
        if generation == self.generation:
            return 0
        if self._valid_from is not None and self.generation < self._valid_from():
            self.index.remove(self.index.ids().tolist())
        wanted, held = self._wanted(), self.index.ids()
        gone = np.setdiff1d(held, wanted, assume_unique=True)
        new = np.setdiff1d(wanted, held, assume_unique=True)
        if len(gone):
            self.index.remove(gone.tolist())
        if len(new):
            self.index.add(self._rows(new))
        self.generation = generation
        return len(gone) + len(new)

    def search(self, question: str, k: int, allowed: AbstractSet[int] | None = None) -> list[Hit]:
        """The k best regions for a question, best first; [] for a question that this channel cannot read."""
        query = self._encode(question)
        return [] if query is None else self.index.search(query, k, allowed)

    def save(self, folder: Path) -> None:
        """Write the index under `folder`, unless what is there is current."""
        if self.saved != self.generation:
            self.index.save(folder / self.name, self.generation)
            self.saved = self.generation
