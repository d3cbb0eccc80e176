"""The database: its schema is made once, however many open it at the same moment, and readers wait for nobody."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, select, text, update
from sqlalchemy.exc import DBAPIError

from spotting_core.base.errors import BadInputError
from spotting_core.jobs.queue import JobQueue
from spotting_core.search.saved import SavedSearches
from spotting_core.store.database import Database, open_engine
from spotting_core.store.reviews import Reviews
from spotting_core.store.selections import Selections
from spotting_core.store.tables import Base, MatchRow
from tests.conftest import REPOSITORY
from tests.databases import postgresql, postgresql_programs
from tests.spotting_core.conftest import MATCH

# Alembic's context belongs to the process, so that processes, not threads, have to meet here.
# Each waits before every step, so that whoever does not hold the others off is caught between two.
OPEN = """
import sys, time
from alembic.runtime.migration import HeadMaintainer
from spotting_core.store.database import Database
take = HeadMaintainer.update_to_step
def slowly(self, step):
    time.sleep(0.1)
    take(self, step)
HeadMaintainer.update_to_step = slowly
print("here", flush=True)
sys.stdin.readline()
Database(sys.argv[1])
"""


def open_at_once(url: str, processes: int = 3) -> list[str]:
    """Errors of so many processes that all open a database at the same moment."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, url],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate()[1] for process in started if process.wait() != 0]


def assert_newest(url: str) -> None:
    engine = create_engine(url)
    assert set(Base.metadata.tables) <= set(inspect(engine).get_table_names())
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1


def test_processes_that_open_a_fresh_database_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'fresh.db'}"
    assert open_at_once(url) == []
    assert_newest(url)


def test_connections_that_turn_the_log_on_at_once(tmp_path: Path) -> None:
    for turn in range(150):  # without the cure one turn in thirty fails
        failed = connect_at_once(f"sqlite:///{tmp_path / f'{turn}.db'}")
        assert failed == []


def connect_at_once(url: str, connections: int = 8) -> list[str]:
    """Errors of so many threads that all connect, by an engine each, at the same moment."""
    ready, failed = threading.Barrier(connections), []

    def connect() -> None:
        engine = open_engine(url)
        ready.wait()
        try:
            with engine.begin() as connection:
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        except Exception as error:  # whatever it is, it belongs to the list that the test compares
            failed.append(repr(error))
        engine.dispose()

    threads = [threading.Thread(target=connect) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failed


@pytest.mark.skipif(postgresql_programs() is None, reason="needs Debian's PostgreSQL")
def test_processes_that_open_a_fresh_postgresql_at_once() -> None:
    with postgresql() as url:
        assert open_at_once(url) == []
        assert_newest(url)


# --- reading and writing ------------------------------------------------------------------------------------


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    rows: list[list[str]] = []
    with database.session() as session:
        session.add(MatchRow(id="new", path="/b", title="C v D"))
        session.flush()  # the writer holds the lock
        thread = threading.Thread(target=lambda: rows.append(titles(database)), daemon=True)
        thread.start()
        thread.join(5)
        assert rows == [["A v B"]]  # what was there before the writer began
    assert titles(database) == ["A v B", "C v D"]


def titles(database: Database) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(select(MatchRow.title).order_by(MatchRow.title)))


def test_every_store_reads_without_waiting(database: Database) -> None:
    reads = [
        lambda: JobQueue(database).all_live(),
        lambda: JobQueue(database).latest("a"),
        lambda: JobQueue(database).take(["analysis"]),
        lambda: JobQueue(database).recover(["analysis"]),
        lambda: Reviews(database).of_match(MATCH),
        lambda: Reviews(database).history("s"),
        lambda: Selections(database).named(MATCH),
        lambda: Selections(database).get("s"),
        lambda: SavedSearches(database).all(),
    ]
    done: list[int] = []
    with database.session() as session:
        session.execute(update(MatchRow).values(title="E v F"))
        for number, read in enumerate(reads):
            thread = threading.Thread(target=lambda n=number, r=read: (r(), done.append(n)), daemon=True)
            thread.start()
            thread.join(5)
        assert done == list(range(len(reads)))


def test_nothing_is_written_where_only_reading_was_asked_for(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"), database.reading() as session:
        session.execute(update(MatchRow).values(title="E v F"))
    with database.session() as session:  # on the same connection
        session.execute(update(MatchRow).values(title="G v H"))
    assert titles(database) == ["G v H"]


def test_a_database_that_nothing_here_can_speak_with_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(BadInputError, match=r"psycopg is not installed.*touchline\[postgresql\]"):
        open_engine("postgresql+psycopg://touchline@/postgres")
