"""Mixup that works with entities.

Zhang et al., "mixup: Beyond Empirical Risk Minimization" (ICLR 2018), used on features by Soares et al.
UGLF switches it off when entities are read. Here the frames of two clips are blended by λ, both entity sets
are joined with shares λ and 1 - λ (the attention weighs an entity by its share), and the targets are blended
by the same λ, so what is asked for is what is shown.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar, cast

import torch
from torch import Tensor

from spotting_core.models.targets import AnchorTargets, Targets
from spotting_core.models.window import EntitySet

_Targets = TypeVar("_Targets", bound=Targets)


def mix_samples(samples: Tensor, partner: Tensor, share: Tensor) -> Tensor:
    """Blend pictures (B, T, 3, H, W) or features (B, T, D); partner: int64 (B,), share: float (B,), of the own one."""
    own = share.view(-1, *[1] * (samples.ndim - 1))
    return torch.lerp(samples[partner], samples, own)


def mix_entities(entities: EntitySet, partner: Tensor, share: Tensor) -> EntitySet:
    """Both clips' entities side by side, (B, T, 2N), each with its clip's share of its own."""
    own = share.view(-1, 1, 1)
    joined = {f.name: torch.cat([v := getattr(entities, f.name), v[partner]], dim=2) for f in fields(EntitySet)}
    joined["share"] = torch.cat([entities.share * own, entities.share[partner] * (1 - own)], dim=2)
    return EntitySet(**joined)


def mix_targets(targets: _Targets, partner: Tensor, share: Tensor, *, displacement: bool) -> _Targets:
    """Blended targets.

    Arguments:
        displacement: whether mixed clips teach it; as in Soares et al. only the confidence learns from them else.
    """
    if isinstance(targets, AnchorTargets):
        mixed = _mixed_anchors(targets, partner, share)
        taught = mixed if displacement else replace(mixed, near=torch.zeros_like(mixed.near))
        return cast(_Targets, taught)
    return targets.map(lambda v: torch.lerp(v[partner], v, share.view(-1, *[1] * (v.ndim - 1))))


def _mixed_anchors(targets: AnchorTargets, partner: Tensor, share: Tensor) -> AnchorTargets:
    """Blended confidence; a displacement counts by the share of the clip it is of, their mean where both do."""
    own = share.view(-1, 1, 1)
    near, other = targets.near * own, targets.near[partner] * (1 - own)
    both = near + other
    moved = (near * targets.displacement + other * targets.displacement[partner]) / both.clamp_min(1e-6)
    return replace(
        targets,
        confidence=torch.lerp(targets.confidence[partner], targets.confidence, own),
        displacement=moved,
        near=both,
        valid=torch.maximum(targets.valid, targets.valid[partner]),
    )
