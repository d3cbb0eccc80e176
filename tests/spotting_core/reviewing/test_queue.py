"""The order in which spots are offered for review, against values worked out by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import CameraChange, Candidate, Grounding, Link
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.reviewing.queue import (
    DISAGREEMENT,
    RARITY,
    UNCERTAINTY,
    candidates,
    disagreement,
    doubted_changes,
    entropy,
    ranked,
)
from tests.app.made_analysis import make_analysis
from tests.videos import make_video, steady


def test_entropy_is_highest_where_the_model_does_not_know() -> None:
    assert [entropy(c) for c in (0.0, 0.5, 1.0)] == [0, 1, 0]
    assert entropy(0.25) == pytest.approx(0.8112781)  # 0.25 * 2 + 0.75 * log2(4 / 3)


def test_disagreement_is_the_distance_of_the_others(tmp_path: Path, data: DataDirectory) -> None:
    match = open_match(make_video(tmp_path / "a.mp4", steady(200, rate=10)))
    first = make_analysis(match, data, [Spot(1, 10_000_000, "Corner", 0.9)], "first")
    other = make_analysis(match, data, [Spot(1, 12_000_000, "Corner", 0.5)], "other")
    corner = Spot(1, 10_000_000, "Corner", 0.9)
    # The window of a corner is 8 s: half of it reaches the other's at 12 s.
    assert disagreement(corner, [other]) == pytest.approx(0.4, abs=0.001)
    assert disagreement(corner, [first, other]) == pytest.approx(0.2, abs=0.001)
    assert disagreement(Spot(1, 1_000_000, "Corner", 0.9), [other]) == pytest.approx(0.89, abs=0.001)
    assert disagreement(corner, []) is None


def test_the_order_by_each_and_by_what_is_known() -> None:
    goals = [(f"g{n}", Spot(1, n, "Goal", 0.5)) for n in range(4)]
    card = ("card", Spot(1, 9, "Red card", 0.9))
    ranking = candidates({"m": [*goals, card]}, {}, {"m/g3"})
    assert [c.origin for c in ranking] == ["g0", "g1", "g2", "card"]
    by_origin = {c.origin: c for c in ranking}
    assert by_origin["g0"].rarity == 0
    assert by_origin["card"].rarity == 0.75
    assert by_origin["card"].worth == pytest.approx((entropy(0.9) + 0.75) / 2)
    assert ranked(ranking, RARITY)[0].origin == "card"
    assert ranked(ranking, UNCERTAINTY)[-1].origin == "card"
    assert [c.disagreement for c in ranked(ranking, DISAGREEMENT)] == [None] * 4
    assert ranked(ranking)[0].origin == "card"  # (0.469 + 0.75) / 2 = 0.61 against (1 + 0) / 2


def test_of_a_replay_counts_what_is_doubted_more_its_camera_or_its_action() -> None:
    changes = {
        "live": CameraChange(1, 5, "Main camera center", confidence=0.7),
        "judged": CameraChange(1, 6, "Main camera center", confidence=0.1),
        "labelled": CameraChange(1, 7, "Main camera center"),
        "of action": CameraChange(1, 8, "Spider camera", replay=True, confidence=0.9),
        "of camera": CameraChange(1, 9, "Spider camera", replay=True, confidence=0.2),
        "nothing fits": CameraChange(1, 10, "Spider camera", replay=True, confidence=0.9),
    }
    goal = (Candidate(Link(1, 1, "Goal"), 0.6), Candidate(Link(1, 2, "Foul"), 0.3))
    groundings = {(1, 8): Grounding(1, 7, 8, goal), (1, 9): Grounding(1, 8, 9, goal), (1, 10): Grounding(1, 9, 10)}
    found = doubted_changes("match", changes, groundings, {"judged"})
    assert [(one.change.time, one.doubt, one.of_link) for one in found] == [
        (5, 0.3, False), (8, 0.4, True), (9, 0.8, False), (10, 1.0, True),
    ]  # fmt: skip
