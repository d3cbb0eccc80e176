"""Shots: a strip of cameras under the time overview, replays hatched in the lanes."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import LANE, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Shots(Entry):
    """Shots are what the changes in the list of cameras cut, as their reviewers have left them."""

    kind = LANE
    name = "shots"
    place = 4
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {}


register(Shots())
