"""How the catalog reaches its database: connections, transactions, and what a database's errors mean to a user."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Engine,
    Table,
    any_,
    bindparam,
    create_engine,
    event,
    func,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import QueuePool
from sqlalchemy.sql.elements import ColumnElement

from mmrag.errors import IndexBusy, IndexDamaged, MissingExtra, MmragError, StorageFull, UsageError

__all__ = ["BUSY_SECONDS", "REBUILD", "address", "among", "chunks", "connect", "is_there", "listed", "translated"]

REBUILD = (
    "The catalog is damaged; your documents are not touched. Delete the index folder and run `mmrag index` on your "
    "folders again."
)
BUSY_SECONDS = 10
"""How long a writer waits for another one."""
_DAMAGE = (
    "not a database", "malformed", "no such table", "no such column", "unsupported file format", "disk i/o error",
    "could not decode",
)  # fmt: skip
_LOW_SPACE = 4 << 20  # a full disk shows itself as an I/O error too; below this much room that is the likely cause


def address(target: str | os.PathLike[str]) -> URL:
    """The address of a catalog: a path means a SQLite file. Raises `UsageError` for anything but SQLite, PostgreSQL."""
    if not isinstance(target, str):
        return URL.create("sqlite", database=os.fspath(target))
    try:
        url = make_url(target)
        backend = url.get_backend_name()
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        raise UsageError("the catalog's address cannot be read", "Use sqlite:///PATH or postgresql://HOST/NAME.") from (
            error
        )
    if backend == "postgresql" and url.drivername == "postgresql":
        url = url.set(drivername="postgresql+psycopg")
    if backend not in ("sqlite", "postgresql") or not url.database or url.database == ":memory:":
        raise UsageError(
            f"a catalog cannot be kept in {url.render_as_string(hide_password=True)}",
            "Use sqlite:///PATH or postgresql://HOST/NAME.",
        )
    return url


def connect(url: URL) -> Engine:
    """An engine whose connections are set up for durability; nothing is opened yet."""
    if url.get_backend_name() == "sqlite":
        return _sqlite(Path(str(url.database)))
    try:
        # One snapshot for the several statements of a read; a writer asks for its own level.
        return create_engine(url, isolation_level="REPEATABLE READ", pool_pre_ping=True)
    except ImportError as error:
        raise MissingExtra("PostgreSQL needs psycopg", "pip install 'psycopg[binary]'") from error


def is_there(connection: Connection, table: Table) -> bool:
    """Whether a catalog has a table that older ones lack; asked once for each connection that has found it."""
    known = connection.info
    if not known.get(table.name):
        known[table.name] = inspect(connection).has_table(table.name)
    return bool(known[table.name])


def _write_ahead(connection: sqlite3.Connection) -> None:
    # The mode is kept in the file: asking again would need a lock that another process may hold.
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
        if not tables or "mmrag_meta" in tables:  # another program's file stays as it is
            connection.execute("PRAGMA journal_mode=WAL")


def _sqlite(path: Path) -> Engine:
    def opened() -> sqlite3.Connection:
        target: str = os.fspath(path)
        readonly = path.exists() and not os.access(path.parent, os.W_OK)
        if readonly:
            # SQLite cannot make its shared-memory file there; nobody else can write there either.
            wal = path.with_name(path.name + "-wal")
            unmoving = "&immutable=1" if not wal.exists() or not wal.stat().st_size else ""
            target = f"file:{quote(os.fsencode(path.absolute()))}?mode=ro{unmoving}"
        connection = sqlite3.connect(
            target, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, uri=readonly
        )
        for pragma in ("foreign_keys=ON", "trusted_schema=OFF", "cell_size_check=ON", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}")
        if not readonly:
            _write_ahead(connection)
            # FULL, not NORMAL: an acknowledged commit then survives loss of power and not only the end of the
            # process. It costs one fsync a commit, and a commit holds seconds of work.
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute(f"PRAGMA journal_size_limit={64 << 20}")
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # Taking the write lock at once means waiting at the start instead of failing in the middle.
        immediate = connection.get_execution_options().get("mmrag_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


@cache
def among(dialect: str, column: ColumnElement[Any]) -> ColumnElement[bool]:
    """`column IN ids`, to be executed with `listed(dialect, ids)`: one value however many ids, so that no length of
    list meets the limit on variables, and one statement that is compiled once.
    """
    if dialect == "sqlite":
        return column.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value))
    return column == any_(bindparam("ids", type_=ARRAY(BigInteger)))


def listed(dialect: str, ids: Iterable[int]) -> dict[str, Any]:
    """The parameter of `among`."""
    numbers = [int(number) for number in ids]
    return {"ids": json.dumps(numbers) if dialect == "sqlite" else numbers}


def chunks(ids: Iterable[int], size: int = 5000) -> Iterator[list[int]]:
    """The ids in lists of at most `size`."""
    batch: list[int] = []
    for number in ids:
        batch.append(int(number))
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


@contextmanager
def translated(url: URL) -> Iterator[None]:
    """Turns a database's errors into those of `mmrag.errors`; mistakes of the caller pass through unchanged."""
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error.orig, url)
        if meaning is None:
            raise
        raise meaning from error
    except UnicodeDecodeError as error:  # a damaged name inside SQLite's own message
        raise IndexDamaged(f"{url.database}: {error}", REBUILD) from error
    except sqlite3.Error as error:
        meaning = _meaning(error, url)
        if meaning is None:
            raise
        raise meaning from error


def _meaning(error: BaseException | None, url: URL) -> MmragError | None:
    if url.get_backend_name() == "postgresql":
        return _postgresql_meaning(error, url.render_as_string(hide_password=True))
    # Python's own class for a file that is damaged; its text is empty where SQLite's holds broken names.
    if type(error) is sqlite3.DatabaseError:
        return IndexDamaged(f"{url.database}: {error}", REBUILD)
    return _sqlite_meaning(str(error), str(url.database))


def _sqlite_meaning(text: str, where: str) -> MmragError | None:
    said = text.lower()
    # By its words: Python gives SQLite's own code only since 3.11.
    if "disk is full" in said or ("disk i/o error" in said and _free(where) < _LOW_SPACE):
        return StorageFull(f"no room to write to {where}", "Free some space and run it again; what was saved is kept.")
    if "readonly database" in said or "unable to open" in said:
        return StorageFull(f"{where} cannot be written", "Check the folder's permissions, or use another --index.")
    if "locked" in said:
        return IndexBusy(f"another process writes to {where}", "Wait for it to end, or use --wait.")
    if any(sign in said for sign in _DAMAGE):
        return IndexDamaged(f"{where}: {text}", REBUILD)
    return None


def _free(where: str) -> int:
    try:
        return shutil.disk_usage(Path(where).parent).free
    except OSError:
        return 0


def _postgresql_meaning(error: BaseException | None, where: str) -> MmragError | None:
    state = str(getattr(error, "sqlstate", None) or "")
    # Classes of SQLSTATE, appendix A of the PostgreSQL manual.
    if state in ("53100", "25006"):
        return StorageFull(f"{where} cannot be written: {error}", "Free some space on the server and run it again.")
    if state in ("55P03", "40001", "40P01"):
        return IndexBusy(f"another process writes to {where}", "Wait for it to end, or use --wait.")
    if state[:2] == "XX" or state in ("42P01", "42703"):
        return IndexDamaged(f"{where}: {error}", "Drop the tables mmrag_* and run `mmrag index` on your folders again.")
    if not state or state[:2] in ("08", "28", "3D", "57", "53"):
        return MmragError(f"{where} cannot be used: {error}", "Check that the server runs and the address is right.")
    return None
