"""Numbers that are none come into no weights, and what a run learns from is counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from spotting_core.base.arrays import check_numbers, first_odd_row
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.computing.finite_weights import check_weights
from spotting_core.domain.classes import load_classes
from spotting_core.features.files import open_features
from spotting_core.features.sets import FeatureSet
from spotting_core.tasks.boundaries import BOUNDARIES
from spotting_core.tasks.replays import REPLAYS
from spotting_core.tasks.shots import SHOTS
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.best import BestWeights
from spotting_core.training.label_counts import label_counts
from spotting_core.training.train import TrainingOrder, train
from spotting_core.training.trainer import Trainer, TrainingConfig
from tests.feature_games import SET, write_splits


class _Run(Trainer[float, TrainingConfig, nn.Linear]):
    """A run in whose batch of step 3 there is a NaN."""

    odd = 3

    def make_batch(self, step: int) -> float:
        return float("nan") if step == self.odd else 1.0

    def losses(self, batch: float) -> dict[str, Tensor]:
        return {"own": self.model(torch.full((1, 2), batch)).square().sum()}

    def origins(self, step: int) -> list[str]:
        return [f"match {step}"]


def test_a_batch_without_numbers_ends_the_run_and_names_what_it_was_made_of(tmp_path: Path) -> None:
    run = _Run(nn.Linear(2, 1), TrainingConfig(steps=6, batch=1, warm_up=1, checkpoint_every=1), tmp_path, "cpu")
    with pytest.raises(
        BadInputError, match=r"the loss own is no number in batch 4, made of match 3; the last checkpoint is kept"
    ):
        run.train()
    kept = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert kept["step"] == 3
    assert all(torch.isfinite(v).all() for v in kept["model"].values())
    _Run.odd = -1
    again = _Run(nn.Linear(2, 1), TrainingConfig(steps=6, batch=1, warm_up=1, checkpoint_every=1), tmp_path, "cpu")
    assert again.step == 3
    again.train()
    _Run.odd = 3


def test_best_weights_stay_where_the_next_are_no_numbers(tmp_path: Path) -> None:
    best = BestWeights(tmp_path)
    best.offer(0.5, {"a": torch.ones(2)})
    for score, weights in ((0.9, {"a": torch.tensor([1.0, float("nan")])}), (float("nan"), {"a": torch.ones(2)})):
        with pytest.raises(BadInputError, match=r"no number|are none"):
            best.offer(score, weights)
    assert best.score == 0.5
    with pytest.raises(BadInputError, match="the weight w holds 1 of 2 numbers that are none"):
        check_weights({"w": torch.tensor([1.0, float("inf")]), "n": torch.tensor([1])}, "model")


def test_a_row_of_features_that_is_none_is_named(tmp_path: Path) -> None:
    values = np.zeros((3000, 8), np.float32)
    path = tmp_path / "1_mine.npy"
    np.save(path, values)
    kind = FeatureSet("mine", 8, 8, 2.0)
    assert len(open_features(path, kind)) == 3000
    values[2750, 3] = np.inf
    np.save(path, values)
    with pytest.raises(BadInputError, match="row 2750 holds a number that is none"):
        open_features(path, kind)
    with pytest.raises(BadInputError, match="row 2750"):
        check_numbers(path)
    assert first_odd_row(values[:2750]) is None
    assert first_odd_row(np.arange(4)) is None
    assert first_odd_row(np.array([[1.0], [np.inf]], np.float16)) == 1
    doubles = np.zeros((3000, 8))
    doubles[7, 1] = -1e300  # infinite once it is read as what models count in
    np.save(path, doubles)
    with pytest.raises(BadInputError, match="row 7 holds a number beyond single precision"):
        open_features(path, kind)


def match(folder: Path, labels: list[str] | None) -> None:
    folder.mkdir(parents=True)
    np.save(folder / "1_mine.npy", np.zeros((20, 4), np.float32))
    if labels is not None:
        rows = [{"gameTime": "1 - 00:01", "label": label} for label in labels]
        (folder / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))


def test_labels_and_matches_that_are_left_out_are_counted(tmp_path: Path) -> None:
    match(tmp_path / "train" / "a", ["Goal", "Corner ", "Goal kick", "corner"])
    match(tmp_path / "train" / "b", None)
    match(tmp_path / "other" / "c", ["Pass"])
    table = load_classes()
    assert label_counts([tmp_path / "train"], SPOTTING, table) == [
        "train: 1 match, 2 labels",
        "train: left out 1 label of the unknown class 'Goal kick'",
        "train: left out 1 label of the unknown class 'corner' (did you mean 'Corner'?)",
        "train: left out 1 match without Labels-v2.json: b",
    ]
    rows = [{"gameTime": "1 - 00:01", "label": "I don't know"}, {"gameTime": "1 - 00:02", "label": "Cam A"}]
    (tmp_path / "train" / "a" / "Labels-cameras.json").write_text(json.dumps({"annotations": rows}))
    assert label_counts([tmp_path / "train"], SHOTS, load_classes(SHOTS.class_table))[:2] == [
        "train: 1 match, 1 label",
        "train: left out 1 label of the unknown class 'Cam A'",
    ]
    rows = [
        {"gameTime": f"1 - 00:0{n}", "label": "Main camera center", "change_type": kind, "replay": "replay", **link}
        for n, kind, link in (
            (1, "abrupt", {}),
            (2, "Abrupt", {"link": {"half": "1", "label": "Goal", "time": "00:01"}}),
            (3, "wipe", {}),
        )
    ]
    (tmp_path / "train" / "a" / "Labels-cameras.json").write_text(json.dumps({"annotations": rows}))
    assert label_counts([tmp_path / "train"], BOUNDARIES, load_classes(BOUNDARIES.class_table))[:3] == [
        "train: 1 match, 1 label",
        "train: left out 1 label of the unknown class 'Abrupt' (did you mean 'abrupt'?)",
        "train: left out 1 label of the unknown class 'wipe'",
    ]
    assert label_counts([tmp_path / "train"], REPLAYS, table)[0] == "train: 1 match, 1 label"
    assert [REPLAYS.learns_from(shown, table) for shown in REPLAYS.read_truth(tmp_path / "train" / "a")] == [True]
    strange = load_classes(SHOTS.class_table)
    assert [REPLAYS.learns_from(shown, strange) for shown in REPLAYS.read_truth(tmp_path / "train" / "a")] == [False]
    with pytest.raises(BadInputError, match="not one of 1 labels is of a known class; they say 'Pass'"):
        label_counts([tmp_path / "other"], SPOTTING, table)
    match(tmp_path / "bare" / "d", [])
    with pytest.raises(BadInputError, match=r"no label is in the Labels-v2.json of 1 match"):
        label_counts([tmp_path / "bare"], SPOTTING, table)


def test_the_labels_of_the_split_that_is_measured_are_counted_before_anything_is_learned(tmp_path: Path) -> None:
    """A test split of no use is told before hours of training, and what is left out of it by the count."""
    root = write_splits(tmp_path / "splits", games=2)
    config = tmp_path / "average.toml"
    settings = f'features = ["{SET}"]\nsteps = 2\nbatch = 2\nwarm_up = 1\nvalidate_every = 2'
    config.write_text(f'system = "average"\n[config]\n{settings}\n')
    order = TrainingOrder(config, root, tmp_path / "run", tmp_path / "model")
    data = DataDirectory(tmp_path / "data")
    labels = sorted((root / "test").rglob("Labels-v2.json"))
    labels[0].unlink()
    told: list[str] = []
    train(order, data, notice=told.append)
    before = told[: told.index("Training")]
    assert "test: 1 match, 3 labels" in before
    assert any(line.startswith("test: left out 1 match without Labels-v2.json") for line in before)
    other = replace(order, run=tmp_path / "other")
    labels[1].write_text(labels[1].read_text().replace('"Goal"', '"Goal kick"').replace('"Foul"', '"Pass"'))
    with pytest.raises(BadInputError, match=r"test: not one of 3 labels is of a known class"):
        train(other, data)
    labels[1].unlink()
    with pytest.raises(BadInputError, match=r"test: no match with Labels-v2"):
        train(other, data)
    with pytest.raises(BadInputError, match="this model card does not exist"):
        train(replace(other, compare=tmp_path / "gone"), data)
    assert not (tmp_path / "other").exists()
    train(replace(other, measured=False), data)


@pytest.mark.parametrize(
    ("system", "message"),
    [("entities", "no match with true entities lies here"), ("pitch-lines", "no calibrations lie here")],
)
def test_what_entities_and_calibrations_are_measured_on_is_looked_at_before_anything_is_learned(
    system: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "splits" / "test" / "match").mkdir(parents=True)
    config = tmp_path / "own.toml"
    config.write_text(f'system = "{system}"\n[config]\nsteps = 2\n')
    order = TrainingOrder(config, tmp_path / "splits", tmp_path / "run", tmp_path / "model")
    with pytest.raises(BadInputError, match=message) as refused:
        train(order, DataDirectory(tmp_path / "data"))
    assert refused.value.where == tmp_path / "splits" / "test"
    told: list[str] = []
    (tmp_path / "splits" / "test").rename(tmp_path / "splits" / "other")
    with pytest.raises(BadInputError):  # there is no split to learn from either
        train(order, DataDirectory(tmp_path / "data"), notice=told.append)
    assert told[-1] == f"There is no test split in {tmp_path / 'splits'}: the card has no scores"
