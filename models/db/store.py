"""Open the database and hand out transactions that mean the same on SQLite and PostgreSQL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError

from models.errors import StoreError

Transaction = Connection
"""What `Store.write` and `Store.read` yield, named for those who may not import SQLAlchemy."""

_BUSY_TIMEOUT_MS = 5000
"""How long a writer waits for another before it says that the database is locked."""


class Store:
    """The one door to the database: short transactions, nothing remote inside them."""

    def __init__(self, engine: Engine) -> None:
        """Take an engine made by `open_store`."""
        self.engine = engine

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that may write; commit at the end.

        On SQLite it takes the write lock at once, so that two writers queue instead of failing
        half-way. Raises StoreError when another program holds the lock for too long.
        """
        with _lock_named(self.engine), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection with one consistent view of the database, which blocks no writer."""
        with (
            _lock_named(self.engine),
            self.engine.connect().execution_options(sameday_reads=True) as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Give every connection back."""
        self.engine.dispose()


def open_store(url: str, folder: Path) -> Store:
    """Return a store for a database URL such as `sqlite:///sameday.db`.

    A relative SQLite path starts at `folder`. Nothing is connected yet. Raises StoreError for a URL
    that can't be understood.
    """
    try:
        parsed = _anchored(make_url(url), folder)
        engine = create_engine(parsed, pool_pre_ping=parsed.get_backend_name() != "sqlite")
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        message = (
            f"database.url {url!r} can't be used ({error}). "
            "Write it like sqlite:///sameday.db (a file beside the config)."
        )
        raise StoreError(message) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return Store(engine)


def sqlite_file(url: str, folder: Path) -> Path | None:
    """Return the file of a SQLite database; None for one in memory, on a server, or unreadable."""
    try:
        parsed = _anchored(make_url(url), folder)
    except ArgumentError:
        return None
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        return None
    return Path(str(parsed.database))


def _anchored(url: URL, folder: Path) -> URL:
    """Return the URL with a relative SQLite path made absolute."""
    if url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:"):
        return url
    return url.set(database=str(folder.absolute() / str(url.database)))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Let SQLAlchemy's events, not the driver, open transactions; wait for locks; keep references.

    WAL lets the panel read while a sync writes.
    """
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    reads = connection.get_execution_options().get("sameday_reads", False)
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


@contextmanager
def _lock_named(engine: Engine) -> Iterator[None]:
    """Turn the driver's operational errors into a sentence that names the database."""
    try:
        yield
    except OperationalError as error:
        where = engine.url.render_as_string(hide_password=True)
        if "locked" in str(error.orig):
            message = (
                f"The database {where} is locked by another program. "
                "Stop the other sameday process, or wait until it has finished."
            )
        else:
            message = (
                f"The database {where} can't be used: {error.orig}. "
                "Check that the folder exists and may be written to."
            )
        raise StoreError(message) from error
