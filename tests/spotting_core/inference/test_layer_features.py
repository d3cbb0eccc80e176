"""What is read off the layer of the bundled model, and the layers of shots and replays that are made of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from app.settings import DEMO
from spotting_core.analyses.analysis import Analysis
from spotting_core.analyses.layers import Layers
from spotting_core.analyses.match_cameras import match_cameras
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.entities.table import EntityTable
from spotting_core.features.layer_sets import ENTITY_NUMBERS, LAYER_SETS
from spotting_core.features.sets import feature_set, input_of
from spotting_core.inference import analyse
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.every_task import require_models, write_cameras
from spotting_core.inference.layer_features import (
    entity_numbers,
    missing_layer_sets,
    spot_numbers,
    write_layer_features,
)
from spotting_core.media.source import MatchSource, open_match
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.registry import system
from spotting_core.tasks.replays import REPLAYS
from spotting_core.tasks.shots import SHOTS
from tests.conftest import made_card
from tests.videos import make_video, steady

SECOND = 1_000_000


def test_entities_in_numbers_are_those_of_the_surest() -> None:
    box = np.array([[0, 0, 20, 40], [50, 50, 100, 100], [10, 10, 30, 30]], np.float32)
    table = EntityTable(
        ("ball", "player"), np.array([0, 0, 1]), np.array([1, 1, 0]), np.array([0.4, 0.9, 0.7], np.float32), box,
        np.zeros((3, 2), np.float16),
    )  # fmt: skip
    half: Any = SimpleNamespace(entities=table, times=np.arange(3), record=SimpleNamespace(width=100, height=100))
    numbers = entity_numbers(half).reshape(3, 2, len(ENTITY_NUMBERS))
    assert numbers[0, 1] == pytest.approx([0.2, 0.9, 0.5, 0.5, 0.75, 0.75, 0.08 + 0.25])
    assert numbers[1, 0] == pytest.approx([0.1, 0.7, 0.2, 0.2, 0.2, 0.2, 0.04])
    assert not numbers[0, 0].any()
    assert not numbers[2].any()


def test_spots_in_numbers_lie_at_their_samples() -> None:
    classes, times = load_classes(), np.arange(40, dtype=np.int64) * 500_000
    scores, displacement = np.zeros((40, 17), np.float32), np.zeros((40, 17), np.float32)
    goal, corner = classes.names.index("Goal"), classes.names.index("Corner")
    scores[10, goal], displacement[10, goal] = 0.8, 2.0
    scores[30, corner] = 0.05  # too unsure
    numbers = spot_numbers(1, times, scores, displacement, classes, 20 * SECOND)
    assert np.argwhere(numbers).tolist() == [[14, goal]]
    assert numbers[14, goal] == pytest.approx(0.8)


def test_a_layer_has_the_rate_of_the_bundled_model_whatever_reads_it() -> None:
    assert feature_set("layer-spots", 1.0).rate == 2.0


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> tuple[MatchSource, DataDirectory]:
    """The demo match, whose layer features are those of the analysis that ships."""
    data, source = DataDirectory(tmp_path_factory.mktemp("data")).ensure(), open_match(DEMO)
    sets = [feature_set(name, 2.0) for name in LAYER_SETS]
    assert missing_layer_sets(source, sets, data) == sets
    write_layer_features(Analysis.open(DEMO / "analysis"), source, sets, data)
    assert missing_layer_sets(source, sets, data) == []
    return source, data


def small_model_of_layers(folder: Path, name: str, sets: list[str], **settings: object) -> Path:
    torch.manual_seed(0)
    kind, read = system(name), [feature_set(one, 2.0) for one in sets]
    table = load_classes(SHOTS.class_table if kind.task == "shots" else REPLAYS.class_table)
    config = kind.configure(classes=table.names, **settings).with_sets(tuple(s.dim for s in read))
    save_model(folder, kind.build(config), made_card(name, config, input_of(read, 2.0)))
    return folder


def test_shots_are_a_layer_whose_labels_can_be_read_again(
    match: tuple[MatchSource, DataDirectory], tmp_path: Path
) -> None:
    source, data = match
    folder = small_model_of_layers(tmp_path / "shots", "whole-shots", list(LAYER_SETS[:3]), width=16, layers=1)
    layer = analyse_match(source, load_model(folder), data)
    shots = layer.findings(SHOTS)
    for half in layer.halves:
        own = [s for s in shots if s.half == half.half]
        assert (own[0].start, own[-1].end) == (0, half.end)
        assert all(a.end == b.start for a, b in zip(own, own[1:], strict=False))
        assert half.replay is not None
    assert all(s.confidence is not None and 0 < s.confidence <= 1 for s in shots)
    cameras = match_cameras(None, Layers(data, source.content_hash(data)).all())
    assert cameras is not None
    assert cameras.shots == tuple(shots)
    written = write_cameras(source, data, [layer])
    assert written is not None
    assert [(s.half, s.end // 1000, s.label) for s in SHOTS.read_truth(written.parent)] == [
        (s.half, round(s.end / 1000), s.label) for s in shots
    ]


def test_replays_are_a_layer_of_those_that_the_labels_know(
    match: tuple[MatchSource, DataDirectory], tmp_path: Path
) -> None:
    source, data = match
    folder = small_model_of_layers(tmp_path / "replays", "latest-action", ["layer-spots"])
    layer = analyse_match(source, load_model(folder), data, layers=[Analysis.open(DEMO / "analysis")])
    truth, groundings = REPLAYS.read_truth(DEMO), layer.findings(REPLAYS)
    assert len(truth) > 5
    assert {(g.half, g.start, g.end) for g in truth} <= {(g.half, g.start, g.end) for g in groundings}
    surest = {(g.half, g.end): g.candidates[0].link for g in groundings if g.candidates}
    right = [g for g in truth if (g.half, g.end) in surest and
             abs(surest[g.half, g.end].time - g.candidates[0].link.time) < 5 * SECOND]  # fmt: skip
    assert len(right) > 0.7 * len(truth)
    assert (layer.folder / REPLAYS.results_file).is_file()
    assert not layer.has("scores")


def test_the_spots_that_replays_show_are_made_anew_where_only_their_numbers_are_left(
    match: tuple[MatchSource, DataDirectory], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, data = match
    folder, analysed = small_model_of_layers(tmp_path / "replays", "latest-action", ["layer-spots"]), []

    def shipped(_source: MatchSource, model: LoadedModel, _data: DataDirectory, **_: object) -> Analysis:
        analysed.append(model.card.name)
        return Analysis.open(DEMO / "analysis")

    monkeypatch.setattr(analyse, "analyse_match", shipped)
    layer = analyse_match(source, load_model(folder), data)
    assert analysed == ["Touchline entity-attention"]
    assert any(g.label for g in layer.findings(REPLAYS))


def test_a_task_that_nothing_does_is_refused() -> None:
    with pytest.raises(BadInputError, match="there is no task 'sleep'"):
        require_models(["sleep"])
    with pytest.raises(BadInputError, match="no system is trained for the task frames"):
        require_models(["frames"])
    assert require_models(["spotting"]) == {"spotting": "entity-attention"}


def test_boundaries_of_a_video_of_few_frames_are_refused(data: DataDirectory, tmp_path: Path) -> None:
    video = make_video(tmp_path / "slow.mp4", steady(24, 2.0))
    with pytest.raises(BadInputError, match="looks at 25 frames a second, this video has 2"):
        analyse_match(open_match(video), load_model("frame-boundaries"), data)
