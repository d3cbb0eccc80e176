"""A run of the calibration network on a made match: to its model folder, and on after it was stopped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.domain.homography import Calibration
from spotting_core.formats.field_calibration import META, write_published
from spotting_core.models.card import read_card
from spotting_core.models.load import load_model
from spotting_core.training.calibration import CalibrationTrainer, CalibrationTrainingConfig
from spotting_core.training.train import TrainingOrder, train
from tests.seen_pitches import usual_camera
from tests.videos import make_video, steady

SETTINGS = """
system = "pitch-lines"
[config]
data = ["train"]
validation = ["train"]
steps = 3
batch = 2
warm_up = 1
drawn_share = 0.5
trunk_from = "entities"
model = {width = 96, height = 64, channels = 8, layers = 1, heads = 2}
"""


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of splits, of which the only one holds a match of ten seconds."""
    folder = tmp_path_factory.mktemp("splits")
    game = folder / "train" / "game"
    game.mkdir(parents=True)
    make_video(game / "1_180p.mp4", steady(100, rate=10.0))
    (game / META).write_text('{"pitch": [108, 70]}')
    known = [Calibration(1, k * 500_000, usual_camera(0.02 * k).homography, 0.9) for k in range(20)]
    write_published(game / "1_field_calib_ccbv.json", known, 320, 180)
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> DataDirectory:
    return DataDirectory(tmp_path_factory.mktemp("data"))


def ordered(root: Path, folder: Path) -> TrainingOrder:
    config = folder / "small.toml"
    config.write_text(SETTINGS)
    return TrainingOrder(config, root, folder / "run", folder / "model", measured=False)


def test_a_run_that_was_stopped_ends_with_the_weights_of_one_that_was_not(
    root: Path, kept: DataDirectory, tmp_path: Path
) -> None:
    def stop_after_one(step: int, steps: int, losses: Mapping[str, float]) -> bool:
        assert set(losses) == {"lines", "places", "pitch"}
        return step < 1

    whole, parts = tmp_path / "whole", tmp_path / "parts"
    for folder in (whole, parts):
        folder.mkdir()
    train(ordered(root, whole), kept)
    with pytest.raises(CancelledError):
        train(ordered(root, parts), kept, report=stop_after_one)
    train(ordered(root, parts), kept)
    one, other = (load_model(folder / "model").network.state_dict() for folder in (whole, parts))
    assert all(torch.equal(one[name], other[name]) for name in one)
    card = read_card(whole / "model")
    assert (card.task, card.system, card.domain) == ("calibration", "pitch-lines", "broadcast")
    assert card.training["steps"] == 3
    assert len(card.config["error_weights"]) == 8


def test_batches_hold_drawn_pictures_and_those_of_the_match(root: Path, kept: DataDirectory, tmp_path: Path) -> None:
    config = CalibrationTrainingConfig(validation=("train",), batch=8, drawn_share=0.5)
    trainer = CalibrationTrainer(config, root, tmp_path / "run", kept, "cpu")
    batch, same = trainer.make_batch(0), trainer.make_batch(0)
    assert np.array_equal(batch.images, same.images)
    assert batch.images.shape == (8, 224, 384, 3)
    sizes = {tuple(size) for size in batch.targets.size.tolist()}
    assert (108.0, 70.0) in sizes
    assert len(sizes) > 2


def test_what_cannot_be_trained_on_is_named(root: Path, kept: DataDirectory, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="calibrations are 2 a second, not 25"):
        CalibrationTrainer(CalibrationTrainingConfig(rate=25.0), root, tmp_path / "run", kept, "cpu")
    (root / "empty").mkdir(exist_ok=True)
    with pytest.raises(BadInputError, match="no calibrations lie here"):
        CalibrationTrainer(
            CalibrationTrainingConfig(data=("empty",), validation=("train",)), root, tmp_path / "run2", kept, "cpu"
        )
