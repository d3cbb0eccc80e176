"""Both stages from videos to spots: a model that reads frames, its features and another's, a detector over both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.features.sets import feature_set, read_sets
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.load import load_model
from spotting_core.training.train import TrainingOrder, train
from tests.app.commands import touchline
from tests.conftest import small_model
from tests.feature_games import NAMES
from tests.videos import make_video, steady

SAMPLES, WIDTH = 40, 368  # of a match of 20 s; of the environment's last stage

STAGE_ONE = """
system = "e2e-spot"
[config]
steps = 4
batch = 2
clip = 12
warm_up = 2
validate_every = 4
[config.model]
width = 64
height = 36
dim = 32
hidden = 16
feed_forward = 32
window = 20
"""

STAGE_TWO = """
system = "two-stage"
[config]
features = ["{one}", "{other}"]
steps = 4
batch = 2
warm_up = 2
validate_every = 4
[config.model]
window = 16
before = 4
after = 4
width = 16
layers = 1
heads = 2
feed_forward = 32
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with one short labelled match per split, each with a video of its own."""
    for number, split in enumerate(("train", "val", "test")):
        game = tmp_path / "splits" / split / "league" / "2026" / "2026-08-01 - 12-00 Home 1 - 0 Away"
        game.mkdir(parents=True)
        make_video(game / "1_224p.mp4", steady(SAMPLES + number, rate=2.0))
        write_labels(game / "Labels-v2.json", [Spot(1, 3_000_000, "Goal"), Spot(1, 9_500_000, "Foul")])
    return tmp_path / "splits"


def trained(text: str, place: Path, root: Path, data: DataDirectory, *, measured: bool) -> Path:
    """The model folder of a short run."""
    config = place.with_suffix(".toml")
    config.write_text(text)
    return train(TrainingOrder(config, root, place / "run", place / "model", measured=measured), data)


def test_both_stages_from_videos_to_spots(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    one = trained(STAGE_ONE, tmp_path / "one", root, data, measured=False)
    other = small_model(tmp_path / "other", hidden=8)
    folder = trained(STAGE_TWO.format(one=one, other=other), tmp_path / "two", root, data, measured=True)
    model = load_model(folder)
    assert model.config.sets == (WIDTH, WIDTH)
    names = [feature_set(str(made_by), 2.0).name for made_by in (one, other)]
    assert [kind.name for kind in read_sets(model.card.input)] == names
    assert model.card.scores["actions"] == 2
    # Features of the first stage from a file, those of the other model from the video.
    match = next((root / "test").rglob("1_224p.mp4")).parent
    done = touchline("features", match, "--backbone", one, "--out", tmp_path / "files")
    assert done.returncode == 0, done.stderr
    analysis = analyse_match(open_match(match), model, data, features=tmp_path / "files")
    half = analysis.half(1)
    samples = SAMPLES + 2
    assert half.scores.shape == half.displacement.shape == (samples, len(NAMES))
    assert ((half.scores > 0) & (half.scores < 1)).all()
    read, written = half.array("features"), np.load(tmp_path / "files" / f"1_{names[0]}.npy")
    assert read.shape == (samples, 2 * WIDTH)
    assert np.array_equal(read[:, :WIDTH], written.astype(np.float16))
    assert not np.array_equal(read[:, :WIDTH], read[:, WIDTH:])
    assert all(spot.label in NAMES for spot in analysis.spots())
    alone = analyse_match(open_match(match), model, data)
    assert np.array_equal(alone.half(1).scores, half.scores)  # the file says what the video says
