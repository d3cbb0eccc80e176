"""Intervals of average precision and of differences: what is drawn, and values by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.games import Game
from spotting_core.evaluation.intervals import (
    Interval,
    class_difference,
    is_of_minutes,
    mean_difference,
    paired_draws,
    units_of_truth,
)
from spotting_core.evaluation.precision import METRICS, VIEWS
from spotting_core.evaluation.spotting import evaluate_spotting

CLASSES = ("Goal", "Foul", "Corner")


def spot(seconds: float, label: str = "Goal", confidence: float | None = None, visible: bool = True) -> Spot:
    return Spot(1, round(seconds * 1e6), label, confidence, visible=visible)


def games(found: list[float], count: int = 6) -> list[Game]:
    """Games with a goal at 100 s each, found so many seconds late with falling confidence."""
    late = (found * count)[:count]
    return [Game(str(i), [spot(100)], [spot(100 + late[i], confidence=0.9 - i / 100)]) for i in range(count)]


def random_games(seed: int, count: int) -> list[Game]:
    rng = np.random.default_rng(seed)
    made = []
    for number in range(count):
        truth = [spot(t, str(rng.choice(CLASSES)), visible=bool(rng.random() < 0.7)) for t in rng.uniform(0, 2700, 30)]
        found = [spot(t.seconds + rng.normal(0, 2), t.label, float(rng.random())) for t in truth if rng.random() < 0.8]
        made.append(Game(str(number), truth, [f for f in found if f.time > 0]))
    return made


@pytest.mark.parametrize("official", [True, False])
@pytest.mark.parametrize("view", VIEWS)
def test_the_value_is_that_of_the_metric(official: bool, view: str) -> None:
    made = random_games(1, 3)
    (draws,) = paired_draws([made], CLASSES, official=official, view=view, samples=3)
    for metric in ("tight", "loose", "at2"):
        report = evaluate_spotting(made, CLASSES, metric=metric, official=official)
        assert draws.mean(metric).value == pytest.approx(report.average_map[view])
        for label in CLASSES:
            interval = draws.of_class(label, metric)
            assert interval is not None
            assert interval.value == pytest.approx(report.per_class[label][view])
    assert draws.at(3.0).value == pytest.approx(
        evaluate_spotting(made, CLASSES, metric="at3", official=official).average_map[view]
    )


def test_a_draw_is_a_measurement_of_the_games_that_it_drew() -> None:
    made = random_games(2, 6)
    (draws,) = paired_draws([made], CLASSES, samples=5, seed=7)
    rng = np.random.default_rng(7)
    for sample in range(5):
        numbers = rng.integers(0, 6, 6).tolist()
        again = [Game(f"{n}/{i}", made[i].truth, made[i].predicted) for n, i in enumerate(numbers)]
        report = evaluate_spotting(again, CLASSES, metric="at4")
        own = draws.drawn[draws.tolerances.index(4.0), sample]
        assert own == pytest.approx([report.per_class[label]["all"] for label in CLASSES])


def test_a_class_without_truth_has_no_interval_and_counts_officially_as_zero() -> None:
    made = games([0.0])
    (draws,) = paired_draws([made], CLASSES, samples=10)
    assert draws.of_class("Foul", "tight") is None
    assert draws.mean("tight") == Interval(1.0, 1.0, 1.0)
    (official,) = paired_draws([made], CLASSES, official=True, samples=10)
    assert official.mean("tight").value == pytest.approx(1 / 3)


def test_means_can_be_of_some_classes() -> None:
    made = random_games(4, 3)
    for official in (True, False):
        (draws,) = paired_draws([made], (*CLASSES, "Offside"), official=official, samples=3)
        some = draws.only(["Foul", "Goal", "Offside"])
        assert some.classes == ("Goal", "Foul", "Offside")
        own = [draws.of_class(label, "tight") for label in ("Goal", "Foul")]
        total = sum(interval.value for interval in own if interval is not None)
        assert some.mean("tight").value == pytest.approx(total / (3 if official else 2))


def test_equal_systems_differ_by_nothing_and_others_by_more_than_chance() -> None:
    right, late = games([0.0], 8), games([0.0, 40.0], 8)
    first, same, second = paired_draws([right, right, late], CLASSES, samples=100)
    assert mean_difference(first, same, "tight") == Interval(0.0, 0.0, 0.0)
    difference = class_difference(first, second, "Goal", "tight")
    assert difference is not None
    # Half of the goals are not found: at recall 0 to .5 the precision is that of the first ones, else 0.
    assert difference.value == pytest.approx(1 - second.of_class("Goal", "tight").value)  # type: ignore[union-attr]
    assert difference.low > 0
    assert difference.without_zero
    assert not Interval(0.1, -0.1, 0.3).without_zero
    assert class_difference(first, second, "Foul", "tight") is None


def test_few_games_are_drawn_by_minutes() -> None:
    assert is_of_minutes(4)
    assert not is_of_minutes(5)
    # Six goals in as many minutes of one match, every other one found: draws of the match alone could not differ.
    truth = [spot(10 + 60 * i) for i in range(6)]
    found = [spot(10 + 60 * i, confidence=0.9) for i in range(0, 6, 2)]
    one = [Game("g", truth, found)]
    (draws,) = paired_draws([one], CLASSES)
    interval = draws.mean("tight")
    assert interval.low < interval.value < interval.high
    (whole,) = paired_draws([one], CLASSES, minutes=False)
    assert whole.mean("tight").low == whole.mean("tight").high
    # A goal and its spot in one minute are drawn together: with all found, no draw has less than all.
    (every,) = paired_draws([[Game("g", truth, [spot(s.seconds, confidence=0.9) for s in truth])]], CLASSES)
    assert every.mean("tight") == Interval(1.0, 1.0, 1.0)


def test_truth_is_counted_by_what_is_drawn() -> None:
    truth = [spot(10), spot(20, "Foul"), spot(70), Spot(2, 10_000_000, "Goal"), spot(200, "Corner")]
    alarm = [spot(500, confidence=0.9)]
    assert units_of_truth([Game("a", truth, alarm)], CLASSES) == 4
    assert units_of_truth([Game("a", truth, alarm)], ["Foul"]) == 1
    assert units_of_truth([Game("a", truth, alarm), Game("b", truth, [])], ["Goal"]) == 6
    assert units_of_truth([Game(str(i), truth[: i % 2], []) for i in range(6)], CLASSES) == 3


def test_systems_of_other_games_are_refused() -> None:
    with pytest.raises(BadInputError, match="over the same games"):
        paired_draws([games([0.0], 6), games([0.0], 5)], CLASSES)
    with pytest.raises(BadInputError, match="over the same games"):
        paired_draws([[]], CLASSES)


def test_the_middle_of_draws_by_hand() -> None:
    drawn = np.concatenate([np.arange(101) / 100, [np.nan] * 20])
    assert Interval.of_draws(0.5, drawn) == Interval(0.5, pytest.approx(0.025), pytest.approx(0.975))  # type: ignore[arg-type]
    assert Interval.of_draws(0.5, np.array([np.nan])) == Interval(0.5, 0.5, 0.5)


def test_metrics_are_of_known_tolerances() -> None:
    (draws,) = paired_draws([games([0.0])], CLASSES, samples=2)
    assert set(METRICS["loose"]) | set(METRICS["tight"]) == set(draws.tolerances)
