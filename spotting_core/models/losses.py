"""Losses that several systems share."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from spotting_core.models.targets import AnchorTargets


def focal_loss(logits: Tensor, target: Tensor, *, gamma: float, positive_weight: float, valid: Tensor) -> Tensor:
    """Sigmoid focal loss per valid anchor (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017).

    Summed over classes, averaged over the valid anchors. Soft targets are allowed: the loss is the
    target-weighted sum of the positive and the negative term.

    Arguments:
        logits, target: (B, T, C); valid: (B, T).
        gamma: how strongly easy anchors are discounted.
        positive_weight: of the positive term, for classes are rare.
    """
    p = torch.sigmoid(logits)
    positive = -F.logsigmoid(logits) * (1 - p).pow(gamma) * positive_weight
    negative = -F.logsigmoid(-logits) * p.pow(gamma)
    loss = (target * positive + (1 - target) * negative).sum(-1)
    return (loss * valid).sum() / valid.sum().clamp_min(1)


def displacement_loss(predicted: Tensor, targets: AnchorTargets, *, delta: float = 0.5) -> Tensor:
    """Huber loss (in seconds, divided by ``delta``) over the anchors near an action, per such anchor."""
    loss = F.huber_loss(predicted, targets.displacement, reduction="none", delta=delta) / delta
    counts = targets.near * targets.valid.unsqueeze(-1)
    return (loss * counts).sum() / counts.sum().clamp_min(1)
