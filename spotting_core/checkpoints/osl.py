"""Checkpoints of OSL-ActionSpotting and opensportslib: E2E-Spot's network and the poolings under other names.

A file holds the network beside its optimiser. Both projects prefix names by the part of a network (``backbone``,
``neck``, ``head``); OSL-ActionSpotting sorts the classes of its configuration, opensportslib keeps their order, and no
tensor tells which of the two wrote a file.
"""

from __future__ import annotations

from dataclasses import replace

from spotting_core.base.errors import BadInputError
from spotting_core.checkpoints import e2e_spot, sn_spotting
from spotting_core.checkpoints.adopted import (
    AS_STATED,
    Adapter,
    Adopted,
    Checkpoint,
    Choices,
    columns_table,
    require_shapes,
)
from spotting_core.checkpoints.signs import Signs, against_all

OSL, OPENSPORTSLIB = "OSL-ActionSpotting", "opensportslib"
_PARTS = ("backbone.", "neck.", "head.")  # of a network, as both name them


def _within_parts(checkpoint: Checkpoint) -> Checkpoint:
    state = {name.partition(".")[2]: value for name, value in checkpoint.state.items()}
    return replace(checkpoint, state=state)


def _sorts(checkpoint: Checkpoint, choices: Choices, count: int) -> bool:
    """Whether the project that wrote a checkpoint of ``count`` classes sorted their names.

    Errors:
        BadInputError: that matters, and nobody says which project it was.
    """
    table = columns_table(checkpoint, choices.classes or str(checkpoint.class_list or ""), count)
    if choices.code not in (OSL, OPENSPORTSLIB) and list(table.names) != sorted(table.names):
        raise BadInputError(
            f"{OSL} sorts the classes, {OPENSPORTSLIB} keeps the order of {table.name}, and these weights fit both",
            where=checkpoint.path,
            fix=f"Say which wrote them: --code {OSL} or --code {OPENSPORTSLIB}",
        )
    return choices.code != OPENSPORTSLIB


def adopt(checkpoint: Checkpoint, choices: Choices) -> Adopted:
    """The checkpoint as a model of E2E-Spot's or of a pooling's system.

    Errors:
        BadInputError: it is neither, or see theirs.
    """
    inner = _within_parts(checkpoint)
    if e2e_spot.SIGNS.fit(inner.state):
        require_shapes(inner, f"{OSL} or {OPENSPORTSLIB}", {"_pred_fine._fc_out._fc_out.bias": (None,)})
        count = inner.state["_pred_fine._fc_out._fc_out.bias"].shape[0] - 1
        adopted = e2e_spot.adopt(inner, choices, is_sorted=_sorts(inner, choices, count))
    elif sn_spotting.SIGNS.fit(inner.state):
        adopted = sn_spotting.adopt(inner, replace(choices, code=sn_spotting.AWARE))
    else:
        projects = ((e2e_spot.NAME, e2e_spot.SIGNS), (sn_spotting.POOLING, sn_spotting.SIGNS))
        raise BadInputError(
            f"this network of {OSL} or {OPENSPORTSLIB} is neither E2E-Spot's nor a pooling's: "
            f"{against_all(inner.state, projects)}",
            where=checkpoint.path,
            fix="Those of regnety with GSM and GRU and the learnable poolings can be read",
        )
    card = adopted.card
    training = {**card.training, "code": choices.code or f"{OSL} or {OPENSPORTSLIB}"}
    return replace(adopted, card=replace(card, training=training, licence=ADAPTER.licence))


ADAPTER = Adapter(f"{OSL}, {OPENSPORTSLIB}", "GPL-3.0 and AGPL-3.0", AS_STATED, Signs(only=_PARTS), adopt)
