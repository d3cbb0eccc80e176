"""A spot that is explained, by an analysis with a small model, in jobs done as the worker does them."""

from __future__ import annotations

from pathlib import Path

from app import tasks
from app.library import Match
from spotting_core.analysis import Analysis
from spotting_core.data_directory import DataDirectory
from spotting_core.inference.analyse import analyse_match
from spotting_core.jobs.queue import Job, JobQueue
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.spots import Spot

SPOT = Spot(1, 10_000_000, "Goal", 0.8)


def told(_share: float | None, *_rest: object) -> bool:
    return True


def perform(queue: JobQueue, job: Job, data: DataDirectory) -> None:
    taken = queue.take([job.kind])
    assert taken is not None
    tasks.perform(taken, data, told)
    queue.finish(taken, "done")


def analysed(match: Match, data: DataDirectory, model: Path) -> Analysis:
    return analyse_match(open_match(match.path), load_model(str(model)), data)
