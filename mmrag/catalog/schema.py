"""The tables, and the number of their format. Knows no dialect beyond the choice of integer types.

Contents and places are two tables: a content is known by its hash and lives while a place has it, so copies share one
content and a move changes one row. A region's id is never given twice: caches are brought up to date by comparing ids.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

__all__ = [
    "FORMAT",
    "META",
    "READING",
    "contents",
    "get_meta",
    "hidden",
    "meta",
    "pages",
    "places",
    "put_meta",
    "regions",
    "roots",
    "turns",
    "vectors",
]

FORMAT = 1
"""Raised when the tables change; a catalog of a higher number is refused."""

READING = 2
"""Raised when the readers make something else of the same file; 2 leaves out words of a PDF that cannot be seen."""

# SQLite makes a key its row number only when it is called INTEGER.
_Key = BigInteger().with_variant(Integer, "sqlite")
# The prefix lets the catalog share a database with other programs.
META = MetaData()

meta = Table("mmrag_meta", META, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

roots = Table(
    "mmrag_roots",
    META,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("path", LargeBinary, nullable=False, unique=True),
    Column("shown", Text, nullable=False),
    Column("device", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

contents = Table(
    "mmrag_contents",
    META,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("hash", Text, nullable=False, unique=True),
    Column("reader", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("page_count", Integer),
    Column("complete", Boolean, nullable=False),
    Column("title", Text, nullable=False),
    sqlite_autoincrement=True,
)

places = Table(
    "mmrag_places",
    META,
    Column("path", LargeBinary, primary_key=True),
    Column("shown", Text, nullable=False),
    Column("root", _Key, ForeignKey(roots.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("content", _Key, ForeignKey(contents.c.id, ondelete="SET NULL"), index=True),
    Column("upcoming", _Key, ForeignKey(contents.c.id, ondelete="SET NULL"), index=True),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("device", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("hash", Text),
)

pages = Table(
    "mmrag_pages",
    META,
    Column("content", _Key, ForeignKey(contents.c.id, ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("width", Float(53), nullable=False),
    Column("height", Float(53), nullable=False),
    Column("origin", Text, nullable=False),
    Column("ocr", Text, nullable=False),
    Column("words", LargeBinary, nullable=False),
)

# Holds only the pages that still wait, so it stays small.
_waiting = pages.c.ocr == "pending"
Index("mmrag_pages_ocr", pages.c.content, pages.c.number, sqlite_where=_waiting, postgresql_where=_waiting)

regions = Table(
    "mmrag_regions",
    META,
    Column("id", _Key, primary_key=True, autoincrement=True),
    Column("content", _Key, nullable=False),
    Column("page", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("x0", Float(53), nullable=False),
    Column("y0", Float(53), nullable=False),
    Column("x1", Float(53), nullable=False),
    Column("y1", Float(53), nullable=False),
    Column("text", Text, nullable=False),
    Column("headings", Text, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
    ForeignKeyConstraint(["content", "page"], ["mmrag_pages.content", "mmrag_pages.number"], ondelete="CASCADE"),
    # Holds all that listing ids needs, so that no text is read for it.
    Index("mmrag_regions_page", "content", "page", "kind"),
    sqlite_autoincrement=True,
)

vectors = Table(
    "mmrag_vectors",
    META,
    Column("region", _Key, ForeignKey(regions.c.id, ondelete="CASCADE"), primary_key=True),
    Column("space", Text, primary_key=True),
    Column("vector", LargeBinary, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)

# Only pages with such words have a row. As of `turns`, an older index may have no such table.
hidden = Table(
    "mmrag_hidden",
    META,
    Column("content", _Key, primary_key=True),
    Column("page", Integer, primary_key=True, autoincrement=False),
    Column("words", Integer, nullable=False),
    ForeignKeyConstraint(["content", "page"], ["mmrag_pages.content", "mmrag_pages.number"], ondelete="CASCADE"),
)

# Holds no foreign keys: what was answered stays known when a file goes. An index written before this table has none
# (see `mmrag.catalog.turns`), and what reads only the other tables may ignore it, so the format's number is the same.
turns = Table(
    "mmrag_turns",
    META,
    Column("conversation", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("asked", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("answer", Text),
    Column("reason", Text, nullable=False),
    Column("claims", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("time_us", BigInteger, nullable=False),
    Column("checksum", LargeBinary, nullable=False),
)


def get_meta(connection: Connection, key: str) -> str | None:
    """A value of `meta`."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def put_meta(connection: Connection, key: str, value: str | None) -> None:
    """Set a value of `meta`, or delete it with None, in the connection's transaction."""
    if value is None:
        connection.execute(delete(meta).where(meta.c.key == key))
    elif not connection.execute(update(meta).where(meta.c.key == key).values(value=value)).rowcount:
        connection.execute(insert(meta).values(key=key, value=value))
