"""A worker: a process of its own that takes jobs from the queue until its parent is gone.

    python -m app.worker --parent PID --kinds analysis,playback

A job that fails does not end the worker, and a worker that dies does not lose the job: its lease lapses and
another worker takes it (``spotting_core.jobs.queue``).
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from logging.handlers import RotatingFileHandler
from pathlib import Path

from spotting_core.data_directory import DataDirectory
from spotting_core.errors import CancelledError, TouchlineError, machine_error
from spotting_core.jobs.queue import CANCELLED, DONE, FAILED, Job, JobQueue
from spotting_core.store.database import open_database

log = logging.getLogger("app.worker")

_IDLE = 0.3  # seconds between looks at an empty queue
_BEAT = 2.0  # seconds between signs of life
_REPORT = 0.5  # least seconds between two written reports of progress


class Worker:
    """Takes jobs of some kinds, one at a time."""

    def __init__(self, data: DataDirectory, kinds: Sequence[str], parent: int) -> None:
        self._data, self._kinds, self._parent = data, tuple(kinds), parent
        self._queue = JobQueue(open_database(data))
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End after the present batch; the job in hand goes back to the queue when its lease lapses."""
        self._stopping.set()

    def orphaned(self) -> bool:
        """Whether the process that started this one is gone."""
        return os.getppid() != self._parent

    def run(self) -> None:
        """Work until stopped or orphaned."""
        while not self._stopping.is_set() and not self.orphaned():
            self._queue.recover(self._kinds)
            job = self._queue.take(self._kinds)
            if job is None:
                self._stopping.wait(_IDLE)
                continue
            self._do(job)

    def _do(self, job: Job) -> None:
        from app.tasks import perform

        log.info("job %s: %s %s", job.id, job.kind, job.title)
        beat = _Heartbeat(self._queue, job)
        last = [0.0]

        def tell(
            progress: float | None, stage: str, speed: float | None = None, remaining: float | None = None
        ) -> bool:
            if self._stopping.is_set() or self.orphaned():
                raise _Interrupted
            moment = time.monotonic()
            if progress is None or moment - last[0] >= _REPORT:
                last[0] = moment
                beat.wanted = self._queue.report(job, progress, stage, speed, remaining)
            return beat.wanted

        with beat:
            try:
                perform(job, self._data, tell)
            except _Interrupted:
                self._queue.release(job)
                return
            except CancelledError:
                self._queue.finish(job, CANCELLED)
            except TouchlineError as error:
                self._queue.finish(job, FAILED, str(error))
            except Exception as error:
                log.exception("job %s failed", job.id)
                told = machine_error(error) or f"An unforeseen error: {type(error).__name__}: {error}."
                self._queue.finish(job, FAILED, str(told))
            else:
                self._queue.finish(job, DONE)


class _Interrupted(BaseException):
    """The worker itself is told to end; the job is not cancelled."""


class _Heartbeat(threading.Thread):
    """Signs of life while a job computes without reporting; also learns that the job was cancelled."""

    def __init__(self, queue: JobQueue, job: Job) -> None:
        super().__init__(daemon=True)
        self._queue, self._job, self._done = queue, job, threading.Event()
        self.wanted = True

    def run(self) -> None:
        while not self._done.wait(_BEAT):
            self.wanted = self._queue.report(self._job)

    def __enter__(self) -> _Heartbeat:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._done.set()
        self.join()


def start_worker(kinds: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start a worker as a child of this process."""
    command = [sys.executable, "-m", "app.worker", "--parent", str(os.getpid()), "--kinds", ",".join(kinds)]
    return subprocess.Popen(command, cwd=Path(__file__).resolve().parent.parent, start_new_session=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Takes jobs from the queue until its parent is gone.")
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--kinds", required=True)
    options = parser.parse_args()
    data = DataDirectory.default().ensure()
    handler = RotatingFileHandler(data.root / "worker.log", maxBytes=1_000_000, backupCount=2)
    logging.basicConfig(
        level=logging.INFO, handlers=[handler], format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
    )
    worker = Worker(data, options.kinds.split(","), options.parent)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C goes to the server, which stops us
    worker.run()


if __name__ == "__main__":
    main()
