"""The pitch's lines and the homography, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.homography import Homography
from spotting_core.domain.pitch import STEP, Pitch

FROM_ABOVE = Homography(np.array([[1 / 105, 0, 0.5], [0, 1 / 68, 0.5], [0, 0, 1]]))
"""A picture that shows exactly a pitch of 105 by 68 m."""


def tilted() -> Homography:
    """A camera 20 m above the ground (z points down), 60 m before the centre spot, which it looks at: 40 degrees, 4 : 3."""
    position, target = np.array([0.0, 60.0, -20.0]), np.zeros(3)
    forward = (target - position) / np.linalg.norm(target - position)
    right = np.array([1.0, 0.0, 0.0])
    down = np.cross(forward, right)
    turn = np.stack([right, down, forward])
    focal = 0.5 / np.tan(np.radians(20))
    lens = np.array([[focal, 0, 0.5], [0, focal * 4 / 3, 0.5], [0, 0, 1]])
    return Homography(lens @ np.column_stack([turn[:, 0], turn[:, 1], -turn @ position]))


def test_lines_lie_where_the_laws_say() -> None:
    lines = Pitch(110, 72).lines
    assert len(lines) == 20
    assert lines["Side line left"][[0, -1]].tolist() == [[-55, -36], [-55, 36]]
    assert lines["Big rect. right main"][[0, -1]].tolist() == [[38.5, -20.16], [38.5, 20.16]]
    assert lines["Small rect. left top"][[0, -1]].tolist() == [[-55, -9.16], [-49.5, -9.16]]
    assert np.linalg.norm(lines["Circle central"], axis=1) == pytest.approx(9.15)
    for side, sign in (("left", -1), ("right", 1)):
        arc = lines[f"Circle {side}"]
        assert np.linalg.norm(arc - (sign * 44, 0), axis=1) == pytest.approx(9.15)
        assert (sign * arc[:, 0]).max() == pytest.approx(38.5)  # it ends at the area's line and lies outside of it
        assert (sign * arc[:, 0]).min() == pytest.approx(34.85, abs=0.02)  # no point of it need be the foremost
    for points in lines.values():
        assert np.linalg.norm(np.diff(points, axis=0), axis=1).max() <= STEP + 1e-9


@pytest.mark.parametrize("size", [(68, 0), (105, float("nan")), (1050, 680)])
def test_a_size_that_no_pitch_has_is_refused(size: tuple[float, float]) -> None:
    with pytest.raises(BadInputError, match="no pitch is"):
        Pitch(*size)


def test_points_by_hand() -> None:
    points = np.array([[0, 0], [-52.5, -34], [21, 17]])
    assert FROM_ABOVE.to_picture(points).tolist() == pytest.approx(np.array([[0.5, 0.5], [0, 0], [0.7, 0.75]]))
    assert FROM_ABOVE.to_pitch(np.array([[0.7, 0.75]]))[0].tolist() == pytest.approx([21, 17])
    assert FROM_ABOVE.shown(np.array([[52, 33], [53, 0]])).tolist() == [True, False]
    assert FROM_ABOVE.turned().to_picture(np.array([[21.0, 17.0]]))[0].tolist() == pytest.approx([0.3, 0.25])
    pixels = FROM_ABOVE.pixels(210, 136)
    assert pixels[0].tolist() == pytest.approx([2, 0, 105])
    assert np.allclose(Homography.of_pixels(pixels * -3, 210, 136).to_picture(points), FROM_ABOVE.to_picture(points))


def test_a_camera_sees_what_lies_before_it_and_below_the_horizon() -> None:
    camera = tilted()
    assert camera.to_picture(np.zeros((1, 2)))[0].tolist() == pytest.approx([0.5, 0.5])
    assert np.isnan(camera.to_picture(np.array([[0.0, 90.0]]))).all()  # behind it
    assert camera.to_picture(np.array([[5.0, 20.0]]))[0, 1] > 0.5  # nearer is lower
    horizon = camera.to_picture(np.array([[0.0, -1e7]]))[0, 1]
    above, below = camera.to_pitch(np.array([[0.5, horizon - 0.01], [0.5, horizon + 0.01]]))
    assert np.isnan(above).all()
    assert below[1] < -34
    points = np.array([[3.0, 10.0], [-10.0, -20.0]])
    assert camera.to_pitch(camera.to_picture(points)) == pytest.approx(points)


@pytest.mark.parametrize(
    ("matrix", "message"),
    [(np.full((3, 3), np.nan), "all finite"), (np.ones((3, 3)), "singular"), (np.eye(2), "nine numbers")],
)
def test_what_is_no_homography_says_so(matrix: np.ndarray, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        Homography(matrix)
