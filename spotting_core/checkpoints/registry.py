"""Every project whose published checkpoints are read."""

from __future__ import annotations

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints import (
    ball_action,
    calf_spotting,
    comedian,
    e2e_spot,
    osl,
    sn_grounding,
    sn_spotting,
    t_deed,
    uglf,
)
from spotting_core.checkpoints.adopted import Adapter, Checkpoint
from spotting_core.checkpoints.refused import refuse_weights
from spotting_core.checkpoints.signs import against_all

ADAPTERS: tuple[Adapter, ...] = (
    e2e_spot.ADAPTER,
    uglf.ADAPTER,
    t_deed.ADAPTER,
    comedian.ADAPTER,
    ball_action.ADAPTER,
    osl.ADAPTER,
    calf_spotting.ADAPTER,
    sn_grounding.ADAPTER,
    sn_spotting.ADAPTER,
)


def adapter_of(checkpoint: Checkpoint) -> Adapter:
    """The project that a checkpoint is of, by its tensors.

    Errors:
        BadInputError: of none that is known, or of one that is not read.
    """
    refuse_weights(checkpoint)
    for adapter in ADAPTERS:
        if adapter.signs.fit(checkpoint.state):
            return adapter
    against = against_all(checkpoint.state, ((a.name, a.signs) for a in ADAPTERS))
    raise BadInputError(
        f"these weights are of no project that is read: {against}",
        where=checkpoint.path,
        fix=f"Read are those of {'; '.join(a.name for a in ADAPTERS)}",
    )
