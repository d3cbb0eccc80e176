"""COMEDIAN's checkpoints (juliendenize/eztorch): the spatial transformer of pictures or Swin's, and the temporal one.

A file is a state dict alone, in which the transforms of the pictures have tensors too. Its network is that of
``published_comedian`` by other names; a convolution over time, height and width is one over the samples of a tubelet
side by side:

    patch_embed.proj.weight[:, 3t + c] = proj.weight[:, c, t]

What Swin's windows mask, and which of its positions lie how far apart, follows from its sizes and is not read. A
number of heads is in no tensor: three over time, and of the spatial transformer as its kind has them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    TRAIN,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    not_published,
    pictures_card,
    renamed,
    require_shapes,
    require_weights,
    score_columns,
)
from spotting_core.checkpoints.signs import Signs, shape_text
from spotting_core.models.registry import AnySystem, system

NAME = "COMEDIAN"
_ROOT, _HEAD = "trunk.transformer.", "head_class.layers.0."
_SPATIAL, _TEMPORAL = f"{_ROOT}spatial_transformer.", f"{_ROOT}temporal_transformer."
_PATCHES, _TIMES = f"{_ROOT}patch_embed.proj.weight", f"{_ROOT}time_embed"
_PLACES, _CLASS_TOKEN = f"{_ROOT}pos_embed", f"{_ROOT}spatial_cls_token"
_HIDDEN = f"{_ROOT}temporal_mask_token"  # of training alone
_FOLLOWS = ("relative_position_index", "attn_mask")  # from sizes
_LEFT_OUT = ("train_transform.", "val_transform.", "test_transform.")
_WIDTH = 224  # of the pictures, and their height
_RATE, _ENDS = 2.0, 12.0  # samples a second; seconds that are dropped at both ends of a window


def _depth(state: Mapping[str, Tensor], beginning: str) -> int:
    """Blocks of a transformer."""
    blocks = (re.match(re.escape(f"{beginning}blocks.") + r"(\d+)\.", name) for name in state)
    return max((int(block[1]) + 1 for block in blocks if block), default=0)


def _swin_depths(state: Mapping[str, Tensor]) -> tuple[int, ...]:
    """Blocks of each stage of Swin; nothing of another transformer."""
    stages = (re.match(re.escape(f"{_SPATIAL}layers.") + r"(\d+)\.", name) for name in state)
    count = max((int(stage[1]) + 1 for stage in stages if stage), default=0)
    return tuple(_depth(state, f"{_SPATIAL}layers.{stage}.") for stage in range(count))


def _settings(checkpoint: Checkpoint) -> tuple[AnySystem, dict[str, Any]]:
    """The system of a checkpoint, and the sizes that its tensors tell.

    Errors:
        BadInputError: tensors of other sizes than a network of the paper can have.
    """
    state = checkpoint.state
    require_shapes(checkpoint, NAME, {
        _PATCHES: (None, 3, None, None, None), _TIMES: (1, None, None), f"{_HEAD}weight": (None, None),
    })  # fmt: skip
    dim, _, tube, patch, wide = state[_PATCHES].shape
    if patch != wide:
        raise not_published(
            NAME, f"{_PATCHES} is {shape_text(state[_PATCHES].shape)}, no square patch", checkpoint.path
        )
    sizes: dict[str, Any] = {
        "dim": dim,
        "tube": tube,
        "window": tube * state[_TIMES].shape[1],
        "temporal_depth": _depth(state, _TEMPORAL),
        "width": _WIDTH,
        "height": _WIDTH,
    }
    depths = _swin_depths(state)
    if depths:
        tables = f"{_SPATIAL}layers.{{}}.blocks.0.attn.relative_position_bias_table"
        require_shapes(checkpoint, NAME, {tables.format(stage): (None, None) for stage in range(len(depths))})
        heads = tuple(state[tables.format(stage)].shape[1] for stage in range(len(depths)))
        offsets = round(state[tables.format(0)].shape[0] ** 0.5)  # of places of a window to each other, along a side
        own = {"depths": depths, "stage_heads": heads, "field": (offsets + 1) // 2}
        return system("published-comedian-viswin"), {**sizes, **own}
    require_shapes(checkpoint, NAME, {_CLASS_TOKEN: (1, 1, dim), _PLACES: (1, None, dim)})
    places = state[_PLACES].shape[1] - 1
    side = round(places**0.5)
    if side * side != places:
        raise not_published(NAME, f"{_PLACES} has {places} places, which are no square", checkpoint.path)
    own = {"patch": patch, "depth": _depth(state, _SPATIAL), "width": side * patch, "height": side * patch}
    return system("published-comedian-vivit"), {**sizes, **own}


def _weights(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors in our names and shapes."""
    kept = {
        name: value for name, value in state.items() if not name.startswith(_LEFT_OUT) and not name.endswith(_FOLLOWS)
    }
    if _PATCHES in kept:
        kept[_PATCHES] = kept[_PATCHES].transpose(1, 2).flatten(1, 2).contiguous()
    kept.setdefault(_HIDDEN, state[_TIMES].new_zeros(1, 1, state[_TIMES].shape[2]))
    merged = {}  # what joins the places of a stage is the end of that stage there, and the beginning of the next here
    for name, value in kept.items():
        ending = re.match(re.escape(f"{_SPATIAL}layers.") + r"(\d+)\.downsample\.(.+)", name)
        merged[f"{_SPATIAL}layers.{int(ending[1]) + 1}.downsample.{ending[2]}" if ending else name] = value
    pairs = (
        (_SPATIAL, "trunk."),
        (_TEMPORAL, "over_time."),
        (_TIMES, "over_time.position"),
        (_HIDDEN, "over_time.masked"),
        (_CLASS_TOKEN, "trunk.cls_token"),
        (_ROOT, "trunk."),
        (_HEAD, "head_class."),
    )
    return renamed(merged, pairs)


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of the system ``published-comedian-vivit`` or ``-viswin``.

    Errors:
        BadInputError: another number of classes or layout; or something that no file says.
    """
    kind, sizes = _settings(checkpoint)
    columns = score_columns(checkpoint, choices, len(checkpoint.state[f"{_HEAD}weight"]), is_sorted=False)
    rate = choices.rate or _RATE
    dropped = min(round(_ENDS * rate), (sizes["window"] - 1) // 2)
    try:
        config = kind.configure(classes=columns.table.names, rate=rate, before=dropped, after=dropped, **sizes)
    except BadInputError as error:  # sizes that go together in no network
        raise not_published(NAME, error.what, checkpoint.path) from error
    own = _weights(checkpoint.state)
    for part in ("weight", "bias"):
        if f"head_class.{part}" in own:
            own[f"head_class.{part}"] = own[f"head_class.{part}"][list(columns.order)].clone()
    network = kind.build(config)
    require_weights(network, own, checkpoint, NAME)
    card = pictures_card(
        checkpoint, kind, config, columns.table,
        project=NAME, code="juliendenize/eztorch", licence=ADAPTER.licence, splits=[TRAIN],
    )  # fmt: skip
    return Adopted(network, card, columns.table)


SIGNS = Signs((_PATCHES, _TIMES, f"{_HEAD}weight", f"{_HEAD}bias"), (_TEMPORAL,))
ADAPTER = Adapter(NAME, "CeCILL-2.1", "no licence is stated", SIGNS, adopt)
