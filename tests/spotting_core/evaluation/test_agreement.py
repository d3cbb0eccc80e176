"""Agreement of two reviewers; values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.spots import Spot
from spotting_core.evaluation.agreement import Judgement, agreement, kappa, pairs_of_candidates, pairs_of_files


def spot(seconds: float, label: str = "Goal", half: int = 1) -> Spot:
    return Spot(half, round(seconds * 1e6), label)


def judgement(seconds: float, label: str = "Goal") -> Judgement:
    return Judgement(1, round(seconds * 1e6), label)


def test_kappa_by_hand() -> None:
    # Cohen's table: 20 both yes, 15 both no, 5 and 10 apart: .7 observed, .5 by chance.
    rows = [(1, 1)] * 20 + [(1, 0)] * 5 + [(0, 1)] * 10 + [(0, 0)] * 15
    assert kappa(np.array(rows)) == pytest.approx(0.4)
    assert kappa(np.array([("a", "a"), ("b", "b"), ("c", "c")], object)) == 1
    assert np.isnan(kappa(np.array([(1, 1)] * 5)))


def test_reviewers_of_the_same_spots() -> None:
    there, nothing = judgement(10), None
    pairs = [(there, there)] * 20 + [(there, nothing)] * 5 + [(nothing, there)] * 10 + [(nothing, nothing)] * 15
    found = agreement(pairs, candidates=True)
    assert (found.pairs, found.both, found.first_only, found.second_only, found.neither) == (50, 20, 5, 10, 15)
    assert found.verdict is not None
    assert found.verdict.value == pytest.approx(0.4)
    assert found.verdict.low < 0.4 < found.verdict.high
    assert found.found is not None
    assert found.found.value == pytest.approx(40 / 55)
    assert found.label is None  # one class alone: chance agrees as well
    assert found.same_label is not None
    assert found.same_label.value == 1


def test_class_and_time_of_what_both_hold_to_be_true() -> None:
    pairs = [
        (judgement(10), judgement(10.2)), (judgement(20), judgement(20.4, "Foul")),
        (judgement(30, "Foul"), judgement(29.9, "Foul")), (judgement(40, "Foul"), None),
    ]  # fmt: skip
    found = agreement(pairs, candidates=False)
    assert found.verdict is None
    assert found.same_label is not None
    assert found.same_label.value == pytest.approx(2 / 3)
    assert found.label is not None
    assert found.label.value == pytest.approx((2 / 3 - 4 / 9) / (1 - 4 / 9))  # by chance 2/3·1/3 + 1/3·2/3
    assert found.time is not None
    assert found.time.value == 200_000
    assert (found.time.low, found.time.high) == (-100_000, 400_000)
    assert found.apart is not None
    assert found.apart.value == 200_000


def test_nothing_in_common_is_not_defined() -> None:
    found = agreement([], candidates=True)
    assert (found.pairs, found.verdict, found.found, found.time) == (0, None, None, None)


def test_moments_of_two_files_of_one_class_before_nearer_ones() -> None:
    first = [spot(10), spot(12, "Foul"), spot(50), spot(10, half=2)]
    second = [spot(12.1), spot(10.1, "Foul"), spot(52, "Corner"), spot(90)]
    assert pairs_of_files(first, second) == [
        (judgement(10), judgement(12.1)), (judgement(12, "Foul"), judgement(10.1, "Foul")),
        (judgement(50), judgement(52, "Corner")), (None, judgement(90)), (Judgement(2, 10_000_000, "Goal"), None),
    ]  # fmt: skip
    assert pairs_of_files([spot(10)], [spot(12)], 1_000_000) == [(judgement(10), None), (None, judgement(12))]


def test_what_two_files_make_of_candidates() -> None:
    candidates = [spot(10), spot(20), spot(30)]
    pairs = pairs_of_candidates(candidates, [spot(10.5), spot(80)], [spot(10), spot(21), spot(80.5)])
    assert pairs == [
        (judgement(10.5), judgement(10)), (None, judgement(21)), (None, None), (judgement(80), judgement(80.5)),
    ]  # fmt: skip
