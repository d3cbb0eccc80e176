"""Feature sets made of what lies beside a match: kept by content, read, refused, trained on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.people import AWAY, Role
from spotting_core.domain.spots import Spot
from spotting_core.features.extractor import LITE
from spotting_core.features.half import FeatureReader
from spotting_core.features.pitch_sets import PITCH_SETS, pitch_values, read_half
from spotting_core.features.sets import feature_set
from spotting_core.media.ingest import ingest
from spotting_core.models.card import read_card
from spotting_core.models.load import load_model
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.train import TrainingOrder, judged_split, train
from tests.pitch_views import write_calibrated_game

WIDTHS = {"camera": 19, "top-view": 6144, "top-view-physics": 6144, "players": 200}


def read(name: str, folder: Path, data: DataDirectory, seconds: float | None = None) -> np.ndarray:
    half = FeatureReader([feature_set(name, 2.0)], 2.0).read(1, folder, None, data, seconds=seconds)
    return half.rows(0, len(half))


def test_the_sets_are_as_wide_as_they_say(tmp_path: Path, data: DataDirectory) -> None:
    game = write_calibrated_game(tmp_path, samples=3)
    assert set(PITCH_SETS) == set(WIDTHS)
    for name, width in WIDTHS.items():
        kind = feature_set(name, 25.0)
        assert (kind.dim, kind.rate) == (width, 2.0)
        assert read(name, game, data).shape == (3, width)


def test_a_set_is_kept_until_its_calibrations_are_others(tmp_path: Path, data: DataDirectory) -> None:
    game = write_calibrated_game(tmp_path, samples=4)
    first = read("camera", game, data)
    files = list((data.root / "pitch").glob("*.npy"))
    assert np.array_equal(read("camera", game, data), first)
    assert list((data.root / "pitch").glob("*.npy")) == files
    reader = FeatureReader([feature_set("camera", 2.0)], 2.0)
    before = reader.fingerprint([1], game)
    shutil.rmtree(game)
    write_calibrated_game(tmp_path, shift=10.0, samples=4)
    assert not np.array_equal(read("camera", game, data), first)
    assert reader.fingerprint([1], game) != before


def test_a_rendered_match_knows_its_people(demo: Path) -> None:
    half = read_half(demo, 1)
    assert len(half.people) == len(half.calibrations)
    kits = json.loads((demo / "meta.json").read_text())["kits"]
    away = [one for placed in half.people for one in placed if one.team == AWAY and one.role is Role.PLAYER]
    assert {one.colour for one in away} == {tuple(kits["away"]["main"])}
    seen = [(h.homography, one) for h, placed in zip(half.calibrations, half.people, strict=True) for one in placed
            if h.homography is not None and h.label == "Main camera center"]  # fmt: skip
    far = []
    for homography, one in seen[::50]:
        assert one.box is not None
        foot = homography.to_pitch(np.array([(one.box[0] + one.box[2]) / 2, one.box[3]]))
        far.append(np.linalg.norm(foot - (one.x, one.y)))
    assert np.median(far) < 1.0
    assert all(0 <= k < 30 for k in map(len, half.people))


def test_numbers_of_a_network_over_the_view(tmp_path: Path, data: DataDirectory) -> None:
    game = write_calibrated_game(tmp_path, samples=3)
    path = game / "1_field_calib_ccbv.json"
    content = json.loads(path.read_text())
    content["predictions"][1][0]["confidence"] = 0.5
    path.write_text(json.dumps(content))
    kind = feature_set(f"top-view-{LITE}", 2.0)
    assert (kind.name, kind.dim, kind.rate) == (f"top-view-{LITE}", 1280, 2.0)
    values = read(kind.name, game, data)
    assert values.shape == (3, 1280)
    assert not values[1].any()
    assert values[0] == pytest.approx(values[2])
    assert values[0].std() > 0.1
    with pytest.raises(BadInputError, match="the weights of resnet18 are not here"):
        feature_set("top-view-resnet18", 2.0)


def test_what_is_not_there_is_said(tmp_path: Path, data: DataDirectory, demo: Path) -> None:
    with pytest.raises(BadInputError, match="nothing beside the match says where the camera looks in half 1"):
        read("camera", tmp_path, data)
    with pytest.raises(BadInputError, match="which lie in the folder of a match"):
        FeatureReader([feature_set("camera", 2.0)], 2.0).read(1, None, None, data)
    game = write_calibrated_game(tmp_path, samples=80)
    with pytest.raises(BadInputError, match=r"80 samples of 90 s are 0\.889 a second"):
        read("camera", game, data, seconds=90.0)
    kind = feature_set("camera", 2.0)
    assert kind.extractor is not None
    with pytest.raises(BadInputError, match="as another version made it"):
        pitch_values(replace(kind.extractor, sha256="0" * 64), game, 1, data)
    media = ingest(next(demo.glob("1_*.mp4")), data)
    assert FeatureReader([kind], 2.0).samples(1, demo, media) == len(read_half(demo, 1).calibrations)


def test_a_folder_of_calibrations_is_trained_on_and_judged(tmp_path: Path, data: DataDirectory) -> None:
    """No video and no feature file: the files that SoccerNet publishes are enough."""
    spots = [Spot(1, 10_000_000, "Corner"), Spot(1, 30_000_000, "Corner")]
    for split in ("train", "val", "test"):
        write_calibrated_game(tmp_path / split, spots=spots)
    config = tmp_path / "dense.toml"
    config.write_text(
        'system = "dense-unet"\n[config]\nfeatures = ["camera"]\nsteps = 4\nbatch = 2\nwarm_up = 1\n'
        "validate_every = 4\n[config.model]\nwindow = 40\nbefore = 4\nafter = 4\nwidth = 8\nlevels = 2\n"
    )
    folder = train(TrainingOrder(config, tmp_path, tmp_path / "run", tmp_path / "model"), data)
    card = read_card(folder)
    assert (card.input.feature, card.input.dim, card.domain) == ("camera", 19, "broadcast")
    assert card.scores["actions"] == 2
    (judged,) = judged_split(load_model(folder), tmp_path / "test", data, SPOTTING)
    assert len(judged.truth) == 2
