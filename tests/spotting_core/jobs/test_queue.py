"""The job queue, on SQLite and on PostgreSQL, and how SQLite is opened."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text, update

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.jobs.queue import (
    CANCELLED,
    DONE,
    FAILED,
    QUEUED,
    RUNNING,
    Job,
    JobQueue,
)
from spotting_core.store import tables
from spotting_core.store.database import Database, open_database
from spotting_core.store.moment import moment
from spotting_core.store.tables import JobRow, MatchRow
from tests.spotting_core.conftest import MATCH

KINDS = ("analysis",)


@pytest.fixture
def queue(database: Database) -> JobQueue:
    return JobQueue(database)


def change(database: Database, job_id: str, **values: object) -> None:
    with database.session() as session:
        session.execute(
            update(JobRow).where(JobRow.id == job_id).values(**values),
            execution_options={"synchronize_session": False},
        )


def lapse(database: Database, job_id: str) -> None:
    """Let a running job's lease run out, as if its worker had died."""
    change(database, job_id, lease=moment(-timedelta(seconds=1)))


def taken(queue: JobQueue) -> Job:
    job = queue.take(KINDS)
    assert job is not None
    return job


def state_of(queue: JobQueue, job: Job) -> str:
    current = queue.get(job.id)
    assert current is not None
    return current.state


# --- asking and doing -----------------------------------------------------------------------------------


def test_the_same_work_is_queued_once(queue: JobQueue) -> None:
    first, again = queue.submit("analysis", "a", {"x": 1}), queue.submit("analysis", "a", {"x": 2})
    assert first.id == again.id
    assert again.parameters == {"x": 1}
    queue.finish(taken(queue), DONE)
    assert queue.submit("analysis", "a", {}).id != first.id


