"""The list of camera changes: when which camera took over, how, and what a replay shows."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.views.review_cameras import camera_data
from app.workspace.entry import LIST, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Cameras(Entry):
    """Every match has its camera changes: those that it was cut at, and those that people have added."""

    kind = LIST
    name = "cameras"
    place = 2
    gives = ("cameras",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"cameras": camera_data(match, analysis)}


register(Cameras())
