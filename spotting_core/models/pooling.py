"""Temporal pooling of a clip: max, average, NetVLAD and NetRVLAD, each also before and after apart (``++``).

Papers: Giancola & Ghanem, "Temporally-Aware Feature Pooling for Action Spotting in Soccer Broadcasts" (NetVLAD++,
CVPRW 2021); Giancola et al., "SoccerNet: A Scalable Dataset for Action Spotting in Soccer Videos" (CVPRW 2018), the
poolings; Arandjelović et al., "NetVLAD: CNN Architecture for Weakly Supervised Place Recognition" (CVPR 2016); Miech
et al., "Learnable Pooling with Context Gating for Video Classification" (2017), NetRVLAD.

Original code: SoccerNet/sn-spotting, folders TemporallyAwarePooling and Pooling.

Differences:
* the public NetVLAD and NetVLAD++ keep their weights in two memory layouts that fit each other's shapes; here all
  poolings have that of NetVLAD++ (clusters D x K, flattened D before K), and ``checkpoints.sn_spotting`` permutes the
  others';
* sigmoids and the cross-entropy are computed together, from logits;
* the optimiser, its schedule and the moving average of the weights are those of every system here;
* a half's last frame counts, which the public code drops;
* suppression is that of every system here (``suppression``): a spot erases both ends of its window, of which
  the public code keeps the later one, and its time is the mean of the votes beside it.

A clip is judged as a whole: its scores are those of the sample in its middle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.domain.spots import Spot
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, Sliding, System, register
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window

POOLINGS = ("max", "average", "netvlad", "netrvlad")
ENCODED = 512  # numbers per sample that are pooled; features of another width are projected to it


@dataclass(frozen=True)
class PoolingConfig(FeatureConfig):
    """Shape of the model.

    Arguments:
        pooling: ``max``, ``average``, ``netvlad`` or ``netrvlad``.
        split: whether the two halves of the clip are pooled apart.
        vocabulary: clusters of NetVLAD, over both halves.
    """

    window: int = 40
    before: int = 20
    after: int = 19
    suppression: float = 20.0
    pooling: str = "netvlad"
    split: bool = False
    vocabulary: int = 64
    dropout: float = 0.4

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {', '.join(POOLINGS)}, not {self.pooling!r}")

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        clusters = self.split and self.pooling.startswith("net")
        return [("the two halves", 2, "vocabulary", self.vocabulary)] if clusters else ()

    @property
    def whole(self) -> bool:
        return True


@dataclass(frozen=True)
class ClipTargets(Targets):
    """What a clip holds.

    Arguments:
        label: float (…, 1 + C): background, then each class, 1 where it occurs.
    """

    label: Tensor


def clip_targets(
    spots: Iterable[Spot], times: np.ndarray, config: PoolingConfig, valid: np.ndarray | None = None
) -> ClipTargets:
    """Classes whose spots fall in a clip, by whole seconds as the labels' clock shows them; else background.

    Arguments:
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    inside = times if valid is None else times[valid]
    label = torch.zeros(1 + len(config.classes))
    column = {name: k for k, name in enumerate(config.classes, start=1)}
    step = 1e6 / config.rate
    for spot in spots:
        second = spot.time // 1_000_000 * 1_000_000
        if spot.label in column and len(inside) and inside[0] <= second < inside[-1] + step:
            label[column[spot.label]] = 1
    if not label.any():
        label[0] = 1
    return ClipTargets(label)


class NetVlad(nn.Module):
    """Residuals to learned cluster centres, summed by soft assignment: (B, T, D) to (B, D * K).

    Arguments:
        residual: False for NetRVLAD, which sums the samples themselves.
    """

    def __init__(self, *, dim: int, clusters: int, residual: bool) -> None:
        super().__init__()
        scale = 1 / dim**0.5
        self.clusters = nn.Parameter(scale * torch.randn(dim, clusters))
        self.clusters2 = nn.Parameter(scale * torch.randn(1, dim, clusters)) if residual else None

    def forward(self, x: Tensor) -> Tensor:
        x = F.normalize(x, dim=-1)
        assignment = (x @ self.clusters).softmax(-1)  # (B, T, K)
        vlad = x.transpose(1, 2) @ assignment  # (B, D, K)
        if self.clusters2 is not None:
            vlad = vlad - assignment.sum(1, keepdim=True) * self.clusters2
        return F.normalize(F.normalize(vlad, dim=1).flatten(1), dim=1)


class _Largest(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.amax(1)


class _Mean(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x.mean(1)


class Pooling(Network):
    """The model. ``forward`` takes a ``Window`` with features of exactly ``config.window`` samples."""

    def __init__(self, config: PoolingConfig) -> None:
        super().__init__()
        self.config = config
        self.encode = nn.Linear(config.dim, ENCODED) if config.dim != ENCODED else nn.Identity()
        parts = 2 if config.split else 1
        self.pools = nn.ModuleList(_pool(config, parts) for _ in range(parts))
        widths = {"max": ENCODED, "average": ENCODED}
        width = parts * widths.get(config.pooling, ENCODED * (config.vocabulary // parts))
        self.dropout = nn.Dropout(config.dropout)
        self.fc = nn.Linear(width, 1 + len(config.classes))

    def forward(self, window: Window) -> Output:
        return self.from_encoded(self.encode(self.config.features_of(window)))

    def encoded(self, features: Tensor) -> Tensor:
        """Samples by themselves: (T, D) to (T, 512)."""
        out: Tensor = self.encode(features)
        return out

    def from_encoded(self, encoded: Tensor) -> Output:
        """The rest of the model on samples that are encoded already. encoded: (B, window, 512)."""
        middle = encoded.shape[1] // 2
        halves = (encoded[:, :middle], encoded[:, middle:]) if self.config.split else (encoded,)
        pooled = torch.cat([pool(part) for pool, part in zip(self.pools, halves, strict=True)], dim=1)
        logits = self.fc(self.dropout(pooled)).unsqueeze(1)  # (B, 1, 1 + C)
        return Output(logits=logits[..., 1:], background=logits[..., 0])


def _pool(config: PoolingConfig, parts: int) -> nn.Module:
    if config.pooling == "max":
        return _Largest()
    if config.pooling == "average":
        return _Mean()
    return NetVlad(dim=ENCODED, clusters=config.vocabulary // parts, residual=config.pooling == "netvlad")


def clip_loss(_model: Pooling, output: Output, targets: ClipTargets) -> Tensor:
    """Mean binary cross-entropy over background and classes."""
    assert output.background is not None
    logits = torch.cat([output.background.unsqueeze(-1), output.logits], dim=-1).squeeze(1)
    return F.binary_cross_entropy_with_logits(logits, targets.label)


_SOCCERNET = "Giancola et al., SoccerNet: A Scalable Dataset for Action Spotting in Soccer Videos, CVPRW 2018"
_PLUS = "Giancola & Ghanem, Temporally-Aware Feature Pooling for Action Spotting in Soccer Broadcasts, CVPRW 2021"
_PLUS_CLIP = {"window": 30, "before": 15, "after": 14, "suppression": 30.0}

for _pooling in POOLINGS:
    for _split in (False, True):
        register(
            System(
                name=_pooling + ("++" if _split else ""),
                paper=_PLUS if _split else _SOCCERNET,
                config=PoolingConfig,
                build=Pooling,
                loss=clip_loss,
                targets=clip_targets,
                sliding=Sliding(Pooling.encoded, Pooling.from_encoded),
                defaults={"pooling": _pooling, "split": _split, **(_PLUS_CLIP if _split else {})},
                paper_settings={"dim": 2048} if _split else {},
            )
        )
