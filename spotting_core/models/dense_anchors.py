"""Dense detection anchors: at every sample a confidence near an action, and how far away it is.

Paper: Soares et al., "Temporally Precise Action Spotting in Soccer Videos Using Dense Detection Anchors" (ICIP
2022), and Soares & Shah, "Action Spotting using Dense Detection Anchors Revisited" (2022).
Original code: yahoo/spivak.

The confidence of a class is positive within 3 s of an action, its displacement is learned within 6 s. The two are
learned by networks of their own (``apart``, as in the second paper) or by two heads of one trunk (as in the first).
Mixup of the features teaches the confidence alone; sharpness-aware minimisation is a setting of the run.

Differences:
* the class-balanced weights are formed in each batch: of a class's loss its positive anchors have ``positive_share``
  and the others the rest, however many there are;
* networks that are apart are trained in one run, on the same clips; nothing of one reaches the other;
* a spot's confidence is not moved to a whole sample: votes are moved by their displacement in seconds and suppressed
  in time (``suppression``), as for every system here;
* minimisation of sharpness acts on both networks, where the second paper tunes it for each; of the batches a share is
  mixed (``mixup_share``), and what is mixed teaches the displacement nothing;
* the optimiser is AdamW with a cosine schedule and a moving average of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Positive, Share
from spotting_core.models.losses import displacement_loss
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.trunks import Encoder, Narrowing, UNet
from spotting_core.models.window import Output, Window

UNET, TRANSFORMER = "u-net", "transformer"


@dataclass(frozen=True)
class DenseConfig(FeatureConfig):
    """Shape and loss of the model.

    Arguments:
        trunk: ``u-net`` or ``transformer``; width: of what it reads and gives.
        levels: of the u-net; layers, heads, feed_forward: of the transformer.
        displacement: whether there is a displacement; apart: whether by a network of its own.
        positive_share: of a class's loss, that of its positive anchors.
    """

    window: int = 224
    before: int = 100
    after: int = 100
    confidence_radius: float = 3.0
    displacement_radius: float = 6.0
    suppression: float = 3.0
    trunk: str = UNET
    width: Positive = 64
    levels: Positive = 6
    layers: Positive = 3
    heads: Positive = 4
    feed_forward: int = 256
    dropout: Share = 0.0
    displacement: bool = True
    apart: bool = True
    positive_share: Share = 0.03

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trunk not in (UNET, TRANSFORMER):
            raise ValueError(f"trunk must be {UNET} or {TRANSFORMER}, not {self.trunk!r}")

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return [("heads", self.heads, "width", self.width)] if self.trunk == TRANSFORMER else ()


class DenseAnchors(Network):
    """The model. ``forward`` takes a ``Window`` with features of at most ``config.window`` samples."""

    def __init__(self, config: DenseConfig) -> None:
        super().__init__()
        self.config = config
        classes = len(config.classes)
        self.confidence = build_trunk(config)
        self.to_confidence = nn.Conv1d(config.width, classes, 3, padding=1)
        nn.init.constant_(self.to_confidence.bias, -3.0)  # type: ignore[arg-type]
        self.displacement = build_trunk(config) if config.displacement and config.apart else None
        self.to_displacement = nn.Conv1d(config.width, classes, 3, padding=1) if config.displacement else None

    def forward(self, window: Window) -> Output:
        features = self.config.features_of(window)
        states = self.confidence(features).transpose(1, 2)  # (B, width, T)
        logits = self.to_confidence(states).transpose(1, 2)
        if self.to_displacement is None:
            return Output(logits=logits)
        if self.displacement is not None:
            states = self.displacement(features).transpose(1, 2)
        moved = torch.tanh(self.to_displacement(states)).transpose(1, 2)
        return Output(logits=logits, displacement=moved * self.config.displacement_radius)


def build_trunk(config: DenseConfig) -> nn.Module:
    """Features (B, T, D) to states (B, T, width)."""
    if config.trunk == UNET:
        over_time: nn.Module = UNet(width=config.width, levels=config.levels)
    else:
        over_time = Encoder(
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            length=config.window,
            dropout=config.dropout,
        )
    return nn.Sequential(Narrowing(config.dim, config.width), over_time)


def balanced_loss(logits: Tensor, targets: AnchorTargets, positive_share: float) -> Tensor:
    """Binary cross-entropy in which each class's positive anchors weigh ``positive_share``, the others the rest.

    Summed over classes. Soft targets count as positive by their share.

    Arguments:
        logits: (B, T, C).
    """
    valid = targets.valid.unsqueeze(-1)
    positive, negative = targets.confidence * valid, (1 - targets.confidence) * valid
    over = (0, 1)
    hit = (-F.logsigmoid(logits) * positive).sum(over) / positive.sum(over).clamp_min(1e-6)
    miss = (-F.logsigmoid(-logits) * negative).sum(over) / negative.sum(over).clamp_min(1e-6)
    return (positive_share * hit + (1 - positive_share) * miss).sum()


def dense_loss(model: DenseAnchors, output: Output, targets: AnchorTargets) -> Tensor:
    """Balanced loss of the confidence and Huber loss of the displacement, the latter in shares of its radius."""
    loss = balanced_loss(output.logits, targets, model.config.positive_share)
    if output.displacement is None:
        return loss
    radius = model.config.displacement_radius
    shares = replace(targets, displacement=targets.displacement / radius)
    return loss + displacement_loss(output.displacement / radius, shares)


_PAPER = "Soares et al., Temporally Precise Action Spotting in Soccer Videos Using Dense Detection Anchors, ICIP 2022"

for _name, _trunk in (("dense-unet", UNET), ("dense-transformer", TRANSFORMER)):
    register(
        System(
            name=_name,
            paper=_PAPER,
            config=DenseConfig,
            build=DenseAnchors,
            loss=dense_loss,
            defaults={"trunk": _trunk},
            paper_settings={"dim": 2048},
        )
    )
