"""Feet: boxes to metres, and how far they may be wrong."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.homography import Calibration, Homography
from spotting_core.players.feet import ACROSS, ALONG, CALIBRATED, calibration_error, feet, jacobian

# A map, not a camera: 100 m are the picture's width, 50 m its height, the centre spot is in the middle.
PLAN = Homography(np.array([[0.01, 0, 0.5], [0, 0.02, 0.5], [0, 0, 1.0]]))
SIZE = (400, 200)  # so a pixel is a quarter of a metre either way


def at(homography: Homography | None, confidence: float | None = None) -> Calibration:
    return Calibration(1, 0, homography, confidence)


def test_a_foot_is_the_middle_of_the_lower_edge() -> None:
    found = feet(np.array([[196.0, 60.0, 204.0, 80.0]]), np.array([0.5]), SIZE, at(PLAN))
    assert found.places[0] == pytest.approx([0.0, -5.0])  # 20 pixels above the middle


def test_its_error_is_that_of_its_pixels_and_of_the_calibration() -> None:
    box = np.array([[196.0, 60.0, 204.0, 80.0]])
    pixels = np.hypot(ACROSS[0] + ACROSS[1] * 20, ALONG[0] + ALONG[1] * 20)
    assert feet(box, np.array([0.5]), SIZE, at(PLAN)).errors[0] == pytest.approx(pixels / 4)
    assert feet(box, np.array([1.0]), SIZE, at(PLAN)).errors[0] == pytest.approx(pixels / 8)
    calibrated = feet(box, np.array([0.5]), SIZE, at(PLAN, 0.8)).errors[0]
    assert calibrated == pytest.approx(np.hypot(pixels / 4, CALIBRATED / 0.8))


def test_a_foot_below_the_picture_is_nowhere() -> None:
    boxes = np.array([[196.0, 60.0, 204.0, 199.5], [-9.0, 60.0, -1.0, 80.0], [0.0, 60.0, 8.0, 80.0]])
    assert np.isnan(feet(boxes, np.ones(3), SIZE, at(PLAN)).places).all(1).tolist() == [True, True, False]


def test_nobody_is_placed_without_a_homography() -> None:
    found = feet(np.array([[196.0, 60.0, 204.0, 80.0]]), np.ones(1), SIZE, at(None))
    assert np.isnan(found.places).all()
    assert np.isnan(found.errors).all()


def test_far_away_a_pixel_is_longer() -> None:
    camera = Homography(np.array([[0.01, -0.005, 0.5], [0, 0.01, 0.5], [0, -0.01, 1.0]]))
    far, near = jacobian(camera, camera.to_picture(np.array([[0.0, -20.0], [0.0, 20.0]])))
    # v = (.01 y + .5) / w with w = 1 - .01 y, so dv/dy = .015 / w²
    assert far[1, 1] == pytest.approx(1.2**2 / 0.015, rel=1e-4)
    assert near[1, 1] == pytest.approx(0.8**2 / 0.015, rel=1e-4)


def test_an_exact_calibration_is_never_wrong_and_an_unsure_one_is_most() -> None:
    assert calibration_error(at(PLAN)) == 0
    assert calibration_error(at(PLAN, 0.5)) == pytest.approx(2 * CALIBRATED)
    assert calibration_error(at(PLAN, 0.0)) == pytest.approx(20 * CALIBRATED)
