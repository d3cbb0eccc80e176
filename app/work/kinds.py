"""The kinds of job that the app has, and where they are done."""

from __future__ import annotations

from spotting_core.jobs.executor import Executor
from spotting_core.jobs.kind import RESOURCES, kinds_of
from spotting_core.jobs.local_process import LocalProcess

MODULES = (
    "spotting_core.jobs.analysis",
    "spotting_core.jobs.playback",
    "spotting_core.jobs.trial",
    "spotting_core.jobs.match_clock",
    "spotting_core.jobs.training",
    "spotting_core.jobs.adding_model",
    "spotting_core.jobs.joining",
    "explain.jobs.explanation",
    "explain.jobs.what_if",
    "explain.jobs.words",
    "explain.jobs.figures",
    "app.work.clip_export",
)
"""Those that define the kinds."""

KINDS = kinds_of(*MODULES)


def executors() -> list[Executor]:
    """One on this machine for each thing that jobs need."""
    return [LocalProcess(resource, MODULES) for resource in RESOURCES]
