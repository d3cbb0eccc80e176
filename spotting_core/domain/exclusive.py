"""Classes that exclude each other: of what is spotted of them at one moment only one can be true.

A table beside the class table says which (``assets/classes/<table>.exclusive.csv``: class, set, within): no two classes
of a set happen within so many seconds of each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import file_beside, rows_beside
from spotting_core.domain.spots import Spot

_COLUMNS = ("class", "set", "within")


@dataclass(frozen=True)
class ExclusiveSet:
    """Classes of which one alone can be true at a moment; ``within`` is how far a moment reaches, seconds."""

    name: str
    labels: tuple[str, ...]
    within: float


@lru_cache(maxsize=8)
def exclusive_sets(table: str) -> tuple[ExclusiveSet, ...]:
    """The sets of a class table; none where it has no such file.

    Errors:
        BadInputError: the file is damaged, names a class twice, or gives one set two reaches.
    """
    path = file_beside(table, "exclusive")
    sets: dict[str, ExclusiveSet] = {}
    for row in rows_beside(table, "exclusive", _COLUMNS):
        label, name, within = (row[column] for column in _COLUMNS)
        if any(label in own.labels for own in sets.values()):
            raise BadInputError(f"the class {label!r} is in two sets", where=path, fix="Name each class once")
        known = sets.get(name, ExclusiveSet(name, (), _seconds(table, within)))
        if known.within != _seconds(table, within):
            raise BadInputError(f"the set {name!r} has two reaches", where=path, fix="Give all of its rows the same")
        sets[name] = ExclusiveSet(name, (*known.labels, label), known.within)
    return tuple(sets.values())


def _seconds(table: str, text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not (math.isfinite(seconds) and seconds >= 0):
        path = file_beside(table, "exclusive")
        raise BadInputError(f"{text!r} is no number of seconds", where=path, fix="Give 0 or more")
    return seconds


def rivals(spots: Sequence[Spot], sets: Sequence[ExclusiveSet]) -> list[list[Spot]]:
    """Spots by the moment that they compete for, the surest first; a spot that nothing competes with is by itself.

    What has no confidence is true or was added, and comes before all others. The groups are in the order of half and
    time of their surest spots.
    """
    of_class = {label: one for one in sets for label in one.labels}
    groups: list[list[Spot]] = []
    for spot in sorted(spots, key=lambda s: -(1.0 if s.confidence is None else s.confidence)):
        own = of_class.get(spot.label)
        group = next((g for g in groups if own is not None and _competes(spot, g, own)), None)
        if group is None:
            groups.append([spot])
        else:
            group.append(spot)
    return sorted(groups, key=lambda group: (group[0].half, group[0].time))


def surest_of_moments(spots: Sequence[Spot], sets: Sequence[ExclusiveSet]) -> tuple[list[Spot], list[Spot]]:
    """The surest spot of each moment, and those that compete with a surer one; both in the order given."""
    surest = {id(group[0]) for group in rivals(spots, sets)}
    return [s for s in spots if id(s) in surest], [s for s in spots if id(s) not in surest]


def _competes(spot: Spot, group: Sequence[Spot], own: ExclusiveSet) -> bool:
    surest = group[0]
    near = spot.half == surest.half and abs(spot.time - surest.time) <= own.within * 1e6
    return near and surest.label in own.labels and all(spot.label != other.label for other in group)
