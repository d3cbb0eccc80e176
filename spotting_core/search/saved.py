"""Saved searches, by name; saving under a name that is there replaces it."""

from __future__ import annotations

from sqlalchemy import delete, select

from spotting_core.base.errors import BadInputError
from spotting_core.search.engine import Query
from spotting_core.store.database import Database
from spotting_core.store.tables import SavedSearchRow, now

_LONGEST = 120


class SavedSearches:
    """The saved searches of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, Query]:
        """All searches by name, in the order of their names."""
        with self._database.reading() as session:
            rows = session.scalars(select(SavedSearchRow).order_by(SavedSearchRow.name))
            return {row.name: Query.from_json(row.query) for row in rows}

    def save(self, name: str, query: Query) -> None:
        """Keep a search.

        Errors:
            BadInputError: it has no name, or too long a one.
        """
        if not 0 < len(name.strip()) <= _LONGEST:
            raise BadInputError(f"a search needs a name of 1 to {_LONGEST} characters")
        with self._database.session() as session:
            session.merge(SavedSearchRow(name=name.strip(), query=query.as_json(), changed=now()))

    def remove(self, name: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SavedSearchRow).where(SavedSearchRow.name == name))
