"""The environment: a global view of each frame that knows its neighbours.

A timm RegNetY (002 by default, 008 as an option) with the gated time shift in its residual blocks, as in
E2E-Spot and UGLF (see ``entity_attention``). Beside the pooled features it keeps the last feature map, from
which a linear layer reads the class map: the part of a class's logit that comes from each place.
"""

from __future__ import annotations

from typing import Any

import timm
import torch
from torch import Tensor, nn

from spotting_core.models.gated_shift import add_gated_shift

BACKBONES = ("regnety_002", "regnety_008")


class Environment(nn.Module):
    """Frames to features and class maps.

    Arguments:
        backbone: timm name, one of ``BACKBONES``.
        classes: number of classes of the class map.
    """

    def __init__(self, *, backbone: str, classes: int) -> None:
        super().__init__()
        trunk: Any = timm.create_model(backbone, pretrained=False, features_only=True, out_indices=(4,))
        self.clip, self.reach = add_gated_shift(trunk)
        self.dim: int = trunk.feature_info.channels()[-1]
        self.trunk = trunk
        self.to_class = nn.Linear(self.dim, classes)
        nn.init.normal_(self.to_class.weight, std=0.01)
        nn.init.zeros_(self.to_class.bias)

    def feature_map(self, frames: Tensor) -> Tensor:
        """(B, T, 3, H, W), normalised, to the trunk's last map (B, T, D, h, w)."""
        b, t = frames.shape[:2]
        self.clip.frames = t
        flat = frames.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        maps = self.trunk(flat)[0]
        return maps.view(b, t, *maps.shape[1:])

    def class_map(self, maps: Tensor) -> Tensor:
        """Contribution of each place to each class's logit: (B, T, C, h, w); their mean is ``class_logits``."""
        return torch.einsum(
            "btdhw,cd->btchw", maps.float(), self.to_class.weight.float()
        ) + self.to_class.bias.float().view(-1, 1, 1)

    def class_logits(self, pooled: Tensor) -> Tensor:
        """What the frame alone says of each class: (B, T, D) pooled features to (B, T, C)."""
        return self.to_class(pooled)
