"""Files of replay grounding: what is no such file, what counts and what is said of the rest."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import Record
from spotting_core.tasks.replays import REPLAYS
from spotting_core.tasks.task import EvaluationOrder

CHANGES: list[dict[str, Any]] = [
    {"gameTime": "1 - 00:10", "position": "10000", "label": "Main camera center", "change_type": "logo"},
    {"gameTime": "1 - 00:20", "position": "20000", "label": "Close-up player or field referee", "change_type": "logo",
     "replay": "replay", "link": {"label": "Goal", "half": "1", "time": "00:08", "position": "8000"}},
    {"gameTime": "1 - 00:40", "position": "40000", "label": "Main camera center", "change_type": "abrupt",
     "replay": "replay", "link": {"label": "Foul", "half": "1", "time": "00:30", "position": "30000"}},
]  # fmt: skip
REPLAYED: dict[str, Any] = {
    "Replays": [
        {"half": 1, "start": 10, "end": 20, "detection": [{"time": 8.1, "score": 0.9}, {"time": 3, "score": 0.2}]},
        {"half": 1, "start": 20, "end": 40, "detection": [{"time": 31, "score": 0.5}]},
    ]
}


def evaluated(folder: Path, labels: object, replays: object) -> tuple[float, list[str]]:
    """Average-AP, and what was said of what does not count."""
    for name, content in (("Labels-cameras.json", labels), ("Detection-replays.json", replays)):
        game = folder / name.split(".")[0] / "game"
        game.mkdir(parents=True)
        (game / name).write_text(json.dumps(content))
    record = Record()
    order = EvaluationOrder(folder / "Labels-cameras", folder / "Detection-replays", None, None, None, False)
    report = REPLAYS.evaluate(order, record)
    assert report.average_map["all"] is not None
    return report.average_map["all"], [left.why for left in record.skipped]


def of_replays(change: Callable[[list[dict[str, Any]]], Any]) -> dict[str, Any]:
    content = copy.deepcopy(REPLAYED)
    change(content["Replays"])
    return content


def test_every_replay_counts(tmp_path: Path) -> None:
    assert evaluated(tmp_path, {"annotations": CHANGES}, REPLAYED) == (1.0, [])


@pytest.mark.parametrize(
    ("replays", "notes"),
    [
        (of_replays(lambda rows: rows[0].update(detection=[])), ["1 replay without detections counts as missed"]),
        (of_replays(lambda rows: rows.clear()), ["2 replays without detections count as missed"]),
        (
            of_replays(lambda rows: rows[0].update(start=100, end=120)),
            ["1 replay without detections counts as missed", "1 detected replay is not among the labels"],
        ),
    ],
)
def test_what_is_missing_is_counted(replays: object, notes: list[str], tmp_path: Path) -> None:
    score, said = evaluated(tmp_path, {"annotations": CHANGES}, replays)
    assert score < 1
    assert said == notes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"link": None}, "no replay of the labels says which action it shows"),
        (
            {"link": {**CHANGES[1]["link"], "label": "Throw"}},
            "not one of 2 labels is of a known class; they say 'Throw'",
        ),
    ],
)
def test_labels_of_no_use_are_refused_with_their_reason(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    rows = [{**row, **(change if "link" in row else {})} for row in CHANGES]
    with pytest.raises(BadInputError, match=message):
        evaluated(tmp_path, {"annotations": rows}, REPLAYED)


@pytest.mark.parametrize("content", [{"predictions": []}, [1, 2], {"annotations": CHANGES}])
def test_a_file_of_another_form_is_refused_with_the_form(content: object, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="this is no replay grounding file") as refused:
        evaluated(tmp_path, {"annotations": CHANGES}, content)
    assert '{"Replays": [{"half": 1' in str(refused.value.fix)
