"""Checkpoints as other projects publish them, with random weights, and models made of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from spotting_core.base.data_directory import DataDirectory
from spotting_core.checkpoints.adding import Wanted, add_model
from spotting_core.checkpoints.adopted import Choices
from spotting_core.checkpoints.sources import offer_of
from spotting_core.models.load import LoadedModel, load_model
from tests.conftest import SHARED

NAMES = SHARED / "data" / "checkpoint_names"


def state_of(shapes: dict[str, list[int]], *, seed: int = 0) -> dict[str, Tensor]:
    """Random weights of some names and shapes, such that what runs through them neither dies nor grows."""
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            state[name] = torch.tensor(1)
        elif name.endswith("running_var") or (name.endswith("weight") and len(shape) == 1):
            state[name] = 0.5 + torch.rand(shape, generator=generator)
        elif len(shape) == 1:
            state[name] = 0.2 * torch.randn(shape, generator=generator)
        else:
            inputs = torch.tensor(shape[1:]).prod().item()
            share = 0.3 if name.endswith("conv3.conv.weight") else 1.0  # of what a residual block adds
            state[name] = share * torch.randn(shape, generator=generator) * (2 / inputs) ** 0.5
    return state


def e2e_spot_state(size: str = "002", *, classes: int = 17) -> dict[str, Tensor]:
    """A checkpoint of E2E-Spot by the names and shapes of a published one."""
    path = NAMES / f"e2e_spot_rny{size}_gsm.json"
    if not path.is_file():
        pytest.skip("needs the names of published checkpoints, which lie in the data folder beside the repository")
    shapes = json.loads(path.read_text())
    for part in ("weight", "bias"):
        shapes[f"_pred_fine._fc_out._fc_out.{part}"][0] = 1 + classes
    return state_of(shapes)


E2E_SETTINGS = {"feature_arch": "rny002_gsm", "temporal_arch": "gru", "clip_len": 100, "crop_dim": None,
                "num_classes": 17, "modality": "rgb"}  # fmt: skip


FEED_FORWARD, EMBED_DIM = 96, 256


def uglf_state(size: str = "002", *, norm: str = "alpha", classes: int = 17) -> dict[str, Tensor]:
    """A checkpoint of UGLF: E2E-Spot's, and a fusion of the published names.

    Arguments:
        norm: by what name the encoders' norms scale: ``alpha``, or ``weight`` of a LayerNorm.
    """
    state = e2e_spot_state(size, classes=classes)
    dim = state["_pred_fine._gru.weight_ih_l0"].shape[1]
    shapes: dict[str, list[int]] = {}
    for name, inputs in (("_env_linear", dim), ("_obj_linear", EMBED_DIM)):
        shapes |= {f"_fuse.{name}.weight": [dim, inputs], f"_fuse.{name}.bias": [dim]}
    for name, width in (("_env_norm", dim), ("_obj_norm", EMBED_DIM), ("_obj_env_norm", dim)):
        shapes |= {f"_fuse.{name}.alpha": [width], f"_fuse.{name}.bias": [width]}
    for fuser in ("_fuse._obj_fuser", "_fuse._env_obj_fuser"):
        layer = f"{fuser}.encoder_layers.0"
        shapes |= {f"{layer}.attn.in_proj_weight": [3 * dim, dim], f"{layer}.attn.in_proj_bias": [3 * dim]}
        shapes |= {f"{layer}.attn.out_proj.weight": [dim, dim], f"{layer}.attn.out_proj.bias": [dim]}
        for number in (1, 2):
            first, second = (f"{layer}.ff_{number}.linear_{k}" for k in (1, 2))
            shapes |= {f"{first}.weight": [FEED_FORWARD, dim], f"{first}.bias": [FEED_FORWARD]}
            shapes |= {f"{second}.weight": [dim, FEED_FORWARD], f"{second}.bias": [dim]}
        for name in (f"{layer}.norm_1", f"{layer}.norm_2", f"{fuser}.norm"):
            shapes |= {f"{name}.{norm}": [dim], f"{name}.bias": [dim]}
    fusion = state_of(shapes, seed=1)
    for name in (n for n in fusion if n.endswith(".alpha")):
        fusion[name] = 1 + fusion[name]
    return state | fusion


def t_deed_state(size: str = "002", *, layers: int = 2, window: int = 100, ball: int = 0) -> dict[str, Tensor]:
    """A checkpoint of T-DEED: E2E-Spot's trunk that shifts and fuses in its two last stages, and layers over time.

    Arguments:
        ball: classes of a first head of the ball beside SoccerNet's; 0 for SoccerNet's alone.
    """
    state: dict[str, Tensor] = {}
    shapes: dict[str, list[int]] = {}
    for name, value in e2e_spot_state(size).items():
        if not name.startswith("_features."):
            continue
        if name.startswith(("_features.s3.", "_features.s4.")):
            state[name.replace(".gsm.", ".gs.")] = value
            if name.endswith(".gsm.conv3D.bias"):
                block = name.removesuffix("gsm.conv3D.bias")
                for number in (1, 2):
                    shapes[f"{block}gs.channel_conv{number}.weight"] = [1, 2, 3, 3]
                    shapes[f"{block}gs.channel_conv{number}.bias"] = [1]
        elif ".gsm." not in name:
            state[name.replace(".conv1.net.", ".conv1.")] = value
    dim = 368 if size == "002" else 768
    shapes["temp_enc"] = [window, dim]
    views = {"psi": 9, "convw": 9, "convkw": 41, "fc": 1, "global_fc": 1}

    def views_of(place: str, end: str) -> None:
        shapes.update({f"{place}.ln{end}.weight": [1, dim, 1], f"{place}.ln{end}.bias": [1, dim, 1]})
        for part, kernel in views.items():
            shapes.update({f"{place}.{part}{end}.weight": [dim, 1, kernel], f"{place}.{part}{end}.bias": [dim]})

    def feed(place: str) -> None:
        shapes.update({f"{place}.gn.weight": [dim], f"{place}.gn.bias": [dim]})
        shapes.update({f"{place}.mlp.0.weight": [64, dim, 1], f"{place}.mlp.0.bias": [64]})
        shapes.update({f"{place}.mlp.2.weight": [dim, 64, 1], f"{place}.mlp.2.bias": [dim]})

    for number in range(2 * layers + 1):
        views_of(f"_temp_fine._sgp.{number}", "")
        feed(f"_temp_fine._sgp.{number}")
    for number in range(layers):
        place = f"_temp_fine._sgpMixer.{number}"
        views_of(place, "1")
        views_of(place, "2")
        feed(place)
        shapes.update({f"{place}.concat_fc.weight": [dim, 6 * dim, 1], f"{place}.concat_fc.bias": [dim]})
    heads = {"_fc1": 1 + ball, "_fc2": 18} if ball else {"_fc_out": 18}
    for head, outputs in heads.items():
        shapes.update({f"_pred_fine.{head}.weight": [outputs, dim], f"_pred_fine.{head}.bias": [outputs]})
    shapes.update({"_pred_displ._fc_out.weight": [1, dim], "_pred_displ._fc_out.bias": [1]})
    made = state_of(shapes, seed=1)
    for name in (n for n in made if ".ln" in n and n.endswith("weight")):
        made[name] = 0.5 + made[name].abs()
    return state | made


def transformer_block(name: str, dim: int) -> dict[str, list[int]]:
    """Names and shapes of a block of a transformer."""
    shapes = {
        "norm1.weight": [dim], "norm1.bias": [dim], "norm2.weight": [dim], "norm2.bias": [dim],
        "attn.qkv.weight": [3 * dim, dim], "attn.qkv.bias": [3 * dim],
        "attn.proj.weight": [dim, dim], "attn.proj.bias": [dim],
        "mlp.fc1.weight": [4 * dim, dim], "mlp.fc1.bias": [4 * dim],
        "mlp.fc2.weight": [dim, 4 * dim], "mlp.fc2.bias": [dim],
    }  # fmt: skip
    return {f"{name}.{part}": shape for part, shape in shapes.items()}


def comedian_state(
    kind: str = "vivit",
    *,
    dim: int = 24,
    places: int = 4,
    depth: int = 2,
    stages: tuple[int, ...] = (2, 2),
    times: int = 6,
    temporal_depth: int = 2,
    classes: int = 17,
) -> dict[str, Tensor]:
    """A checkpoint of COMEDIAN, with what transforms and masks leave in it.

    Arguments:
        kind: ``vivit`` or ``viswin``; places, depth: of the first; stages: blocks of the second's, whose first has
            three heads.
    """
    root, wide = "trunk.transformer.", dim
    patch = 16 if kind == "vivit" else 4
    shapes: dict[str, list[int]] = {f"{root}patch_embed.proj.weight": [dim, 3, 2, patch, patch],
                                    f"{root}patch_embed.proj.bias": [dim]}  # fmt: skip
    spatial = f"{root}spatial_transformer"
    if kind == "vivit":
        shapes |= {f"{root}spatial_cls_token": [1, 1, dim], f"{root}pos_embed": [1, 1 + places, dim]}
        for number in range(depth):
            shapes |= transformer_block(f"{spatial}.blocks.{number}", dim)
    else:
        shapes |= {f"{root}patch_embed.norm.{part}": [dim] for part in ("weight", "bias")}
        for stage, blocks in enumerate(stages):
            wide = dim << stage
            for number in range(blocks):
                block = f"{spatial}.layers.{stage}.blocks.{number}"
                shapes |= transformer_block(block, wide)
                shapes[f"{block}.attn.relative_position_bias_table"] = [169, 3 << stage]
                shapes[f"{block}.attn.relative_position_index"] = [49, 49]
                shapes[f"{block}.attn_mask"] = [4, 49, 49]
            if stage < len(stages) - 1:
                down = f"{spatial}.layers.{stage}.downsample"
                shapes |= {f"{down}.norm.weight": [4 * wide], f"{down}.norm.bias": [4 * wide]}
                shapes[f"{down}.reduction.weight"] = [2 * wide, 4 * wide]
    shapes |= {f"{spatial}.norm.weight": [wide], f"{spatial}.norm.bias": [wide]}
    shapes |= {f"{root}time_embed": [1, times, wide], f"{root}temporal_mask_token": [1, 1, wide]}
    for number in range(temporal_depth):
        shapes |= transformer_block(f"{root}temporal_transformer.blocks.{number}", wide)
    shapes |= {f"{root}temporal_transformer.norm.{part}": [wide] for part in ("weight", "bias")}
    shapes |= {"head_class.layers.0.weight": [classes, wide], "head_class.layers.0.bias": [classes]}
    shapes |= {"val_transform.1._transform.2.mean": [3, 1, 1], "test_transform.1._transform.2.std": [3, 1, 1]}
    return state_of(shapes)


_STAGES = (  # of EfficientNetV2's smallest: kind, blocks, channels from and to, widening
    ("cn", 1, 32, 16, 1), ("er", 2, 16, 32, 4), ("er", 2, 32, 48, 4), ("ir", 3, 48, 96, 4), ("ir", 5, 96, 112, 6),
    ("ir", 8, 112, 192, 6),
)  # fmt: skip


def _efficient_block(name: str, kind: str, inner: int, width: int, outer: int) -> dict[str, list[int]]:
    """Names and shapes of a block without its norms' statistics: convolutions, and weights of norms."""
    if kind == "cn":
        return {f"{name}.conv.weight": [outer, inner, 3, 3], f"{name}.bn1.weight": [outer]}
    if kind == "er":
        return {f"{name}.conv_exp.weight": [width, inner, 3, 3], f"{name}.bn1.weight": [width],
                f"{name}.conv_pwl.weight": [outer, width, 1, 1], f"{name}.bn2.weight": [outer]}  # fmt: skip
    squeezed = inner // 4
    return {
        f"{name}.conv_pw.weight": [width, inner, 1, 1], f"{name}.bn1.weight": [width],
        f"{name}.conv_dw.weight": [width, 1, 3, 3], f"{name}.bn2.weight": [width],
        f"{name}.se.conv_reduce.weight": [squeezed, width, 1, 1], f"{name}.se.conv_reduce.bias": [squeezed],
        f"{name}.se.conv_expand.weight": [width, squeezed, 1, 1], f"{name}.se.conv_expand.bias": [width],
        f"{name}.conv_pwl.weight": [outer, width, 1, 1], f"{name}.bn3.weight": [outer],
    }  # fmt: skip


