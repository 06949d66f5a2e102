"""What a search asks of the catalog. Only live contents appear: those that some place has as its `content`."""

from __future__ import annotations

import json
import os
import struct
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, Engine, Row, Select, and_, case, func, select
from sqlalchemy.engine import URL

from mmrag.catalog.engine import REBUILD, among, chunks, is_there, listed, translated
from mmrag.catalog.matching import place_filter
from mmrag.catalog.packing import region_checksum, unpack_words, vector_checksum
from mmrag.catalog.records import moment
from mmrag.catalog.schema import contents, hidden, pages, places, regions, vectors
from mmrag.errors import IndexDamaged
from mmrag.types import Box, Document, Filters, Place, Region, RegionKind, Word

__all__ = ["RegionReads", "check_region", "first_existing", "live", "paths_of"]


def live(column: Any) -> Any:
    """The condition that a content id is live."""
    return column.in_(select(places.c.content))


def first_existing(paths: Sequence[bytes]) -> bytes:
    """The first path where a file is now, else the first; the disk is not asked where there is no choice."""
    if len(paths) > 1:
        for path in paths:
            if os.path.exists(path):  # noqa: PTH110  (bytes)
                return path
    return paths[0]


def _region_rows() -> Select[Any]:
    stored = pages.alias()
    highest = select(func.max(stored.c.number)).where(stored.c.content == contents.c.id).scalar_subquery()
    return (
        select(
            regions.c.id, regions.c.content, regions.c.page, regions.c.kind, regions.c.x0, regions.c.y0, regions.c.x1,
            regions.c.y1, regions.c.text, regions.c.headings, regions.c.checksum, pages.c.origin, contents.c.hash,
            case((contents.c.page_count.is_not(None), contents.c.page_count), else_=highest), contents.c.title,
        )
        .join(pages, and_(pages.c.content == regions.c.content, pages.c.number == regions.c.page))
        .join(contents, contents.c.id == regions.c.content)
        .where(live(regions.c.content))
    )  # fmt: skip


@lru_cache(maxsize=4096)  # the regions of a page, and often of a document, share a few heading paths
def _headings(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored)) if stored else ()


def _build(connection: Connection, rows: Sequence[Any]) -> list[Region]:
    where = paths_of(connection, {row[1] for row in rows})
    unseen = _hidden(connection, where)
    documents: dict[int, Document] = {}
    found = []
    for row in rows:
        check_region(row)
        number, content, page, kind, x0, y0, x1, y1, text, headings, _, origin, hash_, count, title = row
        document = documents.get(content)
        if document is None:
            path = Path(os.fsdecode(first_existing(where[content])))
            document = documents[content] = Document(hash_, path, count or 0, title)
        about = (text, _headings(headings), origin, unseen.get((content, page), 0))
        found.append(Region(number, document, page, kind, Box(x0, y0, x1, y1), *about))
    return found


def _hidden(connection: Connection, ids: Iterable[int]) -> dict[tuple[int, int], int]:
    """How many words cannot be seen, by content and page, where there are any."""
    if not is_there(connection, hidden):
        return {}
    dialect = connection.dialect.name
    rows = connection.execute(_hidden_by_content(dialect), listed(dialect, ids))
    return {(content, page): words for content, page, words in rows}


def check_region(row: Sequence[Any]) -> None:
    """Raises `IndexDamaged` where a row, which begins with the columns of `regions`, is not what was written."""
    number, content, page, kind, x0, y0, x1, y1, text, headings, stored = row[:11]
    try:
        sound = region_checksum((number, content, page), kind, (x0, y0, x1, y1), text, headings) == bytes(stored)
    except (TypeError, ValueError, struct.error):  # SQLite may find any type in a damaged row
        sound = False
    if not sound:
        raise IndexDamaged(f"region {number} is damaged", REBUILD)


@cache
def _places_by_content(dialect: str) -> Select[Any]:
    by_content = among(dialect, places.c.content)
    return select(places.c.content, places.c.path).where(by_content).order_by(places.c.path)


