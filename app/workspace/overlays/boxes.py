"""The entities of the sample shown, as boxes with their names."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.entities.prompts import load_prompts


def entity_names(analysis: Analysis) -> list[dict[str, str]]:
    """Name and colour of every entity that an analysis looked for; none for a system without."""
    table = analysis.halves[0].entities
    if table is None:
        return []
    colours = {e.name: e.colour for e in load_prompts().entities}
    return [{"name": name, "colour": colours.get(name, "#FFFFFF")} for name in table.names]


class Boxes(Entry):
    """The boxes themselves are fetched with the arrays of the halves."""

    kind = OVERLAY
    name = "boxes"
    place = 1
    gives = ("entities",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"entities": entity_names(analysis)}


register(Boxes())
