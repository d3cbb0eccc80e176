"""The published checkpoint of CALF for replay grounding (SoccerNet/sn-grounding) as a model folder of ours.

Its tensors have our shapes under other names, but for the last layer, which is a convolution over a single place there
and a linear layer here. Stretch and replay go through the same trunk, the stretch first; in each the reduced features
come before the four branches, and the detection is confidence, then place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import ClassTable, keep_classes
from spotting_core.features.sets import FeatureSet, input_of
from spotting_core.models.card import BROADCAST, Card
from spotting_core.models.load import save_model
from spotting_core.models.registry import system

SYSTEM = "calf-grounding"
_SAME = ("conv_1", "conv_2", "conv_seg", "conv_spot_1", "conv_spot_2")
_BATCH = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
_BRANCHES = 4


def is_grounding(state: Mapping[str, Tensor]) -> bool:
    """Whether a checkpoint's tensors are named as those of this network."""
    return "conv_conf.weight" in state and "conv_p_1.weight" in state


def converted(state: Mapping[str, Tensor], path: Path) -> dict[str, Tensor]:
    """The weights in our layout.

    Errors:
        BadInputError: tensors are missing, or there are more of them.
    """
    names = {f"{layer}.{part}": f"{layer}.{part}" for layer in _SAME for part in ("weight", "bias")}
    names |= {f"batch_seg.{part}": f"batch_seg.{part}" for part in _BATCH}
    for branch in range(_BRANCHES):
        names |= {f"conv_p_{branch + 1}.{part}": f"branches.{branch}.{part}" for part in ("weight", "bias")}
    names |= {f"conv_conf.{part}": f"to_detection.{part}" for part in ("weight", "bias")}
    if names.keys() != state.keys():
        other = sorted(names.keys() ^ state.keys())
        raise BadInputError(f"these are not the weights of CALF for replay grounding ({other[0]})", where=path)
    own = {ours: state[theirs] for theirs, ours in names.items()}
    own["to_detection.weight"] = own["to_detection.weight"].flatten(1)
    return own


def convert_grounding(state: Mapping[str, Tensor], path: Path, out: Path, table: ClassTable, read: FeatureSet) -> Path:
    """Write the checkpoint as a model folder.

    Arguments:
        read: the feature set that it was trained on.

    Errors:
        BadInputError: see ``converted``; or features of another width.
    """
    own = converted(state, path)
    kind = system(SYSTEM)
    window, dim = own["batch_seg.weight"].shape[0], own["conv_1.weight"].shape[-1]
    if dim != read.dim:
        raise BadInputError(
            f"this model reads {dim} numbers a sample, {read.name} has {read.dim}",
            where=path,
            fix="Give the features it was trained on",
        )
    config = kind.configure(classes=table.names, rate=read.rate, dim=dim, window=window, replay=window)
    network = kind.build(config)
    try:
        network.load_state_dict(own)
    except RuntimeError as error:
        raise BadInputError("these weights are of other shapes than the published ones", where=path) from error
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
        training={"data": "published checkpoint", "file": path.name, "code": "sn-grounding"},
        scores={},
        domain=BROADCAST,
        licence="that of the published file",
        task=kind.task,
    )
    keep_classes(out, table)
    save_model(out, network, card, precise=True)
    return out
