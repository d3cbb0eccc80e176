"""Intervals of any evaluator's figures: draws of matches that are the same for every system."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.report import Evaluation
from spotting_core.evaluation.report_draws import (
    Evaluator,
    drawn_reports,
    figure_difference,
    report_class_difference,
)


def evaluator(values: Sequence[float], asked: list[tuple[int, ...]] | None = None) -> Evaluator:
    """The mean of some values, one a match; class "b" has truth in the first match alone."""

    def evaluate(numbers: Sequence[int]) -> Evaluation:
        if asked is not None:
            asked.append(tuple(numbers))
        mean = float(np.mean([values[n] for n in numbers]))
        second = values[0] if 0 in numbers else None
        return Evaluation(
            "t", "m", False, "Mean", {"all": mean}, {"a": {"all": mean}, "b": {"all": second}}, {"a": 9, "b": 1},
            {"Half": mean / 2},
        )  # fmt: skip

    return evaluate


def test_a_difference_that_is_the_same_in_every_match_has_no_width() -> None:
    first, second = drawn_reports([evaluator([0.3, 0.5, 0.9, 0.7]), evaluator([0.2, 0.4, 0.8, 0.6])], 4)
    own = first.figure("Mean")
    assert own is not None
    assert own.value == pytest.approx(0.6)
    assert own.low < 0.5 < 0.7 < own.high
    between = figure_difference(first, second, "Mean")
    assert between is not None
    assert (between.value, between.low, between.high) == pytest.approx((0.1, 0.1, 0.1))
    half = figure_difference(first, second, "Half")
    assert half is not None
    assert half.value == pytest.approx(0.05)


def test_draws_without_truth_say_nothing_of_a_class() -> None:
    first, second = drawn_reports([evaluator([0.4, 0.1]), evaluator([0.1, 0.4])], 2)
    own = first.of_class("b")
    assert own is not None
    assert (own.low, own.high) == (0.4, 0.4)
    assert np.isnan(first.classes["b"]).any()
    between = report_class_difference(first, second, "b")
    assert between is not None
    assert between.value == pytest.approx(0.3)


def test_the_same_matches_are_measured_once_and_one_match_is_refused() -> None:
    asked: list[tuple[int, ...]] = []
    drawn_reports([evaluator([0.1, 0.9], asked)], 2)
    assert sorted(asked) == [(0, 0), (0, 1), (0, 1), (1, 1)]  # all of them, and each draw
    with pytest.raises(BadInputError, match="an interval needs several matches"):
        drawn_reports([evaluator([0.1])], 1)


def test_a_draw_with_nothing_to_measure_is_passed_over() -> None:
    whole = evaluator([0.2, 0.8])

    def evaluate(numbers: Sequence[int]) -> Evaluation:
        if 1 not in numbers:
            raise BadInputError("no replay of the labels is among the detections")
        return whole(numbers)

    (drawn,) = drawn_reports([evaluate], 2)
    own = drawn.figure("Mean")
    assert own is not None
    assert own.low >= 0.5


def test_how_far_the_draws_are_is_told_over_all_systems_and_can_end_them() -> None:
    shares: list[float] = []
    drawn_reports([evaluator([0.1, 0.9]), evaluator([0.3, 0.2])], 2, report=shares.append)
    assert shares == pytest.approx([1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6, 1])  # three different draws of each

    def ends(share: float) -> None:
        raise KeyboardInterrupt

    asked: list[tuple[int, ...]] = []
    with pytest.raises(KeyboardInterrupt):
        drawn_reports([evaluator([0.1, 0.9], asked)], 2, report=ends)
    assert len(asked) == 2  # all matches, and one draw
