"""All halves of all games and classes on one axis of whole numbers.

Halves lie so far apart on the axis that nothing in one is ever within reach of another; a single sorted
search then finds the neighbours of every truth at once. The unit is the official cell (half a second), or
a microsecond where times stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.games import Game, GameColumns, SpotColumns

CELLS_PER_SECOND = 2
CELLS = 120 * 60 * CELLS_PER_SECOND
HALVES = (1, 2)  # SoccerNet's files have two halves of at most two hours, and no other parts
_MICROSECONDS = 1_000_000
_LONGEST = 8 * 3600 * _MICROSECONDS  # no half lasts as long; what lies further out is put there
STRETCH = 60 * _MICROSECONDS
"""Microseconds of a stretch of a half."""
_STRETCHES = _LONGEST // STRETCH
_PARTS = 1 << 15  # as many as the number of a part can tell apart


@dataclass(frozen=True)
class Track:
    """Truths and detections, each sorted by place.

    Arguments:
        truth: int64 (G,) places; truth_column: (G,) class; visible: int8 (G,), +1 or -1; truth_game: (G,).
        place: int64 (N,) places; column: (N,) class; score: float64 (N,); game: (N,).
        nearest: int8 (N,), visibility of the truth of its class nearest to each detection; -1 where its half
            has none.
        stretch, truth_stretch: int64 (N,) and (G,), the minute of a half of a game in which each lies; the same number
            means the same minute, whatever else is laid out.
        per_second: units of the axis in a second.
        columns, games: how many classes and games there are.
    """

    truth: np.ndarray
    truth_column: np.ndarray
    visible: np.ndarray
    truth_game: np.ndarray
    place: np.ndarray
    column: np.ndarray
    score: np.ndarray
    game: np.ndarray
    nearest: np.ndarray
    stretch: np.ndarray
    truth_stretch: np.ndarray
    per_second: int
    columns: int
    games: int

    def reach(self, tolerance: float) -> int:
        """Units on either side of a truth that a window of ``tolerance`` seconds covers."""
        return int(tolerance * self.per_second / 2)


@dataclass(frozen=True)
class _Laid:
    """Spots on the axis, sorted: ``half`` numbers the halves of all games and classes."""

    place: np.ndarray
    half: np.ndarray
    spots: SpotColumns
    game: np.ndarray


def cell_of(milliseconds: int) -> int:
    """The official cell of a position: cut towards zero, late ones into the last cell.

    A negative position gives a negative cell, which wraps to the end of the half.

    Errors:
        BadInputError: more than two hours before the half.
    """
    return int(_cells(np.array([milliseconds * 1000]))[0])


def _cells(time: np.ndarray) -> np.ndarray:
    milliseconds = np.rint(time / 1000)
    cell = np.minimum(np.trunc(CELLS_PER_SECOND * (milliseconds / 1000)).astype(np.int64), CELLS - 1)
    if len(cell) and cell.min() < -CELLS:
        raise BadInputError(
            f"a position of {milliseconds.min():.0f} ms lies more than two hours before its half",
            fix="The official metric cannot place it; leave --official out, or correct the position",
        )
    return np.where(cell < 0, cell + CELLS, cell)


def lay_out(games: Sequence[Game | GameColumns], classes: Sequence[str], *, official: bool) -> Track:
    """Put games on one axis.

    Officially a cell holds one truth and one detection of a class: later lines of a file overwrite earlier
    ones, and a score below 0 empties the cell. Otherwise every line stays, but for scores below 0. What lies
    in no part of a match, whose numbers count from 1, is left out.

    Errors:
        BadInputError: officially, a position more than two hours before its half.
    """
    read = [g.columns(classes) for g in games]
    per_second = CELLS_PER_SECOND if official else _MICROSECONDS
    parts = max((int(side.half.max(initial=1)) for g in read for side in (g.truth, g.predicted)), default=1)
    truth = _laid([g.truth for g in read], parts, official)
    predicted = _laid([g.predicted for g in read], parts, official)
    kept = predicted.spots.score >= 0
    predicted = _Laid(predicted.place[kept], predicted.half[kept], predicted.spots.where(kept), predicted.game[kept])
    return Track(
        truth=truth.place,
        truth_column=truth.spots.label,
        visible=truth.spots.visible,
        truth_game=truth.game,
        place=predicted.place,
        column=predicted.spots.label,
        score=predicted.spots.score,
        game=predicted.game,
        nearest=_nearest_visibility(truth, predicted, official),
        stretch=_stretch(predicted),
        truth_stretch=_stretch(truth),
        per_second=per_second,
        columns=len(classes),
        games=len(read),
    )


def _laid(spots: Sequence[SpotColumns], parts: int, official: bool) -> _Laid:
    fields = ("half", "time", "label", "score", "visible")
    joined = SpotColumns(*(np.concatenate([getattr(s, f) for s in spots]) for f in fields))
    game = np.repeat(np.arange(len(spots)), [len(s) for s in spots])
    there = joined.half >= 1
    joined, game = joined.where(there), game[there]
    half = (joined.label.astype(np.int64) * len(spots) + game) * parts + joined.half - 1
    if official:
        place = half * (4 * CELLS) + _cells(joined.time)
    else:
        place = half * (4 * _LONGEST) + np.clip(joined.time, -_LONGEST, _LONGEST)
    order = np.argsort(place, kind="stable")
    if official and len(order):
        ordered = place[order]
        order = order[np.append(ordered[1:] != ordered[:-1], True)]  # the last line of each cell
    return _Laid(place[order], half[order], joined.where(order), game[order])


def _stretch(laid: _Laid) -> np.ndarray:
    number = np.clip(laid.spots.time // STRETCH, 0, _STRETCHES - 1)
    return (laid.game.astype(np.int64) * _PARTS + laid.spots.half) * _STRETCHES + number


def _nearest_visibility(truth: _Laid, predicted: _Laid, official: bool) -> np.ndarray:
    """Visibility of the nearest truth; where two are equally near the later one counts.

    The official border between two truths is a whole cell, cut down.
    """
    nearest = np.full(len(predicted.place), -1, np.int8)
    if not len(truth.place):
        return nearest
    after = np.searchsorted(truth.place, predicted.place, side="right")
    before = np.maximum(after - 1, 0)
    after = np.minimum(after, len(truth.place) - 1)
    has_before = (truth.half[before] == predicted.half) & (truth.place[before] <= predicted.place)
    has_after = (truth.half[after] == predicted.half) & (truth.place[after] > predicted.place)
    doubled = truth.place[before] + truth.place[after]
    middle = doubled // 2 * 2 if official else doubled
    takes_after = has_after & (~has_before | (2 * predicted.place >= middle))
    nearest[has_before] = truth.spots.visible[before[has_before]]
    nearest[takes_after] = truth.spots.visible[after[takes_after]]
    return nearest
