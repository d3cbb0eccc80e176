"""GS-HOTA, by hand and beside the official code."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.domain.people import AWAY, HOME, MatchPlayers, Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.evaluation.game_state import hota, similarity
from spotting_core.formats import players_game_state


def person(track: int, x: float, team: str = HOME, role: Role = Role.PLAYER, sample: int = 0) -> Placed:
    return Placed(1, sample * 500_000, track, role, team, 1.0, x, 0.0, 0.0, 1.0, (0.1, 0.1, 0.2, 0.2))


def test_five_metres_are_worth_a_twentieth() -> None:
    assert similarity([person(1, 0)], [person(1, 5)])[0, 0] == pytest.approx(0.05)
    assert similarity([person(1, 0)], [person(1, 0, AWAY)])[0, 0] == 0
    assert similarity([person(1, 0)], [person(1, 0, role=Role.GOALKEEPER)])[0, 0] == 0


def test_what_is_right_scores_one() -> None:
    truth = [[person(1, 0), person(2, 9, AWAY)], [person(1, 1), person(2, 8, AWAY)]]
    assert hota(truth, truth).score == pytest.approx(1.0)


def test_a_track_that_breaks_in_two_is_half_associated() -> None:
    truth = [[person(1, 0)]] * 4
    found = [[person(7, 0)]] * 2 + [[person(8, 0)]] * 2
    counted = hota(truth, found)
    assert counted.detection == pytest.approx(1.0)
    assert counted.association == pytest.approx(0.5)  # each of the four belongs to a pair of 2 / (4 + 2 - 2)
    assert counted.score == pytest.approx(np.sqrt(0.5))


def test_half_of_the_thresholds_are_met_at_some_distance() -> None:
    apart = 5 * np.sqrt(np.log(0.525) / np.log(0.05))  # a similarity of .525: ten of nineteen thresholds
    counted = hota([[person(1, 0)]], [[person(1, float(apart))]])
    assert counted.score == pytest.approx(10 / 19)


def test_the_ball_is_left_out_and_nobody_is_nothing() -> None:
    ball = person(0, 0, "", Role.BALL)
    assert hota([[ball]], [[ball]]).score == 0
    counted = hota([[person(1, 0)], []], [[], [person(1, 0)]])
    assert (counted.matched[0], counted.missed[0], counted.wrong[0]) == (0, 1, 1)


def made(rng: np.random.Generator, samples: int, off: float) -> tuple[list[list[Placed]], list[list[Placed]]]:
    """True people, and found ones that are off, missed, doubled, swapped, and of a wrong team now and then."""
    truth, found = [], []
    for sample in range(samples):
        people = [
            person(n + 1, 6.0 * n + 0.3 * sample, (HOME, AWAY)[n % 2], sample=sample)
            for n in range(8)
            if rng.random() < 0.9
        ]
        people += [person(20, -10 + 0.2 * sample, "", Role.REFEREE, sample)]
        truth.append(people)
        seen = [
            replace(
                p, x=p.x + rng.normal(0, off), y=rng.normal(0, off), track=p.track + 30 * int(sample > samples // 2)
            )
            for p in people
            if rng.random() < 0.85
        ]
        seen = [replace(p, team=AWAY if p.team else "") if rng.random() < 0.1 else p for p in seen]
        found.append(seen + ([person(99, -40, sample=sample)] if rng.random() < 0.3 else []))
    return truth, found


@pytest.mark.parametrize("off", [0.3, 1.5, 4.0])
def test_it_is_the_official_score(off: float, tmp_path: Path) -> None:
    trackeval = pytest.importorskip("trackeval", reason="requirements-parity.txt")
    truth, found = made(np.random.default_rng(3), 40, off)
    labels, predictions = (
        tmp_path / "truth" / "test" / "SNGS-001",
        tmp_path / "found" / "SoccerNetGS-test" / "ours" / "data",
    )
    times = tuple(range(0, 40 * 500_000, 500_000))

    def written(samples: list[list[Placed]], path: Path) -> list[dict[str, object]]:
        match = MatchPlayers(tuple(p for s in samples for p in s), 2.0, Pitch(), (400, 200), {1: times})
        (file,) = players_game_state.write(path / "a.json", match)
        return json.loads(file.read_text())["predictions"]

    annotations = written(truth, tmp_path)
    flags = dict.fromkeys(("has_labeled_pitch", "has_labeled_camera", "has_labeled_person"), True)
    images = [{"image_id": players_game_state.image_id(1, n + 1), **flags} for n in range(40)]
    labels.mkdir(parents=True)
    content = {"info": {}, "images": images, "annotations": annotations, "categories": [{"id": 1, "name": "player"}]}
    (labels / "Labels-GameState.json").write_text(json.dumps(content))
    predictions.mkdir(parents=True)
    (predictions / "SNGS-001.json").write_text(json.dumps({"predictions": written(found, tmp_path)}))
    official = trackeval.datasets.SoccerNetGS({
        "GT_FOLDER": str(tmp_path / "truth"), "TRACKERS_FOLDER": str(tmp_path / "found"), "SPLIT_TO_EVAL": "test",
        "TRACKERS_TO_EVAL": ["ours"], "PRINT_CONFIG": False, "USE_JERSEY_NUMBERS": False,
    })  # fmt: skip
    raw = official.get_raw_seq_data("ours", "SNGS-001")
    expected = trackeval.metrics.HOTA().eval_sequence(official.get_preprocessed_seq_data(raw, "person"))
    ours = hota(truth, found)
    assert ours.score == pytest.approx(float(np.mean(expected["HOTA"])), abs=1e-6)
    assert ours.detection == pytest.approx(float(np.mean(expected["DetA"])), abs=1e-6)
    assert ours.association == pytest.approx(float(np.mean(expected["AssA"])), abs=1e-6)
