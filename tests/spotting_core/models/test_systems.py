"""Every system of the registry: shapes, gradients, four clips by heart, weights kept, CPU alone, wrong input named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from spotting_core.base.errors import BadInputError
from spotting_core.features.sets import SOCCERNET, FeatureSet, input_of
from spotting_core.inference.score import score_half
from spotting_core.models.card import WEIGHTS_FILE, CardInput
from spotting_core.models.load import load_model, save_model
from spotting_core.models.registry import system
from spotting_core.models.targets import Targets, stack_targets
from spotting_core.models.window import Window
from tests.conftest import REPOSITORY, made_card
from tests.small_systems import (
    ALL,
    DIFFERENCES,
    DIM,
    LENGTH,
    PITCH_LINES,
    READS_FEATURES,
    READS_PAIRS,
    SPOTS,
    features_window,
    half_of,
    judge_of,
    made_truth,
    names_of,
    small,
    small_config,
    some_window,
    width_of,
)


def clips(name: str, batch: int) -> tuple[Window, Targets]:
    """Clips that show what they hold: clip k has an action of class k, and its features (or frames) are its own."""
    kind, config = system(name), small_config(name)
    if name in READS_FEATURES or name in READS_PAIRS:
        window, length = features_window(name, batch), LENGTH
    else:
        window, length = some_window(name, batch=batch, frames=6), 6
    times = np.arange(length, dtype=np.int64) * 500_000
    middle = length // 2
    truth = [made_truth(name, k, times, middle + k % 3) for k in range(batch)]
    if window.features is not None:
        for k in range(batch):
            window.features[k, middle - 4 : middle + 5] += 3 * torch.randn(width_of(name))
    return window, stack_targets([kind.targets(own, times, config, None) for own in truth])


def columns(name: str) -> int:
    """Columns of a system's scores: its classes, or how sure it is of a moment of a stretch or of a picture."""
    return 1 if name in (*READS_PAIRS, PITCH_LINES) else len(names_of(name))


