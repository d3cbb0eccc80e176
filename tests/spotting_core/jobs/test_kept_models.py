"""Models that stay loaded are known by what they are."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotting_core.jobs import kept_models as kept
from spotting_core.jobs.kept_models import kept_models
from spotting_core.models.ensemble import Ensemble, load_models, save_ensemble
from spotting_core.models.load import LoadedModel
from tests.conftest import small_model


@pytest.fixture(autouse=True)
def _no_models_kept() -> Iterator[None]:
    kept._KEPT.clear()
    yield
    kept._KEPT.clear()


def loaded(folder: Path) -> LoadedModel:
    model = kept_models([folder], "cpu")
    assert isinstance(model, LoadedModel)
    return model


def put(model: Path, folder: Path) -> None:
    """Put a model into the place of another one."""
    for file in model.iterdir():
        shutil.copy(file, folder / file.name)


def test_a_model_stays_loaded(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    assert loaded(folder).network is loaded(folder).network


def test_another_model_in_the_same_folder_is_loaded_anew(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    first = loaded(folder)
    put(small_model(tmp_path / "n", hidden=24), folder)
    second = loaded(folder)
    assert second.network is not first.network
    assert (second.sha256, second.config.hidden) != (first.sha256, first.config.hidden)


def test_another_card_of_the_same_weights_is_another_model(tmp_path: Path) -> None:
    folder = small_model(tmp_path / "m")
    first = loaded(folder)
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps({**card, "name": "renamed"}))
    assert loaded(folder).card.name == "renamed"
    assert loaded(folder).sha256 == first.sha256


def test_the_same_model_elsewhere_is_loaded_once_and_lies_there(tmp_path: Path) -> None:
    folder, copy = small_model(tmp_path / "m"), tmp_path / "copy"
    shutil.copytree(folder, copy)
    one, other = loaded(folder), loaded(copy)
    assert one.network is other.network
    assert (one.folder, other.folder) == (folder, copy)


def test_an_average_is_loaded_anew_when_a_member_changes(tmp_path: Path) -> None:
    folders = [small_model(tmp_path / "m"), small_model(tmp_path / "n", hidden=24)]
    average = load_models(folders)
    assert isinstance(average, Ensemble)
    save_ensemble(tmp_path / "both", average)
    first = kept_models([tmp_path / "both"], "cpu")
    assert isinstance(first, Ensemble)
    assert kept_models([tmp_path / "both"], "cpu") is first
    card = json.loads((folders[0] / "card.json").read_text())
    (folders[0] / "card.json").write_text(json.dumps({**card, "name": "renamed"}))
    second = kept_models([tmp_path / "both"], "cpu")
    assert isinstance(second, Ensemble)
    assert second.members[0].card.name == "renamed"


def test_the_last_two_stay(tmp_path: Path) -> None:
    folders = [small_model(tmp_path / str(hidden), hidden=hidden) for hidden in (16, 24, 32)]
    networks = [loaded(folder).network for folder in folders]
    assert loaded(folders[2]).network is networks[2]
    assert loaded(folders[1]).network is networks[1]
    assert loaded(folders[0]).network is not networks[0]
