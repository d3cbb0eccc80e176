"""Where a team is: counted by how often the camera shows the place."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.cameras import LABELLED, Shot
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.players.calibrated_samples import calibrated_samples
from spotting_core.players.kept_players import ROW
from spotting_core.players.presence import presence

# Pictures of the left and of the right half of a pitch from above.
LEFT = Homography(np.array([[1 / 60, 0, 1.0], [0, 1 / 80, 0.5], [0, 0, 1]]))
RIGHT = Homography(np.array([[1 / 60, 0, 0.0], [0, 1 / 80, 0.5], [0, 0, 1]]))


def standing(samples: range, x: float, y: float, team: int = 1) -> np.ndarray:
    rows = np.zeros(len(samples), ROW)
    rows["half"], rows["track"], rows["team"], rows["sample"] = 1, 1, team, list(samples)
    rows["x"], rows["y"], rows["seen"] = x, y, True
    return rows


def test_who_is_there_whenever_it_is_shown_counts_alike_however_often_that_is() -> None:
    calibrations = [Calibration(1, k * 500_000, LEFT if k < 40 else RIGHT) for k in range(200)]
    rows = np.concatenate([standing(range(40), -30, -10), standing(range(40, 200), 30, -10)])
    there = presence(rows, calibrations, Pitch(), 1, {})
    assert (there.samples, there.seen) == (200, 200)
    left, right = there.players[:, :13], there.players[:, 14:]
    assert np.nanmax(left) == pytest.approx(np.nanmax(right), rel=0.05)
    row, column = np.unravel_index(np.nanargmax(left), left.shape)
    assert (row + 0.5) * 4 - 34 == pytest.approx(-10, abs=2.1)
    assert (column + 0.5) * 105 / 27 - 52.5 == pytest.approx(-30, abs=2.1)
    # Everybody of a cell of the pitch: one player in all.
    area = (105 / 27) * 4
    assert np.nansum(left) * area / 100 == pytest.approx(1.0, rel=0.05)


def test_other_teams_do_not_count_and_what_is_hardly_shown_is_empty() -> None:
    calibrations = [Calibration(1, k * 500_000, LEFT if k >= 10 else RIGHT) for k in range(200)]
    there = presence(standing(range(200), -30, 0, team=2), calibrations, Pitch(), 1, {})
    assert there.seen == 0
    assert np.nanmax(there.players) == 0
    assert np.isnan(there.players[:, 20:]).all()


def test_halves_are_turned_so_that_the_team_attacks_to_the_right() -> None:
    calibrations = [Calibration(1, k * 500_000, LEFT) for k in range(200)]
    there = presence(standing(range(200), -30, -10), calibrations, Pitch(), 1, {1: True})
    row, column = np.unravel_index(np.nanargmax(there.players), there.players.shape)
    assert (row + 0.5) * 4 - 34 == pytest.approx(10, abs=2.1)
    assert (column + 0.5) * 105 / 27 - 52.5 == pytest.approx(30, abs=2.1)


def test_how_often_the_camera_is_looked_at_changes_nothing() -> None:
    times = np.arange(500) * 200_000  # five samples a second, two calibrations
    calibrations = [Calibration(1, k * 500_000, LEFT) for k in range(200)]
    known = calibrated_samples(1, times, calibrations, None)
    assert sorted(known)[:5] == [0, 2, 3, 5, 7]
    rows = standing(range(500), -30, -10)
    there = presence(rows[np.isin(rows["sample"], list(known))], list(known.values()), Pitch(), 1, {})
    assert np.nansum(there.players) * (105 / 27) * 4 / 100 == pytest.approx(1.0, rel=0.05)
    few = presence(standing(range(15), -30, -10), calibrations[:15], Pitch(), 1, {})
    assert np.isnan(few.players).all()  # seven and a half seconds


def test_samples_without_a_pitch_far_from_one_or_of_a_replay_have_none() -> None:
    times = np.arange(6) * 500_000
    calibrations = [Calibration(1, 0, LEFT), Calibration(1, 500_000, None), Calibration(1, 2_500_000, LEFT)]
    assert list(calibrated_samples(1, times, calibrations, None)) == [0, 5]
    shots = MatchCameras(
        (Shot(1, 0, 2_000_000, "a", False), Shot(1, 2_000_000, 3_000_000, "b", True)), LABELLED, {}, {}
    )
    assert list(calibrated_samples(1, times, calibrations, shots)) == [0]
    assert calibrated_samples(2, times, calibrations, None) == {}
