"""Average-mAP: the official numbers to the last digit, its quirks one by one, and the corrected metric."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from spotting_core.classes import load_classes
from spotting_core.errors import BadInputError
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.spotting import bootstrap_over_games, evaluate_spotting
from spotting_core.evaluation.track import cell_of
from spotting_core.spots import Spot

NAMES = load_classes().names


def spot(seconds: float, label: str = "Goal", confidence: float | None = None, **more: object) -> Spot:
    return Spot(1, round(seconds * 1e6), label, confidence, **more)  # type: ignore[arg-type]


def score(truth: list[Spot], said: list[Spot], metric: str = "at5", **options: bool) -> float:
    report = evaluate_spotting([Game("g", truth, said)], NAMES, metric=metric, **options)
    return report.per_class["Goal"]["all"]


@pytest.fixture(scope="module")
def real_games(shared: Path) -> list[Game]:
    folder = shared / "data" / "evaluation"
    labels, predictions = zipfile.ZipFile(folder / "labels.zip"), zipfile.ZipFile(folder / "predictions.zip")
    games = []
    for name in predictions.namelist():
        if not name.endswith("results_spotting.json"):
            continue
        game = name.rsplit("/", 1)[0]
        truth = json.loads(labels.read(f"{game}/Labels-v2.json"))["annotations"]
        said = json.loads(predictions.read(name))["predictions"]
        games.append(Game(
            game,
            [Spot(int(a["gameTime"][0]), int(a["position"]) * 1000, a["label"], visible=a["visibility"] != "not shown") for a in truth],
            [Spot(int(p["half"]), int(p["position"]) * 1000, p["label"], float(p["confidence"])) for p in said],
        ))  # fmt: skip
    return games


@pytest.mark.parametrize("metric", ["loose", "tight", "at1"])
def test_official_numbers_on_a_hundred_games(real_games: list[Game], shared: Path, metric: str) -> None:
    expected = json.loads((shared / "data" / "evaluation" / "official.json").read_text())[metric]
    found = evaluate_spotting(real_games, NAMES, metric=metric, official=True)
    keys = {"all": "a_mAP", "visible": "a_mAP_visible", "unshown": "a_mAP_unshown"}
    for view, key in keys.items():
        assert found.average_map[view] == pytest.approx(expected[key], abs=1e-9)
    for view, key in {"all": "a_mAP_per_class", "visible": "a_mAP_per_class_visible"}.items():
        for name, value in zip(NAMES, expected[key], strict=True):
            assert found.per_class[name][view] == pytest.approx(value, abs=1e-9)


def test_a_perfect_detector_of_one_class_officially_gets_a_seventeenth() -> None:
    truth, said = [spot(100)], [spot(100, confidence=0.9)]
    official = evaluate_spotting([Game("g", truth, said)], NAMES, metric="tight", official=True)
    assert official.average_map["all"] == pytest.approx(1 / 17)
    assert evaluate_spotting([Game("g", truth, said)], NAMES, metric="tight").average_map["all"] == 1
    occurring = evaluate_spotting([Game("g", truth, said)], NAMES, metric="tight", official=True, occurring_only=True)
    assert occurring.average_map["all"] == 1


def test_officially_the_last_prediction_of_a_cell_wins() -> None:
    said = [spot(100.1, confidence=0.9), spot(100.2, confidence=0.2), spot(300, confidence=0.5)]
    assert score([spot(100)], said, official=True) == pytest.approx(0.5)  # .2 below the false .5
    assert score([spot(100)], said) == 1


def test_officially_two_truths_in_one_cell_are_one() -> None:
    truth, said = [spot(100.1), spot(100.4)], [spot(100.1, confidence=0.9)]
    assert score(truth, said, official=True) == 1
    assert score(truth, said) == pytest.approx(6 / 11)  # recall 1/2 reaches the levels 0 to .5


def test_officially_greedy_matching_misses_a_pair() -> None:
    truth = [spot(100), spot(103)]
    said = [spot(102, confidence=0.9), spot(99, confidence=0.1)]
    assert score(truth, said, official=True) < 1
    assert score(truth, said) == 1


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
    truth, said = [spot(100, visible=False)], [spot(100, confidence=0.9)]
    games = [Game("g", truth, said)]
    assert evaluate_spotting(games, NAMES, metric="at1", official=True).average_map["unshown"] == pytest.approx(1 / 17)
    assert evaluate_spotting(games, NAMES, metric="tight", official=True).average_map["unshown"] == pytest.approx(
        1 / 13
    )


def test_false_alarms_cost_precision() -> None:
    said = [spot(100, confidence=0.9), spot(200, confidence=0.95)]
    assert score([spot(100)], said) == pytest.approx(0.5)
    assert score([spot(100)], [spot(100, confidence=0.9), spot(200, confidence=0.5)]) == 1


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
