"""Analysing a match for several tasks: where the layers lie, that none takes another away, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.analyses.analysis import ANALYSIS_FILE, Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.features.files import write_features
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.every_task import analyse_tasks
from spotting_core.media.source import open_match
from spotting_core.models.ensemble import ensemble_card
from spotting_core.models.load import LoadedModel, load_model
from spotting_core.tasks.shots import SHOTS
from tests.conftest import small_model
from tests.small_systems import feature_model
from tests.videos import make_video, steady

SECONDS, DIM = 12, 17


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LoadedModel]:
    root = tmp_path_factory.mktemp("models")
    small_shots = {"window": 20, "before": 2, "after": 2, "first": 8, "second": 8, "kernel": 3}
    shots = feature_model(root / "shots", "basic-shots", 2.0, dim=DIM, **small_shots)
    replays = feature_model(root / "replays", "latest-action", 2.0, dim=DIM, window=20, replay=4)
    return {
        "spotting": load_model(small_model(root / "spotting")),
        "shots": load_model(shots),
        "replays": load_model(replays),
    }


@pytest.fixture
def game(tmp_path: Path) -> Path:
    folder = tmp_path / "game"
    folder.mkdir()
    make_video(folder / "1_180p.mp4", steady(SECONDS * 10, rate=10.0))
    write_features(folder, 1, "made2", np.random.default_rng(0).random((SECONDS * 2, DIM)))
    return folder


def analysed(game: Path, models: dict[str, LoadedModel], data: DataDirectory, out: Path | None) -> dict[str, Analysis]:
    names = {task: task for task in models}
    return analyse_tasks(open_match(game), names, data, load=lambda name: models[name], out=out)


def test_layers_of_other_tasks_lie_below_and_stay(
    game: Path, models: dict[str, LoadedModel], data: DataDirectory, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    layers = analysed(game, models, data, out)
    assert [layers[task].folder for task in models] == [out, out / "shots", out / "replays"]
    assert (out / "shots" / SHOTS.results_file).is_file()
    made = (out / ANALYSIS_FILE).stat().st_mtime_ns
    again = analysed(game, {"spotting": models["spotting"]}, data, out)
    assert (out / ANALYSIS_FILE).stat().st_mtime_ns == made  # it is this analysis already
    assert again["spotting"].folder == out
    analyse_match(open_match(game), models["spotting"], data, out=out)
    assert (out / ANALYSIS_FILE).stat().st_mtime_ns != made
    assert Analysis.open(out / "shots").record.task == "shots"
    assert Analysis.open(out / "replays").record.task == "replays"


def test_spotting_can_follow_into_the_folder_of_another_layer(
    game: Path, models: dict[str, LoadedModel], data: DataDirectory, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    analysed(game, {"shots": models["shots"]}, data, out)
    assert analysed(game, {"spotting": models["spotting"]}, data, out)["spotting"].folder == out
    assert Analysis.open(out / "shots").record.task == "shots"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(BadInputError, match="this folder holds something else"):
        analysed(game, {"spotting": models["spotting"]}, data, tmp_path / "other")


def test_what_a_layer_holds_is_no_truth(game: Path, models: dict[str, LoadedModel], data: DataDirectory) -> None:
    analysed(game, models, data, game / "analysis")
    with pytest.raises(BadInputError, match=r"no match with Labels-cameras\.json lies here"):
        SHOTS.labelled_games(game)


def test_replays_need_to_be_known_and_the_others_go_on_without(
    game: Path, models: dict[str, LoadedModel], data: DataDirectory
) -> None:
    with pytest.raises(BadInputError, match="it is not known which shots of this match are replays"):
        analysed(game, {"replays": models["replays"]}, data, None)
    left: list[str] = []
    some = {"spotting": models["spotting"], "replays": models["replays"]}
    layers = analyse_tasks(
        open_match(game), {task: task for task in some}, data, load=lambda name: models[name],
        left_out=lambda task, _error: left.append(task),
    )  # fmt: skip
    assert (list(layers), left) == (["spotting"], ["replays"])


def test_models_of_several_tasks_or_of_replays_have_no_average(models: dict[str, LoadedModel]) -> None:
    with pytest.raises(BadInputError, match="models of the tasks replays and spotting have no average"):
        ensemble_card([models["spotting"], models["replays"]])
    with pytest.raises(BadInputError, match="models of replays have no scores to average"):
        ensemble_card([models["replays"]])
