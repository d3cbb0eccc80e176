"""The job queue and the store under it."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import text, update

from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, QUEUED, RUNNING, JobQueue
from spotting_core.store.database import Database, open_database
from spotting_core.store.tables import JobRow, now

KINDS = ("analysis",)


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


def lapse(data: DataDirectory, job_id: str) -> None:
    """Let a running job's lease run out, as if its worker had died."""
    with open_database(data).session() as session:
        session.execute(update(JobRow).where(JobRow.id == job_id).values(lease=now() - timedelta(seconds=1)))


def test_the_same_work_is_queued_once(queue: JobQueue) -> None:
    first, again = queue.submit("analysis", "a", {"x": 1}), queue.submit("analysis", "a", {"x": 2})
    assert first.id == again.id
    assert again.parameters == {"x": 1}
    taken = queue.take(KINDS)
    assert taken is not None
    queue.finish(taken.id, DONE)
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


def test_jobs_are_taken_in_order_and_tell_their_place(queue: JobQueue) -> None:
    jobs = [queue.submit("analysis", k, {}) for k in "abc"]
    assert [queue.get(j.id).ahead for j in jobs] == [0, 1, 2]  # type: ignore[union-attr]
    assert [queue.take(KINDS).key for _ in range(3)] == ["a", "b", "c"]  # type: ignore[union-attr]
    assert queue.take(KINDS) is None
    assert [j.state for j in queue.all_live()] == [RUNNING] * 3


def test_a_worker_takes_only_its_kinds(queue: JobQueue) -> None:
    queue.submit("explanation", "e", {})
    assert queue.take(KINDS) is None
    assert queue.take(("explanation",)) is not None


def test_progress_and_cancel(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    queue.take(KINDS)
    assert queue.report(job.id, 0.25, "Reading", 6.0, 12.0)
    seen = queue.get(job.id)
    assert seen is not None
    assert (seen.progress, seen.stage, seen.speed, seen.remaining) == (0.25, "Reading", 6.0, 12.0)
    assert queue.report(job.id)  # a sign of life changes nothing else
    assert queue.get(job.id).progress == 0.25  # type: ignore[union-attr]
    queue.cancel(job.id)
    assert not queue.report(job.id, 0.3, "Reading")
    queue.finish(job.id, CANCELLED)
    assert queue.get(job.id).state == CANCELLED  # type: ignore[union-attr]


def test_a_queued_job_is_cancelled_at_once(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    queue.cancel(job.id)
    assert queue.get(job.id).state == CANCELLED  # type: ignore[union-attr]
    assert queue.take(KINDS) is None


def test_a_job_whose_worker_died_is_tried_once_more_then_failed(queue: JobQueue, data: DataDirectory) -> None:
    job = queue.submit("analysis", "a", {})
    queue.take(KINDS)
    assert queue.recover(KINDS) == []  # its lease still holds
    lapse(data, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [QUEUED]
    queue.take(KINDS)
    queue.report(job.id, 0.4, "Finding entities")
    lapse(data, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [FAILED]
    said = queue.get(job.id).error  # type: ignore[union-attr]
    assert (
        said == "The worker died twice; its last words were “Finding entities”. See worker.log in the data directory."
    )


def test_a_cancelled_job_whose_worker_died_stays_cancelled(queue: JobQueue, data: DataDirectory) -> None:
    job = queue.submit("analysis", "a", {})
    queue.take(KINDS)
    queue.cancel(job.id)
    lapse(data, job.id)
    assert [j.state for j in queue.recover(KINDS)] == [CANCELLED]


def test_a_released_job_does_not_count_as_tried(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    for _ in range(4):
        queue.take(KINDS)
        queue.release(job.id)
    assert queue.get(job.id).attempts == 0  # type: ignore[union-attr]


def test_late_words_of_a_dead_worker_change_nothing(queue: JobQueue) -> None:
    job = queue.submit("analysis", "a", {})
    queue.take(KINDS)
    queue.finish(job.id, DONE)
    queue.finish(job.id, FAILED, "late")
    assert not queue.report(job.id, 0.5, "late")
    assert queue.get(job.id).state == DONE  # type: ignore[union-attr]


def test_sqlite_runs_with_a_write_ahead_log(data: DataDirectory) -> None:
    with open_database(data).session() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("SELECT version_num FROM alembic_version")) == "0005"


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
