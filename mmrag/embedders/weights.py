"""Safetensors files as numpy arrays, and the sha256 of files without reading an unchanged one twice.

Reads the format itself, memory-mapped: the safetensors library gives numpy no bfloat16 without torch. Knows nothing
of what the tensors mean.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from mmrag.embedders.cache import cache_folder, write_atomically
from mmrag.errors import ModelUnavailable

__all__ = ["Tensors", "file_hash", "weight_files", "weights_hash"]

_NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2", "I64": "<i8", "I32": "<i4", "U8": "u1", "BOOL": "?"}
_MAX_HEADER = 100_000_000


class Tensors:
    """Named tensors of one or more safetensors files; `tensors[name]` is a float32 array (integers stay integers).

    Raises `ModelUnavailable` for a file that is truncated or not safetensors.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self._entries: dict[str, tuple[npt.NDArray[np.uint8], str, tuple[int, ...]]] = {}
        for file in files:
            try:
                self._read_header(file)
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise ModelUnavailable(
                    f"{file} is not a whole safetensors file ({error})", "Delete it and get the model again."
                ) from error

    def _read_header(self, file: Path) -> None:
        with file.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if not 2 <= length <= min(_MAX_HEADER, file.stat().st_size - 8):
                raise ValueError("the header's length is impossible")
            header: dict[str, Any] = json.loads(stream.read(length))
        data = np.memmap(file, dtype=np.uint8, mode="r", offset=8 + length) if _has_data(header) else np.empty(0, "u1")
        for name, entry in header.items():
            if name == "__metadata__":
                continue
            start, stop = entry["data_offsets"]
            shape = tuple(int(side) for side in entry["shape"])
            wanted = int(np.prod(shape, dtype=np.int64)) * np.dtype(_NUMPY[entry["dtype"]]).itemsize
            if not 0 <= start <= stop <= len(data) or stop - start != wanted:
                raise ValueError(f"{name} lies outside the file")
            self._entries[name] = (data[start:stop], entry["dtype"], shape)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        data, kind, shape = self._entries[name]
        array = np.frombuffer(data.tobytes(), dtype=_NUMPY[kind]).reshape(shape)
        if kind == "BF16":  # the upper half of a float32
            return (array.astype(np.uint32) << 16).view(np.float32)
        return array.astype(np.float32) if kind in ("F64", "F16") else array

    def names(self) -> list[str]:
        """Every tensor's name, in the order of the files."""
        return list(self._entries)

    def shape(self, name: str) -> tuple[int, ...]:
        """Sides of a tensor, read from the header alone."""
        return self._entries[name][2]


def _has_data(header: dict[str, Any]) -> bool:
    return any(name != "__metadata__" and entry["data_offsets"][1] > 0 for name, entry in header.items())


def weight_files(folder: Path, stem: str = "model") -> list[Path]:
    """The safetensors files of a model folder: one, or the shards that its index names; [] where there is none."""
    whole = folder / f"{stem}.safetensors"
    if whole.is_file():
        return [whole]
    index = folder / f"{stem}.safetensors.index.json"
    if not index.is_file():
        return []
    try:
        names = sorted(set(json.loads(index.read_text("utf-8"))["weight_map"].values()))
        shards = [folder / Path(name).name for name in names]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelUnavailable(f"{index} cannot be read: {error}", "Delete the model and get it again.") from error
    return shards if all(shard.is_file() for shard in shards) else []


def weights_hash(files: Sequence[Path]) -> str:
    """One sha256 (hex) for a model's weights: the file's own, or that of its shards' hashes in order."""
    hashes = [file_hash(file) for file in files]
    return hashes[0] if len(hashes) == 1 else hashlib.sha256("".join(hashes).encode()).hexdigest()


def file_hash(file: Path) -> str:
    """The sha256 (hex) of a file. Remembered in the cache folder for as long as path, size and mtime stay the same."""
    status = file.stat()
    path = os.fsencode(file.resolve())
    stamp = {"path": path.hex(), "size": status.st_size, "mtime_ns": status.st_mtime_ns}
    name = hashlib.sha256(path).hexdigest()[:32]
    note = cache_folder() / "hashes" / f"{name}.json"
    try:
        kept = json.loads(note.read_text("utf-8"))
        if {key: kept[key] for key in stamp} == stamp:
            return str(kept["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        pass
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    write_atomically(note, json.dumps({**stamp, "sha256": digest.hexdigest()}).encode())
    return digest.hexdigest()
