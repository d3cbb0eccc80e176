"""COMEDIAN's checkpoints: what they say here is what their description says, written a second time."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from explain.methods import METHODS
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adding import added_models
from spotting_core.domain.classes import SOFT
from spotting_core.domain.suppression import Spotting
from spotting_core.inference.score import score_half
from spotting_core.models.load import LoadedModel
from spotting_core.models.published_comedian import PublishedComedian
from spotting_core.models.window import Samples
from spotting_core.tasks.spotting import SPOTTING
from spotting_core.tasks.task import HalfScores
from tests.spotting_core.checkpoints.made import added, comedian_state, published
from tests.spotting_core.checkpoints.test_e2e_spot import OFFICIAL, half_of, pictures_of

ROOT = "trunk.transformer."
HEADS = 3


# --- the description --------------------------------------------------------------------------------------


def normed(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    spread = (x - x.mean(-1, keepdim=True)) / torch.sqrt(x.var(-1, keepdim=True, unbiased=False) + 1e-6)
    return spread * state[f"{name}.weight"] + state[f"{name}.bias"]


def linear(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    return x @ state[f"{name}.weight"].T + state.get(f"{name}.bias", torch.zeros(()))


def attended(x: Tensor, state: dict[str, Tensor], name: str, heads: int, bias: Tensor | None = None) -> Tensor:
    """Tokens (N, D) that attend to each other; bias: (heads, N, N)."""
    dim = x.shape[1]
    asked = linear(x, state, f"{name}.qkv")
    q, k, v = (asked[:, part * dim : (part + 1) * dim] for part in range(3))
    out, width = [], dim // heads
    for head in range(heads):
        own = slice(head * width, (head + 1) * width)
        likeness = q[:, own] @ k[:, own].T / width**0.5 + (0 if bias is None else bias[head])
        out.append(likeness.softmax(1) @ v[:, own])
    return linear(torch.cat(out, 1), state, f"{name}.proj")


def fed(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    inner = linear(normed(x, state, f"{name}.norm2"), state, f"{name}.mlp.fc1")
    return x + linear(0.5 * inner * (1 + torch.erf(inner / 2**0.5)), state, f"{name}.mlp.fc2")


def transformed(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    number = 0
    while f"{name}.blocks.{number}.norm1.weight" in state:
        block = f"{name}.blocks.{number}"
        x = fed(x + attended(normed(x, state, f"{block}.norm1"), state, f"{block}.attn", HEADS), state, block)
        number += 1
    return normed(x, state, f"{name}.norm")


def patches(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    """Pictures (T, 3, H, W) to what each place of each tubelet is: (N, H / p, W / p, D)."""
    weight = state[f"{ROOT}patch_embed.proj.weight"]
    seen = F.conv3d(
        pixels.transpose(0, 1)[None], weight, state[f"{ROOT}patch_embed.proj.bias"], stride=weight.shape[2:]
    )
    return seen[0].permute(1, 2, 3, 0)


def place_tokens(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    tokens = []
    for own in patches(pixels, state).flatten(1, 2):
        x = torch.cat([state[f"{ROOT}spatial_cls_token"][0], own]) + state[f"{ROOT}pos_embed"][0]
        tokens.append(transformed(x, state, f"{ROOT}spatial_transformer")[0])
    return torch.stack(tokens)


def nearness(table: Tensor) -> Tensor:
    """Biases (169, heads) of how seven by seven places lie to each other: (heads, 49, 49)."""
    out = torch.zeros(table.shape[1], 49, 49)
    for i in range(49):
        for j in range(49):
            out[:, i, j] = table[(i // 7 - j // 7 + 6) * 13 + (i % 7 - j % 7 + 6)]
    return out


def region(place: int, side: int) -> int:
    return 0 if place < side - 7 else 1 if place < side - 3 else 2


def swin_block(x: Tensor, state: dict[str, Tensor], name: str, *, shifted: bool) -> Tensor:
    """Places (side, side, D)."""
    side, table = len(x), state[f"{name}.attn.relative_position_bias_table"]
    bias, heads = nearness(table), table.shape[1]
    inner = normed(x, state, f"{name}.norm1")
    inner = torch.roll(inner, (-3, -3), (0, 1)) if shifted else inner
    out = torch.zeros_like(inner)
    for row in range(0, side, 7):
        for column in range(0, side, 7):
            of_window = (slice(row, row + 7), slice(column, column + 7))
            own = bias
            if shifted:
                kinds = torch.tensor([
                    3 * region(row + k // 7, side) + region(column + k % 7, side) for k in range(49)
                ])  # fmt: skip
                own = bias - 100.0 * (kinds[:, None] != kinds[None])
            tokens = inner[of_window].reshape(49, -1)
            out[of_window] = attended(tokens, state, f"{name}.attn", heads, own).reshape(7, 7, -1)
    out = torch.roll(out, (3, 3), (0, 1)) if shifted else out
    return fed(x + out, state, name)


def swin_tokens(pixels: Tensor, state: dict[str, Tensor]) -> Tensor:
    tokens, name = [], f"{ROOT}spatial_transformer"
    for own in patches(pixels, state):
        x, stage = normed(own, state, f"{ROOT}patch_embed.norm"), 0
        while f"{name}.layers.{stage}.blocks.0.norm1.weight" in state:
            number = 0
            while f"{name}.layers.{stage}.blocks.{number}.norm1.weight" in state:
                block = f"{name}.layers.{stage}.blocks.{number}"
                x = swin_block(x, state, block, shifted=number % 2 == 1 and len(x) > 7)
                number += 1
            down = f"{name}.layers.{stage}.downsample"
            if f"{down}.reduction.weight" in state:
                x = torch.cat([x[0::2, 0::2], x[1::2, 0::2], x[0::2, 1::2], x[1::2, 1::2]], 2)
                x = linear(normed(x, state, f"{down}.norm"), state, f"{down}.reduction")
            stage += 1
        tokens.append(normed(x, state, f"{name}.norm").mean((0, 1)))
    return torch.stack(tokens)


def described(pictures: np.ndarray, state: dict[str, Tensor]) -> np.ndarray:
    """Confidences (T / 2, C) of a window of pictures uint8 (T, H, W, 3)."""
    with torch.no_grad():
        pixels = ((torch.from_numpy(pictures).float() / 255 - 0.45) / 0.225).permute(0, 3, 1, 2)
        seen = place_tokens if f"{ROOT}pos_embed" in state else swin_tokens
        x = seen(pixels, state) + state[f"{ROOT}time_embed"][0, : len(pictures) // 2]
        states = transformed(x, state, f"{ROOT}temporal_transformer")
        return linear(states, state, "head_class.layers.0").sigmoid().numpy()


# --- what is read is that ---------------------------------------------------------------------------------


def model_of(folder: Path, data: DataDirectory, state: dict[str, Tensor], name: str = "") -> LoadedModel:
    return added(published(folder, state), data, name)


def confidences(model: LoadedModel, pictures: np.ndarray) -> np.ndarray:
    (scores,) = model.judge.scores([Samples(0, np.ones(len(pictures), bool), pictures=pictures)])
    return scores.confidence


@pytest.mark.parametrize(("kind", "dim", "size"), [("vivit", 24, 32), ("viswin", 12, 224)])
def test_a_window_is_judged_as_described(kind: str, dim: int, size: int, tmp_path: Path, data: DataDirectory) -> None:
    state = comedian_state(kind, dim=dim)
    model = model_of(tmp_path / "COMEDIAN", data, state)
    assert (model.system.name, model.card.classes) == (f"published-comedian-{kind}", OFFICIAL)
    assert (model.config.rate, model.config.window, model.card.input.size) == (2.0, 12, (size, size))
    pictures = pictures_of(12, height=size, width=size)
    expected, confidence = described(pictures, state), confidences(model, pictures)
    assert np.abs(confidence[::2] - expected).max() < 1e-4
    (scores,) = model.judge.scores([Samples(0, np.ones(12, bool), pictures=pictures)])
    assert np.abs(confidence[1::2] - confidence[::2]).max() < 1e-6  # which the second sample says of the first
    assert scores.displacement is not None
    assert np.array_equal(scores.displacement[:, 3], [0.0, -0.5] * 6)
    assert np.ptp(expected) > 0.05


def test_the_sizes_of_the_paper_are_read_off_its_tensors(tmp_path: Path, data: DataDirectory) -> None:
    """As many parameters as the paper's network has, and its heads and windows."""
    state = comedian_state(dim=192, places=196, depth=12, times=64, temporal_depth=6)
    model = model_of(tmp_path / "COMEDIAN-ViViT-tiny", data, state)
    assert sum(p.numel() for p in model.network.parameters()) == 8_357_201
    config = model.config
    assert (config.window, config.before, config.after) == (128, 24, 24)
    assert (config.depth, config.temporal_depth, config.heads) == (12, 6, 3)  # type: ignore[attr-defined]
    assert (model.card.training["splits"], model.card.domain) == (["train"], "broadcast")
    assert "CeCILL-2.1" in model.card.licence


