"""Ensembles: what is averaged, at which samples, and that one is a model with a card of its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.analysis import Analysis, HalfAnalysis, HalfRecord
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import write_array
from spotting_core.domain.classes import LOCAL
from spotting_core.features.files import write_features
from spotting_core.inference.ensemble import analyse_with_ensemble, averaged
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card, write_card
from spotting_core.models.ensemble import Ensemble, load_models, save_ensemble
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system
from tests.app.commands import touchline
from tests.conftest import small_model
from tests.feature_games import make_game
from tests.small_systems import feature_model


def made_half(folder: Path, times: list[float], scores: list[float], moved: list[float] | None = None) -> HalfAnalysis:
    write_array(folder / "times.npy", np.array([round(t * 1e6) for t in times]))
    write_array(folder / "scores.npy", np.array(scores)[:, None])
    if moved is not None:
        write_array(folder / "displacement.npy", np.array(moved)[:, None])
    return HalfAnalysis(HalfRecord(1, "a", 1, 1, 1, 1), folder, ("Goal",))


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
    return make_game(tmp_path)


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


def test_an_average_knows_the_games_of_its_members_and_has_no_look_of_its_own(
    match: Path, tmp_path: Path, data: DataDirectory
) -> None:
    settings = {"suppression": 2.4, "suppression_method": LOCAL}
    folders = [small_model(tmp_path / name, "published-e2e-spot", **settings) for name in ("a", "b")]
    for folder, splits in zip(folders, (["train"], ["train", "test"]), strict=True):
        write_card(folder, replace(read_card(folder), name=folder.name, training={"splits": splits}))
    other = system("published-e2e-spot").build(load_model(folders[1]).config)  # of other weights than the first
    save_model(folders[1], other, read_card(folders[1]))
    ensemble = load_models(folders)
    assert isinstance(ensemble, Ensemble)
    record = analyse_with_ensemble(open_match(match), ensemble, data).record
    assert record.model["splits"] == ["test", "train"]
    assert (record.model["suppression"], record.model["suppression_method"]) == (2.4, LOCAL)
    assert record.unlikeness is None


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


def test_an_ensemble_takes_the_place_of_an_analysis_as_a_whole(match: Path, tmp_path: Path) -> None:
    """Nothing that another model left in the folder is read as the ensemble's."""
    frames, one = small_model(tmp_path / "frames"), feature_model(tmp_path / "one", "max", 1.0, before=5, after=4)
    place = ("--out", tmp_path / "out")
    assert touchline("analyze", match, "--model", frames, *place).returncode == 0
    assert Analysis.open(tmp_path / "out").has("features")
    done = touchline("analyze", match, "--model", frames, "--model", one, "--rate", "2", *place)
    assert done.returncode == 0, done.stderr
    analysis = Analysis.open(tmp_path / "out")
    assert analysis.record.model["system"] == "ensemble"
    assert not analysis.has("features")
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["analysis.json", "half1", "results_spotting.json"]
    assert not list(tmp_path.glob(".out*"))


def test_features_are_given_to_the_members_that_read_them(match: Path, tmp_path: Path, data: DataDirectory) -> None:
    one = feature_model(tmp_path / "one", "max", 1.0, before=5, after=4)
    two = feature_model(tmp_path / "two", "max++", 2.0, before=5, after=4)
    own = tmp_path / "own"
    write_features(own, 1, "made2", np.ones((60, 12)))
    done = touchline("analyze", match, "--model", one, "--model", two, "--features", own)
    assert done.returncode == 0, done.stderr  # the first one's lie beside the match
    analyses = [Analysis.open(p.parent) for p in data.root.rglob("analysis.json")]
    read = {a.record.model["name"]: a.half(1).array("features") for a in analyses if a.has("features")}
    assert np.array_equal(read["max++"], np.ones((60, 12)))
    assert not np.array_equal(read["max"], np.ones((30, 12)))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A match, models, features and folders of every wrong kind."""
    at = tmp_path_factory.mktemp("place")
    make_game(at)
    feature_model(at / "one", "max", 1.0, before=5, after=4)
    feature_model(at / "two", "max++", 2.0, before=5, after=4)
    small_model(at / "frames")
    small_model(at / "frames2", hidden=8)
    (at / "empty").mkdir()
    (at / "full").mkdir()
    (at / "full" / "note.txt").write_text("mine")
    for name, shape in (("good", (60, 12)), ("wide", (60, 9)), ("slow", (30, 12)), ("torn", (60, 12))):
        write_features(at / name, 1, "made2", np.zeros(shape))
    torn = at / "torn" / "1_made2.npy"
    torn.write_bytes(torn.read_bytes()[:300])
    card = {**json.loads((at / "one" / "card.json").read_text()), "system": "ensemble", "config": {}}
    (at / "nobody").mkdir()
    (at / "nobody" / "card.json").write_text(json.dumps(card))
    return at


BOTH = ("--model", "{at}/one", "--model", "{at}/two")
FRAMES = ("--model", "{at}/frames", "--model", "{at}/frames2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--model", "{at}/two", "--features", "{at}/gone"), "there is no such folder of features"),
        (("--model", "{at}/two", "--features", "{at}/empty"), "none of the features that max++ reads lie here. They are in files such as 1_made2.npy"),
        (("--model", "{at}/two", "--features", "{at}/wide"), "these features have 9 numbers a sample, made2 has 12"),
        (("--model", "{at}/two", "--features", "{at}/slow"), "30 samples of 30 s are 1 a second, the model reads 2"),
        (("--model", "{at}/two", "--features", "{at}/torn"), "this feature file is damaged: it has 300 bytes"),
        (("--model", "{at}/frames", "--features", "{at}/good"), "reads pictures, not features"),
        ((*FRAMES, "--features", "{at}/good"), "none of the models reads features"),
        ((*BOTH, "--features", "{at}/empty"), "none of the features that max and max++ reads lie here"),
        (("--model", "{at}/two", "--keep", "{at}/kept"), "one model has no average to keep. Give --model several times"),
        ((*BOTH, "--keep", "{at}/one"), "one: a model lies here already"),
        ((*BOTH, "--rate", "5"), "the model reads 2 samples a second, not 5"),
        ((*BOTH, "--out", "{at}/full"), "this folder holds something else"),
        ((*BOTH, "--model", "{at}/two"), "the same model is given twice"),
        (("--model", "{at}/nobody"), "this ensemble's card does not name its members"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_exit_code_2(arguments: tuple[str, ...], message: str, place: Path) -> None:
    done = touchline("analyze", place / "game", *(a.format(at=place) for a in arguments))
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stdout == ""
    assert (place / "full" / "note.txt").read_text() == "mine"
    assert not (place / "kept").exists()


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
