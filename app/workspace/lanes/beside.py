"""Another system laid beside the one that is shown: its spots and curves over the same match.

The address names it: ``beside=model:<key of its identity>`` or ``beside=set:<id>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.library.library import Match
from app.views.shown import LEAST, imported_sets, imported_shown, is_named, link, spot_id, spotting
from app.workspace.entry import LANE, Entry, State
from app.workspace.registry import register
from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot

WITHIN = 2.5
"""Seconds up to which spots of one class are the same action: half the width of the loose metric's narrowest window."""

ADDRESS = "beside"


@dataclass(frozen=True)
class OtherSystem:
    """A system that can be laid beside the shown one; the analysis is None for imported spots."""

    key: str
    name: str
    analysis: Analysis | None
    imported: tuple[Spot, ...] = ()


class Beside(Entry):
    """Its curves hang below those of the shown system, in the same lanes."""

    kind = LANE
    name = "beside"
    place = 2
    gives = ("other",)
    goes_with = "curves"

    def data(self, match: Match, analysis: Analysis, state: State) -> dict[str, Any]:
        other = chosen_other(match, analysis, state)
        return {"other": None if other is None else other_data(other, analysis)}


def other_systems(match: Match, analysis: Analysis, analyses: list[Analysis]) -> list[OtherSystem]:
    """All systems but the shown one that have done its task for a match, each once."""
    shown = imported_shown(match, analysis)
    systems: dict[str, OtherSystem] = {}
    for one in [a for a in analyses if a.record.task == analysis.record.task]:
        key = one.record.identity.key
        if shown is not None or key != analysis.record.identity.key:
            systems.setdefault(key, OtherSystem(f"model:{key}", str(one.record.model["name"]), one))
    for one_set, spots in imported_sets(match, analysis).items():
        if shown is None or one_set.id != shown[0].id:
            systems[one_set.id] = OtherSystem(f"set:{one_set.id}", one_set.name, None, tuple(spots))
    return list(systems.values())


def chosen_other(match: Match, analysis: Analysis, state: State) -> OtherSystem | None:
    """The system that the address names, if it has spotted this match and is not the shown one."""
    wanted = state.address.get(ADDRESS)
    if wanted is None:
        return None
    systems = other_systems(match, analysis, state.analyses)
    return next((o for o in systems if o.key == wanted or (o.analysis and is_named(o.analysis, wanted))), None)


def other_data(other: OtherSystem, shown: Analysis) -> dict[str, Any]:
    """What the workspace shows of another system, as JSON; its classes are found by name.

    Arguments:
        shown: the analysis beside which it is laid; what it does not know is left out.
    """
    halves = {h.half for h in shown.halves}
    if other.analysis is None:
        spots = [s for s in other.imported if (s.confidence or 0) >= LEAST]
        order: tuple[str, ...] = ()
    else:
        spots, order = other.analysis.spots(spotting(LEAST)), other.analysis.classes.names
    return {
        "key": other.key,
        "name": other.name,
        "within": WITHIN,
        "rate": other.analysis.record.rate if other.analysis else 1.0,
        "count": len(order),
        "columns": [order.index(c.name) if c.name in order else -1 for c in shown.classes],
        "halves": [
            {"half": h.half, "array": link("array", h.folder, "half")}
            for h in (other.analysis.halves if other.analysis else [])
            if h.half in halves
        ],
        "spots": [
            [spot_id(s), s.half, s.seconds, shown.classes.index(s.label), round(s.confidence or 0, 4)]
            for s in spots
            if s.half in halves and s.label in shown.classes
        ],
    }


register(Beside())
