"""T-DEED as it is published, so far as its description goes: gated shift and fusion, an encoder and decoder over time.

Papers: Xarles et al., "T-DEED: Temporal-Discriminability Enhancer Encoder-Decoder for Precise Event Spotting in
Sports Videos" (CVPRW 2024); Shi et al., "TriDet: Temporal Action Detection with Relative Boundary Modeling" (CVPR
2023) for its layers (SGP).

A learned code of its place is added to each sample's environment. Encoder layers halve the length after each, a layer
lies at the bottom, and in the decoder each length is mixed with the one below it before a layer of its own. A linear
layer says a softmax over background and classes, in the order of the class table; another how far after its action a
sample lies: every score goes to the sample that this names, of several that arrive the greatest stays, and a spot
fades what lies within six samples. Pictures are normalised in the network, so beyond a half they are black.

From the description of the files: the names of the parts, the length of clips, the code of places, the number of
layers, the stages that shift, both heads, the order of classes, rate, pictures and decoding. From the papers: what a
layer computes. Not known, and chosen here: that what lies inside the layers is named as in TriDet; that a length is
halved by the maximum of neighbours, rounded up, and doubled by repetition; that the parts of a mixture are, in order,
both windows and both instant parts, and then what it mixed; that clips lie half over each other, with scores and
displacements averaged before they move; that the fading is a linear ramp; the order in which the fusion of the time
shift reads its two parts. No published file has been compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Positive
from spotting_core.domain.classes import SOFT
from spotting_core.domain.spots import Spot
from spotting_core.models.decoding import MOVED, Decoding
from spotting_core.models.environment import ShiftedTrunk, check_backbone
from spotting_core.models.gated_shift import FUSED_STAGES
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.losses import displacement_loss
from spotting_core.models.network import EnvironmentNetwork
from spotting_core.models.published_e2e_spot import RATE, foreground_cross_entropy, log_odds
from spotting_core.models.registry import System, SystemConfig, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import EntitySet, Output, Window
from spotting_core.models.window_plan import MEAN, ZEROS, WindowPlan

SUPPRESSED = 6  # samples to either side of a spot within which others fade
_GROUPS = 16  # of the normalisation before a feed-forward network


@dataclass(frozen=True)
class PublishedTDeedConfig(SystemConfig):
    """Shape of the network.

    Arguments:
        backbone: ``regnety_002`` or ``regnety_008``; width, height: of the pictures in pixels.
        layers: of the encoder, and of the decoder.
        kernel, wide_kernel: samples that the two windows of a layer see; feed_forward: numbers inside one.
        mixed: parts that a mixture joins: 4, or 6 with what it mixed.
        foreground: weight of the classes against the background in the loss.
    """

    rate: float = RATE
    suppression: float = SUPPRESSED / RATE
    suppression_method: str = SOFT
    confidence_radius: float = 0.25
    displacement_radius: float = 3 / RATE
    backbone: str = "regnety_002"
    width: Positive = 398
    height: Positive = 224
    layers: Positive = 3
    kernel: Positive = 9
    wide_kernel: Positive = 41
    feed_forward: Positive = 1472
    mixed: Positive = 6
    head_dropout: float = 0.5
    foreground: float = 5.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_backbone(self.backbone)
        if self.kernel % 2 == 0 or self.wide_kernel % 2 == 0:
            raise ValueError(f"kernel and wide_kernel must be odd, not {self.kernel} and {self.wide_kernel}")
        if self.mixed not in (4, 6):
            raise ValueError(f"mixed must be 4 or 6, not {self.mixed}")


class _Views(nn.Module):
    """What a layer sees of a sequence: a window and a wide window around each sample, and each sample by itself."""

    def __init__(self, dim: int, config: PublishedTDeedConfig) -> None:
        super().__init__()

        def along(kernel: int) -> nn.Conv1d:
            return nn.Conv1d(dim, dim, kernel, padding=kernel // 2, groups=dim)

        self.norm = nn.LayerNorm(dim)
        self.gate, self.near, self.wide = along(config.kernel), along(config.kernel), along(config.wide_kernel)
        self.instant, self.whole = along(1), along(1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x: (B, D, T). Returns it normalised, its windows as gated, and its samples as all of them weigh them."""
        normal = self.norm(x.transpose(1, 2)).transpose(1, 2)
        windows = (self.near(normal) + self.wide(normal)) * self.gate(normal)
        instant = self.instant(normal) * torch.relu(self.whole(normal.mean(-1, keepdim=True)))
        return normal, windows, instant


