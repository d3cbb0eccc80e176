"""Training runs: resumed to the same end, stages that build on one another, what is written."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.computing.number_format import in_bfloat16
from spotting_core.domain.spots import Spot
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.media.pixels import clip_pixels
from spotting_core.models.load import load_model
from spotting_core.models.registry import SystemConfig, kept_middles, system
from spotting_core.models.targets import AnchorTargets
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.labelled import LabelledHalf
from spotting_core.training.allocator import keep_freed_memory
from spotting_core.training.checkpoint import learning_rate_share
from spotting_core.training.clips import TrainingClips
from spotting_core.training.system import SystemTrainer, looked_at
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.train import TrainingOrder, train
from spotting_core.training.trainer import TrainingConfig
from spotting_core.training.training_set import TrainingSet
from tests.spotting_core.checkpoints.made import (
    E2E_SETTINGS,
    UGLF_SETTINGS,
    added,
    comedian_state,
    e2e_spot_state,
    published,
    uglf_state,
)
from tests.videos import make_video, steady

pytestmark = pytest.mark.long

SMALL = {"width": 64, "height": 36, "dim": 32, "hidden": 16, "feed_forward": 32, "window": 20}
SETTINGS = {
    "system": "e2e-spot",
    "model": SMALL,
    "steps": 6,
    "batch": 2,
    "clip": 12,
    "mixup": 0.3,
    "mixup_displacement": True,
    "warm_up": 2,
    "checkpoint_every": 2,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data root with one short labelled match per split."""
    folder = tmp_path_factory.mktemp("splits")
    spots = [Spot(1, 3_000_000, "Goal"), Spot(1, 9_500_000, "Foul"), Spot(1, 14_000_000, "Goal")]
    for split in ("train", "val", "test"):
        game = folder / split / "league" / "2026" / "2026-08-01 - 12-00 Home 1 - 0 Away"
        game.mkdir(parents=True)
        make_video(game / "1_224p.mp4", steady(40, rate=2.0))
        write_labels(game / "Labels-v2.json", spots)
    return folder


def trainer(root: Path, run: Path, data: DataDirectory, **settings: object) -> SystemTrainer:
    config = SystemTrainingConfig(**{**SETTINGS, "validate_every": 3, **settings})  # type: ignore[arg-type]
    return SystemTrainer(config, TrainingSet(config, root, run, data, "cpu"), run, "cpu")


def test_a_cancelled_run_goes_on_and_ends_the_same(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    whole = trainer(root, tmp_path / "whole", data)
    whole.train()
    for stop in (1, 3, 4):
        part = trainer(root, tmp_path / "parts", data)

        def report(step: int, steps: int, losses: Mapping[str, float], stop: int = stop) -> bool:
            assert steps == 6
            assert losses["spotting"] > 0
            return step < stop

        with pytest.raises(CancelledError):
            part.train(report)
        assert part.step == stop
    last = trainer(root, tmp_path / "parts", data)
    assert last.step == 4
    last.train()
    assert last.step == whole.step == 6
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, last.model.state_dict()[name]), name
    assert last.best.score == whole.best.score
    logs = [(tmp_path / run / "log.jsonl").read_text() for run in ("whole", "parts")]
    assert [json.loads(line)["step"] for line in logs[1].splitlines()] == [3, 6]


