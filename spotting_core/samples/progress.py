"""How far an analysis is, how fast it goes, and where its time went."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

_SETTLING = 0.5  # seconds before a pace is worth telling


@dataclass(frozen=True)
class AnalysisProgress:
    """One report.

    Arguments:
        done, total: samples over all halves.
        stage: what is being done, in words.
        speed: seconds of match per second so far, or None at first.
        remaining: seconds left, or None at first.
        before: samples that an earlier run, which was stopped, had done.
    """

    done: int
    total: int
    stage: str
    speed: float | None = None
    remaining: float | None = None
    before: int = 0

    @property
    def share(self) -> float:
        return self.done / self.total if self.total else 0.0


ReportProgress = Callable[[AnalysisProgress], bool]
"""Called often; returning False cancels."""


@dataclass
class Pace:
    """Seconds by stage, and samples done in this run and before it.

    Arguments:
        stages: seconds of those that have ended; running: when those began that have not.
    """

    total: int
    rate: float
    done: int = 0
    fresh: int = 0
    stages: dict[str, float] = field(default_factory=dict)
    running: dict[str, float] = field(default_factory=dict)
    began: float = field(default_factory=time.perf_counter)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of a block to a stage."""
        self.running[name] = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.spent()[name]
            del self.running[name]

    def spent(self) -> dict[str, float]:
        """Seconds by stage until now."""
        now = time.perf_counter()
        return self.stages | {name: self.stages.get(name, 0.0) + now - since for name, since in self.running.items()}

    def advance(self, samples: int) -> None:
        self.done += samples
        self.fresh += samples

    def progress(self, stage: str) -> AnalysisProgress:
        elapsed, before = time.perf_counter() - self.began, self.done - self.fresh
        if self.fresh == 0 or elapsed < _SETTLING:
            return AnalysisProgress(self.done, self.total, stage, before=before)
        pace = self.fresh / elapsed
        return AnalysisProgress(self.done, self.total, stage, pace / self.rate, (self.total - self.done) / pace, before)
