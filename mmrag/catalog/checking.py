"""Reads the whole catalog and tells what is wrong with it, exhaustively: samples miss what breaks."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import DBAPIError

from mmrag.catalog.packing import unpack_words, vector_checksum
from mmrag.catalog.reading import check_region
from mmrag.catalog.schema import contents, get_meta, pages, places, regions, vectors
from mmrag.catalog.turns import turn_problems
from mmrag.errors import IndexDamaged

__all__ = ["problems"]

_BATCH = 2000


def problems(connection: Connection) -> list[str]:
    """One line for each thing that is wrong; [] for a sound catalog."""
    found: list[str] = []
    for part in (_structure, _counters, _words, _regions, _vectors, turn_problems):
        try:
            for line in part(connection):
                found.append(line)
        except (DBAPIError, UnicodeDecodeError) as error:
            # A row that cannot even be read; what was found before it counts too.
            found.append(f"{part.__name__.strip('_')} cannot be read: {getattr(error, 'orig', error)}")
            if connection.dialect.name != "sqlite":
                break  # PostgreSQL answers nothing more in this transaction
        if part is _structure and found:
            break  # what follows would read through broken pages
    return found


def _structure(connection: Connection) -> Iterator[str]:
    if connection.dialect.name == "sqlite":
        for line in connection.exec_driver_sql("PRAGMA integrity_check").scalars():
            if line != "ok":
                yield line
        for table, row, parent, _ in connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            yield f"{table} row {row} refers to a row of {parent} that is not there"


def _counters(connection: Connection) -> Iterator[str]:
    highest = connection.execute(select(func.max(regions.c.id))).scalar() or 0
    if highest >= int(get_meta(connection, "next_region") or 1):
        yield f"region {highest} has an id that could be given again"
    complete = connection.execute(
        select(contents.c.hash, contents.c.page_count, func.count(pages.c.number).label("stored"))
        .outerjoin(pages, pages.c.content == contents.c.id)
        .where(contents.c.complete)
        .group_by(contents.c.id, contents.c.hash, contents.c.page_count)
    )
    for row in complete:
        if row.page_count is None or row.stored > row.page_count:
            yield f"content {row.hash} holds {row.stored} pages but counts {row.page_count}"
    stuck = select(places.c.shown).join(contents, contents.c.id == places.c.upcoming).where(contents.c.complete)
    for shown in connection.execute(stuck).scalars():
        yield f"{shown} still shows an old version although the new one is complete"


def _words(connection: Connection) -> Iterator[str]:
    rows = connection.execution_options(yield_per=_BATCH).execute(
        select(pages.c.words, pages.c.number, contents.c.hash).join(contents, contents.c.id == pages.c.content)
    )
    for row in rows:
        try:
            unpack_words(row.words)
        except (ValueError, TypeError) as error:
            yield f"page {row.number} of {row.hash}: {error}"


def _regions(connection: Connection) -> Iterator[str]:
    for row in connection.execution_options(yield_per=_BATCH).execute(select(regions)):
        try:
            check_region(row)
        except IndexDamaged as error:
            yield error.message


def _vectors(connection: Connection) -> Iterator[str]:
    lengths: dict[str, int] = {}
    rows = connection.execution_options(yield_per=_BATCH).execute(select(vectors))
    for row in rows:
        blob = bytes(row.vector)
        if vector_checksum(row.space, row.region, blob) != bytes(row.checksum):
            yield f"the {row.space} vector of region {row.region} does not match its checksum"
        elif lengths.setdefault(row.space, len(blob)) != len(blob):
            yield f"the {row.space} vector of region {row.region} has another length than the rest"
