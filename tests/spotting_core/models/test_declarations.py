"""What a system declares: its window plan, how its output becomes scores, its stages, networks of any kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args, get_type_hints

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.features.sets import FeatureSet, input_of
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.score import score_half
from spotting_core.media.source import open_match
from spotting_core.models import registry
from spotting_core.models.decoding import MOVED, SOFTMAX, Decoding
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.judge import Judge
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, Sliding, Stage, System, SystemConfig, kept_middles
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MAXIMUM, MIDDLE, REPEATED, WindowPlan
from spotting_core.training.system import SystemTrainer
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.training_set import TrainingSet
from tests.conftest import made_card
from tests.feature_games import NAMES, SET, features_of, write_game, write_splits
from tests.small_systems import half_of
from tests.videos import make_video, steady


class Volume(Network):
    """Looks over space and time at once."""

    def __init__(self, config: SystemConfig) -> None:
        super().__init__()
        self.config = config
        self.look = nn.Conv3d(3, 4, 3, padding=1)
        self.to_class = nn.Linear(4, len(config.classes))

    def forward(self, window: Window) -> Output:
        assert window.pictures is not None
        maps = F.relu(self.look(window.pictures.transpose(1, 2))).mean((3, 4)).transpose(1, 2)  # (B, T, 4)
        return Output(self.to_class(maps))


class EchoNetwork(Network):
    """Says of a sample what its first numbers are, and that the background is 0."""

    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.config, self.scale = config, nn.Parameter(torch.ones(1))

    def forward(self, window: Window) -> Output:
        features = self.config.features_of(window) * self.scale
        classes = len(self.config.classes)
        return Output(features[..., :classes], features[..., -classes:], background=torch.zeros_like(features[..., 0]))


@dataclass(frozen=True)
class Taught(Targets):
    features: Tensor


class Pupil(Network):
    """A system's network while it learns to give a teacher's features."""

    def __init__(self, config: FeatureConfig) -> None:
        super().__init__()
        self.network = EchoNetwork(config)
        self.to_teacher = nn.Linear(config.dim, 12)

    def forward(self, window: Window) -> Output:
        return replace(self.network(window), pooled=self.to_teacher(window.features))


def teacher_loss(_network: Network, output: Output, targets: Taught) -> Tensor:
    assert output.pooled is not None
    return F.mse_loss(output.pooled, targets.features)


def likeness_loss(_network: Network, output: Output, _targets: Taught) -> Tensor:
    """Of a stage that needs neither labels nor a teacher: neighbours should say alike."""
    return (output.logits[:, 1:] - output.logits[:, :-1]).square().mean()


def of_no_spots(spots: Any, times: np.ndarray, _config: Any, _valid: Any) -> Taught:
    assert list(spots) == []
    return Taught(torch.zeros(len(times), 1))


def logit_loss(_network: Network, output: Output, targets: Any) -> Tensor:
    return F.binary_cross_entropy_with_logits(output.logits, targets.confidence)


ECHO = System(
    name="says",
    paper="made for a test, 2026",
    config=FeatureConfig,
    build=EchoNetwork,
    loss=logit_loss,
    earlier_stages={
        "likeness": Stage(of_no_spots, likeness_loss, labelled=False),
        "distillation": Stage(
            of_no_spots,
            teacher_loss,
            labelled=False,
            build=Pupil,
            taught=lambda features, _times, _config, _valid: Taught(torch.from_numpy(features[:, :12].copy())),
        ),
    },
)
VOLUME = System(
    name="volume",
    paper="made for a test, 2026",
    config=SystemConfig,
    build=Volume,
    loss=logit_loss,
    inputs=lambda config: Inputs(pictures=PictureSize(32, 18)),
    plan=kept_middles,
)


@pytest.fixture(autouse=True)
def own_systems() -> Iterator[None]:
    """Two more systems in the registry, for as long as a test."""
    registry.systems()
    registry.register(ECHO)
    registry.register(VOLUME)
    yield
    for name in ("says", "volume"):
        del registry._SYSTEMS[name]


@pytest.mark.parametrize("seam", [Sliding, Stage, System, Judge, LoadedModel], ids=lambda seam: seam.__name__)
def test_nothing_of_unknown_type_passes_a_seam(seam: type) -> None:
    for name, kind in get_type_hints(seam).items():
        assert Any not in parts_of(kind), f"{seam.__name__}.{name}"


def parts_of(kind: Any) -> list[Any]:
    """A type and the types that it is made of; those of the arguments of a callable are a list."""
    parts = kind if isinstance(kind, list) else get_args(kind)
    return [kind, *(own for part in parts for own in parts_of(part))]


def test_a_system_that_does_not_say_its_inputs_reads_features() -> None:
    assert ECHO.inputs(FeatureConfig(NAMES, dim=7)) == Inputs(features=7)
    with pytest.raises(TypeError, match="SystemConfig is no FeatureConfig: such a system has to say its inputs"):
        ECHO.inputs(SystemConfig(NAMES))


# --- window plans -----------------------------------------------------------------------------------------


def test_ends_that_are_dropped_are_dropped_but_at_the_ends_of_the_half() -> None:
    plan = WindowPlan(64, 32, 12, 12, MAXIMUM)
    windows = plan.windows(128)
    assert [(w.start, w.first, w.stop) for w in windows] == [(0, 0, 52), (32, 44, 84), (64, 76, 128)]
    assert windows[1].rows == slice(12, 52)
    (middle,) = [w for w in WindowPlan(64, 40, 12, 12, MIDDLE).windows(120) if w.start == 40]
    assert (middle.first, middle.stop, middle.row(60)) == (52, 92, 20)


def test_the_greatest_of_what_windows_say_counts() -> None:
    """Of two windows that keep a sample, the surer one says how sure it is and how far the action is."""
    config = FeatureConfig(NAMES, window=8, before=2, after=2, dim=2 * len(NAMES))
    system = replace(ECHO, plan=lambda c: WindowPlan(c.window, 3, c.before, c.after, MAXIMUM))
    values = np.random.default_rng(0).normal(size=(29, 2 * len(NAMES))).astype(np.float32)

    class Surer(EchoNetwork):
        """Surer the further a window has come."""

        def forward(self, window: Window) -> Output:
            output = super().forward(window)
            rise = torch.arange(output.logits.shape[1]).view(1, -1, 1)
            return replace(output, logits=output.logits + rise, displacement=output.displacement + rise)

    scores = score_half(Judge(system, config, Surer(config)), half_of(values))
    sample, column = 11, 3
    rows = [w.row(sample) for w in system.plan(config).windows(29) if w.first <= sample < w.stop]
    assert len(rows) > 1
    expected = 1 / (1 + np.exp(-(values[sample, column] + max(rows))))
    assert scores.confidence[sample, column] == pytest.approx(expected, abs=1e-5)
    assert scores.displacement is not None
    assert scores.displacement[sample, column] == pytest.approx(values[sample, len(NAMES) + column] + max(rows))


# --- from output to scores --------------------------------------------------------------------------------


def test_a_softmax_counts_the_background() -> None:
    logits = torch.tensor([[[1.0, 2.0]]])
    output = Output(logits, background=torch.tensor([[0.5]]))
    every = np.exp([0.5, 1.0, 2.0])
    scores = Decoding(activation=SOFTMAX).scores(output)[0].confidence
    assert scores[0] == pytest.approx(every[1:] / every.sum())
    assert Decoding().scores(output)[0].confidence[0] == pytest.approx(1 / (1 + np.exp([-1.0, -2.0])))
    with pytest.raises(ValueError, match="needs the logit of the background"):
        Decoding(activation=SOFTMAX).scores(Output(logits))


def test_scores_that_are_moved_arrive_at_the_sample_their_displacement_names() -> None:
    """One second on is two samples; of two that arrive the greater stays, and none leaves the half."""
    config = FeatureConfig(NAMES, window=10, dim=2 * len(NAMES))
    values = np.full((10, 2 * len(NAMES)), -9.0, np.float32)
    values[:, len(NAMES) :] = 0
    values[[2, 4, 9], 0] = (2.0, 1.0, 3.0)
    values[[2, 9], len(NAMES)] = (1.0, 4.0)
    system = replace(ECHO, decoding=Decoding(displacement=MOVED))
    scores = score_half(Judge(system, config, EchoNetwork(config)), half_of(values))
    assert scores.displacement is None
    confidence = 1 / (1 + np.exp(-np.array([1.0, 2.0, 3.0])))
    assert scores.confidence[4, 0] == pytest.approx(confidence[1])
    assert scores.confidence[9, 0] == pytest.approx(confidence[2])
    assert scores.confidence[2, 0] < 0.01


# --- networks of any kind ---------------------------------------------------------------------------------


def test_a_network_over_space_and_time_is_trained_and_analyses(tmp_path: Path, data: DataDirectory) -> None:
    for split in ("train", "val", "test"):
        game = tmp_path / split / "2026-08-01 - 12-00 Home 1 - 0 Away"
        game.mkdir(parents=True)
        make_video(game / "1_224p.mp4", steady(40, rate=2.0))
        write_labels(game / "Labels-v2.json", [Spot(1, 3_000_000, "Goal"), Spot(1, 19_990_000, "Foul")])
    config = SystemTrainingConfig(system="volume", model={"window": 12}, steps=3, batch=2, validate_every=3, warm_up=1)
    trainer = SystemTrainer(
        config, TrainingSet(config, tmp_path, tmp_path / "run", data, "cpu"), tmp_path / "run", "cpu"
    )
    trainer.train()
    card = made_card("volume", trainer.model_config, input_of([], 2.0, PictureSize(32, 18)))
    save_model(tmp_path / "model", trainer.trained, card)
    model = load_model(tmp_path / "model")
    assert model.network.look.weight.is_contiguous(memory_format=torch.channels_last_3d)
    analysis = analyse_match(open_match(tmp_path / "test" / game.name), model, data)
    assert analysis.half(1).scores.shape == (40, 17)
    assert not analysis.has("features")


# --- stages -----------------------------------------------------------------------------------------------


def unlabelled(root: Path) -> Path:
    for path in root.rglob("Labels-v2.json"):
        path.unlink()
    return root


def of_stage(root: Path, run: Path, data: DataDirectory, stage: str, **settings: Any) -> SystemTrainer:
    config = SystemTrainingConfig(
        system="says", stage=stage, features=(SET,), model={"window": 10}, steps=6, batch=4, warm_up=1,
        validate_every=3, learning_rate=0.01, averaging=0.5, **settings,
    )  # fmt: skip
    return SystemTrainer(config, TrainingSet(config, root, run, data, "cpu"), run, "cpu")


def test_a_stage_that_needs_no_labels_reads_none(tmp_path: Path, data: DataDirectory) -> None:
    root = unlabelled(write_splits(tmp_path / "splits"))
    trainer = of_stage(root, tmp_path / "run", data, "likeness")
    before = trainer._validation_loss()
    trainer.train()
    assert trainer.best.score is not None
    assert -trainer.best.score < before
    assert isinstance(trainer.trained, EchoNetwork)
    with pytest.raises(BadInputError, match="no match with Labels-v2"):
        of_stage(root, tmp_path / "other", data, "spotting")


def test_a_stage_that_is_taught_learns_what_its_teacher_says_of_the_same_samples(
    tmp_path: Path, data: DataDirectory
) -> None:
    root = unlabelled(write_splits(tmp_path / "splits"))
    trainer = of_stage(root, tmp_path / "run", data, "distillation", teacher=(SET,))
    clip = trainer.clips.clip(0, 7)
    assert np.array_equal(clip.targets.features.numpy(), clip.samples.features[:, :12])
    trainer.train()
    assert isinstance(trainer.model, Pupil)
    assert isinstance(trainer.trained, EchoNetwork)
    with pytest.raises(BadInputError, match="Name them with teacher"):
        of_stage(root, tmp_path / "a", data, "distillation")
    with pytest.raises(BadInputError, match="learns from no teacher"):
        of_stage(root, tmp_path / "b", data, "likeness", teacher=(SET,))
    with pytest.raises(BadInputError, match="Its stages: likeness, distillation, spotting"):
        of_stage(root, tmp_path / "c", data, "sleep")


# --- labels at the end of a half --------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "says"])
def test_a_label_after_the_last_sample_is_trained_on(name: str, tmp_path: Path, data: DataDirectory) -> None:
    """Up to five seconds after it; every clip drawn around it has a sample of the half."""
    spots = [Spot(1, 44_500_000, "Goal")]
    for split in ("train", "val"):
        write_game(tmp_path / split, spots=spots)
    model = {"window": 10, "before": 5, "after": 4} if name == "max" else {"window": 10}
    config = SystemTrainingConfig(system=name, features=(SET,), model=model, action_share=1.0, steps=2, batch=2)
    trainer = SystemTrainer(
        config, TrainingSet(config, tmp_path, tmp_path / "run", data, "cpu"), tmp_path / "run", "cpu"
    )
    clips = [trainer.clips.draw(k) for k in range(200)]
    assert all(clip.samples.valid.any() for clip in clips)
    assert {clip.samples.start for clip in clips} <= set(range(69, 80))
    assert min(clip.samples.start for clip in clips) < 74  # anywhere in the clip, not at its edge alone


def test_a_label_after_the_end_of_a_video_is_trained_on_or_refused(tmp_path: Path, data: DataDirectory) -> None:
    game = tmp_path / "train" / "2026-08-01 - 12-00 Home 1 - 0 Away"
    game.mkdir(parents=True)
    make_video(game / "1_224p.mp4", steady(40, rate=2.0))
    config = SystemTrainingConfig(
        system="volume", model={"window": 12}, data=("train",), validation=("train",), action_share=1.0, steps=2
    )
    write_labels(game / "Labels-v2.json", [Spot(1, 23_000_000, "Goal")])
    trainer = SystemTrainer(
        config, TrainingSet(config, tmp_path, tmp_path / "run", data, "cpu"), tmp_path / "run", "cpu"
    )
    clips = [trainer.clips.draw(k) for k in range(50)]
    assert all(clip.samples.valid.any() and clip.samples.pictures is not None for clip in clips)
    write_labels(game / "Labels-v2.json", [Spot(1, 70_000_000, "Goal")])
    with pytest.raises(BadInputError, match="half 1 has a label at 70 s, its video ends at 20 s"):
        SystemTrainer(config, TrainingSet(config, tmp_path, tmp_path / "run", data, "cpu"), tmp_path / "run", "cpu")


def test_what_lies_beyond_a_half_is_as_the_plan_says() -> None:
    values = features_of([], 20, dim=4)
    half = half_of(values)
    zeros, repeated = half.read(-3, 8), half.read(15, 8, REPEATED)
    assert zeros.valid.tolist() == [False] * 3 + [True] * 5
    assert zeros.features is not None
    assert np.array_equal(zeros.features, np.concatenate([np.zeros((3, 4), np.float32), values[:5]]))
    assert repeated.features is not None
    assert np.array_equal(repeated.features[4:], np.repeat(values[19:], 4, axis=0))
    assert half.times_of(-2, 4).tolist() == [-1_000_000, -500_000, 0, 500_000]
    with pytest.raises(ValueError, match="no sample from 20 to 28 lies in a half of 20"):
        half.read(20, 8)


def test_a_card_of_features_says_what_is_read() -> None:
    card_input = input_of([FeatureSet("made", 4, 4, 2.0)], 2.0, PictureSize(32, 18))
    assert (card_input.kind, card_input.size, card_input.dim) == ("video and features", (32, 18), 4)
