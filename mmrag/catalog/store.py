"""`Catalog`: opening, one writing transaction, and the reads of its two halves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from sqlalchemy import Connection, Engine, func, insert, inspect, select
from sqlalchemy.engine import URL

from mmrag.catalog import engine
from mmrag.catalog.checking import problems
from mmrag.catalog.engine import REBUILD, address, connect, translated
from mmrag.catalog.inventory import FileReads
from mmrag.catalog.reading import RegionReads
from mmrag.catalog.schema import FORMAT, META, get_meta, meta, put_meta
from mmrag.catalog.turns import TurnTable
from mmrag.catalog.writing import Writer
from mmrag.errors import FormatTooNew, IndexDamaged, NothingIndexed, StorageFull, UsageError

__all__ = ["Catalog"]

_GUIDE = "Run `mmrag index FOLDER` first."


class Catalog(RegionReads, FileReads, TurnTable):
    """The catalog of one index. Threads may share it to read; one thread of one process writes at a time."""

    def __init__(self, engine: Engine, url: URL) -> None:
        """For `open`."""
        self._engine = engine
        self._url = url

    @classmethod
    def open(cls, target: str | os.PathLike[str], *, create: bool = False) -> Catalog:
        """Open a catalog by address ("sqlite:////abs/catalog.db", "postgresql://...") or path of a SQLite file.

        Raises `NothingIndexed` where there is none and `create` is off, `FormatTooNew`, `IndexDamaged`, `StorageFull`,
        `MissingExtra` where PostgreSQL's driver is not installed, `UsageError` for an address that cannot be used.
        """
        url = address(target)
        if url.get_backend_name() == "sqlite":
            _make_file(Path(str(url.database)), create)
            _check_length(Path(str(url.database)))
        opened = connect(url)
        try:
            with translated(url):
                _check_format(opened, url, create)
        except BaseException:
            opened.dispose()
            raise
        return cls(opened, url)

    def close(self) -> None:
        """Let go of every connection."""
        self._engine.dispose()

    def __enter__(self) -> Catalog:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def write(self) -> Iterator[Writer]:
        """One transaction: all of it is kept when the block ends, nothing of it when the block raises.

        Raises `IndexBusy` when another writer does not end in time, `StorageFull` when there is no room.
        """
        with translated(self._url), self._writing() as connection:
            writer = Writer(connection)
            yield writer
            writer.close()

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with _begin(self._engine) as connection:
            if connection.dialect.name != "sqlite":
                waits = f"{engine.BUSY_SECONDS}s"
                connection.execute(select(func.set_config("lock_timeout", waits, True)))
                # The row serves as the lock that SQLite's BEGIN IMMEDIATE is.
                connection.execute(select(meta.c.value).where(meta.c.key == "format").with_for_update())
            yield connection

    def generation(self) -> int:
        """Raised by one in every commit that changes what is searchable."""
        return int(self.get_meta("generation") or 0)

    def names_generation(self) -> int:
        """The generation that last changed what `names` gives for regions that were searchable before it."""
        return int(self.get_meta("names") or 0)

    def get_meta(self, key: str) -> str | None:
        """A value kept by `set_meta`, such as the model of a space under "space:text"."""
        with self._read() as connection:
            return get_meta(connection, key)

    def set_meta(self, key: str, value: str | None) -> None:
        """Keep a value by name, in a transaction of its own; None deletes it."""
        with translated(self._url), self._writing() as connection:
            put_meta(connection, key, value)

    def check(self) -> list[str]:
        """Read everything and tell what is wrong, one line each; [] for a sound catalog. Takes seconds per GB."""
        with self._read() as connection:
            return problems(connection)


def _make_file(path: Path, create: bool) -> None:
    try:
        if path.is_dir():
            raise UsageError(f"{path} is a folder", "Name a file for the catalog.")
        if path.stat().st_size or create:
            return
    except FileNotFoundError:
        if create:
            try:
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            except OSError as error:
                raise StorageFull(
                    f"{path} cannot be made: {error.strerror}", "Check the folder, or use another --index."
                ) from error
            return
    except OSError as error:
        raise StorageFull(f"{path} cannot be opened: {error.strerror}", "Check the folder's permissions.") from error
    raise NothingIndexed(f"there is no index at {path.parent}", _GUIDE)


def _check_length(path: Path) -> None:
    """Raises `IndexDamaged` for a SQLite file that is shorter than its head says.

    SQLite takes the missing end of a page for zeros, and so for rows that are not there.
    """
    log = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as stream:
            head = stream.read(100)
    except OSError as error:
        raise StorageFull(f"{path} cannot be opened: {error.strerror}", "Check the folder's permissions.") from error
    # While a log holds pages the file may lag behind. Offsets as in "Database File Format", section 1.3.
    if len(head) < 100 or (log.exists() and log.stat().st_size):
        return
    page_size, page_count = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    known = head[24:28] == head[92:96]
    if known and path.stat().st_size < page_count * (page_size if page_size > 1 else 65536):
        raise IndexDamaged(f"{path} is cut off", REBUILD)


@contextmanager
def _begin(engine: Engine) -> Iterator[Connection]:
    options = {"mmrag_write": True} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}
    with engine.connect() as plain:
        connection = plain.execution_options(**options)
        with connection.begin():
            yield connection


def _check_format(engine: Engine, url: URL, create: bool) -> None:
    with engine.connect() as connection:
        found = set(inspect(connection).get_table_names())
        stored = get_meta(connection, "format") if meta.name in found else None
    if stored is None and create and (not found or url.get_backend_name() != "sqlite"):
        with _begin(engine) as connection:
            if connection.dialect.name != "sqlite":
                # Two processes that find nothing must not both make the tables; the number only has to be the same.
                connection.execute(select(func.pg_advisory_xact_lock(0x6D6D7261)))
            META.create_all(connection)
            if get_meta(connection, "format") is None:
                connection.execute(insert(meta).values(key="format", value=str(FORMAT)))
        return
    if stored is None and (not found or url.get_backend_name() != "sqlite"):
        raise NothingIndexed("the catalog is empty", _GUIDE)
    if stored is None or not stored.isdecimal() or int(stored) < 1:
        raise IndexDamaged(f"{url.database} is not a catalog of mmrag", REBUILD)
    if int(stored) > FORMAT:
        raise FormatTooNew(
            f"the index has format {stored}; this mmrag reads up to {FORMAT}",
            "Install the newer mmrag (pip install -U mmrag), or use another --index.",
        )
