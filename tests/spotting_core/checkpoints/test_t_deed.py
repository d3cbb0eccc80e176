"""T-DEED's checkpoints: what they say here is what the description and the papers say, written a second time."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F

from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.domain.classes import SOFT
from spotting_core.inference.score import score_half
from spotting_core.models.card import WEIGHTS_FILE
from spotting_core.models.environment import ShiftedTrunk
from spotting_core.models.gated_shift import GatedShift
from spotting_core.models.judge import Judge
from spotting_core.models.load import LoadedModel
from spotting_core.models.window import Samples
from spotting_core.models.window_plan import BLANK
from tests.spotting_core.checkpoints.made import added, published, t_deed_state
from tests.spotting_core.checkpoints.test_e2e_spot import MEAN, OFFICIAL, STD, conv, half_of, normal, pictures_of

SETTINGS = {"feature_arch": "rny002_gsf", "modality": "rgb"}


# --- the description --------------------------------------------------------------------------------------


def gate_shift_fuse(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """On one clip (T, C, h, w), by a convolution over three dimensions."""
    weight = state[f"{name}.conv3D.weight"]
    fold = 2 * weight.shape[1]
    part = x[:, :fold].transpose(0, 1)[None]  # (1, fold, T, h, w)
    gates = F.conv3d(
        torch.relu(normal(part, state, f"{name}.bn")), weight, state[f"{name}.conv3D.bias"], padding=1, groups=2
    ).tanh()
    halves = []
    for group, ahead in ((0, True), (1, False)):
        own = part[0, group * fold // 2 : (group + 1) * fold // 2]  # (c, T, h, w)
        gated = own * gates[0, group]
        moved = torch.zeros_like(gated)
        if ahead:
            moved[:, :-1] = gated[:, 1:]
        else:
            moved[:, 1:] = gated[:, :-1]
        stays = own - gated
        seen = torch.stack([moved.mean((2, 3)), stays.mean((2, 3))])[None]  # (1, 2, c, T)
        convolution = f"{name}.channel_conv{group + 1}"
        share = F.conv2d(seen, state[f"{convolution}.weight"], state[f"{convolution}.bias"], padding=1).sigmoid()
        out = moved * share[0, 0, :, :, None, None] + stays * (1 - share[0, 0, :, :, None, None])
        quarter = fold // 4
        halves.append(torch.stack([out[:quarter], out[quarter:]], 1).flatten(0, 1))
    return torch.cat([torch.cat(halves).transpose(0, 1), x[:, fold:]], 1)


def block(x: Tensor, state: dict[str, Tensor], name: str, stride: int) -> Tensor:
    if f"{name}.conv1.gs.bn.weight" in state:
        y = conv(gate_shift_fuse(x, state, f"{name}.conv1.gs"), state, f"{name}.conv1.net")
    else:
        y = conv(x, state, f"{name}.conv1")
    y = torch.relu(y)
    groups = y.shape[1] // state[f"{name}.conv2.conv.weight"].shape[1]
    y = torch.relu(conv(y, state, f"{name}.conv2", stride=stride, groups=groups))
    squeezed = y.mean((2, 3), keepdim=True)
    for layer, activation in (("fc1", torch.relu), ("fc2", torch.sigmoid)):
        squeezed = activation(F.conv2d(squeezed, state[f"{name}.se.{layer}.weight"], state[f"{name}.se.{layer}.bias"]))
    y = conv(y * squeezed, state, f"{name}.conv3")
    if f"{name}.downsample.conv.weight" in state:
        x = conv(x, state, f"{name}.downsample", stride=stride)
    return torch.relu(x + y)


def seen(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    x = torch.relu(conv(pixels, state, "_features.stem", stride=2))
    for stage in range(1, 5):
        number = 1
        while f"_features.s{stage}.b{number}.conv3.conv.weight" in state:
            x = block(x, state, f"_features.s{stage}.b{number}", 2 if number == 1 else 1)
            number += 1
    return x.mean((2, 3))


def along(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """Each channel of (D, T) by its own kernel."""
    weight, bias = state[f"{name}.weight"], state[f"{name}.bias"]
    reach = weight.shape[-1] // 2
    padded = torch.cat([x.new_zeros(len(x), reach), x, x.new_zeros(len(x), reach)], 1)
    return (padded.unfold(1, weight.shape[-1], 1) * weight).sum(-1) + bias[:, None]


def views(x: Tensor, state: dict[str, Tensor], name: str, end: str) -> tuple[Tensor, Tensor, Tensor]:
    spread = (x - x.mean(0)) / torch.sqrt(x.var(0, unbiased=False) + 1e-5)
    x = spread * state[f"{name}.ln{end}.weight"][0] + state[f"{name}.ln{end}.bias"][0]
    windows = along(x, state, f"{name}.convw{end}") + along(x, state, f"{name}.convkw{end}")
    phi = torch.relu(along(x.mean(1, keepdim=True), state, f"{name}.global_fc{end}"))
    return x, windows * along(x, state, f"{name}.psi{end}"), along(x, state, f"{name}.fc{end}") * phi


def feed(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    grouped = x.reshape(16, -1)
    spread = (grouped - grouped.mean(1, keepdim=True)) / torch.sqrt(grouped.var(1, keepdim=True, unbiased=False) + 1e-5)
    inner = spread.reshape(x.shape) * state[f"{name}.gn.weight"][:, None] + state[f"{name}.gn.bias"][:, None]
    inner = F.gelu(state[f"{name}.mlp.0.weight"][..., 0] @ inner + state[f"{name}.mlp.0.bias"][:, None])
    return x + state[f"{name}.mlp.2.weight"][..., 0] @ inner + state[f"{name}.mlp.2.bias"][:, None]


def layer(x: Tensor, state: dict[str, Tensor], number: int) -> Tensor:
    name = f"_temp_fine._sgp.{number}"
    own, windows, instant = views(x, state, name, "")
    return feed(x + own + windows + instant, state, name)


def mixture(x: Tensor, below: Tensor, state: dict[str, Tensor], number: int) -> Tensor:
    name = f"_temp_fine._sgpMixer.{number}"
    risen = torch.stack([below, below], 2).flatten(1)[:, : x.shape[1]]
    (_, near_1, instant_1), (_, near_2, instant_2) = views(x, state, name, "1"), views(risen, state, name, "2")
    joined = torch.cat([near_1, near_2, instant_1, instant_2, risen, x])
    mixed = state[f"{name}.concat_fc.weight"][..., 0] @ joined + state[f"{name}.concat_fc.bias"][:, None]
    return feed(mixed, state, name)


def halved(x: Tensor) -> Tensor:
    return torch.stack([x[:, at : at + 2].max(1).values for at in range(0, x.shape[1], 2)], 1)


def clip_outputs(pixels: Tensor, state: dict[str, Tensor], head: str = "_fc_out") -> tuple[Tensor, Tensor]:
    """Softmax (T, 1 + C) and samples since the action (T,) of a clip of normalised pictures."""
    x = (seen(pixels, state) + state["temp_enc"][: len(pixels)]).T
    depth = len({n.split(".")[2] for n in state if n.startswith("_temp_fine._sgpMixer.")})
    skipped = []
    for number in range(depth):
        x = layer(x, state, number)
        skipped.append(x)
        x = halved(x)
    x = layer(x, state, depth)
    for number in range(depth):
        x = layer(mixture(skipped.pop(), x, state, number), state, depth + 1 + number)
    states = x.T
    scores = states @ state[f"_pred_fine.{head}.weight"].T + state[f"_pred_fine.{head}.bias"]
    late = states @ state["_pred_displ._fc_out.weight"].T + state["_pred_displ._fc_out.bias"]
    return scores.softmax(1), late[:, 0]


def described_outputs(pictures: np.ndarray, state: dict[str, Tensor], head: str = "_fc_out") -> tuple[Tensor, Tensor]:
    with torch.no_grad():
        pixels = ((torch.from_numpy(pictures).float() / 255 - MEAN) / STD).permute(0, 3, 1, 2)
        return clip_outputs(pixels, state, head)


# --- what is read is that ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def state() -> dict[str, Tensor]:
    return t_deed_state()


@pytest.fixture
def model(state: dict[str, Tensor], tmp_path: Path, data: DataDirectory) -> LoadedModel:
    return added(published(tmp_path / "SoccerNet_small", state, SETTINGS), data)


def small_judge(model: LoadedModel, **settings: Any) -> Judge:
    config = model.system.configure(**{**asdict(model.config), "width": 96, "height": 64, **settings})
    network = model.system.build(config).eval()
    network.load_state_dict(load_file(model.folder / WEIGHTS_FILE))
    return Judge(model.system, config, network)


def said(judge: Judge, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    (scores,) = judge.scores([Samples(0, np.ones(len(pictures), bool), pictures=pictures)])
    assert scores.displacement is not None
    return scores.confidence, scores.displacement


@pytest.mark.parametrize("size", ["002", "008"])
def test_a_clip_is_judged_as_described(size: str, tmp_path: Path, data: DataDirectory) -> None:
    state = t_deed_state(size, layers=3)
    model = added(published(tmp_path / "m", state, SETTINGS), data)
    assert (model.system.name, model.config.window, model.card.classes) == ("published-t-deed", 100, OFFICIAL)
    assert model.config.layers == 3  # type: ignore[attr-defined]
    assert any("compared with no published weights" in note for note in model.card.notes)
    pictures = pictures_of(9)
    scores, late = described_outputs(pictures, state)
    confidence, displacement = said(model.judge, pictures)
    assert np.abs(confidence - scores[:, 1:].numpy()).max() < 1e-4  # the official order is the table's
    assert np.abs(displacement[:, 3] + late.numpy() / model.config.rate).max() < 1e-4
    assert np.ptp(scores[:, 1:].numpy()) > 0.01


@pytest.mark.parametrize("setting", ["backward_first", "interleaved"])
def test_another_direction_or_order_of_channels_says_something_else(
    setting: str, model: LoadedModel, state: dict[str, Tensor]
) -> None:
    pictures, judge = pictures_of(8, height=64, width=96), small_judge(model)
    expected = described_outputs(pictures, state)[0][:, 1:].numpy()
    assert np.abs(said(judge, pictures)[0] - expected).max() < 1e-4
    shifts = [part for part in judge.network.modules() if isinstance(part, GatedShift)]
    assert len(shifts) == 11  # of the third and fourth stage
    for part in shifts:
        setattr(part, setting, False)
    assert np.abs(said(judge, pictures)[0] - expected).max() > 1e-3


def test_classes_in_another_order_say_something_else(
    model: LoadedModel, state: dict[str, Tensor], tmp_path: Path, data: DataDirectory
) -> None:
    folder = published(tmp_path / "alphabetical", state, SETTINGS)
    (folder / "class.txt").write_text("\n".join(sorted(OFFICIAL)))
    wrong = added(folder, data)
    assert wrong.card.classes == OFFICIAL
    pictures = pictures_of(6)
    assert np.abs(said(wrong.judge, pictures)[0] - said(model.judge, pictures)[0]).max() > 1e-3


def test_a_half_is_judged_clip_by_clip_with_black_beyond_it_and_scores_move(
    model: LoadedModel, state: dict[str, Tensor]
) -> None:
    state = {**state, "_pred_displ._fc_out.weight": 0 * state["_pred_displ._fc_out.weight"]}
    state["_pred_displ._fc_out.bias"] = torch.tensor([2.4])  # every sample lies two after its action
    pictures, judge = pictures_of(130, height=64, width=96), small_judge(model)
    network = judge.network
    network.load_state_dict({**network.state_dict(), "to_displacement.weight": state["_pred_displ._fc_out.weight"],
                             "to_displacement.bias": state["_pred_displ._fc_out.bias"]})  # fmt: skip
    filled = np.concatenate([pictures, np.zeros((20, *pictures.shape[1:]), np.uint8)])
    total, count = np.zeros((150, 18)), np.zeros((150, 1))
    for start in (0, 50):
        total[start : start + 100] += described_outputs(filled[start : start + 100], state)[0].numpy()
        count[start : start + 100] += 1
    mean = (total / count)[:130, 1:]
    expected = np.concatenate([mean[:3].max(0)[None], mean[3:], np.zeros((2, 17))])
    rate = judge.config.rate
    scored = judge.system.decoding.settled(score_half(judge, half_of(pictures, rate)), rate)
    assert np.abs(scored.confidence - expected).max() < 1e-4
    blank = replace(judge.system, plan=lambda config: replace(model.system.plan(config), outside=BLANK))
    other = judge.system.decoding.settled(score_half(replace(judge, system=blank), half_of(pictures, rate)), rate)
    assert np.abs(other.confidence - expected).max() > 1e-4


def test_a_spot_fades_six_samples_to_either_side(model: LoadedModel) -> None:
    assert model.config.suppression_method == SOFT
    assert model.config.suppression * model.config.rate == pytest.approx(6)  # twice as wide as half of it
    assert model.config.rate == pytest.approx(25 / 12)
    assert {METHODS[name].supports(model) for name in ("occlusion", "grad-cam", "temporal-occlusion")} == {None}


def test_a_change_of_some_frames_is_computed_exactly(model: LoadedModel) -> None:
    trunk = model.network.environment
    assert isinstance(trunk, ShiftedTrunk)
    torch.manual_seed(0)
    pictures, other = torch.randn(80, 3, 32, 48), torch.randn(1, 2, 3, 32, 48)
    with torch.no_grad():
        known = trunk.activations(pictures)
        maps, first = trunk.changed_map(known, other, 40)
        whole = pictures.clone()
        whole[40:42] = other[0]
        expected = trunk.feature_map(whole[None])[0]
    assert (maps[0] - expected[first : first + maps.shape[1]]).abs().max() < 1e-4
    assert (known[-1][:first] - expected[:first]).abs().max() < 1e-4


def test_a_model_of_the_ball_is_asked_for_its_first_head(tmp_path: Path, data: DataDirectory) -> None:
    state = t_deed_state(ball=12)
    state["_pred_team._fc_out.weight"], state["_pred_team._fc_out.bias"] = torch.zeros(1, 368), torch.zeros(1)
    folder = published(tmp_path / "ball", state, SETTINGS)
    with pytest.raises(BadInputError, match="has 12 classes, and no file beside it names them"):
        added(folder, data)
    names = [
        "PASS",
        "DRIVE",
        "HEADER",
        "HIGH PASS",
        "OUT",
        "CROSS",
        "THROW IN",
        "SHOT",
        "BLOCK",
        "TACKLE",
        "FREE",
        "GOAL",
    ]
    (folder / "class.txt").write_text("\n".join(names))
    model = added(folder, data)
    assert (model.card.classes, model.config.rate, model.card.input.size) == (tuple(names), 12.5, (796, 448))
    assert model.config.displacement_radius * 12.5 == pytest.approx(4)
    pictures, judge = pictures_of(5, height=64, width=96), small_judge(model)
    expected = described_outputs(pictures, state, "_fc1")[0][:, 1:].numpy()
    assert np.abs(said(judge, pictures)[0] - expected).max() < 1e-4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"_temp_fine._sgp.0.first.weight": torch.zeros(2)},
            r"named _temp_fine\._sgp\.0\.first\.weight, which is none",
        ),
        ({"_temp_fine._gru.weight": torch.zeros(2)}, "cannot be read yet"),
        ({"_temp_fine._sgp.4.psi.bias": None}, r"temporal\.layers\.4\.views\.gate\.bias is missing"),
        ({"_temp_fine._sgpMixer.0.concat_fc.weight": None}, r"concat_fc\.weight is missing"),
        ({"_pred_fine._fc_out.bias": torch.zeros(5)}, "has 4 classes, and of other models than SoccerNet's"),
        ({"_pred_other.weight": torch.zeros(5)}, r"_pred_other\.weight has no place"),
        ({"temp_enc": torch.zeros(100, 5)}, "temp_enc is 100x5, not 100x368"),
    ],
)
def test_other_layouts_are_refused_by_name(
    change: dict[str, Tensor | None], message: str, state: dict[str, Tensor], tmp_path: Path, data: DataDirectory
) -> None:
    changed = {k: v for k, v in {**state, **change}.items() if v is not None}
    with pytest.raises(BadInputError, match=message):
        added(published(tmp_path / "m", changed, SETTINGS), data)
    assert added_models(data) == {}
