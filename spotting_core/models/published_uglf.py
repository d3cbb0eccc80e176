"""UGLF as its authors published it: E2E-Spot's network, in which each sample's environment is joined with its entities.

Paper: Zhu et al., "Unifying Global and Local Scene Entities Modelling for Precise Action Spotting" (UGLF, 2024).

``entity-attention`` is our own variation of the paper; here nothing is varied. Of each sample environment and entities
are normalised by mean and deviation and brought to one width; an entity's score is the length of its sum with the
environment, and those whose share of the softmax over the sample's n entities is at least 1 / n are kept. These attend
to one another in a layer of two feed-forward networks; their mean and the environment are two tokens of a second such
layer, whose mean the GRU reads. No gradient passes through the selection. Trained on labels of one hot number
(``one_hot``) the scores are sigmoids, else a softmax over background and classes.

Read from a description of the code, and not compared with it: that the sum over the kept entities is divided by their
number, that a sample without entities has zeros in their place, that the token of the environment which is fused is the
one that scores the entities, that what is added around the second half of a layer is what the two networks read, and
1e-6 beside the deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spotting_core.base.validation import Positive
from spotting_core.domain.spots import Spot
from spotting_core.models.decoding import SIGMOID, SOFTMAX
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.losses import focal_loss
from spotting_core.models.published_e2e_spot import (
    PublishedE2ESpot,
    PublishedE2ESpotConfig,
    cross_entropy,
    log_odds,
    published_windows,
)
from spotting_core.models.registry import System, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import EntitySet, Output

DEVIATION, LAYER = "deviation", "layer"
"""How the tokens inside an encoder are normalised: as the features before it, or by ``LayerNorm``."""
_LEAST = 1e-6


@dataclass(frozen=True)
class PublishedUGLFConfig(PublishedE2ESpotConfig):
    """Shape and loss of the network.

    Arguments:
        entities: the most of a sample that are read; embed_dim: numbers of each.
        dim, heads, feed_forward, dropout: of the two encoders; encoder_norm: ``deviation`` or ``layer``.
        activation: ``softmax`` over background and classes, or ``sigmoid``.
        focal_alpha, focal_gamma: of the focal loss, where the scores are sigmoids.
    """

    backbone: str = "regnety_008"
    entities: Positive = 50
    embed_dim: Positive = 256
    dim: Positive = 768
    heads: Positive = 8
    feed_forward: Positive = 2048
    dropout: float = 0.1
    encoder_norm: str = DEVIATION
    activation: str = SIGMOID
    focal_alpha: float = 0.25
    focal_gamma: float = 2.0

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, known in (("encoder_norm", (DEVIATION, LAYER)), ("activation", (SIGMOID, SOFTMAX))):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} must be {' or '.join(known)}, not {getattr(self, name)[:40]!r}")
        if not 0 < self.focal_alpha < 1:
            raise ValueError(f"focal_alpha must lie between 0 and 1, not {self.focal_alpha}")

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return [("heads", self.heads, "dim", self.dim)]


class DeviationNorm(nn.Module):
    """By mean and deviation of the sample (of n - 1), then scaled and moved."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.alpha, self.bias = nn.Parameter(torch.ones(dim)), nn.Parameter(torch.zeros(dim))

    def forward(self, x: Tensor) -> Tensor:
        spread: Tensor = (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + _LEAST)
        return self.alpha * spread + self.bias


class _FeedForward(nn.Module):
    def __init__(self, dim: int, inner: int, dropout: float) -> None:
        super().__init__()
        self.linear_1, self.linear_2 = nn.Linear(dim, inner), nn.Linear(inner, dim)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.linear_2(self.dropout(torch.relu(self.linear_1(x))))
        return out


class DoubleFeedForwardEncoder(nn.Module):
    """One layer: attention, two feed-forward networks with a ReLU between, each normalised after it is added."""

    def __init__(self, config: PublishedUGLFConfig) -> None:
        super().__init__()
        dim, kind = config.dim, DeviationNorm if config.encoder_norm == DEVIATION else nn.LayerNorm
        self.attention = nn.MultiheadAttention(dim, config.heads, config.dropout, batch_first=True)
        self.norm_1, self.norm_2, self.norm = kind(dim), kind(dim), kind(dim)
        self.ff_1, self.ff_2 = (_FeedForward(dim, config.feed_forward, config.dropout) for _ in range(2))
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, ignored: Tensor | None = None) -> Tensor:
        """x: (N, K, dim); ignored: bool (N, K), True where nobody looks at a token."""
        mixed = self.attention(x, x, x, key_padding_mask=ignored, need_weights=False)[0]
        x = self.norm_1(x + self.dropout(mixed))
        x = self.norm_2(x + self.dropout(self.ff_2(torch.relu(self.ff_1(x)))))
        normal: Tensor = self.norm(x)
        return normal


