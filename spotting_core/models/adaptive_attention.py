"""Adaptive attention: which of the entities in a frame matter to the scene, and what they add to it.

As in UGLF (see ``entity_attention``): every entity is scored by the length of its sum with the environment,
the scores become weights by a softmax, entities below an even share are dropped, the kept ones attend to
one another, and what comes out is fused with the environment.

Differences: in the public code the selection receives no gradient, so its weights are by-products. Here the
weights multiply the kept tokens, and the hard selection passes gradient straight through (Bengio et al.,
"Estimating or Propagating Gradients Through Stochastic Neurons", 2013): raising an entity's weight changes
the score. Values are projected by entity name, so that a ball and a card are not averaged into one another.
All frames are computed at once.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from spotting_core.models.window import EntitySet

_PLACE_BANDS = 4


def place_features(box: Tensor) -> Tensor:
    """Where and how large a box is, at several scales: (…, 4) shares of the picture to (…, 6 + 4 * bands)."""
    centre = (box[..., :2] + box[..., 2:]) / 2
    size = (box[..., 2:] - box[..., :2]).clamp_min(1e-4)
    waves = [f(centre * math.pi * 2**k) for k in range(_PLACE_BANDS) for f in (torch.sin, torch.cos)]
    area = size.prod(-1, keepdim=True).log() / 4
    shape = (size[..., 1:] / size[..., :1]).log() / 2
    return torch.cat([centre * 2 - 1, size.log() / 3, area, shape, *waves], dim=-1)


_PLACE_DIM = 6 + 4 * _PLACE_BANDS


class EntityTokens(nn.Module):
    """Entities to tokens: what they look like, where they are, how sure the finder is, what they are called."""

    def __init__(self, *, names: int, embed_dim: int, dim: int) -> None:
        super().__init__()
        self.name = nn.Embedding(names, dim)
        self.project = nn.Linear(embed_dim + _PLACE_DIM + 1, dim)
        self.value = nn.Parameter(torch.randn(names, dim, dim) / math.sqrt(dim))
        self.norm = nn.LayerNorm(dim)

    def forward(self, entities: EntitySet) -> tuple[Tensor, Tensor]:
        """Tokens for scoring and values by name, both (B, T, N, d)."""
        scale = math.sqrt(entities.embedding.shape[-1])
        inputs = torch.cat(
            [entities.embedding * scale, place_features(entities.box), entities.score[..., None] * 2 - 1], -1
        )
        token = self.norm(self.project(inputs) + self.name(entities.entity))
        value = torch.zeros_like(token)
        for k in range(self.name.num_embeddings):  # few names: a masked product each beats gathering matrices
            rows = entities.entity == k
            value[rows] = (token[rows] @ self.value[k].to(token.dtype)).to(value.dtype)
        return token, value


class AdaptiveAttention(nn.Module):
    """Environment and entities to one token per frame, with the selection and weights it used.

    Arguments:
        names: number of entity names; embed_dim: of their embeddings.
        environment_dim: of the environment features; dim: of the tokens.
        heads, feed_forward, dropout: of the two attention layers.
    """

    def __init__(
        self,
        *,
        names: int,
        embed_dim: int,
        environment_dim: int,
        dim: int,
        heads: int,
        feed_forward: int,
        dropout: float,
    ) -> None:
        super().__init__()
        self.environment = nn.Sequential(nn.LayerNorm(environment_dim), nn.Linear(environment_dim, dim))
        self.tokens = EntityTokens(names=names, embed_dim=embed_dim, dim=dim)
        self.sharpness = nn.Parameter(torch.tensor(math.log(4.0)))
        self.among = nn.TransformerEncoderLayer(dim, heads, feed_forward, dropout, batch_first=True, norm_first=True)
        self.nobody = nn.Parameter(torch.zeros(dim))
        self.local_norm = nn.LayerNorm(dim)
        self.fuse = nn.TransformerEncoderLayer(dim, heads, feed_forward, dropout, batch_first=True, norm_first=True)

    def forward(self, pooled: Tensor, entities: EntitySet) -> tuple[Tensor, Tensor, Tensor]:
        """pooled: (B, T, D). Returns fused (B, T, d), weight (B, T, N) summing to 1 over the kept, kept (B, T, N)."""
        environment = self.environment(pooled)  # (B, T, d)
        b, t, d = environment.shape
        if entities.share.shape[2] == 0:
            local, weight = self.nobody.expand(b, t, d), entities.share
            kept = weight > 0
        else:
            token, value = self.tokens(entities)
            weight, kept, passing = self.select(environment, token, entities.share)
            local = self._attend(value, passing, kept)
        pair = torch.stack([environment, self.local_norm(local)], dim=2).flatten(0, 1)  # (B * T, 2, d)
        return self.fuse(pair).mean(1).view(b, t, d), weight, kept

    def select(self, environment: Tensor, token: Tensor, share: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Which entities are kept and how they are weighed; share: (B, T, N).

        Returns the weights (B, T, N), which are kept, and the weights again with the gradient that they pass
        on: their own for the kept, the softmax's for the dropped, so that a dropped one can come back.
        """
        score = (environment.unsqueeze(2) + token).float().norm(dim=-1) / math.sqrt(token.shape[-1])
        score = score * self.sharpness.exp() + share.clamp_min(1e-9).log()
        real = share > 0
        soft = torch.softmax(score.masked_fill(~real, -1e4), dim=-1) * real
        even = share / share.sum(-1, keepdim=True).clamp_min(1e-6)
        kept = (soft >= even * (1 - 1e-4)) & real
        chosen = soft * kept
        weight = chosen / chosen.sum(-1, keepdim=True).clamp_min(1e-6)
        passing = weight + (soft - soft.detach()) * (~kept & real)
        return weight, kept, passing

    def _attend(self, value: Tensor, weight: Tensor, kept: Tensor) -> Tensor:
        """Attention among the kept entities, then their weighted sum: (B, T, d)."""
        b, t, n, d = value.shape
        ignored = ~kept.flatten(0, 1)  # (B * T, N), True where a token is ignored
        alone = ignored.all(1)
        ignored = ignored & ~alone[:, None]  # attention over nothing is undefined; such frames are replaced below
        mixed = self.among(value.flatten(0, 1), src_key_padding_mask=ignored).view(b, t, n, d)
        local = (mixed * weight.unsqueeze(-1).to(mixed.dtype)).sum(2)
        return torch.where(alone.view(b, t, 1), self.nobody.to(local.dtype), local)
