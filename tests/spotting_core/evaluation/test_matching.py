"""Which detections are right, by the official rule and by the best there is, against every arrangement."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

import numpy as np
import pytest

from spotting_core.evaluation.matching import best_matches, greedy_matches, matches
from spotting_core.evaluation.track import Track


def track_of(truth: Sequence[int], detections: Sequence[tuple[int, float]], per_second: int = 2) -> Track:
    place = np.array([p for p, _ in detections], np.int64)
    zeros = np.zeros(len(place), np.int64)
    true = np.array(truth, np.int64)
    score = np.array([s for _, s in detections], np.float64)
    return Track(true, np.zeros(len(true), np.int64), np.ones(len(true), np.int8), np.zeros(len(true), np.int64), place,
                 zeros, score, zeros, np.ones(len(place), np.int8), zeros, np.zeros(len(true), np.int64), per_second, 1, 1)  # fmt: skip


def greedy(truth: Sequence[int], detections: Sequence[tuple[int, float]], reach: int) -> list[bool]:
    return next(greedy_matches(track_of(truth, detections), [reach])).tolist()  # type: ignore[no-any-return]


def best(truth: Sequence[int], detections: Sequence[tuple[int, float]], reach: int) -> list[bool]:
    return best_matches(track_of(truth, detections), reach).tolist()  # type: ignore[no-any-return]


@pytest.mark.parametrize("rule", [greedy, best])
def test_a_detection_in_reach_is_right_both_ends_included(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule([10], [(7, 0.9)], 3) == [True]
    assert rule([10], [(13, 0.9)], 3) == [True]
    assert rule([10], [(6, 0.9)], 3) == [False]
    assert rule([10], [(14, 0.9)], 3) == [False]
    assert rule([10], [(10, 0.9)], 0) == [True]


@pytest.mark.parametrize("rule", [greedy, best])
def test_of_several_detections_of_a_truth_the_most_confident_is_right(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule([10], [(9, 0.5), (10, 0.8), (11, 0.7)], 3) == [False, True, False]
    # Of equally confident ones the earliest.
    assert rule([10], [(9, 0.5), (10, 0.8), (11, 0.8)], 3) == [False, True, False]
    assert rule([10], [(9, 0.8), (10, 0.8), (11, 0.1)], 3) == [True, False, False]


@pytest.mark.parametrize("rule", [greedy, best])
def test_nothing_to_match(rule) -> None:  # type: ignore[no-untyped-def]
    assert rule([], [(1, 0.5)], 3) == [False]
    assert rule([1], [], 3) == []
    assert rule([], [], 3) == []
    assert rule([10, 50, 90], [(30, 0.5), (70, 0.5)], 3) == [False, False]


@pytest.mark.parametrize("rule", [greedy, best])
def test_far_truths_are_matched_each_by_its_own(rule) -> None:  # type: ignore[no-untyped-def]
    predicted = [(9, 0.2), (11, 0.3), (30, 0.9), (49, 0.8), (52, 0.1)]
    assert rule([10, 50], predicted, 3) == [False, True, False, True, False]


def test_officially_the_earlier_truth_takes_the_best_and_may_leave_the_later_none() -> None:
    # The truth at 10 takes the detection at 12, which is all that the one at 14 could have.
    assert greedy([10, 14], [(9, 0.5), (12, 0.9)], 3) == [False, True]
    assert best([10, 14], [(9, 0.5), (12, 0.9)], 3) == [True, True]
    # A truth whose first choice is taken asks for its next, and whom it displaces asks anew.
    assert greedy([10, 12, 14], [(11, 0.9), (12, 0.8), (13, 0.7)], 2) == [True, True, True]
    assert greedy([10, 11], [(11, 0.9), (12, 0.8), (14, 0.95)], 2) == [True, True, False]


def test_the_best_makes_room_over_a_chain_of_truths() -> None:
    # Only by moving all three along does the last detection, 0.1, get a truth.
    predicted = [(8, 0.1), (12, 0.9), (16, 0.8)]
    assert best([10, 14, 18], predicted, 2) == [True, True, True]
    # Two truths, three detections that reach both: the two most confident.
    assert best([10, 11], [(10, 0.3), (10, 0.9), (11, 0.5)], 1) == [False, True, True]


def test_one_answer_for_each_tolerance() -> None:
    # Two cells a second; a window of 4 s reaches 4 cells, one of 1 s reaches 1.
    track = track_of([10, 40], [(10, 0.4), (14, 0.9), (41, 0.5)])
    for official in (True, False):
        by_tolerance = [m.tolist() for m in matches(track, [1.0, 4.0], official=official)]
        assert by_tolerance == [[True, False, True], [False, True, True]], official


def in_order(truth: Sequence[int], detections: Sequence[tuple[int, float]], reach: int) -> list[bool]:
    """The official rule as it is said: truth after truth takes its most confident free detection."""
    free = set(range(len(detections)))
    for place in truth:
        near = [d for d in free if abs(detections[d][0] - place) <= reach]
        if near:
            free.remove(min(near, key=lambda d: (-detections[d][1], d)))
    return [d not in free for d in range(len(detections))]


def fits(chosen: Sequence[int], truth: Sequence[int], detections: Sequence[tuple[int, float]], reach: int) -> bool:
    return any(
        all(abs(detections[d][0] - t) <= reach for d, t in zip(chosen, own, strict=True))
        for own in permutations(truth, len(chosen))
    )


def most_confident(truth: Sequence[int], detections: Sequence[tuple[int, float]], reach: int) -> list[bool]:
    """Of all sets that can be matched the first by falling confidence, tried one by one."""
    order = sorted(range(len(detections)), key=lambda d: (-detections[d][1], d))
    sets = [s for n in range(len(truth) + 1) for s in combinations(order, n) if fits(s, truth, detections, reach)]
    chosen = max(sets, key=lambda s: [d in s for d in order])
    return [d in chosen for d in range(len(detections))]


@pytest.mark.parametrize("seed", range(150))
def test_both_rules_against_their_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = sorted(rng.integers(0, 24, rng.integers(1, 5)).tolist())
    places = sorted(rng.integers(0, 24, rng.integers(1, 6)).tolist())
    scores = rng.permutation(len(places)) / 10 + 0.1
    predicted = list(zip(places, scores.tolist(), strict=True))
    for reach in (1, 3, 6):
        assert greedy(truth, predicted, reach) == in_order(truth, predicted, reach)
        assert best(truth, predicted, reach) == most_confident(truth, predicted, reach)
