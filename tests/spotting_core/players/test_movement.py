"""Speed and distance of tracks that move as was computed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.players.kept_players import ROW
from spotting_core.players.movement import speeds, team_movement

TIMES = {1: np.arange(40) * 500_000}


def track(number: int, team: int, speed: float, samples: range, error: float = 0.3) -> np.ndarray:
    """Somebody who runs along the pitch at a speed."""
    rows = np.zeros(len(samples), ROW)
    rows["half"], rows["track"], rows["team"], rows["sample"] = 1, number, team, list(samples)
    rows["x"], rows["error"], rows["seen"] = speed * np.array(samples) * 0.5, error, True
    return rows


def test_a_steady_run_has_its_speed_less_what_errors_alone_would_give() -> None:
    runs = speeds(track(1, 1, 6.0, range(10)), TIMES)
    middle = next(run for run in runs if run.time == 2_500_000)
    # Five places half a second apart: the sum of squared times from their middle is 2.5 s².
    assert middle.error == pytest.approx(0.3 / np.sqrt(2.5), abs=1e-6)
    assert middle.speed == pytest.approx(np.sqrt(36 - 0.09 / 2.5), abs=1e-4)
    assert [run.time for run in runs] == [k * 500_000 for k in range(1, 9)]  # at its ends too little is known


def test_who_stands_still_does_not_run_however_badly_he_is_placed() -> None:
    rows = track(1, 1, 0.0, range(20), error=0.5)
    rows["x"] = np.random.default_rng(0).normal(0, 0.35, 20)
    rows["y"] = np.random.default_rng(1).normal(0, 0.35, 20)
    raw = np.hypot(np.diff(rows["x"]), np.diff(rows["y"])).mean() / 0.5
    assert raw > 0.8
    assert np.mean([run.speed for run in speeds(rows, TIMES)]) < 0.3


def test_short_tracks_jumps_and_what_is_hardly_known_give_no_speed() -> None:
    assert speeds(track(1, 1, 5.0, range(3)), TIMES) == []
    assert speeds(track(1, 1, 12.0, range(10)), TIMES) == []
    assert speeds(track(1, 1, 5.0, range(10), error=2.0), TIMES) == []
    assert speeds(track(0, 1, 5.0, range(10)), TIMES) == []  # the ball
    assert speeds(track(1, 0, 5.0, range(10)), TIMES) == []  # an official


def test_a_team_has_the_pace_of_its_own_players() -> None:
    rows = np.concatenate([track(1, 1, 4.0, range(20), 1e-6), track(2, 1, 8.0, range(20), 1e-6), track(3, 2, 3.0, range(20), 1e-6)])  # fmt: skip
    runs = speeds(rows, TIMES)
    home = team_movement(rows, TIMES, 1, runs)
    assert home.minutes == pytest.approx(2 * 18 * 0.5 / 60)
    assert home.pace == pytest.approx(6 * 60, rel=1e-4)
    assert home.pace_error == pytest.approx(0.028 * 360, rel=1e-3)
    assert home.sprinting == pytest.approx(9.0)
    assert home.fastest is not None
    assert (home.fastest.track, home.fastest.speed) == (2, pytest.approx(8.0, rel=1e-4))
    nobody = team_movement(rows, TIMES, 2, [])
    assert np.isnan(nobody.pace)
    assert nobody.fastest is None
