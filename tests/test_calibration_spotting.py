"""The benchmark of spotting from where the camera looks: its splits, its runs and its means."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from benchmarks.calibration_spotting import VISUAL, mean_of, real_runs, simulated_runs
from benchmarks.real_calibrations import CHOOSING, LEARNING, MEASURED, published_form
from spotting_core.formats.field_calibration import read_beside
from spotting_core.training.config import read_config
from tests.conftest import REPOSITORY


def test_the_visual_classes_and_the_rest_are_apart() -> None:
    rows = {"Corner": 0.6, "Yellow card": 0.2, "Foul": 0.1, "Goal": 0.3}
    result = {"per_class": {name: {"loose": value} for name, value in rows.items()}}
    assert mean_of(result, "loose", visual=True) == pytest.approx(0.4)
    assert mean_of(result, "loose", visual=False) == pytest.approx(0.2)
    assert mean_of({"per_class": {}}, "loose", visual=True) is None
    assert len(VISUAL) == 8


def test_every_representation_is_there_alone_and_with_the_environment() -> None:
    runs = simulated_runs(1)
    assert len({run.name for run in runs}) == len(runs) == 2 * (1 + 5 + 5)
    hours = sum(run.minutes for run in (*runs, *real_runs(1))) / 60
    assert hours < 12
    for run in (*runs, *real_runs(1)):
        read_config(REPOSITORY / "assets" / "training" / f"{run.base}.toml")
    graph = next(run for run in runs if run.name == "calf-calibration-environment+players")
    assert graph.features == ("layer-environment", "players")
    assert graph.model["representation"] == "graph"


def test_real_games_are_written_as_they_were_published(shared: Path, tmp_path: Path) -> None:
    """Of twelve training games the fifth is held out to choose by."""
    source = tmp_path / "source"
    game_of = {"train": 12, "val": 2}
    for split, count in game_of.items():
        for number in range(count):
            game = source / split / "league" / f"{number:02d}"
            game.mkdir(parents=True)
            homography = np.tile(np.array([9, 0, 480, 0, 9, 270, 0, 0], np.float32), (3, 1))
            confidence = np.array([900, 500, 0], np.uint16)
            np.savez(game / "1_calibration.npz", homography=homography, confidence=confidence, size=[3, 540, 960, 3])
            (game / "Labels-v2.json").write_text("{}")
    shutil.copyfile(shared / "data" / "real_calibration" / "as_json.py", source / "as_json.py")
    root = published_form(source, tmp_path / "out")
    found = {
        split: sorted(p.name for p in (root / split / "league").iterdir()) for split in (LEARNING, CHOOSING, MEASURED)
    }
    assert found[CHOOSING] == ["04"]
    assert len(found[LEARNING]) == 11
    assert found[MEASURED] == ["00", "01"]
    first, second, _ = read_beside(root / MEASURED / "league" / "00", 1)
    assert (first.confidence, second.confidence) == (0.9, 0.5)
    assert first.homography is not None
    assert first.homography.to_picture(np.zeros((1, 2)))[0] == pytest.approx((0.5, 0.5))
    assert (root / CHOOSING / "league" / "04" / "Labels-v2.json").is_file()
    assert published_form(source, tmp_path / "out") == root  # once
