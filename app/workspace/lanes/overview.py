"""The time overview: the whole match in one row, its spots, and the part of it that the lanes show."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import LANE, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Overview(Entry):
    """It shows what the others are given."""

    kind = LANE
    name = "overview"
    place = 3
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {}


register(Overview())
