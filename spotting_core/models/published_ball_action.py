"""ball-action-spotting as its author published it: groups of three grey pictures, then blocks over place and time.

Original code: lRomul/ball-action-spotting, first of SoccerNet's Ball Action Spotting 2023; Cioppa et al., "SoccerNet
2023 Challenges Results" (Sports Engineering 2024). Backbone: Tan and Le, "EfficientNetV2: Smaller Models and Faster
Training" (ICML 2021), timm's ``tf_efficientnetv2_b0`` without its last convolution.

Around each frame lie 15 or 33 pictures, every second one of 25 a second. Three in a row are the channels of one
picture, the oldest first, and become one map; four blocks over groups, height and width look at the maps of all groups;
each group's map is projected once more, all lie side by side, and a generalised mean (GeM) over the places is what a
linear layer judges the frame in the middle by: a sigmoid for each class. Frames at the ends of a half, around which not
all pictures lie, are not judged. Two classes are judged in the picture and in its mirror image, whose confidences are
averaged. A half's confidences are smoothed (Gaussian, three samples), and spots are their peaks.

Grey is the luma that a video holds, 16 to 235 of 255, for so the weights were measured. Here it is computed from the
decoded colours by BT.601, and the height is filled up to a multiple of 32 with zeros, which no luma is.

Differences from the published code: its decoder hands out the luma as it lies in the file; ours was rounded on the way
to colours, and differs in strong ones where a video is decoded by another matrix. Where a picture cannot be decoded it
sees zeros, here a neighbour. It reads videos of 25 frames a second and 1280x720 alone; here others are sampled and
scaled so. Not known, and chosen here: the parameters of the focal loss, what an action's neighbours should say in
training, and that no block over time rests in it.

A window reads what lies around the frames that it judges as well, and a picture of 1280x720 takes 11 MB as numbers. So
pictures stay bytes until their group is looked at, and windows of 128 samples keep an analysis at about two gigabytes;
longer ones compute fewer groups twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import NotNegativeNumber, Positive, PositiveNumber, Share
from spotting_core.domain.classes import PEAKS
from spotting_core.domain.spots import Spot
from spotting_core.models.decoding import Decoding
from spotting_core.models.inputs import Inputs, PictureSize
from spotting_core.models.losses import focal_loss
from spotting_core.models.network import Network
from spotting_core.models.registry import System, SystemConfig, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MIDDLE, ZEROS, WindowPlan

RATE = 25.0
"""Samples a second: every frame of SoccerNet's videos."""
APART = 15
"""Samples that two spots of a class lie apart at least."""
GROUP = 3
"""Pictures that are the channels of one."""
_BACKBONE, _STAGE = "tf_efficientnetv2_b0", 4  # the stage whose map is read, of stride 32
_STRIDE = 32
_SMOOTHED = 3.0  # samples
_LUMA = (65.481 / 255, 128.553 / 255, 24.966 / 255)  # BT.601, of red, green and blue from 0 to 1
_BLACK = 16 / 255
_NOTHING = -20.0  # logit of a sample of which nothing is said
_LEAST = -16.0  # and the least of one that is judged: as it is stored, more than nothing
_AT_ONCE = {"cpu": 1}  # groups and frames, for the memory they take; no score depends on it
_ELSEWHERE = 8
_CLAMP = 1e-6  # of the generalised mean

_PartShare = Annotated[float, msgspec.Meta(gt=0, le=1)]


@dataclass(frozen=True)
class PublishedBallActionConfig(SystemConfig):
    """Shape of the network.

    Arguments:
        before, after: at least the samples that the pictures of a frame reach to either side.
        width, height: of the pictures in pixels.
        pictures: looked at of each frame, an odd multiple of three; step: samples from one to the next.
        channel_share, depth_share: of the backbone's channels and blocks.
        dim: numbers of a place of a group; layers: blocks over place and time, whose inside is ``expansion`` times as
            wide and weighed by ``squeezed`` numbers; stack: numbers of a place that a group's last projection leaves.
        mirrored: whether a picture's mirror image is judged as well, outside of training.
        drop_path: share of the clips that pass the last block of the backbone by in training.
        gamma, positive_weight: of the focal loss.
    """

    rate: PositiveNumber = RATE
    window: Positive = 128
    before: int = 14
    after: int = 14
    suppression: float = 2 * APART / RATE
    suppression_method: str = PEAKS
    confidence_radius: float = 0.3
    width: Positive = 1280
    height: Positive = 720
    pictures: Positive = 15
    step: Positive = 2
    channel_share: _PartShare = 1.0
    depth_share: _PartShare = 1.0
    dim: Positive = 192
    layers: Positive = 4
    expansion: Positive = 3
    squeezed: Positive = 24
    stack: Positive = 256
    mirrored: bool = False
    drop_path: Share = 0.2
    head_dropout: float = 0.2
    gamma: NotNegativeNumber = 2.0
    positive_weight: PositiveNumber = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.pictures % (2 * GROUP) != GROUP:
            raise ValueError(f"pictures must be an odd multiple of {GROUP}, as 15 and 33 are, not {self.pictures}")
        if min(self.before, self.after) < self.context:
            raise ValueError(
                f"before and after must be at least {self.context}, as far as {self.pictures} pictures reach with a "
                f"step of {self.step}, not {self.before} and {self.after}"
            )

    @property
    def context(self) -> int:
        """Samples to either side of a frame that its pictures reach."""
        return self.pictures // 2 * self.step

    @property
    def groups(self) -> int:
        """Groups of pictures of a frame."""
        return self.pictures // GROUP


