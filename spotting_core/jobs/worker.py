"""A worker: a process of its own that takes jobs from the queue until its parent is gone.

    python -m spotting_core.jobs.worker --parent PID --resource long --modules spotting_core.jobs.analysis

A job that fails does not end the worker, and a worker that dies does not lose the job: its lease lapses and
another worker takes it (``spotting_core.jobs.queue``).
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
import threading
import time
from logging.handlers import RotatingFileHandler

from sqlalchemy.exc import SQLAlchemyError

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError, TouchlineError, machine_error
from spotting_core.jobs.kind import RESOURCES, Context, Kinds, kinds_of
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, LEASE, Job, JobQueue
from spotting_core.store.database import open_database
from spotting_core.store.health import is_damage

log = logging.getLogger("spotting_core.jobs.worker")  # also where it is run by that name

_IDLE = 0.3  # seconds between looks at an empty queue
_BEAT = 2.0  # seconds between signs of life
_QUICK_BEAT = 0.3  # of what has to make way for what somebody asks for
_REPORT = 0.5  # least seconds between two written reports of progress
HOPELESS = 4
"""Exit code of a worker whose queue is damaged: another one would find the same."""

_CLEARING = 3600.0  # seconds between clearings of what has ended long ago


class Worker:
    """Takes the jobs that need a resource, one at a time.

    Arguments:
        kinds: all that there are, for a job may ask for others.
        parent: process without which the worker ends.
    """

    def __init__(self, data: DataDirectory, kinds: Kinds, resource: str, parent: int) -> None:
        self._data, self._kinds, self._parent = data, kinds, parent
        self._names = kinds.that_need(resource)
        self._queue = JobQueue(open_database(data))
        self._stopping = threading.Event()
        self._cleared: float | None = None

    def stop(self) -> None:
        """End after the present batch; the job in hand goes back to the queue."""
        self._stopping.set()

    def orphaned(self) -> bool:
        """Whether the process that started this one is gone."""
        return os.getppid() != self._parent

    def run(self) -> None:
        """Work until stopped or orphaned.

        Errors:
            SQLAlchemyError: the queue is damaged.
        """
        while not self._stopping.is_set() and not self.orphaned():
            try:
                worked = self.step()
            except SQLAlchemyError as error:
                if is_damage(error):
                    raise
                log.error("the queue cannot be reached: %s", error)
                worked = False
            if not worked:
                self._stopping.wait(_IDLE)

    def step(self) -> bool:
        """Do the next job, if there is one; whether there was."""
        self._clear()
        self._queue.recover(self._names)
        job = self._queue.take(self._names)
        if job is None:
            return False
        self._do(job)
        return True

    def _clear(self) -> None:
        """Now and then, take leave of jobs that ended long ago, and of those that nobody does."""
        if self._cleared is not None and time.monotonic() - self._cleared < _CLEARING:
            return
        self._cleared = time.monotonic()
        self._queue.refuse_unknown(self._kinds)
        if gone := self._queue.clear(spared=self._kinds.lasting):
            log.info("%d jobs that ended long ago were cleared", gone)

    def _do(self, job: Job) -> None:
        log.info("job %s: %s %s", job.id, job.kind, job.title)
        with Heartbeat(self._queue, job, _QUICK_BEAT if job.own_accord else _BEAT) as beat:

            def report(
                progress: float | None, stage: str | None, speed: float | None = None, remaining: float | None = None
            ) -> bool:
                if self._stopping.is_set() or self.orphaned():
                    raise _InterruptedJob
                return beat.report(progress, stage, speed, remaining)

            try:
                self._kinds.perform(job, Context(self._data, report), self._queue)
            except _InterruptedJob:
                self._queue.release(job)
            except CancelledError:
                self._end(job, CANCELLED)
            except TouchlineError as error:
                self._end(job, FAILED, str(error))
            except Exception as error:
                log.exception("job %s failed", job.id)
                message = machine_error(error) or f"An unforeseen error: {type(error).__name__}: {error}."
                self._end(job, FAILED, str(message))
            else:
                self._end(job, DONE)

    def _end(self, job: Job, state: str, error: str | None = None) -> None:
        if not self._queue.finish(job, state, error):
            log.warning("job %s is another worker's by now; that it is %s here was not told", job.id, state)


class _InterruptedJob(BaseException):
    """The worker is to end or to do something else, or can no longer say that it lives; the job is not cancelled."""


class Heartbeat(threading.Thread):
    """Signs of life while a job computes without reporting; also learns that the job was cancelled or is pushed aside.

    One that cannot be given is logged. When none could be for as long as a lease lasts, another worker may have the
    job, and it is stopped here.
    """

    def __init__(self, queue: JobQueue, job: Job, every: float = _BEAT, lasts: float = LEASE.total_seconds()) -> None:
        super().__init__(daemon=True)
        self._queue, self._job, self._every, self._lasts = queue, job, every, lasts
        self._done = threading.Event()
        self._wanted, self._lost, self._aside = True, False, False
        self._heard = time.monotonic()  # when the queue last took a sign of life
        self._reported = 0.0  # when progress was last written

    def report(self, progress: float | None, stage: str | None, speed: float | None, remaining: float | None) -> bool:
        """Tell how far the job is, not too often; False if it should stop.

        Errors:
            _InterruptedJob: nothing could be told for as long as a lease lasts, or the job is pushed aside.
        """
        moment = time.monotonic()
        if progress is None or moment - self._reported >= _REPORT:
            self._reported = moment
            self._beat(progress, stage, speed, remaining)
        if self._lost or self._aside:
            raise _InterruptedJob
        return self._wanted

    def run(self) -> None:
        while not self._done.wait(self._every):
            self._beat()

    def _beat(
        self,
        progress: float | None = None,
        stage: str | None = None,
        speed: float | None = None,
        remaining: float | None = None,
    ) -> None:
        try:
            self._wanted = self._queue.report(self._job, progress, stage, speed, remaining)
            self._heard = time.monotonic()
            self._aside = self._aside or self._queue.pushed_aside(self._job)
        except SQLAlchemyError as error:
            silent = time.monotonic() - self._heard
            self._lost = self._lost or silent >= self._lasts
            log.error("job %s could not be reported for %.0f s: %s", self._job.id, silent, error)

    def __enter__(self) -> Heartbeat:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join()


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes jobs from the queue until its parent is gone.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--resource", choices=RESOURCES, required=True)
    parser.add_argument("--modules", required=True, help="that define the kinds of job, with commas between them")
    options = parser.parse_args()
    data = DataDirectory.default().ensure()
    handler = RotatingFileHandler(data.root / "worker.log", maxBytes=1_000_000, backupCount=2)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    )
    try:
        worker = Worker(data, kinds_of(*options.modules.split(",")), options.resource, options.parent)
        signal.signal(signal.SIGTERM, lambda *_: worker.stop())
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C goes to the server, which stops us
        worker.run()
    except (SQLAlchemyError, BadInputError) as error:
        if not is_damage(error):
            raise
        log.critical("the queue is damaged, and this worker ends: %s", error)
        sys.exit(HOPELESS)


if __name__ == "__main__":
    main()
