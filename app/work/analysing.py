"""Asking for an analysis of a match of the library."""

from __future__ import annotations

from collections.abc import Sequence

from app.library.library import Library, Match
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.queue import Job, JobQueue


def ask_for_analysis(queue: JobQueue, library: Library, match: Match, models: Sequence[str]) -> Job:
    """Have a match analysed by a model, or by the average of several.

    The first model that is asked for is used of the match from then on, whatever layers come about on the way to it.
    """
    first = not library.analyses(match)
    parameters = AnalysisParameters(str(match.path), tuple(models), match.title, first)
    return ANALYSIS.ask(queue, parameters, match.id)
