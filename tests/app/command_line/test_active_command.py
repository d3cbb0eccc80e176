"""``touchline active``, from a configuration to a table, a figure and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.comparing.label_curves import label_curves
from spotting_core.active.config import read_active
from spotting_core.active.summary import StrategySummary
from spotting_core.base.assets import asset
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.intervals import Interval
from tests.app.commands import touchline
from tests.feature_games import write_splits
from tests.spotting_core.active.test_experiment import FILE, SET


def test_an_experiment_says_its_hours_and_writes_what_it_measured(tmp_path: Path) -> None:
    root = write_splits(tmp_path / "splits")
    path = tmp_path / "few.toml"
    path.write_text(
        FILE.format(set=SET, strategies='"random", "entropy"', more="seeds = 2\nclip = 5.0\nfirst = 0.25\nsteps = 2")
    )
    arguments = ("active", path, "--data", root, "--run", tmp_path / "run", "--figure", tmp_path / "curves.svg")
    done = touchline(*arguments, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    assert "4 curves of 2 trainings" in done.stderr
    assert "tight, labelled" in done.stdout
    assert "25%" in done.stdout
    assert " to " in done.stdout
    content = json.loads((tmp_path / "out.json").read_text())
    assert len(content["curves"]) == 4
    assert [one["strategy"] for one in content["summary"]["loose"]] == ["random", "entropy"]
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")
    narrowed = touchline(*arguments, "--only", "entropy", "--seeds", 1, "--json", tmp_path / "one.json")
    assert narrowed.returncode == 0
    assert " to " not in narrowed.stdout  # one seed has no interval
    one = json.loads((tmp_path / "one.json").read_text())
    assert one["curves"] == [c for c in content["curves"] if (c["strategy"], c["seed"]) == ("entropy", 1)]
    refused = touchline(*arguments, "--only", "margin")
    assert refused.returncode == 2
    assert "no strategy 'margin'" in refused.stderr
    refused = touchline(*arguments, "--seeds", 3)
    assert refused.returncode == 2
    assert "has 2 seeds, not 3" in refused.stderr
    again = touchline(*arguments, "--json", tmp_path / "again.json")
    assert json.loads((tmp_path / "again.json").read_text()) == content
    assert "trainings" not in again.stderr  # nothing is left to do


def test_labels_that_are_left_out_are_counted_and_none_of_a_known_class_is_refused(tmp_path: Path) -> None:
    root = write_splits(tmp_path / "splits")
    path = tmp_path / "few.toml"
    path.write_text(FILE.format(set=SET, strategies='"random"', more="seeds = 2\nclip = 5.0\nfirst = 0.25\nsteps = 2"))
    for labels in sorted((root / "train").rglob("Labels-v2.json")):
        content = json.loads(labels.read_text())
        content["annotations"][0]["label"] = "Tackle"
        labels.write_text(json.dumps(content))
    done = touchline("active", path, "--data", root, "--run", tmp_path / "run")
    assert done.returncode == 0, done.stderr
    assert "train: left out" in done.stderr
    assert "of the unknown class 'Tackle'" in done.stderr
    for labels in sorted((root / "test").rglob("Labels-v2.json")):
        content = json.loads(labels.read_text())
        content["annotations"] = [{**row, "label": "Tackle"} for row in content["annotations"]]
        labels.write_text(json.dumps(content))
    done = touchline("active", path, "--data", root, "--run", tmp_path / "other")
    assert done.returncode == 2
    assert "of a known class; they say 'Tackle'" in " ".join(done.stderr.split())


def test_bad_arguments_are_a_sentence_before_any_work(tmp_path: Path) -> None:
    done = touchline("active", tmp_path / "no.toml", "--data", tmp_path)
    assert done.returncode == 2
    assert "there is no such configuration" in done.stderr
    done = touchline("active", tmp_path / "no.toml", "--data", tmp_path, "--figure", tmp_path / "a.gif")
    assert done.returncode == 2
    assert "cannot be written as '.gif'" in done.stderr


@pytest.mark.parametrize("path", sorted(asset("active").glob("*.toml")), ids=lambda p: p.stem)
def test_the_shipped_experiments_can_be_read(path: Path) -> None:
    order = read_active(path)
    assert order.training.system == path.stem.removesuffix("-official")
    assert order.training.features == ("efficientnet-lite0",)  # never those of a model that has learned from all labels
    assert order.training.choose_by == "loss"


def test_the_figure_in_its_forms() -> None:
    values = tuple(Interval(v, v - 0.1, v + 0.1) for v in (0.2, 0.5))
    one = StrategySummary("random", (0.1, 1.0), (1.0, 2.0), (3.0, 4.0), values, values[0], values[1], 2.0, 4.0, None)
    for form, start in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        assert label_curves({"loose": [one], "tight": [one] * 9}, form).startswith(start)
    with pytest.raises(BadInputError, match="'gif'"):
        label_curves({"loose": [one]}, "gif")
