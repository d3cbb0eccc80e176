"""Where the camera looks, in numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.homography import Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.representations.camera_numbers import NUMBERS, POINTS, camera_numbers
from tests.pitch_views import STRAIGHT, TILTED, seen_by

PITCH = Pitch()


def test_from_straight_above() -> None:
    (numbers,) = camera_numbers(seen_by(STRAIGHT, confidence=0.8), PITCH)
    assert numbers.shape == (NUMBERS,) == (19,)
    places = [(0, 0), (-50, 20), (0, 20), (50, 20), (-50, 0), (50, 0), (0, -10)]
    assert numbers[:14].reshape(7, 2) == pytest.approx(np.array(places) / (52.5, 34), abs=1e-6)
    assert numbers[14:] == pytest.approx([1, 1, 1, 100 / 52.5, 0.8], abs=1e-6)


def test_the_sky_has_no_place_and_what_is_far_is_clipped() -> None:
    """The lower points are 40 m away, those of the middle 200 m, and the upper one is above the horizon."""
    (numbers,) = camera_numbers(seen_by(TILTED), PITCH)
    places = [(0, -2), (-40 / 52.5, 20 / 34), (0, 20 / 34), (40 / 52.5, 20 / 34), (-2, -2), (2, -2), (0, 0)]
    assert numbers[:14].reshape(7, 2) == pytest.approx(np.array(places), abs=1e-6)
    assert numbers[14:] == pytest.approx([1, 1, -1, 80 / 52.5, 1], abs=1e-6)


def test_they_agree_with_the_homography_itself() -> None:
    rng = np.random.default_rng(0)
    cameras = [Homography(TILTED.matrix + rng.normal(0, 0.02, (3, 3)) * (1, 1, 5)) for _ in range(20)]
    for camera, numbers in zip(cameras, camera_numbers(seen_by(*cameras), PITCH), strict=True):
        ground = np.nan_to_num(np.clip(camera.to_pitch(POINTS) / (52.5, 34), -2, 2))
        assert numbers[:14].reshape(7, 2) == pytest.approx(ground, abs=1e-5)


def test_they_are_shares_of_the_pitchs_own_size() -> None:
    numbers = camera_numbers(seen_by(STRAIGHT), Pitch(110, 72))[0]
    assert numbers[6:8] == pytest.approx([50 / 55, 20 / 36])


def test_nothing_is_known_without_a_calibration() -> None:
    known = camera_numbers(seen_by(None, STRAIGHT, None), PITCH)
    assert not known[[0, 2]].any()
    assert known[1].any()
    assert camera_numbers(seen_by(None), PITCH).shape == (1, 19)
