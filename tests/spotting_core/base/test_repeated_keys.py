"""Keys that stand twice in one object of JSON are told, with their places."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import ijson
import pytest

from spotting_core.base.repeated_keys import KeyedObject, repeated_keys
from spotting_core.evaluation.collect import Record
from spotting_core.evaluation.frames import read_frame_file
from spotting_core.evaluation.spot_files import label_columns, prediction_columns
from spotting_core.formats import registry

_LABEL = '{"gameTime": "1 - 00:10", "label": "Goal", "position": "10000", "team": "home", "visibility": "visible"~}'
_PREDICTION = '{"half": "1", "label": "Goal", "position": "10000", "confidence": "0.9"~}'
_CHANGE = '{"gameTime": "1 - 00:10", "label": "Main camera center", "position": "10000", "change_type": "abrupt"~}'
TWICE = {
    "Labels-v2.json": (f'{{"annotations": [{_LABEL.replace("~", "")}, {_LABEL}]}}', "label", "'annotations', entry 2"),
    "Labels-cameras.json": (f'{{"annotations": [{_CHANGE}]}}', "label", "'annotations', entry 1"),
    "results_spotting.json": (f'{{"predictions": [{_PREDICTION}]}}', "label", "'predictions', entry 1"),
    "test.json": (
        '[{"video": "a", "fps": 25, "num_frames": 500, "events": [{"frame": 5, "label": "Goal"~}]}]',
        "label",
        "'a', 'events', entry 1",
    ),
    "a.osl.json": (
        '{"version": "2.0", "data": [{"id": "a", "inputs": [{"type": "video", "path": "a.mp4", "fps": 25}],'
        ' "events": [{"head": "action", "label": "Goal", "position_ms": "1000"~}]}]}',
        "label",
        "'a', 'events', entry 1",
    ),
    "a.osl1.json": (
        f'{{"videos": [{{"path_video": "a/1_x.mp4", "annotations": [{_LABEL}]}}]}}',
        "label",
        "'a/1_x.mp4', 'annotations', entry 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TWICE)
def test_every_format_tells_of_keys_that_stand_twice(name: str, tmp_path: Path) -> None:
    content, key, place = TWICE[name]
    path = tmp_path / name
    for more, expected in (
        ("", []),
        (
            f', "{key}": "Foul"',
            [f"in {path} a key stands twice in one object, and the last one counts: {key!r} in {place}"],
        ),
    ):
        path.write_text(content.replace("~", more))
        [document] = registry.read(path)
        assert [note for note in document.notes if "stands twice" in note] == expected


def test_evaluation_records_keys_that_stand_twice(tmp_path: Path) -> None:
    record = Record()
    twice = ', "label": "Foul"'
    labels, predictions, frames = (
        TWICE[name][0].replace("~", twice) for name in ("Labels-v2.json", "results_spotting.json", "test.json")
    )
    label_columns(labels.encode(), "x/a.json", "g", ["Goal", "Foul"], record)
    prediction_columns(predictions.encode(), "x/b.json", "g", ["Goal", "Foul"], record)
    (tmp_path / "c.json").write_text(frames)
    read_frame_file(tmp_path / "c.json", record=record)
    assert [left.why for left in record.skipped] == [
        f"in {name} a key stands twice in one object, and the last one counts: 'label' in {place}"
        for name, place in (
            ("a.json", "'annotations', entry 2"), ("b.json", "'predictions', entry 1"), ("c.json", "entry 1, 'events', entry 1"),
        )
    ]  # fmt: skip


def test_places_are_named_up_to_a_few_and_what_is_no_longer_there_is_passed_over() -> None:
    rows = ", ".join('{"a": 1, "b": 2, "a": 3}' for _ in range(5))
    assert repeated_keys(f"[{rows}]".encode(), "f") == (
        "in f a key stands twice in one object, and the last one counts: 'a' in entry 1, 'a' in entry 2, 'a' in entry 3"
        " and 2 more"
    )
    lost = repeated_keys(b'{"x": {"a": 1, "a": 2}, "x": {}}', "f")
    assert lost == "in f a key stands twice in one object, and the last one counts: 'x' in the outermost object"
    long = json.dumps("k" * 1000)
    assert "k…' in" in str(repeated_keys(f"{{{long}: 1, {long}: 2}}".encode(), "f"))
    assert repeated_keys(b'{"a": [{"a": 1}, {"a": 1}], "b": {"a": 1}}', "f") is None
    assert repeated_keys('\ufeff{"é": 1, "\\u00e9": 2}'.encode("utf-16-le"), "f") is not None


def test_an_object_of_a_stream_is_kept_like_any_other() -> None:
    [read] = ijson.items(b'[{"a": 1, "a": {"b": 2}}]', "item", map_type=KeyedObject)
    again = pickle.loads(pickle.dumps(read))
    assert (read.repeated, again, json.dumps(read)) == ("a", {"a": {"b": 2}}, '{"a": {"b": 2}}')
