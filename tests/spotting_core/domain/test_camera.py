"""Cameras: the challenge's convention, and back from a homography."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.camera import Camera, angles, ground_matrices
from spotting_core.domain.homography import Homography

MAIN = Camera((4.0, 80.0, -25.0), 0.2, 1.3, 0.01, 1.4, 16 / 9)


def test_a_camera_that_looks_straight_at_the_centre_spot_sees_it_in_the_middle() -> None:
    camera = Camera((0.0, 30.0, -30.0), 0.0, np.pi / 4, 0.0, 1.0, 2.0)
    at = camera.homography.to_picture(np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0]]))
    away = 30 * np.sqrt(2)
    assert at[0] == pytest.approx([0.5, 0.5])
    assert at[1] == pytest.approx([0.5 + 10 / away, 0.5])  # x to the right, a focal length of one width
    assert at[2, 0] == pytest.approx(0.5)
    assert at[2, 1] > 0.5  # y towards the camera, which is down


def test_the_axes_are_those_of_the_challenge() -> None:
    down = Camera((0.0, 0.0, -10.0), 0.0, 0.0, 0.0, 1.0, 1.0)
    assert down.rotation == pytest.approx(np.eye(3))  # right, towards the main camera, and ahead is down
    right = Camera((0.0, 0.0, -10.0), np.pi / 2, np.pi / 2, 0.0, 1.0, 1.0)
    assert right.rotation[2] == pytest.approx([1, 0, 0])  # ahead, panned by a right angle, is x


@pytest.mark.parametrize("camera", [MAIN, Camera((-64.0, -9.0, -3.0), 1.9, 1.5, -0.02, 0.9, 398 / 224)])
def test_a_camera_is_known_by_its_homography(camera: Camera) -> None:
    again = Camera.of(Homography(-3 * camera.homography.matrix), camera.aspect)
    assert again is not None
    assert again.parameters == pytest.approx(camera.parameters, abs=1e-6)
    assert Camera.of_parameters(again.parameters, again.aspect).homography.matrix == pytest.approx(
        camera.homography.matrix, abs=1e-6
    )


def test_no_camera_with_square_pixels_sees_the_ground_sheared() -> None:
    assert (
        Camera.of(Homography(np.array([[0.01, 0.02, 0.5], [0.0, -0.01, 0.5], [0.0001, 0.0002, 1.0]])), 16 / 9) is None
    )


def test_many_matrices_are_those_of_each() -> None:
    both = ground_matrices(np.stack([MAIN.parameters, MAIN.parameters + 0.01]), MAIN.aspect)
    assert both[0] == pytest.approx(MAIN.homography.matrix)
    depth = (both[0] @ np.array([0.0, 0.0, 1.0]))[2]
    ahead = MAIN.rotation[2] @ -np.array(MAIN.position)
    assert depth == pytest.approx(ahead)  # metres in front of the camera


def test_straight_down_only_the_sum_of_pan_and_roll_is_known() -> None:
    pan, tilt, roll = angles(Camera((0, 0, -10), 0.3, 0.0, 0.2, 1.0, 1.0).rotation)
    assert (pan, tilt, roll) == pytest.approx((0.5, 0.0, 0.0))
