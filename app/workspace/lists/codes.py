"""The code window: buttons of one's own by which moments are tagged, and what was tagged with them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.library.library import Match
from app.state import shared_codes
from app.workspace.entry import LIST, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis


class CodeWindow(Entry):
    """Goes with the list of spots: a tag is a spot that somebody added."""

    kind = LIST
    name = "codes"
    place = 3
    gives = ("codes",)
    goes_with = "spots"

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"codes": [asdict(code) for code in shared_codes().all()]}


register(CodeWindow())