def test_a_run_of_other_settings_is_not_gone_on_with(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    trainer(root, tmp_path, data, steps=2).train()
    with pytest.raises(BadInputError, match="a run of another configuration"):
        trainer(root, tmp_path, data, steps=2, seed=7)


def test_what_stays_does_not_move(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """Neither weights nor batch statistics of the resting stages change, those after them do."""
    run = trainer(root, tmp_path, data, stages_stay=2)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    run.train()
    moved = {name for name, value in run.model.state_dict().items() if not torch.equal(value, before[name])}
    assert not [name for name in moved if name.startswith(("environment.trunk.stem", "environment.trunk.s1"))]
    assert any(name.startswith("environment.trunk.s2") for name in moved)
    assert any("running_mean" in name for name in moved)


def test_the_environment_stays_when_asked(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    run = trainer(root, tmp_path, data, environment_stays=True)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    run.train()
    moved = {name for name, value in run.model.state_dict().items() if not torch.equal(value, before[name])}
    assert moved
    assert not [name for name in moved if name.startswith("environment.")]


def test_features_that_are_known_are_those_of_the_frames(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    run = trainer(root, tmp_path, data)
    half = run.matches[0].halves[0]
    once = looked_at(run.model.environment, half, torch.device("cpu")).samples
    assert once.pictures is None
    read = (once.read(0, len(half), mirrored=side) for side in (False, True))
    known = np.stack([one.features for one in read])
    assert known.shape == (2, len(half), run.model.environment.dim)
    frames = np.stack([half.samples.pictures[i] for i in range(len(half))])
    for side, pictures in enumerate((frames, np.ascontiguousarray(frames[:, :, ::-1]))):
        with torch.inference_mode(), in_bfloat16("cpu"):
            maps = run.model.environment.feature_map(clip_pixels(pictures[None]))
        expected = maps.float().mean((3, 4))[0].numpy()
        assert np.abs(known[side] - expected).max() < 0.02 * np.abs(expected).max()


def test_checkpoints_take_a_small_share_of_the_time(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    run = trainer(root, tmp_path, data, checkpoint_every=1000, steps=1000)
    run.step = 1
    assert run._due()  # nobody knows yet how long one takes
    run._saving, run._saved = 0.1, time.monotonic() - 1.0
    assert not run._due()
    run._saved -= 1.5
    assert run._due()


def test_in_a_dark_clip_the_environment_says_nothing(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    def gradient(share: float) -> float:
        run = trainer(root, tmp_path / str(share), data, dark_share=share, mixup=0.0)
        run.losses(run.make_batch(0))["spotting"].backward()
        return max(float(p.grad.abs().max()) for p in run.model.environment.trunk.parameters() if p.grad is not None)

    assert gradient(1.0) == 0
    assert gradient(0.0) > 0


def test_rare_classes_are_drawn_as_often_as_asked() -> None:
    spots = [Spot(1, 1_000_000 * k, "Goal") for k in range(16)] + [Spot(1, 500_000, "Foul")]
    times = np.arange(40) * 500_000
    half = LabelledHalf(HalfSamples(1, times, 2.0), spots, [s.time for s in spots], 20_000_000)
    stage, config = system("e2e-spot").stages["spotting"], SystemConfig(("Goal", "Foul"))
    for rarity, expected in ((1.0, 16.0), (0.5, 4.0), (0.0, 1.0)):
        chance = TrainingClips([half], stage, config, kept_middles(config), 12, seed=1, rarity=rarity).chances
        assert chance["Goal"] / chance["Foul"] == pytest.approx(expected)


def test_a_stage_builds_on_the_one_before(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    order = _order(root, tmp_path, "first")
    assert train(order, data) == order.out
    model = load_model(order.out)
    assert model.card.scores == {}
    assert model.card.training["steps"] == 6
    assert model.card.training["data"] == f"{root.name}: train"
    second = trainer(root, tmp_path / "second", data, start_from=str(order.out))
    stored = load_file(order.out / "model.safetensors")
    assert torch.equal(second.model.state_dict()["to_logits.weight"].half(), stored["to_logits.weight"])
    with pytest.raises(BadInputError, match="no model of the earlier stage"):
        trainer(root, tmp_path / "third", data, start_from=str(tmp_path / "nothing"))


def test_a_published_model_is_fine_tuned(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """By its name; what it knows is taken over, but for the last layer where the classes are one's own."""
    theirs = added(published(tmp_path / "theirs", e2e_spot_state(), E2E_SETTINGS), data)
    stored = load_file(theirs.folder / "model.safetensors")
    settings = {"system": "published-e2e-spot", "mixup": 0.0, "model": {"width": 64, "height": 36, "window": 20}}
    run = trainer(root, tmp_path / "same", data, start_from="theirs", **settings)
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    assert all(torch.equal(before[name], value) for name, value in stored.items())
    assert run.make_batch(0).inside is not None  # blank beyond the half, as it was trained
    run.train()
    assert not torch.equal(run.model.state_dict()["to_scores.weight"], before["to_scores.weight"])
    order = replace(_order(root, tmp_path, "further"), config=tmp_path / "further.toml")
    lines = [f"{k} = {json.dumps(v)}" for k, v in {"steps": 2, "batch": 2, "clip": 12, "start_from": "theirs"}.items()]
    shape = "model = {width = 64, height = 36, window = 20}"
    order.config.write_text("\n".join(['system = "published-e2e-spot"', "[config]", *lines, shape]))
    facts = load_model(train(order, data)).card.training
    assert (facts["splits"], facts["earlier"]["project"]) == (["train"], "E2E-Spot")  # it knows what the other knew
    own = tmp_path / "own.txt"
    own.write_text("Goal\nFoul")
    other = trainer(root, tmp_path / "own", data, start_from="theirs", classes=str(own), **settings)
    assert other.model.state_dict()["to_scores.bias"].shape == (3,)
    assert torch.equal(other.model.state_dict()["gru.weight_hh_l0"], stored["gru.weight_hh_l0"])
    with pytest.raises(BadInputError, match=r"none of this name was added.*touchline models add"):
        trainer(root, tmp_path / "none", data, start_from="nobody", **settings)


def test_a_published_transformer_is_fine_tuned(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """On the samples of which its tokens speak."""
    theirs = added(published(tmp_path / "comedian", comedian_state()), data)
    sizes = {"dim": 24, "depth": 2, "temporal_depth": 2, "width": 32, "height": 32, "window": 12}
    still = {"before": 2, "after": 2, "drop_path": 0.0, "mask": 0.0}  # nothing is drawn in the network
    settings = {"system": "published-comedian-vivit", "mixup": 0.0, "clip": 12, "start_from": "comedian"}
    run = trainer(root, tmp_path / "run", data, model={**sizes, **still}, **settings)
    stored = load_file(theirs.folder / "model.safetensors")
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    assert all(torch.equal(before[name], value) for name, value in stored.items())
    batch = run.make_batch(0)
    first = run.losses(batch)["spotting"]
    targets = batch.targets
    assert isinstance(targets, AnchorTargets)
    targets.confidence[:, 1::2] = 1 - targets.confidence[:, 1::2]  # of which no token speaks
    assert torch.equal(run.losses(batch)["spotting"], first)
    targets.confidence[:, ::2] = 1 - targets.confidence[:, ::2]
    assert not torch.equal(run.losses(batch)["spotting"], first)
    run.train()
    assert not torch.equal(run.model.state_dict()["head_class.weight"], before["head_class.weight"])


def test_a_published_model_of_entities_is_fine_tuned(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """It goes on reading the entities of the files beside the matches, and says so on its card."""
    theirs = published(tmp_path / "uglf", uglf_state(), UGLF_SETTINGS)
    added(theirs, data, prompts="football")
    settings = {"system": "published-uglf", "mixup": 0.0, "start_from": "uglf"}
    settings["model"] = {"width": 64, "height": 36, "window": 20, "backbone": "regnety_002", "dim": 368,
                         "feed_forward": 96}  # fmt: skip
    splits = shutil.copytree(root, tmp_path / "splits")
    with pytest.raises(BadInputError, match=r"none are there for 1_224p\.mp4"):
        _ = trainer(splits, tmp_path / "none", data, **settings).matches
    rows = torch.cat([torch.arange(42)[:, None], torch.ones(42, 1), torch.rand(42, 4), torch.randn(42, 256)], 1)
    for video in splits.rglob("1_224p.mp4"):
        torch.save(rows, video.parent / "1.pt")
    run = trainer(splits, tmp_path / "run", data, **settings)
    entities = run.make_batch(0).entities
    assert entities is not None
    assert entities.embedding.shape[-1] == 256
    before = {name: value.clone() for name, value in run.model.state_dict().items()}
    run.train()
    assert not torch.equal(run.model.state_dict()["fusion.entity.weight"], before["fusion.entity.weight"])
    assert run.reader.entity_files is not None
    assert run.reader.entity_files.described["files"] == "GLIP"


def test_a_measured_model_has_its_scores_on_the_card(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    notices: list[str] = []
    order = _order(root, tmp_path, "measured", measured=True)
    card = load_model(train(order, data, notice=notices.append)).card
    assert notices[-1] == "Measuring on the test split"
    assert card.scores["split"] == "test"
    assert card.scores["actions"] == 3
    assert card.scores["per_class"].keys() == {"Goal", "Foul"}
    assert card.scores["interval"]["tight"][0] <= card.scores["tight"] <= card.scores["interval"]["tight"][1]


def _order(root: Path, place: Path, name: str, *, measured: bool = False) -> TrainingOrder:
    config = place / f"{name}.toml"
    values = {k: str(v).lower() for k, v in SETTINGS.items() if k not in ("system", "model")}
    lines = ['system = "e2e-spot"', "[config]", "validate_every = 3", *(f"{k} = {v}" for k, v in values.items())]
    config.write_text("\n".join([*lines, "[config.model]", *(f"{k} = {v}" for k, v in SMALL.items())]))
    return TrainingOrder(config, root, place / "run", place / name, measured=measured)


def test_learning_rate_rises_then_falls_in_a_cosine() -> None:
    share = [learning_rate_share(step, warm_up=4, total=104) for step in range(104)]
    assert share[:4] == [0.25, 0.5, 0.75, 1.0]
    assert share[4] == pytest.approx(1.0)
    assert share[54] == pytest.approx(0.01 + 0.99 / 2)
    assert share[103] == pytest.approx(0.01, abs=1e-3)


def test_every_setting_is_part_of_a_fingerprint() -> None:
    assert TrainingConfig(seed=1).fingerprint() != TrainingConfig(seed=2).fingerprint()
    assert TrainingConfig().fingerprint() == TrainingConfig().fingerprint()


def test_keeping_freed_memory_is_a_matter_of_glibc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.libc_ver", lambda: ("musl", "1.2"))
    assert keep_freed_memory() is False
