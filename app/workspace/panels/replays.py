"""The panel of replays: those of the chosen action, or what the replay shows that is chosen."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import PANEL, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.replayed_spots import NEAR


class Replays(Entry):
    """Which replay shows which action is what the links of the camera changes say, as their reviewers left them."""

    kind = PANEL
    name = "replays"
    place = 2
    gives = ("linkReach",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"linkReach": NEAR / 1e6}


register(Replays())
