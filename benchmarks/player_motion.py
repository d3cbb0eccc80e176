"""What is told from the players of a match, against the truth: how fast they run, and whose a spot is."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.people import MatchPlayers, Placed
from spotting_core.domain.spots import TEAMS, Spot
from spotting_core.players.kept_players import TEAMS as TEAM_NUMBERS
from spotting_core.players.kept_players import KeptPlayers
from spotting_core.players.movement import Run, speeds, team_movement
from spotting_core.players.play import half_play
from spotting_core.players.spot_places import MatchPlay, seconds_before

_SAME = 2.0  # metres within which somebody placed is the true one


@dataclass(frozen=True)
class Motion:
    """Of one match or of several together.

    Arguments:
        off, expected: metres a second by which the speed of somebody is off at a sample, and is expected to be.
        paces: of each team, its metres a minute as found, what they are expected to be off by, and the true ones.
        suggested: of each spot whose team is suggested, the confidence and whether it is right; asked: spots of classes
            whose team can be suggested.
    """

    off: tuple[float, ...]
    expected: tuple[float, ...]
    paces: tuple[tuple[float, float, float], ...]
    suggested: tuple[tuple[float, bool], ...]
    asked: int

    def __add__(self, other: Motion) -> Motion:
        return Motion(
            self.off + other.off, self.expected + other.expected, self.paces + other.paces,
            self.suggested + other.suggested, self.asked + other.asked,
        )  # fmt: skip


def motion(
    players: MatchPlayers, true: list[list[Placed]], labels: list[Spot], cameras: MatchCameras | None, table: str
) -> Motion:
    """Of the first half of a match.

    Arguments:
        true: everybody at each sample that has a calibration, in order; labels: true spots; table: of their classes.
    """
    times = {1: np.array(players.samples[1])}
    calibrated = sorted(time for half, time in players.calibrations if half == 1)
    everybody = [
        replace(one, time=time, track=one.track + 1, error=0.0)  # the ball's number is 0
        for time, people in zip(calibrated, true, strict=True)
        for one in people
        if one.team
    ]
    found, truth = KeptPlayers.of(players), KeptPlayers.of(replace(players, placed=tuple(everybody)))
    own, real = speeds(found.rows, times), speeds(truth.rows, times)
    off, expected = _compared(found.rows, own, truth.rows, real, times[1])
    paces = []
    for team in (TEAM_NUMBERS.index("home"), TEAM_NUMBERS.index("away")):
        ours = team_movement(found.rows, times, team, own)
        paces.append((ours.pace, ours.pace_error, team_movement(truth.rows, times, team, real).pace))
    play = MatchPlay(
        times, {1: half_play(1, times[1], found.of_half(1), (), cameras)}, players.pitch, players.home_left
    )
    suggested, asked = [], 0
    for spot in labels:
        shot = cameras.shot_at(1, spot.time) if cameras is not None else None
        if spot.team not in TEAMS[:2] or spot.label not in seconds_before(table) or (shot and shot.replay):
            continue
        asked += 1
        if (team := play.team(1, spot.time, spot.label, table)) is not None:
            suggested.append((team.confidence, team.team == spot.team))
    return Motion(tuple(off), tuple(expected), tuple(paces), tuple(suggested), asked)


def _compared(
    rows: np.ndarray, runs: list[Run], true_rows: np.ndarray, true_runs: list[Run], times: np.ndarray
) -> tuple[list[float], list[float]]:
    """Differences of speeds of those who stand within ``_SAME``, and what was expected."""
    place = {(int(r["track"]), int(r["sample"])): np.array([r["x"], r["y"]]) for r in rows}
    true_place = {(int(r["track"]), int(r["sample"])): np.array([r["x"], r["y"]]) for r in true_rows}
    number = {int(time): sample for sample, time in enumerate(times.tolist())}
    there: dict[int, list[tuple[np.ndarray, float]]] = {}
    for run in true_runs:
        there.setdefault(run.time, []).append((true_place[run.track, number[run.time]], run.speed))
    off, expected = [], []
    for run in runs:
        at = place[run.track, number[run.time]]
        apart, speed = min(
            ((float(np.hypot(*(where - at))), speed) for where, speed in there.get(run.time, ())), default=(np.inf, 0.0)
        )
        if apart <= _SAME:
            off.append(abs(run.speed - speed))
            expected.append(run.error)
    return off, expected
