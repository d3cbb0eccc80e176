"""Which games are evaluated, and what is said of the others."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.evaluation.collect import Record, read_split
from spotting_core.evaluation.spot_files import read_spotting_games

NAMES = load_classes().names
LABELS = {"annotations": [{"gameTime": "1 - 01:40", "label": "Goal", "position": "100000", "visibility": "visible"}]}


def results(*more: dict) -> dict:
    return {"predictions": [{"half": "1", "label": "Goal", "position": "100000", "confidence": "0.9"}, *more]}


def tree(root: Path, files: dict[str, object]) -> Path:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return root


def zipped(path: Path, files: dict[str, object]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, json.dumps(content))
    return path


def read(labels: Path, predictions: Path, split: list[str] | None = None) -> tuple[list[str], list[str]]:
    record = Record()
    games = read_spotting_games(labels, predictions, NAMES, record, split)
    assert [g.name for g in games] == record.counted
    return record.counted, [f"{s.game}: {s.why}" for s in record.skipped]


def test_trees_and_zips_of_any_depth(tmp_path: Path) -> None:
    labels = tree(tmp_path / "l", {"league/season/a/Labels-v2.json": LABELS, "league/season/b/Labels-v2.json": LABELS})
    predictions = zipped(tmp_path / "p.zip", {"league/season/b/results_spotting.json": results(), "league/season/c/results_spotting.json": results(), "__MACOSX/x/results_spotting.json": results()})  # fmt: skip
    assert read(labels, predictions) == (
        ["league/season/b"],
        ["league/season/a: it has no predictions", "league/season/c: it has predictions but no labels"],
    )


def test_a_folder_that_holds_the_file_is_one_game_and_so_is_a_file(tmp_path: Path) -> None:
    labels = tree(tmp_path / "game", {"Labels-v2.json": LABELS})
    predictions = tree(tmp_path / "out", {"results_spotting.json": results()})
    assert read(labels, predictions)[0] == ["game"]
    assert read(labels, predictions / "results_spotting.json")[0] == ["game"]
    assert read(labels, tree(tmp_path / "deep", {"x/y/results_spotting.json": results()}))[0] == ["game"]


def test_a_common_root_folder_makes_no_difference(tmp_path: Path) -> None:
    labels = tree(tmp_path / "l", {"epl/s/a/Labels-v2.json": LABELS, "liga/s/b/Labels-v2.json": LABELS})
    predictions = zipped(
        tmp_path / "p.zip",
        {f"results/{g}/results_spotting.json": results() for g in ("epl/s/a", "liga/s/b")},
    )
    assert read(labels, predictions) == (["epl/s/a", "liga/s/b"], [])


def test_another_file_name_is_taken_where_it_is_the_only_one(tmp_path: Path) -> None:
    labels = tree(tmp_path / "l", {"a/Labels-v2.json": LABELS})
    assert read(labels, tree(tmp_path / "p", {"a/spots.json": results()}))[0] == ["a"]
    two = tree(tmp_path / "two", {"a/spots.json": results(), "a/other.json": {}})
    with pytest.raises(BadInputError, match=r"no results_spotting.json here.*other.json, spots.json"):
        read(labels, two)


def test_a_split_chooses_the_games(tmp_path: Path) -> None:
    files = {f"e/s/{g}/Labels-v2.json": LABELS for g in "abc"}
    predictions = tree(tmp_path / "p", {f"e/s/{g}/results_spotting.json": results() for g in "abc"})
    split = tmp_path / "split.json"
    for text in ('["e/s/a", "e/s/z"]', '{"e": {"s": ["a", "z"]}}', "e/s/a\ne/s/z\n"):
        split.write_text(text)
        record = read(tree(tmp_path / "l", files), predictions, read_split(split))
        assert record == (["e/s/a"], ["e/s/z: it has no labels"])
    for text in ("[1]", "[", "", '{"a": 3}'):
        split.write_text(text)
        with pytest.raises(BadInputError, match="split file"):
            read_split(split)


@pytest.mark.parametrize(
    ("true", "predicted", "told"),
    [("l/s/one/", "l/s/other", True), ("one", "l/s/one/", False), ("one", "", False), (None, "one", False)],
)
def test_files_that_call_their_match_differently_are_told(
    true: str | None, predicted: str, told: bool, tmp_path: Path
) -> None:
    labels = tree(tmp_path, {"a.json": {"UrlLocal": true, **LABELS}}) / "a.json"
    predictions = tree(tmp_path, {"b.json": {"UrlLocal": predicted, **results()}}) / "b.json"
    sentence = "a.json: its labels call the match 'one', its predictions 'other'"
    assert read(labels, predictions) == (["a.json"], [sentence] if told else [])


def test_what_is_left_out_of_a_game_is_said(tmp_path: Path) -> None:
    truth = [*LABELS["annotations"], {"gameTime": "2 - 00:10", "label": "Foul"}, {"gameTime": "1 - 00:10", "label": "Homerun"}]  # fmt: skip
    predictions = results(
        {"half": "1", "label": "goal", "position": "5", "confidence": "0.5"},
        {"half": "3", "label": "Goal", "position": "5", "confidence": "0.5"},
    )
    labels = tree(tmp_path / "l", {"Labels-v2.json": {"annotations": truth}})
    assert read(labels, tree(tmp_path / "p", {"results_spotting.json": predictions}))[1] == [
        "l: 1 label of the unknown class 'Homerun'",
        "l: 1 prediction of the unknown class 'goal' (did you mean 'Goal'?)",
        "l: 1 prediction of a half other than 1 and 2",
        "l: half 2 has no predictions; its 1 action count as missed",
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (results({"half": "1", "label": "Goal", "position": "5", "confidence": "nan"}), "the confidence of Goal at 5 ms is not a number"),
        ('{"predictions": [{"half": 1, "label": "Goal", "position": 5, "confidence": NaN}]}', "a value is not a number"),
        (results({"half": "x", "label": "Goal", "position": "5", "confidence": "1"}), "the half 'x' cannot be read"),
        (results({"half": "1", "label": "Goal", "position": "inf", "confidence": "1"}), "the position 'inf' cannot be read"),
        (results({"half": "1", "label": "Goal", "confidence": "1"}), r"the time '' \(position 'None'\) cannot be read"),
        ({"annotations": []}, "missing required field `predictions`"),
        ("{", "is not JSON"),
        ({"predictions": [{"half": "1", "label": "goal", "position": "5", "confidence": "1"}]}, "not one of 1 predictions is of a known class; they say 'goal'"),
    ],
)  # fmt: skip
def test_broken_predictions_are_named(content: object, message: str, tmp_path: Path) -> None:
    labels = tree(tmp_path / "l", {"a/Labels-v2.json": LABELS})
    predictions = tree(tmp_path / "p", {"a/results_spotting.json": content})
    with pytest.raises(BadInputError, match=message) as caught:
        read(labels, predictions)
    assert str(tmp_path / "p") in str(caught.value)


def test_a_damaged_or_missing_source_is_named(tmp_path: Path) -> None:
    labels = tree(tmp_path / "l", {"a/Labels-v2.json": LABELS})
    with pytest.raises(BadInputError, match="no such file or folder"):
        read(labels, tmp_path / "nothing")
    whole = zipped(tmp_path / "p.zip", {"a/results_spotting.json": results()}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[:40] + b"\0" * 9 + whole[49:])
    with pytest.raises(BadInputError, match=r"cannot be read|damaged"):
        read(labels, tmp_path / "cut.zip")
    with pytest.raises(BadInputError, match="no game has both"):
        read(labels, tree(tmp_path / "q", {"b/results_spotting.json": results(), "c/results_spotting.json": results()}))
