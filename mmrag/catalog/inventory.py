"""What indexing and `mmrag status` ask of the catalog: files, contents, roots, pages that wait for OCR."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, text
from sqlalchemy.engine import URL

from mmrag.catalog.packing import unsigned
from mmrag.catalog.reading import first_existing, live, paths_of
from mmrag.catalog.records import CatalogSummary, ContentRecord, FileRecord, FileStatus, RootRecord
from mmrag.catalog.schema import FORMAT, META, contents, meta, pages, places, regions, roots, vectors

__all__ = ["FileReads"]

_SEPARATOR = os.fsencode(os.sep)
_SPACE = "space:"  # of the meta keys that name a space's model


def file_record(row: Row[Any]) -> FileRecord:
    """A row of `places`."""
    return FileRecord(
        bytes(row.path), row.root, row.size, row.mtime_ns, unsigned(row.inode), unsigned(row.device),
        row.content, row.upcoming, row.state, row.reason, row.tries, row.hash,
    )  # fmt: skip


def _under(folders: Sequence[bytes]) -> Any:
    """At or below one of the folders; bytes compare like file systems order them, so it is a range of the key."""
    conditions = []
    for folder in folders:
        inside = folder.rstrip(_SEPARATOR) + _SEPARATOR
        after = inside[:-1] + bytes([inside[-1] + 1])
        conditions += [places.c.path == folder, (places.c.path >= inside) & (places.c.path < after)]
    return or_(*conditions)


class FileReads:
    """Reads about files. Unlike a search, these see contents that are not live yet."""

    _url: URL

    def _read(self) -> AbstractContextManager[Connection]:
        raise NotImplementedError

    def files(self, under: Sequence[bytes] | None = None) -> dict[bytes, FileRecord]:
        """Every place at or below the given absolute paths (None: all), by path."""
        found: dict[bytes, FileRecord] = {}
        # A condition has a few bound values; this many stay far from the limit on variables.
        parts = [None] if under is None else [under[i : i + 100] for i in range(0, len(under), 100)]
        with self._read() as connection:
            for part in parts:
                query = select(places).order_by(places.c.path)
                rows = connection.execute(query if part is None else query.where(_under(part)))
                found.update((bytes(row.path), file_record(row)) for row in rows)
        return found

    def content(self, hash: str) -> ContentRecord | None:
        """What is stored of a content (sha256, hex), complete or not."""
        with self._read() as connection:
            row = connection.execute(select(contents).where(contents.c.hash == hash)).first()
            if row is None:
                return None
            counts = connection.execute(
                select(pages.c.origin, func.count(), func.max(pages.c.number))
                .where(pages.c.content == row.id)
                .group_by(pages.c.origin)
            ).all()
        return ContentRecord(
            row.id, row.hash, row.reader, row.size, row.page_count,
            sum(count for _, count, _ in counts), max((last for _, _, last in counts), default=0),
            row.complete, row.title, {origin: count for origin, count, _ in counts},
        )  # fmt: skip

    def pending_ocr(self, limit: int | None = None) -> list[tuple[int, bytes, int]]:
        """(content id, path, page number) of live pages that wait for OCR, by content and page.

        The path is the content's first place whose file exists, else its first place.
        """
        query = select(pages.c.content, pages.c.number).where(pages.c.ocr == "pending", live(pages.c.content))
        with self._read() as connection:
            rows = connection.execute(query.order_by(pages.c.content, pages.c.number).limit(limit)).all()
            where = paths_of(connection, {row.content for row in rows})
        chosen = {content: first_existing(paths) for content, paths in where.items()}
        return [(row.content, chosen[row.content], row.number) for row in rows]

    def roots(self) -> list[RootRecord]:
        """Every root with the number of its files, by path."""
        with self._read() as connection:
            return _roots(connection)

    def summary(self) -> CatalogSummary:
        """Everything `mmrag status` shows, as one state of the catalog."""
        with self._read() as connection:
            settings = _pairs(connection, select(meta.c.key, meta.c.value))
            files = tuple(_statuses(connection))
            states: dict[str, int] = {}
            for file in files:
                states[file.state] = states.get(file.state, 0) + 1
            by_space = (
                select(vectors.c.space, func.count())
                .join(regions, regions.c.id == vectors.c.region)
                .where(live(regions.c.content))
                .group_by(vectors.c.space)
            )
            return CatalogSummary(
                roots=tuple(_roots(connection)),
                states=states,
                files=files,
                models=_models(settings),
                documents=_count(connection, select(func.count()).select_from(contents).where(live(contents.c.id))),
                pages=_count(connection, select(func.count()).select_from(pages).where(live(pages.c.content))),
                regions=_count(connection, select(func.count()).select_from(regions).where(live(regions.c.content))),
                pending_ocr=_count(
                    connection,
                    select(func.count()).select_from(pages).where(pages.c.ocr == "pending", live(pages.c.content)),
                ),
                vectors=_pairs(connection, by_space),
                size=_size(connection, self._url),
                generation=int(settings.get("generation", "0")),
                format=int(settings.get("format", str(FORMAT))),
            )


def _roots(connection: Connection) -> list[RootRecord]:
    query = (
        select(roots.c.id, roots.c.path, roots.c.device, func.count(places.c.path).label("files"))
        .outerjoin(places, places.c.root == roots.c.id)
        .group_by(roots.c.id, roots.c.path, roots.c.device)
        .order_by(roots.c.path)
    )
    return [RootRecord(row.id, bytes(row.path), unsigned(row.device), row.files) for row in connection.execute(query)]


def _models(settings: Mapping[str, str]) -> dict[str, str]:
    return {key[len(_SPACE) :]: value for key, value in settings.items() if key.startswith(_SPACE)}


def _pairs(connection: Connection, query: Select[Any]) -> dict[str, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _count(connection: Connection, query: Select[Any]) -> int:
    return int(connection.execute(query).scalar_one())


def _statuses(connection: Connection) -> Iterator[FileStatus]:
    stored = select(pages.c.content, func.count().label("pages")).group_by(pages.c.content).subquery()
    waiting = (
        select(pages.c.content, func.count().label("waiting"))
        .where(pages.c.ocr == "pending")
        .group_by(pages.c.content)
        .subquery()
    )
    query = (
        select(places.c.path, places.c.state, places.c.reason, stored.c.pages, waiting.c.waiting)
        .outerjoin(stored, stored.c.content == places.c.content)
        .outerjoin(waiting, waiting.c.content == places.c.content)
        .order_by(places.c.path)
    )
    for row in connection.execute(query):
        yield FileStatus(bytes(row.path), row.state, row.reason, row.pages or 0, row.waiting or 0)


def _size(connection: Connection, url: URL) -> int:
    if connection.dialect.name == "sqlite":
        main = Path(str(url.database))
        parts = (main, main.with_name(main.name + "-wal"))
        return sum(part.stat().st_size for part in parts if part.exists())
    total = 0
    for table in META.sorted_tables:
        # NULL for a table that an older index does not have
        size = connection.execute(text("SELECT pg_total_relation_size(to_regclass(:name))"), {"name": table.name})
        total += size.scalar_one() or 0
    return total
