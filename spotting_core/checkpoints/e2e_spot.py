"""E2E-Spot's checkpoints (jhong93/spot), of SoccerNet and of the four other sports that it is published for.

A file is a state dict alone; the ``config.json`` beside it says crop and length of clips. The gate of the time shift is
a 3D convolution there and three of two dimensions here (``gated_shift``): of output g and moment k

    gate.weight[3g + k] = conv3D.weight[g, :, k]      gate.bias[3g + 1] = conv3D.bias[g], the other biases 0

Column 0 of the scores is the background, the others are the classes in alphabetical order; they are put into the order
of the class table.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import (
    TEST,
    TRAIN,
    VALID,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    ScoreColumns,
    pictures_card,
    renamed,
    require_shapes,
    require_weights,
    score_columns,
)
from spotting_core.checkpoints.signs import Signs
from spotting_core.models.published_e2e_spot import RATE
from spotting_core.models.registry import system

NAME, SYSTEM = "E2E-Spot", "published-e2e-spot"
_STEM, _GATE, _HEAD = "_features.stem.conv.weight", ".gsm.conv3D.weight", "_pred_fine._fc_out._fc_out"
_BACKBONES = {368: "regnety_002", 768: "regnety_008"}  # by the features of a picture
_FOOTBALL = 17  # classes
_KEPT_APART = {True: 2, False: 1}  # samples within which one spot of a class stays, in football and elsewhere
SIGNS = Signs((_STEM, f"{_HEAD}.weight", f"{_HEAD}.bias"), others=("_fuse.", "_temp_"))
"""A RegNet's tensors, and a head of one step."""

_CHALLENGE = "challenge"  # in the names of models that were trained on the test split as well


def trunk_weights(state: Mapping[str, Tensor], shift: str = ".conv1.gsm.") -> dict[str, Tensor]:
    """Tensors of the trunk with its gated shift, in our names and shapes; shift: what stands in the names of it."""
    own: dict[str, Tensor] = {}
    for name, value in state.items():
        gate = name.replace(f"{shift}conv3D.", ".conv1.shift.gate.")
        if name.endswith(f"{shift}conv3D.weight"):  # (2, F / 2, 3, 3, 3)
            own[gate] = value.transpose(1, 2).flatten(0, 1).contiguous()
        elif name.endswith(f"{shift}conv3D.bias"):
            own[gate] = torch.stack([torch.zeros_like(value), value, torch.zeros_like(value)], 1).flatten()
        else:
            own[name] = value
    pairs = (
        (f"{shift}bn.", ".conv1.shift.norm."),
        (shift, ".conv1.shift."),
        (".conv1.net.", ".conv1.conv."),
        ("_features.", "environment.trunk."),
    )
    return renamed(own, pairs)


def head_weights(state: Mapping[str, Tensor], columns: ScoreColumns) -> dict[str, Tensor]:
    """Tensors behind the trunk in our names; the rows of the last layer in the order of the class table."""
    rows = torch.tensor([0, *(1 + k for k in columns.order)])
    own = {f"to_scores.{part}": state[f"{_HEAD}.{part}"][rows].clone() for part in ("weight", "bias")}
    return own | renamed({n: v for n, v in state.items() if "._gru." in n}, (("_pred_fine._gru.", "gru."),))


def require_heads(checkpoint: Checkpoint, project: str, head: str, gate: str = _GATE) -> None:
    """Refuse a checkpoint whose gates or head of classes have other shapes: all that is put into another order here.

    Arguments:
        head: name of its last layer; gate: see ``backbone_of``.

    Errors:
        BadInputError: names a tensor that is missing or of another shape.
    """
    gates = [name.removesuffix("weight") for name in checkpoint.state if name.endswith(gate)]
    weights = {f"{name}weight": (2, None, 3, 3, 3) for name in gates}
    require_shapes(checkpoint, project, {**weights, **{f"{name}bias": (2,) for name in gates}, f"{head}.bias": (None,)})
    require_shapes(checkpoint, project, {f"{head}.weight": (len(checkpoint.state[f"{head}.bias"]), None)})


def backbone_of(checkpoint: Checkpoint, project: str, gate: str = _GATE) -> str:
    """The backbone by the width of its last stage.

    Arguments:
        gate: with what the name of a gate's tensor ends.

    Errors:
        BadInputError: another one, or one without the gated shift.
    """
    features = checkpoint.settings.get("feature_arch", "")
    if not any(name.endswith(gate) for name in checkpoint.state):
        shift = f" ({features})" if features else ""
        raise BadInputError(
            f"this model of {project} has no gated time shift{shift}",
            where=checkpoint.path,
            fix="RegNetY 200MF and 800MF with GSM can be read",
        )
    widths = {
        v.shape[0]
        for n, v in checkpoint.state.items()
        if n.startswith("_features.s4") and n.endswith("conv3.conv.weight")
    }
    if len(widths) != 1 or (width := widths.pop()) not in _BACKBONES:
        raise BadInputError(
            f"this model of {project} has another backbone than RegNetY 200MF and 800MF",
            where=checkpoint.path,
            fix="Give a checkpoint of rny002 or rny008",
        )
    return _BACKBONES[width]