def test_many_at_once_make_one_job(queue: JobQueue) -> None:
    ids: list[str] = []
    threads = [threading.Thread(target=lambda: ids.append(queue.submit("analysis", "a", {}).id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_the_newest_job_of_every_match_is_known_at_once(queue: JobQueue, database: Database) -> None:
    with database.session() as session:
        session.add(MatchRow(id="n", path="/n", title="C v D"))
    queue.submit("clips", "c", {}, match_id=MATCH)
    queue.submit("analysis", "none", {})
    old = queue.submit("analysis", "a", {}, match_id=MATCH)
    between = queue.submit("analysis", "n", {}, match_id="n")
    new = queue.submit("analysis", "b", {}, match_id=MATCH)
    queue.submit("clips", "d", {}, match_id="n")
    assert queue.newest("analysis") == {MATCH: queue.get(new.id), "n": queue.get(between.id)}
    assert queue.newest("analysis")[MATCH].ahead == 4
    assert old.id != new.id


def test_jobs_are_taken_in_order_and_tell_their_place(queue: JobQueue) -> None:
    jobs = [queue.submit("analysis", k, {}) for k in "abc"]
    assert [j.ahead for j in jobs] == [0, 1, 2]
    assert [queue.get(j.id).ahead for j in jobs] == [0, 1, 2]  # type: ignore[union-attr]
    assert [taken(queue).key for _ in range(3)] == ["a", "b", "c"]
    assert [queue.get(j.id).ahead for j in jobs] == [0, 0, 0]  # type: ignore[union-attr]
    assert queue.take(KINDS) is None
    assert [j.state for j in queue.all_live()] == [RUNNING] * 3


def test_what_runs_comes_before_what_waits_longer(queue: JobQueue) -> None:
    waiting, other, running = (
        queue.submit("clips", "c", {}),
        queue.submit("clips", "d", {}),
        queue.submit(*KINDS, "a", {}),
    )
    taken(queue)
    assert [(j.id, j.ahead) for j in queue.all_live()] == [(running.id, 0), (waiting.id, 0), (other.id, 1)]


@pytest.mark.parametrize("match", [MATCH, None], ids=["of a match", "of none"])
def test_work_that_ends_while_it_is_asked_for_again_is_queued_again(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch, match: str | None
) -> None:
    first = queue.submit("analysis", "a", {"x": 1}, match_id=match)

    def ends(key: str) -> None:
        queue.finish(taken(queue), DONE)

    monkeypatch.setattr(queue, "live", ends)
    second = queue.submit("analysis", "a", {"x": 2}, title="Again", match_id=match)
    assert second.id != first.id
    fields = (second.kind, second.key, second.parameters, second.title, second.match_id, second.state)
    assert fields == ("analysis", "a", {"x": 2}, "Again", match, QUEUED)


def test_work_that_is_gone_once_it_is_queued_was_queued_all_the_same(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its match is removed at this moment."""
    monkeypatch.setattr(queue, "get", lambda _job_id: None)
    job = queue.submit("analysis", "a", {})
    assert (job.kind, job.key, job.state, job.ahead) == ("analysis", "a", QUEUED, 0)


def test_what_people_ask_for_comes_before_what_nobody_asked_for(queue: JobQueue) -> None:
    own = queue.submit("analysis", "own", {}, resource="long", own_accord=True)
    assert not queue.pushed_aside(own)
    first = taken(queue)
    assert (first.id, first.own_accord) == (own.id, True)
    asked = queue.submit("explanation", "asked", {}, resource="short")  # of another worker, but of the same machine
    assert queue.pushed_aside(first)
    assert queue.release(first)
    assert queue.take(KINDS) is None  # until what was asked for has ended
    later = queue.submit("analysis", "later", {}, resource="long")
    assert [(j.key, j.ahead) for j in queue.all_live()] == [("asked", 0), ("later", 0), ("own", 1)]
    assert [queue.get(j.id).ahead for j in (asked, later, own)] == [0, 0, 1]  # type: ignore[union-attr]
    assert [queue.live("own").ahead, queue.latest("own").ahead] == [1, 1]  # type: ignore[union-attr]
    queue.cancel(asked.id)
    second = taken(queue)
    assert (second.key, queue.pushed_aside(second)) == ("later", False)
    queue.finish(second, DONE)
    assert taken(queue).id == own.id


def test_a_running_job_says_that_it_is_being_cancelled(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    running = taken(queue)
    queue.cancel(job.id)
    assert [queue.get(job.id).cancelling, queue.all_live()[0].cancelling] == [True, True]  # type: ignore[union-attr]
    queue.finish(running, CANCELLED)
    assert not queue.get(job.id).cancelling  # type: ignore[union-attr]


def test_a_worker_takes_only_its_kinds(queue: JobQueue) -> None:
    queue.submit("explanation", "e", {})
    assert queue.take(KINDS) is None
    assert queue.take(("explanation",)) is not None


def test_progress_and_cancel(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    mine = taken(queue)
    assert queue.report(mine, 0.25, "Reading", 6.0, 12.0)
    current = queue.get(job.id)
    assert current is not None
    assert (current.progress, current.stage, current.speed, current.remaining) == (0.25, "Reading", 6.0, 12.0)
    assert queue.report(mine)  # a sign of life changes nothing else
    assert queue.get(job.id).progress == 0.25  # type: ignore[union-attr]
    queue.cancel(job.id)
    assert not queue.report(mine, 0.3, "Reading")
    assert queue.finish(mine, CANCELLED)
    assert state_of(queue, job) == CANCELLED
    assert queue.get(job.id).progress == 0.3  # type: ignore[union-attr]  # as far as it came


def test_what_is_done_is_done_whole_and_lives_no_more(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    assert job.live
    mine = taken(queue)
    assert queue.get(job.id).live  # type: ignore[union-attr]
    queue.report(mine, 0.9)
    queue.finish(mine, DONE)
    done = queue.get(job.id)
    assert done is not None
    assert (done.progress, done.live) == (1.0, False)


def test_what_is_not_there_or_has_ended_is_not_cancelled(queue: JobQueue, database: Database) -> None:
    queue.cancel("nobody")
    job = queue.submit("analysis", "a", {})
    queue.finish(taken(queue), DONE)
    queue.cancel(job.id)
    assert state_of(queue, job) == DONE
    with database.reading() as session:
        assert not session.scalar(text("SELECT cancel FROM job"))


def test_a_queued_job_is_cancelled_at_once(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    queue.cancel(job.id)
    assert state_of(queue, job) == CANCELLED
    assert queue.take(KINDS) is None


# --- workers that die -----------------------------------------------------------------------------------


def test_a_job_whose_worker_died_is_tried_once_more_then_failed(queue: JobQueue, database: Database) -> None:
    job = queue.submit("analysis", "a", {})
    taken(queue)
    assert queue.recover(KINDS) == []  # its lease still holds
    lapse(database, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [QUEUED]
    assert queue.get(job.id).ended is None  # type: ignore[union-attr]
    queue.report(taken(queue), 0.4, "Finding entities")
    lapse(database, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [FAILED]
    current = queue.get(job.id)
    assert current is not None
    assert current.ended is not None
    assert (
        current.error
        == "The worker died twice; its last words were “Finding entities”. See worker.log in the data directory."
    )


def test_a_cancelled_job_whose_worker_died_stays_cancelled(queue: JobQueue, database: Database) -> None:
    job = queue.submit("analysis", "a", {})
    taken(queue)
    queue.cancel(job.id)
    lapse(database, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [CANCELLED]


def test_a_released_job_does_not_count_as_tried(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    for _ in range(4):
        assert queue.release(taken(queue))
    assert queue.get(job.id).attempts == 0  # type: ignore[union-attr]


def test_late_words_of_a_dead_worker_change_nothing(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    mine = taken(queue)
    assert queue.finish(mine, DONE)
    assert not queue.finish(mine, FAILED, "late")
    assert not queue.report(mine, 0.5, "late")
    assert state_of(queue, job) == DONE


@pytest.mark.parametrize("again", [False, True], ids=["queued", "taken again"])
def test_a_worker_that_was_thought_dead_cannot_speak_for_the_next(
    queue: JobQueue, database: Database, again: bool
) -> None:
    job = queue.submit("analysis", "a", {})
    stale = taken(queue)
    lapse(database, job.id)
    queue.recover(KINDS)
    other = taken(queue) if again else None
    before = queue.get(job.id)
    assert not queue.report(stale, 0.9, "Nearly there")
    assert not queue.finish(stale, FAILED, "The video is gone.")
    assert not queue.release(stale)
    assert queue.get(job.id) == before
    if other is not None:
        assert queue.report(other, 0.1, "Reading")
        assert queue.finish(other, DONE)


def test_who_has_not_taken_a_job_cannot_speak_for_it(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    taken(queue)
    current = queue.get(job.id)
    assert current is not None
    assert not queue.report(current)
    assert not queue.finish(current, DONE)


def test_work_for_a_match_that_was_removed_is_refused(queue: JobQueue) -> None:
    with pytest.raises(BadInputError, match="this match is no longer in the library"):
        queue.submit("analysis", "a", {}, match_id="gone")


# --- clocks ---------------------------------------------------------------------------------------------


class _Ahead(datetime):
    """A clock that is an hour ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime.now(tz) + timedelta(hours=1)


def test_a_worker_whose_clock_is_ahead_takes_no_job_from_one_that_lives(
    queue: JobQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue.submit("analysis", "a", {})
    taken(queue)
    monkeypatch.setattr(tables, "datetime", _Ahead)
    assert queue.recover(KINDS) == []


def test_a_clock_that_was_set_back_leaves_no_job_running_for_ever(queue: JobQueue, database: Database) -> None:
    job = queue.submit("analysis", "a", {})
    mine = taken(queue)
    change(database, job.id, lease=moment(timedelta(hours=5)))  # given before the clock was set back
    assert queue.recover(KINDS) == []  # its worker may live: it gets the time of a lease to say so
    with database.reading() as session:
        held = session.scalar(text("SELECT lease FROM job"))
        ends = datetime.fromisoformat(str(held)).replace(tzinfo=None)
        now = datetime.fromisoformat(str(session.scalar(moment().select()))).replace(tzinfo=None)
    assert timedelta(seconds=5) < ends - now <= timedelta(seconds=10)
    assert queue.report(mine)
    lapse(database, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [QUEUED]


def test_the_last_job_is_the_newest_though_the_clock_was_set_back(queue: JobQueue, database: Database) -> None:
    old = queue.submit("analysis", "a", {}, match_id=MATCH)
    change(database, old.id, made=moment(timedelta(hours=5)), state=FAILED)
    new = queue.submit("analysis", "a", {}, match_id=MATCH)
    before = queue.get(old.id)
    assert before is not None
    assert new.made == before.made + timedelta(microseconds=1)
    assert [queue.latest("a"), queue.recent(MATCH, "analysis")] == [queue.get(new.id)] * 2
    other = queue.submit("analysis", "b", {})
    assert [j.id for j in queue.all_live()] == [new.id, other.id]  # in the order in which they were asked for


def test_a_job_that_nobody_does_ends_though_the_clock_was_set_back(queue: JobQueue, database: Database) -> None:
    job = queue.submit("of another version", "a", {})
    assert queue.take(["of another version"]) is not None
    change(database, job.id, lease=moment(timedelta(hours=5)))
    assert queue.refuse_unknown(KINDS)
    ended = queue.get(job.id)
    assert ended is not None
    assert ended.state == FAILED


# --- what is kept ---------------------------------------------------------------------------------------


def ended_job(queue: JobQueue, key: str, kind: str = "analysis", match: str | None = MATCH) -> Job:
    queue.submit(kind, key, {}, match_id=match)
    job = queue.take([kind])
    assert job is not None
    queue.finish(job, DONE)
    return job


def test_old_jobs_are_cleared_and_live_ones_never(queue: JobQueue, database: Database) -> None:
    old, kept, export, live = (
        ended_job(queue, "old"),
        ended_job(queue, "kept"),
        ended_job(queue, "export", "clips"),
        queue.submit("analysis", "live", {}),
    )
    for job in (old, export):
        change(database, job.id, ended=moment(-timedelta(days=30, minutes=1)))
    change(database, kept.id, ended=moment(-timedelta(days=30, minutes=-1)))
    change(database, live.id, made=moment(-timedelta(days=60)))
    assert queue.clear(spared=["clips"]) == 1
    assert queue.get(old.id) is None
    assert all(queue.get(j.id) is not None for j in (kept, export, live))
    assert queue.clear() == 1
    assert queue.get(export.id) is None


def test_of_a_match_the_newest_jobs_of_a_kind_are_kept(queue: JobQueue, database: Database) -> None:
    with database.session() as session:
        for number in range(203):
            session.add(
                JobRow(
                    id=f"{number:032}",
                    kind="explanation",
                    key=f"e{number}",
                    match_id=MATCH,
                    state=DONE,
                    ended=moment(timedelta(seconds=number - 1000)),
                )
            )
    others = [ended_job(queue, "a"), ended_job(queue, "b", "explanation", match=None)]
    assert queue.clear() == 3
    assert [queue.get(f"{n:032}") is None for n in range(5)] == [True, True, True, False, False]
    assert all(queue.get(j.id) is not None for j in others)
    assert queue.clear() == 0


def test_jobs_that_nobody_knows_fail_in_words(queue: JobQueue, database: Database) -> None:
    known, foreign, running = (queue.submit(kind, kind, {}) for kind in ("analysis", "séance", "dance"))
    queue.take(["dance"])
    assert queue.refuse_unknown(KINDS)
    assert [state_of(queue, j) for j in (known, foreign, running)] == [QUEUED, FAILED, RUNNING]
    job = queue.get(foreign.id)
    assert job is not None
    assert job.error == "this Touchline has no such kind of job. Ask for what you want again."
    lapse(database, running.id)
    assert queue.refuse_unknown(KINDS)
    assert not queue.refuse_unknown(KINDS)


QUERIES: dict[str, Callable[[JobQueue], object]] = {
    "live": lambda queue: queue.live("a"),
    "latest": lambda queue: queue.latest("a"),
    "recent": lambda queue: queue.recent(MATCH, "analysis"),
    "of_match": lambda queue: queue.of_match(None, "analysis", 6),
    "all_live": lambda queue: queue.all_live(KINDS),
    "take": lambda queue: queue.take(KINDS),
}


@pytest.mark.parametrize("name", list(QUERIES))
def test_what_views_and_workers_ask_often_is_found_by_an_index(data: DataDirectory, name: str) -> None:
    database = open_database(data)
    statements: list[tuple[str, Any]] = []
    event.listen(
        database.engine,
        "before_cursor_execute",
        lambda _c, _cursor, statement, parameters, *_: statements.append((statement, parameters)),
    )
    QUERIES[name](JobQueue(database))
    [(statement, parameters)] = [s for s in statements if s[0].startswith("SELECT")]
    with database.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    steps = [row[-1] for row in plan]
    assert any(line.startswith("SEARCH job USING INDEX") for line in steps), steps
    if name in ("latest", "recent", "take"):
        assert statement.splitlines()[-1].strip() == "LIMIT ? OFFSET ?"
        assert parameters[-2:] == (1, 0)
    if name not in ("all_live", "take"):  # they are few, and sorted by whether they run
        assert not any("TEMP B-TREE" in line for line in steps), steps


# --- the database ---------------------------------------------------------------------------------------


def test_sqlite_runs_with_a_write_ahead_log(data: DataDirectory) -> None:
    with open_database(data).reading() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "0013"


def test_opening_twice_migrates_once(data: DataDirectory) -> None:
    data.ensure()
    Database(data.database_url)
    queue = JobQueue(Database(data.database_url))
    queue.submit("analysis", "a", {})
    assert JobQueue(Database(data.database_url)).live("a") is not None


def test_a_data_directory_that_cannot_be_written_says_so(tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInputError, match="data directory cannot be written"):
        DataDirectory(tmp_path / "file" / "data").ensure()


def test_live_jobs_are_those_of_the_kinds_that_are_asked_for(queue: JobQueue) -> None:
    clips, analysis = queue.submit("clips", "c", {}), queue.submit("analysis", "a", {})
    assert [job.id for job in queue.all_live(["clips"])] == [clips.id]
    assert [job.id for job in queue.all_live(["analysis", "figures"])] == [analysis.id]
    assert queue.all_live([]) == []


def test_what_runs_stands_before_what_waits_though_nobody_asked_for_it(queue: JobQueue) -> None:
    own = queue.submit("analysis", "own", {}, own_accord=True)
    taken(queue)
    waiting = queue.submit("analysis", "w", {})
    assert [job.id for job in queue.all_live()] == [own.id, waiting.id]


def test_the_newest_job_of_a_match_says_what_is_done_before_it(queue: JobQueue) -> None:
    first = queue.submit("analysis", "a", {}, match_id=MATCH)
    second = queue.submit("analysis", "b", {}, match_id=MATCH)
    newest = queue.recent(MATCH, "analysis")
    assert newest is not None
    assert (newest.id, newest.ahead) == (second.id, 1)
    assert [(job.id, job.ahead) for job in queue.of_match(MATCH, "analysis", 5)] == [(second.id, 1), (first.id, 0)]
