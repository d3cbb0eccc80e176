"""Figures of a match or of many: how often, by whom, when, and how hard a team presses.

A spot counts if the model is sure enough of it or a reviewer holds it to be true; what a reviewer rejected does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import numbers_beside
from spotting_core.domain.spots import TEAMS
from spotting_core.search.engine import SearchColumns

WINDOW = 5.0
"""Minutes over which pressure is counted."""

_MINUTE = 60_000_000  # microseconds


@dataclass(frozen=True)
class Rate:
    """How often something happened.

    Arguments:
        count: spots; frequency: spots in so many minutes of video as were asked for.
    """

    count: int
    frequency: float


def rates(spots: SearchColumns, played: int, minutes: float) -> dict[tuple[str, str], Rate]:
    """Class and team (home, away, unknown) to how often; what never happened is left out.

    Arguments:
        played: microseconds of video that were analysed.
        minutes: of a rate.

    Errors:
        BadInputError: nothing was played.
    """
    if played <= 0:
        raise BadInputError("a rate needs video of some length", fix="Choose an analysed match")
    counts = Counter(zip(spots.label.tolist(), spots.team.tolist(), strict=True))
    return {key: Rate(count, count * minutes * _MINUTE / played) for key, count in counts.items()}


def by_minutes(
    spots: SearchColumns, groups: Mapping[str, Collection[str]], width: int, last: int
) -> dict[str, np.ndarray]:
    """Each group of classes to its spots in every ``width`` minutes of the match clock, int (last / width,).

    Arguments:
        last: minute of the match clock.
    """
    counts, bins = {}, -(-last // width)
    for name, labels in groups.items():
        own = spots.minute[np.isin(spots.label, list(labels))]
        counts[name] = np.bincount((own - 1) // width, minlength=bins)[:bins]
    return counts


@dataclass(frozen=True)
class Pressure:
    """Pressure of both teams over one half.

    Arguments:
        minutes: float (K,), minutes of the half.
        home, away: float (K,), confidence-weighted actions in the minutes before.
        unknown: actions that would count and whose team nobody said.
    """

    half: int
    minutes: np.ndarray
    home: np.ndarray
    away: np.ndarray
    unknown: int


def pressure(
    spots: SearchColumns, weights: Mapping[str, float], lengths: Mapping[int, int], *, step: float = 0.25
) -> list[Pressure]:
    """Pressure over each half of one match: what a team did in the ``WINDOW`` minutes before, by confidence.

    Arguments:
        spots: of one match.
        weights: class to its weight; other classes do not press.
        lengths: half to its length in microseconds.
        step: minutes between the moments.
    """
    weight = np.array([weights.get(label, 0.0) for label in spots.label]) * spots.confidence
    pressures = []
    for half, length in sorted(lengths.items()):
        minutes = np.arange(0, length / _MINUTE + step, step)
        pressing = (spots.half == half) & (weight > 0)

        def felt(team: str, pressing: np.ndarray = pressing, minutes: np.ndarray = minutes) -> np.ndarray:
            own = pressing & (spots.team == team)
            before = minutes[:, None] - spots.time[own][None] / _MINUTE
            return ((before >= 0) & (before < WINDOW)) @ weight[own]

        unknown = int((pressing & ~np.isin(spots.team, TEAMS[:2])).sum())
        pressures.append(Pressure(half, minutes, felt(TEAMS[0]), felt(TEAMS[1]), unknown))
    return pressures


@lru_cache(maxsize=8)
def pressure_weights(table: str) -> Mapping[str, float]:
    """How much an action of each class counts as pressure: ``assets/classes/<table>.pressure.csv``, empty without it.

    Errors:
        BadInputError: the file is damaged.
    """
    return numbers_beside(table, "pressure", "weight")


@dataclass(frozen=True)
class MatchFigures:
    """One match: how often each group of classes happened by home and by away, and by a team that nobody named."""

    match: str
    counts: Mapping[str, Mapping[str, int]]


def match_figures(spots: SearchColumns, groups: Mapping[str, Collection[str]]) -> list[MatchFigures]:
    """Each match's counts by group and team."""
    figures = []
    for match in dict.fromkeys(spots.match.tolist()):
        own = spots.where(spots.match == match)
        counts = {name: Counter(own.team[np.isin(own.label, list(labels))].tolist()) for name, labels in groups.items()}
        figures.append(MatchFigures(match, counts))
    return figures
