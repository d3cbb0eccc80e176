"""The workers of the running app, which live as long as it does, and whether all is well with them and their queue."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from app.settings import settings
from app.work.kinds import executors
from spotting_core.base.errors import BadInputError
from spotting_core.jobs.executor import Executors
from spotting_core.store.database import open_database
from spotting_core.store.health import checked

_KEPT = 5.0  # seconds that what was found of the database is told again


@dataclass
class Workers:
    """The executors of an app, from its start to its end."""

    _running: Executors | None = None
    _checked: tuple[float, str | None] = field(default=(0.0, None))
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def start(self) -> None:
        self._running = Executors(executors())
        self._running.start()

    def stop(self) -> None:
        if self._running is not None:
            self._running.stop()
            self._running = None

    def problems(self) -> dict[str, str | None]:
        """What is wrong with the database and with the workers, a sentence each; None where nothing is."""
        return {"database": self._database(), "workers": self._running.problem if self._running else None}

    def _database(self) -> str | None:
        with self._guard:
            when, problem = self._checked
            if not when or time.monotonic() - when > _KEPT:
                problem = _database_problem()
                self._checked = (time.monotonic(), problem)
            return problem


WORKERS = Workers()


def _database_problem() -> str | None:
    try:
        problem = checked(open_database(settings().data))
    except BadInputError as error:
        problem = error
    return str(problem) if problem is not None else None
