"""The pitch from above, locked to the frame on screen: what the picture shows of it, and who was found where."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Minimap(Entry):
    """It shows what the layers of boxes and of the pitch's lines have fetched."""

    kind = OVERLAY
    name = "minimap"
    place = 0
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {}


register(Minimap())
