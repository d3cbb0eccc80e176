"""Mean average precision within a few frames."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.frames import Video, evaluate_frames, read_frame_file


def videos(**events: list[tuple]) -> list[Video]:
    rows = [
        {"video": v, "events": [dict(zip(("label", "frame", "score"), e, strict=False)) for e in own]}
        for v, own in events.items()
    ]
    return msgspec.json.decode(json.dumps(rows), type=list[Video])


def measured(truth: list[Video], predicted: list[Video], **options: Any) -> dict[str, float]:
    return dict(evaluate_frames(truth, predicted, Record(), **options).others)


def test_precision_by_hand() -> None:
    truth = videos(a=[("Entry", 10), ("Entry", 30)], b=[("Entry", 50)])
    predicted = videos(a=[("Entry", 10, 0.9), ("Entry", 90, 0.8), ("Entry", 32, 0.7)], b=[("Entry", 51, 0.6)])
    # Hits by tolerance, in falling order of score: 0: 1st; 1: 1st and 4th; 2 and 4: 1st, 3rd and 4th.
    assert measured(truth, predicted) == pytest.approx({
        "mAP within 0 frames": 1 / 3,
        "mAP within 1 frames": (1 + 2 / 4) / 3,
        "mAP within 2 frames": (1 + 3 / 4 + 3 / 4) / 3,  # 2/3 at the third is raised to the 3/4 that follows
        "mAP within 4 frames": (1 + 3 / 4 + 3 / 4) / 3,
    })  # fmt: skip


def test_classes_and_tolerances_are_averaged() -> None:
    truth = videos(a=[("Entry", 10), ("Pike", 20)])
    report = evaluate_frames(truth, videos(a=[("Entry", 10, 0.9), ("Tuck", 20, 0.9)]), Record(), tolerances=(1, 2))
    assert report.per_class == {"Entry": {"all": 1}, "Pike": {"all": 0}}
    assert report.average_map["all"] == 0.5


def test_officially_two_truths_in_one_frame_are_recalled_once() -> None:
    truth, predicted = videos(a=[("Entry", 10), ("Entry", 10)]), videos(a=[("Entry", 10, 0.9), ("Entry", 10, 0.8)])
    assert evaluate_frames(truth, predicted, Record(), official=True).average_map["all"] == 0.5
    assert evaluate_frames(truth, predicted, Record()).average_map["all"] == 1


@pytest.mark.parametrize(
    ("predicted", "message"),
    [
        (videos(b=[]), "1 videos are missing in the predictions, the first 'a'"),
        (videos(a=[], b=[]), "1 videos are missing in the labels, the first 'b'"),
        (videos(a=[("Entry", 1, 1.5)]), "Entry in frame 1: the confidence 1.5 is above 1"),
        (videos(a=[("Entry", 1)]), "the score of Entry in frame 1 is missing"),
    ],
)
def test_what_cannot_be_compared_is_refused(predicted: list[Video], message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        evaluate_frames(videos(a=[("Entry", 1)]), predicted, Record())


@pytest.mark.parametrize("name", ["finediving", "tennis"])
def test_published_labels(name: str, shared: Path, tmp_path: Path) -> None:
    folder = shared / "data" / "frame_labels" / name
    truth = json.loads((folder / "test.json").read_text())
    moved = [{**v, "events": [{**e, "frame": e["frame"] + 1, "score": 0.5} for e in v["events"]]} for v in truth]
    (tmp_path / "pred-test.141.recall.json.gz").write_bytes(gzip.compress(json.dumps(moved).encode()))
    record = Record()
    report = evaluate_frames(read_frame_file(folder, "test"), read_frame_file(tmp_path), record, official=True)
    assert len(record.counted) == len(truth)
    assert report.others["mAP within 0 frames"] < 0.1
    assert report.others["mAP within 1 frames"] > 0.99
    assert sum(report.truths.values()) == sum(len(v["events"]) for v in truth)


def test_files_are_found_or_the_choice_is_named(tmp_path: Path) -> None:
    for name in ("val.json", "test.json"):
        (tmp_path / name).write_text("[]")
    assert read_frame_file(tmp_path, "val") == []
    with pytest.raises(BadInputError, match=r"must be one JSON file, not 2 \(test.json, val.json\)"):
        read_frame_file(tmp_path)
    (tmp_path / "val.json").write_text('[{"video": "a", "events": []}, {"video": "a", "events": []}]')
    with pytest.raises(BadInputError, match="the video 'a' occurs twice"):
        read_frame_file(tmp_path / "val.json")
    with pytest.raises(BadInputError, match="no such file"):
        read_frame_file(tmp_path / "nothing.json")
