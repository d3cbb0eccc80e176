"""CALF's checkpoint for action spotting: what it says here is what its layers' formulas say."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.models.window import Window
from tests.spotting_core.checkpoints.made import added, published, state_of
from tests.spotting_core.checkpoints.test_sn_grounding import along_time, context, pooled

WINDOW, CLASSES, DETECTIONS, CAPSULE = 240, 17, 15, 16


def calf_state(*, classes: int = CLASSES, dim: int = 512) -> dict[str, Tensor]:
    """Random weights in the names and shapes of the public code."""
    widths, reaches = (8, 16, 32, 64), (12, 27, 40, 80)
    shapes: dict[str, list[int]] = {"conv_1.weight": [128, 1, 1, dim], "conv_2.weight": [32, 128, 1, 1]}
    shapes |= {f"conv_p_{k}.weight": [w, 32, r, 1] for k, w, r in zip(range(1, 5), widths, reaches, strict=True)}
    shapes |= {
        "conv_seg.weight": [CAPSULE * classes, 152, 3, 1],
        "conv_spot_1.weight": [32, (CAPSULE + 1) * classes, 3, 1],
        "conv_spot_2.weight": [16, 32, 3, 1],
        "conv_conf.weight": [2 * DETECTIONS, 16 * (WINDOW // 8 - 1), 1, 1],
        "conv_class.weight": [classes * DETECTIONS, 16 * (WINDOW // 8 - 1), 1, 1],
    }
    shapes |= {name.replace("weight", "bias"): [shape[0]] for name, shape in list(shapes.items())}
    shapes |= {f"batch_seg.{part}": [WINDOW] for part in ("weight", "bias", "running_mean", "running_var")}
    return state_of({**shapes, "batch_seg.num_batches_tracked": []})


def by_hand(x: np.ndarray, w: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closeness (T, C), confidence and place (N, 2), and classes (N, C) of one window (T, 512)."""
    capsule = along_time(context(x, w), w["conv_seg.weight"], w["conv_seg.bias"])  # (T, 16 C)
    by_class = capsule.reshape(WINDOW, CAPSULE, CLASSES)
    scale = w["batch_seg.weight"] / np.sqrt(w["batch_seg.running_var"] + 1e-3)
    centred = (by_class - w["batch_seg.running_mean"][:, None, None]) * scale[:, None, None]
    squashed = 1 / (1 + np.exp(-(centred + w["batch_seg.bias"][:, None, None])))
    length = np.sqrt(np.square(squashed - 0.5).sum(1) * 4 / CAPSULE)
    y = pooled(np.maximum(np.concatenate([capsule, 1 - length], axis=1), 0))
    y = pooled(np.maximum(along_time(y, w["conv_spot_1.weight"], w["conv_spot_1.bias"]), 0))
    y = pooled(np.maximum(along_time(y, w["conv_spot_2.weight"], w["conv_spot_2.bias"]), 0))
    flat = y.T.ravel()
    places = 1 / (1 + np.exp(-(w["conv_conf.weight"][:, :, 0, 0] @ flat + w["conv_conf.bias"])))
    kinds = (w["conv_class.weight"][:, :, 0, 0] @ flat + w["conv_class.bias"]).reshape(DETECTIONS, CLASSES)
    raised = np.exp(kinds - kinds.max(1, keepdims=True))
    return 1 - length, places.reshape(DETECTIONS, 2), raised / raised.sum(1, keepdims=True)


def test_a_window_is_judged_as_published(tmp_path: Path, data: DataDirectory) -> None:
    state = calf_state()
    model = added(published(tmp_path / "CALF_benchmark", {"state_dict": state, "epoch": 20}), data)
    assert (model.system.name, model.config.window, model.config.suppression) == ("calf", WINDOW, 20.0)
    assert model.card.training["splits"] == ["train"]
    licence = "MIT by its repository, Apache-2.0 by its folder"
    assert model.card.licence == f"weights: {licence}; code: {licence}"
    x = np.random.default_rng(0).normal(size=(WINDOW, 512))
    closeness, places, kinds = by_hand(x, {name: value.double().numpy() for name, value in state.items()})
    with torch.inference_mode():
        output = model.network(Window(features=torch.from_numpy(x).float()[None]))
    assert output.segmentation is not None
    assert output.detections is not None
    assert np.abs(output.segmentation[0].numpy() - closeness).max() < 1e-4
    assert np.abs(output.detections[0, :, :2].numpy() - places).max() < 1e-4
    assert np.abs(output.detections[0, :, 2:].numpy() - kinds).max() < 1e-4
    assert closeness.std() > 0.01  # there is something to compare


def test_the_unpermuted_pyramid_fits_and_is_wrong(tmp_path: Path, data: DataDirectory) -> None:
    state = calf_state()
    model = added(published(tmp_path / "calf", state), data)
    x = torch.randn(1, WINDOW, 512)
    with torch.inference_mode():
        right = model.network(Window(features=x)).segmentation
        model.network.conv_seg.weight.copy_(state["conv_seg.weight"])
        wrong = model.network(Window(features=x)).segmentation
    assert right is not None
    assert wrong is not None
    assert (right - wrong).abs().max() > 0.01


def test_weights_that_only_have_the_names_are_refused(tmp_path: Path, data: DataDirectory) -> None:
    state = {**calf_state(), "conv_conf.bias": torch.tensor(1.0)}
    with pytest.raises(BadInputError, match=r"conv_conf.bias is one number, not a row of numbers"):
        added(published(tmp_path / "a", state), data)


def test_other_weights_are_refused_by_name(tmp_path: Path, data: DataDirectory) -> None:
    state = calf_state()
    with pytest.raises(BadInputError, match="reads 512 numbers a sample, ResNET_TF2 has 2048"):
        added(published(tmp_path / "a", state), data, features="ResNET_TF2")
    with pytest.raises(BadInputError, match=r"as sn-spotting, CALF publishes them: conv_2\.bias is missing"):
        added(published(tmp_path / "b", {k: v for k, v in state.items() if k != "conv_2.bias"}), data)
    with pytest.raises(BadInputError, match="has 9 classes, and no file beside it names them"):
        added(published(tmp_path / "c", calf_state(classes=9)), data)
