"""Drawn pictures of pitches, and how pictures are varied: what is said of them stays true."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest

from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.training.calibration import CalibratedPicture, varied_picture
from spotting_core.training.drawn_pitches import LENGTHS, WIDTHS, draw_picture, sample_camera

SIZE = (384, 224)


def whiteness(image: np.ndarray, at: np.ndarray) -> float:
    """How much brighter points (shares) are than what is 4 pixels above and below them, on average."""
    pixels = (at * np.array(SIZE)).astype(int)
    inside = ((pixels >= 6) & (pixels < np.array(SIZE) - 6)).all(1)
    x, y = pixels[inside].T
    light = image.astype(float).mean(-1)
    return float((light[y, x] - (light[y - 4, x] + light[y + 4, x]) / 2).mean())


def lengthwise(pitch: Pitch) -> np.ndarray:
    """Points of the lines that run along the pitch but for the touch lines."""
    return np.concatenate([points for name, points in pitch.lines.items() if "rect." in name and "main" not in name])


def test_lines_are_drawn_where_the_homography_says() -> None:
    brighter = []
    for seed in range(30):
        drawn = draw_picture(SIZE, Random(seed))
        at = drawn.seen.to_picture(lengthwise(drawn.pitch))
        at = at[
            np.isfinite(at).all(1) & ((np.nan_to_num(at, nan=-1) > 0.05) & (np.nan_to_num(at, nan=2) < 0.95)).all(1)
        ]
        if len(at) > 20:
            brighter.append(whiteness(drawn.image, at))
    assert len(brighter) > 8
    assert np.median(brighter) > 10


def test_pictures_are_the_same_for_the_same_numbers_and_of_many_sizes() -> None:
    one, same, other = (draw_picture(SIZE, Random(seed)) for seed in (3, 3, 4))
    assert np.array_equal(one.image, same.image)
    assert not np.array_equal(one.image, other.image)
    assert one.image.shape == (224, 384, 3)
    sizes = [draw_picture((96, 56), Random(seed)).pitch for seed in range(20)]
    assert all(LENGTHS[0] <= p.length <= LENGTHS[1] and WIDTHS[0] <= p.width <= WIDTHS[1] for p in sizes)
    assert np.std([p.length for p in sizes]) > 1


def test_cameras_look_at_the_pitch_from_above_the_ground() -> None:
    pitch = Pitch()
    for seed in range(200):
        camera = sample_camera(pitch, 16 / 9, Random(seed))
        assert camera.position[2] < 0
        middle = camera.homography.to_pitch(np.array([[0.5, 0.5]]))
        assert pitch.contains(middle).all()


@pytest.mark.parametrize("seed", range(6))
def test_a_varied_picture_still_shows_its_lines_where_its_calibration_says(seed: int) -> None:
    drawn = next(
        one
        for one in (draw_picture(SIZE, Random(k)) for k in range(100))
        if abs(one.seen.to_pitch(np.array([[0.5, 0.6]]))[0, 0]) > 30
    )
    picture = CalibratedPicture(drawn.image, Calibration(1, 0, drawn.seen), drawn.pitch)
    varied = varied_picture(picture, SIZE, Random(seed))
    assert varied.image.shape == (224, 384, 3)
    assert varied.calibration is not None
    assert varied.calibration.homography is not None
    at = varied.calibration.homography.to_picture(lengthwise(varied.pitch))
    at = at[np.isfinite(at).all(1) & ((np.nan_to_num(at, nan=-1) > 0.05) & (np.nan_to_num(at, nan=2) < 0.95)).all(1)]
    assert len(at) > 3
    assert whiteness(varied.image, at) > 0.3 * whiteness(drawn.image, drawn.seen.to_picture(lengthwise(drawn.pitch)))


def test_a_picture_of_which_nothing_is_known_can_be_varied() -> None:
    varied = varied_picture(CalibratedPicture(np.zeros((224, 398, 3), np.uint8), None, Pitch()), SIZE, Random(1))
    assert varied.calibration is None
