"""CALF's checkpoint for action spotting (SoccerNet/sn-spotting, folder CALF) as a model of ours.

As in ``sn_grounding`` the last layers are convolutions over a single place there and linear here, and the reduced
features come before the four branches of the pyramid there and behind them here, so the layer that reads both is
permuted. Classes are in the official order; there is no background.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    AS_STATED,
    TRAIN,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    columns_table,
    renamed,
    require_weights,
)
from spotting_core.checkpoints.sn_spotting import features_of
from spotting_core.features.sets import input_of
from spotting_core.models.card import BROADCAST, Card
from spotting_core.models.registry import system

NAME, SYSTEM = "CALF", "calf"
_BRANCHES = 4
_PAIRS = (
    *((f"conv_p_{k + 1}.", f"branches.{k}.") for k in range(_BRANCHES)),
    ("conv_conf.", "to_place."),
    ("conv_class.", "to_class."),
)


def is_calf(checkpoint: Checkpoint) -> bool:
    """Whether a checkpoint's tensors are named as those of this network."""
    return {"conv_class.weight", "conv_conf.weight", "conv_p_1.weight", "batch_seg.weight"} <= checkpoint.state.keys()


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
    path, read = checkpoint.path, features_of(choices)
    own, kind = converted(checkpoint.state, path), system(SYSTEM)
    window, dim = len(own["batch_seg.weight"]), own["conv_1.weight"].shape[-1]
    detections = len(own["to_place.bias"]) // 2
    if dim != read.dim:
        raise BadInputError(
            f"this model reads {dim} numbers a sample, {read.name} has {read.dim}",
            where=path,
            fix="Give the features it was trained on: --features",
        )
    table = columns_table(checkpoint, choices.classes, len(own["to_class.bias"]) // max(1, detections))
    config = kind.configure(
        classes=table.names, rate=read.rate, dim=dim, window=window, detections=detections, table=table.name
    )
    network = kind.build(config)
    require_weights(network, own, path, NAME)
    card = Card(
        name=f"{SYSTEM} ({path.name.split('.')[0]})",
        system=SYSTEM,
        paper=kind.paper,
        config=asdict(config),
        class_table=table.name,
        classes=table.names,
        input=input_of([read], read.rate),
        window=config.window,
        entities=None,
        training={"data": "published checkpoint", "code": "sn-spotting, CALF", "splits": [TRAIN]},
        scores={},
        domain=BROADCAST,
        licence=ADAPTER.licence,
    )
    return Adopted(network, card, table)


ADAPTER = Adapter("SoccerNet/sn-spotting, CALF", AS_STATED, AS_STATED, is_calf, adopt)
