"""Selections of clips, kept by match. Two people who change one at once are told; neither overwrites the other."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update

from spotting_core.base.errors import BadInputError, ConflictError
from spotting_core.clips.selection import Clip
from spotting_core.store.database import Database
from spotting_core.store.tables import SelectionRow, now

OwnMargins = Mapping[str, tuple[float | None, float | None]]
"""Lead and lag in seconds by class name, where they differ from the class table's."""


@dataclass(frozen=True)
class Selection:
    """A selection as it stands.

    Arguments:
        name: empty until someone gives it one.
        revision: counts its changes, from 1.
    """

    id: str
    match_id: str
    name: str
    clips: tuple[Clip, ...]
    margins: OwnMargins
    revision: int


def _selection(row: SelectionRow) -> Selection:
    clips = tuple(Clip.from_json(c) for c in row.content["clips"])
    margins = {label: (lead, lag) for label, (lead, lag) in row.content["margins"].items()}
    return Selection(row.id, row.match_id, row.name, clips, margins, row.revision)


def _content(clips: Sequence[Clip], margins: OwnMargins) -> dict:
    return {"clips": [c.as_json() for c in clips], "margins": {k: list(v) for k, v in margins.items()}}


class Selections:
    """The selections of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def named(self, match_id: str) -> list[Selection]:
        """Selections of a match that have a name, by name."""
        query = select(SelectionRow).where(SelectionRow.match_id == match_id, SelectionRow.name != "")
        with self._database.reading() as session:
            return [_selection(row) for row in session.scalars(query.order_by(SelectionRow.name))]

    def get(self, selection_id: str) -> Selection | None:
        with self._database.reading() as session:
            row = session.get(SelectionRow, selection_id)
            return _selection(row) if row else None

    def by_name(self, match_id: str, name: str) -> Selection:
        """A selection by its name.

        Errors:
            BadInputError: there is none.
        """
        selection = next((s for s in self.named(match_id) if s.name == name), None)
        if selection is None:
            names = ", ".join(s.name for s in self.named(match_id)) or "none"
            raise BadInputError(f"there is no selection {name!r} of this match", fix=f"Selections: {names}")
        return selection

    def make(self, match_id: str, clips: Sequence[Clip], margins: OwnMargins, name: str = "") -> Selection:
        """Keep a new selection."""
        row = SelectionRow(
            id=uuid.uuid4().hex, match_id=match_id, name=name, content=_content(clips, margins), revision=1
        )
        with self._database.session() as session:
            session.add(row)
        return _selection(row)

    def save(self, selection_id: str, clips: Sequence[Clip], margins: OwnMargins, revision: int) -> Selection:
        """Change a selection that was read at a revision.

        Errors:
            ConflictError: it has been changed or removed since.
        """
        values = {"content": _content(clips, margins), "revision": revision + 1, "changed": now()}
        wanted = (SelectionRow.id == selection_id, SelectionRow.revision == revision)
        with self._database.session() as session:
            changed = session.execute(update(SelectionRow).where(*wanted).values(**values))
            row = session.get(SelectionRow, selection_id, populate_existing=True)
        if not changed.rowcount or row is None:  # type: ignore[attr-defined]
            raise ConflictError("someone else has changed this selection", fix="Load theirs, or keep yours as a copy")
        return _selection(row)

    def rename(self, selection_id: str, name: str) -> None:
        with self._database.session() as session:
            session.execute(update(SelectionRow).where(SelectionRow.id == selection_id).values(name=name.strip()))

    def remove(self, selection_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(SelectionRow).where(SelectionRow.id == selection_id))
