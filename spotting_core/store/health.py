"""Whether the database can still be read: a file that was damaged under a running app heals by no waiting."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from spotting_core.base.errors import BadInputError
from spotting_core.store.database import Database

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FORMAT}
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
    """What is wrong with a database; None where it can be read. Of SQLite every page is looked at."""
    try:
        with database.reading() as session:
            if database.engine.dialect.name != "sqlite":
                session.connection().exec_driver_sql("SELECT 1 FROM job LIMIT 1")
                return None
            told = session.connection().exec_driver_sql("PRAGMA quick_check(1)").scalar()
            session.connection().exec_driver_sql("SELECT 1 FROM job LIMIT 1")
    except SQLAlchemyError as error:
        if is_damage(error):
            return damage(error, database)
        cause = getattr(error, "orig", None) or error
        return BadInputError(f"the database cannot be reached ({cause})", fix="Try again in a moment")
    return None if told == "ok" else damage(ValueError(str(told).splitlines()[-1]), database)
