"""E2E-Spot as its authors published it, so that their weights say here what they say there.

Paper: Hong et al., "Spotting Temporally Precise, Fine-Grained Events in Video" (E2E-Spot, ECCV 2022).
Original code: jhong93/spot.

``e2e-spot`` is our own variation of the paper; here nothing is varied: the time shift has the directions and the order
of channels of the published code (``gated_shift``), a GRU over the window, and a softmax over background and classes.
Windows of 100 samples half over each other begin five samples before the half; what lies outside is zero after the
pictures are normalised; scores of a sample are averaged, and a spot is what has nothing surer of its class within two
samples. Of pictures of other sports the middle square alone is looked at.

Weights were learned at 25/12 samples a second, every twelfth frame of 25 a second. The published code takes every
int(rate / 2)-th frame of any video; here a video of another frame rate is sampled as the weights learned it.

The softmax is told as the log odds of each class against all others, so that its sigmoid is the confidence: what
explains a score by its logit holds for it as for any other system.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Positive
from spotting_core.domain.classes import LOCAL
from spotting_core.domain.spots import Spot
from spotting_core.models.environment import ShiftedTrunk, check_backbone
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.models.registry import System, SystemConfig, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import EntitySet, Output, Window
from spotting_core.models.window_plan import BLANK, MEAN, WindowPlan

RATE = 25 / 12
"""Samples a second of SoccerNet's videos: every twelfth frame of 25."""
_LEAD = 5  # samples before the half at which the first window begins
_WIDEST = 768  # states of the GRU


def gru_states(dim: int) -> int:
    """States of the GRU, one direction, over features of ``dim`` numbers."""
    return min(dim, _WIDEST)


@dataclass(frozen=True)
class PublishedE2ESpotConfig(SystemConfig):
    """Shape of the network.

    Arguments:
        backbone: ``regnety_002`` or ``regnety_008``.
        width, height: of the pictures in pixels; crop: side of the square in their middle, or 0 for all of them.
        foreground: weight of the classes against the background in the loss.

    ``suppression`` reaches two samples to either side and half of one more: a frame may be a little off its sample.
    """

    rate: float = RATE
    suppression: float = 5 / RATE
    suppression_method: str = LOCAL
    confidence_radius: float = 0.25
    backbone: str = "regnety_002"
    width: Positive = 398
    height: Positive = 224
    crop: int = 0
    head_dropout: float = 0.5
    foreground: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_backbone(self.backbone)
        if self.crop > min(self.width, self.height):
            raise ValueError(f"crop must fit into {self.width}x{self.height}, not {self.crop}")


def published_windows(config: SystemConfig) -> WindowPlan:
    """Windows half over each other, from five samples before the half to beyond its end."""
    step = max(1, config.window // 2)
    return WindowPlan(config.window, step, 0, 0, MEAN, BLANK, lead=min(_LEAD, step - 1), beyond=True)


def log_odds(logits: Tensor) -> Tensor:
    """Of each of some exclusive classes against all others: (…, K) to (…, K); the sigmoid is the softmax."""
    count = logits.shape[-1]
    itself = torch.eye(count, dtype=torch.bool, device=logits.device)
    others = logits.unsqueeze(-2).expand(*logits.shape, count).masked_fill(itself, -torch.inf)
    return logits - others.logsumexp(-1)


class PublishedE2ESpot(EnvironmentNetwork):
    """The network. ``forward`` takes a ``Window`` with pictures, or what is known of them.

    Arguments:
        fused: numbers of a sample that the GRU reads, where they are not those of the environment.
    """

    def __init__(self, config: PublishedE2ESpotConfig, fused: int = 0) -> None:
        super().__init__()
        self.config = config
        self.environment = ShiftedTrunk(backbone=config.backbone, as_published=True, crop=config.crop)
        dim = fused or self.environment.dim
        states = gru_states(dim)
        self.gru = nn.GRU(dim, states, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(config.head_dropout)
        self.to_scores = nn.Linear(2 * states, 1 + len(config.classes))

    @property
    def reach(self) -> int:
        """Frames to either side that the time shift lets a frame's environment features see."""
        return self.environment.reach

    def forward(self, window: Window) -> Output:
        if window.features is not None:
            return self._judge_pooled(window.features, window.entities)
        maps = window.maps
        if maps is None:
            if window.pictures is None:
                raise ValueError("this model reads pictures; the window has none")
            maps = self.environment.feature_map(window.pictures)
        return replace(self._judge_pooled(maps.float().mean((3, 4)), window.entities), maps=maps)

    def _judge_pooled(self, pooled: Tensor, entities: EntitySet | None) -> Output:
        """The rest of the network on environment features (B, T, D)."""
        fused, weight, kept = self.fuse(pooled, entities)
        return replace(self.judge(fused, pooled), weight=weight, kept=kept)

    def fuse(self, pooled: Tensor, entities: EntitySet | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """There are no entities: what is seen, as it is."""
        return pooled, None, None

    def judge(self, fused: Tensor, pooled: Tensor) -> Output:
        """The frames of a window together: what is said of each. fused, pooled: (B, T, D)."""
        states = self.dropout(self.gru(fused)[0])
        odds = log_odds(self.to_scores(states).float())
        return Output(logits=odds[..., 1:], background=odds[..., 0], pooled=pooled)


def cross_entropy(model: PublishedE2ESpot, output: Output, targets: AnchorTargets) -> Tensor:
    """Cross entropy per valid sample, in which the classes weigh more than the background, as published."""
    return foreground_cross_entropy(output, targets, model.config.foreground)


def foreground_cross_entropy(output: Output, targets: AnchorTargets, foreground: float) -> Tensor:
    """Cross entropy of the log odds of exclusive classes per valid sample; foreground: weight of all but background."""
    assert output.background is not None
    actions = targets.confidence / targets.confidence.sum(-1, keepdim=True).clamp_min(1)
    background = 1 - actions.sum(-1)
    loss = -background * F.logsigmoid(output.background)
    loss = loss - foreground * (actions * F.logsigmoid(output.logits)).sum(-1)
    return (loss * targets.valid).sum() / targets.valid.sum().clamp_min(1)


register(
    System[Spot, PublishedE2ESpotConfig, PublishedE2ESpot, AnchorTargets](
        name="published-e2e-spot",
        paper="Hong et al., Spotting Temporally Precise, Fine-Grained Events in Video, ECCV 2022, as published",
        config=PublishedE2ESpotConfig,
        build=PublishedE2ESpot,
        loss=cross_entropy,
        inputs=lambda config: Inputs(pictures=PictureSize(config.width, config.height)),
        plan=published_windows,
        has_environment=True,
        paper_settings={"backbone": "regnety_008"},
    )
)
