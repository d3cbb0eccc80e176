"""Explanations of models that read features: the score that counts, and what its samples' features add to it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from explain.explained_window import window_around
from explain.faithfulness import fitting_methods, measure_spot
from explain.methods import METHODS, explain
from explain.probe import Probe
from explain.what_if import BoxEdit, TimeEdit, what_if
from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.inference.score import score_half
from spotting_core.models.card import CardInput
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import FeatureConfig, system
from spotting_core.models.window import Output, Window
from tests.explain.toys import OneFrame, explained_window, toy
from tests.small_systems import SPOTS_OF_FEATURES, half_of, judge_of, small, small_config

CLASSES = load_classes()
SAMPLES, DIM = 120, 32
LABEL = "Corner"
COLUMN = CLASSES.index(LABEL)


def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(SAMPLES, DIM)).astype(np.float32)


def analysis_of(features: np.ndarray | None) -> Any:
    times = np.arange(SAMPLES, dtype=np.int64) * 500_000
    half = SimpleNamespace(
        times=times, frames=np.arange(SAMPLES), record=SimpleNamespace(width=64, height=36), folder=Path("half1"),
        has=lambda name: features is not None, array=lambda name: features,
        nearest_sample=lambda time: int(np.abs(times - time).argmin()),
    )  # fmt: skip
    return SimpleNamespace(half=lambda number: half)


def loaded(name: str, network: nn.Module, config: Any) -> LoadedModel:
    card: Any = SimpleNamespace(name=name, entities=None, input=CardInput("features", 2.0), domain="simulated")
    return LoadedModel(card, system(name), network.eval(), config, CLASSES, "0" * 64, Path())


@pytest.mark.parametrize("name", SPOTS_OF_FEATURES)
@pytest.mark.parametrize("sample", [0, 3, 60, SAMPLES - 1])
def test_the_score_is_the_one_that_counts(name: str, sample: int) -> None:
    network, config = small(name), small_config(name)
    model = loaded(name, network, config)
    whole = score_half(judge_of(name, network), half_of(values()))
    probe = Probe(model, window_around(analysis_of(values()), None, model, 1, sample * 500_000))
    beside = 5 if name == "calf" else 0  # samples: it places whole actions, here or there within 2.5 s
    near = whole.confidence[max(0, sample - beside) : sample + beside + 1, COLUMN]
    assert probe.score(LABEL) == pytest.approx(float(near.max()), abs=1e-4)
    assert probe.window.times[probe.window.anchor] == sample * 500_000


@pytest.mark.parametrize(("away", "counts"), [(-6, False), (-5, True), (0, True), (5, True), (6, False)])
def test_an_action_placed_up_to_two_and_a_half_seconds_beside_is_the_same_one(away: int, counts: bool) -> None:
    model = loaded("calf", small("calf"), small_config("calf"))
    probe = Probe(model, window_around(analysis_of(values()), None, model, 1, 60 * 500_000))
    logits = torch.full_like(probe.output.logits, -9.0)
    logits[0, probe.row + away, COLUMN] = 9.0
    assert bool(probe.at_anchor(logits, LABEL)[0] > 0.5) == counts


class Adds(nn.Module):
    """Says of every sample what its own features add up to, and a third of the next sample's."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.linspace(-1, 1, DIM))

    def forward(self, window: Window) -> Output:
        assert window.features is not None
        output: Tensor = window.features @ self.weight
        after = torch.cat([output[:, 1:], torch.zeros_like(output[:, :1])], 1)
        logits = torch.zeros(*output.shape, len(CLASSES))
        logits[..., COLUMN] = 0.1 * output + 0.1 / 3 * after
        return Output(logits=logits)


@pytest.fixture
def adding() -> Probe:
    config = FeatureConfig(classes=CLASSES.names, window=40, dim=DIM, before=5, after=5)
    model = loaded("dense-anchors" if "dense-anchors" in SPOTS_OF_FEATURES else SPOTS_OF_FEATURES[0], Adds(), config)
    return Probe(model, window_around(analysis_of(values()), None, model, 1, 30_000_000))


def test_gradient_times_features_of_a_sum(adding: Probe) -> None:
    attribution = METHODS["feature-gradient"].explain(adding, LABEL)  # type: ignore[arg-type]
    weight = torch.linspace(-1, 1, DIM).numpy()
    away = (values() - values().mean(0)) @ weight
    score = adding.score(LABEL)
    expected = np.zeros(len(attribution.times))
    at = adding.window.anchor
    expected[at] = 0.1 * away[60] * score * (1 - score)
    expected[at + 1] = 0.1 / 3 * away[61] * score * (1 - score)
    assert attribution.values == pytest.approx(expected, abs=1e-5)
    assert attribution.times[at] == attribution.anchor == 30_000_000


def test_occlusion_in_time_takes_the_sample_it_names(adding: Probe) -> None:
    attribution = METHODS["temporal-occlusion"].explain(adding, LABEL)
    at = adding.window.anchor
    changed = np.flatnonzero(np.abs(attribution.values) > 1e-6)
    assert changed.tolist() == [at, at + 1]
    weight = torch.linspace(-1, 1, DIM).numpy()
    mean = values().mean(0)
    logit = 0.1 * mean @ weight + 0.1 / 3 * values()[61] @ weight
    assert attribution.values[at] == pytest.approx(adding.score(LABEL) - 1 / (1 + np.exp(-logit)), abs=1e-5)
    assert "mean of the half" in attribution.baseline


