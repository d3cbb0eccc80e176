"""Explanations of models of others: every method that fits one answers, against what it says it took away."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
import torch

from explain.attribution import ENTITY, ENTITY_ROW, SPACE, TIME, Attribution
from explain.explained_window import ExplainedWindow
from explain.faithfulness import fitting_methods
from explain.methods import METHODS, Method
from explain.probe import GRID, Probe, blurred
from spotting_core.domain.classes import load_classes
from spotting_core.entities.table import EntityTable
from spotting_core.features.sets import input_of
from spotting_core.models.inputs import PictureSize
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.registry import system
from spotting_core.models.window import EntitySet
from tests.conftest import made_card
from tests.spotting_core.checkpoints.made import state_of

W, WIDTH, HEIGHT, CROP, ANCHOR, FIRST = 9, 96, 48, 34, 4, 40
SHAPE: dict[str, Any] = {"classes": load_classes().names, "width": WIDTH, "height": HEIGHT, "window": W + 3}
UGLF = {"dim": 32, "embed_dim": 16, "heads": 2, "feed_forward": 32, "entities": 4}
SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "e2e-spot": ("published-e2e-spot", {}),
    "e2e-spot, cropped": ("published-e2e-spot", {"crop": CROP}),
    "uglf": ("published-uglf", UGLF),
    "uglf, cropped": ("published-uglf", {**UGLF, "crop": CROP}),
    "t-deed": ("published-t-deed", {"layers": 1, "kernel": 5, "wide_kernel": 9, "feed_forward": 32}),
}
TAKEN = {  # by each method that says what is left without: samples to either side, whether pictures, whether entities
    "temporal-occlusion": (8, True, True),
    "occlusion": (4, True, True),
    "scene-shapley": (4, True, True),
    "integrated-gradients": (4, True, False),
    "entity-ablation": (8, False, True),
}
FITTING = {"temporal-occlusion", "grad-cam", "integrated-gradients", "occlusion"}
OF_ENTITIES = {"entity-attention", "entity-heads", "gradient-attention", "entity-ablation", "scene-shapley"}
NAMES = ("player", "ball", "referee")
BOXES = [(4, 4, 10, 12), (40, 14, 46, 24), (50, 20, 56, 30)]  # one outside of a crop, two inside


@cache
def probe_of(name: str) -> Probe:
    """A small model with weights as made for its published names, at a moment near the beginning of a half."""
    kind_name, settings = SMALL[name]
    kind = system(kind_name)
    config = kind.configure(**{**SHAPE, **settings})
    network = kind.build(config)
    state = state_of({key: list(value.shape) for key, value in network.state_dict().items()})
    for key in (key for key in state if key.endswith(".alpha")):
        state[key] = 1 + state[key]
    state["to_scores.weight"] = 0.3 * state["to_scores.weight"]  # so that no class is sure
    network.load_state_dict(state)
    with TemporaryDirectory() as folder:
        card = made_card(kind_name, config, input_of([], config.rate, PictureSize(WIDTH, HEIGHT)))
        if kind.inputs(config).entities:
            card = replace(
                card, entities={"model": "made", "sha256": "0" * 64, "prompts": "made", "names": list(NAMES)}
            )
        save_model(Path(folder), network, card, precise=True)
        model = load_model(Path(folder))
    return Probe(model, a_window(model), precise=True)


def a_window(model: LoadedModel) -> ExplainedWindow:
    """Pictures of noise, of which two samples begin before the half and one ends behind it; in two is no entity."""
    rng = np.random.default_rng(3)
    pictures = rng.integers(0, 255, (W, HEIGHT, WIDTH, 3), dtype=np.uint8)
    times = (np.arange(W) * 480_000).astype(np.int64)
    table = entities = None
    if model.inputs.entities:
        rows = [(s, k) for s in range(W) if s not in (1, ANCHOR + 2) for k in range(3)]
        samples, names = (np.array(column) for column in zip(*rows, strict=True))
        table = EntityTable(
            NAMES,
            (samples + FIRST).astype(np.int32),
            names.astype(np.int16),
            np.full(len(rows), 0.9, np.float32),
            np.array([BOXES[k] for _, k in rows], np.float32),
            rng.normal(size=(len(rows), model.config.embed_dim)).astype(np.float16),
        )
        entities = EntitySet.of_table(table, FIRST, FIRST + W, (WIDTH, HEIGHT))
    size = (WIDTH, HEIGHT)
    return ExplainedWindow(1, FIRST, times, pictures, entities, table, ANCHOR, size, before=2, after=1)


def fitting(name: str) -> list[Method]:
    """Methods that fit a model; what heads read of entities speaks of no score, and fits as well."""
    model = probe_of(name).model
    heads = METHODS["entity-heads"]
    return [*fitting_methods(model), *([heads] if heads.supports(model) is None else [])]


@cache
def explained(name: str, method: str) -> Attribution:
    probe = probe_of(name)
    return METHODS[method].explain(probe, label_of(probe))


def label_of(probe: Probe) -> str:
    """The class of which the model is least sure: its score moves."""
    names = probe.model.classes.names
    return min(names, key=lambda label: abs(probe.score(label) - 0.5))


@pytest.mark.parametrize("name", SMALL)
def test_every_method_that_fits_answers(name: str) -> None:
    answers = {method.name: explained(name, method.name) for method in fitting(name)}
    assert set(answers) == FITTING | (OF_ENTITIES if "uglf" in name else set())
    for method, answer in answers.items():
        assert answer.kind == METHODS[method].kind
        assert 0.02 < answer.score < 0.98
        if answer.kind == ENTITY:
            assert answer.values.dtype == ENTITY_ROW
            assert len(answer.values)
            measured = answer.values["weight" if np.isnan(answer.values["effect"]).all() else "effect"]
        else:
            assert answer.values.shape == {SPACE: (W, *GRID), TIME: (W,)}[answer.kind]
            measured = answer.values
        assert np.isfinite(measured).all(), method
        assert np.abs(measured).max() > 1e-6, method
        assert answer.scale[0] <= measured.min() + 1e-6, method
        assert measured.max() <= answer.scale[1] + 1e-6, method


@pytest.mark.parametrize("name", SMALL)
def test_without_everything_the_score_is_the_baseline(name: str) -> None:
    """The window as it is without, computed as a whole."""
    probe = probe_of(name)
    for method in (method.name for method in fitting(name)):
        answer = explained(name, method)
        if method not in TAKEN:  # it takes nothing away, and tells no baseline
            assert np.isnan(answer.score_baseline), method
            continue
        direct = Probe(probe.model, without(probe, *TAKEN[method]), precise=True).score(label_of(probe))
        assert answer.score_baseline == pytest.approx(direct, abs=1e-4), method
        assert abs(answer.score - direct) > 1e-3, method  # there is something to take away


def without(probe: Probe, span: int, pictures: bool, entities: bool) -> ExplainedWindow:
    """The window with the samples near its anchor blurred, or their entities taken out, or both."""
    window, near = probe.window, probe.window.near(span)
    if pictures:
        gone = window.pictures.copy()
        gone[near] = [blurred(window.pictures[i]) for i in near]
        window = window.with_pictures(gone)
    if entities and window.entities is not None:
        share = window.entities.share.clone()
        share[:, near] = 0
        window = window.with_entities(window.entities.with_share(share))
    return window


@pytest.mark.parametrize("name", ["e2e-spot, cropped", "uglf, cropped"])
@pytest.mark.parametrize("method", ["grad-cam", "integrated-gradients", "occlusion"])
def test_where_a_cropped_model_does_not_look_there_is_nothing(name: str, method: str) -> None:
    values = np.abs(explained(name, method).values).max(0)
    rows, columns = (np.arange(cells + 1) * size / cells for cells, size in zip(GRID, (HEIGHT, WIDTH), strict=True))
    seen = np.zeros(GRID, bool)
    for row, column in np.ndindex(*GRID):
        across = columns[column] < (WIDTH + CROP) / 2 and columns[column + 1] > (WIDTH - CROP) / 2
        seen[row, column] = across and rows[row] < (HEIGHT + CROP) / 2 and rows[row + 1] > (HEIGHT - CROP) / 2
    assert (seen.any(0).sum(), seen.any(1).sum()) == (6, 6)
    assert values[seen].max() > 1e-6
    beyond = {(int(row), int(column)) for row, column in np.argwhere(~seen & (values > 0))}
    # Occlusion takes entities out as well, and one is read that lies beside what is looked at.
    assert beyond == ({(1, 1)} if (name, method) == ("uglf, cropped", "occlusion") else set())


def test_what_a_crop_hides_changes_nothing() -> None:
    """So that what the tests above call outside of it is."""
    probe = probe_of("e2e-spot, cropped")
    pictures = np.random.default_rng(9).integers(0, 255, probe.window.pictures.shape, dtype=np.uint8)
    inside = (slice(None), slice(7, 41), slice(31, 65))
    pictures[inside] = probe.window.pictures[inside]
    other = Probe(probe.model, probe.window.with_pictures(pictures), precise=True)
    assert torch.equal(other.output.logits, probe.output.logits)
