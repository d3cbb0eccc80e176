"""A worker in the test's own process: what it makes of jobs that end badly, and of a queue that it cannot reach."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.jobs.kind import SHORT, Context, JobKind, Kinds, Parameters
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, KEPT_FOR, QUEUED, RUNNING, Job, JobQueue
from spotting_core.jobs.worker import Heartbeat, Worker, _InterruptedJob
from spotting_core.store.database import open_database
from spotting_core.store.moment import moment
from spotting_core.store.tables import JobRow


class TrialParameters(Parameters, frozen=True):
    name: str = ""


class TrialJob(JobKind[TrialParameters]):
    """Does what the test wants done."""

    name: ClassVar[str] = "trial"
    resource: ClassVar[str] = SHORT
    parameters_type = TrialParameters

    def __init__(self, does: Callable[[Context], None]) -> None:
        self.does = does

    def key(self, parameters: TrialParameters) -> str:
        return f"{self.name}/{parameters.name}"

    def title(self, parameters: TrialParameters) -> str:
        return parameters.name

    def leaves(self, parameters: TrialParameters, data: DataDirectory) -> tuple[Path, ...]:
        return ()

    def perform(self, parameters: TrialParameters, context: Context) -> Path | None:
        self.does(context)
        return None


class OwnJob(TrialJob):
    """One that nobody asks for."""

    name: ClassVar[str] = "own"
    own_accord: ClassVar[bool] = True


class AskedJob(TrialJob):
    """Another one that somebody does."""

    name: ClassVar[str] = "asked"


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


def worked(queue: JobQueue, data: DataDirectory, does: Callable[[Context], None]) -> Job:
    """A job after a worker has taken its turn at it."""
    kind = TrialJob(does)
    job = kind.ask(queue, TrialParameters())
    assert Worker(data, Kinds(kind), SHORT, os.getppid()).step()
    current = queue.get(job.id)
    assert current is not None
    return current


def raising(error: BaseException) -> Callable[[Context], None]:
    def does(_context: Context) -> None:
        raise error

    return does


def change(data: DataDirectory, **values: Any) -> None:
    with open_database(data).session() as session:
        session.execute(update(JobRow).values(**values), execution_options={"synchronize_session": False})


@pytest.mark.parametrize(
    ("error", "state", "message"),
    [
        (BadInputError("this is no video", where="a.mp4"), FAILED, "a.mp4: this is no video."),
        (KeyError("half"), FAILED, "An unforeseen error: KeyError: 'half'."),
        (MemoryError(), FAILED, "there is not enough memory for this."),
        (CancelledError("it was cancelled"), CANCELLED, None),
    ],
    ids=["said", "unforeseen", "machine", "cancelled"],
)
def test_a_job_that_fails_says_why(
    queue: JobQueue, data: DataDirectory, error: Exception, state: str, message: str | None
) -> None:
    job = worked(queue, data, raising(error))
    assert job.state == state
    assert job.error is None if message is None else (job.error or "").startswith(message)


def test_a_job_of_another_version_fails_and_the_next_is_done(queue: JobQueue, data: DataDirectory) -> None:
    foreign = queue.submit("trial", "trial/other", {"title": 5})
    unknown = queue.submit("séance", "s", {})
    kind = TrialJob(lambda _: None)
    job = kind.ask(queue, TrialParameters())
    worker = Worker(data, Kinds(kind), SHORT, os.getppid())
    assert [worker.step() for _ in range(3)] == [True, True, False]
    states = {j.id: j for j in map(queue.get, (foreign.id, unknown.id, job.id)) if j is not None}
    assert [states[j.id].state for j in (foreign, unknown, job)] == [FAILED, FAILED, DONE]
    assert "another version of Touchline has asked for this" in str(states[foreign.id].error)
    assert "no such kind of job" in str(states[unknown.id].error)


def test_a_worker_clears_what_ended_long_ago(queue: JobQueue, data: DataDirectory) -> None:
    old = worked(queue, data, lambda _: None)
    change(data, ended=moment(-KEPT_FOR - timedelta(minutes=1)))
    worker = Worker(data, Kinds(TrialJob(lambda _: None)), SHORT, os.getppid())
    assert not worker.step()
    assert queue.get(old.id) is None


def test_what_nobody_asked_for_makes_way_at_once_and_goes_on_later(queue: JobQueue, data: DataDirectory) -> None:
    done: list[str] = []

    def endless(context: Context) -> None:
        AskedJob(lambda _: done.append("asked")).ask(queue, TrialParameters("asked"))
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert context.report(0.1, "Reading")
            time.sleep(0.02)

    own = OwnJob(endless)
    job = own.ask(queue, TrialParameters("own"))
    kinds = Kinds(own, AskedJob(lambda _: done.append("asked")))
    worker, began = Worker(data, kinds, SHORT, os.getppid()), time.monotonic()
    assert worker.step()
    assert time.monotonic() - began < 10
    aside = queue.get(job.id)
    assert aside is not None
    assert (aside.state, aside.attempts, aside.ahead) == (QUEUED, 0, 1)
    assert worker.step()
    assert done == ["asked"]
    own.does = lambda _: done.append("own")
    assert worker.step()
    assert done == ["asked", "own"]


def test_a_worker_that_was_thought_dead_is_told_so_and_changes_nothing(
    queue: JobQueue, data: DataDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    answers: list[bool] = []

    def slow(context: Context) -> None:
        change(data, lease=moment(-timedelta(seconds=1)))  # it was silent for too long
        queue.recover(["trial"])
        other = queue.take(["trial"])
        assert other is not None
        answers.append(context.report(None, "Reading"))

    job = worked(queue, data, slow)
    assert answers == [False]
    assert (job.state, job.stage, job.attempts) == (RUNNING, "", 2)
    assert "is another worker's by now" in caplog.text


# --- a queue that cannot be reached -----------------------------------------------------------------------


class _Unreachable(JobQueue):
    """A queue to which nothing can be reported."""

    def report(self, *_: Any, **__: Any) -> bool:
        raise OperationalError("UPDATE job", {}, Exception("disk I/O error"))


def taken(queue: JobQueue, data: DataDirectory) -> Job:
    TrialJob(lambda _: None).ask(queue, TrialParameters())
    job = queue.take(["trial"])
    assert job is not None
    return job


def test_a_heartbeat_that_fails_is_logged_and_goes_on(
    queue: JobQueue, data: DataDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    with Heartbeat(_Unreachable(open_database(data)), taken(queue, data), every=0.02) as beat:
        time.sleep(0.2)
        assert beat.is_alive()
        assert beat.report(0.5, "Reading", None, None)  # the lease has not lapsed yet
    assert caplog.text.count("could not be reported") > 3
    assert "disk I/O error" in caplog.text


def test_a_job_that_cannot_be_reported_for_a_lease_is_stopped(
    queue: JobQueue, data: DataDirectory, caplog: pytest.LogCaptureFixture
) -> None:
    beat = Heartbeat(_Unreachable(open_database(data)), taken(queue, data), every=0.02, lasts=0.1)
    with caplog.at_level(logging.CRITICAL), beat:
        time.sleep(0.3)
        with pytest.raises(_InterruptedJob):
            beat.report(0.5, "Reading", None, None)


def test_a_stopped_job_goes_back_to_the_queue_when_that_can_be_reached_again(
    queue: JobQueue, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(JobQueue, "report", _Unreachable.report)
    monkeypatch.setattr(Heartbeat.__init__, "__defaults__", (0.02, 0.1))

    def endless(context: Context) -> None:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            assert context.report(0.1, "Reading")
            time.sleep(0.05)

    job = worked(queue, data, endless)
    assert (job.state, job.attempts) == (QUEUED, 0)


def test_a_worker_outlives_a_queue_that_it_cannot_reach(
    queue: JobQueue, data: DataDirectory, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    done: list[str] = []
    worker = Worker(data, Kinds(TrialJob(lambda _: done.append("it"))), SHORT, os.getppid())
    take, failures = JobQueue.take, iter([True, True])

    def sometimes(self: JobQueue, kinds: Any) -> Job | None:
        if next(failures, False):
            raise OperationalError("SELECT", {}, Exception("database is locked"))
        job = take(self, kinds)
        if job is not None:
            worker.stop()
        return job

    monkeypatch.setattr(JobQueue, "take", sometimes)
    TrialJob(lambda _: None).ask(queue, TrialParameters())
    worker.run()
    assert caplog.text.count("the queue cannot be reached") == 2
    assert done == ["it"]
