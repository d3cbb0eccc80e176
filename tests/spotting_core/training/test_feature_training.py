"""Systems that read features: how clips are drawn and halves are slid over, and whole runs from files to spots."""

from __future__ import annotations

import io
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import timm
import torch

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.features.half import FeatureReader
from spotting_core.features.sets import SOCCERNET
from spotting_core.inference.analyse import analyse_match
from spotting_core.inference.score import score_half
from spotting_core.media.source import open_match
from spotting_core.models.card import BROADCAST, SIMULATED, read_card, write_card
from spotting_core.models.inputs import Inputs
from spotting_core.models.load import load_model
from spotting_core.models.registry import FeatureConfig, kept_middles, system
from spotting_core.models.window import Window
from spotting_core.models.window_plan import REPEATED
from spotting_core.samples.labelled import labelled_matches
from spotting_core.samples.reader import SampleReader
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.training.clips import ACTIONS, GRID, TrainingClips
from spotting_core.training.sharpness import SharpnessAware
from spotting_core.training.system import SystemTrainer
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.train import TrainingOrder, train
from spotting_core.training.training_set import TrainingSet
from tests.feature_games import NAMES, SET, SPOTS, write_game, write_splits
from tests.small_systems import half_of, judge_of
from tests.videos import make_video, steady

SETTINGS = {
    "system": "max++",
    "features": (SET,),
    "steps": 6,
    "batch": 4,
    "warm_up": 2,
    "checkpoint_every": 2,
    "validate_every": 3,
    "model": {"window": 10, "before": 5, "after": 4},
}
READER = SampleReader(Inputs(features=512), 2.0, features=FeatureReader([SOCCERNET[SET]], 2.0))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_splits(tmp_path_factory.mktemp("splits"))


def trainer(root: Path, run: Path, data: DataDirectory, **settings: object) -> SystemTrainer:
    return SystemTrainer(
        SystemTrainingConfig(**{**SETTINGS, **settings}),
        TrainingSet(SystemTrainingConfig(**{**SETTINGS, **settings}), root, run, data, "cpu"),
        run,
        "cpu",
    )  # type: ignore[arg-type]


