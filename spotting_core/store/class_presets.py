"""Classes that people choose together, kept by name; keeping under a name that is there replaces it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select

from spotting_core.base.errors import BadInputError
from spotting_core.store.database import Database
from spotting_core.store.tables import ClassPresetRow, now

LONGEST = 60
"""Characters of a name."""


class ClassPresets:
    """The presets of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> dict[str, tuple[str, ...]]:
        """All presets by name, in the order of their names."""
        with self._database.reading() as session:
            rows = session.scalars(select(ClassPresetRow).order_by(ClassPresetRow.name))
            return {row.name: tuple(map(str, row.labels)) for row in rows}

    def keep(self, name: str, labels: Sequence[str]) -> None:
        """Keep classes under a name.

        Errors:
            BadInputError: there is no name, or too long a one, or no class.
        """
        if not 0 < len(name.strip()) <= LONGEST or not name.isprintable():
            raise BadInputError(f"a preset needs a name of 1 to {LONGEST} characters on one line")
        if not labels:
            raise BadInputError("a preset needs a class", fix="Choose some, then keep them")
        with self._database.session() as session:
            session.merge(ClassPresetRow(name=name.strip(), labels=list(labels), changed=now()))

    def remove(self, name: str) -> None:
        """Forget a preset; one that is not there is forgotten already."""
        with self._database.session() as session:
            session.execute(delete(ClassPresetRow).where(ClassPresetRow.name == name))
