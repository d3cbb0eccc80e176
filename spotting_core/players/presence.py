"""Where a team is, over a match: players in each cell of the pitch, by how often the cell is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import BALL_TRACK
from spotting_core.domain.pitch import Pitch

CELL = 4.0
"""Metres of a cell, at most."""
_LEAST_SHOWN = 10.0
"""Seconds that a cell has to be shown for: of fewer nothing is said."""
_SPREAD = 3.0  # metres over which a player is spread, as he is placed within about half a metre and moves meanwhile


@dataclass(frozen=True)
class Presence:
    """Players of a team on the pitch.

    Arguments:
        players: float (rows, columns), how many of them stand on 100 square metres there while these are shown, NaN
            where they hardly ever are; rows from the far side, columns from the left goal line.
        samples: that show any of the pitch; seen: sightings of the team that were counted.
    """

    players: np.ndarray
    samples: int
    seen: int


def presence(
    rows: np.ndarray,
    calibrations: Sequence[Calibration],
    pitch: Pitch,
    team: int,
    turned: Mapping[int, bool],
) -> Presence:
    """Where a team is.

    Arguments:
        rows: players (``kept_players.ROW``), of any halves.
        calibrations: one for each sample that counts (``calibrated_samples``), in order.
        team: its number in a row.
        turned: by half, whether it is turned by half a turn, so that the team attacks to the right in all of them.
    """
    wide, high = (int(np.ceil(side / CELL)) for side in (pitch.length, pitch.width))
    x, y = (
        (np.arange(count) + 0.5) * side / count - side / 2
        for count, side in ((wide, pitch.length), (high, pitch.width))
    )
    cells = np.stack(np.meshgrid(x, y), -1)
    shown, counts = np.zeros((high, wide)), np.zeros((high, wide))
    own = rows[(rows["team"] == team) & (rows["track"] != BALL_TRACK) & rows["seen"]]
    samples = 0
    for calibration in calibrations:
        assert calibration.homography is not None
        samples += 1
        sign = -1.0 if turned.get(calibration.half, False) else 1.0
        shown += calibration.homography.shown(sign * cells)
    for half in np.unique(own["half"]).tolist():
        sign = -1.0 if turned.get(half, False) else 1.0
        part = own[own["half"] == half]
        counts += _counted(sign * part["x"], sign * part["y"], pitch, wide, high)
    area = (pitch.length / wide) * (pitch.width / high)
    spread_counts, spread_shown = (_spread(grid, pitch, wide, high) for grid in (counts, shown))
    players = np.full((high, wide), np.nan)
    seconds = shown * _spacing(calibrations)
    np.divide(spread_counts * 100 / area, spread_shown, out=players, where=seconds >= _LEAST_SHOWN)
    return Presence(players, samples, len(own))


def _spacing(calibrations: Sequence[Calibration]) -> float:
    """Seconds from one to the next, usually."""
    apart = [b.time - a.time for a, b in pairwise(calibrations) if a.half == b.half]
    return float(np.median(apart)) / 1e6 if apart else 0.0


def _counted(x: np.ndarray, y: np.ndarray, pitch: Pitch, wide: int, high: int) -> np.ndarray:
    edges = [np.linspace(-side / 2, side / 2, count + 1) for side, count in ((pitch.width, high), (pitch.length, wide))]
    return np.histogram2d(y, x, bins=edges)[0]


def _spread(grid: np.ndarray, pitch: Pitch, wide: int, high: int) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    sides = (pitch.width / high, pitch.length / wide)
    return np.asarray(gaussian_filter(grid, [_SPREAD / side for side in sides], mode="nearest"))
