"""Whether the database can still be read: a file that was damaged under a running app heals by no waiting."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from spotting_core.base.errors import BadInputError
from spotting_core.store.database import Database, open_engine

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FORMAT}
_MAGIC = b"SQLite format 3\x00"  # the first bytes of the file: https://sqlite.org/fileformat.html
_PRIMARY = 0xFF  # of an error code, which tells more in its other bits
_FIX = "Stop the app, put back a copy of the file or take it away, and start the app again"


def is_damage(error: BaseException | None) -> bool:
    """Whether an error says that the database is damaged, not that it is busy or was asked wrongly."""
    if isinstance(error, BadInputError):
        return is_damage(error.__cause__)
    if not isinstance(error, DatabaseError):
        return False
    cause = error.orig
    if not isinstance(cause, sqlite3.Error):
        return False
    code = getattr(cause, "sqlite_errorcode", 0) & _PRIMARY
    # Another file has taken its place: the schema is made when the app starts, so it was there.
    return code in _DAMAGED or "no such table" in str(cause)


def damage(error: BaseException, database: Database) -> BadInputError:
    """What people are told of an error that says so."""
    cause = getattr(error, "orig", None) or error
    where = database.engine.url.database or database.url
    return BadInputError(f"the database is damaged ({cause})", where=where, fix=_FIX)


def checked(database: Database) -> BadInputError | None:
    """What is wrong with a database; None where it can be read.

    Of SQLite every page of the file is looked at, by a connection made for it: those that are open hold pages from
    before the file was written over.
    """
    try:
        with database.reading() as session:
            session.connection().exec_driver_sql("SELECT 1 FROM job LIMIT 1")
        problem = None if database.file is None else _file_problem(database)
    except SQLAlchemyError as error:
        if is_damage(error):
            return damage(error, database)
        cause = getattr(error, "orig", None) or error
        return BadInputError(f"the database cannot be reached ({cause})", fix="Try again in a moment")
    return None if problem is None else damage(ValueError(problem), database)


def _file_problem(database: Database) -> str | None:
    """What is wrong with the file of a database.

    Errors:
        SQLAlchemyError: it cannot be read.
    """
    if database.replaced:
        return "its file was taken away or exchanged while the app ran"
    # Not by a fresh connection: page 1 may lie in the write-ahead log, which is read instead, for now.
    try:
        first = database.first_bytes(len(_MAGIC))
    except OSError as error:
        return f"its file cannot be read ({error.strerror})"
    if first != _MAGIC:
        return "its file holds something else"
    engine = open_engine(database.url)
    try:
        with engine.connect().execution_options(reads=True) as connection:
            verdict = str(connection.exec_driver_sql("PRAGMA quick_check(1)").scalar())
    finally:
        engine.dispose()
    return None if verdict == "ok" else verdict.splitlines()[-1]
