"""Layers of a match: side by side, each by its task and model, added, replaced and removed by itself."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.analyses.layers import Layers
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.formats.labels_cameras import FILE_NAME, write_shots
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.source import open_match
from spotting_core.models.identity import ModelIdentity
from spotting_core.models.load import load_model
from tests.feature_games import make_game
from tests.small_systems import feature_model


@pytest.fixture
def game(tmp_path: Path) -> Path:
    return make_game(tmp_path)


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def made(game: Path, place: Path, data: DataDirectory, name: str) -> Analysis:
    model = place / name
    if not model.is_dir():
        feature_model(model, name, 2.0, before=5, after=4)
    return analyse_match(open_match(game), load_model(model), data)


def test_a_layer_is_added_replaced_and_removed_without_touching_others(
    game: Path, tmp_path: Path, data: DataDirectory
) -> None:
    first = made(game, tmp_path, data, "max")
    kept = content_of(first.folder)
    second = made(game, tmp_path, data, "average")
    layers = Layers(data, open_match(game).content_hash(data))
    assert [layer.folder for layer in layers.all("spotting")] == [first.folder, second.folder]
    assert content_of(first.folder) == kept
    layers.remove(second)
    assert [layer.folder for layer in layers.all()] == [first.folder]
    assert content_of(first.folder) == kept
    assert made(game, tmp_path, data, "max").folder == first.folder  # found, not made again
    assert made(game, tmp_path, data, "average").folder == second.folder


def test_layers_are_of_a_task(game: Path, tmp_path: Path, data: DataDirectory) -> None:
    spotted = made(game, tmp_path, data, "max")
    layers, identity = Layers(data, open_match(game).content_hash(data)), spotted.record.identity
    other = spotted.folder.with_name("of-another-task")
    shutil.copytree(spotted.folder, other)
    content = json.loads((spotted.folder / ANALYSIS_FILE).read_text())
    (other / ANALYSIS_FILE).write_text(json.dumps({**content, "task": "shots"}))
    assert [layer.folder for layer in layers.all("shots")] == [other]
    assert [layer.folder for layer in layers.all("spotting")] == [spotted.folder]
    assert len(layers.all()) == 2
    layers_of_tasks = [layers.find(task, identity, load_classes()) for task in ("spotting", "shots")]
    assert [layer.folder for layer in layers_of_tasks if layer] == [spotted.folder, other]
    assert layers.find("spotting", identity, load_classes("soccernet-v1")) is None
    places = {layers.place(task, identity, load_classes()) for task in ("spotting", "shots")}
    assert len(places) == 2
    assert layers.place("spotting", ModelIdentity("other"), load_classes()) not in places


def test_an_analysis_of_the_version_before_is_one_of_spotting(game: Path, tmp_path: Path, data: DataDirectory) -> None:
    spotted = made(game, tmp_path, data, "max")
    content = json.loads((spotted.folder / ANALYSIS_FILE).read_text())
    del content["task"]
    (spotted.folder / ANALYSIS_FILE).write_text(json.dumps(content))
    old = spotted.folder.rename(spotted.folder.with_name("named-by-weights"))
    layers = Layers(data, open_match(game).content_hash(data))
    assert [layer.record.task for layer in layers.all("spotting")] == ["spotting"]
    assert made(game, tmp_path, data, "max").folder == old


def test_a_damaged_layer_hides_no_other(game: Path, tmp_path: Path, data: DataDirectory) -> None:
    spotted = made(game, tmp_path, data, "max")
    damaged = spotted.folder.with_name("damaged")
    damaged.mkdir()
    (damaged / ANALYSIS_FILE).write_text("{")
    layers = Layers(data, open_match(game).content_hash(data))
    assert [layer.folder for layer in layers.all()] == [spotted.folder]


def test_truth_is_in_no_layer(game: Path, tmp_path: Path, data: DataDirectory) -> None:
    write_shots(game / FILE_NAME, [Shot(1, 0, 9_000_000, "Main camera center", False, "abrupt")])
    assert not [name for name in content_of(made(game, tmp_path, data, "max").folder) if "shots" in name]