# --- sliding --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 7, 10, 11, 25, 100])
@pytest.mark.parametrize(("before", "after"), [(0, 0), (2, 2), (3, 0)])
def test_every_sample_counts_in_exactly_one_window(samples: int, before: int, after: int) -> None:
    config = FeatureConfig(window=10, before=before, after=after)
    plan = kept_middles(config)
    windows = plan.windows(samples)
    assert [k for w in windows for k in range(w.first, w.stop)] == list(range(samples))
    for w in windows:
        assert 0 <= w.start <= max(0, samples - 10)
        assert w.start <= w.first < w.stop <= w.end == w.start + 10
    for w in windows[1:-1]:
        assert w.first - w.start == before
        assert w.end - w.stop == after
    assert plan.window_at(samples, samples // 2) in windows


def test_a_system_that_judges_windows_as_a_whole_is_slid_sample_by_sample() -> None:
    torch.manual_seed(0)
    config = system("netvlad++").configure(classes=NAMES, dim=6, window=10, before=5, after=4, vocabulary=4)
    network = system("netvlad++").build(config).eval()
    features = half_of(np.random.default_rng(0).normal(size=(37, 6)))
    scores = score_half(judge_of("netvlad++", network), features)
    assert scores.confidence.shape == (37, 17)
    for sample in (0, 3, 18, 36):
        window = kept_middles(config).window_at(37, sample)
        assert (window.first, window.row(sample)) == (sample, 0)
        read = features.read(window.start, window.length, REPEATED).features
        with torch.no_grad():
            alone = network(Window(features=torch.from_numpy(read)[None])).logits[0, 0].sigmoid()
        assert np.abs(scores.confidence[sample] - alone.numpy()).max() < 1e-5
    first = features.read(-5, 10, REPEATED).features
    assert np.array_equal(first[:6], np.repeat(features.read(0, 1).features, 6, axis=0))  # the first sample is repeated


# --- clips ----------------------------------------------------------------------------------------------


def clips_of(root: Path, data: DataDirectory, **settings: object) -> TrainingClips:
    halves = [h for m in labelled_matches([root / "train"], READER, data, SPOTTING) for h in m.halves]
    config = system("max").configure(classes=NAMES, window=10, before=5, after=4)
    stage = system("max").stages["spotting"]
    return TrainingClips(halves, stage, config, kept_middles(config), 10, seed=3, **settings)  # type: ignore[arg-type]


def features_drawn(clips: TrainingClips, number: int) -> torch.Tensor:
    return torch.from_numpy(clips.draw(number).samples.features)


def test_an_epoch_of_the_grid_has_every_clip_once(root: Path, data: DataDirectory) -> None:
    clips = clips_of(root, data, sampling=GRID)
    assert clips.epoch == 8
    epochs = [[features_drawn(clips, e * 8 + k) for k in range(8)] for e in range(2)]
    whole = torch.cat(sorted((f for f in epochs[0]), key=lambda f: float(f[0, 0])))
    again = torch.cat(sorted((f for f in epochs[1]), key=lambda f: float(f[0, 0])))
    assert torch.equal(whole, again)
    assert not torch.equal(torch.cat(epochs[0]), torch.cat(epochs[1]))
    same = clips_of(root, data, sampling=GRID)
    assert torch.equal(features_drawn(same, 5), features_drawn(clips, 5))


def test_clips_are_laid_around_actions(root: Path, data: DataDirectory) -> None:
    clips = clips_of(root, data, sampling=ACTIONS, action_share=1.0, rarity=0.0)
    labels = torch.stack([clips.draw(k).targets.label for k in range(60)])
    assert labels[:, 0].sum() <= 12  # background only where the action's second lies beyond the clip's edge
    goals, fouls = (labels[:, 1 + NAMES.index(n)].sum() for n in ("Goal", "Foul"))
    assert 0.5 < goals / fouls < 2  # all classes alike, though there are two goals and one foul


def test_labels_beyond_the_features_say_so(tmp_path: Path, data: DataDirectory) -> None:
    write_game(tmp_path, spots=[Spot(1, 71_000_000, "Goal")])
    with pytest.raises(BadInputError, match="has a label at 71 s, its features end at 40 s"):
        labelled_matches([tmp_path], READER, data, SPOTTING)


def test_features_of_another_rate_than_their_video_are_refused(tmp_path: Path, data: DataDirectory) -> None:
    """80 samples of a half of 80 s are one a second, and every label would lie at another sample."""
    game = write_game(tmp_path)
    make_video(game / "1_224p.mp4", steady(160, rate=2.0))
    with pytest.raises(BadInputError, match=r"80 samples of 80 s are 1\.01 a second, the model reads 2"):
        labelled_matches([tmp_path], READER, data, SPOTTING)


def test_labels_that_all_end_early_say_that_the_features_are_too_fast(tmp_path: Path, data: DataDirectory) -> None:
    spots = [Spot(1, second * 1_000_000, "Goal") for second in range(20)]
    game = write_game(tmp_path, spots=spots)
    with pytest.raises(BadInputError, match="lies at 48% of its features at most, in 1 half"):
        labelled_matches([tmp_path], READER, data, SPOTTING)
    make_video(game / "1_224p.mp4", steady(80, rate=2.0))  # the half is known to be as long as its features
    assert len(labelled_matches([tmp_path], READER, data, SPOTTING)) == 1
    write_game(tmp_path / "few", spots=spots[:3])
    assert len(labelled_matches([tmp_path / "few"], READER, data, SPOTTING)) == 1


def test_a_match_with_neither_features_nor_video_says_so(tmp_path: Path, data: DataDirectory) -> None:
    (write_game(tmp_path) / f"1_{SET}.npy").unlink()
    with pytest.raises(BadInputError, match=f"neither the features {SET} nor a video"):
        labelled_matches([tmp_path], READER, data, SPOTTING)
    with pytest.raises(BadInputError, match="no match with Labels-v2"):
        labelled_matches([tmp_path / "nothing"], READER, data, SPOTTING)


def test_a_half_with_labels_is_never_left_out(tmp_path: Path, data: DataDirectory) -> None:
    """Of a match whose halves have other sources every labelled half is read, or an error names it."""
    game = write_game(tmp_path, spots=[*SPOTS, Spot(2, 3_000_000, "Foul")])
    with pytest.raises(BadInputError, match=f"half 2 has labels, but neither the features {SET} nor a video"):
        labelled_matches([tmp_path], READER, data, SPOTTING)
    make_video(game / "2_224p.mp4", steady(40, rate=2.0))
    with pytest.raises(BadInputError, match=f"the features {SET} are not here"):
        labelled_matches([tmp_path], READER, data, SPOTTING)
    write_features(game, 2, SET, np.zeros((40, 512)))
    (match,) = labelled_matches([tmp_path], READER, data, SPOTTING)
    assert [(len(h), len(h.truth)) for h in match.halves] == [(80, 3), (40, 1)]


# --- the run --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sharpness", [0.0, 0.1])
def test_a_cancelled_run_goes_on_and_ends_the_same(
    root: Path, tmp_path: Path, data: DataDirectory, sharpness: float
) -> None:
    settings = {"sharpness": sharpness, "mixup": 0.3, "noise": 0.1}
    whole = trainer(root, tmp_path / "whole", data, **settings)
    whole.train()

    def report(step: int, _steps: int, losses: Mapping[str, float]) -> bool:
        return step < 3

    with pytest.raises(CancelledError):
        trainer(root, tmp_path / "parts", data, **settings).train(report)
    last = trainer(root, tmp_path / "parts", data, **settings)
    assert last.step == 3
    last.devices = ["cuda, 1 threads"]  # as if the rest were done elsewhere
    last.save()
    last = trainer(root, tmp_path / "parts", data, **settings)
    assert last.devices == ["cuda, 1 threads"]  # nothing was trained here yet
    last.train()
    assert "cuda, 1 threads" in last.devices
    assert len(last.devices) == 2
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, last.model.state_dict()[name]), name
    assert last.best.score == whole.best.score


