"""The published checkpoint of CALF for replay grounding (SoccerNet/sn-grounding) as a model folder of ours.

Its tensors have our shapes under other names, but for the last layer, which is a convolution over a single place there
and a linear layer here. Stretch and replay go through the same trunk, the stretch first; in each the reduced features
come before the four branches, and the detection is confidence, then place.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints.adopted import Adapter, Adopted, Checkpoint, Choices, require_shapes
from spotting_core.checkpoints.signs import Signs
from spotting_core.checkpoints.soccernet import CALF_LICENCE, adopted_baseline, features_of
from spotting_core.domain.classes import DEFAULT_TABLE, load_classes

SYSTEM = "calf-grounding"
SIGNS = Signs(("conv_conf.weight", "conv_p_1.weight"), others=("conv_class.weight",))
"""There are no classes to tell apart."""
_SAME = ("conv_1", "conv_2", "conv_seg", "conv_spot_1", "conv_spot_2")
_BATCH = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
_BRANCHES = 4
_FOUR = (None,) * 4  # axes of a convolution


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


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of ours.

    Errors:
        BadInputError: see ``converted``; or features of another width.
    """
    shapes = {"conv_1.weight": _FOUR, "conv_conf.weight": _FOUR, "batch_seg.weight": (None,)}
    require_shapes(checkpoint, ADAPTER.name, shapes)
    own = converted(checkpoint.state, checkpoint.path)
    window, dim = own["batch_seg.weight"].shape[0], own["conv_1.weight"].shape[-1]
    return adopted_baseline(
        checkpoint,
        SYSTEM,
        own,
        load_classes(choices.classes or DEFAULT_TABLE),
        features_of(checkpoint, choices, dim),
        code="sn-grounding",
        licence=ADAPTER.licence,
        dim=dim,
        window=window,
        replay=window,
    )


ADAPTER = Adapter("SoccerNet/sn-grounding, CALF", CALF_LICENCE, CALF_LICENCE, SIGNS, adopt)
