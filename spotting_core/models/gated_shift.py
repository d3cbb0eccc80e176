"""Gated time shift: a 2D backbone learns which features to pass to the next and the previous frame.

Paper: Sudhakaran et al., "Gate-Shift Networks for Video Action Recognition" (CVPR 2020), placed as in
Hong et al., "Spotting Temporally Precise, Fine-Grained Events in Video" (E2E-Spot, ECCV 2022).
Differences: the 3x3x3 gate is computed as three 3x3 convolutions whose results are shifted and added,
the same arithmetic without a 3D convolution, which is several times faster on a CPU. Which group of channels
takes from which neighbour, and in what order they leave, are settings: the published code of E2E-Spot exchanges the
directions and interleaves the channels of each group, and weights learned with one are useless with the other.

T-DEED fuses what was shifted with what stays by weights of its own, in the two last stages alone: Sudhakaran et al.,
"Gate-Shift-Fuse for Video Action Recognition" (TPAMI 2023).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from timm.layers import ConvNormAct
from timm.models.regnet import Bottleneck
from torch import Tensor, nn

REACH = 2
"""Frames to either side that one shift lets a frame see: one for what moves in, one for the gate that moved it."""
FUSED_REACH = 3
"""The same of a shift that is fused: the weights look one frame further."""
FUSED_STAGES = ("s3", "s4")
"""Stages of T-DEED's trunk that shift."""


class ClipLength:
    """How many consecutive frames make one clip in the batch now running (shared by all shifts of a trunk)."""

    def __init__(self) -> None:
        self.frames = 1


class GatedShift(nn.Module):
    """Shift a quarter of the channels by one frame, half of them forward and half backward, as gated.

    Arguments:
        channels: of the features.
        clip: shared clip length; the batch is (B * frames, C, h, w), frames running fastest.
        backward_first: whether the first group takes from the next frame and the second from the one before, instead
            of the other way round.
        interleaved: whether the channels of the first and second half of each group leave by turns.
    """

    def __init__(
        self, channels: int, clip: ClipLength, *, backward_first: bool = False, interleaved: bool = False
    ) -> None:
        super().__init__()
        self.backward_first, self.interleaved = backward_first, interleaved
        self.fold = min(math.ceil(channels / 4 / 4) * 4, channels // 2 * 2)
        self.clip = clip
        self.norm = nn.BatchNorm2d(self.fold)
        # Outputs: for each of the two groups the taps of the frame before, this one and the one after.
        self.gate = nn.Conv2d(self.fold, 6, 3, padding=1, groups=2)
        nn.init.zeros_(self.gate.weight)
        if self.gate.bias is not None:
            nn.init.zeros_(self.gate.bias)

    def forward(self, x: Tensor) -> Tensor:
        frames = self.clip.frames
        part = x[:, : self.fold]
        taps = self.gate(torch.relu(self.norm(part)))  # (B * T, 6, h, w)
        n, _, h, w = taps.shape
        taps = taps.view(n // frames, frames, 2, 3, h, w)
        gate = _before(taps[:, :, :, 0]) + taps[:, :, :, 1] + _after(taps[:, :, :, 2])
        gate = torch.tanh(gate).reshape(n, 2, 1, h, w)
        moving = part.reshape(n, 2, self.fold // 2, h, w) * gate
        staying = part.reshape(n, 2, self.fold // 2, h, w) - moving
        moving = moving.view(n // frames, frames, 2, self.fold // 2, h, w)
        first, second = (_after, _before) if self.backward_first else (_before, _after)
        moved = torch.stack([first(moving[:, :, 0]), second(moving[:, :, 1])], dim=2).view(n, 2, self.fold // 2, h, w)
        shifted = self.joined(staying, moved)
        if self.interleaved:
            shifted = shifted.view(n, 2, 2, self.fold // 4, h, w).transpose(2, 3)
        shifted = shifted.reshape(n, self.fold, h, w)
        return torch.cat([shifted, x[:, self.fold :]], dim=1).contiguous(memory_format=torch.channels_last)

    def joined(self, staying: Tensor, moved: Tensor) -> Tensor:
        """What becomes of what stays and of what came from a neighbour, both (B * T, 2, channels of a group, h, w)."""
        return staying + moved


class GatedShiftFuse(GatedShift):
    """A gated shift with E2E-Spot's directions and order of channels, whose two parts are weighed against each other.

    The weight of a channel in a frame is read from both parts' means over the picture, of this channel and frame and of
    their neighbours, by a convolution for each group. That the published one reads what moved before what stays, and
    channels along its first axis, is not known.
    """

    def __init__(self, channels: int, clip: ClipLength) -> None:
        super().__init__(channels, clip, backward_first=True, interleaved=True)
        self.weigh_first, self.weigh_second = (nn.Conv2d(2, 1, 3, padding=1) for _ in range(2))

    def joined(self, staying: Tensor, moved: Tensor) -> Tensor:
        means = torch.stack([moved.mean((3, 4)), staying.mean((3, 4))], 1)  # (B * T, 2 parts, 2 groups, c)
        means = means.view(-1, self.clip.frames, *means.shape[1:]).permute(3, 0, 2, 4, 1)  # (groups, B, parts, c, T)
        weighed = [weigh(one)[:, 0] for weigh, one in zip((self.weigh_first, self.weigh_second), means, strict=True)]
        weight = torch.stack(weighed, 1).sigmoid().permute(0, 3, 1, 2).flatten(0, 1)[..., None, None]
        return weight * moved + (1 - weight) * staying


def _before(x: Tensor) -> Tensor:
    """Each frame gets what the frame before it held; the first gets zero. (B, T, …)"""
    return torch.cat([torch.zeros_like(x[:, :1]), x[:, :-1]], dim=1)


def _after(x: Tensor) -> Tensor:
    """Each frame gets what the frame after it holds; the last gets zero. (B, T, …)"""
    return torch.cat([x[:, 1:], torch.zeros_like(x[:, :1])], dim=1)


class _ShiftedConv(nn.Module):
    """A block's first convolution, reading shifted features."""

    def __init__(self, conv: ConvNormAct, shift: GatedShift) -> None:
        super().__init__()
        self.shift, self.conv = shift, conv

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(self.shift(x))
        return out


def add_gated_shift(
    trunk: nn.Module, *, as_published: bool = False, fused_stages: Sequence[str] = ()
) -> tuple[ClipLength, int]:
    """Put a gated shift before the first convolution of every residual block of a RegNet, in place.

    Arguments:
        as_published: with the directions and the order of channels of E2E-Spot's code.
        fused_stages: stages that shift, with fusion; all without where none are named.

    Returns the shared clip length, and the reach: how many frames to either side a frame's features see.

    Errors:
        ValueError: the trunk has no RegNet blocks.
    """
    clip = ClipLength()
    named = {name: m for name, m in trunk.named_modules() if isinstance(m, Bottleneck)}
    blocks = [m for name, m in named.items() if not fused_stages or name.split(".")[0] in fused_stages]
    if not blocks:
        raise ValueError("the gated shift needs a RegNet backbone")
    for block in blocks:
        channels = block.conv1.conv.in_channels
        if fused_stages:
            shift: GatedShift = GatedShiftFuse(channels, clip)
        else:
            shift = GatedShift(channels, clip, backward_first=as_published, interleaved=as_published)
        block.conv1 = _ShiftedConv(block.conv1, shift)  # type: ignore[assignment]
    return clip, (FUSED_REACH if fused_stages else REACH) * len(blocks)
