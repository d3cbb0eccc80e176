"""Databases that tests of the store run on: SQLite, and Debian's PostgreSQL where there is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from spotting_core.store.database import Database
from spotting_core.store.tables import MatchRow
from tests.databases import postgresql, postgresql_programs

MATCH = "m"
"""The one match of a fresh database."""


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if postgresql_programs() is None:
        pytest.skip("needs Debian's PostgreSQL (apt-get install postgresql)")
    with postgresql() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'reviews.db'}")
    else:
        made = Database(request.getfixturevalue("server"))
        with made.session() as session:
            session.execute(text('TRUNCATE "match" CASCADE'))
    with made.session() as session:
        session.add(MatchRow(id=MATCH, path="/a", title="A v B"))
    yield made
    made.engine.dispose()
