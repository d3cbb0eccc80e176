"""The benchmark of active learning: its experiments, the labels that it writes, and what a rate costs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.active_learning import CASES, Case, ball_matches, flaw_table, lost_at_rate, order_of, print_case
from spotting_core.active.config import FLAWS
from spotting_core.active.experiment import Curve, Step
from spotting_core.domain.classes import load_classes
from spotting_core.tasks.spotting import SPOTTING


def case_named(name: str) -> Case:
    return next(case for case in CASES if case.name == name)


def write_actions(game: Path, actions: list[tuple[int, str]]) -> None:
    """Ball actions of a match: milliseconds and label."""
    game.mkdir(parents=True)
    (game / "1_224p.mp4").write_bytes(b"no video")
    annotations = [
        {"gameTime": "1 - 00:00", "label": label, "position": str(at), "team": "home", "visibility": "visible"}
        for at, label in actions
    ]
    (game / "Labels-ball.json").write_text(json.dumps({"annotations": annotations}), encoding="utf-8")


def test_every_experiment_has_a_name_and_settings_that_can_be_used(tmp_path: Path) -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    orders = {case.name: order_of(case, tmp_path) for case in CASES}
    assert {flaw for order in orders.values() for flaw in order.active.flaws} == set(FLAWS)
    for flaw in FLAWS:
        assert orders[f"max++-{flaw}"].training == orders["max++"].training
        assert set(orders[f"max++-{flaw}"].active.strategies) <= set(orders["max++"].active.strategies)
    assert orders["max++-official"].active.official
    assert orders["passes"].training.classes == str(tmp_path / "classes.csv")
    assert orders["real"].training.features == ("camera",)
    assert orders["real"].active.report not in (*orders["real"].training.data, *orders["real"].training.validation)


def test_the_labels_are_those_of_one_ball_action(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    for split in ("train", "val", "test"):
        write_actions(source / split / "a", [(1000, "PASS"), (2000, "HEADER"), (3000, "PASS")])
    ball_matches(source, "PASS", out)
    spots = SPOTTING.read_truth(out / "test" / "a")
    assert [(spot.label, spot.time) for spot in spots] == [("Pass", 1_000_000), ("Pass", 3_000_000)]
    assert load_classes(out / "classes.csv").names == ("Pass",)
    assert (out / "train" / "a" / "1_224p.mp4").resolve() == (source / "train" / "a" / "1_224p.mp4").resolve()
    assert not (out / "train" / "a" / "Labels-ball.json").exists()
    assert ball_matches(source, "PASS", out) == out  # a second time nothing is in the way


@pytest.mark.parametrize(("rate", "lost"), [(2.0, 1 / 4), (10.0, 0.0)])
def test_of_two_actions_in_a_sample_one_is_lost(tmp_path: Path, rate: float, lost: float) -> None:
    actions = [(1000, "PASS"), (1100, "PASS"), (9000, "PASS"), (9500, "PASS"), (9600, "HEADER")]
    for split in ("train", "val", "test"):
        write_actions(tmp_path / "source" / split / "a", actions)
    assert lost_at_rate(ball_matches(tmp_path / "source", "PASS", tmp_path / "out"), rate) == pytest.approx(lost)


def test_the_table_says_score_area_and_share() -> None:
    def curve(seed: int, middle: float) -> Curve:
        scores = ((0.1, 0.1), (0.5, middle), (1.0, 0.8))
        steps = tuple(Step(share, share, 1.0, 2, 3, {"loose": v, "tight": v / 2}) for share, v in scores)
        return Curve("random", seed, steps)

    console = Console(width=200, record=True)
    print_case(console, Case("none-such"), [curve(seed, middle) for seed, middle in ((1, 0.6), (2, 0.4), (3, 0.5))])
    shown = console.export_text()
    for text in ("none-such, 3 seeds", "loose, labelled", "tight, labelled", ".500", ".250", ".800", "50%"):
        assert text in shown


def test_a_flaw_is_measured_on_the_seeds_that_both_have() -> None:
    def curve(seed: int, score: float) -> Curve:
        steps = tuple(Step(share, share, 1.0, 2, 3, {"loose": score, "tight": score / 2}) for share in (0.1, 1.0))
        return Curve("random", seed, steps)

    console = Console(width=200, record=True)
    console.print(flaw_table([curve(1, 0.3), curve(2, 0.5)], [curve(1, 0.4), curve(2, 0.6), curve(3, 0.9)]))
    shown = console.export_text()
    assert "-.100 (-.100 to -.100)" in shown
    assert "-.050 (-.050 to -.050)" in shown