def _block_3d(name: str) -> dict[str, list[int]]:
    return {
        f"{name}.conv_pw.weight": [576, 192, 1, 1, 1], f"{name}.bn1.bn3d.weight": [576],
        f"{name}.conv_dw.weight": [576, 1, 3, 3, 3], f"{name}.bn2.bn3d.weight": [576],
        f"{name}.se.conv_reduce.weight": [24, 576, 1, 1, 1], f"{name}.se.conv_reduce.bias": [24],
        f"{name}.se.conv_expand.weight": [576, 24, 1, 1, 1], f"{name}.se.conv_expand.bias": [576],
        f"{name}.conv_pwl.weight": [192, 576, 1, 1, 1], f"{name}.bn3.bn3d.weight": [192],
    }  # fmt: skip


def ball_action_shapes(*, pictures: int = 15, classes: int = 2) -> dict[str, list[int]]:
    """Names and shapes of the tensors of ball-action-spotting."""
    encoder = "conv2d_encoder"
    shapes: dict[str, list[int]] = {f"{encoder}.conv_stem.weight": [32, 3, 3, 3], f"{encoder}.bn1.weight": [32]}
    for stage, (kind, blocks, before, after, widening) in enumerate(_STAGES):
        for number in range(blocks):
            inner = after if number else before
            shapes |= _efficient_block(f"{encoder}.blocks.{stage}.{number}", kind, inner, inner * widening, after)
    shapes |= {"conv2d_projection.0.weight": [192, 192, 1, 1], "conv2d_projection.1.weight": [192]}
    for number in range(4):
        shapes |= _block_3d(f"conv3d_encoder.{number}")
    shapes |= {"conv3d_projection.0.weight": [256, 192, 1, 1], "conv3d_projection.1.weight": [256]}
    for name in [name for name in shapes if name.endswith("weight") and len(shapes[name]) == 1]:
        norm = name.removesuffix("weight")
        shapes |= {f"{norm}{part}": shapes[name] for part in ("bias", "running_mean", "running_var")}
        shapes[f"{norm}num_batches_tracked"] = []
    stacked = 256 * (pictures // 3)
    return shapes | {"global_pool.p": [1], "classifier.weight": [classes, stacked], "classifier.bias": [classes]}


def ball_action_state(*, pictures: int = 15, classes: int = 2, seed: int = 0) -> dict[str, Tensor]:
    """A checkpoint of ball-action-spotting, without what lies beside its weights."""
    state = state_of(ball_action_shapes(pictures=pictures, classes=classes), seed=seed)
    for name in (n for n in state if n.endswith(("bn3.weight", "bn2.weight", "bn3.bn3d.weight"))):
        state[name] = 0.5 * state[name]  # of what residual blocks add
    return state | {"global_pool.p": torch.tensor([2.5])}


UGLF_SETTINGS = {**E2E_SETTINGS, "glip_feature": True, "label_type": "one_hot", "alpha": 0.25, "gamma": 5}
PROMPTS = ("player", "goalkeeper", "ball")


def published(folder: Path, state: dict[str, Any], settings: dict[str, Any] | None = None) -> Path:
    """A folder as a project publishes it: weights, and the configuration beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(state, folder / "checkpoint_088.pt")
    if settings is not None:
        (folder / "config.json").write_text(json.dumps(settings))
    return folder


def added(source: Path | str, data: DataDirectory, name: str = "", **choices: Any) -> LoadedModel:
    """The model that a source becomes."""
    return load_model(add_model(Wanted(offer_of(str(source)), Choices(**choices), name), data))
