"""Small catalogs for tests: files, contents and pages without a reader or a model."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from mmrag.catalog import FileRecord, PageRecord, Writer
from mmrag.types import Box, Segment, Word

__all__ = ["add", "digest", "file", "page", "rows", "scratch_schema"]


def digest(text: str) -> str:
    """A content hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def file(path: str | bytes, root: int, mtime_ns: int = 1_700_000_000_000_000_000) -> FileRecord:
    """A file as a walk would see it."""
    raw = path if isinstance(path, bytes) else path.encode()
    return FileRecord(raw, root, size=10, mtime_ns=mtime_ns, inode=7, device=3, state="indexed", hash=digest("x"))


def page(number: int, text: str = "words here", **fields: object) -> PageRecord:
    """A page of a whole-page region and one passage."""
    words = tuple(Word(word, Box(0.1 * i, 0.2, 0.1 * i + 0.05, 0.25)) for i, word in enumerate(text.split()[:9]))
    segments = (
        Segment("page", Box(), text),
        Segment("passage", Box(0.1, 0.2, 0.9, 0.3), f"{text} passage", ("Part", "제목")),
    )
    values: dict[str, object] = {"origin": "layer", "words": words, "segments": segments} | fields
    return PageRecord(number, 595.0, 842.0, **values)  # type: ignore[arg-type]


def rows(count: int, dim: int = 8, seed: int = 0) -> np.ndarray:
    """Unit vectors, float16."""
    matrix = np.random.default_rng(seed).normal(size=(count, dim))
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float16)


def add(
    writer: Writer, path: str | bytes, name: str, pages: int = 1, *, root: int | None = None
) -> tuple[int, list[int]]:
    """A file with a complete content made from `name`, with vectors in "text"; its id and its region ids."""
    record = file(path, writer.add_root(b"/r", 3) if root is None else root)
    writer.put_file(record)
    content = writer.start_content(digest(name), "pdf", 10)
    writer.attach(record.path, content)
    stored = writer.add_pages(content, [page(i + 1, f"{name} page {i + 1}") for i in range(pages)])
    ids = [number for own in stored for number in own]
    writer.add_vectors("text", ids, rows(len(ids)))
    writer.finish_content(content, pages, f"Title of {name}")
    return content, ids


@contextmanager
def scratch_schema(server: str, name: str) -> Iterator[str]:
    """An address of an empty schema on a PostgreSQL server."""
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{name}"')
    yield f"{server}&options=-csearch_path%3D{name}"
