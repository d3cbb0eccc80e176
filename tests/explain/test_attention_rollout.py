"""Attention of COMEDIAN over time and over places, as explanations."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from explain.explained_window import ExplainedWindow
from explain.faithfulness import measure_spot
from explain.faithfulness_run import fitting_methods
from explain.methods import METHODS, explain
from explain.probe import GRID, Probe
from spotting_core.features.sets import input_of
from spotting_core.models.inputs import PictureSize
from spotting_core.models.load import LoadedModel, load_model, save_model
from spotting_core.models.registry import system
from tests.conftest import made_card, small_model
from tests.small_systems import small, small_config

W, ANCHOR, LABEL = 12, 7, "Goal"


def loaded(folder: Path, name: str) -> LoadedModel:
    kind, config = system(name), small_config(name)
    network = small(name)
    with torch.no_grad():
        for parameter in network.parameters():  # its layers attend to something
            if parameter.ndim > 1:
                parameter.mul_(4.0)
    read = input_of([], 2.0, PictureSize(64, 32), kind.inputs(config).normalisation)
    save_model(folder, network, made_card(name, config, read), precise=True)
    return load_model(folder)


def a_window() -> ExplainedWindow:
    pictures = np.random.default_rng(3).integers(0, 255, (W, 32, 64, 3), dtype=np.uint8)
    return ExplainedWindow(1, 0, np.arange(W, dtype=np.int64) * 500_000, pictures, None, None, ANCHOR, (64, 32))


@pytest.fixture(scope="module")
def vivit(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return loaded(tmp_path_factory.mktemp("vivit"), "comedian-vivit")


def test_moments_are_those_of_the_tokens(vivit: LoadedModel) -> None:
    """A token speaks of two samples, which share what is read of it; the shares of a window add up to 1."""
    probe = Probe(vivit, a_window(), precise=True)
    values = METHODS["temporal-attention"].explain(probe, LABEL).values
    assert values.shape == (W,)
    assert values.sum() == pytest.approx(1, abs=1e-5)
    assert np.array_equal(values[0::2], values[1::2])
    assert values[ANCHOR] >= 0.125  # a quarter of the anchor's token passes both layers by, half of it for each sample
    flow = probe.attention()
    mean = [0.5 * layer.mean(0) + 0.5 * torch.eye(6) for layer in flow.over_time]
    by_hand = (mean[1] @ mean[0])[ANCHOR // 2].repeat_interleave(2) / 2
    assert np.allclose(values, by_hand.numpy(), atol=1e-6)


def test_places_share_what_is_read_of_their_moment(vivit: LoadedModel) -> None:
    probe = Probe(vivit, a_window(), precise=True)
    attribution = METHODS["attention-rollout"].explain(probe, LABEL)
    moments = METHODS["temporal-attention"].explain(probe, LABEL).values
    assert attribution.values.shape == (W, *GRID)
    assert np.allclose(attribution.values.sum((1, 2)), moments, atol=1e-5)
    assert (attribution.values >= 0).all()
    assert float(attribution.values[ANCHOR].std()) > 0
    assert attribution.kind == "space"
    assert explain(vivit, a_window(), LABEL, method="attention-rollout").values.shape == (W, *GRID)


def test_a_place_that_is_attended_to_is_where_the_map_is(vivit: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Attention that goes to the lower right place alone, by hand: 2 by 4 places, the last of them."""
    probe = Probe(vivit, a_window(), precise=True)
    flow = probe.attention()
    to_last = torch.zeros_like(flow.over_places[0])
    to_last[..., -1] = 1.0
    monkeypatch.setattr(type(probe), "attention", lambda _self: type(flow)(flow.over_time, [to_last], 2, (2, 4)))
    values = METHODS["attention-rollout"].explain(probe, LABEL).values[ANCHOR]
    row, column = np.unravel_index(values.argmax(), values.shape)
    assert row >= GRID[0] // 2
    assert column >= GRID[1] * 3 // 4


def test_which_models_have_it(tmp_path: Path, vivit: LoadedModel) -> None:
    assert METHODS["attention-rollout"].supports(vivit) is None
    swin = loaded(tmp_path / "swin", "comedian-viswin")
    assert METHODS["attention-rollout"].supports(swin) == "this model has no attention over places"
    assert METHODS["temporal-attention"].supports(swin) is None
    frames = load_model(small_model(tmp_path / "e2e"))
    assert METHODS["attention-rollout"].supports(frames) == "this model has no attention over places"
    assert METHODS["temporal-attention"].supports(frames) == "this model has no temporal attention"
    with pytest.raises(TypeError, match="does not tell where its attention goes"):
        Probe(frames, ExplainedWindow(1, 0, np.arange(8) * 500_000, np.zeros((8, 36, 64, 3), np.uint8), None, None, 3,
                                      (64, 36)), precise=True).attention()  # fmt: skip


def test_an_analysis_says_which_cards_would_be_dead() -> None:
    """Known without loading the model: a network of attention over places has no environment that Grad-CAM could ask."""

    def lacking(method: str, **model: object) -> str | None:
        return METHODS[method].lacking(SimpleNamespace(record=SimpleNamespace(model=model), has=lambda _name: False))

    assert lacking("attention-rollout", sees_places=True) is None
    assert lacking("grad-cam", sees_places=True) == "this model has no environment backbone"
    assert lacking("attention-rollout") == "this model has no attention over places"
    assert lacking("grad-cam") is None
    assert lacking("attention-rollout", reads="abc") == "this model has no attention over places"


def test_their_faithfulness_is_measured_like_that_of_others(vivit: LoadedModel) -> None:
    methods = fitting_methods(vivit)
    assert {m.name for m in methods} >= {"attention-rollout", "temporal-attention", "occlusion", "temporal-occlusion"}
    measured = measure_spot(Probe(vivit, a_window(), precise=True), LABEL, truth=None, methods=methods).methods
    for name in ("attention-rollout", "temporal-attention"):
        assert np.isfinite(measured[name]["deletion"])
        assert np.isfinite(measured[name]["insertion"])