def test_a_run_without_its_best_weights_says_so_before_it_goes_on(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    trainer(root, tmp_path / "run", data, validate_every=1).train()
    (tmp_path / "run" / "best.pt").unlink()
    with pytest.raises(BadInputError, match="not the weights that validated best"):
        trainer(root, tmp_path / "run", data, validate_every=1)


def test_best_weights_that_were_not_written_whole_leave_those_before(
    root: Path, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = trainer(root, tmp_path / "run", data, validate_every=1)
    run.train()
    before, save = run.best.weights(), torch.save

    def torn(value: object, place: Any) -> None:
        if "best.pt" not in str(getattr(place, "name", place)):
            save(value, place)
            return
        content = io.BytesIO()
        save(value, content)
        half = content.getvalue()[: len(content.getvalue()) // 2]
        place.write(half) if hasattr(place, "write") else Path(place).write_bytes(half)
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", torn)
    run.best.score = None
    with pytest.raises(KeyboardInterrupt):
        run.after_step()
    again = trainer(root, tmp_path / "run", data, validate_every=1).best.weights()
    assert all(torch.equal(value, again[name]) for name, value in before.items())
    assert not list((tmp_path / "run").glob(".*"))


def test_a_tight_budget_makes_fewer_batches_ahead(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    assert trainer(root, tmp_path / "a", data).batches_ahead == 3
    few = trainer(root, tmp_path / "b", data, memory=1, batch=12)  # of 0.23 MiB each: two in the making, two beside
    assert (few.makers, few.batches_ahead) == (1, 2)
    few.train()
    with pytest.raises(BadInputError, match="batches of 14 clips need 2 MiB, they may take 1"):
        trainer(root, tmp_path / "c", data, memory=1, batch=14)
    for more in ({"noise": 0.1}, {"mixup": 0.3}):  # each takes more beside the batch
        with pytest.raises(BadInputError, match="batches of 12 clips need 2 MiB"):
            trainer(root, tmp_path / "d", data, memory=1, batch=12, **more)


def test_what_cannot_be_blended_refuses_mixup(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    settings = {"window": 48, "before": 8, "after": 8}
    with pytest.raises(BadInputError, match="what calf learns from two clips cannot be blended"):
        trainer(root, tmp_path / "run", data, system="calf", model=settings, mixup=0.3)


def test_lists_of_a_configuration_file_are_settings_of_the_model(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    settings = {"window": 48, "before": 8, "after": 8, "pyramid": [4, 4, 4, 4]}
    begun = trainer(root, tmp_path / "run", data, system="calf", model=settings)
    assert begun.model_config.pyramid == (4, 4, 4, 4)
    begun.train()


@pytest.mark.parametrize("system_name", ["max", "e2e-spot"])
def test_patience_is_at_least_one_validation(system_name: str, root: Path, tmp_path: Path, data: DataDirectory) -> None:
    config = tmp_path / "c.toml"
    config.write_text(f'system = "{system_name}"\n[config]\npatience = 0\n')
    with pytest.raises(BadInputError, match="patience must be a whole number of at least 1, not 0"):
        train(TrainingOrder(config, root, tmp_path / "run", tmp_path / "out"), data)


def test_a_run_of_another_configuration_says_so_first(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    trainer(root, tmp_path / "run", data).train()
    with pytest.raises(BadInputError, match="this folder holds a run of another configuration"):
        trainer(root, tmp_path / "run", data, reduction=4)


def test_a_run_that_ended_early_stays_ended(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    settings = {"validate_every": 1, "patience": 1, "learning_rate": 0.0}
    trainer(root, tmp_path / "run", data, **settings).train()
    again = trainer(root, tmp_path / "run", data, **settings)
    assert again.step == 2  # the second validation is no better than the first
    again.train()
    assert again.step == 2


def test_a_mistyped_split_is_told_before_features_are_read(
    root: Path, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spotting_core.training.training_set.labelled_matches", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(BadInputError, match="no match with Labels-v2"):
        trainer(root, tmp_path / "run", data, validation=("vale",), reduction=4)


def test_a_reduction_of_other_settings_is_not_gone_on_with(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """A run that ended before its first checkpoint left one behind."""
    trainer(root, tmp_path, data, reduction=4)
    begun = trainer(root, tmp_path, data, reduction=6)
    assert begun.model_config.dim == 6
    begun.train()
    path = tmp_path / f"{SET}.reduction.safetensors"
    written = path.stat().st_mtime_ns
    trainer(root, tmp_path, data, reduction=6)
    assert path.stat().st_mtime_ns == written  # a run that goes on keeps its own
    path.unlink()
    with pytest.raises(BadInputError, match="not the reduction it was trained with"):
        trainer(root, tmp_path, data, reduction=6)


def test_settings_that_make_no_sense_say_so(tmp_path: Path, root: Path, data: DataDirectory) -> None:
    config = tmp_path / "c.toml"
    config.write_text('system = "max"\n[config]\nsampling = "all"\n')
    with pytest.raises(BadInputError, match="sampling must be grid or actions"):
        train(TrainingOrder(config, root, tmp_path / "run", tmp_path / "out"), data)


def test_from_files_to_spots(tmp_path: Path, data: DataDirectory) -> None:
    """A model trained on reduced features finds the actions of a match that has a video and feature files."""
    root = write_splits(tmp_path / "splits", games=2)
    for game in (root / "test").rglob("Labels-v2.json"):
        make_video(game.parent / "1_224p.mp4", steady(80, rate=2.0))
    config = tmp_path / "max++.toml"
    config.write_text(
        f'system = "max++"\n[config]\nfeatures = ["{SET}"]\nreduction = 24\nsteps = 80\nbatch = 8\nwarm_up = 5\n'
        'learning_rate = 0.01\naveraging = 0.9\nvalidate_every = 40\nchoose_by = "loose"\n'
        "[config.model]\nwindow = 10\nbefore = 5\nafter = 4\ndropout = 0.0\nsuppression = 8.0\n"
    )
    folder = train(TrainingOrder(config, root, tmp_path / "run", tmp_path / "model"), data)
    model = load_model(folder)
    assert model.inputs.features == 24
    assert model.card.input.dim == 24
    assert model.card.scores["loose"] > 0.9
    game = next((root / "test").rglob("Labels-v2.json")).parent
    analysis = analyse_match(open_match(game), model, data)
    assert [s.label for s in analysis.spots()] == ["Goal", "Foul", "Goal"]
    assert analysis.half(1).array("features").shape == (80, 24)
    assert analysis.classes.get("Goal").suppression == 8.0
    assert not analysis.has("displacement")
    again = Analysis.open(analysis.folder)
    assert again.spots() == analysis.spots()
    card = read_card(folder)  # other settings of the same weights say other things
    write_card(folder, replace(card, config={**card.config, "suppression": 4.0}))
    other = analyse_match(open_match(game), load_model(folder), data)
    assert other.folder != analysis.folder
    assert other.classes.get("Goal").suppression == 4.0
    np.save(game / f"1_{SET}.npy", np.zeros((20, 512), np.float32))
    with pytest.raises(BadInputError, match="20 samples of 40 s"):
        analyse_match(open_match(game), model, data)
    (folder / f"{SET}.reduction.safetensors").unlink()
    with pytest.raises(BadInputError, match="this reduction cannot be read"):
        analyse_match(open_match(game), model, data)


def test_files_of_any_name_can_be_trained_on(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    for split in ("train", "val"):
        shutil.copytree(root / split, tmp_path / split)
        for path in (tmp_path / split).rglob(f"1_{SET}.npy"):
            np.save(path.with_name("1_my [own].npy"), np.load(path)[:, :20])
    begun = trainer(tmp_path, tmp_path / "run", data, features=("my [own]", SET))
    assert begun.model_config.dim == 20 + 512
    begun.train()
    with pytest.raises(BadInputError, match="there is no extractor 'theirs'"):
        trainer(tmp_path, tmp_path / "other", data, features=("theirs",))


def test_a_timm_backbone_is_named_with_its_weights(tmp_path: Path, data: DataDirectory) -> None:
    weights = tmp_path / "w.pth"
    torch.save(timm.create_model("test_resnet", num_classes=0).state_dict(), weights)
    for split in ("train", "val"):
        make_video(write_game(tmp_path / split) / "1_224p.mp4", steady(80, rate=2.0))
    settings = {"features": ("test_resnet",), "weights": {"test_resnet": str(weights)}}
    begun = trainer(tmp_path, tmp_path / "run", data, **settings)
    (kind,) = begun.reader.features.sets
    assert kind.extractor is not None
    assert (kind.extractor.model, kind.dim) == ("test_resnet", begun.model_config.dim)
    begun.train()
    with pytest.raises(ValueError, match="weights are given of 'test_vit', which is not among the features"):
        SystemTrainingConfig(weights={"test_vit": "w.pth"})
    with pytest.raises(ValueError, match="weights must be files by the names of backbones"):
        SystemTrainingConfig(features=("test_vit",), weights={"test_vit": 3})  # type: ignore[dict-item]


def test_files_of_a_backbone_do_not_hide_weights_that_are_missing(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    shutil.copytree(root / "train", tmp_path / "train")
    shutil.copytree(root / "val", tmp_path / "val")
    for path in tmp_path.rglob(f"1_{SET}.npy"):
        shutil.copyfile(path, path.with_name("1_test_resnet.npy"))
    settings = {"features": ("test_resnet",), "weights": {"test_resnet": str(tmp_path / "typo.pth")}}
    with pytest.raises(BadInputError, match="the weights of test_resnet are not here"):
        trainer(tmp_path, tmp_path / "run", data, **settings)


def test_a_model_brings_the_weights_of_its_backbone(tmp_path: Path, data: DataDirectory) -> None:
    weights, config = tmp_path / "w.pth", tmp_path / "max.toml"
    torch.save(timm.create_model("test_resnet", num_classes=0).state_dict(), weights)
    for split in ("train", "val"):
        make_video(write_game(tmp_path / split) / "1_224p.mp4", steady(80, rate=2.0))
    config.write_text(
        'system = "max"\n[config]\nfeatures = ["test_resnet"]\nsteps = 2\nbatch = 4\nvalidate_every = 2\n'
        f'[config.weights]\ntest_resnet = "{weights}"\n'
    )
    folder = train(TrainingOrder(config, tmp_path, tmp_path / "run", tmp_path / "model"), data)
    weights.unlink()
    video = make_video(tmp_path / "other.mp4", steady(20, rate=2.0))
    assert analyse_match(open_match(video), load_model(folder), data).half(1).array("features").shape[0] == 20


def test_a_model_is_measured_without_videos_and_its_card_says_what_it_was_trained_on(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    config, notices = tmp_path / "max.toml", []
    config.write_text(f'system = "max"\n[config]\nfeatures = ["{SET}"]\nsteps = 2\nbatch = 4\nvalidate_every = 2\n')
    order = TrainingOrder(config, root, tmp_path / "run", tmp_path / "model")
    card = load_model(train(order, data, notice=notices.append)).card
    assert card.scores["matches"] == 1
    assert (card.domain, card.training["data"]) == (BROADCAST, f"{root.name}: train")
    for split in ("train", "val"):
        shutil.copytree(root / split, tmp_path / "rendered" / split)
        for labels in (tmp_path / "rendered" / split).rglob("Labels-v2.json"):
            (labels.parent / "meta.json").write_text('{"engine": "made"}')
    order = TrainingOrder(config, tmp_path / "rendered", tmp_path / "run2", tmp_path / "model2")
    card = load_model(train(order, data, notice=notices.append)).card
    assert (card.domain, card.scores, card.licence) == (SIMULATED, {}, "Apache-2.0")
    assert notices[-1] == f"There is no test split in {tmp_path / 'rendered'}: the card has no scores"


def test_a_match_with_a_video_of_one_half_is_measured_by_its_features(tmp_path: Path, data: DataDirectory) -> None:
    """Analysed, its other half would be missing, and all its actions would count as missed."""
    spots = [*SPOTS, Spot(2, 8_000_000, "Goal")]
    for split in ("train", "val", "test"):
        game = write_game(tmp_path / split, spots=spots)
        write_features(game, 2, SET, np.zeros((80, 512)))
        make_video(game / "1_224p.mp4", steady(80, rate=2.0))
    config = tmp_path / "max.toml"
    config.write_text(f'system = "max"\n[config]\nfeatures = ["{SET}"]\nsteps = 2\nbatch = 4\nvalidate_every = 2\n')
    order = TrainingOrder(config, tmp_path, tmp_path / "run", tmp_path / "model")
    assert load_model(train(order, data)).card.scores["actions"] == 4
    assert not list((data.root / "analyses").glob("*"))


def test_features_for_a_model_that_reads_frames_say_so(tmp_path: Path, data: DataDirectory) -> None:
    from tests.conftest import small_model

    make_video(tmp_path / "a.mp4", steady(20, rate=2.0))
    model = load_model(small_model(tmp_path / "m"))
    assert not model.inputs.features
    with pytest.raises(BadInputError, match="reads pictures, not features"):
        analyse_match(open_match(tmp_path / "a.mp4"), model, data, features=tmp_path)


# --- sharpness ------------------------------------------------------------------------------------------


def test_a_sharpness_aware_step_by_hand() -> None:
    w = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    optimiser = torch.optim.SGD([w], lr=0.1)

    def again() -> None:
        (w.square().sum() / 2).backward()

    again()
    SharpnessAware(optimiser, 0.5).step(again)
    # The gradient is w itself: climb 0.5 along (3, 4) / 5 to (3.3, 4.4), go down from (3, 4) by a tenth of that.
    assert w.tolist() == pytest.approx([3 - 0.33, 4 - 0.44])