@pytest.mark.parametrize(
    "part", ["spatial_cls_token", "pos_embed", "time_embed", "temporal_transformer.blocks.1.attn.qkv.bias"]
)
def test_every_part_says_something(part: str, tmp_path: Path, data: DataDirectory) -> None:
    """Without it another confidence: each is where the description has it."""
    state = comedian_state()
    without = {**state, f"{ROOT}{part}": torch.zeros_like(state[f"{ROOT}{part}"])}
    pictures = pictures_of(12, height=32, width=32)
    model = model_of(tmp_path / "m", data, without)
    assert np.abs(confidences(model, pictures)[::2] - described(pictures, without)).max() < 1e-4
    assert np.abs(confidences(model, pictures)[::2] - described(pictures, state)).max() > 1e-3


def test_pictures_of_a_tubelet_in_another_order_say_something_else(tmp_path: Path, data: DataDirectory) -> None:
    state = comedian_state()
    weight = state[f"{ROOT}patch_embed.proj.weight"]
    turned = {**state, f"{ROOT}patch_embed.proj.weight": weight.flip(2)}
    pictures = pictures_of(12, height=32, width=32)
    model = model_of(tmp_path / "m", data, turned)
    assert np.abs(confidences(model, pictures)[::2] - described(pictures, state)).max() > 1e-3


