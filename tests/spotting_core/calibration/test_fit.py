"""A camera fitted to lines and places that are exactly right, somewhat wrong, or not there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spotting_core.calibration.fit import LineMaps, Seen, expected_spread, fit_lines, fit_picture
from spotting_core.domain.camera import Camera
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.pitch_calibration import distance
from tests.seen_pitches import ASPECT, seen_by, usual_camera

PITCHES = [Pitch(), Pitch(110, 72), Pitch(100, 64)]


def off(found: np.ndarray, camera: Camera, pitch: Pitch) -> float:
    return distance(camera.homography, Camera.of_parameters(found, ASPECT).homography, pitch)


@pytest.mark.parametrize("pitch", PITCHES, ids=lambda p: f"{p.length:g}x{p.width:g}")
@pytest.mark.parametrize("pan", [-0.35, 0.0, 0.3])
def test_what_is_seen_exactly_is_placed_within_centimetres(pan: float, pitch: Pitch) -> None:
    camera = usual_camera(pan)
    found = fit_picture(seen_by(camera, pitch), pitch, ASPECT)
    assert found is not None
    assert off(found.parameters, camera, pitch) < 0.15
    assert found.support > 0.9
    assert found.explained > 0.9
    assert found.residual < 0.7


def test_lines_mend_what_places_say_wrongly() -> None:
    camera, pitch = usual_camera(0.3), Pitch()
    found = fit_picture(seen_by(camera, pitch, off=2.0, error=2.0), pitch, ASPECT)
    assert found is not None
    assert off(found.parameters, camera, pitch) < 0.3


def test_places_that_are_a_penalty_area_off_are_found_from_beside() -> None:
    camera, pitch = usual_camera(0.3), Pitch()
    found = fit_picture(seen_by(camera, pitch, off=8.0, error=5.0), pitch, ASPECT)
    assert found is not None
    assert off(found.parameters, camera, pitch) < 0.5


def test_without_places_nothing_is_told() -> None:
    seen = seen_by(usual_camera(0.0), Pitch())
    assert fit_picture(replace(seen, errors=np.full_like(seen.errors, 40.0)), Pitch(), ASPECT) is None


def test_places_that_are_all_one_point_explain_nothing() -> None:
    seen, pitch = seen_by(usual_camera(0.0), Pitch()), Pitch()
    one = np.array([pitch.length / 2, 0, -pitch.length / 2, pitch.width / 2, 0, -pitch.width / 2])
    same = np.broadcast_to(one[:, None, None], seen.places.shape)
    found = fit_picture(replace(seen, places=same, errors=np.ones_like(seen.errors)), pitch, ASPECT)
    assert found is None or found.explained < 0.1


def test_without_lines_it_is_less_sure_and_says_so() -> None:
    camera, pitch = usual_camera(0.0), Pitch()
    seen = seen_by(camera, pitch)
    blind = Seen(seen.pitch, LineMaps(tuple(np.zeros_like(m) for m in seen.lines.kinds)), seen.places, seen.errors)
    found, with_lines = fit_picture(blind, pitch, ASPECT), fit_picture(seen, pitch, ASPECT)
    assert found is not None
    assert with_lines is not None
    assert found.support == found.explained == 0
    spreads = [expected_spread(s.parameters, s.information, pitch, ASPECT) for s in (found, with_lines)]
    assert spreads[0] > 2 * spreads[1]


def test_lines_alone_are_enough_from_near() -> None:
    camera, pitch = usual_camera(0.3), Pitch()
    start = camera.parameters + np.array([0.5, 0, 0, 0.01, -0.005, 0, 0.02])
    found = fit_lines(seen_by(camera, pitch).lines, start, pitch, ASPECT)
    assert off(found.parameters, camera, pitch) < 0.2 < off(start, camera, pitch)


def test_a_camera_that_sees_no_pitch_has_no_expected_error() -> None:
    up = Camera((0.0, 92.0, -23.0), 0.0, 2.2, 0.0, 1.8, ASPECT)
    assert expected_spread(up.parameters, np.eye(7), Pitch(), ASPECT) == float("inf")
