"""Weights are numbers: one NaN among them makes everything that a network says one."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError


def check_weights(weights: Mapping[str, Tensor], where: object, fix: str = "Train it again") -> None:
    """Refuse weights of which one is no number.

    Errors:
        BadInputError: names the weight.
    """
    for name, values in weights.items():
        if values.dtype.is_floating_point and not bool(torch.isfinite(values).all()):
            odd = int((~torch.isfinite(values)).sum())
            what = f"the weight {name} holds {odd} of {values.numel()} numbers that are none"
            raise BadInputError(what, where=where, fix=fix)
