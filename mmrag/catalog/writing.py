"""The one transaction in which the catalog changes. Used by indexing alone; knows no reader and no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Select, and_, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from mmrag.catalog.engine import among, listed
from mmrag.catalog.inventory import file_record
from mmrag.catalog.packing import pack_words, region_checksum, signed, storable, vector_checksum
from mmrag.catalog.reading import live
from mmrag.catalog.records import FileRecord, OcrState, PageRecord, displayable
from mmrag.catalog.schema import contents, get_meta, hidden, pages, places, put_meta, regions, roots, vectors

__all__ = ["Writer"]

_PIXELS = "pixels"
_LARGEST = (1 << 63) - 1


class _Transaction:
    """What both halves of `Writer` share: the connection, and what has changed so far."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._changed = False
        self._renamed = False
        self._fresh: set[int] = set()  # contents that no one else has seen yet
        self._next_region: int | None = None

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a value by name, in this transaction; see `Catalog.set_meta`."""
        put_meta(self._connection, key, value)

    def close(self) -> None:
        """Called by the catalog before the commit: puts down the counters."""
        if self._next_region is not None:
            put_meta(self._connection, "next_region", str(self._next_region))
        if self._changed or self._renamed:
            generation = str(int(get_meta(self._connection, "generation") or 0) + 1)
            put_meta(self._connection, "generation", generation)
            if self._renamed:
                put_meta(self._connection, "names", generation)

    def _touch(self, content: int) -> None:
        if not self._changed:
            self._changed = self._has_place(content)

    def _has_place(self, content: int | None) -> bool:
        return content is not None and self._any(select(places.c.path).where(places.c.content == content))

    def _any(self, query: Select[Any], ids: Sequence[int] | None = None) -> bool:
        """Whether a query finds anything; `ids` where it holds an `among`."""
        values = {} if ids is None else listed(self._connection.dialect.name, ids)
        return self._connection.execute(query.limit(1), values).first() is not None

    def _take_ids(self, count: int) -> range:
        if self._next_region is None:
            highest = self._connection.execute(select(func.max(regions.c.id))).scalar() or 0
            self._next_region = max(int(get_meta(self._connection, "next_region") or 1), highest + 1)
        taken = range(self._next_region, self._next_region + count)
        self._next_region += count
        return taken


class _PlaceWrites(_Transaction):
    """Roots and files."""

    def add_root(self, path: bytes, device: int) -> int:
        """The id of a root (absolute path, `st_dev`), which need not be new; its device is brought up to date."""
        found = self._connection.execute(select(roots.c.id).where(roots.c.path == path)).scalar()
        if found is not None:
            self._connection.execute(update(roots).where(roots.c.id == found).values(device=signed(device)))
            return int(found)
        row = insert(roots).values(path=path, shown=displayable(path), device=signed(device))
        return int(self._key(self._connection.execute(row)))

    def remove_root(self, root: int) -> None:
        """Forget a root and all its files; `collect` then deletes what nothing else needs."""
        inside, other = places.alias(), places.alias()
        seen = select(inside.c.path).where(inside.c.root == root, inside.c.content.is_not(None))
        copied = seen.join(other, and_(other.c.content == inside.c.content, other.c.root != root))
        self._changed = self._changed or self._any(seen)
        self._renamed = self._renamed or self._any(copied)
        self._connection.execute(delete(roots).where(roots.c.id == root))

    def put_file(self, record: FileRecord) -> None:
        """Store a record as it is, all its fields, over one of the same path if there is one."""
        old = self._file(record.path)
        values = _file_values(record)
        if old is None:
            self._connection.execute(insert(places).values(values))
            self._shown_differently(None, record.content)
        elif old != record:
            self._connection.execute(update(places).where(places.c.path == record.path).values(values))
            self._shown_differently(old.content, record.content)
            if old.mtime_ns != record.mtime_ns and record.content is not None:
                self._changed = True  # searches can be limited by date

    def remove_file(self, path: bytes) -> None:
        """Forget a place; a path that is not there is passed over."""
        old = self._file(path)
        if old is not None:
            self._connection.execute(delete(places).where(places.c.path == path))
            self._shown_differently(old.content, None)

    def move_file(self, old: bytes, record: FileRecord) -> None:
        """A file now lies at `record.path`, over whatever was there. It keeps its `content` and `upcoming`.

        Raises `ValueError` where there is no file at `old`.
        """
        before = self._file(old)
        if before is None:
            raise ValueError(f"no file at {displayable(old)}")
        if record.path != old:
            self.remove_file(record.path)
        values = _file_values(replace(record, content=before.content, upcoming=before.upcoming))
        self._connection.execute(update(places).where(places.c.path == old).values(values))
        self._changed = self._renamed = self._changed or before.content is not None

    def attach(self, path: bytes, content: int) -> None:
        """Give a file its content. It is seen at once, unless the file has an older one that is complete.

        That one is seen until `finish_content`; a new content that is complete already takes its place at once.
        Raises `ValueError` where there is no such file or content.
        """
        file = self._file(path)
        ready = self._complete(content)
        if file is None or ready is None:
            raise ValueError(f"no file at {displayable(path)}" if file is None else f"no content {content}")
        waits = file.content not in (None, content) and not ready and bool(self._complete(file.content))
        values = {"upcoming": content} if waits else {"content": content, "upcoming": None}
        if not waits:
            self._shown_differently(file.content, content)
        self._connection.execute(update(places).where(places.c.path == path).values(values))

    def _complete(self, content: int | None) -> bool | None:
        query = select(contents.c.complete).where(contents.c.id == content)
        return self._connection.execute(query).scalar()

    def _file(self, path: bytes) -> FileRecord | None:
        row = self._connection.execute(select(places).where(places.c.path == path)).first()
        return None if row is None else file_record(row)

    def _shown_differently(self, before: int | None, after: int | None) -> None:
        if before == after:
            return
        self._changed = True
        # A content that stays visible has gained or lost a name.
        self._renamed = self._renamed or self._has_place(before) or self._has_place(after)

    @staticmethod
    def _key(result: Any) -> Any:
        return result.inserted_primary_key[0]


class Writer(_PlaceWrites):
    """One transaction, from `Catalog.write`; nothing of it is seen by others before it ends."""

    def start_content(self, hash: str, reader: str, size: int, title: str = "") -> int:
        """The id of a content (sha256 hex, reader's name, bytes); one that is there is continued as it stands."""
        found = self._connection.execute(select(contents.c.id).where(contents.c.hash == hash)).scalar()
        if found is not None:
            return int(found)
        row = insert(contents).values(hash=hash, reader=reader, size=size, complete=False, title=storable(title))
        key = int(self._key(self._connection.execute(row)))
        self._fresh.add(key)
        return key

    def add_pages(self, content: int, records: Sequence[PageRecord]) -> list[list[int]]:
        """Store pages; returns the new region ids of each page, in segment order.

        Raises `ValueError` for a page that is stored already, and for a content that is not there.
        """
        if not records:
            return []
        rows = [_page_values(content, record) for record in records]
        taken = iter(self._take_ids(sum(len(record.segments) for record in records)))
        ids = [[next(taken) for _ in record.segments] for record in records]
        boxes = [row for record, own in zip(records, ids, strict=True) for row in _region_values(content, record, own)]
        try:
            self._connection.execute(insert(pages), rows)
            if boxes:
                self._connection.execute(insert(regions), boxes)
            self._add_hidden(content, records)
        except IntegrityError as error:
            raise ValueError(f"pages cannot be added to content {content}: {error.orig}") from error
        self._touch(content)
        return ids

    def _add_hidden(self, content: int, records: Sequence[PageRecord]) -> None:
        rows = [{"content": content, "page": one.number, "words": one.hidden} for one in records if one.hidden]
        if rows:
            hidden.create(self._connection, checkfirst=True)
            self._connection.execute(insert(hidden), rows)

    def replace_page(self, content: int, record: PageRecord) -> tuple[list[int], dict[int, int]]:
        """Store a page anew, as after OCR, with new region ids.

        A new region of the same kind and box as an old one looks the same, so it is given that one's vector in the
        space "pixels". Returns the new ids in segment order, and {new id: old id} for those that were given a vector.
        """
        own = and_(regions.c.content == content, regions.c.page == record.number)
        old = self._connection.execute(
            select(regions.c.id, regions.c.kind, regions.c.x0, regions.c.y0, regions.c.x1, regions.c.y1,
                   vectors.c.vector)
            .join(vectors, and_(vectors.c.region == regions.c.id, vectors.c.space == _PIXELS))
            .where(own)
        ).all()  # fmt: skip
        looks = {(row.kind, row.x0, row.y0, row.x1, row.y1): row for row in old}
        self._connection.execute(delete(pages).where(pages.c.content == content, pages.c.number == record.number))
        (ids,) = self.add_pages(content, [record])
        kept = {}
        for number, row in zip(ids, _region_values(content, record, ids), strict=True):
            same = looks.get((row["kind"], row["x0"], row["y0"], row["x1"], row["y1"]))
            if same is not None:
                kept[number] = same
        if kept:
            self._connection.execute(
                insert(vectors),
                [
                    {
                        "region": number,
                        "space": _PIXELS,
                        "vector": row.vector,
                        "checksum": vector_checksum(_PIXELS, number, bytes(row.vector)),
                    }
                    for number, row in kept.items()
                ],
            )
        return ids, {number: row.id for number, row in kept.items()}

    def set_ocr(self, content: int, page: int, state: OcrState) -> None:
        """Say where a page stands with OCR."""
        row = and_(pages.c.content == content, pages.c.number == page)
        self._connection.execute(update(pages).where(row).values(ocr=state))

    def add_vectors(self, space: str, ids: Sequence[int], matrix: npt.NDArray[np.floating[Any]]) -> None:
        """Store a float16 vector for each region, matrix of shape (len(ids), dim).

        Raises `ValueError` for another shape, for a value that is not finite in float16, for a region that is not
        there or has a vector in this space: a vector never changes under its region's id.
        """
        with np.errstate(over="ignore"):  # what does not fit is refused below
            rows = np.ascontiguousarray(matrix, dtype="<f2")
        if rows.ndim != 2 or rows.shape[0] != len(ids):
            raise ValueError(f"{len(ids)} regions need a matrix of as many rows, not one of shape {rows.shape}")
        if not np.isfinite(rows).all():
            raise ValueError(f"vectors for {space} hold values that are not finite")
        if not len(ids):
            return
        blobs = [row.tobytes() for row in rows]
        values = [
            {
                "region": int(number),
                "space": space,
                "vector": blob,
                "checksum": vector_checksum(space, int(number), blob),
            }
            for number, blob in zip(ids, blobs, strict=True)
        ]
        try:
            self._connection.execute(insert(vectors), values)
        except IntegrityError as error:
            raise ValueError(f"vectors cannot be added to {space}: {error.orig}") from error
        if not self._changed:
            dialect = self._connection.dialect.name
            seen = select(regions.c.id).where(among(dialect, regions.c.id), live(regions.c.content))
            self._changed = self._any(seen, ids)

    def drop_space(self, space: str) -> None:
        """Delete every vector of a space, as before it is built with another model."""
        if self._connection.execute(delete(vectors).where(vectors.c.space == space)).rowcount:
            self._changed = True

    def finish_content(self, content: int, page_count: int, title: str) -> None:
        """All pages are stored: every file that waits for this content now shows it, and no longer its old one."""
        values = {"complete": True, "page_count": page_count, "title": storable(title)}
        before = self._connection.execute(select(contents.c.title).where(contents.c.id == content)).scalar()
        if before != values["title"] and content not in self._fresh and self._has_place(content):
            self._renamed = True
        self._connection.execute(update(contents).where(contents.c.id == content).values(values))
        self._touch(content)
        waiting = update(places).where(places.c.upcoming == content)
        if self._connection.execute(waiting.values(content=content, upcoming=None)).rowcount:
            self._changed = self._renamed = True

    def collect(self) -> int:
        """Delete the contents that no file has, with pages, regions and vectors; returns how many."""
        needed = exists().where(or_(places.c.content == contents.c.id, places.c.upcoming == contents.c.id))
        return self._connection.execute(delete(contents).where(~needed)).rowcount


def _file_values(record: FileRecord) -> dict[str, Any]:
    return {
        "path": record.path,
        "shown": displayable(record.path),
        "root": record.root,
        "content": record.content,
        "upcoming": record.upcoming,
        "size": record.size,
        "mtime_ns": max(-_LARGEST, min(_LARGEST, record.mtime_ns)),
        "inode": signed(record.inode),
        "device": signed(record.device),
        "state": record.state,
        "reason": storable(record.reason),
        "tries": record.tries,
        "hash": record.hash,
    }


def _page_values(content: int, record: PageRecord) -> dict[str, Any]:
    return {
        "content": content,
        "number": record.number,
        "width": float(record.width),
        "height": float(record.height),
        "origin": record.origin,
        "ocr": record.ocr,
        "words": pack_words(record.words),
    }


def _region_values(content: int, record: PageRecord, ids: Sequence[int]) -> list[dict[str, Any]]:
    rows = []
    for number, segment in zip(ids, record.segments, strict=True):
        edges = (segment.box.left, segment.box.top, segment.box.right, segment.box.bottom)
        box = [float(edge) + 0.0 for edge in edges]  # SQLite does not keep the sign of -0.0
        titles = [storable(title) for title in segment.headings]
        text, headings = storable(segment.text), json.dumps(titles, ensure_ascii=False) if titles else ""
        rows.append(
            {
                "id": number,
                "content": content,
                "page": record.number,
                "kind": segment.kind,
                **dict(zip(("x0", "y0", "x1", "y1"), box, strict=True)),
                "text": text,
                "headings": headings,
                "checksum": region_checksum((number, content, record.number), segment.kind, box, text, headings),
            }
        )
    return rows
