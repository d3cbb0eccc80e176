"""Tasks: their registry, what each makes of scores, and a system of one that is not spotting, from files to its card."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Shot
from spotting_core.domain.classes import load_classes
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.spots import Spot
from spotting_core.evaluation.boundaries import KINDS
from spotting_core.evaluation.camera_files import read_changes
from spotting_core.evaluation.collect import Record
from spotting_core.features.files import write_features
from spotting_core.formats.labels_cameras import read_shots, write_shots
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.domain_notice import domain_notice
from spotting_core.media.source import open_match
from spotting_core.models import registry as systems_registry
from spotting_core.models.card import BUNDLED, model_folder, read_card
from spotting_core.models.decoding import SOFTMAX, Decoding
from spotting_core.models.load import load_model
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window
from spotting_core.preflight.video import check_domain
from spotting_core.tasks.boundaries import BOUNDARIES
from spotting_core.tasks.calibration import CALIBRATION
from spotting_core.tasks.registry import layer_task, register, task_named, tasks
from spotting_core.tasks.shots import SHOTS
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import EvaluationOrder, HalfScores, Judged, LayerTask
from spotting_core.training.train import TrainingOrder, train
from tests.videos import make_video, steady

CAMERAS = load_classes(SHOTS.class_table).names
SET = "ResNET_TF2_PCA512"


def test_every_task_has_its_class_table_and_says_what_it_is() -> None:
    assert list(tasks()) == ["spotting", "shots", "boundaries", "replays", "frames", "calibration"]
    for name, task in tasks().items():
        assert task.name == name
        assert task.title
        assert len(load_classes(task.class_table)) > 2
        if isinstance(task, LayerTask):
            assert task.chosen_by
            assert task.shown
    assert load_classes(BOUNDARIES.class_table).names == KINDS
    with pytest.raises(BadInputError, match="there is no task 'sleep'"):
        task_named("sleep")
    with pytest.raises(BadInputError, match=r"Choose one of spotting, shots, boundaries, replays, calibration\.$"):
        layer_task("sleep")
    with pytest.raises(BadInputError, match="no system is trained for the task frames"):
        layer_task("frames")
    with pytest.raises(ValueError, match="registered twice"):
        register(SPOTTING)


def test_a_task_knows_its_metrics_and_classes() -> None:
    assert (SPOTTING.metric(None), SPOTTING.metric("at3"), SHOTS.metric(None)) == ("loose", "at3", "")
    with pytest.raises(BadInputError, match="the task shots has no metric 'tight'"):
        SHOTS.metric("tight")
    with pytest.raises(BadInputError, match="the task spotting has no metric 'wide'"):
        SPOTTING.metric("wide")
    assert SHOTS.classes(None) == CAMERAS
    assert SHOTS.classes("soccernet-boundaries") == KINDS


def confidence_of(columns: list[int], classes: int) -> np.ndarray:
    values = np.full((len(columns), classes), 0.1, np.float32)
    values[np.arange(len(columns)), columns] = 0.8
    return values


def test_shots_are_runs_of_the_surest_camera_with_cuts_between_two_samples() -> None:
    times = np.arange(6, dtype=np.int64) * 500_000
    half = HalfScores(2, times, 2_900_000, confidence_of([1, 1, 0, 0, 0, 3], len(CAMERAS)))
    findings = SHOTS.findings(half, load_classes(SHOTS.class_table), least=None, source="made")
    assert [(s.half, s.start, s.end, s.label) for s in findings] == [
        (2, 0, 750_000, CAMERAS[1]),
        (2, 750_000, 2_250_000, CAMERAS[0]),
        (2, 2_250_000, 2_900_000, CAMERAS[3]),
    ]
    with pytest.raises(BadInputError, match="however surely"):
        SHOTS.findings(half, load_classes(SHOTS.class_table), least=0.5, source="made")


def test_boundaries_are_spots_of_their_kind(tmp_path: Path) -> None:
    times = np.arange(20, dtype=np.int64) * 500_000
    confidence = np.zeros((20, 3), np.float32)
    confidence[4, 0], confidence[12, 2] = 0.9, 0.7
    half = HalfScores(1, times, 10_000_000, confidence)
    findings = BOUNDARIES.findings(half, load_classes(BOUNDARIES.class_table), least=None, source="made")
    assert [(s.time, s.label) for s in findings] == [(2_000_000, "abrupt"), (6_000_000, "logo")]
    BOUNDARIES.write(tmp_path / BOUNDARIES.label_file, findings)
    assert [(s.time, s.label) for s in BOUNDARIES.read_truth(tmp_path)] == [(2_000_000, "abrupt"), (6_000_000, "logo")]
    BOUNDARIES.write(tmp_path / BOUNDARIES.results_file, findings)
    changes = read_changes((tmp_path / BOUNDARIES.results_file).read_bytes(), "found")
    assert [(c.time, c.change_type, round(c.confidence, 3)) for c in changes] == [
        (2_000_000, "abrupt", 0.9),
        (6_000_000, "logo", 0.7),
    ]
    truth = [replace(s, confidence=None) for s in findings]
    assert BOUNDARIES.figure([Judged("a", truth, findings)], KINDS, "ap") == pytest.approx(1.0)
    late = [s.moved_to(s.time + 2_000_000) for s in findings]
    assert BOUNDARIES.figure([Judged("a", truth, late)], KINDS, "ap") == 0
    scores = BOUNDARIES.card_scores([Judged("a", truth, findings)], KINDS, "test")
    assert scores["per_class"]["logo"] == {"truths": 1, "ap": pytest.approx(1.0)}


def test_a_boundary_is_exact_to_the_sample_and_of_one_kind() -> None:
    times = np.arange(200, dtype=np.int64) * 40_000
    confidence = np.zeros((200, 3), np.float32)
    confidence[[50, 51, 64], 0] = 0.9, 0.5, 0.8  # a cut that a neighbour believes in, and another half a second later
    confidence[[49, 70, 120], 1] = 0.6, 0.7, 0.9  # where the cut is; beside another; alone
    half = HalfScores(1, times, 8_000_000, confidence)
    findings = BOUNDARIES.findings(half, load_classes(BOUNDARIES.class_table), least=None, source="made")
    assert [(s.time // 40_000, s.label) for s in findings] == [
        (50, "abrupt"),
        (64, "abrupt"),
        (70, "smooth"),
        (120, "smooth"),
    ]
    assert BOUNDARIES.findings(half, load_classes(BOUNDARIES.class_table), least=0.95, source="made") == []


def test_the_figure_of_shots_is_their_overlap() -> None:
    def shots(cut: int) -> list[Shot]:
        return [Shot(1, 0, cut, CAMERAS[0], False), Shot(1, cut, 10_000_000, CAMERAS[1], False)]

    assert SHOTS.figure([Judged("a", shots(4_000_000), shots(4_000_000))], CAMERAS, "miou") == pytest.approx(1.0)
    off = SHOTS.figure([Judged("a", shots(4_000_000), shots(5_000_000))], CAMERAS, "miou")
    assert off == pytest.approx((4 / 5 + 5 / 6) / 2)


def test_an_evaluation_by_a_task_is_that_of_its_files(tmp_path: Path) -> None:
    game = tmp_path / "labels" / "game"
    game.mkdir(parents=True)
    write_shots(game / SHOTS.label_file, [Shot(1, 0, 4_000_000, CAMERAS[0], False, "abrupt")])
    order = EvaluationOrder(tmp_path / "labels", tmp_path / "labels")
    assert SHOTS.evaluate(order, Record()).average_map["all"] == pytest.approx(1.0)
    assert BOUNDARIES.evaluate(order, Record()).per_class["abrupt"]["all"] == pytest.approx(1.0)


# --- a system of another task, from files to its card ---------------------------------------------------------


@dataclass(frozen=True)
class OnTargets(Targets):
    """Which camera is on: int64 (…, T), -1 where nobody knows."""

    blends: ClassVar[bool] = False
    on: torch.Tensor


def camera_targets(
    shots: Sequence[Shot], times: np.ndarray, config: FeatureConfig, valid: np.ndarray | None
) -> OnTargets:
    on = torch.full((len(times),), -1)
    for shot in shots:
        on[torch.from_numpy((times >= shot.start) & (times < shot.end))] = config.classes.index(shot.label)
    if valid is not None:
        on[torch.from_numpy(~valid)] = -1
    return OnTargets(on)


class Cameras(Network):
    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.config, self.to_camera = config, nn.Linear(config.dim, len(config.classes))

    def forward(self, window: Window) -> Output:
        logits = self.to_camera(self.config.features_of(window))
        return Output(logits, background=torch.full_like(logits[..., 0], -20.0))


def camera_loss(_network: Network, output: Output, targets: OnTargets) -> torch.Tensor:
    return F.cross_entropy(output.logits.flatten(0, 1), targets.on.flatten(), ignore_index=-1)


@pytest.fixture
def cameras() -> Iterator[System]:
    made = System(
        name="cameras-by-sample",
        paper="made for a test, 2026",
        config=FeatureConfig,
        build=Cameras,
        loss=camera_loss,
        targets=camera_targets,
        task="shots",
        decoding=Decoding(activation=SOFTMAX),
    )
    systems_registry.systems()
    systems_registry.register(made)
    yield made
    del systems_registry._SYSTEMS[made.name]


def write_camera_game(folder: Path, seed: int) -> Path:
    """40 s with three cameras, which the features show."""
    game = folder / f"2026-08-0{seed + 1} - 12-00 Home 1 - 0 Away"
    game.mkdir(parents=True)
    ends = [(0, 11_250_000, 0), (11_250_000, 27_750_000, 4), (27_750_000, 40_000_000, 0)]
    write_shots(game / SHOTS.label_file, [Shot(1, a, b, CAMERAS[k], False, "abrupt") for a, b, k in ends])
    values = np.random.default_rng(seed).normal(size=(80, 512)).astype(np.float32) * 0.02
    times = np.arange(80) * 500_000
    for start, end, camera in ends:
        values[(times >= start) & (times < end), camera] += 3.0
    write_features(game, 1, SET, values)
    return game


def test_a_system_of_another_task_is_trained_analyses_and_is_measured(
    tmp_path: Path, data: DataDirectory, cameras: System
) -> None:
    for number, split in enumerate(("train", "val", "test")):
        game = write_camera_game(tmp_path / split, number)
    make_video(game / "1_224p.mp4", steady(80, rate=2.0))
    config = tmp_path / "cameras.toml"
    config.write_text(
        f'system = "{cameras.name}"\n[config]\nfeatures = ["{SET}"]\nsteps = 60\nbatch = 8\nwarm_up = 2\n'
        "learning_rate = 0.05\naveraging = 0.5\nvalidate_every = 30\n[config.model]\nwindow = 20\n"
    )
    folder = train(TrainingOrder(config, tmp_path, tmp_path / "run", tmp_path / "model"), data)
    model = load_model(folder)
    assert model.card.class_table == SHOTS.class_table
    assert model.card.scores["miou"] == pytest.approx(1.0)
    assert set(model.card.scores["per_class"]) == {CAMERAS[0], CAMERAS[4]}
    analysis = analyse_match(open_match(game), model, data)
    assert analysis.record.task == "shots"
    findings = Analysis.open(analysis.folder).findings(SHOTS)
    assert [s.label for s in findings] == [CAMERAS[0], CAMERAS[4], CAMERAS[0]]
    assert [s.end for s in findings[:2]] == [11_250_000, 27_750_000]
    assert [(s.end, s.label) for s in read_shots(analysis.folder / SHOTS.results_file)] == [
        (s.end, s.label) for s in findings
    ]
    config.write_text(config.read_text().replace("validate_every = 30", 'validate_every = 30\nchoose_by = "tight"'))
    with pytest.raises(BadInputError, match="choose_by must be miou or loss, not 'tight'"):
        train(TrainingOrder(config, tmp_path, tmp_path / "other", tmp_path / "m"), data)


def test_spotting_reads_its_own_labels(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"no match with Labels-v2\.json lies here"):
        SPOTTING.labelled_games(tmp_path)
    assert SPOTTING.moment(Spot(1, 5, "Goal")) == 5


def test_a_moment_of_replay_is_a_doubt_and_no_replay() -> None:
    times = np.arange(40, dtype=np.int64) * 500_000
    confidence, replay = np.zeros((40, 13), np.float32), np.zeros(40, np.float32)
    confidence[:, 0] = 0.9
    confidence[30:, 0] = 0.5
    replay[4:8], replay[20:28] = 0.8, 0.8  # 1.5 s and 3.5 s from the first to the last sample
    half = HalfScores(1, times, 20_000_000, confidence, replay=replay)
    shots = SHOTS.findings(half, load_classes(SHOTS.class_table), least=None, source="made")
    assert [(s.start / 1e6, s.end / 1e6, s.replay) for s in shots] == [
        (0, 9.75, False),
        (9.75, 13.75, True),
        (13.75, 20, False),
    ]
    assert [s.confidence for s in shots] == [0.9, 0.9, round((2 * 0.9 + 10 * 0.5) / 12, 4)]


def test_what_is_found_and_that_nothing_is_are_in_the_words_of_the_task() -> None:
    nouns = [layer_task(name).noun for name in ("spotting", "shots", "boundaries", "replays", "calibration")]
    assert nouns == ["spots", "shots", "boundaries", "replays", "calibrations"]
    assert SPOTTING.absence([]) == "Spotting: nothing at the default thresholds."
    assert SPOTTING.absence([Spot(1, 0, "Goal")]) == ""
    nowhere, above = Calibration(1, 0, None, 0.0), Calibration(1, 0, Homography(np.eye(3)), 0.9)
    assert "No picture shows enough of a pitch's lines" in CALIBRATION.absence([nowhere])
    assert CALIBRATION.absence([nowhere, above]) == ""


def test_the_notice_of_a_model_speaks_of_what_it_finds() -> None:
    source = SimpleNamespace(simulated=False)
    notices = {name: domain_notice(read_card(model_folder(name)), source) for name in ("pitch-lines", BUNDLED)}  # type: ignore[arg-type]
    assert "its calibrations are a demonstration" in str(notices["pitch-lines"])
    assert "its spots are a demonstration" in str(notices[BUNDLED])
    for name, noun in (("pitch-lines", "calibrations"), ("whole-shots", "shots"), (BUNDLED, "spots")):
        [finding] = check_domain(source, read_card(model_folder(name)))  # type: ignore[arg-type]
        assert finding.fix == f"Take its {noun} as a demonstration"
