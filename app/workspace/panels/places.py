"""The pitch map: where on the pitch the listed spots are."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.views.shown import link
from app.workspace.entry import PANEL, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Places(Entry):
    """Where play is, is fetched by the browser, half by half."""

    kind = PANEL
    name = "places"
    place = 2
    gives = ("play",)
    goes_with = "spots"

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"play": {half.half: f"{link('play', half.folder, 'half')}/{match.id}" for half in analysis.halves}}


register(Places())
