"""Opening the database: the schema is made once, however many processes open it at the same moment."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect, text

from spotting_core.store.database import open_engine
from spotting_core.store.tables import Base
from tests.conftest import REPOSITORY
from tests.databases import postgresql, postgresql_programs

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
