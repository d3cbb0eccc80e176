"""Trunks over time that read features of samples: a u-net and a transformer encoder, (B, T, D) to (B, T, width).

Paper: Soares et al., "Temporally Precise Action Spotting in Soccer Videos Using Dense Detection Anchors" (ICIP
2022), after Ronneberger et al., "U-Net" (MICCAI 2015), He et al., "Identity Mappings in Deep Residual Networks"
(ECCV 2016) for its blocks, and Vaswani et al., "Attention Is All You Need" (NIPS 2017).
Original code: yahoo/spivak.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

_NARROW = 512  # numbers per sample that are read without being reduced first
_WIDEST = 2048
_EPS = 1e-6


class Narrowing(nn.Module):
    """Numbers of a sample to fewer, each sample alone: to 512 where there are more, to 256, to ``width``."""

    def __init__(self, dim: int, width: int) -> None:
        super().__init__()
        widths = [dim, *([_NARROW] if dim > _NARROW else []), 4 * 64, width]
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(widths))

    def forward(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = F.relu(layer(x))
        return x


class _Bottleneck(nn.Module):
    """Activation first, no normalisation: (B, a, T) to (B, b, T)."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        inner = max(1, after // 4)
        self.narrow = nn.Conv1d(before, inner, 1)
        self.look = nn.Conv1d(inner, inner, 3, padding=1)
        self.widen = nn.Conv1d(inner, after, 1)
        self.passing = nn.Conv1d(before, after, 1) if before != after else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.look(F.relu(self.narrow(F.relu(x))))
        out: Tensor = self.passing(x) + self.widen(F.relu(y))
        return out


def _stage(before: int, after: int) -> nn.Sequential:
    return nn.Sequential(_Bottleneck(before, after), _Bottleneck(after, after))


class UNet(nn.Module):
    """Levels of two blocks; each level is half as long and twice as wide; skips are added.

    Arguments:
        width: of the first level and of what comes out; levels: how many.

    A length that does not divide by 2 ** (levels - 1) is filled with zeros, which are cut off again.
    """

    def __init__(self, *, width: int, levels: int) -> None:
        super().__init__()
        widths = [min(width * 2**k, _WIDEST) for k in range(levels)]
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(_stage(a, b) for a, b in [(width, width), *pairs])
        self.up = nn.ModuleList(nn.ConvTranspose1d(b, a, 2, stride=2) for a, b in reversed(pairs))
        self.after = nn.ModuleList(_stage(a, a) for a, _ in reversed(pairs))

    def forward(self, x: Tensor) -> Tensor:
        length, unit = x.shape[1], 2 ** (len(self.down) - 1)
        x = F.pad(x.transpose(1, 2), (0, -length % unit))
        skips: list[Tensor] = []
        for level, stage in enumerate(self.down):
            x = stage(F.max_pool1d(x, 2) if level else x)
            skips.append(x)
        for up, stage, skip in zip(self.up, self.after, reversed(skips[:-1]), strict=True):
            x = stage(up(x) + skip)
        return x[..., :length].transpose(1, 2)


class Encoder(nn.Module):
    """Transformer encoder with learned positions, normalised before each layer.

    Arguments:
        width: of the tokens; length: most samples of a window.
    """

    def __init__(self, *, width: int, layers: int, heads: int, feed_forward: int, length: int, dropout: float) -> None:
        super().__init__()
        self.place = nn.Parameter(torch.randn(length, width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            width, heads, feed_forward, dropout, "gelu", layer_norm_eps=_EPS, batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, layers, nn.LayerNorm(width, eps=_EPS), enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x + self.place[: x.shape[1]])
        return out
