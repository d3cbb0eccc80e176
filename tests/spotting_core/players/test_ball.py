"""The ball where it rolls."""

from __future__ import annotations

import numpy as np

from spotting_core.domain.homography import Homography
from spotting_core.players.ball import ball_sized, rolling_path

PLAN = Homography(np.array([[0.01, 0, 0.5], [0, 0.02, 0.5], [0, 0, 1.0]]))  # a pixel of 1000 by 500 is a decimetre


def test_a_box_many_times_a_ball_is_none() -> None:
    boxes = np.array([[500, 240, 503, 243], [500, 240, 512, 252]]) / [1000, 500, 1000, 500]
    assert ball_sized(boxes, (1000, 500), PLAN).tolist() == [True, False]  # 2.2 pixels are expected


def path(times: list[float], x: list[float], scores: list[float]) -> list[bool]:
    places = np.stack([np.array(x, float), np.zeros(len(x))], 1)
    return rolling_path(np.array(times, float), places, np.full(len(x), 0.3), np.array(scores, float)).tolist()


def test_a_ball_that_rolls_is_chosen_before_surer_things_that_jump() -> None:
    times = [0, 0.5, 0.5, 1, 1.5]
    assert path(times, [0, 3, 40, 6, 9], [0.8, 0.7, 0.75, 0.7, 0.8]) == [True, True, False, True, True]


def test_faint_things_far_from_each_other_are_no_ball() -> None:
    assert path([0, 0.5, 1], [0, 30, -30], [0.45, 0.45, 0.45]) == [False, False, False]


def test_what_is_sure_is_a_ball_alone() -> None:
    assert path([0], [0], [0.95]) == [True]
    assert path([], [], []) == []


def test_of_one_sample_at_most_one_is_the_ball() -> None:
    assert sum(path([0, 0, 0], [0, 1, 2], [0.95, 0.96, 0.97])) == 1