class Places(nn.Module):
    """Says 0.9 of one sample, and of another one as soon as a sample of the window says nothing of its own."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self.unused, self.step = nn.Parameter(torch.zeros(1)), step
        self.mean = torch.from_numpy(values().mean(0))

    def forward(self, window: Window) -> Output:
        assert window.features is not None
        gone = (window.features - self.mean).abs().amax(2).lt(1e-6).sum(1)
        logits = torch.full((*window.features.shape[:2], len(CLASSES)), -12.0)
        for number, count in enumerate(gone.tolist()):
            logits[number, 20 + self.step * min(count, 1), COLUMN] = 2.1972
        return Output(logits=logits, detections=torch.zeros(len(logits), 1, 2 + len(CLASSES)))


@pytest.mark.parametrize(("step", "falls"), [(1, 0.0), (5, 0.0), (6, 0.9)])
def test_an_action_that_is_placed_a_little_elsewhere_is_the_same(step: int, falls: float) -> None:
    config = FeatureConfig(classes=CLASSES.names, window=40, dim=DIM, before=0, after=0)
    model = loaded(SPOTS_OF_FEATURES[0], Places(step), config)
    probe = Probe(model, window_around(analysis_of(values()), None, model, 1, 10_000_000))
    attribution = METHODS["temporal-occlusion"].explain(probe, LABEL, span=3)
    near = attribution.values[probe.window.anchor - 3 : probe.window.anchor + 4]
    assert near == pytest.approx(np.full(7, falls), abs=1e-3)


def test_the_ends_of_a_half_are_not_shifted() -> None:
    config = FeatureConfig(classes=CLASSES.names, window=40, dim=DIM, before=5, after=5)
    model = loaded(SPOTS_OF_FEATURES[0], Adds(), config)
    for sample in (0, 1, SAMPLES - 2, SAMPLES - 1):
        probe = Probe(model, window_around(analysis_of(values()), None, model, 1, sample * 500_000))
        attribution = METHODS["temporal-occlusion"].explain(probe, LABEL)
        assert int(np.abs(attribution.values).argmax()) == probe.window.anchor
        assert probe.window.times[probe.window.anchor] == sample * 500_000


def test_what_if_and_faithfulness_work_without_pictures(adding: Probe) -> None:
    effect = what_if(adding, LABEL, TimeEdit(-0.1, 0.6), controls=3)
    assert len(effect.controls) == 3
    assert effect.curve[effect.anchor] == pytest.approx(effect.score)
    assert effect.controls == pytest.approx([effect.score] * 3)
    with pytest.raises(BadInputError, match="reads features, not pictures"):
        what_if(adding, LABEL, BoxEdit(0.1, 0.1, 0.5, 0.5))
    methods = [m for m in fitting_methods(adding.model) if m.name != "temporal-attention"]
    assert {m.name for m in methods} == {"temporal-occlusion", "feature-gradient"}


def test_all_measures_of_a_real_system() -> None:
    name = "netvlad++"
    model = loaded(name, small(name), small_config(name))
    probe = Probe(model, window_around(analysis_of(values()), None, model, 1, 30_000_000))
    measured = measure_spot(probe, LABEL, truth=None, methods=fitting_methods(model)).methods
    assert set(measured) == {"temporal-occlusion", "feature-gradient"}
    assert all(row["deletion"] >= 0 for row in measured.values())
    assert all(np.isnan(row["pointing"]) for row in measured.values())


def test_a_window_of_features_is_explained_by_a_methods_name(adding: Probe) -> None:
    attribution = explain(adding.model, adding.window, LABEL, method="feature-gradient")
    same = METHODS["feature-gradient"].explain(adding, LABEL)
    assert np.array_equal(attribution.values, same.values)
    assert (attribution.label, attribution.anchor, attribution.score) == (LABEL, 30_000_000, adding.score(LABEL))
    assert explain(adding.model, adding.window, LABEL).method == "temporal-occlusion"


def test_a_window_of_the_other_kind_is_refused(adding: Probe) -> None:
    with pytest.raises(BadInputError, match="does not fit average: this model reads features, not pictures"):
        explain(adding.model, explained_window(), LABEL)
    with pytest.raises(BadInputError, match="does not fit toy: this model reads pictures, not features"):
        explain(toy(OneFrame(0)), adding.window, LABEL)


def test_methods_for_pictures_say_why_they_do_not_fit() -> None:
    model = loaded("netvlad++", small("netvlad++"), small_config("netvlad++"))
    for name in ("occlusion", "text-similarity"):
        assert METHODS[name].supports(model) == "this model reads features, not pictures"
    assert METHODS["grad-cam"].supports(model) == "this model has no environment backbone"
    assert METHODS["entity-ablation"].supports(model) == "this model has no entities"


def test_an_analysis_without_features_says_so(adding: Probe) -> None:
    with pytest.raises(BadInputError, match=r"keeps nothing of what the model read.*Remove this analysis"):
        window_around(analysis_of(None), None, adding.model, 1, 0)