def trained_splits(checkpoint: Checkpoint) -> list[str]:
    """The splits of SoccerNet that a model was trained on, by its name."""
    return [TRAIN, VALID, TEST] if _CHALLENGE in checkpoint.name.lower() else [TRAIN]


def sampled_at(checkpoint: Checkpoint, choices: Choices, *, football: bool) -> float:
    """Samples a second of what it was trained on.

    Errors:
        BadInputError: nobody can say.
    """
    if choices.rate:
        return choices.rate
    if not football:
        raise BadInputError(
            "a model of another sport was trained on every frame of its videos, and no file says how many those are",
            where=checkpoint.path,
            fix="Say it: --rate 25 for videos of 25 frames a second",
        )
    return RATE


def require_pictures(checkpoint: Checkpoint, project: str, *others: str) -> None:
    """Refuse a model that looks at no colours, or has another head than a GRU.

    Arguments:
        others: beginnings of the names of tensors that the project has beside E2E-Spot's.

    Errors:
        BadInputError: see above.
    """
    modality = checkpoint.settings.get("modality", "rgb")
    if modality != "rgb":
        raise BadInputError(
            f"this model reads {modality}, not colours", where=checkpoint.path, fix="Give one of the modality rgb"
        )
    if any("_gru." not in n and not n.startswith(("_features.", _HEAD, *others)) for n in checkpoint.state):
        head = checkpoint.settings.get("temporal_arch", "unnamed")
        raise BadInputError(
            f"this model of {project} has another head than a GRU ({head})",
            where=checkpoint.path,
            fix="Give one of the temporal architecture gru",
        )


def shape_settings(checkpoint: Checkpoint, *, football: bool) -> dict[str, Any]:
    """Length of clips, and the crop that no tensor tells.

    Errors:
        BadInputError: the crop is in no file, or one of them is no number.
    """
    known = checkpoint.settings
    if not football and "crop_dim" not in known:
        raise BadInputError(
            "no file says which part of a picture this model looks at",
            where=checkpoint.path,
            fix="Put the published config.json beside the checkpoint",
        )
    clip, crop = known.get("clip_len", 100), known.get("crop_dim") or 0
    if not all(isinstance(v, int) and not isinstance(v, bool) and v >= 0 for v in (clip, crop)) or crop < 0:
        raise BadInputError(
            "clip_len or crop_dim of the config.json beside this checkpoint is no number", where=checkpoint.path
        )
    return {"window": clip, "crop": crop}


def adopt(checkpoint: Checkpoint, choices: Choices, *, is_sorted: bool | None = None) -> Adopted:
    """The checkpoint as a model of the system ``published-e2e-spot``.

    Arguments:
        is_sorted: see ``score_columns``.

    Errors:
        BadInputError: another backbone, head, number of classes or layout; or something that no file says.
    """
    require_pictures(checkpoint, NAME)
    require_heads(checkpoint, NAME, _HEAD)
    backbone = backbone_of(checkpoint, NAME)
    count = checkpoint.state[f"{_HEAD}.bias"].shape[0] - 1
    football = count == _FOOTBALL
    columns = score_columns(checkpoint, choices, count, is_sorted=is_sorted)
    rate, kind = sampled_at(checkpoint, choices, football=football), system(SYSTEM)
    config = kind.configure(
        classes=columns.table.names,
        backbone=backbone,
        rate=rate,
        suppression=(2 * _KEPT_APART[football] + 1) / rate,
        **shape_settings(checkpoint, football=football),
    )
    network = kind.build(config)
    own = trunk_weights({n: v for n, v in checkpoint.state.items() if n.startswith("_features.")})
    require_weights(network, own | head_weights(checkpoint.state, columns), checkpoint, NAME)
    splits = trained_splits(checkpoint) if football else []
    card = pictures_card(
        checkpoint, kind, config, columns.table,
        project=NAME, code="jhong93/spot", licence=ADAPTER.licence, splits=splits,
    )  # fmt: skip
    return Adopted(network, card, columns.table)


ADAPTER = Adapter(NAME, "BSD-3-Clause", "no licence is stated", SIGNS, adopt)