def test_a_half_is_judged_by_windows_half_over_each_other(tmp_path: Path, data: DataDirectory) -> None:
    """Of 13 s in windows of 6 s: they begin every three seconds and the last one ends with the half; each loses a
    second at its ends, but for those of the half; the greatest score counts."""
    state = comedian_state()
    model = model_of(tmp_path / "m", data, state)
    config = model.system.configure(**{**asdict(model.config), "before": 2, "after": 2})
    judge = type(model.judge)(model.system, config, model.network)
    pictures = pictures_of(26, height=32, width=32)
    expected = np.zeros((26, 17))
    for start in (0, 6, 12, 14):
        own = described(pictures[start : start + 12], state)
        for token in range(6):
            inside = (start == 0 or token >= 1) and (start == 14 or token < 5)
            if inside:
                row = start + 2 * token
                expected[row] = np.maximum(expected[row], own[token])
    scores = score_half(judge, half_of(pictures, 2.0)).confidence
    assert np.abs(scores[::2] - expected[::2]).max() < 1e-4
    assert np.abs(scores[1::2] - scores[::2]).max() < 1e-6
    odd = score_half(judge, half_of(pictures[:25], 2.0))  # its last window begins at a whole second as well
    assert odd.displacement is not None
    assert np.array_equal(odd.displacement[:, 0], [*[0.0, -0.5] * 12, 0.0])


def test_spots_lie_on_whole_seconds_and_fade_within_five(tmp_path: Path, data: DataDirectory) -> None:
    """Two votes three seconds apart: the weaker keeps six tenths of itself."""
    model = model_of(tmp_path / "m", data, comedian_state())
    table = model.classes.with_suppression(model.config.suppression, model.config.suppression_method)
    assert (table.method, table.get("Goal").suppression) == (SOFT, 5.0)
    confidence = np.full((40, 17), 1e-9, np.float32)
    confidence[10:12, 2], confidence[16:18, 2], confidence[36:38, 2] = 0.8, 0.5, 0.4
    times, displacement = np.arange(40) * 500_000, np.tile([0.0, -0.5], 20)[:, None].repeat(17, 1)
    scores = HalfScores(1, times, 20_000_000, confidence, displacement, None)
    spots = SPOTTING.findings(scores, table, least=0.01, source="x")
    assert [(s.seconds, round(s.confidence or 0, 3)) for s in spots] == [(5.0, 0.8), (8.0, 0.3), (18.0, 0.4)]
    assert Spotting().settled(table).method == SOFT


