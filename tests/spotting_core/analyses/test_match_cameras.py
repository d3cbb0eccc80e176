"""The cameras of a match: labels first, else layers of shots, boundaries and replays, joined."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spotting_core.analyses.match_cameras import cut_at, match_cameras
from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import LABELLED, Candidate, Grounding, Link, Shot
from spotting_core.domain.spots import Spot
from spotting_core.formats import labels_cameras
from spotting_core.formats.grounding_table import read_table, write_table

SECOND = 1_000_000
MAIN, CLOSE = "Main camera center", "Close-up player or field referee"


def shot(start: float, end: float, label: str = MAIN, *, replay: bool = False, half: int = 1) -> Shot:
    return Shot(half, round(start * SECOND), round(end * SECOND), label, replay, None, 0.9)


def boundary(time: float, kind: str = "abrupt", half: int = 1) -> Spot:
    return Spot(half, round(time * SECOND), kind, 0.9)


def layer(task: str, findings: Sequence[Any], replay: np.ndarray | None = None) -> Any:
    identity = SimpleNamespace(review_sources=(f"key of {task}",))
    record = SimpleNamespace(task=task, model={"name": f"model of {task}"}, identity=identity)
    times = np.arange(0 if replay is None else len(replay), dtype=np.int64) * SECOND // 2
    half = SimpleNamespace(replay=replay, times=times)
    return SimpleNamespace(record=record, findings=lambda _task: list(findings), half=lambda _number: half)


def test_shots_end_at_the_boundary_that_is_near_and_are_parted_by_one_inside() -> None:
    shots = [shot(0, 10.25), shot(10.25, 20, CLOSE), shot(20, 30)]
    cut = cut_at(shots, [boundary(10.04), boundary(14.0, "smooth"), boundary(22.0, "logo"), boundary(10.5)])
    assert [(s.start / SECOND, s.end / SECOND, s.label, s.change_type) for s in cut] == [
        (0, 10.04, MAIN, "abrupt"),
        (10.04, 10.5, CLOSE, "abrupt"),
        (10.5, 14, CLOSE, "smooth"),
        (14, 20, CLOSE, None),  # nobody found a boundary at 20
        (20, 22, MAIN, "logo"),
        (22, 30, MAIN, None),
    ]


def test_of_two_ends_the_nearer_one_gets_the_boundary() -> None:
    cut = cut_at([shot(0, 10), shot(10, 10.6, CLOSE), shot(10.6, 20)], [boundary(10.55)])
    assert [(s.start / SECOND, s.end / SECOND) for s in cut] == [(0, 10), (10, 10.55), (10.55, 20)]


def test_without_boundaries_shots_stay_and_halves_are_apart() -> None:
    shots = [shot(0, 10), shot(0, 8, CLOSE, half=2)]
    assert cut_at(shots, []) == shots
    assert cut_at([], [boundary(3)]) == []
    assert [s.half for s in cut_at(shots, [boundary(4, half=2)])] == [1, 2, 2]


def test_a_boundary_beside_an_end_parts_nothing() -> None:
    assert (
        len(cut_at([shot(0, 10), shot(10, 20)], [boundary(0.2), boundary(19.8), boundary(10.1), boundary(10.3)])) == 2
    )


def test_labels_come_before_layers_and_layers_are_joined(tmp_path: Path) -> None:
    shots = layer("shots", [shot(0, 10), shot(10, 16, CLOSE, replay=True), shot(16, 30)])
    link = Link(1, 6 * SECOND, "Goal")
    replays = layer("replays", [Grounding(1, 10 * SECOND, 16 * SECOND, (Candidate(link, 0.8),))])
    cameras = match_cameras(None, [layer("spotting", []), shots, layer("boundaries", [boundary(10.1)]), replays])
    assert cameras is not None
    assert cameras.source == "model of shots"
    assert [s.end / SECOND for s in cameras.shots] == [10.1, 16, 30]
    assert [c.link for c in cameras.changes] == [None, link, None]
    assert [(s.start / SECOND, s.replay) for s in cameras.replays] == [(10.1, True)]
    assert cameras.shot_at(1, 12 * SECOND) == cameras.shots[1]
    assert cameras.shot_at(2, 0) is None

    path = tmp_path / "Labels-cameras.json"
    labels_cameras.write_changes(path, cameras.changes, "a game")
    labels = labels_cameras.parse(path.read_bytes(), path)
    assert labels.links == {(1, 16 * SECOND): link}
    again = match_cameras(labels, [shots])
    assert again is not None
    assert again.source == LABELLED
    assert [s.end for s in again.shots] == [s.end for s in cameras.shots]
    assert labels.groundings[0].candidates[0].link == link

    assert match_cameras(None, [replays]) is None


def damaged(task: str) -> Any:
    """A layer of which an array is missing."""

    def findings(_task: object) -> list[Any]:
        raise BadInputError("this array cannot be read")

    whole = layer(task, [])
    return SimpleNamespace(record=whole.record, findings=findings)


def test_wipes_help_to_say_which_shots_are_replays() -> None:
    doubt = np.full(60, 0.1, np.float32)
    doubt[20:32] = 0.4  # the model does not take it for a replay
    shots = layer("shots", [shot(0, 10), shot(10, 16, CLOSE), shot(16, 30)], doubt)
    wiped = match_cameras(None, [shots, layer("boundaries", [boundary(10.1, "logo"), boundary(16.1, "logo")])])
    cut = match_cameras(None, [shots, layer("boundaries", [boundary(10.1), boundary(16.1)])])
    assert wiped is not None
    assert cut is not None
    assert [s.replay for s in wiped.shots] == [False, True, False]
    assert [s.replay for s in cut.shots] == [False, False, False]


def test_a_layer_that_cannot_be_read_is_passed_over_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    broken = [damaged(task) for task in ("shots", "boundaries", "replays")]
    shots = layer("shots", [shot(0, 10), shot(10, 16, CLOSE, replay=True)])
    cameras = match_cameras(None, [*broken, shots])
    assert cameras is not None
    assert (cameras.shots, cameras.links) == (tuple(shots.findings(None)), {})
    assert caplog.text.count("an analysis is left out: this array cannot be read.") == 3
    link = Link(1, 6 * SECOND, "Goal")
    older = layer("replays", [Grounding(1, 10 * SECOND, 16 * SECOND, (Candidate(link, 0.8),))])
    again = match_cameras(None, [*broken, shots, layer("boundaries", [boundary(10.1)]), older])
    assert again is not None
    assert [s.end / SECOND for s in again.shots] == [10.1, 16]
    assert list(again.links.values()) == [link]
    assert match_cameras(None, broken) is None


def test_groundings_are_written_and_read(tmp_path: Path) -> None:
    groundings = [
        Grounding(2, 10, 20, (Candidate(Link(2, 5, "Goal"), 0.75), Candidate(Link(2, 7, ""), 0.25))),
        Grounding(2, 30, 40),
    ]
    write_table(tmp_path, groundings)
    assert read_table(tmp_path, 2) == groundings
