"""An image tower that names small things: a RegNetY trunk with a pyramid down to stride 4.

A ball is 2 to 6 pixels wide in a broadcast, so similarity to a text must be measured on a fine grid.
The tower keeps the interface of a timm model (open_clip wraps it as the image side of a CLIP model) and
adds ``dense``: per cell of the stride-4 grid a unit-length embedding and a box around the cell.

Papers: Radosavovic et al., "Designing Network Design Spaces" (CVPR 2020) for the trunk; Lin et al.,
"Feature Pyramid Networks" (CVPR 2017); Zhou et al., "Objects as Points" (2019) for boxes at centres.
Differences: depthwise-separable smoothing, one self-attention layer at stride 32 for the scene, and at stride 8 a
comparison of every cell with a few summaries of all cells (after Lee et al., "Set Transformer", ICML 2019), for a
referee is whoever wears neither team's colours, and people are gone at stride 32.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import timm
import torch
from timm.models import register_model
from torch import Tensor, nn
from torch.nn import functional as F

STRIDE = 4
COMPARISON = "comparison"
"""The part of the tower that models trained before it was there do not have; it begins as one that changes nothing."""
_COMPARED = 1  # of the levels of strides 4, 8, 16, 32
_TYPICAL_SIZE = (8.0, 16.0)  # pixels, width and height at which the box head starts out


@dataclass(frozen=True)
class DenseFeatures:
    """What the tower says at every cell of its grid.

    Arguments:
        embedding: (B, E, h, w), a direction that is compared with text embeddings; not of unit length,
            for normalising every cell costs a quarter of the tower's time and few cells are ever read.
        boxes: (B, 4, h, w), x1, y1, x2, y2 in input pixels.
    """

    embedding: Tensor
    boxes: Tensor


def _separable(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(inplace=True),
    )


class SceneComparison(nn.Module):
    """Cells compared with what all cells show: attention to a few summaries costs as much as the cells are many.

    Arguments:
        width: channels.
        summaries: how many; two kits, keepers, officials, the pitch and what is around it need some each.
    """

    def __init__(self, width: int, summaries: int = 16) -> None:
        super().__init__()
        self.summaries = nn.Parameter(torch.randn(summaries, width) * 0.5)
        self.norm = nn.LayerNorm(width)
        self.gather = nn.MultiheadAttention(width, 4)
        self.context = nn.LayerNorm(width)
        self.spread = nn.MultiheadAttention(width, 4)
        self.compare = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))
        last: Any = self.compare[-1]
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, cells: Tensor) -> Tensor:
        """(B, C, h, w), and the same with what the comparison adds."""
        b, c, h, w = cells.shape
        # Cells first: with pictures first the projections of the attention are products of thousands of tiny matrices.
        shown = self.norm(cells.permute(2, 3, 0, 1).reshape(h * w, b, c))
        queries = self.summaries.to(shown.dtype)[:, None].expand(-1, b, -1)
        summaries = self.context(self.gather(queries, shown, shown, need_weights=False)[0])
        context = self.spread(shown, summaries, summaries, need_weights=False)[0]
        added = self.compare(torch.cat([shown, context], dim=2))
        return cells + added.reshape(h, w, b, c).permute(2, 3, 0, 1)


class EntityPyramid(nn.Module):
    """RegNetY features, a top-down pyramid, and heads for an embedding and a box per stride-4 cell.

    Arguments:
        trunk: timm name of the backbone.
        width: channels of the pyramid.
        embed_dim: length of the region embedding (that of the CLIP model it belongs to).
    """

    def __init__(self, *, trunk: str = "regnety_002", width: int = 64, embed_dim: int = 64) -> None:
        super().__init__()
        backbone: Any = timm.create_model(trunk, features_only=True, pretrained=False, out_indices=(1, 2, 3, 4))
        channels: list[int] = backbone.feature_info.channels()
        self.trunk = backbone
        self.num_features = channels[-1]
        self.default_cfg: dict[str, Any] = {"input_size": (3, 360, 640), "pool_size": None}
        self.lateral = nn.ModuleList(nn.Conv2d(c, width, 1) for c in channels)
        self.scene = nn.TransformerEncoderLayer(width, 4, 2 * width, 0.0, batch_first=True, norm_first=True)
        self.comparison = SceneComparison(width)
        self.smooth = nn.ModuleList(_separable(width) for _ in channels[:-1])
        self.neck = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
        )
        self.to_embedding = nn.Sequential(_separable(width), nn.Conv2d(width, embed_dim, 1))
        self.to_box = nn.Sequential(_separable(width), nn.Conv2d(width, 4, 1))
        # Similarity to a name becomes a probability as sigmoid(scale * cosine + bias). The bias starts at
        # odds of one centre in a hundred cells, so that empty grass does not swamp the first steps.
        self.region_scale = nn.Parameter(torch.tensor(math.log(10.0)))
        self.region_bias = nn.Parameter(torch.tensor(-4.6))

    def reset_classifier(self, num_classes: int, global_pool: str | None = None) -> None:
        """timm's interface; the tower has no classifier."""

    def _pyramid(self, images: Tensor) -> tuple[Tensor, Tensor]:
        levels = self.trunk(images)  # strides 4, 8, 16, 32
        top = self.lateral[-1](levels[-1])
        b, c, h, w = top.shape
        tokens = self.scene(top.flatten(2).transpose(1, 2))  # (B, h * w, C)
        merged = tokens.transpose(1, 2).reshape(b, c, h, w)
        for level in range(len(levels) - 2, -1, -1):
            lateral = self.lateral[level](levels[level])
            up = F.interpolate(merged, size=lateral.shape[-2:], mode="nearest")
            merged = self.smooth[level](lateral + up)
            if level == _COMPARED:
                merged = self.comparison(merged)
        return merged, levels[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Pooled picture features (B, D); open_clip projects them. images: (B, 3, H, W), normalised."""
        return self.trunk(images)[-1].mean((2, 3))

    def dense(self, images: Tensor) -> tuple[DenseFeatures, Tensor]:
        """Features per cell, and the pooled picture features (B, D) of the same pass."""
        merged, top = self._pyramid(images)
        merged = self.neck(merged)
        features = DenseFeatures(self.to_embedding(merged), self._boxes(self.to_box(merged).float()))
        return features, top.mean((2, 3))

    @staticmethod
    def _boxes(raw: Tensor) -> Tensor:
        """Head output (B, 4, h, w): centre offset in cells, log size. To corners in input pixels."""
        h, w = raw.shape[-2:]
        y = torch.arange(h, device=raw.device).view(h, 1) + 0.5
        x = torch.arange(w, device=raw.device).view(1, w) + 0.5
        cx, cy = (x + raw[:, 0]) * STRIDE, (y + raw[:, 1]) * STRIDE
        half_w = raw[:, 2].clamp(-5, 5).exp() * (_TYPICAL_SIZE[0] / 2)
        half_h = raw[:, 3].clamp(-5, 5).exp() * (_TYPICAL_SIZE[1] / 2)
        return torch.stack([cx - half_w, cy - half_h, cx + half_w, cy + half_h], dim=1)

    def similarity(self, embedding: Tensor, text: Tensor) -> Tensor:
        """Logit that a cell is the centre of what a text names.

        embedding: (B, E, h, w); text: (K, E), unit length. Returns (B, K, h, w).
        """
        length = embedding.float().square().sum(1, keepdim=True).sqrt().clamp_min(1e-6)  # (B, 1, h, w)
        product = F.conv2d(embedding, text.to(embedding.dtype)[:, :, None, None]).float()
        return product / length * self.region_scale.exp() + self.region_bias

    def region_logit(self, embedding: Tensor, text: Tensor) -> Tensor:
        """The same of single regions, (N, K): embedding (N, E) and text (K, E), both of unit length."""
        return embedding @ text.T * self.region_scale.detach().exp() + self.region_bias.detach()


@register_model
def touchline_pyramid_regnety_002(pretrained: bool = False, **kwargs: Any) -> EntityPyramid:
    """The default image tower: RegNetY-002 with a stride-4 pyramid (timm registry entry)."""
    if pretrained:
        raise ValueError("this tower has no pretrained weights in timm; load them through open_clip")
    return EntityPyramid(trunk="regnety_002")
