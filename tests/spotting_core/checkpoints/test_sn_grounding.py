"""The published checkpoint of CALF for replay grounding: its numbers are those of its layers' formulas."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.sn_grounding import SIGNS, converted
from spotting_core.computing.checkpoint_file import read_checkpoint
from spotting_core.domain.classes import load_classes
from spotting_core.models.window import Window
from tests.conftest import SHARED
from tests.spotting_core.checkpoints.made import added

FILE = SHARED / "data/published_weights/calf_replay_grounding.pth.tar"

pytestmark = pytest.mark.skipif(not FILE.is_file(), reason="the published weights are not here")


def along_time(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """A convolution over time that keeps its length: x (T, C), weight (O, C, k, 1) to (T, O)."""
    k = weight.shape[2]
    padded = np.pad(x, (((k - 1) // 2, k - 1 - (k - 1) // 2), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, k, axis=0)  # (T, C, k)
    return np.einsum("tck,ock->to", windows, weight[..., 0]) + bias


def pooled(x: np.ndarray) -> np.ndarray:
    """The greatest of three samples, every second one: (T, C)."""
    return np.lib.stride_tricks.sliding_window_view(x, 3, axis=0).max(-1)[::2]


def context(x: np.ndarray, w: dict[str, np.ndarray]) -> np.ndarray:
    x = np.maximum(x @ w["conv_1.weight"][:, 0, 0].T + w["conv_1.bias"], 0)
    x = np.maximum(x @ w["conv_2.weight"][:, :, 0, 0].T + w["conv_2.bias"], 0)
    branches = [
        np.maximum(along_time(x, w[f"conv_p_{k}.weight"], w[f"conv_p_{k}.bias"]), 0) for k in range(1, 5)
    ]  # fmt: skip
    return np.concatenate([x, *branches], axis=1)


def by_hand(stretch: np.ndarray, replay: np.ndarray, w: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Segmentation (T,), and confidence and place, of one pair (T, 512) each."""
    both = np.concatenate([context(stretch, w), context(replay, w)], axis=1)
    capsule = along_time(both, w["conv_seg.weight"], w["conv_seg.bias"])  # (T, 16)
    scale = w["batch_seg.weight"] / np.sqrt(w["batch_seg.running_var"] + 1e-3)
    centred = (capsule - w["batch_seg.running_mean"][:, None]) * scale[:, None] + w["batch_seg.bias"][:, None]
    length = np.sqrt((np.square(1 / (1 + np.exp(-centred)) - 0.5)).sum(1) * 4 / 16)
    x = pooled(np.maximum(np.concatenate([capsule, (1 - length)[:, None]], axis=1), 0))
    x = pooled(np.maximum(along_time(x, w["conv_spot_1.weight"], w["conv_spot_1.bias"]), 0))
    x = pooled(np.maximum(along_time(x, w["conv_spot_2.weight"], w["conv_spot_2.bias"]), 0))
    logits = w["conv_conf.weight"][:, :, 0, 0] @ x.T.ravel() + w["conv_conf.bias"]
    return 1 - length, 1 / (1 + np.exp(-logits))


def test_the_published_weights_agree_with_their_formulas(data: DataDirectory) -> None:
    model = added(FILE, data)
    assert (model.system.name, model.config.window, model.inputs.windows) == ("calf-grounding", 240, 2)
    licence = "MIT by its repository, Apache-2.0 by its folder"
    assert model.card.licence == f"weights: {licence}; code: {licence}"
    rng = np.random.default_rng(0)
    stretch, replay = rng.normal(size=(2, 240, 512))
    weights = {name: value.double().numpy() for name, value in read_checkpoint(FILE).items()}
    segmentation, detection = by_hand(stretch, replay, weights)
    window = Window(
        features=torch.from_numpy(stretch).float()[None],
        second=Window(features=torch.from_numpy(replay).float()[None]),
    )
    with torch.inference_mode():
        output = model.network(window)
    assert output.segmentation is not None
    assert output.detections is not None
    assert np.abs(output.segmentation[0, :, 0].numpy() - segmentation).max() < 1e-5
    assert np.abs(output.detections[0, 0].numpy() - detection).max() < 1e-5
    place = int(np.floor(detection[1] * 239))
    assert output.logits[0, :, 0].sigmoid().numpy().argmax() == place
    # Exchanged, stretch and replay give something else: their order is looked at.
    assert np.abs(by_hand(replay, stretch, weights)[1] - detection).max() > 1e-3


def test_what_is_not_this_checkpoint_is_named(data: DataDirectory) -> None:
    state = dict(read_checkpoint(FILE))
    assert SIGNS.fit(state)
    del state["conv_2.bias"]
    with pytest.raises(BadInputError, match=r"not the weights of CALF for replay grounding \(conv_2.bias\)"):
        converted(state, FILE)
    with pytest.raises(BadInputError, match="reads 512 numbers a sample, ResNET_TF2 has 2048"):
        added(FILE, data, features="ResNET_TF2")
    assert load_classes("soccernet-v2").names[0] == "Penalty"
