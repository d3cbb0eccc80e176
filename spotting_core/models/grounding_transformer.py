"""A transformer over the time before a replay and the replay itself: which of the actions there it shows.

After Baidu's (Zhou et al., "Feature Combination Meets Attention: Baidu Soccer Embeddings and Transformer based Temporal
Detection", 2021), of whose replay grounding only this is public: a transformer encoder of 3 layers, 64 wide, with 4
heads, over features of both. Ours are:

* tokens: of every sample of the stretch which actions were spotted there, how many were spotted between it and the
  replay, how long before the replay it lies, and its picture's features; of the replay its pictures' features;
* the answer: a softmax over the samples of the stretch and "none of them";
* likeness: how alike the pictures of a sample and of the replay are, by an embedding of both. With ``contrast`` it is
  taught by contrasting the replays and actions of a batch: two cameras that film one action are one event.

The first feature set has to be the confidence of each class at its spots (``layer-spots``).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import NotNegativeNumber, Positive, Share
from spotting_core.models.grounding import (
    NEVER,
    GroundingConfig,
    GroundingTargets,
    grounding_targets,
    one_stretch,
    reads_pairs,
)
from spotting_core.models.network import Network
from spotting_core.models.registry import System, register
from spotting_core.models.window import Output, Window

_RANKS = 10  # of spots before the replay that are told apart
_SPOTTED = 0.3  # confidence from which a spot counts in the ranks
_TEMPERATURE = 0.1


@dataclass(frozen=True)
class GroundingTransformerConfig(GroundingConfig):
    """Shape and loss of the model.

    Arguments:
        sets: widths of the feature sets; the first is as wide as there are classes.
        width, heads, layers, feed_forward: of the encoder; dropout: in it and of the pictures' features.
        embedding: numbers by which a sample and a replay are compared.
        contrast: weight of the contrast between replays and actions; 0 for none.
    """

    replay: Positive = 40
    ends_with_replay: bool = True
    repeated: bool = False
    sets: tuple[int, ...] = ()
    width: Positive = 64
    heads: Positive = 4
    layers: Positive = 3
    feed_forward: Positive = 128
    dropout: Share = 0.2
    embedding: Positive = 32
    contrast: NotNegativeNumber = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sets and self.sets[0] != len(self.classes):
            raise ValueError(
                f"the first feature set must be the spots of the {len(self.classes)} classes, "
                f"it has {self.sets[0]} numbers a sample"
            )

    @property
    def content(self) -> int:
        """Numbers of a sample that are of its picture."""
        return self.dim - len(self.classes)


class GroundingTransformer(Network):
    """The model. ``forward`` takes a ``Window`` with the stretch's features, and the replay's in ``second``."""

    def __init__(self, config: GroundingTransformerConfig) -> None:
        super().__init__()
        self.config = config
        width = config.width
        self.spots = nn.Linear(len(config.classes), width)
        self.rank = nn.Embedding(_RANKS, width)
        self.place = nn.Embedding(config.window + config.replay + 1, width)
        self.of_replay = nn.Parameter(torch.zeros(width))
        self.none = nn.Parameter(torch.zeros(1, 1, width))
        if config.content:
            self.norm = nn.LayerNorm(config.content)
            self.picture = nn.Linear(config.content, width)
            self.compared = nn.Linear(config.content, config.embedding)
            self.likeness = nn.Parameter(torch.zeros(1))
        layer = nn.TransformerEncoderLayer(
            width, config.heads, config.feed_forward, config.dropout, F.gelu, batch_first=True, norm_first=True
        )
        self.encoder = nn.TransformerEncoder(layer, config.layers, enable_nested_tensor=False)
        self.dropout = nn.Dropout(config.dropout)
        self.leave = nn.LayerNorm(width)
        self.to_logit = nn.Linear(width, 1)

    def forward(self, window: Window) -> Output:
        config = self.config
        stretch, replay = config.features_of(window), config.replay_of(window)
        tokens, alike = self._tokens(stretch, replay, config.before_replay(window))
        hidden = self.leave(self.encoder(tokens))
        logits = self.to_logit(hidden).squeeze(-1)  # (B, 1 + T + R), none first
        samples = logits[:, 1 : 1 + config.window] + (alike * self.likeness if config.content else 0.0)
        every = torch.cat([logits[:, :1], samples], dim=1)
        shares = every.float().softmax(-1)[:, 1:].clamp(NEVER, 1 - NEVER)
        compared = (self._compared(stretch), self._of_replay(replay)) if config.content and config.contrast else None
        return Output(logits=shares.logit().unsqueeze(-1), frame_logits=every.unsqueeze(-1), compared=compared)

    def _tokens(self, stretch: Tensor, replay: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (B, 1 + T + R, width), and how alike each sample's picture is to the replay (B, T)."""
        config = self.config
        spots = stretch[..., : len(config.classes)]
        x = self.spots(spots) + self.rank(_ranks(spots, before)) + self.place(self._places(before))
        y = self.of_replay.expand(len(replay), config.replay, config.width)
        alike = torch.zeros_like(spots[..., 0])
        if config.content:
            pictures, shown = (self.norm(v[..., len(config.classes) :]) for v in (stretch, replay))
            x, y = x + self.picture(self.dropout(pictures)), y + self.picture(self.dropout(shown))
            alike = (self._compared(stretch) @ self._of_replay(replay).unsqueeze(-1)).squeeze(-1)
        return torch.cat([self.none.expand(len(x), 1, -1), x, y], dim=1), alike

    def _places(self, before: Tensor) -> Tensor:
        """How many samples before the replay each sample lies, from 0 for the last of the replay on: int64 (B, T)."""
        at = torch.arange(before.shape[1], device=before.device)
        places: Tensor = (before.sum(1, keepdim=True) - at[None, :] + self.config.replay).clamp_min(0)
        return places

    def _compared(self, features: Tensor) -> Tensor:
        """Embeddings of unit length: (B, T, embedding)."""
        return F.normalize(self.compared(self.norm(features[..., len(self.config.classes) :])), dim=-1)

    def _of_replay(self, replay: Tensor) -> Tensor:
        """The embedding of a replay: (B, embedding)."""
        shown = (replay.abs().amax(-1, keepdim=True) > 0).to(replay.dtype)
        return F.normalize((self._compared(replay) * shown).sum(1), dim=-1)


