"""Asking for an analysis of a match of the library."""

from __future__ import annotations

from collections.abc import Sequence

from app.library.library import Library, Match
from spotting_core.base.errors import BadInputError
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.queue import CANCELLED, Job, JobQueue


def ask_for_analysis(
    queue: JobQueue, library: Library, match: Match, models: Sequence[str], *, adapt: bool = False
) -> Job:
    """Have a match analysed by a model, adapted to it first or not, or by the average of several.

    The first model that is asked for is used of the match from then on, whatever layers come about on the way to it.
    """
    first = not library.analyses(match)
    parameters = AnalysisParameters(str(match.path), tuple(models), match.title, first, adapt)
    return ANALYSIS.ask(queue, parameters, match.id)


def resumable(job: Job) -> str | None:
    """How far a cancelled analysis had come, "66 %", where it can go on from there; else None."""
    share = int(100 * job.progress)
    if job.state != CANCELLED or not share:
        return None
    try:
        ANALYSIS.read(job)
    except BadInputError:  # asked for by another version
        return None
    return f"{share} %"


def resume(queue: JobQueue, job: Job) -> None:
    """Have a cancelled analysis go on: what it had judged is kept, also where it is cancelled again before its turn."""
    ANALYSIS.ask(queue, ANALYSIS.read(job), job.match_id, job.progress)
