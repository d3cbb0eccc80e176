"""What every task asks of labels and predictions before a figure is worked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.camera_files import read_changes
from spotting_core.evaluation.checks import check_confidences, check_same_rate, check_some_known
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.frames import evaluate_frames, read_frame_file
from spotting_core.evaluation.replay_files import read_replays
from spotting_core.evaluation.spot_files import label_columns, prediction_columns
from spotting_core.formats import registry

PERCENT = "is above 1. Confidences are from 0 to 1; divide percent by 100"
ROW = {"gameTime": "1 - 00:05", "label": "Goal", "position": "5000", "half": "1", "confidence": "90.0"}


def test_percent_is_refused_by_every_task_and_format(tmp_path: Path) -> None:
    content = json.dumps({"predictions": [ROW]}).encode()
    with pytest.raises(BadInputError, match=PERCENT):
        prediction_columns(content, "p", "game", ("Goal",), Record())
    changes = json.dumps({"annotations": [{**ROW, "label": "Public"}]}).encode()
    with pytest.raises(BadInputError, match=PERCENT):
        read_changes(changes, "c")
    replays = {"Replays": [{"half": 1, "start": 1, "end": 2, "detection": [{"time": 1, "score": 55}]}]}
    with pytest.raises(BadInputError, match=PERCENT):
        read_replays(json.dumps(replays).encode(), "r")
    videos = [{"video": "a", "events": [{"frame": 1, "label": "x", "score": 90}]}]
    (tmp_path / "p.json").write_text(json.dumps(videos))
    (tmp_path / "t.json").write_text(json.dumps([{"video": "a", "events": [{"frame": 1, "label": "x"}]}]))
    with pytest.raises(BadInputError, match=PERCENT):
        evaluate_frames(read_frame_file(tmp_path / "t.json"), read_frame_file(tmp_path / "p.json"), Record())
    (tmp_path / "r.csv").write_text("seconds,label,confidence\n1,Goal,90\n")
    (tmp_path / "results.json").write_bytes(content)
    for name in ("r.csv", "results.json", "p.json"):
        with pytest.raises(BadInputError, match=PERCENT):
            list(registry.read(tmp_path / name))


def test_the_official_evaluator_takes_them_and_the_record_says_so() -> None:
    record = Record()
    check_confidences([0.5, 90.0], "p", record, name="game", official=True)
    assert [left.why for left in record.skipped] == [
        "confidences reach 90; the official evaluator takes all above 1 for certain"
    ]
    check_confidences([], "p", record)
    with pytest.raises(BadInputError, match="is not a number"):
        check_confidences([0.5, float("nan")], "p", record, official=True)


def test_frame_numbers_of_other_rates_are_not_compared(tmp_path: Path) -> None:
    check_same_rate(29.97, 30000 / 1001, "a")
    check_same_rate(None, 25, "a")
    check_same_rate(25, -1, "a")
    with pytest.raises(BadInputError, match=r"the labels count 25 frames a second, the predictions 12\.5"):
        check_same_rate(25, 12.5, "a")
    truth = [{"video": "a", "fps": 25, "events": [{"frame": 10, "label": "x"}]}]
    found = [{"video": "a", "fps": 12.5, "events": [{"frame": 5, "label": "x", "score": 1.0}]}]
    (tmp_path / "t.json").write_text(json.dumps(truth))
    (tmp_path / "p.json").write_text(json.dumps(found))
    with pytest.raises(BadInputError, match="a: the labels count 25 frames a second"):
        evaluate_frames(read_frame_file(tmp_path / "t.json"), read_frame_file(tmp_path / "p.json"), Record())


def test_predictions_of_no_known_class_are_refused() -> None:
    check_some_known({"a", "b"}, {"b"}, "p")
    check_some_known(set(), {"b"}, "p")
    with pytest.raises(BadInputError, match="no prediction is of a known class; they say 'a'"):
        check_some_known({"a"}, {"b"}, "p")


def test_labels_are_read_as_by_the_formats() -> None:
    rows = [
        {"gameTime": "2 - 46:00", "label": "Goal ", "position": ""},
        {"gameTime": "2 - 93:00", "label": "Goal"},
        {"gameTime": "1 - 00:10", "label": "Goal", "position": "10000.7"},
    ]
    record = Record()
    columns = label_columns(json.dumps({"annotations": rows}).encode(), "l/Labels-v2.json", "game", ("Goal",), record)
    assert columns.half.tolist() == [2, 2, 1]
    assert columns.time.tolist() == [60_000_000, 48 * 60_000_000, 10_000_000]
    assert [left.why for left in record.skipped] == [
        "Labels-v2.json: the clock of half 2 runs on from 45:00; 45 minutes are taken off its times"
    ]
    with pytest.raises(BadInputError, match="the time '32:10' says no half"):
        label_columns(b'{"annotations": [{"gameTime": "32:10", "label": "Goal"}]}', "l", "game", ("Goal",), Record())
