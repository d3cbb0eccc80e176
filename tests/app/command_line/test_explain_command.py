"""Explanations from the command line, and how faithful they are."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from app.command_line.explain import explain
from app.library.library import Match
from explain.attribution import Attribution
from explain.probe import GRID
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.score import score_half
from spotting_core.models.card import BUNDLED
from spotting_core.models.load import load_model
from tests.app.commands import touchline
from tests.conftest import small_model
from tests.small_systems import feature_model, half_of
from tests.videos import make_video, steady

pytestmark = [pytest.mark.long, pytest.mark.usefixtures("fresh")]

CLASSES = load_classes()


def test_explain_writes_arrays_and_figure(match: Match, tmp_path: Path) -> None:
    model = small_model(tmp_path / "m")
    command = ("explain", match.path, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    done = touchline(*command, "--method", "occlusion", "--json", tmp_path / "found.json")
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "found.json").read_text())
    assert sorted(Path(f).suffix for f in content["files"]) == [".npz", ".png", ".svg"]
    assert all(Path(f).is_file() for f in content["files"])
    attribution = Attribution.load(Path(content["files"][0]))
    assert (attribution.method, attribution.label, attribution.half) == ("occlusion", "Goal", 1)
    assert abs(attribution.anchor - 10_000_000) <= 1_000_000  # an untrained model hardly moves its votes
    assert attribution.values.shape == (20, *GRID)
    assert attribution.score == pytest.approx(content["score"])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (("--method", "astrology"), "there is no method 'astrology'"),
        (("--method", "entity-ablation"), "this model has no entities"),
        (("--method", "temporal-attention"), "this model has no temporal attention"),
        (("--class", "Homerun"), "Homerun"),
        (("--half", "2"), "this match has no half 2"),
        (("--method", "grad-cam: 3"), "the method grad-cam has no parameter '3'"),
        (("--method", "entity-heads: x"), "the method entity-heads has no parameter 'x'"),
        (("--json", "/etc/passwd/x"), "passwd is a file, not a folder"),
        (
            ("--time", "50:00"),
            "half 1 is over before 50:00. Give a time from its own beginning, at most 0:19; what the app shows as",
        ),
    ],
)
def test_explain_refuses_what_it_cannot_do(
    match: Match, tmp_path: Path, changed: tuple[str, str], message: str
) -> None:
    arguments = {"--time": "0:10", "--class": "Goal", "--method": "grad-cam", "--half": "1"} | {changed[0]: changed[1]}
    model = small_model(tmp_path / "m")
    options = [part for pair in arguments.items() for part in pair]
    done = touchline("explain", match.path, *options, "--model", model, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert message in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_the_card_of_a_model_refuses_is_refused_before_it_is_loaded(
    match: Match, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotting_core.models.load.load_model", lambda *_: pytest.fail("it is loaded"))
    choice = {"time": "0:10", "label": "Goal", "method": "player-removal", "out_folder": tmp_path / "out"}
    settings = {"half": 1, "demo": False, "model": BUNDLED, "device": "cpu", "features": None, "json_file": None}
    with pytest.raises(BadInputError, match="who stands where on the pitch; one of assets/training/dense-unet-players"):
        explain(Path(match.path), **choice, **settings)


def test_faithfulness_measures_every_method_that_fits(
    match: Match, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = small_model(tmp_path / "m")
    labels = [{"gameTime": f"1 - 00:{s:02d}", "label": "Goal", "position": str(s * 1000), "visibility": "visible"}
              for s in (5, 10)]  # fmt: skip
    game = tmp_path / "game"
    game.mkdir()
    make_video(game / "1_224p.mkv", steady(200, rate=10.0))
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": [{**a, "team": "home"} for a in labels]}))
    command = ("faithfulness", game, "--of", "true", "--spots", "1", "--model", model, "--keep")
    refused = touchline(*command)
    assert refused.returncode == 2
    assert "a table of 1 spot is not kept" in " ".join(refused.stderr.split())
    assert not (model / "faithfulness.json").exists()
    monkeypatch.setattr("explain.measured.FEWEST_SPOTS", 1)
    done = touchline(*command, "--json", tmp_path / "out.json")
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "out.json").read_text())
    assert set(content["methods"]) == {"temporal-occlusion", "grad-cam", "integrated-gradients", "occlusion"}
    assert (content["spots"], content["of"]) == (1, "true")
    row = content["methods"]["occlusion"]
    assert {"deletion", "insertion", "sanity", "stability"} <= set(row)
    assert (row["verdict"], row["deletion"]["interval"]) == ("too few spots", None)
    assert content["default"] is None
    assert row["comprehensiveness"]["mean"] is None
    assert json.loads((model / "faithfulness.json").read_text()) == content
    some = (*command[:-1], "--method", "occlusion", "--no-controls", "--log", tmp_path / "log.jsonl")
    done = touchline(*some, "--json", tmp_path / "some.json")
    assert done.returncode == 0, done.stderr
    alone = json.loads((tmp_path / "some.json").read_text())["methods"]
    assert set(alone) == {"occlusion"}
    assert alone["occlusion"]["deletion"] == row["deletion"]
    assert alone["occlusion"]["sanity"]["mean"] is None
    lines = (tmp_path / "log.jsonl").read_text().splitlines()
    assert len(lines) == 2
    changed = {
        **json.loads(lines[1]),
        "methods": {"occlusion": {**json.loads(lines[1])["methods"]["occlusion"], "deletion": 0.125}},
    }
    (tmp_path / "log.jsonl").write_text(f"{lines[0]}\n{json.dumps(changed)}\n")
    done = touchline(*some, "--json", tmp_path / "some.json")  # it is taken from the log
    assert json.loads((tmp_path / "some.json").read_text())["methods"]["occlusion"]["deletion"]["mean"] == 0.125
    assert touchline(*command, "--method", "occlusion").returncode == 2  # not kept with the model: it is no whole table
    for name, message in (("guess", "there is no method"), ("entity-ablation", "this model has no entities")):
        done = touchline(*command[:-1], "--method", name)
        assert done.returncode == 2
        assert message in " ".join(done.stderr.split())


def test_a_moment_at_which_nothing_was_spotted_is_told(match: Match, tmp_path: Path) -> None:
    model = small_model(tmp_path / "m")
    command = ("explain", match.path, "--time", "0:10", "--class", "Goal", "--model", model, "--method", "grad-cam")
    done = touchline(*command, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "no Goal was spotted within 5 s of 00:10.00, nor anywhere in half 1." in " ".join(done.stderr.split())


def test_faithfulness_counts_the_spots_that_it_leaves_out(match: Match, tmp_path: Path) -> None:
    model, game = small_model(tmp_path / "m"), tmp_path / "split" / "game"
    game.mkdir(parents=True)
    make_video(game / "1_224p.mkv", steady(200, rate=10.0), first=8300)
    bare = tmp_path / "split" / "bare"
    bare.mkdir()
    make_video(bare / "1_224p.mkv", steady(20, rate=10.0), first=8400)
    moments = [("1", 5, "Goal"), ("1", 7, "Goal"), ("1", 8, "Pass"), ("2", 5, "Goal"), ("1", 900, "Goal")]
    rows = [{"gameTime": f"{half} - 00:05", "label": label, "position": str(s * 1000)} for half, s, label in moments]
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": rows}))
    command = ("faithfulness", "--split", tmp_path / "split", "--of", "true", "--model", model)
    done = touchline(*command, "--spots", "1")
    told = " ".join(done.stderr.split())
    assert done.returncode == 0, done.stderr
    for reason in (
        "1 × a match without Labels-v2.json",
        "1 × a label of the class 'Pass', which the model does not know",
        "1 × a label of half 2, of which there is no video",
        "1 × a label outside the video of half 1",
        "1 × a spot beyond the 1 that are measured of a match",
    ):
        assert f"Left out: {reason}." in told
    assert "Not measured: entity-ablation: " in told
    (game / "Labels-v2.json").write_text(json.dumps({"annotations": rows[2:]}))
    done = touchline(*command)
    assert done.returncode == 2
    assert "there are no true spots to explain here; left out: 1 × a match without" in " ".join(done.stderr.split())


def test_faithfulness_refuses_nonsense(tmp_path: Path) -> None:
    for wrong in (("--spots", "none"), ("--spots", "0"), ("--of", "guessed"), ("--split", tmp_path)):
        assert touchline("faithfulness", "--demo", *wrong).returncode == 2
    done = touchline("faithfulness", "--split", tmp_path, "--features", tmp_path)
    assert done.returncode == 2
    assert "--features is of one match, not of a --split" in done.stderr


@pytest.fixture
def game(tmp_path: Path) -> Path:
    """A labelled match of 20 s, and folders of their own with two kinds of features of it."""
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_224p.mp4", steady(40, rate=2.0))
    write_labels(folder / "Labels-v2.json", [Spot(1, 5_000_000, "Goal"), Spot(1, 10_000_000, "Foul")])
    for seed, name in enumerate(("one", "other")):
        write_features(tmp_path / name, 1, "made2", np.random.default_rng(seed).normal(size=(40, 12)))
    return folder


def test_features_in_a_folder_of_their_own_are_explained(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "max", "max", 2.0, before=5, after=4)
    assert touchline("analyze", game, "--model", model, "--features", tmp_path / "one").returncode == 0
    command = ("explain", game, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    assert touchline(*command).returncode == 2  # nothing lies beside the match, and nobody can compute them
    done = touchline(*command, "--features", tmp_path / "one", "--json", tmp_path / "found.json")
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "found.json").read_text())
    assert (content["method"], len(content["files"])) == ("temporal-occlusion", 3)
    read = np.load(tmp_path / "one" / "1_made2.npy").astype(np.float16).astype(np.float32)
    scores = score_half(load_model(model).judge, half_of(read))
    anchor = round(content["anchor"] / 500_000)
    assert content["score"] == pytest.approx(float(scores.confidence[anchor, CLASSES.index("Goal")]), abs=1e-4)


def test_an_analysis_that_ships_is_not_taken_for_that_of_other_features(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "unet", "dense-unet", 2.0, before=2, after=2, levels=2)
    made = ("analyze", game, "--model", model, "--features", tmp_path / "one", "--out", game / "analysis")
    assert touchline(*made).returncode == 0
    command = ("explain", game, "--time", "0:10", "--class", "Goal", "--model", model, "--out", tmp_path / "out")
    scores = []
    for options in ((), ("--features", tmp_path / "one"), ("--features", tmp_path / "other")):
        done = touchline(*command, *options, "--json", tmp_path / "found.json")
        assert done.returncode == 0, done.stderr
        scores.append(json.loads((tmp_path / "found.json").read_text())["score"])
    assert scores[0] == scores[1] != scores[2]


def test_faithfulness_is_measured_on_features_in_a_folder_of_their_own(game: Path, tmp_path: Path) -> None:
    model = feature_model(tmp_path / "max", "max", 2.0, before=5, after=4)
    command = ("faithfulness", game, "--of", "true", "--spots", "1", "--model", model, "--json", tmp_path / "out.json")
    assert touchline(*command).returncode == 2
    done = touchline(*command, "--features", tmp_path / "one")
    assert done.returncode == 0, done.stderr
    content = json.loads((tmp_path / "out.json").read_text())
    assert set(content["methods"]) == {"temporal-occlusion", "feature-gradient"}


def test_features_for_a_model_that_reads_frames_are_refused(game: Path, tmp_path: Path) -> None:
    options = ("--model", small_model(tmp_path / "m"), "--features", tmp_path / "one")
    for command in (
        ("explain", game, "--time", "0:10", "--class", "Goal", "--out", tmp_path / "out"),
        ("faithfulness", game),
    ):
        done = touchline(*command, *options)
        assert done.returncode == 2
        assert "reads pictures, not features" in done.stderr
