"""Over the picture: what decided the chosen spot; what the model looked at, the weights of its entities or its map."""

from __future__ import annotations

from typing import Any

import numpy as np

from app.library.library import Match
from app.state import shared_settings
from app.workspace.entry import OVERLAY, Entry, State
from app.workspace.panels.why import chosen_spot, kept_explanation, reasonless, trust_of
from app.workspace.registry import register
from explain.measured import default_map, measured_of
from explain.methods import METHODS
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.so_far import is_blank, is_unfinished
from spotting_core.domain.spots import Spot


def map_of(analysis: Analysis) -> dict[str, Any] | None:
    """The map of the picture that an analysis has for every class, as {name, grid, scale}, or None."""
    described = analysis.record.arrays.get("maps/class_map")
    if described is None or not analysis.has("maps/class_map"):
        return None
    return {"name": "class_map", "grid": described["shape"][-2:], "scale": described["scale"]}


class Maps(Entry):
    """What decided comes with the data, the model's own map with the arrays of the halves."""

    kind = OVERLAY
    name = "maps"
    place = 2
    gives = ("unmapped", "reasons")
    every_match = True

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        spot = None if reasonless(match, analysis) else chosen_spot(match, analysis)
        return {"unmapped": _unmapped(analysis), "reasons": None if spot is None else shown_map(analysis, spot)}


def shown_map(analysis: Analysis, spot: Spot) -> dict[str, Any] | None:
    """The most faithful map of a spot, of the samples where it is not empty, or None where there is none.

    ``values`` are what speaks for the class in every cell, row by row, in 255ths of the greatest; ``first`` is the
    sample of the half with which they begin.
    """
    name = default_map(measured_of(analysis, shared_settings().data))
    attribution = kept_explanation(analysis, spot, name) if name is not None else None
    if attribution is None:
        return None
    speaks = np.maximum(attribution.values, 0)
    filled = np.flatnonzero(speaks.any(axis=(1, 2)))
    if not len(filled):
        return None
    first, last = int(filled[0]), int(filled[-1])
    most = float(speaks.max())
    trust = trust_of(analysis, attribution.method)
    return {
        "title": f"{METHODS[attribution.method].title}: {trust['text'].lower()}. {trust['meaning']}",
        "half": spot.half,
        "first": analysis.half(spot.half).nearest_sample(int(attribution.times[first])),
        "grid": list(speaks.shape[1:]),
        "values": np.rint(speaks[first : last + 1] / most * 255).astype(int).reshape(last + 1 - first, -1).tolist(),
        "most": round(most, 3),
    }


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
