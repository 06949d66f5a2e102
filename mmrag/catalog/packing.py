"""Values to bytes and back: words of a page, vectors with checksums, text that every database takes."""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mmrag.types import Box, Word

__all__ = ["pack_words", "region_checksum", "signed", "storable", "unpack_words", "unsigned", "vector_checksum"]

_STEPS = 65535  # boxes are kept as uint16: a step is 1/65535 of the page, 0.01 point on A4
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # PostgreSQL takes no NUL, UTF-8 no lone surrogate
_BITS = 1 << 64


def storable(text: str) -> str:
    """The text with each character that a database refuses replaced by U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", text)


def vector_checksum(space: str, region: int, blob: bytes) -> bytes:
    """BLAKE2b of 8 bytes over a vector and whose it is: a sound vector under a wrong id is as bad as a broken one."""
    return hashlib.blake2b(f"{space}:{region}:".encode() + blob, digest_size=8).digest()


def region_checksum(keys: tuple[int, int, int], kind: str, box: Sequence[float], text: str, headings: str) -> bytes:
    """BLAKE2b of 8 bytes over all of a region. `keys`: id, content and page; `box`: four fractions.

    SQLite keeps no checksums of its pages, so a flipped bit in a text would otherwise be quoted as it is.
    """
    parts = f"{keys}{kind}\0{text}\0{headings}".encode() + struct.pack("<4d", *box)
    return hashlib.blake2b(parts, digest_size=8).digest()


def signed(number: int) -> int:
    """An unsigned 64-bit inode or device number as the signed integer that databases hold."""
    number %= _BITS
    return number - _BITS if number >= _BITS // 2 else number


def unsigned(number: int) -> int:
    """What `signed` was given."""
    return number % _BITS


def pack_words(words: Sequence[Word]) -> bytes:
    """Zlib over: count (uint32), boxes (count x 4 uint16, column by column), texts joined by line feeds in UTF-8."""
    edges = [(word.box.left, word.box.top, word.box.right, word.box.bottom) for word in words]
    table = np.asarray(edges, dtype=np.float64).reshape(len(words), 4)
    fractions = np.nan_to_num(table, nan=0.0, posinf=1.0, neginf=0.0)
    boxes = np.rint(np.clip(fractions, 0.0, 1.0) * _STEPS).astype("<u2")
    # A word holds no whitespace by definition; a stray line feed must not shift every text after it.
    texts = "\n".join(storable(word.text).replace("\n", " ") for word in words)
    # Columns of near values (the top of every word of a line) compress better than rows.
    return zlib.compress(struct.pack("<I", len(words)) + boxes.T.tobytes() + texts.encode(), 6)


def unpack_words(blob: bytes) -> tuple[Word, ...]:
    """The words, boxes within 1/65535 of what was packed; raises `ValueError` for bytes `pack_words` did not make."""
    try:
        plain = zlib.decompress(blob)
        (count,) = struct.unpack_from("<I", plain)
        boxes: npt.NDArray[np.uint16] = np.frombuffer(plain, dtype="<u2", count=4 * count, offset=4)
        texts = plain[4 + 8 * count :].decode().split("\n") if count else []
    except (zlib.error, struct.error, UnicodeDecodeError) as error:
        raise ValueError(f"packed words cannot be read: {error}") from error
    if len(texts) != count:
        raise ValueError(f"packed words cannot be read: {count} boxes, {len(texts)} texts")
    rows = (boxes.reshape(4, count).T / _STEPS).tolist()
    return tuple(Word(text, Box(*row)) for text, row in zip(texts, rows, strict=True))
