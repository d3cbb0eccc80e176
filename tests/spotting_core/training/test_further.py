"""Training a model further on what its analyses hold: what learns, what stays, and the comparison in the end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.files import read_json
from spotting_core.data_sets import roles
from spotting_core.data_sets.data_set import DataSet
from spotting_core.data_sets.freeze import freeze
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.look import look_of_match
from spotting_core.inference.score import score_half
from spotting_core.media.ingest import ingest
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card, write_card
from spotting_core.models.known import known_models
from spotting_core.models.load import load_model
from spotting_core.store.database import open_database
from spotting_core.training import further, own_look
from spotting_core.training.comparison import COMPARISON_FILE, FOUND, Comparison
from spotting_core.training.further import FurtherOrder, analysed_half, train_further
from spotting_core.training.label_counts import unlabelled_classes
from spotting_core.training.train import train
from tests.conftest import small_model
from tests.feature_games import SET, features_of
from tests.spotting_core.data_sets.libraries import add_match
from tests.spotting_core.data_sets.test_folder import BY_MINUTE, order_of

SPOTS = tuple(Spot(1, (5 + 10 * k) * 1_000_000, ("Goal", "Foul")[k % 2]) for k in range(24))


@pytest.fixture(autouse=True)
def by_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roles, "role_of", lambda _hash, _half, minute: BY_MINUTE[minute % 4])


@pytest.fixture
def labelled(tmp_path: Path, data: DataDirectory) -> tuple[Path, DataSet]:
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", list(SPOTS))
    write_features(folder, 1, SET, features_of(SPOTS, 480))
    return folder, freeze("all", "Ada", open_database(data), data).data_set


def order(place: Path, data_set: DataSet, model: Path, steps: int = 4) -> FurtherOrder:
    return FurtherOrder(model, data_set, place / "further", place / "next", steps=steps)


def test_the_environment_stays_and_the_rest_learns_from_what_the_analysis_holds(
    tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, data_set = labelled
    model = small_model(tmp_path / "small")
    known = {"splits": ["train", "test"], "look": {"like": 0.1}}
    write_card(model, replace(read_card(model), training={**read_card(model).training, **known}))
    analyse_match(open_match(folder), load_model(model), data)
    monkeypatch.setattr("spotting_core.media.frame_store.store_frames", None)  # no picture is looked at again
    comparison = train_further(order(tmp_path, data_set, model), open_database(data), data)
    before, after = load_file(model / "model.safetensors"), load_file(tmp_path / "next" / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert before.keys() == after.keys()
    assert changed
    assert not any(name.startswith("environment.") for name in changed)
    facts = read_card(tmp_path / "next").training  # its weights know the same games, its environment the same look
    assert {fact: facts[fact] for fact in known} == known
    assert (comparison.metric, comparison.minutes, comparison.actions) == ("tight", 1.0, 6)
    assert [(row.label, row.truths) for row in comparison.classes] == [("Goal", 3), ("Foul", 3)]
    assert read_json(tmp_path / "next" / COMPARISON_FILE)["actions"] == 6
    # One minute has no spread: no interval, so that nothing is called better or worse.
    assert (comparison.units, comparison.unit) == (1, "minute")
    assert comparison.before is not None
    assert [comparison.difference, comparison.interval, *(row.difference for row in comparison.classes)] == [None] * 4


def test_on_request_what_looks_at_the_pictures_learns_too(
    tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet]
) -> None:
    _, data_set = labelled
    model = small_model(tmp_path / "small")
    known = {"splits": ["train"], "look": {"like": 0.1}}
    write_card(model, replace(read_card(model), training={**read_card(model).training, **known}))
    # No analysis is needed: the pictures are read.
    comparison = train_further(replace(order(tmp_path, data_set, model), everything=True), open_database(data), data)
    before, after = load_file(model / "model.safetensors"), load_file(tmp_path / "next" / "model.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    trunk = {name for name in changed if name.startswith("environment.")}
    assert any(".s4." in name for name in trunk)
    assert not any(".stem." in name or ".s1." in name for name in trunk)  # edges and colours stay
    assert changed - trunk
    facts = read_card(tmp_path / "next").training
    assert facts["splits"] == ["train"]
    assert "look" not in facts  # what is usual to it has changed, and of one match nobody can tell what it is now
    assert (comparison.metric, comparison.actions) == ("tight", 6)


def test_what_is_usual_to_eyes_that_have_learned_is_measured_anew(
    tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, data_set = labelled
    model = small_model(tmp_path / "small")
    write_card(model, replace(read_card(model), training={"look": {"like": 0.1}}))
    monkeypatch.setattr(own_look, "LEAST", 1)  # as if one match were enough
    train_further(replace(order(tmp_path, data_set, model), everything=True), open_database(data), data)
    after = load_model(tmp_path / "next")
    known = after.card.training["look"]
    assert known["matches"] == "all"
    look = look_of_match(after, [ingest(half.path, data) for half in open_match(folder).halves])
    assert look is not None
    assert known["like"] == pytest.approx(look.unlikeness, rel=0.1)


def test_a_model_of_features_learns_as_a_whole_and_is_offered_with_its_lineage(
    tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, data_set = labelled
    train(order_of(tmp_path), data)
    monkeypatch.setattr(further, "FEW_UNITS", 1)  # as if the one minute that is held out were enough
    comparison = train_further(order(tmp_path, data_set, tmp_path / "model", 1500), open_database(data), data)
    assert comparison.before is not None
    assert comparison.after is not None
    assert comparison.after > comparison.before
    assert comparison.difference is not None
    assert comparison.difference.value == pytest.approx(comparison.after - comparison.before)
    assert {change.path for change in comparison.changes} <= {data_set.matches[0].path}
    held_out = {spot.time for spot in SPOTS if 120 <= spot.seconds < 180}
    assert {change.time for change in comparison.changes if change.became == FOUND} <= held_out
    card, parent = read_card(tmp_path / "next"), load_model(tmp_path / "model")
    assert card.training["data_set"] == {"id": data_set.id, "name": "all"}
    assert card.training["parent"]["weights"] == parent.sha256
    assert card.training["earlier"] == read_card(tmp_path / "model").training
    assert tmp_path / "next" in known_models(data, "spotting").values()


def test_a_run_that_was_cancelled_goes_on(tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet]) -> None:
    _, data_set = labelled
    train(order_of(tmp_path), data)
    steps: list[int] = []

    def report(step: int, _steps: int, _losses: Mapping[str, float]) -> bool:
        steps.append(step)
        return step != 3

    wanted = order(tmp_path, data_set, tmp_path / "model", 6)
    with pytest.raises(CancelledError):
        train_further(wanted, open_database(data), data, report=report)
    assert not (tmp_path / "next").exists()
    train_further(wanted, open_database(data), data, report=report)
    assert steps == [1, 2, 3, 4, 5, 6]


def test_what_was_held_out_has_no_action(tmp_path: Path, data: DataDirectory) -> None:
    folder = add_match(tmp_path, data)
    write_labels(folder / "Labels-v2.json", [spot for spot in SPOTS if not 120 <= spot.seconds < 180])
    write_features(folder, 1, SET, features_of(SPOTS, 480))
    data_set = freeze("all", "Ada", open_database(data), data).data_set
    train(order_of(tmp_path), data)
    comparison = train_further(order(tmp_path, data_set, tmp_path / "model"), open_database(data), data)
    assert comparison == Comparison("loose", 1.0, 0, None, None, None)


def test_what_cannot_be_trained_so_is_said(tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet]) -> None:
    folder, data_set = labelled
    model = small_model(tmp_path / "small")
    with pytest.raises(BadInputError, match="small e2e-spot has not analysed m v B"):
        train_further(order(tmp_path, data_set, model), open_database(data), data)
    with pytest.raises(BadInputError, match="spots no actions"):
        train_further(replace(order(tmp_path, data_set, model), model=Path("whole-shots")), open_database(data), data)
    (folder / "1_180p.mp4").unlink()
    with pytest.raises(BadInputError, match="m v B"):
        train_further(order(tmp_path, data_set, model), open_database(data), data)
    assert np.all([not (tmp_path / name).exists() for name in ("next", "further")])


def test_a_data_set_without_a_label_of_a_class_of_the_model_is_refused_before_anything_is_done(
    tmp_path: Path, data: DataDirectory, labelled: tuple[Path, DataSet]
) -> None:
    folder, data_set = labelled
    model = small_model(tmp_path / "small")
    others = tuple(replace(spot, label=f"Pass {spot.label}") for spot in data_set.matches[0].spots)
    other = replace(data_set, matches=(replace(data_set.matches[0], spots=others),))
    (folder / "1_180p.mp4").unlink()  # its matches are not looked at
    with pytest.raises(BadInputError) as refused:
        train_further(order(tmp_path, other, model), open_database(data), data)
    assert "none of the labels of the data set 'all' is of a class of this model (Penalty, Kick-off, Goal, " in str(
        refused.value
    )
    assert "and 11 more). Choose a model of the classes that are labelled there (Pass Foul, Pass Goal)" in str(
        refused.value
    )
    assert unlabelled_classes(data_set, ("Goal", "Corner", "Foul")) == ["Corner"]


def test_what_an_analysis_holds_says_the_same_as_the_pictures(demo: Path) -> None:
    model, analysis = load_model(), Analysis.open(demo / "analysis")
    half = analysis.halves[0]
    scores = score_half(model.judge, analysed_half(half, model)).confidence
    assert np.abs(scores - half.scores).max() < 0.05
    assert np.abs(scores - half.scores).mean() < 0.001
