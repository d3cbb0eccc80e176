"""T-DEED's checkpoints, so far as their description goes: SoccerNet's 17 classes, and the ball's two heads.

The code is under the GPL and was not looked at. The description names the parts of a file; of what lies inside the
layers over time it names nothing. They are read by the names of TriDet, whose layers they are, those of a mixture
numbered 1 for what the encoder left and 2 for what comes from below; a file whose names are others is refused. A file
whose names fit may still mean something else by them (see ``published_t_deed``), which is what the card says.

The classes of SoccerNet are in the order of its table, those of a ``class.txt`` in the file's own. A model of the ball
is asked for its first head; its second, of SoccerNet's classes, and one of teams (``_pred_team``) are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    TRAIN,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    ScoreColumns,
    not_published,
    pictures_card,
    renamed,
    require_shapes,
    require_weights,
    score_columns,
)
from spotting_core.checkpoints.e2e_spot import backbone_of, require_heads, trunk_weights
from spotting_core.checkpoints.signs import Signs, shape_text
from spotting_core.models.published_e2e_spot import RATE
from spotting_core.models.published_t_deed import SUPPRESSED
from spotting_core.models.registry import system

NAME, SYSTEM = "T-DEED", "published-t-deed"
_PLACE, _OVER_TIME, _LEFT_OUT = "temp_enc", "_temp_fine.", ("_pred_fine._fc2.", "_pred_team.")
_SHIFT = ".conv1.gs."
_SIZES = tuple(
    f"{_OVER_TIME}{name}.weight" for name in ("_sgp.0.convw", "_sgp.0.convkw", "_sgp.0.mlp.0", "_sgpMixer.0.concat_fc")
)
_KERNELS, _WIDE_KERNELS, _, _JOINS = _SIZES
_MIXED = (4, 6)  # parts that a mixture may join
_FOOTBALL = 17  # classes
_VIEWS = (("ln", "norm"), ("psi", "gate"), ("convw", "near"), ("convkw", "wide"), ("fc", "instant"),
          ("global_fc", "whole"))  # fmt: skip
_FEED = (("gn", "feed.norm"), ("mlp.0", "feed.first"), ("mlp.2", "feed.second"))
_LAYER = {**{theirs: f"views.{ours}" for theirs, ours in _VIEWS}, **dict(_FEED)}
_MIXTURE = {
    **{f"{theirs}1": f"skipped.{ours}" for theirs, ours in _VIEWS},
    **{f"{theirs}2": f"risen.{ours}" for theirs, ours in _VIEWS},
    **dict(_FEED),
    "concat_fc": "join",
}
_UNSURE = (
    "Read from a description: what its layers over time compute follows the papers, and was compared with no published "
    "weights; measure it on labelled matches before its spots are believed"
)


@dataclass(frozen=True)
class _Sport:
    """What a kind of T-DEED was trained on.

    Arguments:
        head: of its classes; rate: samples a second; radius: samples around an action that learn how far it is.
    """

    head: str
    rate: float
    radius: int
    width: int
    height: int


_SOCCERNET = _Sport("_pred_fine._fc_out", RATE, 3, 398, 224)
_BALL = _Sport("_pred_fine._fc1", 12.5, 4, 796, 448)


def _sport(checkpoint: Checkpoint) -> _Sport:
    """What a checkpoint was trained on, by its heads.

    Errors:
        BadInputError: neither on SoccerNet's classes nor on those of the ball.
    """
    if f"{_BALL.head}.bias" in checkpoint.state:
        return _BALL
    bias = checkpoint.state.get(f"{_SOCCERNET.head}.bias")
    if bias is None or bias.ndim != 1 or len(bias) != 1 + _FOOTBALL:
        heads = "no head of classes" if bias is None or bias.ndim != 1 else f"{len(bias) - 1} classes"
        raise BadInputError(
            f"this model of {NAME} has {heads}, and of other models than SoccerNet's nobody here knows the pictures",
            where=checkpoint.path,
            fix=f"Those of {_FOOTBALL} classes and those of the ball with two heads can be read",
        )
    return _SOCCERNET


def over_time(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """Tensors of the layers over time in our names.

    Errors:
        BadInputError: one is named otherwise.
    """
    own: dict[str, Tensor] = {}
    for name, value in checkpoint.state.items():
        if not name.startswith(_OVER_TIME):
            continue
        kind, _, rest = name.removeprefix(_OVER_TIME).partition(".")
        number, _, inner = rest.partition(".")
        part, _, end = inner.rpartition(".")
        names, place = {"_sgp": (_LAYER, "layers"), "_sgpMixer": (_MIXTURE, "mixtures")}.get(kind, ({}, ""))
        if part not in names:
            raise BadInputError(
                f"a layer over time of this file is named {name}, which is none of the names that are known",
                where=checkpoint.path,
                fix=f"The description of {NAME} does not name them; such a file cannot be read yet",
            )
        norm = names[part].endswith(".norm")
        own[f"temporal.{place}.{number}.{names[part]}.{end}"] = value.flatten() if norm else value
    return own


def _heads(checkpoint: Checkpoint, sport: _Sport, columns: ScoreColumns) -> dict[str, Tensor]:
    state, rows = checkpoint.state, torch.tensor([0, *(1 + k for k in columns.order)])
    own = {f"to_scores.{part}": state[f"{sport.head}.{part}"][rows].clone() for part in ("weight", "bias")}
    moved = {n: v for n, v in state.items() if n.startswith("_pred_displ.")}
    return own | renamed(moved, (("_pred_displ._fc_out.", "to_displacement."),)) | {"place": state[_PLACE]}


def _trunk(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    own = trunk_weights({n: v for n, v in state.items() if n.startswith("_features.")}, _SHIFT)
    pairs = ((".shift.channel_conv1.", ".shift.weigh_first."), (".shift.channel_conv2.", ".shift.weigh_second."))
    return renamed(own, pairs)


def _shape(checkpoint: Checkpoint) -> dict[str, Any]:
    """Sizes of the layers over time, by the tensors.

    Errors:
        BadInputError: a kernel that no sample is the middle of, or a mixture of another number of parts.
    """
    state = checkpoint.state
    for name in (_KERNELS, _WIDE_KERNELS):
        if state[name].shape[-1] % 2 == 0:
            raise not_published(
                NAME, f"{name} is {shape_text(state[name].shape)}, whose kernel is not odd", checkpoint.path
            )
    dim, parts = state[_JOINS].shape[:2]
    if parts not in {mixed * dim for mixed in _MIXED}:
        wanted = " or ".join(shape_text((dim, mixed * dim, 1)) for mixed in _MIXED)
        raise not_published(NAME, f"{_JOINS} is {shape_text(state[_JOINS].shape)}, not {wanted}", checkpoint.path)
    kernel, wide_kernel, feed, join = (state[name] for name in _SIZES)
    mixtures = {n.split(".")[2] for n in state if n.startswith(f"{_OVER_TIME}_sgpMixer.")}
    return {
        "window": state[_PLACE].shape[0],
        "layers": len(mixtures),
        "kernel": kernel.shape[-1],
        "wide_kernel": wide_kernel.shape[-1],
        "feed_forward": feed.shape[0],
        "mixed": join.shape[1] // max(1, join.shape[0]),
    }


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of the system ``published-t-deed``.

    Errors:
        BadInputError: another backbone, number of classes or layout; or something that no file says.
    """
    sport, backbone = _sport(checkpoint), backbone_of(checkpoint, NAME, f"{_SHIFT}conv3D.weight")
    layers = over_time(checkpoint)
    require_heads(checkpoint, NAME, sport.head, f"{_SHIFT}conv3D.weight")
    require_shapes(checkpoint, NAME, {_PLACE: (None, None), **dict.fromkeys(_SIZES, (None, None, None))})
    count = checkpoint.state[f"{sport.head}.bias"].shape[0] - 1
    columns = score_columns(checkpoint, choices, count, is_sorted=False)
    kind, rate = system(SYSTEM), choices.rate or sport.rate
    config = kind.configure(
        classes=columns.table.names,
        backbone=backbone,
        rate=rate,
        suppression=SUPPRESSED / rate,
        confidence_radius=0.5 / rate,
        displacement_radius=sport.radius / rate,
        width=sport.width,
        height=sport.height,
        **_shape(checkpoint),
    )
    network = kind.build(config)
    left = {
        n: v
        for n, v in checkpoint.state.items()
        if not n.startswith(("_features.", _OVER_TIME, "_pred_displ.", f"{sport.head}.", *_LEFT_OUT)) and n != _PLACE
    }
    own = _trunk(checkpoint.state) | layers | _heads(checkpoint, sport, columns) | left
    require_weights(network, own, checkpoint, NAME)
    splits = [TRAIN] if sport is _SOCCERNET else []
    card = pictures_card(
        checkpoint, kind, config, columns.table,
        project=NAME, code=NAME, licence=ADAPTER.licence, splits=splits, notes=(_UNSURE,),
    )  # fmt: skip
    return Adopted(network, card, columns.table)


ADAPTER = Adapter(NAME, "GPL-3.0", "no licence is stated", Signs((_PLACE,), (_OVER_TIME,)), adopt)
