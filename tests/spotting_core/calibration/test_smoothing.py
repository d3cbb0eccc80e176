"""Cameras of a shot fitted together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spotting_core.calibration.fit import Sighting, fit_picture
from spotting_core.calibration.smoothing import PlacedCamera, shots_of, smoothed
from spotting_core.domain.camera import Camera
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.pitch_calibration import distance
from tests.seen_pitches import ASPECT, CONFIG, seen_by, usual_camera

PITCH = Pitch()
SIZE = (CONFIG.width, CONFIG.height)
PANNING = [usual_camera(0.02 * k) for k in range(10)]


def sightings(cameras: list[Camera], noise: float = 0.0) -> list[Sighting | None]:
    rng = np.random.default_rng(0)
    found: list[Sighting | None] = []
    for camera in cameras:
        one = fit_picture(seen_by(camera, PITCH), PITCH, ASPECT)
        assert one is not None
        shift = rng.normal(0, noise, 2).astype(np.float32) / np.array(SIZE, np.float32)
        found.append(replace(one, picture=one.picture + shift))
    return found


def error(placed: PlacedCamera | None, camera: Camera) -> float:
    assert placed is not None
    return distance(camera.homography, Camera.of_parameters(placed.parameters, ASPECT).homography, PITCH)


def test_a_shot_goes_on_while_its_camera_turns_and_ends_where_it_jumps_or_nothing_is_seen() -> None:
    own = sightings([*PANNING[:4], *(usual_camera(-0.6 + 0.02 * k) for k in range(3))])
    assert shots_of(own) == [[0, 1, 2, 3], [4, 5, 6]]
    assert shots_of([*own[:2], None, *own[2:]]) == [[0, 1], [3, 4], [5, 6, 7]]
    assert shots_of([None, None]) == []


def test_what_is_exact_stays_exact() -> None:
    placed = smoothed([None, *sightings(PANNING)], PITCH, ASPECT, SIZE, 2.0)
    assert placed[0] is None
    assert max(error(one, camera) for one, camera in zip(placed[1:], PANNING, strict=True)) < 0.15
    assert {one.together for one in placed[1:] if one is not None} == {10}


def test_one_picture_that_is_wrong_does_not_move_the_others() -> None:
    own = sightings(PANNING)
    wrong = own[5]
    assert wrong is not None
    own[5] = replace(wrong, picture=wrong.picture + np.float32([0.02, 0.0]))
    placed = smoothed(own, PITCH, ASPECT, SIZE, 2.0)
    others = [error(placed[k], PANNING[k]) for k in range(10) if k != 5]
    assert max(others) < 0.25
    assert placed[5] is not None
    assert placed[4] is not None
    assert placed[5].residual > placed[4].residual


def test_together_they_are_expected_to_be_nearer_than_alone() -> None:
    own = sightings(PANNING, 0.3)
    together = smoothed(own, PITCH, ASPECT, SIZE, 2.0)
    alone = [smoothed([one], PITCH, ASPECT, SIZE, 2.0)[0] for one in own]
    for one, other in zip(together, alone, strict=True):
        assert one is not None
        assert other is not None
        assert one.spread < other.spread
