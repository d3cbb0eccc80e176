"""The confusion matrix with time errors; values by hand."""

from __future__ import annotations

import numpy as np

from spotting_core.domain.spots import Spot
from spotting_core.evaluation.confusion import Confused, confusion_matrix, confusions
from spotting_core.evaluation.games import Game

CLASSES = ("Goal", "Foul", "Corner", "Offside")


def spot(seconds: float, label: str = "Goal", confidence: float | None = None, half: int = 1) -> Spot:
    return Spot(half, round(seconds * 1e6), label, confidence)


def found(truth: list[Spot], predicted: list[Spot], threshold: float = 0.5) -> list[Confused]:
    return confusions([Game("g", truth, predicted)], CLASSES, threshold)


def test_each_cell_by_hand() -> None:
    truth = [spot(10), spot(30), spot(50), spot(70, "Foul"), spot(90, "Foul")]
    predicted = [
        spot(10.5, confidence=0.9), spot(33, confidence=0.8), spot(70.8, "Corner", 0.7), spot(90.2, "Foul", 0.3),
        spot(200, "Corner", 0.6),
    ]  # fmt: skip
    made = found(truth, predicted)
    matrix = confusion_matrix(made, CLASSES)
    assert matrix.classes == ("Goal", "Foul", "Corner")
    assert matrix.count.tolist() == [
        [2, 0, 0, 1],  # goals: two found, one missed
        [0, 0, 1, 1],  # fouls: one taken for a corner, one missed, for its spot is below the threshold
        [0, 0, 0, 0],
        [0, 0, 1, 0],  # a corner where there is nothing
    ]
    assert matrix.error[0, 0] == 1_750_000  # the middle of .5 and 3 seconds late
    assert matrix.error[1, 2] == 800_000
    assert np.isnan(matrix.error[0, 1])
    assert made[0] == Confused(0, 1, 10_500_000, "Goal", "Goal", 500_000, 0.9)
    assert made[2] == Confused(0, 1, 50_000_000, "Goal", None)
    assert made[-1] == Confused(0, 1, 200_000_000, None, "Corner", None, 0.6)


def test_the_right_class_comes_before_the_nearest_one() -> None:
    made = found([spot(10), spot(10.6, "Foul")], [spot(10.5, confidence=0.9), spot(10.1, "Foul", 0.9)])
    assert [(c.true, c.predicted, c.error) for c in made] == [("Foul", "Foul", -500_000), ("Goal", "Goal", 500_000)]


def test_another_class_counts_within_a_second_and_once() -> None:
    made = found([spot(10)], [spot(10.9, "Foul", 0.9), spot(10.3, "Corner", 0.9), spot(11.1, "Offside", 0.9)])
    assert [(c.true, c.predicted) for c in made] == [("Goal", "Corner"), (None, "Foul"), (None, "Offside")]
    assert [(c.true, c.predicted) for c in found([spot(10)], [spot(11.1, "Foul", 0.9)])] == [
        ("Goal", None),
        (None, "Foul"),
    ]


def test_halves_and_games_do_not_touch() -> None:
    apart = [Game("a", [spot(10)], [spot(10, confidence=0.9, half=2)]), Game("b", [], [spot(10, confidence=0.9)])]
    made = confusions(apart, CLASSES, 0.5)
    assert [(c.game, c.half, c.true, c.predicted) for c in made] == [
        (0, 1, "Goal", None), (0, 2, None, "Goal"), (1, 1, None, "Goal"),
    ]  # fmt: skip
    assert confusion_matrix([], CLASSES).count.tolist() == [[0]]
