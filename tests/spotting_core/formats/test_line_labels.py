"""Line labels: classes, points, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.line_labels import (
    CLASSES,
    GROUND,
    TURNED,
    UPRIGHT,
    holds_line_labels,
    label_files,
    label_name,
    read_lines,
    write_lines,
)

CONTENT = {
    "Goal left post left ": [{"x": 0.25, "y": 0.5}, {"x": 0.25, "y": 0.75}],
    "Middle line": [{"x": 0.5, "y": 0.0}, {"x": 0.625, "y": 1.0}],
    "Line unknown": [{"x": 0.1, "y": 0.2}],
    "Circle left": [],
}


def test_lines_are_read_and_written_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / label_name(12)
    path.write_text(json.dumps(CONTENT))
    lines = read_lines(path)
    assert list(lines) == list(CONTENT)
    assert lines["Goal left post left "].tolist() == [[0.25, 0.5], [0.25, 0.75]]
    assert lines["Circle left"].shape == (0, 2)
    write_lines(tmp_path / "again.json", lines)
    assert json.loads((tmp_path / "again.json").read_text()) == CONTENT


def test_there_are_twenty_classes_on_the_ground_and_six_above() -> None:
    assert set(GROUND) == set(Pitch().lines)
    assert len(CLASSES) == len(set(CLASSES)) == 26
    assert [name for name in CLASSES if name != name.strip()] == ["Goal left post left "]
    assert set(UPRIGHT) == {name for name in CLASSES if name.startswith("Goal")}


@pytest.mark.parametrize(
    ("name", "turned"),
    [
        ("Goal left post left ", "Goal right post left"),
        ("Goal left post right", "Goal right post right"),
        ("Goal left crossbar", "Goal right crossbar"),
        ("Side line top", "Side line bottom"),
        ("Side line left", "Side line right"),
        ("Big rect. left top", "Big rect. right bottom"),
        ("Small rect. left main", "Small rect. right main"),
        ("Circle left", "Circle right"),
        ("Circle central", "Circle central"),
        ("Middle line", "Middle line"),
    ],
)
def test_a_pitch_turned_by_half_a_turn_has_its_classes_exchanged(name: str, turned: str) -> None:
    assert (TURNED[name], TURNED[turned]) == (turned, name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "this is no line label file"),
        (
            {"Goal left post left": []},
            "there is no class 'Goal left post left'. The nearest class is 'Goal left post left '",
        ),
        ({"Corner flag": []}, "there is no class 'Corner flag'. Classes: 'Side line left', "),
        ({"Middle line": {"x": 0, "y": 0}}, "a point of 'Middle line' cannot be used"),
        ({"Middle line": [{"x": 0.5}]}, r"a point of 'Middle line' cannot be used \(.*missing required field y"),
        (
            {"Middle line": [{"x": 0.5, "y": 1.01}]},
            "a number of at most 1.*. A point has x and y, shares of the picture from 0 to 1",
        ),
        ({"Middle line": [{"x": -0.01, "y": 1}]}, "a number of at least 0"),
        ({"Middle line": [{"x": float("nan"), "y": 1}]}, "a point of 'Middle line' cannot be used"),
    ],
)
def test_what_is_no_line_label_says_so(content: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / label_name(1)
    path.write_text(json.dumps(content))
    with pytest.raises(BadInputError, match=message) as caught:
        read_lines(path)
    assert caught.value.where == path


@pytest.mark.parametrize(
    "lines", [{"Corner flag": [[0, 0]]}, {"Middle line": [[0, 2]]}, {"Middle line": [[0, np.nan]]}]
)
def test_what_could_not_be_read_is_not_written(lines: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        write_lines(tmp_path / label_name(1), {name: np.array(points, float) for name, points in lines.items()})
    assert not list(tmp_path.iterdir())


def test_files_are_found_by_number(tmp_path: Path) -> None:
    assert not holds_line_labels(tmp_path)
    for name in ("00010.json", "2.json", "match_info.json", "camera_00001.json"):
        (tmp_path / name).touch()
    assert holds_line_labels(tmp_path)
    assert not holds_line_labels(tmp_path / "missing")
    assert list(label_files(tmp_path)) == [2, 10]
    (tmp_path / "10.json").touch()
    with pytest.raises(BadInputError, match=r"00010.json and 10.json are both of picture 10"):
        label_files(tmp_path)
