"""A spot that is explained, by an analysis with a small model, in jobs done as a worker does them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.inference.analyse import analyse_match
from spotting_core.jobs.kind import Context, Kinds, kinds_of
from spotting_core.jobs.queue import DONE, Job, JobQueue
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model

SPOT = Spot(1, 10_000_000, "Goal", 0.8)
KINDS: Kinds = kinds_of(
    "spotting_core.jobs.playback",
    "explain.jobs.explanation",
    "explain.jobs.what_if",
    "explain.jobs.words",
    "explain.jobs.figures",
)


def keep_going(_share: float | None, *_rest: object) -> bool:
    return True


def perform(queue: JobQueue, job: Job, data: DataDirectory, report: Any = keep_going) -> None:
    taken = queue.take([job.kind])
    assert taken is not None
    KINDS.perform(taken, Context(data, report, "cpu"), queue)
    queue.finish(taken, DONE)


def analysed(path: Path, data: DataDirectory, model: Path) -> Analysis:
    """The analysis of the match at a path by a model."""
    return analyse_match(open_match(path), load_model(str(model)), data)
