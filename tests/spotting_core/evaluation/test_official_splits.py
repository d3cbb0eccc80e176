"""No model is measured on games that it was trained on."""

from __future__ import annotations

import csv
import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from spotting_core.base.assets import asset
from spotting_core.domain.spots import Spot
from spotting_core.evaluation import official_splits
from spotting_core.evaluation.official_splits import model_beside, split_of, trained_on
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.formats.results_spotting import write_results
from tests.app.commands import touchline

GAME = "some_league/2030-2031/2031-01-01 - 12-00 Home 1 - 0 Away"
OTHER = "some_league/2030-2031/2031-01-02 - 12-00 Home 1 - 0 Away"
CHALLENGER = {"name": "challenger", "splits": ["train", "valid", "test"]}


@pytest.fixture
def made_split(monkeypatch: pytest.MonkeyPatch) -> None:
    """A game of the test split, by a name of nobody's."""
    monkeypatch.setattr(official_splits, "_splits", lambda: {hashlib.sha256(GAME.encode()).hexdigest()[:16]: "test"})


def test_the_lists_are_those_of_soccernet() -> None:
    with asset("soccernet_splits.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert Counter(row["split"] for row in rows) == {"train": 300, "valid": 100, "test": 100, "challenge": 50}
    assert len({row["game"] for row in rows}) == 550
    assert split_of(GAME) is None


def test_the_lists_agree_with_the_package() -> None:
    utils = pytest.importorskip("SoccerNet.utils", reason="the SoccerNet package is only installed to compare with it")
    for split in ("train", "valid", "test", "challenge"):
        assert {split_of(game) for game in utils.getListGames(split)} == {split}


@pytest.mark.usefixtures("made_split")
def test_a_game_is_known_wherever_it_lies() -> None:
    assert split_of(f"/data/soccernet/{GAME}") == split_of(GAME.replace("/", "\\")) == "test"
    assert trained_on(GAME, CHALLENGER) == "challenger was trained on it (SoccerNet's test split)"
    assert trained_on(OTHER, CHALLENGER) is None
    assert trained_on(GAME, {"name": "other", "splits": ["train"]}) is None
    assert trained_on(GAME, {"name": "own"}) is None


def analysed(root: Path, game: str) -> None:
    """Labels and an analysis of a game below a root."""
    labels, predictions = root / "labels" / game, root / "predictions" / game
    for folder in (labels, predictions):
        folder.mkdir(parents=True)
    write_labels(labels / "Labels-v2.json", [Spot(1, 5_000_000, "Goal")])
    write_results(predictions / "results_spotting.json", [Spot(1, 5_000_000, "Goal", 0.9)])
    (predictions / "analysis.json").write_text(json.dumps({"model": CHALLENGER}))


@pytest.mark.usefixtures("made_split")
def test_a_model_is_not_measured_where_it_was_trained(tmp_path: Path) -> None:
    command = (
        "evaluate",
        "--task",
        "spotting",
        "--labels",
        tmp_path / "labels",
        "--predictions",
        tmp_path / "predictions",
    )
    analysed(tmp_path, GAME)
    refused = touchline(*command)
    assert refused.returncode == 2
    assert "none of these games is counted: challenger was trained on it (SoccerNet's test split)" in refused.stderr
    analysed(tmp_path, OTHER)
    done = touchline(*command)
    assert done.returncode == 0, done.stderr
    assert "Counted: 1." in done.stderr
    assert "challenger was trained on it" in done.stderr.replace("\n", " ")
    assert model_beside(str(tmp_path / "labels" / GAME / "Labels-v2.json")) == {}