def test_it_is_explained_and_goes_on_learning(tmp_path: Path, data: DataDirectory) -> None:
    model = model_of(tmp_path / "m", data, comedian_state())
    names = ("occlusion", "attention-rollout", "temporal-attention", "temporal-occlusion")
    assert {METHODS[name].supports(model) for name in names} == {None}
    network = model.network
    assert isinstance(network, PublishedComedian)
    stored = load_file(model.folder / "model.safetensors")
    assert all(torch.equal(value, network.state_dict()[name]) for name, value in stored.items())


def test_safetensors_and_wrapped_weights_are_read_alike(tmp_path: Path, data: DataDirectory) -> None:
    state = comedian_state()
    (tmp_path / "a").mkdir()
    save_file(state, tmp_path / "a" / "model.safetensors")
    (tmp_path / "b").mkdir()
    torch.save({"state_dict": state, "epoch": 3}, tmp_path / "b" / "last.ckpt")
    pictures = pictures_of(12, height=32, width=32)
    first, second = (confidences(added(tmp_path / name, data, name), pictures) for name in ("a", "b"))
    assert np.array_equal(first, second)


def test_without_the_token_of_training_it_is_the_same(tmp_path: Path, data: DataDirectory) -> None:
    state = comedian_state()
    less = {name: value for name, value in state.items() if not name.endswith("temporal_mask_token")}
    pictures = pictures_of(12, height=32, width=32)
    one, other = (confidences(model_of(tmp_path / n, data, s, n), pictures) for n, s in (("a", state), ("b", less)))
    assert np.array_equal(one, other)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("vivit", {"spatial_transformer.blocks.1.mlp.fc1.bias": None}, r"blocks\.1\.mlp\.fc1\.bias is missing"),
        ("vivit", {"spatial_transformer.blocks.1.gamma": torch.ones(2)}, r"blocks\.1\.gamma has no place"),
        ("vivit", {"pos_embed": torch.zeros(1, 6, 24)}, "has 5 places, which are no square"),
        ("vivit", {"patch_embed.proj.weight": torch.zeros(24, 3, 2, 16, 8)}, "no square patch"),
        ("vivit", {"patch_embed.proj.weight": torch.zeros(24, 1, 2, 16, 16)}, "not \\?x3x\\?x\\?x\\?"),
        ("vivit", {"time_embed": torch.zeros(1, 6, 12)}, "time_embed is 1x6x12, not 1x6x24"),
        ("vivit", {"temporal_transformer.norm.bias": torch.zeros(5)}, "norm.bias is a row of numbers|is 5, not 24"),
        ("viswin", {"spatial_transformer.layers.0.downsample.norm.bias": None}, "downsample.norm.bias is missing"),
        ("viswin", {"patch_embed.proj.weight": torch.zeros(24, 3, 2, 8, 8)}, "patch_embed.proj.weight is 24x6x8x8"),
    ],
)
def test_other_layouts_are_refused_by_name(
    kind: str, change: dict[str, Tensor | None], message: str, tmp_path: Path, data: DataDirectory
) -> None:
    changed = comedian_state(kind) | {f"{ROOT}{name}": value for name, value in change.items() if value is not None}
    for name, value in change.items():
        if value is None:
            del changed[f"{ROOT}{name}"]
    with pytest.raises(BadInputError, match=message):
        model_of(tmp_path / "m", data, changed)
    assert added_models(data) == {}


def test_other_classes_are_asked_for(tmp_path: Path, data: DataDirectory) -> None:
    folder = published(tmp_path / "m", comedian_state(classes=3))
    with pytest.raises(BadInputError, match="has 3 classes, and no file beside it names them"):
        added(folder, data)
    (folder / "class.txt").write_text("shot\npass\ndrive\n")
    assert added(folder, data).card.classes == ("shot", "pass", "drive")
