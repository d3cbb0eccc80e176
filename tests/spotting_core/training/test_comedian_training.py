"""The four stages of COMEDIAN on small videos: each learns, goes on where it was, and refuses what does not fit."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.domain.spots import Spot
from spotting_core.features.files import write_features
from spotting_core.formats.labels_v2 import write_labels
from spotting_core.inference.analyse import analyse_match
from spotting_core.media.pixels import clip_pixels
from spotting_core.media.source import open_match
from spotting_core.models.card import read_card, write_card
from spotting_core.models.load import load_model
from spotting_core.training.system import SystemTrainer
from spotting_core.training.system_config import SystemTrainingConfig
from spotting_core.training.train import TrainingOrder, train
from spotting_core.training.training_set import TrainingSet
from tests.conftest import REPOSITORY
from tests.videos import make_video, steady

SAMPLES = 80
MODEL = {
    "width": 64, "height": 32, "dim": 24, "depth": 1, "heads": 2, "temporal_depth": 1, "temporal_heads": 2,
    "window": 16, "before": 2, "after": 2, "projection": 16, "queue": 8, "bank": 8,
}  # fmt: skip
STILL = {**MODEL, "drop_path": 0.0, "mask": 0.0}
"""Without anything that is drawn in the network."""
BANK = "made"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Splits train, val and test of a match of 40 s, with a bank of twelve numbers a sample."""
    root = tmp_path_factory.mktemp("splits")
    for number, split in enumerate(("train", "val", "test")):
        game = root / split / f"2026-08-0{number + 1} - 12-00 Home 1 - 0 Away"
        game.mkdir(parents=True)
        make_video(game / "1_224p.mp4", steady(SAMPLES, rate=2.0), first=number * 100)
        write_labels(game / "Labels-v2.json", [Spot(1, 10_000_000, "Goal"), Spot(1, 25_000_000, "Foul")])
        write_features(game, 1, BANK, np.random.default_rng(number).normal(size=(SAMPLES, 12)).astype(np.float32))
    return root


def config_of(stage: str, **settings: Any) -> SystemTrainingConfig:
    taught = {"teacher": (BANK,), "teacher_reduction": 8} if stage == "distil" else {}
    return SystemTrainingConfig(**{
        "system": "comedian-vivit", "stage": stage, "model": MODEL, "steps": 6, "batch": 4, "warm_up": 1,
        "validate_every": 3, "learning_rate": 0.002, "averaging": 0.5, **taught, **settings,
    })  # fmt: skip


def trainer_of(config: SystemTrainingConfig, root: Path, run: Path, data: DataDirectory) -> SystemTrainer:
    return SystemTrainer(config, TrainingSet(config, root, run, data, "cpu"), run, "cpu")


