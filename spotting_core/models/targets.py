"""Dense anchors: what each sample of a window should say of each class.

As in Soares et al., "Temporally Precise Action Spotting in Soccer Videos Using Dense Detection Anchors"
(ICIP 2022): a confidence near each action, and within a wider radius the displacement to the nearest one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from spotting_core.domain.spots import Spot


@dataclass(frozen=True)
class Targets:
    """What a window, or a batch of windows, should say: a dataclass of tensors.

    ``blends`` says whether what two windows should say can be blended, as mixup does.
    """

    blends: ClassVar[bool] = True

    def map(self, function: Callable[[Tensor], Tensor]) -> Self:
        """Apply a function to every tensor."""
        return type(self)(**{f.name: function(getattr(self, f.name)) for f in fields(self)})


_Targets = TypeVar("_Targets", bound=Targets)


@dataclass(frozen=True)
class AnchorTargets(Targets):
    """Targets of the anchors of a window, or of a batch of them.

    Arguments:
        confidence: float (…, T, C), 0 to 1 (between when clips are mixed).
        displacement: float (…, T, C), seconds from the anchor to its action.
        near: float (…, T, C), how much the displacement counts: 1 within its radius, 0 elsewhere.
        valid: float (…, T), 0 for samples beyond the end of the half.
    """

    confidence: Tensor
    displacement: Tensor
    near: Tensor
    valid: Tensor


def anchor_targets(
    spots: Iterable[Spot],
    times: np.ndarray,
    classes: Sequence[str],
    *,
    confidence_radius: float,
    displacement_radius: float,
    valid: np.ndarray | None = None,
) -> AnchorTargets:
    """Targets of one window.

    Arguments:
        times: int64 (T,), presentation times of its samples in microseconds.
        confidence_radius, displacement_radius: seconds; both ends count.
        valid: bool (T,), or None if all are.
    """
    seconds = times / 1e6
    shape = (len(times), len(classes))
    confidence, displacement = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    distance = np.full(shape, np.inf, np.float32)
    column = {name: k for k, name in enumerate(classes)}
    for spot in spots:
        k = column.get(spot.label)
        if k is None:
            continue
        gap = (spot.seconds - seconds).astype(np.float32)
        nearer = np.abs(gap) < distance[:, k]
        displacement[nearer, k] = gap[nearer]
        distance[:, k] = np.minimum(distance[:, k], np.abs(gap))
    confidence[distance <= confidence_radius + 1e-6] = 1
    near = (distance <= displacement_radius + 1e-6).astype(np.float32)
    alive = np.ones(len(times), np.float32) if valid is None else valid.astype(np.float32)
    return AnchorTargets(
        torch.from_numpy(confidence),
        torch.from_numpy(np.where(near > 0, displacement, 0).astype(np.float32)),
        torch.from_numpy(near),
        torch.from_numpy(alive),
    )


def stack_targets(parts: Sequence[_Targets]) -> _Targets:
    """A batch of windows' targets."""
    stacked: dict[str, Any] = {f.name: torch.stack([getattr(p, f.name) for p in parts]) for f in fields(parts[0])}
    return type(parts[0])(**stacked)
