"""Entity attention: global environment, local entities, adaptive attention, time.

Paper: Zhu et al., "Unifying Global and Local Scene Entities Modelling for Precise Action Spotting" (UGLF,
2024), with the displacement head of Soares et al., "Temporally Precise Action Spotting in Soccer Videos
Using Dense Detection Anchors" (ICIP 2022).

Differences from UGLF:
* entities come from the bundled (or any other) open_clip model instead of GLIP;
* the selection receives gradient and its weights multiply the tokens (``adaptive_attention``);
* beside the confidence there is a displacement per class, in seconds;
* what each frame alone says of a class is read from the environment's last feature map by a linear layer
  and added to the temporal logit; the map of that sum over places is the class map;
* mixup works with entities (``training.mixup``).

``e2e-spot`` is the same model without entities: Hong et al., "Spotting Temporally Precise, Fine-Grained
Events in Video" (E2E-Spot, ECCV 2022).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from spotting_core.base.validation import Positive
from spotting_core.domain.spots import Spot
from spotting_core.models.adaptive_attention import AdaptiveAttention
from spotting_core.models.environment import Environment, check_backbone
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.losses import displacement_loss, focal_loss
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.models.registry import System, SystemConfig, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import EntitySet, Output, Window
from spotting_core.models.window_plan import MEAN, WindowPlan

TEMPORAL = ("gru", "transformer")
"""What may connect the samples of a window."""


@dataclass(frozen=True)
class EntityAttentionConfig(SystemConfig):
    """Shape and loss of the model.

    Arguments:
        backbone: of the environment, ``regnety_002`` or ``regnety_008``.
        width, height: of the environment's frames in pixels.
        entities: how many entities per frame are read; 0 for none (``e2e-spot``).
        names, embed_dim: of the entity model.
        dim, heads, feed_forward: of the attention layers.
        temporal: ``gru`` or ``transformer``; hidden and layers are its size.
        frame_loss: share of the loss on what each frame alone says.
    """

    backbone: str = "regnety_002"
    width: Positive = 224
    height: Positive = 126
    entities: int = 24
    names: int = 10
    embed_dim: int = 64
    dim: int = 192
    heads: int = 4
    feed_forward: int = 384
    temporal: str = "gru"
    hidden: int = 192
    layers: int = 1
    dropout: float = 0.1
    head_dropout: float = 0.3
    focal_gamma: float = 2.0
    positive_weight: float = 4.0
    frame_loss: float = 0.3
    displacement_loss: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_backbone(self.backbone)
        if self.temporal not in TEMPORAL:
            raise ValueError(f"temporal must be {' or '.join(TEMPORAL)}, not {self.temporal[:40]!r}")

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        divisions = [("heads", self.heads, "dim", self.dim)] if self.entities else []
        if self.temporal == "transformer":
            divisions.append(("heads", self.heads, "twice hidden", 2 * self.hidden))
        return divisions


def read_by(config: EntityAttentionConfig) -> Inputs:
    """Pictures, and entities unless without."""
    return Inputs(pictures=PictureSize(config.width, config.height), entities=config.entities)


def overlapping_halves(config: EntityAttentionConfig) -> WindowPlan:
    """Windows half a window apart, so that no sample is judged only from the edge of one."""
    step = max(1, config.window // 2)
    return WindowPlan(config.window, step, config.before, config.after, MEAN, shortened=True)


class EntityAttention(EnvironmentNetwork):
    """The model. ``forward`` takes a ``Window`` with frames, or what is known of them, and entities unless without."""

    environment: Environment

    def __init__(self, config: EntityAttentionConfig) -> None:
        super().__init__()
        self.config = config
        classes = len(config.classes)
        self.environment = Environment(backbone=config.backbone, classes=classes)
        if config.entities:
            self.attention: AdaptiveAttention | None = AdaptiveAttention(
                names=config.names,
                embed_dim=config.embed_dim,
                environment_dim=self.environment.dim,
                dim=config.dim,
                heads=config.heads,
                feed_forward=config.feed_forward,
                dropout=config.dropout,
            )
            self.reduce: nn.Module = nn.Identity()
        else:
            self.attention = None
            self.reduce = nn.Sequential(nn.LayerNorm(self.environment.dim), nn.Linear(self.environment.dim, config.dim))
        self.temporal = build_temporal(config)
        self.dropout = nn.Dropout(config.head_dropout)
        self.to_logits = nn.Linear(2 * config.hidden, classes)
        self.to_displacement = nn.Linear(2 * config.hidden, classes)
        nn.init.constant_(self.to_logits.bias, -3.0)

    @property
    def reach(self) -> int:
        """Frames to either side that the time shift lets a frame's environment features see."""
        return self.environment.reach

    @property
    def among_entities(self) -> nn.MultiheadAttention | None:
        return self.attention.among.self_attn if self.attention is not None else None

    def forward(self, window: Window) -> Output:
        if window.features is not None:
            return self._from_pooled(window.features, window.entities)
        maps = window.maps if window.maps is not None else self._maps(window)
        pooled = maps.float().mean((3, 4))
        class_map = None if self.training else self.environment.class_map(maps)
        return replace(self._from_pooled(pooled, window.entities), maps=maps, class_map=class_map)

    def _from_pooled(self, pooled: Tensor, entities: EntitySet | None) -> Output:
        """The rest of the model on environment features. pooled: (B, T, D)."""
        fused, weight, kept = self.fuse(pooled, entities)
        return replace(self.judge(fused, pooled), weight=weight, kept=kept)

    def fuse(self, pooled: Tensor, entities: EntitySet | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """Environment and entities of each frame by itself: fused (B, T, d), and the weights and selection."""
        if self.attention is None:
            return self.reduce(pooled), None, None
        if entities is None:
            raise ValueError("this model reads entities; the window has none")
        fused, weight, kept = self.attention(pooled, entities)
        return fused, weight, kept

    def judge(self, fused: Tensor, pooled: Tensor) -> Output:
        """The frames of a window together: what is said of each. fused: (B, T, d); pooled: (B, T, D)."""
        states = self.dropout(self.temporal(fused))  # (B, T, 2 * hidden)
        frame_logits = self.environment.class_logits(pooled)
        return Output(
            logits=self.to_logits(states).float() + frame_logits.float(),
            displacement=torch.tanh(self.to_displacement(states).float()) * self.config.displacement_radius,
            frame_logits=frame_logits.float(),
            pooled=pooled,
        )

    def _maps(self, window: Window) -> Tensor:
        if window.pictures is None:
            raise ValueError("this model reads pictures; the window has none")
        return self.environment.feature_map(window.pictures)


class _Gru(nn.Module):
    def __init__(self, dim: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.gru = nn.GRU(dim, hidden, layers, batch_first=True, bidirectional=True)

    def forward(self, x: Tensor) -> Tensor:
        states: Tensor = self.gru(x)[0]
        return states


class _Transformer(nn.Module):
    """Encoder with sinusoidal positions, so that windows of any length fit."""

    def __init__(self, dim: int, hidden: int, layers: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Linear(dim, 2 * hidden)
        layer = nn.TransformerEncoderLayer(2 * hidden, heads, 4 * hidden, dropout, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.project(x)
        states: Tensor = self.encoder(x + _positions(x.shape[1], x.shape[2], x.device))
        return states


def _positions(length: int, dim: int, device: torch.device) -> Tensor:
    at = torch.arange(length, device=device).unsqueeze(1)
    step = torch.exp(torch.arange(0, dim, 2, device=device) * (-9.2 / dim))
    return torch.stack([torch.sin(at * step), torch.cos(at * step)], dim=2).flatten(1)


def build_temporal(config: EntityAttentionConfig) -> nn.Module:
    """The temporal part: (B, T, dim) to (B, T, 2 * hidden)."""
    if config.temporal == "gru":
        return _Gru(config.dim, config.hidden, config.layers)
    if config.temporal == "transformer":
        return _Transformer(config.dim, config.hidden, config.layers, config.heads, config.dropout)
    raise ValueError(f"temporal must be gru or transformer, not {config.temporal!r}")


def spotting_loss(model: EntityAttention, output: Output, targets: AnchorTargets) -> Tensor:
    """Focal loss on the confidence, on what each frame alone says, and Huber loss on the displacement."""
    config = model.config
    options: dict[str, Any] = {
        "gamma": config.focal_gamma,
        "positive_weight": config.positive_weight,
        "valid": targets.valid,
    }
    loss = focal_loss(output.logits, targets.confidence, **options)
    if output.frame_logits is not None and config.frame_loss:
        loss = loss + config.frame_loss * focal_loss(output.frame_logits, targets.confidence, **options)
    if output.displacement is not None and config.displacement_loss:
        loss = loss + config.displacement_loss * displacement_loss(output.displacement, targets)
    return loss


_PAPER_SIZES = {
    "backbone": "regnety_008",
    "width": 398,
    "height": 224,
    "dim": 768,
    "hidden": 768,
    "heads": 8,
    "feed_forward": 2048,
}

_system = partial(
    System[Spot, EntityAttentionConfig, EntityAttention, AnchorTargets],
    config=EntityAttentionConfig,
    build=EntityAttention,
    loss=spotting_loss,
    inputs=read_by,
    plan=overlapping_halves,
    has_environment=True,
    bfloat16=True,
)

register(
    _system(
        name="entity-attention",
        paper="Zhu et al., Unifying Global and Local Scene Entities Modelling for Precise Action Spotting, 2024",
        paper_settings={**_PAPER_SIZES, "entities": 50, "embed_dim": 256},
    )
)
register(
    _system(
        name="e2e-spot",
        paper="Hong et al., Spotting Temporally Precise, Fine-Grained Events in Video, ECCV 2022",
        defaults={"entities": 0},
        paper_settings=_PAPER_SIZES,
    )
)