def _ranks(spots: Tensor, before: Tensor) -> Tensor:
    """How many samples with spots lie between each sample and the replay: int64 (B, T)."""
    there = ((spots.amax(-1) >= _SPOTTED) & before).long()
    return (there.flip(1).cumsum(1).flip(1) - there).clamp_max(_RANKS - 1)


def grounding_transformer_loss(model: GroundingTransformer, output: Output, targets: GroundingTargets) -> Tensor:
    """Cross entropy over the samples and "none", samples beside the action's sharing it; and the contrast."""
    assert output.frame_logits is not None
    near = F.avg_pool1d(targets.at.unsqueeze(1), 3, stride=1, padding=1).squeeze(1)
    near = near / near.sum(1, keepdim=True).clamp_min(1e-6)
    wanted = torch.cat([1 - near.sum(1, keepdim=True), near], dim=1)
    loss = F.cross_entropy(output.frame_logits.squeeze(-1).float(), wanted)
    if output.compared is not None:
        loss = loss + model.config.contrast * _contrast(*output.compared, targets)
    return loss


def _contrast(samples: Tensor, replays: Tensor, targets: GroundingTargets) -> Tensor:
    """Each replay of a batch is more like its own action than like the others'."""
    there = targets.at.sum(1) > 0
    if int(there.sum()) < 2:
        return samples.new_zeros(())
    actions = (samples * targets.at.unsqueeze(-1)).sum(1)[there]  # (n, embedding)
    alike = replays[there] @ actions.T / _TEMPERATURE
    return F.cross_entropy(alike, torch.arange(len(alike), device=alike.device))


register(
    System(
        name="grounding-transformer",
        paper="after Zhou et al., Baidu Soccer Embeddings and Transformer based Temporal Detection, 2021",
        config=GroundingTransformerConfig,
        build=GroundingTransformer,
        loss=grounding_transformer_loss,
        inputs=reads_pairs,
        plan=one_stretch,
        targets=grounding_targets,
        task="replays",
    )
)
