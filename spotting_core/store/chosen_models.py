"""The model of each task whose findings are used of a match, where somebody has chosen one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from spotting_core.store.database import Database
from spotting_core.store.tables import ChosenModelRow, MatchRow, now


@dataclass(frozen=True)
class ChosenModel:
    """A model as it is chosen for a match: ``key`` is that of its identity, ``name`` what people call it."""

    key: str
    name: str


class ChosenModels:
    """The chosen models of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_match(self, match_id: str) -> Mapping[str, ChosenModel]:
        """The chosen models of a match by task; none of the tasks of which nobody has chosen one."""
        return self._of(select(ChosenModelRow).where(ChosenModelRow.match_id == match_id))

    def of_path(self, path: Path) -> Mapping[str, ChosenModel]:
        """Those of the match at a path; none where it is not in the library."""
        return self._of(select(ChosenModelRow).join(MatchRow).where(MatchRow.path == str(path)))

    def _of(self, query) -> Mapping[str, ChosenModel]:  # type: ignore[no-untyped-def]
        with self._database.reading() as session:
            return {row.task: ChosenModel(row.model, row.name) for row in session.scalars(query)}

    def choose(self, match_id: str, task: str, model: ChosenModel) -> None:
        """Use a model of a task of a match; nothing where the match is in the library no more."""
        with self._database.session() as session:
            if session.get(MatchRow, match_id) is not None:
                session.merge(_row(match_id, task, model))

    def choose_first(self, path: Path, task: str, model: ChosenModel) -> None:
        """Use a model of a task of the match at a path, unless one is chosen already."""
        with self._database.session() as session:  # one, for somebody may be choosing at this moment
            match_id = session.scalar(select(MatchRow.id).where(MatchRow.path == str(path)))
            if match_id is not None and session.get(ChosenModelRow, (match_id, task)) is None:
                session.add(_row(match_id, task, model))


def _row(match_id: str, task: str, model: ChosenModel) -> ChosenModelRow:
    return ChosenModelRow(match_id=match_id, task=task, model=model.key, name=model.name, changed=now())
