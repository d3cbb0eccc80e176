"""A database that was damaged under a running app is told from one that is busy."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import Database, open_database
from spotting_core.store.health import checked, damage, is_damage


@pytest.fixture
def database(data: DataDirectory) -> Database:
    opened = open_database(data)
    JobQueue(opened).submit("analysis", "a", {"path": "x" * 5000})
    opened.engine.dispose()
    with closing(sqlite3.connect(data.root / "touchline.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return opened


def file_of(database: Database) -> Path:
    return Path(str(database.engine.url.database))


def failing(database: Database) -> SQLAlchemyError:
    with pytest.raises(SQLAlchemyError) as error:
        JobQueue(database).take(["analysis"])
    return error.value


def test_a_sound_database_is_sound(database: Database) -> None:
    assert checked(database) is None


@pytest.mark.parametrize("content", [b"no database at all" * 500, b"", b"SQLite format 3\x00" + b"\xff" * 9000])
def test_another_file_in_its_place_is_damage(database: Database, content: bytes) -> None:
    file_of(database).write_bytes(content)
    problem = checked(database)
    assert problem is not None
    assert "the database is damaged" in str(problem)
    assert "put back a copy" in str(problem)
    assert is_damage(failing(database))


def test_pages_written_over_are_damage(database: Database) -> None:
    with file_of(database).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xde\xad" * 40_000)
    assert "damaged" in str(checked(database))


@pytest.fixture
def held(database: Database) -> Iterator[Database]:
    """A database with a connection that has read every page, as those of a running app have."""
    with database.engine.connect().execution_options(reads=True) as connection:
        assert connection.exec_driver_sql("PRAGMA quick_check").scalar() == "ok"
        connection.rollback()
        JobQueue(database).submit("analysis", "b", {"path": "y"})  # lies in the write-ahead log
        yield database


def test_a_file_written_over_is_noticed_whatever_connections_hold_of_it(held: Database) -> None:
    assert checked(held) is None
    with file_of(held).open("r+b") as file:
        file.write(b"\xde\xad" * 2)
    assert "its file holds something else" in str(checked(held))


def test_pages_written_over_are_noticed_as_well(held: Database) -> None:
    with file_of(held).open("r+b") as file:
        file.seek(4096)
        file.write(b"\xde\xad" * 60_000)
    assert "damaged" in str(checked(held))


@pytest.mark.parametrize("another", [True, False])
def test_a_file_that_is_exchanged_or_taken_away_is_noticed(held: Database, another: bool) -> None:
    path = file_of(held)
    copy = path.with_name("copy.db")
    copy.write_bytes(path.read_bytes())
    path.unlink()
    if another:
        copy.rename(path)
    assert "its file was taken away or exchanged while the app ran" in str(checked(held))


def test_a_busy_database_is_not_damaged(database: Database) -> None:
    busy = sqlite3.OperationalError("database is locked")
    busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
    assert not is_damage(OperationalError("SELECT 1", {}, busy))
    assert not is_damage(ValueError("no such table"))
    assert not is_damage(None)
    assert str(file_of(database)) in str(damage(ValueError("x"), database))
