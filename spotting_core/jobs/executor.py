"""Where jobs are done is an executor's business: whoever wants them done starts executors, and keeps them alive."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from typing import Protocol

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks at the executors
_PATIENCE = 5.0  # seconds that all of them get to end


class Executor(Protocol):
    """Does the jobs that need one resource, in a place of its own."""

    def start(self) -> None:
        """Begin, or begin again after an end."""

    def ended(self) -> str | None:
        """None while it works; else how it ended, in words."""

    def stop(self) -> None:
        """Ask it to end; its job goes back to the queue."""

    def wait(self, seconds: float) -> None:
        """Wait for its end, and bring that about if it takes longer."""


class Executors:
    """Keeps executors alive: one that ends by itself is started again."""

    def __init__(self, executors: Sequence[Executor]) -> None:
        self._executors = tuple(executors)
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="executor-keeper", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def _keep(self) -> None:
        for executor in self._executors:
            executor.start()
        while not self._ending.wait(_LOOK):
            for executor in self._executors:
                if (how := executor.ended()) is not None:
                    log.warning("a worker ended with %s, starting another", how)
                    executor.start()

    def stop(self) -> None:
        """End them all."""
        self._ending.set()
        self._keeper.join()
        for executor in self._executors:
            executor.stop()
        until = time.monotonic() + _PATIENCE
        for executor in self._executors:
            executor.wait(max(0.1, until - time.monotonic()))