def luma(pictures: Tensor) -> Tensor:
    """Brightness as a video holds it, 16 / 255 to 235 / 255, of colours (…, 3, H, W) from 0 to 1: (…, H, W)."""
    red, green, blue = pictures.unbind(-3)
    return _BLACK + _LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue


def filled(pictures: Tensor) -> Tensor:
    """Pictures (…, H, W) with zeros around them up to whole multiples of 32; of an odd number one more after them."""
    height, width = (-side % _STRIDE for side in pictures.shape[-2:])
    return F.pad(pictures, (width // 2, width - width // 2, height // 2, height - height // 2))


class _Squeeze(nn.Module):
    """Channels weighed by what they are in the mean over time and place."""

    def __init__(self, inner: int, squeezed: int) -> None:
        super().__init__()
        self.conv_reduce, self.conv_expand = nn.Conv3d(inner, squeezed, 1), nn.Conv3d(squeezed, inner, 1)

    def forward(self, x: Tensor) -> Tensor:
        weight = self.conv_expand(F.silu(self.conv_reduce(x.mean((2, 3, 4), keepdim=True))))
        return x * torch.sigmoid(weight)


class OverPlaceAndTime(nn.Module):
    """An inverted residual block over groups, height and width: (B, D, S, h, w) to the same."""

    def __init__(self, config: PublishedBallActionConfig) -> None:
        super().__init__()
        dim, inner = config.dim, config.expansion * config.dim
        self.conv_pw, self.bn1 = nn.Conv3d(dim, inner, 1, bias=False), nn.BatchNorm3d(inner)
        self.conv_dw = nn.Conv3d(inner, inner, 3, padding=1, groups=inner, bias=False)
        self.bn2, self.se = nn.BatchNorm3d(inner), _Squeeze(inner, config.squeezed)
        self.conv_pwl, self.bn3 = nn.Conv3d(inner, dim, 1, bias=False), nn.BatchNorm3d(dim)

    def forward(self, x: Tensor) -> Tensor:
        inner = F.silu(self.bn1(self.conv_pw(x)))
        inner = self.se(F.silu(self.bn2(self.conv_dw(inner))))
        added: Tensor = self.bn3(self.conv_pwl(inner))
        return x + added


class GeneralisedMean(nn.Module):
    """Mean over places of a learned power: (B, D, h, w) to (B, D)."""

    def __init__(self) -> None:
        super().__init__()
        self.power = nn.Parameter(torch.full((1,), 3.0))

    def forward(self, x: Tensor) -> Tensor:
        return x.clamp(min=_CLAMP).pow(self.power).mean((2, 3)).pow(1 / self.power)


def _projection(inner: int, outer: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inner, outer, 1, bias=False), nn.BatchNorm2d(outer), nn.SiLU())


class PublishedBallAction(Network):
    """The network. ``forward`` takes a ``Window`` with pictures, red, green and blue from 0 to 1 or as bytes."""

    def __init__(self, config: PublishedBallActionConfig) -> None:
        super().__init__()
        self.config = config
        trunk: Any = timm.create_model(
            _BACKBONE,
            features_only=True,
            out_indices=(_STAGE,),
            channel_multiplier=config.channel_share,
            depth_multiplier=config.depth_share,
            drop_path_rate=config.drop_path,
        )
        self.trunk, self.of_group = trunk, _projection(trunk.feature_info.channels()[-1], config.dim)
        self.over_time = nn.Sequential(*(OverPlaceAndTime(config) for _ in range(config.layers)))
        self.of_stack = _projection(config.dim, config.stack)
        self.pool, self.dropout = GeneralisedMean(), nn.Dropout(config.head_dropout)
        self.head_class = nn.Linear(config.stack * config.groups, len(config.classes))

    def forward(self, window: Window) -> Output:
        """Logits of every sample; of those without all pictures around them nothing is said.

        Errors:
            ValueError: the window has no pictures, or in training too few of them to judge a sample.
        """
        pictures, context = window.pictures, self.config.context
        if pictures is None:
            raise ValueError("this model reads pictures; the window has none")
        batch, samples = pictures.shape[:2]
        if samples > 2 * context:
            said = self._judged(pictures)
            if self.config.mirrored and not self.training:
                said = mean_odds(said, self._judged(pictures, mirrored=True))
        elif self.training:
            raise ValueError(f"this model learns from windows of more than {2 * context} samples, not of {samples}")
        else:
            said = torch.zeros(batch, 0, len(self.config.classes), device=pictures.device)
        around = (0, 0, min(context, samples), samples - min(context, samples) - said.shape[1])
        return Output(logits=F.pad(said.float().clamp(min=_LEAST), around, value=_NOTHING))

    def _judged(self, pictures: Tensor, *, mirrored: bool = False) -> Tensor:
        """Logits (B, N, C) of the N samples of pictures (B, T, 3, H, W) that have all of theirs around them."""
        config = self.config
        frames = torch.arange(pictures.shape[1] - 2 * config.context, device=pictures.device)
        apart = torch.arange(config.groups, device=pictures.device) * (GROUP * config.step)
        first = frames[:, None] + apart  # (N, S), the samples at which the groups of a frame begin
        starts = torch.tensor(sorted(set(first.flatten().tolist())), device=pictures.device)  # (M,)
        place = torch.searchsorted(starts, first)
        maps = [self.group_maps(pictures, own, mirrored=mirrored) for own in self._parts(starts)]
        known = torch.cat(maps, 1)  # (B, M, D, h, w)
        return torch.cat([self.judge(known[:, own]) for own in self._parts(place)], 1)

    def _parts(self, rows: Tensor) -> Sequence[Tensor]:
        """Rows as they are computed, few at once; in training together, for their statistics are."""
        return [rows] if self.training else torch.split(rows, _AT_ONCE.get(rows.device.type, _ELSEWHERE))

    def group_maps(self, pictures: Tensor, starts: Tensor, *, mirrored: bool = False) -> Tensor:
        """Maps (B, M, D, h, w) of the groups of pictures (B, T, 3, H, W) that begin at some samples (M,)."""
        own = starts[:, None] + torch.arange(GROUP, device=starts.device) * self.config.step
        shown = pictures[:, own]  # (B, M, 3, 3, H, W), the oldest first
        shown = shown if shown.is_floating_point() else shown / 255
        grey = filled(luma(shown))  # (B, M, 3, H, W)
        grey = grey.flip(-1) if mirrored else grey
        (maps,) = self.trunk(grey.flatten(0, 1))
        projected: Tensor = self.of_group(maps)
        return projected.reshape(*grey.shape[:2], *projected.shape[1:])

    def judge(self, groups: Tensor) -> Tensor:
        """Logits (B, N, C) of frames by the maps of their groups (B, N, S, D, h, w)."""
        batch, frames, count = groups.shape[:3]
        states = self.over_time(groups.flatten(0, 1).transpose(1, 2))  # (B N, D, S, h, w)
        maps = self.of_stack(states.transpose(1, 2).flatten(0, 1))  # (B N S, E, h, w)
        pooled = self.pool(maps.unflatten(0, (batch * frames, count)).flatten(1, 2))  # (B N, S E)
        logits: Tensor = self.head_class(self.dropout(pooled))
        return logits.reshape(batch, frames, -1)


def mean_odds(first: Tensor, second: Tensor) -> Tensor:
    """Log odds of the mean of two confidences, whose log odds these are."""
    confident = torch.logaddexp(F.logsigmoid(first), F.logsigmoid(second))
    return confident - torch.logaddexp(F.logsigmoid(-first), F.logsigmoid(-second))


def judged_samples_loss(model: PublishedBallAction, output: Output, targets: AnchorTargets) -> Tensor:
    """Focal loss over the valid samples of which something is said."""
    config = model.config
    judged = slice(config.context, output.logits.shape[1] - config.context)
    logits, wanted, valid = (one[:, judged] for one in (output.logits, targets.confidence, targets.valid))
    return focal_loss(logits, wanted, gamma=config.gamma, positive_weight=config.positive_weight, valid=valid)


def judged_windows(config: SystemConfig) -> WindowPlan:
    """Windows that move on by what they judge; a half that is shorter than one is a window by itself."""
    return WindowPlan(config.window, config.kept, config.before, config.after, MIDDLE, ZEROS, shortened=True)


register(
    System[Spot, PublishedBallActionConfig, PublishedBallAction, AnchorTargets](
        name="published-ball-action",
        paper="lRomul, ball-action-spotting, first of SoccerNet's challenge of 2023; Cioppa et al., SoccerNet 2023 "
        "Challenges Results, Sports Engineering 2024, as published",
        config=PublishedBallActionConfig,
        build=PublishedBallAction,
        loss=judged_samples_loss,
        inputs=lambda config: Inputs(
            pictures=PictureSize(config.width, config.height), mean=(0.0,) * 3, std=(1.0,) * 3, bytes_too=True
        ),
        plan=judged_windows,
        decoding=Decoding(smoothing=_SMOOTHED),
        paper_settings={"classes": ("PASS", "DRIVE"), "pictures": 33, "before": 32, "after": 32},
    )
)
