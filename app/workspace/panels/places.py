"""The pitch map: where on the pitch the listed spots are."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import PANEL, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Places(Entry):
    """It shows what the layers of the minimap and of the pitch's lines fetch, of every half."""

    kind = PANEL
    name = "places"
    place = 2
    goes_with = "spots"

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {}


register(Places())