class ObjectFusion(nn.Module):
    """Environment and entities of each sample to one token."""

    def __init__(self, config: PublishedUGLFConfig, environment_dim: int) -> None:
        super().__init__()
        self.environment_norm, self.entity_norm = DeviationNorm(environment_dim), DeviationNorm(config.embed_dim)
        self.environment = nn.Linear(environment_dim, config.dim)
        self.entity = nn.Linear(config.embed_dim, config.dim)
        self.among, self.join = DoubleFeedForwardEncoder(config), DoubleFeedForwardEncoder(config)

    def forward(self, pooled: Tensor, entities: EntitySet) -> tuple[Tensor, Tensor, Tensor]:
        """pooled: (B, T, D). Returns fused (B, T, dim), weight (B, T, N) summing to 1 over the kept, kept (B, T, N)."""
        environment = self.environment(self.environment_norm(pooled))
        share = entities.share
        if share.shape[2]:
            token = self.entity(self.entity_norm(entities.embedding))
            weight, kept = self.select(environment, token, share)
            local = self._mean_of(token, kept, share)
        else:
            local, weight, kept = torch.zeros_like(environment), share, share > 0
        pair = torch.stack([environment, local], dim=2).flatten(0, 1)  # (B * T, 2, dim)
        return self.join(pair).mean(1).view(environment.shape), weight, kept

    @torch.no_grad()
    def select(self, environment: Tensor, token: Tensor, share: Tensor) -> tuple[Tensor, Tensor]:
        """How the entities are weighed and which are kept, both (B, T, N); environment: (B, T, dim)."""
        real = share > 0
        score = (environment.unsqueeze(2) + token).float().norm(dim=-1)
        soft = score.masked_fill(~real, -1e9).softmax(-1) * real
        kept = real & (soft >= 1 / real.sum(-1, keepdim=True).clamp_min(1))
        chosen = soft * kept
        return chosen / chosen.sum(-1, keepdim=True).clamp_min(_LEAST), kept

    def _mean_of(self, token: Tensor, kept: Tensor, share: Tensor) -> Tensor:
        """The kept entities after they have looked at one another, in the mean: (B, T, dim); zeros where none is."""
        ignored = ~kept.flatten(0, 1)
        nobody = ignored.all(1)
        mixed = self.among(token.flatten(0, 1), ignored & ~nobody[:, None]).view(token.shape)
        counts = (share * kept).unsqueeze(-1).to(mixed.dtype)
        mean: Tensor = (mixed * counts).sum(2) / counts.sum(2).clamp_min(_LEAST)
        return mean


class PublishedUGLF(PublishedE2ESpot):
    """The network. ``forward`` takes a ``Window`` with pictures, or what is known of them, and entities."""

    config: PublishedUGLFConfig

    def __init__(self, config: PublishedUGLFConfig) -> None:
        super().__init__(config, config.dim)
        self.fusion = ObjectFusion(config, self.environment.dim)

    @property
    def among_entities(self) -> nn.MultiheadAttention | None:
        return self.fusion.among.attention

    def fuse(self, pooled: Tensor, entities: EntitySet | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Environment and entities of each sample by itself: fused (B, T, dim), and the weights and selection.

        Errors:
            ValueError: entities of another width, or none at all.
        """
        if entities is None:
            raise ValueError("this model reads entities; the window has none")
        if entities.embedding.shape[-1] != self.config.embed_dim:
            there, own = entities.embedding.shape[-1], self.config.embed_dim
            raise ValueError(f"this model reads entities of {own} numbers; the window's have {there}")
        fused, weight, kept = self.fusion(pooled, entities)
        return fused, weight, kept

    def judge(self, fused: Tensor, pooled: Tensor) -> Output:
        """The frames of a window together: what is said of each. fused: (B, T, dim); pooled: (B, T, D)."""
        scores = self.to_scores(self.dropout(self.gru(fused)[0])).float()
        if self.config.activation == SOFTMAX:
            scores = log_odds(scores)
        return Output(logits=scores[..., 1:], background=scores[..., 0], pooled=pooled)


def published_loss(model: PublishedUGLF, output: Output, targets: AnchorTargets) -> Tensor:
    """Focal loss per valid sample, the background one of its columns; of a softmax E2E-Spot's cross entropy."""
    config = model.config
    if config.activation == SOFTMAX:
        return cross_entropy(model, output, targets)
    assert output.background is not None
    background = 1 - targets.confidence.amax(-1, keepdim=True)
    loss = focal_loss(
        torch.cat([output.background.unsqueeze(-1), output.logits], -1),
        torch.cat([background, targets.confidence], -1),
        gamma=config.focal_gamma,
        positive_weight=config.focal_alpha / (1 - config.focal_alpha),
        valid=targets.valid,
    )
    return (1 - config.focal_alpha) * loss


register(
    System[Spot, PublishedUGLFConfig, PublishedUGLF, AnchorTargets](
        name="published-uglf",
        paper="Zhu et al., Unifying Global and Local Scene Entities Modelling for Precise Action Spotting, 2024, "
        "as published",
        config=PublishedUGLFConfig,
        build=PublishedUGLF,
        loss=published_loss,
        inputs=lambda config: Inputs(PictureSize(config.width, config.height), config.entities),
        plan=published_windows,
        has_environment=True,
    )
)
