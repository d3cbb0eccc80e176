"""Average-mAP: the official numbers to the last digit, its quirks one by one, and the corrected metric."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.games import Game, GameColumns
from spotting_core.evaluation.intervals import bootstrap_over_games
from spotting_core.evaluation.spot_files import read_spotting_games
from spotting_core.evaluation.spotting import evaluate_spotting, precision_recall
from spotting_core.evaluation.track import cell_of

NAMES = load_classes().names


def spot(seconds: float, label: str = "Goal", confidence: float | None = None, **more: object) -> Spot:
    return Spot(1, round(seconds * 1e6), label, confidence, **more)  # type: ignore[arg-type]


def score(truth: list[Spot], predicted: list[Spot], metric: str = "at5", **options: bool) -> float:
    report = evaluate_spotting([Game("g", truth, predicted)], NAMES, metric=metric, **options)
    return report.per_class["Goal"]["all"]


@pytest.fixture(scope="module")
def real_games(shared: Path) -> list[GameColumns]:
    folder = shared / "data" / "evaluation"
    return read_spotting_games(folder / "labels.zip", folder / "predictions.zip", NAMES, Record())


@pytest.mark.parametrize("metric", ["loose", "tight", "at1"])
def test_official_numbers_on_a_hundred_games(real_games: list[GameColumns], shared: Path, metric: str) -> None:
    expected = json.loads((shared / "data" / "evaluation" / "official.json").read_text())[metric]
    evaluation = evaluate_spotting(real_games, NAMES, metric=metric, official=True)
    keys = {"all": "a_mAP", "visible": "a_mAP_visible", "unshown": "a_mAP_unshown"}
    for view, key in keys.items():
        assert evaluation.average_map[view] == pytest.approx(expected[key], abs=1e-9)
    for view, key in {
        "all": "a_mAP_per_class",
        "visible": "a_mAP_per_class_visible",
        "unshown": "a_mAP_per_class_unshown",
    }.items():
        for name, value in zip(NAMES, expected[key], strict=True):
            assert evaluation.per_class[name][view] == pytest.approx(value, abs=1e-9)


def test_a_perfect_detector_of_one_class_officially_gets_a_seventeenth() -> None:
    truth, predicted = [spot(100)], [spot(100, confidence=0.9)]
    official = evaluate_spotting([Game("g", truth, predicted)], NAMES, metric="tight", official=True)
    assert official.average_map["all"] == pytest.approx(1 / 17)
    assert evaluate_spotting([Game("g", truth, predicted)], NAMES, metric="tight").average_map["all"] == 1
    occurring = evaluate_spotting(
        [Game("g", truth, predicted)], NAMES, metric="tight", official=True, occurring_only=True
    )
    assert occurring.average_map["all"] == 1


def test_officially_the_last_prediction_of_a_cell_wins() -> None:
    predicted = [spot(100.1, confidence=0.9), spot(100.2, confidence=0.2), spot(300, confidence=0.5)]
    assert score([spot(100)], predicted, official=True) == pytest.approx(0.5)  # .2 below the false .5
    assert score([spot(100)], predicted) == 1


def test_officially_two_truths_in_one_cell_are_one() -> None:
    truth, predicted = [spot(100.1), spot(100.4)], [spot(100.1, confidence=0.9)]
    assert score(truth, predicted, official=True) == 1
    assert score(truth, predicted) == pytest.approx(6 / 11)  # recall 1/2 reaches the levels 0 to .5


def test_officially_greedy_matching_misses_a_pair() -> None:
    truth = [spot(100), spot(103)]
    predicted = [spot(102, confidence=0.9), spot(99, confidence=0.1)]
    assert score(truth, predicted, official=True) < 1
    assert score(truth, predicted) == 1


@pytest.mark.parametrize(("off", "hit"), [(0.9, True), (0.99, True), (1.1, False)])
def test_official_tolerance_of_one_second_is_a_cell_to_either_side(off: float, hit: bool) -> None:
    assert (score([spot(100.0)], [spot(100.0 + off - 0.01, confidence=0.9)], "at1", official=True) == 1) is hit


@pytest.mark.parametrize(("off", "hit"), [(0.49, True), (0.51, False), (-0.49, True), (-0.51, False)])
def test_corrected_tolerance_is_what_it_says(off: float, hit: bool) -> None:
    assert (score([spot(100.0)], [spot(100.0 + off, confidence=0.9)], "at1") == 1) is hit


@pytest.mark.parametrize(
    ("milliseconds", "cell"), [(0, 0), (499, 0), (500, 1), (-200, 0), (-600, 14_399), (10**9, 14_399)]
)
def test_official_cells(milliseconds: int, cell: int) -> None:
    assert cell_of(milliseconds) == cell


def test_unshown_is_scaled_over_several_tolerances_only() -> None:
    truth, predicted = [spot(100, visible=False)], [spot(100, confidence=0.9)]
    games = [Game("g", truth, predicted)]
    assert evaluate_spotting(games, NAMES, metric="at1", official=True).average_map["unshown"] == pytest.approx(1 / 17)
    assert evaluate_spotting(games, NAMES, metric="tight", official=True).average_map["unshown"] == pytest.approx(
        1 / 13
    )


def test_false_alarms_cost_precision() -> None:
    predicted = [spot(100, confidence=0.9), spot(200, confidence=0.95)]
    assert score([spot(100)], predicted) == pytest.approx(0.5)
    assert score([spot(100)], [spot(100, confidence=0.9), spot(200, confidence=0.5)]) == 1


def test_precision_and_recall_at_each_threshold() -> None:
    predicted = [spot(100, confidence=0.9), spot(200, confidence=0.6), spot(300, confidence=0.3)]
    curves = precision_recall([Game("g", [spot(100), spot(300.2)], predicted)], NAMES, 1.0)
    goal, thresholds = NAMES.index("Goal"), [0, 100, 150, 199]  # at 0, .5025, .7538 and 1
    assert curves.precision[goal, 0, thresholds] == pytest.approx([2 / 3, 1 / 2, 1, 0])
    assert curves.recall[goal, 0, thresholds] == pytest.approx([1, 1 / 2, 1 / 2, 0])
    assert curves.precision[0].max() == 0


def test_many_truths_in_a_row_are_rearranged_to_make_room() -> None:
    # Each detection fits two truths; taken by falling confidence, the last one moves all before it.
    truth = [spot(100 + 4 * i) for i in range(200)]
    predicted = [spot(102 + 4 * i, confidence=0.9 - i / 1000) for i in range(199)] + [spot(98, confidence=0.1)]
    assert score(truth, predicted, "at5") == 1


def test_a_negative_score_is_no_detection() -> None:
    predicted = [spot(100, confidence=-0.5)]
    for official in (True, False):
        assert score([spot(100)], predicted, official=official) == 0


def test_bootstrap_interval_holds_its_value() -> None:
    games = [Game(str(i), [spot(100)], [spot(100 + (i % 3) * 4, confidence=0.9)]) for i in range(9)]
    interval = bootstrap_over_games(games, NAMES, metric="tight", official=False, samples=50)
    assert interval.low <= interval.value <= interval.high
    assert interval.low < interval.high


def test_unknown_metric_and_no_games_say_so() -> None:
    with pytest.raises(BadInputError, match="no metric 'best'"):
        evaluate_spotting([Game("g", [], [])], NAMES, metric="best")
    with pytest.raises(BadInputError, match="no game"):
        evaluate_spotting([], NAMES)


def test_every_part_of_a_match_counts() -> None:
    """Five sets, an action in each; the one of the fourth is said to be in the fifth."""
    truth = [Spot(part, 5_000_000, "Goal") for part in (1, 2, 3, 4, 5)]
    predicted = [Spot(part, 5_000_000, "Goal", 0.9) for part in (1, 2, 3, 5)]
    for official in (False, True):
        report = evaluate_spotting([Game("a", truth, predicted)], ("Goal",), metric="tight", official=official)
        assert report.truths == {"Goal": 5}
        # Four of five are found without an error: 9 of the 11 levels of recall, 0 to .8, have a precision of 1.
        assert report.average_map["all"] == pytest.approx(9 / 11)
