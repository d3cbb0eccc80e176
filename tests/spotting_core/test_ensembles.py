"""Ensembles: what is averaged, at which samples, and that one is a model with a card of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.analysis import Analysis, HalfAnalysis, HalfRecord
from spotting_core.data_directory import DataDirectory
from spotting_core.errors import BadInputError
from spotting_core.features.files import write_features
from spotting_core.features.sets import FeatureSet, input_of
from spotting_core.files import write_array
from spotting_core.inference.ensemble import analyse_with_ensemble, averaged
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card
from spotting_core.models.ensemble import Ensemble, load_models, save_ensemble
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system
from tests.app.commands import touchline
from tests.conftest import made_card, small_model
from tests.feature_games import NAMES
from tests.videos import make_video, steady


def made_half(folder: Path, times: list[float], scores: list[float], moved: list[float] | None = None) -> HalfAnalysis:
    write_array(folder / "times.npy", np.array([round(t * 1e6) for t in times]))
    write_array(folder / "scores.npy", np.array(scores)[:, None])
    if moved is not None:
        write_array(folder / "displacement.npy", np.array(moved)[:, None])
    return HalfAnalysis(HalfRecord(1, "a", 1, 1, 1, 1), folder, ("Goal",))


def feature_model(folder: Path, name: str, rate: float, **settings: object) -> Path:
    kind = system(name)
    config = kind.configure(classes=NAMES, rate=rate, dim=12, window=10, **settings)
    card = made_card(name, config, input_of([FeatureSet(f"made{rate:g}", 12, 12, rate)], rate))
    save_model(folder, kind.build(config), replace(card, name=name, domain="broadcast"))
    return folder


def test_the_average_by_hand(tmp_path: Path) -> None:
    slow = made_half(tmp_path / "a", [0, 1], [0.2, 0.8])
    fast = made_half(tmp_path / "b", [0, 0.5, 1], [0.6, 0.1, 0.4], [1.0, 0.0, -0.5])
    confidence, displacement = averaged([slow, fast], fast.times)
    # The slow one says (0.2 + 0.8) / 2 between its samples.
    assert confidence[:, 0].tolist() == pytest.approx([0.4, 0.3, 0.6])
    assert displacement is not None
    # By confidence: 0.6 of 0.8 for one second; 0.4 of 1.2 for half a second before.
    assert displacement[:, 0].tolist() == pytest.approx([0.75, 0.0, -0.5 / 3])
    assert averaged([slow], slow.times)[1] is None


@pytest.fixture
def match(tmp_path: Path) -> Path:
    game = tmp_path / "game"
    game.mkdir()
    make_video(game / "1_180p.mp4", steady(60, rate=2.0))
    for rate, rows in ((2.0, 60), (1.0, 30)):
        write_features(game, 1, f"made{rate:g}", np.random.default_rng(0).normal(size=(rows, 12)))
    return game


def test_systems_of_any_kind_and_rate_are_averaged(match: Path, tmp_path: Path, data: DataDirectory) -> None:
    frames = small_model(tmp_path / "frames")
    one = feature_model(tmp_path / "one", "max", 1.0, before=5, after=4)
    two = feature_model(tmp_path / "two", "dense-unet", 2.0, before=2, after=2, levels=2)
    ensemble = load_models([frames, one, two])
    assert isinstance(ensemble, Ensemble)
    shares: list[float] = []
    analysis = analyse_with_ensemble(open_match(match), ensemble, data, report=lambda p: shares.append(p.share) is None)
    assert shares == sorted(shares)
    assert analysis.record.rate == 2.0
    assert analysis.record.model["name"] == "small e2e-spot + max + dense-unet"
    assert "suppression" not in analysis.record.model  # one of them uses the class table's
    assert analysis.record.notice is not None
    alone = [
        a
        for a in (Analysis.open(p) for p in analysis.folder.parent.iterdir())
        if a.record.model["system"] != "ensemble"
    ]
    mean = np.mean([a.half(1).scores for a in alone if a.record.rate == 2.0], axis=0)
    assert len(alone) == 3
    assert analysis.half(1).scores.shape == mean.shape == (60, 17)
    again = analyse_with_ensemble(open_match(match), ensemble, data)
    assert again.folder == analysis.folder


def test_an_ensemble_is_a_model_folder(match: Path, tmp_path: Path) -> None:
    one = feature_model(tmp_path / "one", "max", 1.0, before=5, after=4)
    two = feature_model(tmp_path / "two", "max++", 2.0, before=5, after=4)
    done = touchline("analyze", match, "--model", one, "--model", two, "--keep", tmp_path / "both", "--json", "-")
    assert done.returncode == 0, done.stderr
    card = read_card(tmp_path / "both")
    assert card.system == "ensemble"
    assert [m["name"] for m in card.config["members"]] == ["max", "max++"]
    kept = touchline("analyze", match, "--model", tmp_path / "both", "--json", "-")
    assert kept.returncode == 0, kept.stderr
    with pytest.raises(BadInputError, match=r"no network of its own.*max, max\+\+"):
        load_model(tmp_path / "both")
    both = load_models([tmp_path / "both", small_model(tmp_path / "frames")])
    assert isinstance(both, Ensemble)
    assert len(both.members) == 3
    save_ensemble(tmp_path / "three", both)
    feature_model(tmp_path / "one", "average", 1.0, before=5, after=4)
    with pytest.raises(BadInputError, match="the ensemble was made of"):
        load_models([tmp_path / "three"])


def test_members_that_do_not_go_together_say_so(tmp_path: Path) -> None:
    one = feature_model(tmp_path / "one", "max", 2.0, before=5, after=4)
    with pytest.raises(BadInputError, match="the same model is given twice"):
        load_models([one, one])
    other = feature_model(tmp_path / "other", "max", 2.0, before=5, after=4)
    path = other / "card.json"
    card = json.loads(path.read_text())
    few = ["Goal", "Card", "Substitution"]
    card["classes"] = card["config"]["classes"] = few
    card["class_table"] = "soccernet-v1"
    path.write_text(json.dumps(card))
    network = system("max").build(system("max").configure(classes=tuple(few), dim=12, window=10, before=5, after=4))
    save_model(other, network, read_card(other))
    with pytest.raises(BadInputError, match="have other classes: number 0 is 'Penalty' here and 'Goal' there"):
        load_models([one, other])
