"""Reliability, and which predictions are right, near, missed and false; values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.spots import Spot
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.mistakes import FALSE, MISSED, NEAR, RIGHT, Outcome, outcomes
from spotting_core.evaluation.reliability import reliability, reliability_of

CLASSES = ("Goal", "Foul")


def spot(seconds: float, label: str = "Goal", confidence: float | None = None, half: int = 1) -> Spot:
    return Spot(half, round(seconds * 1e6), label, confidence)


def judged(truth: list[Spot], predicted: list[Spot], threshold: float = 0.5) -> list[Outcome]:
    return outcomes([Game("g", truth, predicted)], CLASSES, threshold)


def test_each_kind_by_hand() -> None:
    truth = [spot(10), spot(30), spot(50), spot(70, "Foul")]
    predicted = [
        spot(10.8, confidence=0.9),
        spot(33, confidence=0.8),
        spot(52, confidence=0.3),
        spot(69.5, confidence=0.7),
    ]
    assert judged(truth, predicted) == [
        Outcome(RIGHT, 0, 1, 10_800_000, "Goal", error=800_000, confidence=0.9),
        Outcome(NEAR, 0, 1, 33_000_000, "Goal", error=3_000_000, confidence=0.8),
        Outcome(MISSED, 0, 1, 50_000_000, "Goal", confidence=0.3),
        Outcome(FALSE, 0, 1, 69_500_000, "Goal", confidence=0.7, instead="Foul"),
        Outcome(MISSED, 0, 1, 70_000_000, "Foul"),
    ]


def test_the_closest_pairs_come_first_and_each_is_used_once() -> None:
    pairs = judged([spot(10), spot(13)], [spot(12.5, confidence=0.9), spot(9, confidence=0.6)])
    assert [(o.kind, o.error) for o in pairs] == [(RIGHT, -1_000_000), (RIGHT, -500_000)]
    twice = judged([spot(10)], [spot(10.1, confidence=0.6), spot(10.2, confidence=0.9)])
    assert [(o.kind, o.confidence) for o in twice] == [(RIGHT, 0.6), (FALSE, 0.9)]


@pytest.mark.parametrize(("off", "kind"), [(1.0, RIGHT), (1.001, NEAR), (-5.0, NEAR), (5.001, FALSE)])
def test_borders(off: float, kind: str) -> None:
    assert judged([spot(100)], [spot(100 + off, confidence=0.9)])[-1 if off > 0 else 0].kind == kind


def test_halves_and_games_do_not_mix() -> None:
    of_two_halves = judged([spot(10, half=1)], [spot(10, confidence=0.9, half=2)])
    assert [(o.kind, o.half) for o in of_two_halves] == [(MISSED, 1), (FALSE, 2)]
    other = outcomes([Game("a", [spot(10)], []), Game("b", [], [spot(10, confidence=0.9)])], CLASSES, 0.5)
    assert [(o.kind, o.game) for o in other] == [(MISSED, 0), (FALSE, 1)]


def test_the_threshold_decides() -> None:
    assert [o.kind for o in judged([spot(10)], [spot(10, confidence=0.5)], 0.5)] == [RIGHT]
    assert [o.kind for o in judged([spot(10)], [spot(10, confidence=0.5)], 0.51)] == [MISSED]


def test_reliability_by_hand() -> None:
    bins = reliability(np.array([0.92, 0.98, 0.11, 0.19, 1.0]), np.array([True, False, False, False, True]))
    assert bins.count.tolist() == [0, 2, 0, 0, 0, 0, 0, 0, 0, 3]
    assert bins.confidence[[1, 9]] == pytest.approx([0.15, 2.9 / 3])
    assert bins.right[[1, 9]] == pytest.approx([0, 2 / 3])
    assert bins.expected_error == pytest.approx((2 * 0.15 + 3 * (2.9 / 3 - 2 / 3)) / 5)
    assert reliability(np.zeros(0), np.zeros(0, bool)).expected_error == 0


def test_reliability_of_one_class_or_all() -> None:
    games = [Game("g", [spot(10)], [spot(10.5, confidence=0.9), spot(40, "Foul", confidence=0.9)])]
    assert reliability_of(games, CLASSES, 2.0, "Goal").right[9] == 1
    assert reliability_of(games, CLASSES, 2.0).right[9] == 0.5
    assert reliability_of(games, CLASSES, 0.5, "Goal").right[9] == 0
