"""SoccerNet's label and result files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_cameras import read_shots
from spotting_core.formats.labels_v2 import read_labels, write_labels
from spotting_core.formats.results_spotting import read_results, write_results

NAMES = load_classes().names

true_spots = st.builds(
    Spot,
    half=st.sampled_from([1, 2]),
    time=st.integers(0, 3_600_000).map(lambda ms: ms * 1000),
    label=st.sampled_from(NAMES),
    team=st.sampled_from(["home", "away", "unknown"]),
    visible=st.booleans(),
)
predicted_spots = st.builds(
    Spot,
    half=st.sampled_from([1, 2]),
    time=st.integers(0, 3_600_000).map(lambda ms: ms * 1000),
    label=st.sampled_from(NAMES),
    confidence=st.floats(0, 1),
    source=st.just("imported"),
)


def by_time(spots: list[Spot]) -> list[Spot]:
    return sorted(spots, key=lambda s: (s.half, s.time))


@given(st.lists(true_spots, max_size=20))
def test_labels_round_trip(tmp_path_factory: pytest.TempPathFactory, spots: list[Spot]) -> None:
    path = tmp_path_factory.mktemp("labels") / "Labels-v2.json"
    write_labels(path, spots, {"gameHomeTeam": "A"})
    assert read_labels(path) == by_time(spots)
    assert json.loads(path.read_text())["gameHomeTeam"] == "A"


@given(st.lists(predicted_spots, max_size=20))
def test_results_round_trip(tmp_path_factory: pytest.TempPathFactory, spots: list[Spot]) -> None:
    path = tmp_path_factory.mktemp("results") / "results_spotting.json"
    write_results(path, spots)
    assert read_results(path) == by_time(spots)


def test_results_have_the_published_form(tmp_path: Path) -> None:
    path = tmp_path / "results_spotting.json"
    write_results(path, [Spot(1, 10_500_000, "Kick-off", 0.91)], "a/b")
    row = json.loads(path.read_text())["predictions"][0]
    assert row == {"gameTime": "1 - 0:10", "label": "Kick-off", "position": "10500", "half": "1", "confidence": "0.91"}


def test_labels_without_position_count_whole_seconds(tmp_path: Path) -> None:
    path = tmp_path / "l.json"
    path.write_text(json.dumps({"annotations": [{"gameTime": "2 - 12:43", "label": "Goal"}]}))
    assert read_labels(path) == [Spot(2, 763_000_000, "Goal")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "no list of annotations"),
        ('{"annotations": [{"label": "Goal"}]}', "annotation 1: an annotation needs a label and a gameTime"),
        ('{"annotations": [{"label": "Goal", "gameTime": "x"}]}', "cannot be read"),
        ('{"annotations": [{"label": ["Goal"], "gameTime": "1 - 00:01"}]}', "is no text"),
    ],
)
def test_broken_labels_name_the_annotation(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "l.json"
    path.write_text(content)
    with pytest.raises(BadInputError, match=message):
        read_labels(path)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"label": "Goal", "position": "1", "half": "1", "confidence": "nan"}, "prediction 1: the confidence is not a number"),
        ({"label": "Goal", "position": "soon", "half": "1", "confidence": "1"}, "prediction 1: the position 'soon' cannot be read"),
        ({"position": "1", "half": "1", "confidence": "1"}, "cannot be read"),
    ],
)  # fmt: skip
def test_broken_results_name_the_prediction(tmp_path: Path, row: dict, message: str) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({"predictions": [row]}))
    with pytest.raises(BadInputError, match=message):
        read_results(path)


def test_shots_begin_where_the_one_before_ended(tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    rows = [
        {"gameTime": "1 - 00:11", "position": "11840", "label": "Main camera center", "change_type": "logo", "replay": "real-time"},
        {"gameTime": "1 - 00:18", "position": "18840", "label": "Spider camera", "change_type": "logo", "replay": "replay"},
        {"gameTime": "2 - 00:05", "position": "5000", "label": "Public", "change_type": "abrupt", "replay": "real-time"},
    ]  # fmt: skip
    path.write_text(json.dumps({"annotations": rows}))
    shots = read_shots(path)
    assert [(s.half, s.start, s.end, s.replay) for s in shots] == [
        (1, 0, 11_840_000, False), (1, 11_840_000, 18_840_000, True), (2, 0, 5_000_000, False),
    ]  # fmt: skip
