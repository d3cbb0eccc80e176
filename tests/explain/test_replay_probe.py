"""Explanations of replays: which pair of windows is asked about, and that the replay stays as it is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from explain.explained_replay import replay_at, replay_window
from explain.faithfulness import measure_spot
from explain.faithfulness_run import PREDICTED, choose_spots
from explain.kept import anchor_time
from explain.methods import METHODS, OF_PAIRS, probe_at
from explain.probe import Probe
from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Candidate, Grounding, Link
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.card import CardInput
from spotting_core.models.load import LoadedModel
from spotting_core.models.registry import system
from spotting_core.samples.pairs import paired, replay_samples, stretch_before
from spotting_core.tasks.replays import REPLAYS
from tests.small_systems import DIM, half_of, small, small_config

SAMPLES, SECOND = 200, 1_000_000
SHOWN, LATE = 68 * SECOND, 70 * SECOND
FIRST = Grounding(1, 70 * SECOND, 75 * SECOND, (Candidate(Link(1, SHOWN, "Goal"), 0.8),))
EARLY = Grounding(1, 8 * SECOND, 12 * SECOND, (Candidate(Link(1, 6 * SECOND, ""), 0.4),))
SILENT = Grounding(1, 90 * SECOND, 95 * SECOND)
NAMES = ("grounding-transformer", "calf-grounding", "netvlad-grounding")


def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(SAMPLES, DIM)).astype(np.float32)


def analysis_of(features: np.ndarray | None) -> Any:
    times = np.arange(SAMPLES, dtype=np.int64) * 500_000
    half = SimpleNamespace(
        half=1, times=times, frames=np.arange(SAMPLES), record=SimpleNamespace(width=64, height=36),
        folder=Path("half1"), has=lambda name: features is not None, array=lambda name: features,
        nearest_sample=lambda time: int(np.abs(times - time).argmin()),
    )  # fmt: skip
    record = SimpleNamespace(task=REPLAYS.name, class_table="soccernet-v2")
    return SimpleNamespace(
        half=lambda number: half, findings=lambda task: [EARLY, FIRST, SILENT], folder=Path("layer"), record=record
    )


def model_of(name: str) -> LoadedModel:
    card: Any = SimpleNamespace(name=name, entities=None, input=CardInput("features", 2.0), domain="simulated")
    return LoadedModel(card, system(name), small(name).eval(), small_config(name), load_classes(), "0" * 64, Path())


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("replay", [FIRST, EARLY])
def test_the_score_is_that_of_the_pair(name: str, replay: Grounding) -> None:
    model = model_of(name)
    config: Any = model.config
    probe = probe_at(analysis_of(values()), None, model, 1, replay.start + SECOND)
    half = half_of(values())
    first = stretch_before(half, replay.start, replay.end, config)
    read = paired(half, first, replay_samples(half, replay.start, replay.end, config), config)
    confidence = model.judge.scores([read])[0].confidence[:, 0]
    at = int(probe.window.times[probe.window.anchor]) // 500_000 - first
    assert abs(int(probe.window.times[probe.window.anchor]) - replay.candidates[0].link.time) <= 3 * SECOND
    beside = 5 if probe.output.detections is not None else 0  # a whole action that is placed a little beside
    assert probe.score("any word") == pytest.approx(
        float(confidence[max(0, at - beside) : at + beside + 1].max()), abs=1e-3
    )


@pytest.mark.parametrize("method", OF_PAIRS)
def test_the_stretch_is_explained_and_the_replay_held_fixed(method: str) -> None:
    probe = probe_at(analysis_of(values()), None, model_of("grounding-transformer"), 1, FIRST.start)
    attribution = METHODS[method].explain(probe, "Goal")
    assert attribution.held_fixed == "the replay"
    assert len(attribution.values) == len(attribution.times) == len(probe.window.times)
    assert np.abs(attribution.values).max() > 0
    assert attribution.times[-1] < FIRST.end


def test_what_is_asked_of_a_changed_stretch_is_asked_with_the_same_replay() -> None:
    analysis = analysis_of(values())
    probe = probe_at(analysis, None, model_of("grounding-transformer"), 1, FIRST.start)
    other = values()
    other[140:150] = 9.0  # the replay, which ends the stretch as well
    beside = probe_at(analysis_of(other), None, model_of("grounding-transformer"), 1, FIRST.start)
    assert probe.features is not None
    as_other = beside.logits(features=probe.features[None])
    assert not np.allclose(as_other.detach(), probe.logits(features=probe.features[None]).detach())
    assert np.allclose(probe.logits(features=probe.features[None]).detach(), probe.output.logits.detach(), atol=1e-5)


def test_measures_apply_to_replays() -> None:
    probe: Probe = probe_at(analysis_of(values()), None, model_of("grounding-transformer"), 1, FIRST.start)
    measured = measure_spot(probe, "Goal", truth=None, methods=[METHODS[name] for name in OF_PAIRS], seed=1)
    assert set(measured.methods) == set(OF_PAIRS)


def test_every_replay_that_shows_something_is_measured() -> None:
    match: Any = SimpleNamespace(path=Path("match"))
    chosen = choose_spots(match, analysis_of(values()), PREDICTED, None, seed=1)
    assert sorted((c.spot.time, c.spot.label) for c in chosen) == [(10 * SECOND, "action"), (72.5 * SECOND, "Goal")]
    assert anchor_time(analysis_of(values()), Spot(1, 72_600_000, "Goal")) == 72_500_000


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (30 * SECOND, r"no replay is on at 00:30\.0; those of this half begin at 00:08\.0, 01:10\.0, 01:30\.0"),
        (91 * SECOND, r"no action was found for the replay at 01:30\.0"),
    ],
)
def test_moments_without_an_explained_replay_are_refused(time: int, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        replay_at(analysis_of(values()), 1, time)


def test_an_older_layer_without_features_says_so() -> None:
    with pytest.raises(BadInputError, match=r"keeps nothing of what the model read.*Remove this analysis"):
        replay_window(analysis_of(None), model_of("grounding-transformer"), 1, FIRST.start)


def test_a_candidate_outside_of_what_was_judged_is_no_silent_anchor() -> None:
    far = Grounding(1, 70 * SECOND, 75 * SECOND, (Candidate(Link(1, 20 * SECOND, "Goal"), 0.8),))
    analysis = analysis_of(values())
    analysis.findings = lambda task: [far]
    with pytest.raises(BadInputError, match=r"the action of the replay at 01:10\.0 lies in no stretch"):
        replay_window(analysis, model_of("grounding-transformer"), 1, far.start)
