"""The pitch from above: pixels by hand, in both forms."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.people import Role
from spotting_core.domain.pitch import Pitch
from spotting_core.representations.top_view import coloured, physics, pixel
from tests.pitch_views import STRAIGHT, TILTED, person, seen_by

PITCH = Pitch()


@pytest.mark.parametrize(
    ("x", "y", "at"),
    [(0, 0, (16, 32)), (-52.5, -34, (0, 1)), (52.5, 34, (31, 62)), (10, -5, (13, 37)), (60, 0, (16, 66))],
)
def test_where_a_place_is_drawn(x: float, y: float, at: tuple[int, int]) -> None:
    """At (10, -5): 64 * (.95 * 10 / 105 + .5) = 37.8 and 32 * (.95 * -5 / 68 + .5) = 13.8."""
    assert pixel(x, y, PITCH) == at


def test_a_player_is_four_pixels_in_the_colour_of_the_kit() -> None:
    (alone,) = coloured(seen_by(STRAIGHT), [[]], PITCH)
    (picture,) = coloured(seen_by(STRAIGHT), [[person(10, -5)]], PITCH)
    assert picture.shape == (32, 64, 3)
    changed = np.argwhere((picture != alone).any(2)).tolist()
    assert changed == [[13, 37], [13, 38], [14, 37], [14, 38]]
    assert picture[13, 37] == pytest.approx([1, -1, 0])


def test_the_field_takes_its_share_and_the_view_is_outlined() -> None:
    """The picture shows x from -50 to 50 and y from -25 to 25: columns 3 to 60, rows 4 to 27."""
    (picture,) = coloured(seen_by(STRAIGHT), [[]], PITCH)
    white = 255 / 127 - 1
    for row, column in ((4, 3), (27, 60), (15, 3), (4, 30)):
        assert picture[row, column] == pytest.approx([white] * 3), (row, column)
    assert picture[10, 10] == pytest.approx(np.array([40, 110, 40]) / 127 - 1)  # grass
    assert picture[2, 32] == pytest.approx([190 / 127 - 1] * 3)  # the middle line
    assert (picture[:, 0] == -1).all()  # beside the field
    assert (picture[:, 63] == -1).all()


def test_the_three_planes() -> None:
    (planes,) = physics(seen_by(STRAIGHT), [[person(10, -5), person(60, 0)]], PITCH)
    people, view, lines = planes.transpose(2, 0, 1)
    assert np.argwhere(people).tolist() == [[13, 37], [13, 38], [14, 37], [14, 38]]
    rows, columns = np.nonzero(view)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (4, 27, 3, 60)
    assert view.sum() == 24 * 58  # filled
    assert lines[0, 1:63].all()
    assert lines[:, 32].all()
    assert not lines[:, 0].any()
    assert lines[10, 10] == 0
    assert set(np.unique(planes)) == {0, 1}


def test_what_lies_above_the_horizon_is_cut_off() -> None:
    """The camera sees 26 m to 300 m far: all of the width behind its near edge."""
    (planes,) = physics(seen_by(TILTED), [[]], PITCH)
    view = planes[..., 1]
    assert view[0, 32]
    assert view[26, 32]
    assert view[0].sum() > view[20].sum() > 0


def test_the_ball_and_who_was_not_seen_are_not_drawn() -> None:
    nobody = [person(10, -5, role=Role.BALL), person(-10, 5, None)]
    assert np.array_equal(coloured(seen_by(STRAIGHT), [nobody], PITCH), coloured(seen_by(STRAIGHT), [[]], PITCH))
    assert not physics(seen_by(STRAIGHT), [nobody], PITCH)[..., 0].any()


def test_a_sample_whose_calibration_is_not_sure_is_empty() -> None:
    people = [[person(0, 0)]]
    for calibrations in (seen_by(None), seen_by(STRAIGHT, confidence=0.74)):
        assert not coloured(calibrations, people, PITCH).any()
        assert not physics(calibrations, people, PITCH).any()
    assert coloured(seen_by(STRAIGHT, confidence=0.75), people, PITCH).any()