class _FeedForward(nn.Module):
    def __init__(self, dim: int, inner: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(_GROUPS, dim)
        self.first, self.second = nn.Conv1d(dim, inner, 1), nn.Conv1d(inner, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.second(F.gelu(self.first(self.norm(x))))
        return x + added


class DiscriminabilityLayer(nn.Module):
    """One layer (SGP): (B, D, T) to the same."""

    def __init__(self, dim: int, config: PublishedTDeedConfig) -> None:
        super().__init__()
        self.views, self.feed = _Views(dim, config), _FeedForward(dim, config.feed_forward)

    def forward(self, x: Tensor) -> Tensor:
        normal, windows, instant = self.views(x)
        out: Tensor = self.feed(x + normal + windows + instant)
        return out


class Mixture(nn.Module):
    """A sequence of the encoder with the one of half its length that the decoder has so far."""

    def __init__(self, dim: int, config: PublishedTDeedConfig) -> None:
        super().__init__()
        self.skipped, self.risen = _Views(dim, config), _Views(dim, config)
        self.join = nn.Conv1d(config.mixed * dim, dim, 1)
        self.feed = _FeedForward(dim, config.feed_forward)
        self.mixed = config.mixed

    def forward(self, skipped: Tensor, below: Tensor) -> Tensor:
        """skipped: (B, D, T); below: (B, D, ceil(T / 2))."""
        risen = below.repeat_interleave(2, dim=2)[..., : skipped.shape[2]]
        (_, near_1, instant_1), (_, near_2, instant_2) = self.skipped(skipped), self.risen(risen)
        parts = [near_1, near_2, instant_1, instant_2, risen, skipped][: self.mixed]
        out: Tensor = self.feed(self.join(torch.cat(parts, 1)))
        return out


class EncoderDecoder(nn.Module):
    """Over time: (B, T, D) to the same."""

    def __init__(self, dim: int, config: PublishedTDeedConfig) -> None:
        super().__init__()
        self.layers = nn.ModuleList(DiscriminabilityLayer(dim, config) for _ in range(2 * config.layers + 1))
        self.mixtures = nn.ModuleList(Mixture(dim, config) for _ in range(config.layers))

    def forward(self, x: Tensor) -> Tensor:
        x, depth = x.transpose(1, 2), len(self.mixtures)
        skipped = []
        for layer in self.layers[:depth]:
            x = layer(x)
            skipped.append(x)
            x = F.max_pool1d(x, 2, ceil_mode=True)
        x = self.layers[depth](x)
        for mixture, layer in zip(self.mixtures, self.layers[depth + 1 :], strict=True):
            x = layer(mixture(skipped.pop(), x))
        return x.transpose(1, 2)


class PublishedTDeed(EnvironmentNetwork):
    """The network. ``forward`` takes a ``Window`` of at most ``config.window`` samples with pictures, or what is known
    of them."""

    def __init__(self, config: PublishedTDeedConfig) -> None:
        super().__init__()
        self.config = config
        self.environment = ShiftedTrunk(backbone=config.backbone, as_published=True, fused_stages=FUSED_STAGES)
        dim = self.environment.dim
        self.place = nn.Parameter(torch.zeros(config.window, dim))
        self.temporal = EncoderDecoder(dim, config)
        self.dropout = nn.Dropout(config.head_dropout)
        self.to_scores, self.to_displacement = nn.Linear(dim, 1 + len(config.classes)), nn.Linear(dim, 1)

    @property
    def reach(self) -> int:
        """Frames to either side that the time shift lets a frame's environment features see."""
        return self.environment.reach

    def forward(self, window: Window) -> Output:
        if window.features is not None:
            return self.judge(window.features, window.features)
        maps = window.maps
        if maps is None:
            if window.pictures is None:
                raise ValueError("this model reads pictures; the window has none")
            maps = self.environment.feature_map(window.pictures)
        pooled = maps.float().mean((3, 4))
        return replace(self.judge(pooled, pooled), maps=maps)

    def fuse(self, pooled: Tensor, entities: EntitySet | None) -> tuple[Tensor, Tensor | None, Tensor | None]:
        """There are no entities: what is seen, as it is."""
        return pooled, None, None

    def judge(self, fused: Tensor, pooled: Tensor) -> Output:
        """The frames of a window together: what is said of each. fused, pooled: (B, T, D).

        Errors:
            ValueError: the window is longer than there are codes of places.
        """
        samples = fused.shape[1]
        if samples > len(self.place):
            raise ValueError(f"this model reads windows of at most {len(self.place)} samples; the window has {samples}")
        states = self.dropout(self.temporal(fused + self.place[:samples]))
        odds = log_odds(self.to_scores(states).float())
        late = self.to_displacement(states).float()  # samples since the action, one for all classes
        displacement = (-late / self.config.rate).expand(*odds.shape[:2], len(self.config.classes))
        return Output(logits=odds[..., 1:], displacement=displacement, background=odds[..., 0], pooled=pooled)


def clips_half_over_each_other(config: SystemConfig) -> WindowPlan:
    """Windows half over each other, black beyond the half."""
    return WindowPlan(config.window, max(1, config.window // 2), 0, 0, MEAN, ZEROS, beyond=True)


def published_loss(model: PublishedTDeed, output: Output, targets: AnchorTargets) -> Tensor:
    """Cross entropy in which classes weigh more than the background, and the error of displacements near an action."""
    assert output.displacement is not None
    loss = foreground_cross_entropy(output, targets, model.config.foreground)
    return loss + displacement_loss(output.displacement, targets)


register(
    System[Spot, PublishedTDeedConfig, PublishedTDeed, AnchorTargets](
        name="published-t-deed",
        paper="Xarles et al., T-DEED: Temporal-Discriminability Enhancer Encoder-Decoder for Precise Event Spotting in "
        "Sports Videos, CVPRW 2024, as described",
        config=PublishedTDeedConfig,
        build=PublishedTDeed,
        loss=published_loss,
        inputs=lambda config: Inputs(pictures=PictureSize(config.width, config.height)),
        plan=clips_half_over_each_other,
        decoding=Decoding(displacement=MOVED),
        has_environment=True,
        paper_settings={"backbone": "regnety_008", "feed_forward": 3072},
    )
)
