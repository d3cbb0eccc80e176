"""The database: SQLite with write-ahead log by default, PostgreSQL by URL (``TOUCHLINE_DATABASE``).

The schema is brought up to date by Alembic when the database is opened.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property, lru_cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from spotting_core.base.data_directory import DataDirectory, close_to_others
from spotting_core.base.errors import BadInputError, cannot_write

ENVIRONMENT_VARIABLE = "TOUCHLINE_DATABASE"
_MIGRATIONS = Path(__file__).parent / "migrations"
_BUSY_SECONDS = 30
_OWNER_ALONE = 0o600
_READS = "reads"  # execution option of connections whose transactions only read


class Database:
    """An open database with the newest schema."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = open_engine(url)
        try:
            _migrate(self.engine)
        except SQLAlchemyError as error:
            raise BadInputError(
                f"the database cannot be opened ({str(error).splitlines()[0]})",
                where=url,
                fix=f"Check the data directory, or the URL in {ENVIRONMENT_VARIABLE}",
            ) from error
        self.file_number = _file_number(self.file)

    @property
    def file(self) -> Path | None:
        """Where an SQLite database lies."""
        name = self.engine.url.database
        return Path(name) if self.engine.dialect.name == "sqlite" and name and name != ":memory:" else None

    @cached_property
    def _handle(self) -> int | None:
        """The file of an SQLite database, opened for reading and never closed: closing any handle of a file lets go all
        locks that this process has on it, SQLite's as well (https://sqlite.org/howtocorrupt.html, 2.2)."""
        return None if self.file is None else os.open(self.file, os.O_RDONLY)

    def first_bytes(self, count: int) -> bytes:
        """The first bytes of the file of an SQLite database, whatever the connections hold of them.

        Errors:
            OSError: it cannot be read.
        """
        return b"" if self._handle is None else os.pread(self._handle, count, 0)

    @property
    def replaced(self) -> bool:
        """Whether another file than the one that this was opened from, or none, lies in its place."""
        return _file_number(self.file) != self.file_number

    @contextmanager
    def session(self) -> Iterator[Session]:
        """A transaction that writes: committed when the block ends, rolled back on an error."""
        with Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that only reads: it waits for no writer and holds none up; a write in it is an error."""
        with Session(self._reader, expire_on_commit=False) as session, session.begin():
            yield session

    @property
    def _reader(self) -> Engine:
        """The engine with its own connections, whose transactions only read."""
        return self.engine.execution_options(**{_READS: True, "postgresql_readonly": True})


def _file_number(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from another that takes its place; None where there is none."""
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else (status.st_dev, status.st_ino)


def open_engine(url: str) -> Engine:
    """An engine whose connections wait for each other's writes; the schema is left as it is.

    Transactions of connections with the execution option ``reads`` take no lock.

    Errors:
        BadInputError: what speaks with a database of this kind is not installed.
    """
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise BadInputError(
            f"the database cannot be spoken with: {error.name} is not installed",
            fix='For PostgreSQL: pip install "touchline[postgresql]"',
        ) from error
    if engine.dialect.name == "sqlite":

        @event.listens_for(engine, "connect")
        def prepare(connection, _record) -> None:  # type: ignore[no-untyped-def]
            cursor = connection.cursor()
            cursor.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
            _write_ahead(cursor)
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()
            connection.isolation_level = None  # SQLAlchemy begins transactions itself, below

        @event.listens_for(engine, "begin")
        def begin(connection) -> None:  # type: ignore[no-untyped-def]
            reads = connection.get_execution_options().get(_READS, False)
            connection.exec_driver_sql(f"PRAGMA query_only={'ON' if reads else 'OFF'}")
            # A writer takes the lock at once: two of them then wait for each other instead of failing half way.
            connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Turn the write-ahead log on, however many connections do so in the same fresh file at the same moment.

    Of two that want the whole file SQLite refuses one at once, whatever ``busy_timeout`` says, for each would wait for
    the other.
    """
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
        time.sleep(0.01)


def _migrate(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


@lru_cache(maxsize=8)
def _open(url: str) -> Database:
    return Database(url)


def open_database(data: DataDirectory) -> Database:
    """The database of a data directory, or the one of the environment.

    Errors:
        BadInputError: it cannot be opened.
    """
    data.ensure()
    configured = os.environ.get(ENVIRONMENT_VARIABLE)
    if not configured:
        _close_to_others(data.database)
    return _open(configured or data.database_url)


def _close_to_others(path: Path) -> None:
    """Make the file of a database its owner's alone, before there is anything in it, and those beside it."""
    try:
        path.touch(mode=_OWNER_ALONE)
    except OSError as error:
        raise cannot_write(error, path) from error
    for file in (path, *(path.with_name(path.name + ending) for ending in ("-wal", "-shm"))):
        if file.exists():
            close_to_others(file, _OWNER_ALONE)
