"""The panel of clips that somebody is asked to watch: which, why, and that nothing more happens in one."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.views.review_clips import clips_data
from app.workspace.entry import PANEL, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class Clips(Entry):
    """What is said of a clip goes with the reviews of spots and camera changes."""

    kind = PANEL
    name = "clips"
    place = 1
    gives = ("askedClips",)
    goes_with = "spots"

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"askedClips": clips_data(match, analysis, state.address)}


register(Clips())
