"""What the model looked at, over the picture: the weights of its entities, or its map of the picture."""

from __future__ import annotations

from typing import Any

from app.library.library import Match
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.so_far import is_blank, is_unfinished


def map_of(analysis: Analysis) -> dict[str, Any] | None:
    """The map of the picture that an analysis has for every class, as {name, grid, scale}, or None."""
    described = analysis.record.arrays.get("maps/class_map")
    if described is None or not analysis.has("maps/class_map"):
        return None
    return {"name": "class_map", "grid": described["shape"][-2:], "scale": described["scale"]}


class Maps(Entry):
    """The map itself is fetched with the arrays of the halves."""

    kind = OVERLAY
    name = "maps"
    place = 2
    gives = ("unmapped",)
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        return {"unmapped": _unmapped(analysis)}


def _unmapped(analysis: Analysis) -> str | None:
    """Why nothing that a model looked at can lie over the picture, in a sentence; None where something can."""
    if analysis.has("entities") or map_of(analysis) is not None:
        return None
    if is_blank(analysis):
        return "No model has looked at this match yet."
    if is_unfinished(analysis):
        return "What the model looks at is drawn once its analysis is done."
    return f"{analysis.record.model['name']} keeps no boxes and no map of what it looked at."


register(Maps())
