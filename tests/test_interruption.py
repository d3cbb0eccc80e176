"""kill -9 at random moments: the work goes on, and ends as if nothing had happened."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from sqlalchemy import inspect

from spotting_core.analyses.analysis import Analysis
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.store.database import Database
from tests.conftest import REPOSITORY, small_model
from tests.videos import make_video, steady

pytestmark = pytest.mark.long


def interrupted(kind: str, whole: Path, killed: Path, kills: int, seed: int = 7) -> int:
    """Do work in one folder undisturbed, and in the other with kills; returns how many of these hit it at work."""
    command = [sys.executable, "-m", "tests.interrupted", kind, str(whole), str(killed), str(seed), str(kills)]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    content = json.loads(done.stdout.splitlines()[-1])
    assert content["ends"] == [0, 0], done.stderr
    return int(content["killed"])


def prepare(kind: str, folder: Path) -> None:
    folder.mkdir()
    if kind == "analysis":
        (folder / "match").mkdir()
        make_video(folder / "match" / "1_180p.mp4", steady(3000, rate=10.0), options={"preset": "ultrafast"})
        small_model(folder / "model")
    elif kind == "training":
        for split in ("train", "val"):
            game = folder / "splits" / split / "league" / "2026" / "2026-08-01 - 12-00 Home 1 - 0 Away"
            game.mkdir(parents=True)
            make_video(game / "1_224p.mp4", steady(40, rate=2.0))
            write_labels(game / "Labels-v2.json", [Spot(1, 3_000_000, "Goal"), Spot(1, 9_500_000, "Foul")])


@pytest.mark.parametrize(("kind", "kills"), [("analysis", 12), ("training", 8), ("migration", 6)])
def test_killed_work_ends_as_undisturbed_work_does(tmp_path: Path, kind: str, kills: int) -> None:
    prepare(kind, tmp_path / "whole")
    shutil.copytree(tmp_path / "whole", tmp_path / "killed")  # an encoder gives other bytes the second time
    assert interrupted(kind, tmp_path / "whole", tmp_path / "killed", kills) == kills
    SAME[kind](tmp_path / "whole", tmp_path / "killed")


def same_analysis(whole: Path, killed: Path) -> None:
    one, other = (Analysis.open(folder / "out") for folder in (whole, killed))
    for name in ("times", "frames", "scores", "displacement", "features", "maps/class_map"):
        assert np.array_equal(one.half(1).array(name), other.half(1).array(name)), name
    left = [path.name for path in killed.iterdir() if path.name.startswith(".")]
    assert left == []
    assert not list((killed / "out").rglob("*.part"))


def same_training(whole: Path, killed: Path) -> None:
    one, other = (torch.load(folder / "out", weights_only=True) for folder in (whole, killed))
    for name, value in one.items():
        assert torch.equal(value, other[name]), name
    steps = [[json.loads(line)["step"] for line in (f / "run" / "log.jsonl").read_text().splitlines()] for f in (whole, killed)]  # fmt: skip
    assert steps[0] == steps[1]


def same_migration(whole: Path, killed: Path) -> None:
    tables = [inspect(Database(f"sqlite:///{f / 'touchline.db'}").engine) for f in (whole, killed)]
    columns = [{t: [c["name"] for c in one.get_columns(t)] for t in one.get_table_names()} for one in tables]
    assert columns[0] == columns[1]
    assert "jobs" in columns[0] or len(columns[0]) > 1


SAME = {"analysis": same_analysis, "training": same_training, "migration": same_migration}