@cache
def _hidden_by_content(dialect: str) -> Select[Any]:
    return select(hidden.c.content, hidden.c.page, hidden.c.words).where(among(dialect, hidden.c.content))


@cache
def _regions_by_id(dialect: str) -> Select[Any]:
    return _region_rows().where(among(dialect, regions.c.id))


def _page(document_id: str, page: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(contents, contents.c.id == pages.c.content)
        .where(contents.c.hash == document_id, pages.c.number == page, live(contents.c.id))
    )


def paths_of(connection: Connection, ids: Iterable[int]) -> dict[int, list[bytes]]:
    """The places of each live content, in the order of their bytes, which does not change from call to call."""
    dialect = connection.dialect.name
    where: dict[int, list[bytes]] = defaultdict(list)
    for content, path in connection.execute(_places_by_content(dialect), listed(dialect, ids)):
        where[content].append(bytes(path))
    return where


class RegionReads:
    """Regions, words, vectors and texts by id. Each call sees one state of the catalog; iterators one a batch."""

    _engine: Engine
    _url: URL

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with translated(self._url), self._engine.connect() as connection:
            yield connection

    def regions(self, ids: Iterable[int]) -> dict[int, Region]:
        """Regions by id, in the order asked; ids that are not live are left out.

        `document.path` is the first place whose file exists, in the order of path bytes, else the first place.
        """
        wanted = [int(number) for number in ids]
        dialect = self._engine.dialect.name
        found: dict[int, Region] = {}
        with self._read() as connection:
            for batch in chunks(wanted):
                rows = connection.execute(_regions_by_id(dialect), listed(dialect, batch)).all()
                found.update((region.id, region) for region in _build(connection, rows))
        return {number: found[number] for number in wanted if number in found}

    def page_regions(self, document_id: str, page: int) -> list[Region]:
        """Every region of a page of a live document (sha256, hex), in segment order: the whole page comes first."""
        query = _region_rows().where(contents.c.hash == document_id, regions.c.page == page).order_by(regions.c.id)
        with self._read() as connection:
            return _build(connection, connection.execute(query).all())

    def places(self, document_id: str) -> list[Place]:
        """Every place of a live document, in the order of path bytes; files that are gone since are still listed."""
        query = select(places.c.path, places.c.size, places.c.mtime_ns).join(
            contents, contents.c.id == places.c.content
        )
        with self._read() as connection:
            rows = connection.execute(query.where(contents.c.hash == document_id).order_by(places.c.path)).all()
        return [Place(Path(os.fsdecode(row.path)), row.size, moment(row.mtime_ns)) for row in rows]

    def page_shape(self, document_id: str, page: int) -> float | None:
        """The height of a page of a live document as a multiple of its width; None where there is no such page."""
        with self._read() as connection:
            found = connection.execute(_page(document_id, page, pages.c.width, pages.c.height)).first()
        return found.height / found.width if found is not None and found.width > 0 else None

    def words(self, document_id: str, page: int) -> tuple[Word, ...]:
        """Words of a page of a live document in reading order, boxes within 1/65535; () where there are none."""
        with self._read() as connection:
            row = connection.execute(_page(document_id, page, pages.c.words)).first()
        try:
            return () if row is None else unpack_words(row.words)
        except (ValueError, TypeError) as error:
            raise IndexDamaged(f"the words of page {page} of {document_id}: {error}", REBUILD) from error

    def region_ids(
        self, filters: Filters | None = None, kinds: Iterable[RegionKind] | None = None
    ) -> npt.NDArray[np.int64]:
        """Ids of live regions that pass the filters and are of one of `kinds`, ascending; int64, shape (n,)."""
        filters = filters or Filters()
        query = select(regions.c.id)
        if filters.kinds:
            query = query.where(regions.c.kind.in_(filters.kinds))
        if kinds is not None:
            query = query.where(regions.c.kind.in_(tuple(kinds)))
        passes = place_filter(filters)
        with self._read() as connection:
            if passes is None:
                query = query.where(live(regions.c.content))
            else:
                rows = connection.execute(
                    select(places.c.path, places.c.mtime_ns, places.c.content).where(places.c.content.is_not(None))
                )
                kept = {row.content for row in rows if passes(bytes(row.path), row.mtime_ns)}
                dialect = connection.dialect.name
                query = query.where(among(dialect, regions.c.content)).params(listed(dialect, kept))
            return _ids(connection, query)

    def vector_ids(self, space: str) -> npt.NDArray[np.int64]:
        """Ids of live regions that have a vector in `space`, ascending; int64, shape (n,)."""
        query = select(vectors.c.region).join(regions, regions.c.id == vectors.c.region)
        with self._read() as connection:
            return _ids(connection, query.where(vectors.c.space == space, live(regions.c.content)))

    def vectors(self, space: str, ids: Iterable[int]) -> Iterator[tuple[int, npt.NDArray[np.float16]]]:
        """Vectors of live regions, shape (dim,), each checked against its checksum; raises `IndexDamaged`."""
        query = (
            select(vectors.c.region, vectors.c.vector, vectors.c.checksum)
            .join(regions, regions.c.id == vectors.c.region)
            .where(vectors.c.space == space, live(regions.c.content))
        )
        for row in self._batches(query, vectors.c.region, ids):
            if vector_checksum(space, row.region, row.vector) != row.checksum:
                raise IndexDamaged(f"the {space} vector of region {row.region} is damaged", REBUILD)
            yield row.region, np.frombuffer(row.vector, dtype="<f2")

    def texts(self, ids: Iterable[int], headings: bool = False) -> Iterator[tuple[int, str]]:
        """The text of live regions, in no order that is promised; with `headings` their heading path comes first."""
        for row in self._batches(select(regions).where(live(regions.c.content)), regions.c.id, ids):
            check_region(row)
            path = " > ".join(_headings(row.headings)) if headings else ""
            yield row.id, f"{path}\n{row.text}" if path else row.text

    def document_ids(self) -> npt.NDArray[np.int64]:
        """For each live content the id of its first region, which stands for the document; ascending int64."""
        query = select(func.min(regions.c.id)).where(live(regions.c.content)).group_by(regions.c.content)
        with self._read() as connection:
            return _ids(connection, query)

    def names(self, ids: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Two lines for each live region: file names of all places of its document, and the document's title."""
        query = select(regions.c.id, regions.c.content, contents.c.title).join(
            contents, contents.c.id == regions.c.content
        )
        dialect = self._engine.dialect.name
        query = query.where(live(regions.c.content), among(dialect, regions.c.id))
        for batch in chunks(ids):
            with self._read() as connection:
                rows = connection.execute(query, listed(dialect, batch)).all()
                where = paths_of(connection, {row.content for row in rows})
            shown = {content: _file_names(paths) for content, paths in where.items()}
            for row in rows:
                yield row.id, "\n".join(line.replace("\n", " ") for line in (shown[row.content], row.title))

    def page_of(self, ids: Iterable[int]) -> dict[int, tuple[int, int]]:
        """Content id and page number of each live region."""
        query = select(regions.c.id, regions.c.content, regions.c.page).where(live(regions.c.content))
        return {row.id: (row.content, row.page) for row in self._batches(query, regions.c.id, ids)}

    def _batches(self, query: Select[Any], column: Any, ids: Iterable[int]) -> Iterator[Row[Any]]:
        # A transaction for each batch: a slow consumer must not hold one open, which would let SQLite's log grow.
        dialect = self._engine.dialect.name
        query = query.where(among(dialect, column))
        for batch in chunks(ids):
            with self._read() as connection:
                rows = connection.execute(query, listed(dialect, batch)).all()
            yield from rows


def _ids(connection: Connection, query: Select[Any]) -> npt.NDArray[np.int64]:
    found = np.fromiter(connection.execute(query).scalars(), dtype=np.int64)
    found.sort()
    return found


def _file_names(paths: Sequence[bytes]) -> str:
    names = (os.path.basename(path).decode("utf-8", "replace") for path in paths)  # noqa: PTH119
    return " ".join(dict.fromkeys(names))
