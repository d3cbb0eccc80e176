"""What every task asks of labels and predictions before a figure is worked out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.class_names import check_some_known
from spotting_core.evaluation.camera_files import LinkRow, read_changes
from spotting_core.evaluation.checks import check_confidences, check_same_rate
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.frames import evaluate_frames, read_frame_file
from spotting_core.evaluation.replay_files import read_replays
from spotting_core.evaluation.spot_files import label_columns, prediction_columns
from spotting_core.formats import registry
from spotting_core.tasks.registry import task_named
from spotting_core.tasks.task import EvaluationOrder

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


def test_labels_and_predictions_of_no_known_class_are_refused() -> None:
    check_some_known({"a": 2, "b": 1}, {"b"}, "prediction", "p")
    check_some_known({}, {"b"}, "prediction", "p")
    with pytest.raises(BadInputError, match="p: not one of 2 predictions is of a known class; they say 'a'"):
        check_some_known({"a": 2}, {"b"}, "prediction", "p")


CHANGE = {"gameTime": "1 - 00:10", "label": "Public", "position": "10000", "change_type": "abrupt", "replay": "replay"}
LINK = {"half": 1, "label": "Goal", "time": "00:05"}
DETECTED = {"Replays": [{"half": 1, "start": 5, "end": 10, "detection": [{"time": 5, "score": 0.5}]}]}


def files(folder: Path, name: str, rows: list[dict[str, object]], key: str = "annotations") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps({key: rows}))
    return folder


def evaluated(task: str, labels: Path, predictions: Path, official: bool) -> Record:
    record = Record()
    task_named(task).evaluate(EvaluationOrder(labels, predictions, official=official), record)
    return record


def ordered(tmp_path: Path, task: str, labels: list[dict[str, object]]) -> tuple[Path, Path]:
    """Labels of a task, and predictions that are right about what is known of them."""
    if task == "spotting":
        row = {"gameTime": "1 - 00:10", "label": "Goal", "position": "10000", "half": "1", "confidence": "0.5"}
        found = files(tmp_path / "p", "results_spotting.json", [row], "predictions")
        return files(tmp_path / "l", "Labels-v2.json", labels), found
    true = files(tmp_path / "l", "Labels-cameras.json", labels)
    if task != "replays":
        return true, files(tmp_path / "p", "Labels-cameras.json", [CHANGE])
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "Detection-replays.json").write_text(json.dumps(DETECTED))
    return true, tmp_path / "p"


@pytest.mark.parametrize("official", [False, True])
@pytest.mark.parametrize(
    ("task", "known", "unknown", "says"),
    [
        ("spotting", {**CHANGE, "label": "Goal"}, {**CHANGE, "label": "Pass"}, "Pass"),
        ("shots", CHANGE, {**CHANGE, "label": "Cam A"}, "Cam A"),
        ("boundaries", CHANGE, {**CHANGE, "change_type": "dissolve"}, "dissolve"),
        ("replays", {**CHANGE, "link": LINK}, {**CHANGE, "link": {**LINK, "label": "Pass"}}, "Pass"),
    ],
)
def test_every_task_counts_unknown_labels_and_refuses_them_where_none_is_known(
    task: str, known: dict[str, object], unknown: dict[str, object], says: str, official: bool, tmp_path: Path
) -> None:
    folders = ordered(tmp_path, task, [known, unknown])
    corrected = task == "boundaries" and not official  # by which every change is truth
    left = [one.why for one in evaluated(task, *folders, official).skipped]
    if corrected:
        assert f"1 change of the unknown class '{says}', counted among all changes alone" in left
    else:
        assert f"1 label of the unknown class '{says}'" in left
    files(folders[0], "Labels-v2.json" if task == "spotting" else "Labels-cameras.json", [unknown, unknown])
    if corrected:
        assert evaluated(task, *folders, official).counted
        return
    with pytest.raises(BadInputError, match=f"l: not one of 2 labels is of a known class; they say '{says}'"):
        evaluated(task, *folders, official)


@pytest.mark.parametrize(
    ("task", "row"),
    [
        ("spotting", {"label": "Goal", "position": "10000", "half": "3", "confidence": "0.5"}),
        ("shots", {**CHANGE, "gameTime": "3 - 00:10"}),
        ("boundaries", {**CHANGE, "gameTime": "3 - 00:10"}),
        ("replays", {"half": 3, "start": 5, "end": 10, "detection": [{"time": 5, "score": 0.5}]}),
    ],
)
def test_predictions_of_which_none_counts_are_refused_and_an_empty_file_is_told(
    task: str, row: dict[str, object], tmp_path: Path
) -> None:
    label = {**CHANGE, "label": "Goal"} if task == "spotting" else {**CHANGE, "link": LINK}
    labels, predictions = ordered(tmp_path, task, [label])
    (file,) = predictions.iterdir()
    (key,) = json.loads(file.read_text())
    file.write_text(json.dumps({key: [row, row]}))
    with pytest.raises(BadInputError, match=r"p: of 2 (predictions|detected replays) none counts"):
        evaluated(task, labels, predictions, False)
    file.write_text(json.dumps({key: []}))
    assert any("as missed" in left.why for left in evaluated(task, labels, predictions, False).skipped)


def test_frames_that_a_video_has_not_are_counted(tmp_path: Path) -> None:
    true = [
        {"video": "a", "fps": 25, "num_frames": 100, "events": [{"frame": n, "label": "X"} for n in (10, 100)]},
        {"video": "b", "events": [{"frame": 1, "label": "X"}]},
    ]
    found = [
        {"video": "a", "events": [{"frame": n, "label": "X", "score": 0.5} for n in (-1, 10)]},
        {"video": "b", "events": []},
    ]
    for name, videos in (("t.json", true), ("p.json", found)):
        (tmp_path / name).write_text(json.dumps(videos))
    record = Record()
    evaluate_frames(read_frame_file(tmp_path / "t.json"), read_frame_file(tmp_path / "p.json"), record)
    assert [(left.game, left.why) for left in record.skipped] == [
        ("b", "it has no predictions; its 1 event count as missed"),
        ("a", "1 label in no frame of the video"),
        ("a", "1 prediction in no frame of the video"),
    ]


@pytest.mark.parametrize("task", ["spotting", "shots", "boundaries"])
def test_labels_without_anything_that_counts_are_refused(task: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="nothing in these labels counts"):
        evaluated(task, *ordered(tmp_path, task, []), False)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_files_of_every_task_are_read_in_every_encoding(encoding: str, tmp_path: Path) -> None:
    goal = {**CHANGE, "label": "Goal"}
    for task, row in (("spotting", goal), ("shots", CHANGE), ("replays", {**CHANGE, "link": LINK})):
        (tmp_path / task).mkdir()
        folders = ordered(tmp_path / task, task, [row])
        for path in [p for folder in folders for p in folder.iterdir()]:
            path.write_bytes(path.read_text().encode(encoding))
        assert evaluated(task, *folders, False).counted == ["l"]


def test_what_surrounds_the_words_of_a_camera_change_means_nothing(tmp_path: Path) -> None:
    row = {
        **CHANGE,
        "change_type": "smooth ",
        "replay": " replay",
        "link": {"half": " 1", "label": "Goal ", "time": " 00:05"},
    }
    (change,) = read_changes(json.dumps({"annotations": [row]}).encode(), "c")
    assert (change.change_type, change.replay, change.link) == ("smooth", True, LinkRow(1, "Goal", "00:05"))
    with pytest.raises(BadInputError, match="c, annotation 1, link: the half 'x' cannot be read"):
        read_changes(json.dumps({"annotations": [{**CHANGE, "link": {**LINK, "half": "x"}}]}).encode(), "c")


def test_predicted_cameras_that_nobody_knows_are_counted_and_refused(tmp_path: Path) -> None:
    labels = files(tmp_path / "l", "Labels-cameras.json", [CHANGE, {**CHANGE, "label": "I don't know"}])
    found = files(tmp_path / "p", "Labels-cameras.json", [CHANGE, {**CHANGE, "label": "public"}])
    skipped = evaluated("shots", labels, found, False).skipped
    assert [left.why for left in skipped] == ["1 prediction of the unknown class 'public' (did you mean 'Public'?)"]
    files(found, "Labels-cameras.json", [{**CHANGE, "label": "public"}])
    with pytest.raises(BadInputError, match="p: not one of 1 predictions is of a known class; they say 'public'"):
        evaluated("shots", labels, found, True)


def test_labels_by_frames_of_no_known_class_are_refused(tmp_path: Path) -> None:
    video = {"video": "a", "events": [{"frame": 10, "label": "x", "score": 1.0}]}
    (tmp_path / "t.json").write_text(json.dumps([video]))
    (tmp_path / "class.txt").write_text("y\n")
    order = EvaluationOrder(tmp_path / "t.json", tmp_path / "t.json", classes=str(tmp_path / "class.txt"))
    with pytest.raises(BadInputError, match="not one of 1 labels is of a known class; they say 'x'"):
        task_named("frames").evaluate(order, Record())


def test_labels_are_read_as_by_the_formats() -> None:
    rows = [
        {"gameTime": "2 - 46:00", "label": "Goal ", "position": ""},
        {"gameTime": "2 - 93:00", "label": "Goal"},
        {"gameTime": "1 - 00:10", "label": "Goal", "position": "10000.7"},
    ]
    record = Record()
    columns, _ = label_columns(
        json.dumps({"annotations": rows}).encode(), "l/Labels-v2.json", "game", ("Goal",), record
    )
    assert columns.half.tolist() == [2, 2, 1]
    assert columns.time.tolist() == [60_000_000, 48 * 60_000_000, 10_000_000]
    assert [left.why for left in record.skipped] == [
        "Labels-v2.json: the clock of half 2 runs on from 45:00; 45 minutes are taken off its times"
    ]
    official, _ = label_columns(
        json.dumps({"annotations": rows}).encode(), "l", "game", ("Goal",), record, official=True
    )
    assert official.time.tolist() == [2760_000_000, 5580_000_000, 10_000_000]
    with pytest.raises(BadInputError, match="the time '32:10' says no half"):
        label_columns(b'{"annotations": [{"gameTime": "32:10", "label": "Goal"}]}', "l", "game", ("Goal",), Record())
