"""Where jobs are done is an executor's business: whoever wants them done starts executors, and keeps them alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks at the executors
_MOST_ENDS = 5  # of an executor within so many seconds; then it is left
_WITHIN = 60.0
_PATIENCE = 5.0  # seconds that all of them get to end


class Executor(Protocol):
    """Does the jobs that need one resource, in a place of its own."""

    def start(self) -> None:
        """Begin, or begin again after an end."""

    def ended(self) -> str | None:
        """None while it works; else how it ended, in words."""

    def hopeless(self) -> bool:
        """Whether it ended in a way that another start cannot mend."""
        return False

    def stop(self) -> None:
        """Ask it to end; its job goes back to the queue."""

    def wait(self, seconds: float) -> None:
        """Wait for its end, and bring that about if it takes longer."""


class Executors:
    """Keeps executors alive: one that ends by itself is started again, unless that is in vain."""

    def __init__(self, executors: Sequence[Executor]) -> None:
        self._executors = tuple(executors)
        self._ending = threading.Event()
        self._ends: dict[int, list[float]] = {}  # when each ended by itself, by its place
        self._left: dict[int, str] = {}  # how those ended that are not started again
        self._keeper = threading.Thread(target=self._keep, name="executor-keeper", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def _keep(self) -> None:
        for executor in self._executors:
            executor.start()
        while not self._ending.wait(_LOOK):
            for place, executor in enumerate(self._executors):
                if place not in self._left and (how := executor.ended()) is not None:
                    self._start_again(place, executor, how)

    def _start_again(self, place: int, executor: Executor, how: str) -> None:
        now = time.monotonic()
        ends = self._ends[place] = [end for end in self._ends.get(place, []) if now - end < _WITHIN] + [now]
        if executor.hopeless() or len(ends) >= _MOST_ENDS:
            self._left[place] = how
            log.error("a worker ended with %s and is not started again", how)
            return
        log.warning("a worker ended with %s, starting another", how)
        executor.start()

    @property
    def problem(self) -> str | None:
        """What is wrong with the executors, in one sentence; None where all of them work."""
        if not self._left:
            return None
        workers = f"{len(self._left)} of {len(self._executors)} workers"
        return f"{workers} ended again and again and will do nothing until the app is started anew. See worker.log."

    def stop(self) -> None:
        """End them all."""
        self._ending.set()
        self._keeper.join()
        for executor in self._executors:
            executor.stop()
        until = time.monotonic() + _PATIENCE
        for executor in self._executors:
            executor.wait(max(0.1, until - time.monotonic()))
