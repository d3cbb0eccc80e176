"""The environment: a global view of each frame that knows its neighbours.

A timm RegNetY (002 by default, 008 as an option) with the gated time shift in its residual blocks, as in
E2E-Spot and UGLF (see ``entity_attention``). Beside the pooled features it keeps the last feature map. From that a
linear layer of our own systems reads the class map: the part of a class's logit that comes from each place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import timm
import torch
from torch import Tensor, nn

from spotting_core.models.gated_shift import FUSED_REACH, REACH, add_gated_shift

BACKBONES = ("regnety_002", "regnety_008")


def check_backbone(name: str) -> None:
    """Refuse a trunk that is none of ``BACKBONES``.

    Errors:
        ValueError: see above.
    """
    if name not in BACKBONES:
        raise ValueError(f"backbone must be one of {', '.join(BACKBONES)}, not {name[:40]!r}")


class ShiftedTrunk(nn.Module):
    """Frames to features.

    Arguments:
        backbone: timm name, one of ``BACKBONES``.
        as_published: with the time shift as E2E-Spot's code has it (see ``gated_shift``).
        crop: side in pixels of the square in the middle of the pictures that is looked at; 0 for all of them.
        fused_stages: stages that shift, with T-DEED's fusion; all without where none are named.
    """

    def __init__(
        self, *, backbone: str, as_published: bool = False, crop: int = 0, fused_stages: Sequence[str] = ()
    ) -> None:
        super().__init__()
        self.crop = crop
        trunk: Any = timm.create_model(backbone, pretrained=False, features_only=True, out_indices=(4,))
        self.clip, self.reach = add_gated_shift(trunk, as_published=as_published, fused_stages=fused_stages)
        self._block_reach = FUSED_REACH if fused_stages else REACH
        self.dim: int = trunk.feature_info.channels()[-1]
        self.trunk = trunk

    def feature_map(self, pictures: Tensor) -> Tensor:
        """(B, T, 3, H, W), normalised, to the trunk's last map (B, T, D, h, w)."""
        b, t = pictures.shape[:2]
        self.clip.frames = t
        flat = self._looked_at(pictures.flatten(0, 1))
        maps = self.trunk(flat)[0]
        clip_maps: Tensor = maps.view(b, t, *maps.shape[1:])
        return clip_maps

    def activations(self, pictures: Tensor) -> list[Tensor]:
        """What the stem and every block after it give for the frames of one clip: each (T, C, h, w).

        pictures: (T, 3, H, W), normalised. The last one is ``feature_map`` of the clip.
        """
        self.clip.frames = len(pictures)
        known = [self.trunk.stem(self._looked_at(pictures))]
        for block in self._blocks():
            known.append(block(known[-1]))
        return known

    def changed_map(self, known: Sequence[Tensor], pictures: Tensor, first: int) -> tuple[Tensor, int]:
        """The feature map where some frames of a clip are others, exactly, and of no more frames than must be.

        A block's time shift lets a frame see a few frames to either side (``REACH``, ``FUSED_REACH``), so what changes
        grows by that much from block to block; all beyond is read from ``known``.

        Arguments:
            known: ``activations`` of the clip.
            pictures: (B, n, 3, H, W), B ways to change the frames ``first`` to ``first + n``.

        Returns the maps (B, m, D, h, w) and the frame at which they begin.
        """
        variants, low, high = len(pictures), first, first + pictures.shape[1]
        length, reach = len(known[0]), self._block_reach
        flat = self._looked_at(pictures.flatten(0, 1))
        part = self.trunk.stem(flat).unflatten(0, (variants, -1))
        for block, before in zip(self._blocks(), known, strict=False):
            out_low, out_high = max(0, low - reach), min(length, high + reach)
            in_low, in_high = max(0, out_low - reach), min(length, out_high + reach)
            left, right = before[in_low:low], before[high:in_high]
            joined = torch.cat([_repeated(left, variants), part.to(before.dtype), _repeated(right, variants)], dim=1)
            self.clip.frames = in_high - in_low
            flat = joined.flatten(0, 1).contiguous(memory_format=torch.channels_last)
            part = block(flat).unflatten(0, (variants, -1))[:, out_low - in_low : out_high - in_low]
            low, high = out_low, out_high
        return part, low

    def _looked_at(self, pictures: Tensor) -> Tensor:
        """What the trunk looks at of pictures (N, 3, H, W)."""
        if self.crop:
            height, width = pictures.shape[2:]
            top, left = round((height - self.crop) / 2), round((width - self.crop) / 2)
            pictures = pictures[:, :, top : top + self.crop, left : left + self.crop]
        return pictures.contiguous(memory_format=torch.channels_last)

    def _blocks(self) -> list[nn.Module]:
        return [block for name, stage in self.trunk.named_children() if name != "stem" for block in stage.children()]


class Environment(ShiftedTrunk):
    """Frames to features and class maps.

    Arguments:
        backbone: timm name, one of ``BACKBONES``.
        classes: number of classes of the class map.
    """

    def __init__(self, *, backbone: str, classes: int) -> None:
        super().__init__(backbone=backbone)
        self.to_class = nn.Linear(self.dim, classes)
        nn.init.normal_(self.to_class.weight, std=0.01)
        nn.init.zeros_(self.to_class.bias)

    def class_map(self, maps: Tensor) -> Tensor:
        """Contribution of each place to each class's logit: (B, T, C, h, w); their mean is ``class_logits``."""
        return torch.einsum(
            "btdhw,cd->btchw", maps.float(), self.to_class.weight.float()
        ) + self.to_class.bias.float().view(-1, 1, 1)

    def class_logits(self, pooled: Tensor) -> Tensor:
        """What the frame alone says of each class: (B, T, D) pooled features to (B, T, C)."""
        logits: Tensor = self.to_class(pooled)
        return logits


def _repeated(values: Tensor, times: int) -> Tensor:
    return values.expand(times, *values.shape)
