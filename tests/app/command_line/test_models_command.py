"""``touchline models``: what ships, what was used before, and averages that were kept."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.models.card import models_available
from spotting_core.models.known import known_models, remember
from spotting_core.models.load import load_model
from tests.app.commands import Done, touchline
from tests.conftest import small_model
from tests.feature_games import make_game
from tests.small_systems import feature_model
from tests.videos import make_video, steady


def listed(place: Path) -> tuple[dict[str, dict[str, Any]], Done]:
    """Rows of the JSON by name, and what the command said."""
    done = touchline("models", "--json", place / "models.json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads((place / "models.json").read_text())}, done


def used(folder: Path, data: DataDirectory) -> Path:
    """A model folder that was used once."""
    remember(folder, load_model(folder).sha256, data.ensure())
    return folder


def test_what_ships_says_where_it_lies(tmp_path: Path) -> None:
    rows, done = listed(tmp_path)
    assert all(list(row) == ["name", "task", "paper", "reads", "parameters", "weights"] for row in rows.values())
    assert "ensemble" not in rows
    assert done.stderr == ""
    folders = {w["name"]: w["folder"] for row in rows.values() for w in row["weights"]}
    assert folders == {name: str(folder) for name, folder in models_available().items()}


def test_a_model_of_ones_own_is_listed_with_its_folder(tmp_path: Path, data: DataDirectory) -> None:
    folder = used(small_model(tmp_path / "m"), data)
    rows, done = listed(tmp_path)
    (own,) = rows["e2e-spot"]["weights"]
    assert own["folder"] == str(folder)
    assert own["name"].startswith("m (")
    assert own["card"]["name"] == "small e2e-spot"
    assert f"{own['name']} lies in {folder}" in done.stdout
    assert "entity-attention lies in" not in done.stdout


def test_a_folder_that_holds_other_weights_now_is_listed_once(tmp_path: Path, data: DataDirectory) -> None:
    for hidden in (8, 16, 8):
        used(small_model(tmp_path / "m", hidden=hidden), data)
        (own,) = listed(tmp_path)[0]["e2e-spot"]["weights"]
        assert own["name"] == f"m ({load_model(tmp_path / 'm').sha256[:8]})"


def test_a_kept_average_has_a_row_of_its_own(tmp_path: Path, data: DataDirectory) -> None:
    game = make_game(tmp_path)
    one = feature_model(tmp_path / "one", "max", 1.0, before=5, after=4)
    two = feature_model(tmp_path / "two", "max++", 2.0, before=5, after=4)
    both = ("analyze", game, "--model", one, "--model", two)
    assert touchline(*both).returncode == 0
    assert "ensemble" not in listed(tmp_path)[0]
    assert touchline(*both, "--keep", tmp_path / "both").returncode == 0
    rows, done = listed(tmp_path)
    assert list(rows)[-1] == "ensemble"
    assert rows["ensemble"]["parameters"] is None
    (kept,) = rows["ensemble"]["weights"]
    assert (kept["folder"], kept["card"]["name"]) == (str(tmp_path / "both"), "max + max++")
    assert [(m["name"], m["folder"]) for m in kept["members"]] == [("max", str(one)), ("max++", str(two))]
    assert "average of max, max++" in done.stdout
    assert str(tmp_path / "both") not in map(str, known_models(data).values())  # the app could not load it
    shutil.move(tmp_path / "both", tmp_path / "moved")
    assert "ensemble" not in listed(tmp_path)[0]
    assert touchline("analyze", game, "--model", tmp_path / "moved").returncode == 0
    (moved,) = listed(tmp_path)[0]["ensemble"]["weights"]
    assert moved["folder"] == str(tmp_path / "moved")


def test_a_model_is_adapted_to_the_match_that_it_spots_in(tmp_path: Path, data: DataDirectory) -> None:
    video, model = make_video(tmp_path / "cup.mp4", steady(300, rate=10.0)), small_model(tmp_path / "small")
    done = touchline("analyze", video, "--model", model, "--adapt", "--json", tmp_path / "spots.json")
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "spots.json").read_text())["model"] == "small e2e-spot, adapted to cup"
    (own,) = listed(tmp_path)[0]["e2e-spot"]["weights"]
    assert own["card"]["training"]["adapted"]["match"] == "cup"
    assert own["name"] == Path(own["folder"]).name  # as one that was added, it has a name of its own


@pytest.mark.parametrize("others", [("--task", "shots"), ("--model", "entity-attention", "--model", "dense-unet")])
def test_what_is_not_adapted_is_refused(others: tuple[str, ...], tmp_path: Path) -> None:
    video = make_video(tmp_path / "cup.mp4", steady(30, rate=10.0))
    done = touchline("analyze", video, *others, "--adapt")
    assert (done.returncode, "--adapt is of one model that looks at pictures" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda card: "{", "not JSON"),
        (lambda card: json.dumps({**card, "format": 99}), "format 99 is newer than this Touchline reads"),
        (lambda card: json.dumps({**card, "system": "magic"}), "there is no system called 'magic'"),
        (lambda card: json.dumps({**card, "system": "ensemble"}), "does not name its members"),
    ],
)
def test_a_card_that_can_no_longer_be_read_is_told_and_left_out(
    change: Any, message: str, tmp_path: Path, data: DataDirectory
) -> None:
    used(small_model(tmp_path / "good"), data)
    broken = used(small_model(tmp_path / "broken", hidden=8), data) / "card.json"
    broken.write_text(change(json.loads(broken.read_text())))
    rows, done = listed(tmp_path)
    assert [w["folder"] for w in rows["e2e-spot"]["weights"]] == [str(tmp_path / "good")]
    assert "ensemble" not in rows
    assert "broken (" in done.stderr
    assert "is left out" in done.stderr
    assert message in done.stderr


def test_a_card_without_its_weights_is_told_and_left_out(tmp_path: Path, data: DataDirectory) -> None:
    (used(small_model(tmp_path / "m"), data) / "model.safetensors").unlink()
    rows, done = listed(tmp_path)
    assert rows["e2e-spot"]["weights"] == []
    assert "the weights of this model are missing" in done.stderr
