"""How fast players run and how far, each with its error, where tracks support it.

The speed at a sample is the slope of a line through the places of two seconds around it. Places that are off by half a
metre make everybody seem to run, so what their expected errors alone would give is taken off the squared speed. Nobody
is known again after a cut, so there are no distances of a player over a match: a team has metres a minute of a player
in view, and the fastest run of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from spotting_core.domain.people import BALL_TRACK

REACH = 1.0
"""Seconds before and after a sample through which its line goes."""
_LEAST_PLACES, _LEAST_SPAN = 4, 1.4  # places and seconds that a line needs
FASTEST = 11.0
"""Metres a second above which a track has jumped: nobody is faster."""
SPRINT = 7.0
"""Metres a second (25.2 km/h) from which a run is called a sprint."""
_UNEVEN = 0.028
"""Share of a team's pace that it is off by besides: who is seen long enough is not everybody in view (root mean square
of the differences to the true pace over both teams of eighteen matches of simmatch)."""
_SUPPORTED = 1.0  # metres a second that a speed may be off, at most, to be counted


@dataclass(frozen=True)
class Run:
    """A moment of a track: time in microseconds, metres a second and how far that is expected to be off."""

    half: int
    time: int
    track: int
    speed: float
    error: float


@dataclass(frozen=True)
class TeamMovement:
    """How a team moves.

    Arguments:
        minutes: of players in view whose speed is known; metres: that they ran meanwhile, and error: how far that is
            expected to be off.
        sprinting: seconds at ``SPRINT`` and faster.
        fastest: of all, None where no speed is known.
    """

    minutes: float
    metres: float
    error: float
    sprinting: float
    fastest: Run | None

    @property
    def pace(self) -> float:
        """Metres a minute of a player in view; NaN where nothing is known."""
        return self.metres / self.minutes if self.minutes else float("nan")

    @property
    def pace_error(self) -> float:
        return self.error / self.minutes if self.minutes else float("nan")


def speeds(rows: np.ndarray, times: Mapping[int, np.ndarray]) -> list[Run]:
    """The speed of everybody with a team at every sample where his track supports one, in order of half, track, time.

    Arguments:
        rows: players (``kept_players.ROW``); times: by half, microseconds of its samples.
    """
    runs: list[Run] = []
    people = rows[(rows["track"] != BALL_TRACK) & (rows["team"] > 0) & rows["seen"] & np.isfinite(rows["error"])]
    people = np.sort(people, order=("half", "track", "sample"))
    keys = people["half"].astype(np.int64) << 40 | people["track"].astype(np.int64)
    for track in np.split(people, np.flatnonzero(np.diff(keys)) + 1):
        if len(track) >= _LEAST_PLACES:
            runs += _speeds_of_track(track, times[int(track["half"][0])][track["sample"]])
    return runs


def _speeds_of_track(track: np.ndarray, times: np.ndarray) -> list[Run]:
    half, number = int(track["half"][0]), int(track["track"][0])
    places = np.stack([track["x"], track["y"]], 1).astype(float)
    runs = []
    for time in times.tolist():
        near = np.abs(times - time) <= REACH * 1e6 + 1
        seconds = (times[near] - time) / 1e6
        if near.sum() < _LEAST_PLACES or seconds[-1] - seconds[0] < _LEAST_SPAN:
            continue
        centred = seconds - seconds.mean()
        weight = centred / (centred**2).sum()
        velocity = weight @ places[near]
        noise = float((weight**2) @ track["error"][near].astype(float) ** 2)  # of both coordinates together
        speed = float(np.sqrt(max(0.0, velocity @ velocity - noise)))
        if speed <= FASTEST and noise**0.5 <= _SUPPORTED:
            runs.append(Run(half, int(time), number, speed, noise**0.5))
    return runs


def team_movement(rows: np.ndarray, times: Mapping[int, np.ndarray], team: int, runs: list[Run]) -> TeamMovement:
    """How a team moves.

    Arguments:
        runs: those of ``speeds``; team: its number in a row.
    """
    own = {(int(r["half"]), int(r["track"])) for r in rows[rows["team"] == team][["half", "track"]]}
    mine = [run for run in runs if (run.half, run.track) in own]
    spacing = np.median(np.concatenate([np.diff(t) for t in times.values()])) / 1e6 if times else 0.0
    speed, error = np.array([r.speed for r in mine]), np.array([r.error for r in mine])
    # Errors of one track's neighbouring samples go together: they are summed as they are within a reach, then squared.
    together = max(1.0, 2 * REACH / spacing) if spacing else 1.0
    return TeamMovement(
        minutes=len(mine) * spacing / 60,
        metres=float(speed.sum() * spacing),
        error=float(np.hypot(np.sqrt((error**2).sum() * together), _UNEVEN * speed.sum()) * spacing),
        sprinting=float((speed >= SPRINT).sum() * spacing),
        fastest=max(mine, key=lambda run: run.speed - run.error, default=None),
    )
