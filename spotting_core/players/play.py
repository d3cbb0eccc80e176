"""Where play is, sample by sample, and which team has the ball.

Play is at the ball, where that was placed near the moment in the same shot; else where the camera looks, the middle of
its picture. Whose ball it is, is told by who is nearest to it. Replays are of another moment and have no place.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.homography import Calibration
from spotting_core.domain.people import BALL_TRACK
from spotting_core.domain.pitch import Pitch
from spotting_core.players.calibrated_samples import calibrated_samples
from spotting_core.players.kept_players import TEAMS

NOWHERE, IN_VIEW, AT_BALL = range(3)
"""How a place is known."""

PLAY = np.dtype([
    ("x", "<f4"), ("y", "<f4"), ("error", "<f4"), ("home", "<f4"), ("known", "u1"),
])  # fmt: skip
"""A sample: metres from the centre spot, y towards the main camera; expected error in metres; how likely the home team
has the ball, NaN where nobody can tell; how the place is known."""

NEAR = 1.0
"""Seconds from a moment within which a place of the ball counts."""
BALL_SPEED = 5.0
"""Metres a second that the ball usually moves meanwhile."""
_LOOKS = 0.5  # share of the picture's height at which its middle column is looked at
_OFF = 0.4
"""Metres from there to the ball, by metres between the picture's quarters there: .39 on average at the true spots of
eight validation matches of simmatch."""
_BESIDE = 3.0  # metres beside the pitch within which something still is a place on it
_REACH, _RUN = 1.0, 2.0  # metres from the ball at which somebody has it, and a second more that he may have moved
_NOBODY = float(np.exp(-4.5))  # weight of nobody's having it: that of somebody three deviations away


def half_play(
    half: int,
    times: np.ndarray,
    rows: np.ndarray | None,
    calibrations: Sequence[Calibration],
    cameras: MatchCameras | None,
) -> np.ndarray:
    """Play at each sample of a half: (T,) of ``PLAY``.

    Arguments:
        times: (T,), microseconds, rising.
        rows: the players of the half (``kept_players.ROW``), or None where nobody was placed.
        calibrations: of the match; without, only the ball tells.
        cameras: shots and replays of the match, where they are known.
    """
    play = np.zeros(len(times), PLAY)
    play["home"] = np.nan
    shots = _shots(half, times, cameras)
    for sample, calibration in calibrated_samples(half, times, calibrations, cameras).items():
        _look_at(play[sample : sample + 1], calibration)
    if rows is not None:
        _follow_ball(play, times, rows, shots)
    replayed = shots < 0
    play["known"][replayed], play["home"][replayed] = NOWHERE, np.nan
    return play


def _shots(half: int, times: np.ndarray, cameras: MatchCameras | None) -> np.ndarray:
    """The shot of each sample by a number that rises, -1 in a replay; (T,)."""
    if cameras is None:
        return np.zeros(len(times), int)
    own = [s for s in cameras.shots if s.half == half]
    starts = np.array([s.start for s in own], float)
    number = np.searchsorted(starts, times, "right") - 1
    replays = np.array([bool(s.replay) for s in own])
    within = number >= 0
    shots = np.zeros(len(times), int)
    shots[within] = np.where(replays[number[within]], -1, number[within] + 1)
    return shots


def _look_at(row: np.ndarray, calibration: Calibration) -> None:
    assert calibration.homography is not None
    pitch = calibration.pitch or Pitch()
    middle, left, right = calibration.homography.to_pitch(np.array([[0.5, _LOOKS], [0.25, _LOOKS], [0.75, _LOOKS]]))
    wide = float(np.hypot(*(right - left)))
    if not np.isfinite(middle).all() or not np.isfinite(wide):
        return
    if abs(middle[0]) > pitch.length / 2 + _BESIDE or abs(middle[1]) > pitch.width / 2 + _BESIDE:
        return
    row["x"], row["y"], row["error"], row["known"] = middle[0], middle[1], _OFF * wide, IN_VIEW


def _follow_ball(play: np.ndarray, times: np.ndarray, rows: np.ndarray, shots: np.ndarray) -> None:
    """Place samples at the ball, and tell whose it is."""
    balls = rows[rows["track"] == BALL_TRACK]
    people = rows[(rows["track"] != BALL_TRACK) & (rows["team"] > 0)]
    if not len(balls):
        return
    at = balls["sample"].astype(int)
    for sample, time in enumerate(times.tolist()):
        near = np.flatnonzero((np.abs(times[at] - time) <= NEAR * 1e6) & (shots[at] == shots[sample]))
        if not len(near):
            continue
        ball = balls[near[np.abs(times[at[near]] - time).argmin()]]
        away = abs(float(times[int(ball["sample"])]) - time) / 1e6
        row = play[sample]
        row["x"], row["y"], row["known"] = ball["x"], ball["y"], AT_BALL
        row["error"] = np.hypot(_error(ball["error"]), BALL_SPEED * away)
        row["home"] = _home_has(ball, people[people["sample"] == ball["sample"]], away)
        play[sample] = row


def _home_has(ball: np.void, people: np.ndarray, away: float) -> float:
    """How likely the ball is the home team's; NaN where nobody with a team is there.

    Arguments:
        away: seconds from the moment that is asked.
    """
    if not len(people):
        return float("nan")
    apart = np.hypot(people["x"] - ball["x"], people["y"] - ball["y"])
    spread = _error(people["error"]) ** 2 + _error(ball["error"]) ** 2 + (_REACH + _RUN * away) ** 2
    weight = np.exp(-(apart**2) / (2 * spread))
    sure = people["team_confidence"]
    home = np.where(people["team"] == TEAMS.index("home"), sure, 1 - sure)
    return float((weight @ home + _NOBODY / 2) / (weight.sum() + _NOBODY))


def _error(metres: np.ndarray) -> np.ndarray:
    """Expected errors, a metre where nobody knows."""
    return np.asarray(np.nan_to_num(metres, nan=1.0), float)
