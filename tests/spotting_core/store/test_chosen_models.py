"""The model that is chosen for a match, by task: kept with the match, and gone with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete

from spotting_core.store.chosen_models import ChosenModel, ChosenModels
from spotting_core.store.database import Database
from spotting_core.store.tables import MatchRow
from tests.spotting_core.conftest import MATCH

ONE, OTHER = ChosenModel("a" * 32, "one"), ChosenModel("b" * 32, "other")


@pytest.fixture
def chosen(database: Database) -> ChosenModels:
    return ChosenModels(database)


def test_the_last_choice_of_a_task_counts(chosen: ChosenModels) -> None:
    assert chosen.of_match(MATCH) == {}
    chosen.choose(MATCH, "spotting", ONE)
    chosen.choose(MATCH, "shots", ONE)
    chosen.choose(MATCH, "spotting", OTHER)
    assert chosen.of_match(MATCH) == {"spotting": OTHER, "shots": ONE}
    assert chosen.of_match("another") == {}


def test_the_first_model_takes_no_chosen_ones_place(chosen: ChosenModels, database: Database) -> None:
    with database.reading() as session:
        row = session.get(MatchRow, MATCH)
        assert row is not None
        path = Path(row.path)
    chosen.choose_first(path, "spotting", ONE)
    assert chosen.of_path(path) == {"spotting": ONE}
    chosen.choose_first(path, "spotting", OTHER)
    assert chosen.of_path(path) == {"spotting": ONE}
    chosen.choose_first(Path("/nowhere"), "spotting", OTHER)


def test_it_goes_with_its_match(chosen: ChosenModels, database: Database) -> None:
    chosen.choose(MATCH, "spotting", ONE)
    with database.session() as session:
        session.execute(delete(MatchRow).where(MatchRow.id == MATCH))
    assert chosen.of_match(MATCH) == {}
    chosen.choose(MATCH, "spotting", ONE)  # a page that is still open
    assert chosen.of_match(MATCH) == {}
