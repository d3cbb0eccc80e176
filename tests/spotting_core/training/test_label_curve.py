"""What labels have brought so far, and what more would."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import write_json
from spotting_core.evaluation.intervals import Interval
from spotting_core.models.known import remember
from spotting_core.training.comparison import COMPARISON_FILE, Comparison
from spotting_core.training.label_curve import CurvePoint, curve_points, curves_of, gain_of_more
from tests.conftest import small_model

COMPARED = Comparison("tight", 4.5, 12, 0.4, 0.5, Interval(0.1, 0.0, 0.2), interval=(0.3, 0.7))


def trained(folder: Path, labels: dict[str, int], comparison: Comparison, data: DataDirectory) -> None:
    small_model(folder)
    card = json.loads((folder / "card.json").read_text())
    write_json(folder / "card.json", {**card, "training": {**card.get("training", {}), "labels": labels}})
    write_json(folder / COMPARISON_FILE, asdict(comparison))
    remember(folder, folder.name.ljust(64, "0"), data)


def point(labels: int, score: float, spread: float = 0.0, **more: object) -> CurvePoint:
    interval = (score - spread, score + spread)
    made = CurvePoint(str(labels), labels, score, 0.1, "tight", 4, 9, ("Goal",), interval)
    return replace(made, **more)  # type: ignore[arg-type]


def test_models_that_were_trained_and_measured_are_points(tmp_path: Path, data: DataDirectory) -> None:
    trained(tmp_path / "many", {"Goal": 40, "Foul": 2}, COMPARED, data)
    trained(tmp_path / "few", {"Goal": 4}, replace(COMPARED, after=0.45), data)
    trained(tmp_path / "unmeasured", {"Goal": 5}, Comparison("tight", 1.0, 0, None, None, None), data)
    trained(tmp_path / "unsure", {"Goal": 5}, replace(COMPARED, interval=None), data)
    trained(tmp_path / "broken", {"Goal": 5}, COMPARED, data)
    (tmp_path / "broken" / COMPARISON_FILE).write_text("{}")
    points = curve_points(data)
    assert [(p.labels, p.score, p.interval, p.before, p.minutes) for p in points] == [
        (4, 0.45, (0.3, 0.7), 0.4, 4.5),
        (5, 0.5, None, 0.4, 4.5),
        (42, 0.5, (0.3, 0.7), 0.4, 4.5),
    ]


def test_points_of_other_classes_or_metrics_are_other_curves() -> None:
    points = [point(1, 0.1), point(2, 0.2, metric="loose"), point(3, 0.3), point(4, 0.4, classes=("Pass",))]
    assert [[p.labels for p in curve] for curve in curves_of(points)] == [[1, 3], [2], [4]]


def test_a_line_over_the_logarithm_says_what_more_would_bring() -> None:
    doubling = [point(50, 0.2), point(100, 0.3), point(200, 0.4)]  # a tenth each time
    gain = gain_of_more(doubling, 200)
    assert gain is not None
    assert (gain.value, gain.low, gain.high) == pytest.approx((0.1, 0.1, 0.1))


def test_what_is_not_sure_makes_a_wide_guess() -> None:
    gain = gain_of_more([point(50, 0.2, 0.2), point(100, 0.3, 0.2), point(200, 0.4, 0.2)], 200)
    assert gain is not None
    assert gain.value == pytest.approx(0.1)
    assert gain.low < 0 < gain.high
    assert 0.2 < gain.high - gain.low < 0.4


def test_no_guess_stands_on_what_nobody_knows_how_sure_it_is() -> None:
    points = [point(50, 0.2), point(100, 0.3), point(200, 0.4), point(400, 0.9, interval=None)]
    assert gain_of_more(points, 200) == gain_of_more(points[:3], 200)
    assert gain_of_more(points[1:], 200) is None


def test_no_more_than_all_can_be_brought_and_of_two_points_nothing_is_guessed() -> None:
    near = [point(10, 0.7), point(100, 0.85), point(200, 0.97)]
    gain = gain_of_more(near, 10_000)
    assert gain is not None
    assert gain.value == pytest.approx(0.03)
    assert gain_of_more(near[:2], 100) is None
    assert gain_of_more([near[0], near[1], near[1]], 100) is None
