"""Classes of one's own through everything, without a line of code: a table, labels, and what there is for the others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.library.library import Library
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.models.card import read_card
from tests.app.commands import touchline
from tests.app.pages import component_data, view
from tests.app.views.test_search_view import rows
from tests.app.views.test_search_view import view as search_view
from tests.videos import make_video, steady

pytestmark = pytest.mark.usefixtures("fresh")

TABLE = """name,group,colour_light,colour_dark,suppression
Header,on the ball,#C2410C,#FB923C,1
Pass,on the ball,#1D4ED8,#60A5FA,1
Pressing,without the ball,#15803D,#4ADE80,5
"""
NAMES = ("Header", "Pass", "Pressing")
SPOTS = (
    *(Spot(1, seconds * 1_000_000, "Header", team="home") for seconds in (6, 22, 38, 54)),
    *(Spot(1, seconds * 1_000_000, "Pass", team="away") for seconds in range(2, 80, 6) if seconds not in (20, 38, 56)),
)
SAMPLES = 160  # of 80 s
CONFIGURATION = """
system = "max++"

[config]
classes = "{classes}"
features = ["made"]
steps = 200
batch = 16
warm_up = 10
learning_rate = 0.005
averaging = 0.9
validate_every = 100

[config.model]
window = 10
before = 5
after = 4
vocabulary = 16
suppression = 2.0
"""


def write_match(folder: Path, seed: int) -> Path:
    """A match with a video, labels, and features of which number k shines at an action of class k."""
    game = folder / f"2026-08-0{seed} - 12-00 Home 1 - 0 Away"
    game.mkdir(parents=True)
    make_video(game / "1_224p.mp4", steady(SAMPLES, rate=2.0), first=9000 + seed * 500)
    values = np.random.default_rng(seed).normal(size=(SAMPLES, 8)).astype(np.float32) * 0.1
    for spot in SPOTS:
        values[np.abs(np.arange(SAMPLES) / 2 - spot.seconds) <= 0.5, NAMES.index(spot.label)] += 2.0
    write_features(game, 1, "made", values)
    write_labels(game / "Labels-v2.json", list(SPOTS))
    return game


def done(*arguments: object) -> str:
    """Run a command that has to succeed; what it said on both streams."""
    ended = touchline(*arguments)
    assert ended.returncode == 0, ended.stderr
    return " ".join((ended.stdout + ended.stderr).split())


def test_own_classes_go_through_everything(library: Library, data: DataDirectory, tmp_path: Path) -> None:
    table, model = tmp_path / "ball.csv", tmp_path / "model"
    table.write_text(TABLE)
    games = [write_match(tmp_path / split, seed) for seed, split in enumerate(("train", "val", "test"), 1)]
    (tmp_path / "ball.toml").write_text(CONFIGURATION.format(classes=table))

    # train: what each class stands on is said, and stays on the card
    words = done("train", tmp_path / "ball.toml", "--data", tmp_path, "--run", tmp_path / "run", "--out", model)
    assert "Learned from fewer than 10 labels: Header (4)" in words
    assert "no label: Pressing" in words
    card = read_card(model)
    assert card.classes == NAMES
    assert card.training["labels"] == {"Header": 4, "Pass": 10, "Pressing": 0}
    assert card.scores["loose"] > 0.5

    # analyse, evaluate, explain
    done("analyze", games[2], "--model", model, "--json", tmp_path / "spots.json")
    spotted = json.loads((tmp_path / "spots.json").read_text())["spots"]
    assert {spot["label"] for spot in spotted} >= {"Header", "Pass"}
    done("analyze", games[2], "--model", model, "--out", tmp_path / "predictions" / games[2].name)
    measured = tmp_path / "measured.json"
    done("evaluate", "--task", "spotting", "--labels", tmp_path / "test", "--predictions", tmp_path / "predictions",
         "--classes", table, "--json", measured)  # fmt: skip
    assert "Header" in measured.read_text()
    moment = ("--time", "0:22", "--class", "Header", "--method", "feature-gradient")
    done("explain", games[2], "--model", model, *moment, "--out", tmp_path / "why")
    assert list((tmp_path / "why").glob("*.npz"))

    # clips
    done("clips", games[2], "--class", "Header", "--confidence", "0.3", "--before", "1", "--after", "1",
         "--out", tmp_path / "clips")  # fmt: skip
    assert len(list((tmp_path / "clips").glob("*_header_*.mp4"))) >= 1

    # the app: match, search, statistics
    match = library.add(str(games[2]))
    assert "Header" in json.dumps(component_data(view("match", match=match.id).run()))
    at = search_view("search").run()
    assert not at.exception
    assert "Header" in {label for _, label in rows(at, {"m": match})}
    at = view("statistics", match=match.id).run()
    assert not at.exception
