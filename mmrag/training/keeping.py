"""Pairs kept in a file once they were made, because drawing a picture takes longer than learning from it.

What comes back is always what the file holds, the first time too, so that a training that was stopped and resumed sees
the same pixels. Knows no model.
"""

from __future__ import annotations

import io
import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from mmrag.training.pairs import Pair, Pairs, Split

__all__ = ["KeptPairs"]

_QUALITY = 88
"""Of JPEG: about 8 kB for a picture of 224 pixels."""
_WAIT = 60.0
"""Seconds that a process waits for another one that writes."""


class KeptPairs:
    """`pairs`, each made once by whichever process asks first and kept in `file`, a SQLite database."""

    def __init__(self, pairs: Pairs, file: Path) -> None:
        self.pairs = pairs
        self.file = file
        self._opened: sqlite3.Connection | None = None
        # Here and not in the workers, which all start at once and could not all change the mode of a new file.
        begun = sqlite3.connect(file, timeout=_WAIT)
        begun.execute("PRAGMA journal_mode = WAL")
        begun.execute(
            "CREATE TABLE IF NOT EXISTS pairs"
            " (split TEXT, number INTEGER, picture BLOB, words TEXT, UNIQUE (split, number))"
        )
        begun.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None}  # each process opens the file for itself

    def count(self, split: Split) -> int:
        """As many as there are to keep."""
        return self.pairs.count(split)

    def pair(self, split: Split, index: int) -> Pair:
        """Read a pair, or make and keep it."""
        picture, words = self._kept(split, index)
        with Image.open(io.BytesIO(picture)) as image:
            image.load()
        return Pair(
            image,
            tuple(words["texts"]),
            words["key"],
            tuple(frozenset(claims) for claims in words["claims"]),
            frozenset(words["seen"]),
        )

    def texts(self, split: Split, index: int) -> tuple[str, ...]:
        """The wordings of a pair."""
        return tuple(self._kept(split, index)[1]["texts"])

    def describe(self) -> Mapping[str, Any]:
        """As the pairs themselves: keeping changes nothing."""
        return self.pairs.describe()

    def _kept(self, split: Split, index: int) -> tuple[bytes, dict[str, Any]]:
        """The picture as JPEG and what is said of it, made now where it is not there."""
        found = self._read(split, index)
        if found is None:
            self._write(split, index, self.pairs.pair(split, index))
            found = self._read(split, index)
        if found is None:
            raise RuntimeError("a pair that was just written is not there")
        return found[0], json.loads(found[1])

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._opened = sqlite3.connect(self.file, timeout=_WAIT, isolation_level=None)
            self._opened.execute("PRAGMA synchronous = OFF")  # what a crash loses is drawn again
        return self._opened

    def _read(self, split: Split, index: int) -> tuple[bytes, str] | None:
        asked = "SELECT picture, words FROM pairs WHERE split = ? AND number = ?"
        found: tuple[bytes, str] | None = self._connection().execute(asked, (split, index)).fetchone()
        return found

    def _write(self, split: Split, index: int, pair: Pair) -> None:
        held = io.BytesIO()
        pair.image.convert("RGB").save(held, "JPEG", quality=_QUALITY)
        words = {
            "texts": pair.texts,
            "key": pair.key,
            "claims": [sorted(claims) for claims in pair.claims],
            "seen": sorted(pair.seen),
        }
        self._connection().execute(
            "INSERT OR IGNORE INTO pairs VALUES (?, ?, ?, ?)",
            (split, index, held.getvalue(), json.dumps(words, ensure_ascii=False)),
        )
