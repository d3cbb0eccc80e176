"""Jobs as the views ask for them."""

from __future__ import annotations

from app.library.library import Match
from spotting_core.jobs.analysis import ANALYSIS, AnalysisParameters
from spotting_core.jobs.queue import Job, JobQueue


def ask_for_analysis(queue: JobQueue, match: Match, *models: str) -> Job:
    """Have a match analysed by a model, or by the average of several."""
    return ANALYSIS.ask(queue, AnalysisParameters(str(match.path), models, match.title), match.id)