def weights_of(trainer: SystemTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


# --- all four, one after the other ------------------------------------------------------------------------


def test_the_stages_follow_one_another_to_a_model_that_analyses(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    """As a user runs them: each begins where the one before ended, and the last is measured and analyses a match."""
    earlier = ""
    for stage in ("initialise", "distil", "head", "spotting"):
        folder = tmp_path / stage
        folder.mkdir()
        lines = ["system = 'comedian-vivit'", "[config]", f"stage = '{stage}'", "steps = 4", "batch = 4",
                 "warm_up = 1", "validate_every = 2", "averaging = 0.5"]  # fmt: skip
        lines += [f"start_from = '{earlier}'"] if earlier else []
        lines += [f"teacher = ['{BANK}']", "teacher_reduction = 8"] if stage == "distil" else []
        lines += ["[config.model]", *(f"{name} = {value}" for name, value in MODEL.items())]
        (folder / "stage.toml").write_text("\n".join(lines))
        order = TrainingOrder(folder / "stage.toml", root, folder, folder / "model", measured=stage == "spotting")
        train(order, data)
        written = load_file(folder / "model" / "model.safetensors")
        if stage == "head":  # the last layer alone has learned
            before = load_file(tmp_path / "distil" / "model" / "model.safetensors")
            changed = {name for name, value in written.items() if not torch.equal(value, before[name])}
            assert changed == {"head_class.weight", "head_class.bias"}
        earlier = str(folder / "model")
    model = load_model(earlier)
    assert model.card.training["stage"] == "spotting"
    assert model.card.training["earlier"]["stage"] == "head"
    assert model.card.training["earlier"]["earlier"]["teacher"] == {"features": [BANK], "components": 8}
    assert (model.card.input.mean, model.card.input.std) == ((0.45,) * 3, (0.225,) * 3)
    assert model.card.scores
    analysis = analyse_match(open_match(next((root / "test").iterdir())), model, data)
    assert analysis.half(1).scores.shape == (SAMPLES, 17)
    assert analysis.record.model["sees_places"] is True


@pytest.mark.parametrize("stage", ["initialise", "distil"])
def test_a_stage_without_labels_learns_and_goes_on_where_it_was(
    stage: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    """A run that is stopped after two steps ends with the weights, the queue and the follower of one that is not."""
    whole = trainer_of(config_of(stage), root, tmp_path / "whole", data)
    whole.train()
    stopped = trainer_of(config_of(stage), root, tmp_path / "stopped", data)
    with pytest.raises(CancelledError):
        stopped.train(lambda step, *_: step < 2)
    again = trainer_of(config_of(stage), root, tmp_path / "stopped", data)
    assert again.step == 2
    again.train()
    expected = weights_of(whole)
    assert int(expected["queue.pushed"]) > 0
    for name, value in weights_of(again).items():
        assert torch.equal(value, expected[name]), name


def test_distillation_learns_what_the_bank_says(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    config = config_of("distil", steps=40, validate_every=10, validation=("train",), learning_rate=0.004)
    trainer = trainer_of(config, root, tmp_path, data)
    before = trainer._validation_loss()
    trainer.train()
    assert trainer.best.score is not None
    assert -trainer.best.score < 0.97 * before


def test_labels_are_not_read_before_the_head(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    for path in root.rglob("Labels-v2.json"):
        path.rename(path.with_suffix(".away"))
    try:
        trainer_of(config_of("initialise"), root, tmp_path / "a", data)
        trainer_of(config_of("distil"), root, tmp_path / "b", data)
        with pytest.raises(BadInputError, match="no match with Labels-v2"):
            trainer_of(config_of("head"), root, tmp_path / "c", data)
    finally:
        for path in root.rglob("Labels-v2.away"):
            path.rename(path.with_suffix(".json"))


def test_two_views_differ_in_time_and_picture(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    trainer = trainer_of(config_of("initialise"), root, tmp_path, data)
    starts = []
    for number in range(40):
        samples = trainer.clips.draw(number).samples
        assert samples.second is not None
        assert (len(samples), len(samples.second)) == (2, 2)
        assert samples.valid.all()
        assert samples.second.valid.all()
        assert not np.array_equal(samples.pictures, samples.second.pictures)
        starts.append(samples.second.start - samples.start)
        same = trainer.clips.draw(number).samples
        assert np.array_equal(same.second.pictures, samples.second.pictures)  # type: ignore[union-attr]
    assert set(starts) == {-2, -1, 0, 1, 2}


def test_pictures_are_normalised_as_the_system_says(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    trainer = trainer_of(config_of("spotting"), root, tmp_path, data)
    batch = trainer.make_batch(0)
    assert batch.pictures is not None
    shown: list[torch.Tensor] = []
    trainer.learner.register_forward_pre_hook(lambda _m, inputs: shown.append(inputs[0].pictures))
    trainer.losses(batch)
    assert torch.equal(shown[0], clip_pixels(batch.pictures, (0.45,) * 3, (0.225,) * 3))


def test_the_bank_is_reduced_by_components_of_its_own(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    trainer = trainer_of(config_of("distil"), root, tmp_path, data)
    assert (tmp_path / "teacher" / f"{BANK}.reduction.safetensors").is_file()
    clip = trainer.clips.clip(0, 6)
    teacher = trainer.matches[0].halves[0].samples.teacher
    assert teacher is not None
    rows = teacher.rows(6, 22)
    assert rows.shape == (16, 8)
    assert np.allclose(clip.targets.bank.numpy(), (rows[0::2] + rows[1::2]) / 2, atol=1e-6)
    assert not np.allclose(clip.targets.bank.numpy()[1:], (rows[1:-2:2] + rows[2:-1:2]) / 2, atol=1e-3)  # off by one


# --- gradients of several batches and processes -----------------------------------------------------------


def test_gradients_of_several_batches_are_those_of_one(
    root: Path, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In single precision, for half precision rounds batches of another size otherwise."""
    monkeypatch.setattr("spotting_core.training.system.in_bfloat16", lambda *_, **__: nullcontext())
    gradients = []
    for batch, accumulation in ((4, 1), (2, 2)):
        config = config_of("spotting", model=STILL, batch=batch, accumulation=accumulation, action_share=1.0, seed=4)
        trainer = trainer_of(config, root, tmp_path / str(batch), data)
        losses = trainer._backward([trainer.make_batch(number) for number in range(accumulation)])
        gradients.append({name: p.grad for name, p in trainer.model.named_parameters() if p.grad is not None})
        gradients[-1]["loss"] = losses["spotting"]
    assert gradients[0].keys() == gradients[1].keys()
    for name, value in gradients[0].items():
        assert torch.allclose(value, gradients[1][name], atol=1e-6), name


RANK = """
import sys, torch
from pathlib import Path
from spotting_core.base.data_directory import DataDirectory
from spotting_core.computing.processes import Processes
from spotting_core.training.system import SystemTrainer
from spotting_core.training.training_set import TrainingSet
from tests.spotting_core.training.test_comedian_training import STILL, config_of

torch.set_num_threads(1)
processes = Processes.of_environment("cpu")
root, folder, data = map(Path, sys.argv[1:])
for stage in ("spotting", "initialise"):
    config, run = config_of(stage, model=STILL, batch=2, steps=3, action_share=1.0, seed=4), folder / stage
    with processes.first_alone():
        training_set = TrainingSet(config, root, run, DataDirectory(data), "cpu")
        trainer = SystemTrainer(config, training_set, run, "cpu", processes=processes)
    trainer.train()
    torch.save(trainer.model.state_dict(), folder / f"{stage}{processes.rank}.pt")
"""


def test_two_processes_train_one_model(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    """By gloo: both end with the same weights, those of one process that adds up two batches; one writes the run, and
    the keys of both are in the queue of each."""
    (tmp_path / "rank.py").write_text(RANK)
    torchrun(tmp_path / "rank.py", root, tmp_path, data.root)

    def rank(stage: str, number: int) -> dict[str, torch.Tensor]:
        weights: dict[str, torch.Tensor] = torch.load(tmp_path / f"{stage}{number}.pt", weights_only=True)
        return weights

    first = rank("spotting", 0)
    assert all(torch.equal(value, rank("spotting", 1)[name]) for name, value in first.items())
    lines = (tmp_path / "spotting" / "log.jsonl").read_text().splitlines()
    assert len(lines) == 1  # the validation of step 3, once
    config = config_of("spotting", model=STILL, batch=2, accumulation=2, steps=3, action_share=1.0, seed=4)
    alone = trainer_of(config, root, tmp_path / "alone", data)
    alone.train()
    for name, value in weights_of(alone).items():
        assert torch.allclose(value, first[name], atol=2e-4), name
    queue = rank("initialise", 0)
    assert int(queue["queue.pushed"]) == 12  # three steps of two clips in two processes
    assert torch.equal(queue["queue.keys"], rank("initialise", 1)["queue.keys"])


def torchrun(script: Path, *arguments: object) -> None:
    own = {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(script)]
    done = subprocess.run(
        [*command, *map(str, arguments)], env={**os.environ, **own}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]


# --- what does not fit ------------------------------------------------------------------------------------


def test_a_queue_of_more_than_a_quarter_of_the_clips_is_refused(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    for stage in ("initialise", "distil"):
        with pytest.raises(BadInputError, match=r"remembers 11 clips, and the matches have 40.*Set queue = 10 or less"):
            trainer_of(config_of(stage, model={**MODEL, "queue": 11}), root, tmp_path / stage, data)
        trainer_of(config_of(stage, model={**MODEL, "queue": 10}), root, tmp_path / f"{stage}-less", data)


def test_a_bank_of_another_width_is_refused(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    with pytest.raises(BadInputError, match=r"have 12 numbers a sample, this stage learns 8.*teacher_reduction = 8"):
        trainer_of(config_of("distil", teacher_reduction=0), root, tmp_path / "a", data)
    own = config_of("distil", teacher_reduction=0, model={**MODEL, "bank": 12})
    assert trainer_of(own, root, tmp_path / "b", data).clips.clip(0, 0).targets.bank.shape == (8, 12)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            40,
            "40 samples of 40 s are 1 a second, the model reads 2",
        ),  # of one a second, or of a match of half the length
        (0, "neither the features made nor a video|nothing here computes them"),
    ],
)
def test_a_bank_of_another_length_or_none_is_refused(
    rows: int, message: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    copy = tmp_path / "splits"
    shutil.copytree(root, copy)
    (bank,) = (copy / "val").rglob(f"1_{BANK}.npy")
    bank.unlink()
    if rows:
        write_features(bank.parent, 1, BANK, np.ones((rows, 12), np.float32))
    with pytest.raises(BadInputError, match=message):
        trainer_of(config_of("distil"), copy, tmp_path / "run", data)


def test_weights_that_know_the_labels_begin_no_stage_without_them(
    root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    path = tmp_path / "spotting.toml"
    model = "\n".join(f"{name} = {value}" for name, value in MODEL.items())
    path.write_text(f"system = 'comedian-vivit'\n[config]\nsteps = 1\nbatch = 2\n[config.model]\n{model}\n")
    train(TrainingOrder(path, root, tmp_path / "run", tmp_path / "model", measured=False), data)
    with pytest.raises(BadInputError, match="been through the stage spotting, which comes after distil"):
        trainer_of(config_of("distil", start_from=str(tmp_path / "model")), root, tmp_path / "a", data)
    card = read_card(tmp_path / "model")
    further = {name: value for name, value in card.training.items() if name != "stage"}
    write_card(tmp_path / "model", replace(card, training=further))  # as one trained further has it
    with pytest.raises(BadInputError, match="been through the stage spotting, which comes after initialise"):
        trainer_of(config_of("initialise", start_from=str(tmp_path / "model")), root, tmp_path / "a", data)
    swin = {"width": 64, "height": 32, "dim": 24, "depths": [1, 1], "stage_heads": [2, 4], "field": 4, "window": 16,
            "before": 2, "after": 2, "temporal_depth": 1, "temporal_heads": 2}  # fmt: skip
    other = config_of("spotting", system="comedian-viswin", model=swin, start_from=str(tmp_path / "model"))
    with pytest.raises(BadInputError, match=r"weights \d+ have a place in this network.*another kind.*Start from"):
        trainer_of(other, root, tmp_path / "b", data)
    go_on = config_of("spotting", start_from=str(tmp_path / "model"))
    trainer_of(go_on, root, tmp_path / "c", data)


@pytest.fixture(scope="module")
def initialised(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model of a first stage."""
    folder = tmp_path_factory.mktemp("initialised")
    model = "\n".join(f"{name} = {value}" for name, value in MODEL.items())
    head = "system = 'comedian-vivit'\n[config]\nstage = 'initialise'\nsteps = 1\nbatch = 2\n"
    (folder / "stage.toml").write_text(f"{head}[config.model]\n{model}\n")
    order = TrainingOrder(folder / "stage.toml", root, folder, folder / "model", measured=False)
    return train(order, DataDirectory(folder / "data").ensure())


@pytest.mark.parametrize(
    ("setting", "value", "named"),
    [
        ("depth", 2, r"depth = 1 \(here 2\)"),
        ("temporal_depth", 2, r"temporal_depth = 1 \(here 2\)"),
        ("width", 32, r"width = 64 \(here 32\)"),
    ],
)
def test_a_stage_of_another_size_is_refused(
    setting: str, value: int, named: str, initialised: Path, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    """More than half of the weights would have a place; in ``head`` the rest would stay as it was drawn."""
    for stage in ("distil", "head", "spotting"):
        config = config_of(stage, start_from=str(initialised), model={**MODEL, setting: value, "queue": 4})
        with pytest.raises(BadInputError, match=f"network of another size: {named}\\. Give both stages"):
            trainer_of(config, root, tmp_path / stage, data)


def test_a_stage_may_differ_in_what_is_no_size_and_in_its_classes(
    initialised: Path, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    own = {**MODEL, "queue": 4, "bank": 12, "temperature": 0.2}
    config = config_of("distil", start_from=str(initialised), model=own, teacher_reduction=12)
    stored = load_file(initialised / "model.safetensors")
    trainer = trainer_of(config, root, tmp_path / "a", data)
    inner = trainer._inner(trainer.model).state_dict()
    assert all(torch.equal(inner[name].half(), value.half()) for name, value in stored.items())
    card = read_card(initialised)
    fewer = replace(card, classes=card.classes[:3], config={**card.config, "classes": card.classes[:3]})
    shutil.copytree(initialised, tmp_path / "fewer")
    write_card(tmp_path / "fewer", fewer)
    trainer_of(config_of("head", start_from=str(tmp_path / "fewer")), root, tmp_path / "b", data)


def test_what_does_not_fit_is_refused_before_a_video_is_read(
    initialised: Path, root: Path, tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Features of a teacher take an hour; whoever named a queue too large hears of it before."""

    def read(*_: object, **__: object) -> None:
        raise AssertionError("something was read")

    monkeypatch.setattr("spotting_core.training.training_set.labelled_matches", read)
    monkeypatch.setattr("spotting_core.training.training_set.teacher_reader", read)
    for number, (config, message) in enumerate(
        [
            (config_of("distil", model={**MODEL, "queue": 11}), "remembers 11 clips, and the matches have 40"),
            (config_of("distil", teacher_reduction=6), "have 6 numbers a sample, this stage learns 8"),
            (config_of("distil", start_from=str(tmp_path / "none")), "no model of the earlier stage"),
            (config_of("head", start_from=str(initialised), model={**MODEL, "dim": 12}), "of another size: dim = 24"),
        ]
    ):
        with pytest.raises(BadInputError, match=message):
            TrainingSet(config, root, tmp_path / str(number), data, "cpu")


def other_weights(folder: Path, changed: Callable[[dict[str, torch.Tensor]], object]) -> None:
    """The weights of a model after a change."""
    path = folder / "model.safetensors"
    state = load_file(path)
    changed(state)
    save_file(state, path)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: os.truncate(f / "model.safetensors", 5000), r"weights cannot be read.*copy it again"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), r"weights cannot be read.*copy it again"),
        (lambda f: (f / "card.json").unlink(), r"has no card.*Copy the card\.json"),
        (
            lambda f: write_card(f, replace(read_card(f), training={**read_card(f).training, "stage": "5"})),
            "names the stage '5', of which comedian-vivit knows nothing",
        ),
        (
            lambda f: other_weights(f, lambda state: state.pop("over_time.blocks.0.attn.proj.weight")),
            r"lacks 1 of the weights of its network \(over_time\.blocks\.0\.attn\.proj\.weight\)",
        ),
        (
            lambda f: other_weights(f, lambda state: state["over_time.norm.bias"].fill_(torch.nan)),
            r"weight over_time\.norm\.bias holds 24 of 24 numbers that are none",
        ),
    ],
)
def test_a_damaged_earlier_stage_is_refused(
    damage: Callable[[Path], object],
    message: str,
    initialised: Path,
    root: Path,
    tmp_path: Path,
    data: DataDirectory,
) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(initialised, earlier)
    damage(earlier)
    with pytest.raises(BadInputError, match=message):
        trainer_of(config_of("head", start_from=str(earlier)), root, tmp_path / "run", data)


def test_the_folder_of_a_run_is_not_that_of_its_model(
    initialised: Path, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    config = config_of("head", start_from=str(initialised.parent))
    with pytest.raises(BadInputError, match=f"folder of a run: name its model, {re.escape(str(initialised))}"):
        trainer_of(config, root, tmp_path / "run", data)


@pytest.mark.parametrize(
    ("rows", "message"), [(np.zeros, "are the same at every moment"), (lambda s: huge(s), "are too large")]
)
def test_a_bank_that_teaches_nothing_is_refused(
    rows: Callable[[tuple[int, int]], np.ndarray], message: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    copy = tmp_path / "splits"
    shutil.copytree(root, copy)
    for bank in copy.rglob(f"1_{BANK}.npy"):
        bank.unlink()
        write_features(bank.parent, 1, BANK, rows((SAMPLES, 8)).astype(np.float32))
    with pytest.raises(BadInputError, match=rf"teacher {message}.*Make the features {BANK} again"):
        trainer_of(config_of("distil", teacher_reduction=0), copy, tmp_path / "run", data)


def huge(shape: tuple[int, int]) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape) * 1e30


def test_a_stage_without_labels_analyses_no_match(initialised: Path, root: Path, data: DataDirectory) -> None:
    source = open_match(next((root / "test").iterdir()))
    with pytest.raises(BadInputError, match=r"stage initialise, which learns from no labels.*distil and head and spot"):
        analyse_match(source, load_model(initialised), data)


def test_a_run_goes_on_with_the_matches_it_began_with_alone(
    initialised: Path, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    path = tmp_path / "head.toml"
    model = "\n".join(f"{name} = {value}" for name, value in MODEL.items())
    head = f"system = 'comedian-vivit'\n[config]\nstage = 'head'\nsteps = 1\nbatch = 2\nstart_from = '{initialised}'\n"
    path.write_text(f"{head}[config.model]\n{model}\n")

    def order(splits: Path) -> TrainingOrder:
        return TrainingOrder(path, splits, tmp_path / "run", tmp_path / "model", measured=False)

    train(order(root), data)
    train(order(root), data)  # it has ended, and its model is written again
    other = tmp_path / "splits"
    shutil.copytree(root, other)
    game = next((other / "train").iterdir())
    game.rename(game.with_name("2026-09-01 - 12-00 Others 1 - 0 Away"))
    with pytest.raises(BadInputError, match=r"has learned from other matches \(train/2026-08-01"):
        train(order(other), data)


def test_a_run_goes_on_without_the_stage_that_it_began_with(
    initialised: Path, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    earlier = tmp_path / "earlier"
    shutil.copytree(initialised, earlier)
    config = config_of("distil", start_from=str(earlier))
    with pytest.raises(CancelledError):
        trainer_of(config, root, tmp_path / "run", data).train(lambda step, *_: step < 2)
    shutil.rmtree(earlier)
    assert trainer_of(config, root, tmp_path / "run", data).step == 2
    with pytest.raises(BadInputError, match="no model of the earlier stage"):
        trainer_of(config, root, tmp_path / "other", data)


def test_a_refused_setting_names_its_file(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    path = tmp_path / "one.toml"
    path.write_text("system = 'comedian-vivit'\n[config]\nstage = 'initialise'\nbatch = 1\n")
    with pytest.raises(BadInputError, match=r"one\.toml: a clip is told apart"):
        train(TrainingOrder(path, root, tmp_path / "run", tmp_path / "model", measured=False), data)


@pytest.mark.parametrize(
    ("stage", "settings", "message"),
    [
        ("initialise", {"clip": 3}, "reads 2 samples at a time, clips have 3"),
        ("initialise", {"sharpness": 0.1}, "remember every clip twice"),
        ("initialise", {"batch": 1}, "told apart from the others of its batch, and a batch has one"),
        ("distil", {"teacher": ()}, "Name them with teacher"),
        ("head", {}, r"the rest would stay as it was drawn.*with start_from"),
        ("spotting", {"stages_stay": 1}, "has no environment"),
    ],
)
def test_settings_that_do_not_fit_are_refused(
    stage: str, settings: dict[str, Any], message: str, root: Path, tmp_path: Path, data: DataDirectory
) -> None:
    with pytest.raises(BadInputError, match=message):
        trainer_of(config_of(stage, **settings), root, tmp_path, data)


def test_a_system_that_cannot_compute_twice_says_so(root: Path, tmp_path: Path, data: DataDirectory) -> None:
    config = SystemTrainingConfig(
        system="max", features=(BANK,), model={"window": 10, "before": 5, "after": 4}, recompute=True
    )
    with pytest.raises(BadInputError, match="max cannot compute its activations twice"):
        trainer_of(config, root, tmp_path, data)
