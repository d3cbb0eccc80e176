"""Under which name the library knows a match that a command is given."""

from __future__ import annotations

from sqlalchemy import select

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.media.source import MatchSource
from spotting_core.store.database import open_database
from spotting_core.store.tables import MatchRow


def match_id_of(match: MatchSource, data: DataDirectory) -> str:
    """The library's name of a match.

    Errors:
        BadInputError: it is not in the library.
    """
    name = library_name(match, data)
    if name is None:
        raise BadInputError("this match is not in the library", where=match.path, fix="Add it in the app first")
    return name


def library_name(match: MatchSource, data: DataDirectory) -> str | None:
    """The same, or None where it is not in the library."""
    with open_database(data).reading() as session:
        return session.scalar(select(MatchRow.id).where(MatchRow.path == str(match.path)))