@pytest.mark.parametrize("name", ALL)
def test_shapes_and_gradients(name: str) -> None:
    model, (window, targets) = small(name).train(), clips(name, 2)
    output = model(window)
    samples = 6 if window.features is None else (1 if model.config.whole else LENGTH)
    assert output.logits.shape == (2, samples, columns(name))
    if output.displacement is not None:
        assert output.displacement.shape == output.logits.shape
        assert output.displacement.abs().max() <= model.config.displacement_radius
    loss = system(name).loss(model, output, targets)
    assert loss.ndim == 0
    loss.backward()
    without = [n for n, p in model.named_parameters() if p.grad is None]
    assert without == []
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@pytest.mark.parametrize("name", [name for name in READS_FEATURES if name not in DIFFERENCES])
def test_four_clips_are_learned_by_heart(name: str) -> None:
    model, (window, targets) = small(name).train(), clips(name, 4)
    slow = name.startswith(("calf", "basic"))
    rate = {"calf": 5e-3, "calf-grounding": 5e-3, "dense-transformer": 5e-3, "basic-shots": 2e-3}.get(name, 1e-2)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    losses = []
    for _ in range(150 if slow else 60):
        loss = system(name).loss(model, model(window), targets)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.2 * losses[0]
    output = model.eval()(window).logits.detach()
    known = 0
    for k in range(4):
        middle = output[k] if name in SPOTS else output[k, LENGTH // 2 : LENGTH // 2 + 3]
        known += int(middle.amax(0).argmax()) == k
    assert known >= (3 if name == "basic-shots" else 4)  # its last rectifier can silence a class for good


# --- saved, loaded, and judged without an accelerator ----------------------------------------------------


def used(name: str) -> torch.nn.Module:
    """A network that has seen a batch in training, so that its statistics are not those it begins with."""
    model, (window, _) = small(name).train(), clips(name, 2)
    model(window)
    return model.eval()


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder of every system."""
    root = tmp_path_factory.mktemp("models")
    for name in ALL:
        video = CardInput("video", 2.0)
        width = width_of(name)
        pictures = name not in READS_FEATURES and name not in READS_PAIRS
        read = video if pictures else input_of([FeatureSet("made", width, width, 2.0)], 2.0)
        save_model(root / name, used(name), made_card(name, small_config(name), read), precise=True)
    return root


def judged(network: torch.nn.Module, name: str) -> dict[str, np.ndarray]:
    """All that a network says of two clips."""
    with torch.inference_mode():
        scores = system(name).decoding.scores(network(clips(name, 2)[0]))
    parts = ("confidence", "displacement", "weight", "kept", "features", "class_map")
    parts_of_scores = {part: [getattr(one, part) for one in scores] for part in parts}
    return {part: np.stack(values) for part, values in parts_of_scores.items() if values[0] is not None}


@pytest.mark.parametrize("name", ALL)
def test_a_saved_model_says_the_same_when_loaded(name: str, saved: Path) -> None:
    network, loaded = used(name), load_model(saved / name)
    assert loaded.config == small_config(name)
    assert (loaded.inputs.features > 0, loaded.inputs.pictures is None) == (
        name in (*READS_FEATURES, *READS_PAIRS),
    ) * 2
    stored, own = load_file(saved / name / WEIGHTS_FILE), network.state_dict()
    assert stored.keys() == own.keys()
    assert all(torch.equal(stored[key], own[key]) for key in own)
    expected, loaded_scores = judged(network, name), judged(loaded.network, name)
    assert expected.keys() == loaded_scores.keys()
    for part, values in expected.items():
        assert np.allclose(values, loaded_scores[part], atol=1e-4), part


def judge_saved(root: Path) -> None:
    """What each saved model says, beside its weights; run where no accelerator can be seen."""
    assert not torch.cuda.is_available()
    for name in ALL:
        loaded = load_model(root / name)
        tensors = [*loaded.network.parameters(), *loaded.network.buffers()]
        assert {t.device.type for t in tensors} == {"cpu"}, name
        np.savez(root / name / "judged.npz", **judged(loaded.network, name))


@pytest.fixture(scope="module")
def without_accelerator(saved: Path) -> Path:
    """The saved models, judged by a process of its own: what this one has seen it cannot unsee."""
    run = f"from pathlib import Path; from {__name__} import judge_saved; judge_saved(Path({str(saved)!r}))"
    hidden = {**os.environ, "CUDA_VISIBLE_DEVICES": "", "HIP_VISIBLE_DEVICES": ""}
    done = subprocess.run([sys.executable, "-c", run], cwd=REPOSITORY, env=hidden, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return saved


@pytest.mark.parametrize("name", ALL)
def test_a_saved_model_needs_no_accelerator(name: str, without_accelerator: Path) -> None:
    arrays = np.load(without_accelerator / name / "judged.npz")
    expected = judged(used(name), name)
    assert set(arrays.files) == expected.keys()
    for part, values in expected.items():
        assert np.allclose(values, arrays[part], atol=1e-4), part


@pytest.mark.parametrize("name", READS_FEATURES)
def test_a_saved_model_judges_a_half_the_same(name: str, saved: Path) -> None:
    network, loaded = used(name), load_model(saved / name)
    features = half_of(np.random.default_rng(0).normal(size=(97, DIM)))
    scores, again = score_half(judge_of(name, network), features), score_half(loaded.judge, features)
    assert np.allclose(scores.confidence, again.confidence, atol=1e-6)
    assert scores.confidence.shape == (97, columns(name))
    assert 0 <= scores.confidence.min() <= scores.confidence.max() <= 1
    assert (scores.displacement is not None) == name.startswith(("dense", "two-stage"))


@pytest.mark.parametrize("name", [*READS_FEATURES, *READS_PAIRS])
def test_a_window_judges_the_same_alone_and_among_others(name: str) -> None:
    model, (window, _) = small(name).eval(), clips(name, 3)
    assert window.features is not None
    with torch.inference_mode():
        together = model(window).logits[1].sigmoid()
        alone = model(one_of(window, 1)).logits[0].sigmoid()
    assert np.allclose(together, alone, atol=1e-5)


def one_of(window: Window, number: int) -> Window:
    """One window of a batch of features."""
    assert window.features is not None
    second = one_of(window.second, number) if window.second is not None else None
    return Window(features=window.features[number : number + 1], second=second)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ALL)
def test_a_gpu_judges_alike_and_learns(name: str) -> None:
    model, (window, targets) = small(name).eval(), clips(name, 2)
    there = Window(
        pictures=window.pictures.cuda() if window.pictures is not None else None,
        entities=window.entities.map(lambda v: v.cuda()) if window.entities is not None else None,
        features=window.features.cuda() if window.features is not None else None,
        second=Window(features=window.second.features.cuda()) if window.second is not None else None,
    )
    decoding = system(name).decoding
    with torch.inference_mode():
        here, scores = decoding.scores(model(window)), decoding.scores(model.cuda()(there))
    for own, other in zip(here, scores, strict=True):
        assert np.abs(own.confidence - other.confidence).max() < 0.01
    loss = system(name).loss(model, model.train()(there), targets.map(lambda v: v.cuda()))
    loss.backward()
    assert all(torch.isfinite(p.grad).all() for p in model.parameters() if p.grad is not None)


@pytest.mark.gpu
@pytest.mark.parametrize("name", READS_FEATURES)
def test_a_half_is_judged_on_a_gpu(name: str) -> None:
    network = small(name).eval()
    features = half_of(np.random.default_rng(0).normal(size=(97, DIM)))
    here = score_half(judge_of(name, network), features)
    there = score_half(judge_of(name, network.cuda()), features)
    assert np.abs(here.confidence - there.confidence).max() < 0.01


@pytest.mark.parametrize("name", ALL)
def test_wrong_input_is_named(name: str) -> None:
    wanted = "features" if name in (*READS_FEATURES, *READS_PAIRS) else "pictures|entities"
    with pytest.raises(ValueError, match=f"this model reads ({wanted}); the window has none"):
        small(name)(Window())
    with pytest.raises(BadInputError, match=f"system '{name.replace('+', chr(92) + '+')}': .*colour"):
        system(name).configure(colour="red")


@pytest.mark.parametrize("name", READS_FEATURES)
def test_features_of_another_width_or_length_are_named(name: str) -> None:
    model = small(name).eval()
    for shape in ((2, LENGTH, DIM - 1), (2, LENGTH, DIM + 1), (LENGTH, DIM)):
        message = f"reads features (B, T, {DIM}); the window's are {shape}"
        with pytest.raises(ValueError, match=re.escape(message)):
            model(Window(features=torch.randn(shape)))
    most = "" if model.config.exact else "at most "
    with pytest.raises(ValueError, match=f"reads windows of {most}{LENGTH} samples; the window has {LENGTH + 1}"):
        model(Window(features=torch.randn(2, LENGTH + 1, DIM)))
    shorter = Window(features=torch.randn(2, LENGTH - 1, DIM))
    if not model.config.exact:
        assert model(shorter).logits.shape == (2, LENGTH - 1, columns(name))
        return
    with pytest.raises(ValueError, match=f"reads windows of {LENGTH} samples; the window has {LENGTH - 1}"):
        model(shorter)


@pytest.mark.parametrize("name", ALL)
def test_a_system_says_what_it_is(name: str) -> None:
    kind = system(name)
    assert any(year in kind.paper for year in ("2018", "2020", "2021", "2022", "2024")) or "ours" in kind.paper
    if name not in DIFFERENCES and name != "latest-action":
        assert kind.paper_parameters(names_of(name)) > 9_000


def test_the_sizes_of_the_papers() -> None:
    sizes = {name: system(name).paper_parameters(names_of(name)) for name in ALL if name not in DIFFERENCES}
    assert sizes["netvlad++"] == 1_704_466
    assert sizes["netvlad"] == 655_378
    assert sizes["max"] == sizes["average"] == 9_234
    assert sizes["calf"] == 578_245
    assert sizes["calf-calibration"] == 741_828
    assert sizes["basic-shots"] == 1_471_181
    assert sizes["calf-grounding"] == 135_150
    assert sizes["published-ball-action"] == 6_773_619  # with 33 pictures
    assert system("two-stage").paper_settings["dim"] == SOCCERNET["baidu_soccer_embeddings"].dim
