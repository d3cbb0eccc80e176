"""CALF's checkpoint for action spotting (SoccerNet/sn-spotting, folder CALF) as a model of ours.

As in ``sn_grounding`` the last layers are convolutions over a single place there and linear here, and the reduced
features come before the four branches of the pyramid there and behind them here, so the layer that reads both is
permuted. Classes are in the official order; there is no background.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    columns_table,
    renamed,
    require_shapes,
)
from spotting_core.checkpoints.signs import Signs
from spotting_core.checkpoints.soccernet import CALF_LICENCE, adopted_baseline, features_of

SYSTEM = "calf"
SIGNS = Signs(("conv_class.weight", "conv_conf.weight", "conv_p_1.weight", "batch_seg.weight"))
_BRANCHES = 4
_PAIRS = (
    *((f"conv_p_{k + 1}.", f"branches.{k}.") for k in range(_BRANCHES)),
    ("conv_conf.", "to_place."),
    ("conv_class.", "to_class."),
)


def converted(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights in our names and layout.

    Errors:
        BadInputError: tensors that cannot be those of this network.
    """
    own = renamed(state, _PAIRS)
    try:
        reduced = own["conv_2.weight"].shape[0]
        seen = own["conv_seg.weight"]
        own["conv_seg.weight"] = torch.cat([seen[:, reduced:], seen[:, :reduced]], 1)
        for head in ("to_place.weight", "to_class.weight"):
            own[head] = own[head].flatten(1)
    except (KeyError, IndexError, RuntimeError) as error:
        raise BadInputError(f"these are not the weights of CALF ({error})", where=path) from error
    return own


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of the system ``calf``.

    Errors:
        BadInputError: tensors that are missing or of other shapes, another number of classes, or other features.
    """
    layers = ("conv_1", "conv_2", "conv_seg", "conv_conf", "conv_class")
    shapes = {**{f"{layer}.weight": (None,) * 4 for layer in layers}, "batch_seg.weight": (None,)}
    heads = {"conv_conf.bias": (None,), "conv_class.bias": (None,)}
    require_shapes(checkpoint, ADAPTER.name, {**shapes, **heads})
    own = converted(checkpoint.state, checkpoint.path)
    dim, detections = own["conv_1.weight"].shape[-1], own["to_place.bias"].shape[0] // 2
    table = columns_table(checkpoint, choices.classes, own["to_class.bias"].shape[0] // max(1, detections))
    return adopted_baseline(
        checkpoint,
        SYSTEM,
        own,
        table,
        features_of(checkpoint, choices, dim),
        code="sn-spotting, CALF",
        licence=ADAPTER.licence,
        dim=dim,
        window=own["batch_seg.weight"].shape[0],
        detections=detections,
        table=table.name,
    )


ADAPTER = Adapter("SoccerNet/sn-spotting, CALF", CALF_LICENCE, CALF_LICENCE, SIGNS, adopt)
