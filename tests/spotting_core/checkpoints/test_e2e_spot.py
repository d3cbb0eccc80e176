"""E2E-Spot's checkpoints: what they say here is what their publication computes, written down a second time."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.checkpoints.adopted import TEST
from spotting_core.domain.classes import load_classes
from spotting_core.domain.suppression import Spotting, spots_of_half
from spotting_core.inference.score import score_half
from spotting_core.media.times import TimeTable
from spotting_core.models.card import WEIGHTS_FILE
from spotting_core.models.gated_shift import GatedShift
from spotting_core.models.judge import Judge
from spotting_core.models.load import LoadedModel
from spotting_core.models.published_e2e_spot import PublishedE2ESpot, cross_entropy, log_odds, published_windows
from spotting_core.models.registry import SystemConfig
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import Output, Samples
from spotting_core.models.window_plan import ZEROS, WindowPlan
from spotting_core.samples.half import HalfSamples
from tests.spotting_core.checkpoints.made import E2E_SETTINGS, added, e2e_spot_state, published

OFFICIAL = load_classes().names
ALPHABETICAL = sorted(OFFICIAL)
MEAN, STD = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
STRIDES = {"stem": 2, "b1": 2}


# --- the publication, from its description ----------------------------------------------------------------


def normal(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """Batch normalisation as trained, over the second axis."""
    shape = [1, -1] + [1] * (x.ndim - 2)
    mean, var, weight, bias = (
        state[f"{name}.{part}"].view(shape) for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / torch.sqrt(var + 1e-5) * weight + bias


def gate_shift(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """The published gate-shift module on one clip (T, C, h, w), by a convolution over three dimensions."""
    weight = state[f"{name}.conv3D.weight"]
    fold = 2 * weight.shape[1]
    part = x[:, :fold].transpose(0, 1)[None]  # (1, fold, T, h, w)
    gates = F.conv3d(
        torch.relu(normal(part, state, f"{name}.bn")), weight, state[f"{name}.conv3D.bias"], padding=1, groups=2
    ).tanh()
    halves = []
    for group, direction in ((0, 1), (1, -1)):  # the first takes from the next sample, the second from the last one
        own = part[:, group * fold // 2 : (group + 1) * fold // 2]
        moving = own * gates[:, group : group + 1]
        shifted = torch.zeros_like(moving)
        if direction == 1:
            shifted[:, :, :-1] = moving[:, :, 1:]
        else:
            shifted[:, :, 1:] = moving[:, :, :-1]
        out = shifted + own - moving
        quarter = fold // 4
        halves.append(torch.stack([out[:, :quarter], out[:, quarter:]], 2).flatten(1, 2))  # out[2i + j] = in[j F/4 + i]
    both = torch.cat(halves, 1)[0].transpose(0, 1)
    return torch.cat([both, x[:, fold:]], 1)


def conv(x: Tensor, state: dict[str, Tensor], name: str, *, stride: int = 1, groups: int = 1) -> Tensor:
    weight = state[f"{name}.conv.weight"]
    x = F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2, groups=groups)
    return normal(x, state, f"{name}.bn")


def block(x: Tensor, state: dict[str, Tensor], name: str, stride: int) -> Tensor:
    y = gate_shift(x, state, f"{name}.conv1.gsm")
    y = torch.relu(conv(y, state, f"{name}.conv1.net"))
    groups = y.shape[1] // state[f"{name}.conv2.conv.weight"].shape[1]
    y = torch.relu(conv(y, state, f"{name}.conv2", stride=stride, groups=groups))
    squeezed = y.mean((2, 3), keepdim=True)
    for layer, activation in (("fc1", torch.relu), ("fc2", torch.sigmoid)):
        squeezed = activation(F.conv2d(squeezed, state[f"{name}.se.{layer}.weight"], state[f"{name}.se.{layer}.bias"]))
    y = conv(y * squeezed, state, f"{name}.conv3")
    if f"{name}.downsample.conv.weight" in state:
        x = conv(x, state, f"{name}.downsample", stride=stride)
    return torch.relu(x + y)


def features(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    """Normalised pictures (T, 3, H, W) of one clip to (T, D)."""
    x = torch.relu(conv(pixels, state, "_features.stem", stride=2))
    for stage in range(1, 5):
        number = 1
        while f"_features.s{stage}.b{number}.conv3.conv.weight" in state:
            x = block(x, state, f"_features.s{stage}.b{number}", 2 if number == 1 else 1)
            number += 1
    return x.mean((2, 3))


def gru(x: Tensor, state: dict[str, Tensor], end: str) -> Tensor:
    """One direction, step by step: (T, D) to (T, S)."""
    w_in, w_own, b_in, b_own = (
        state[f"_pred_fine._gru.{kind}_{side}_l0{end}"] for kind in ("weight", "bias") for side in ("ih", "hh")
    )
    states, h = [], torch.zeros(w_own.shape[1])
    for sample in x if not end else x.flip(0):
        (r, z, n), (hr, hz, hn) = (w_in @ sample + b_in).chunk(3), (w_own @ h + b_own).chunk(3)
        reset, update = torch.sigmoid(r + hr), torch.sigmoid(z + hz)
        h = (1 - update) * torch.tanh(n + reset * hn) + update * h
        states.append(h)
    return torch.stack(states) if not end else torch.stack(states).flip(0)


def clip_scores(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    """What is said of one clip of normalised pictures: (T, 18), background first, then the classes alphabetically."""
    seen = features(pixels, state)
    states = torch.cat([gru(seen, state, ""), gru(seen, state, "_reverse")], 1)
    head = "_pred_fine._fc_out._fc_out"
    return (states @ state[f"{head}.weight"].T + state[f"{head}.bias"]).softmax(1)


def published_scores(pictures: np.ndarray, state: dict[str, Tensor]) -> np.ndarray:
    """What the publication says of a half: clips of 100 half over each other from sample -5 on, zeros outside."""
    pixels = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
    count, total = len(pictures), np.zeros((len(pictures), 18))
    times = np.zeros(len(pictures))
    for start in range(-5, max(0, count - 50), 50):
        clip = torch.zeros(100, *pixels.shape[1:])
        low, high = max(0, start), min(count, start + 100)
        clip[low - start : high - start] = pixels[low:high]
        total[low:high] += clip_scores(clip, state)[low - start : high - start].numpy()
        times[low:high] += 1
    return total / times[:, None]


def pictures_of(samples: int, seed: int = 0, height: int = 224, width: int = 398) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 255, (samples, 7, 12, 3)).astype(np.float32)
    large = F.interpolate(torch.from_numpy(coarse).permute(0, 3, 1, 2), size=(height, width), mode="bilinear")
    return large.permute(0, 2, 3, 1).numpy().astype(np.uint8)


@pytest.fixture(scope="module")
def states() -> dict[str, dict[str, Tensor]]:
    return {size: e2e_spot_state(size) for size in ("002", "008")}


def window_of(pictures: np.ndarray) -> Samples:
    return Samples(0, np.ones(len(pictures), bool), pictures=pictures)


def asked(model: LoadedModel, pictures: np.ndarray) -> np.ndarray:
    (scores,) = model.judge.scores([window_of(pictures)])
    return scores.confidence


def in_official_order(scores: np.ndarray) -> np.ndarray:
    """Columns of the publication without the background as the class table has them."""
    return scores[:, [1 + ALPHABETICAL.index(name) for name in OFFICIAL]]


@pytest.mark.parametrize("size", ["002", "008"])
def test_a_clip_is_judged_as_published(
    size: str, states: dict[str, dict[str, Tensor]], tmp_path: Path, data: DataDirectory
) -> None:
    state = states[size]
    model = added(published(tmp_path / "soccer_gsm_gru_rgb", state, E2E_SETTINGS), data)
    assert (model.system.name, model.config.window, model.card.name) == (
        "published-e2e-spot",
        100,
        "soccer_gsm_gru_rgb",
    )
    assert model.card.classes == OFFICIAL
    pictures = pictures_of(8)
    with torch.no_grad():
        pixels = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        expected = in_official_order(clip_scores(pixels, state).numpy())
    assert np.abs(asked(model, pictures) - expected).max() < 1e-4
    assert expected.max() > 0.2  # there is something to compare


# --- each thing that may be wrong without a word ----------------------------------------------------------


def small_judge(model: LoadedModel, **settings: Any) -> Judge:
    """The same weights on pictures of 96x64, for halves of more than a window."""
    config = model.system.configure(**{**asdict(model.config), "width": 96, "height": 64, **settings})
    network = model.system.build(config).eval()
    network.load_state_dict(load_file(model.folder / WEIGHTS_FILE))
    return Judge(model.system, config, network)


@pytest.fixture
def model(states: dict[str, dict[str, Tensor]], tmp_path: Path, data: DataDirectory) -> LoadedModel:
    return added(published(tmp_path / "soccer_rny002", states["002"], E2E_SETTINGS), data)


class Pictures:
    """Pictures of a half, as a store of frames gives them."""

    def __init__(self, pictures: np.ndarray) -> None:
        self.pictures = pictures

    def __getitem__(self, sample: int) -> np.ndarray:
        return self.pictures[sample]


def half_of(pictures: np.ndarray, rate: float) -> HalfSamples:
    times = np.round(np.arange(len(pictures)) * 1e6 / rate).astype(np.int64)
    return HalfSamples(1, times, rate, pictures=Pictures(pictures))  # type: ignore[arg-type]


@pytest.mark.parametrize("samples", [30, 100, 163])
def test_a_half_is_judged_as_published(samples: int, model: LoadedModel, states: dict[str, dict[str, Tensor]]) -> None:
    pictures = pictures_of(samples, height=64, width=96)
    judge = small_judge(model)
    with torch.no_grad():
        expected = in_official_order(published_scores(pictures, states["002"]))
    scores = score_half(judge, half_of(pictures, judge.config.rate))
    assert np.abs(scores.confidence - expected).max() < 1e-4
    # Black pictures outside of the half, or windows that begin with it, say something else.
    black = score_half(replace(judge, system=replace(judge.system, plan=_black)), half_of(pictures, 2.0)).confidence
    assert np.abs(black - expected).max() > 1e-3
    if samples > 100:
        late = score_half(replace(judge, system=replace(judge.system, plan=_late)), half_of(pictures, 2.0)).confidence
        assert np.abs(late - expected).max() > 1e-3


def _black(config: SystemConfig) -> WindowPlan:
    return replace(published_windows(config), outside=ZEROS)


def _late(config: SystemConfig) -> WindowPlan:
    return replace(published_windows(config), lead=0)


@pytest.mark.parametrize("setting", ["backward_first", "interleaved"])
def test_another_direction_or_order_of_channels_says_something_else(
    setting: str, model: LoadedModel, states: dict[str, dict[str, Tensor]]
) -> None:
    pictures = pictures_of(20, height=64, width=96)
    judge = small_judge(model)
    with torch.no_grad():
        pixels = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        expected = in_official_order(clip_scores(pixels, states["002"]).numpy())
    assert np.abs(judge.scores([window_of(pictures)])[0].confidence - expected).max() < 1e-4
    for part in judge.network.modules():
        if isinstance(part, GatedShift):
            setattr(part, setting, False)
    assert np.abs(judge.scores([window_of(pictures)])[0].confidence - expected).max() > 1e-3


def test_classes_in_another_order_say_something_else(
    model: LoadedModel, states: dict[str, dict[str, Tensor]], tmp_path: Path, data: DataDirectory
) -> None:
    listed = tmp_path / "official" / "class.txt"
    listed.parent.mkdir()
    listed.write_text("\n".join(OFFICIAL))
    wrong = added(published(tmp_path / "w", states["002"], E2E_SETTINGS), data, classes=str(listed))
    right = tmp_path / "alphabetical" / "class.txt"
    right.parent.mkdir()
    right.write_text("\n".join(ALPHABETICAL))
    same = added(published(tmp_path / "s", states["002"], E2E_SETTINGS), data, classes=str(right))
    pictures = pictures_of(6)
    said = asked(model, pictures)
    assert same.card.class_table == "soccernet-v2"
    assert np.array_equal(asked(same, pictures), said)
    assert np.abs(asked(wrong, pictures) - said).max() > 1e-2


def test_samples_are_every_twelfth_frame_of_25_a_second(model: LoadedModel) -> None:
    table = TimeTable(np.arange(25 * 60) * 40_000, 0)
    assert table.samples(model.config.rate).tolist() == list(range(0, 25 * 60, 12))


def test_a_spot_is_what_has_nothing_surer_within_two_samples(model: LoadedModel) -> None:
    classes = model.classes.with_suppression(model.config.suppression, model.config.suppression_method)
    times = np.round(np.arange(12) * 480_000).astype(np.int64)
    scores = np.zeros((12, len(OFFICIAL)), np.float32)
    scores[:, 2] = [0.1, 0.9, 0.5, 0.6, 0.5, 0.05, 0.0, 0.7, 0.0, 0.0, 0.69, 0.2]
    spots = spots_of_half(1, times, scores, None, classes, Spotting(threshold=0.01), source="")
    # Sample 3 has the 0.9 of sample 1 beside it, sample 4 has the 0.6 of sample 3, which goes itself.
    assert [(s.time, round(s.confidence or 0, 2)) for s in spots] == [
        (480_000, 0.9),
        (3_360_000, 0.7),
        (4_800_000, 0.69),
    ]


def test_the_fine_tuned_loss_is_the_weighted_cross_entropy(model: LoadedModel) -> None:
    raw = torch.randn(1, 5, 18)
    odds = log_odds(raw)
    assert torch.allclose(odds.sigmoid(), raw.softmax(-1), atol=1e-6)
    confidence = torch.zeros(1, 5, 17)
    confidence[0, 1, 3] = 1
    valid = torch.ones(1, 5)
    valid[0, 4] = 0
    targets = AnchorTargets(confidence, torch.zeros_like(confidence), torch.zeros_like(confidence), valid)
    output = Output(logits=odds[..., 1:], background=odds[..., 0])
    network = model.network
    assert isinstance(network, PublishedE2ESpot)
    true = torch.tensor([0, 4, 0, 0])
    weight = torch.tensor([1.0] + 17 * [5.0])
    expected = F.cross_entropy(raw[0, :4], true, weight, reduction="sum") / 4
    assert torch.allclose(cross_entropy(network, output, targets), expected, atol=1e-5)


# --- other sports, other publications ---------------------------------------------------------------------


def test_another_sport_names_its_classes_rate_and_crop(tmp_path: Path, data: DataDirectory) -> None:
    state = e2e_spot_state(classes=4)
    bare = published(tmp_path / "finediving_rny002gsm_gru_rgb", state)
    with pytest.raises(
        BadInputError, match=r"has 4 classes, and no file beside it names them.*class\.txt beside it, or by --classes"
    ):
        added(bare, data)
    (bare / "class.txt").write_text("twist\npike\ntuck\nentry")
    with pytest.raises(BadInputError, match=r"no file says how many those are.*--rate 25"):
        added(bare, data)
    with pytest.raises(BadInputError, match=r"no file says which part of a picture.*config\.json"):
        added(bare, data, rate=25.0)
    model = added(published(bare, state, {**E2E_SETTINGS, "crop_dim": 224, "num_classes": 4}), data, rate=25.0)
    assert model.card.classes == ("twist", "pike", "tuck", "entry")
    assert (model.config.crop, model.config.rate, "splits" in model.card.training) == (224, 25.0, False)
    assert model.config.suppression == pytest.approx(3 / 25)
    pictures = pictures_of(4)
    with torch.no_grad():
        middle = torch.from_numpy(pictures[:, :, 87:311]).float() / 255
        expected = clip_scores(((middle - MEAN) / STD).permute(0, 3, 1, 2), state).numpy()[:, 1:]
    assert np.abs(asked(model, pictures) - expected).max() < 1e-4


def test_a_model_of_the_challenge_says_that_it_knows_the_test_split(
    states: dict[str, dict[str, Tensor]], tmp_path: Path, data: DataDirectory
) -> None:
    challenge = added(published(tmp_path / "soccer_challenge_rny008gsm_gru_rgb", states["008"], E2E_SETTINGS), data)
    assert TEST in challenge.card.training["splits"]
    other = added(published(tmp_path / "soccer_rny008gsm_gru_rgb", states["008"], E2E_SETTINGS), data)
    assert other.card.training["splits"] == ["train"]


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        ({}, {"modality": "flow"}, "reads flow, not colours"),
        ({"_pred_fine._tcn.weight": torch.zeros(2)}, {"temporal_arch": "mstcn"}, r"another head than a GRU \(mstcn\)"),
        ({"_features.s4.b1.conv3.conv.weight": torch.zeros(400, 2, 1, 1)}, {}, "another backbone than RegNetY"),
        ({"_features.stem.conv.weight": torch.zeros(32, 3, 5, 5)}, {}, "stem.conv.weight is 32x3x5x5, not 32x3x3x3"),
        ({"_features.s1.b1.se.fc9.bias": torch.zeros(2)}, {}, "fc9.bias has no place"),
        ({"_features.stem.bn.bias": None}, {}, "stem.bn.bias is missing"),
        ({"_features.stem.bn.bias": torch.full((32,), torch.nan)}, {}, "holds 32 of 32 numbers that are none"),
        ({}, {"clip_len": "long"}, "clip_len or crop_dim .* is no number"),
    ],
)
def test_other_layouts_are_refused_by_name(
    change: dict[str, Tensor | None],
    settings: dict[str, Any],
    message: str,
    states: dict[str, dict[str, Tensor]],
    tmp_path: Path,
    data: DataDirectory,
) -> None:
    state = {k: v for k, v in {**states["002"], **change}.items() if v is not None}
    source = published(tmp_path / "m", state, {**E2E_SETTINGS, **settings})
    with pytest.raises(BadInputError, match=message):
        added(source, data)
    assert added_models(data) == {}


def test_a_shift_that_is_not_gated_is_refused(
    states: dict[str, dict[str, Tensor]], tmp_path: Path, data: DataDirectory
) -> None:
    state = {k: v for k, v in states["002"].items() if ".gsm." not in k}
    source = published(tmp_path / "m", state, {**E2E_SETTINGS, "feature_arch": "rny002_tsm"})
    with pytest.raises(BadInputError, match=re.escape("has no gated time shift (rny002_tsm)")):
        added(source, data)
