"""The pitch from above, locked to the frame on screen: what the picture shows of it, and who stands where."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.library.placing import NO_PLAYERS
from app.views.shown import link
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


def players_data(match: Match, analysis: Analysis) -> dict[str, Any]:
    """The address of each half's players, which the browser asks for; none, and why, where nobody was looked for."""
    if not analysis.has("entities"):
        return {"halves": {}, "reason": NO_PLAYERS}
    halves = {half.half: f"{link('players', half.folder, 'half')}/{match.id}" for half in analysis.halves}
    return {"halves": halves, "reason": None}


class Minimap(Entry):
    """Players are worked out when the minimap is first switched on; until then it shows the boxes' entities."""

    kind = OVERLAY
    name = "minimap"
    place = 0
    gives = ("players",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"players": players_data(match, analysis)}


register(Minimap())
