"""Boundaries between shots, to the frame: hard cuts, cross fades with their middle, wipes with theirs.

A design of our own, in the spirit of Souček & Lokoč, "TransNet V2: An Effective Deep Network Architecture for Fast Shot
Transition Detection" (2020): a small network over space, then a dilated one over time, at every frame of the video.

What changes is computed, not learned. A cut lies between a frame and the one before, so differences reach as far to one
side as to the other (1 to 16 frames). A frame inside a fade is near the mean of one before and one after, while
these are far apart; a pan is not. Inside a wipe without a graphic every place shows either what it showed before or
what it will show after, and in its middle there is as much of both. These maps, and the picture itself, for a wipe may
have colours of its own, are looked at together; what a frame says is then seen with those beside it, up to 32 away.

The target of a sample is a bump around each boundary: of what happens between two frames (``sudden``) no wider than
one, of the others as wide as nobody could say better. The peak is the boundary; there is no displacement.

Differences from TransNet V2:
* three kinds are told apart, and a sample is asked for the middle of a transition alone, not for all its frames;
* it reads thumbnails of 32 x 18 as they come from the decoder, with half the colour, and no histograms;
* contrast is taken from each window: broadcasts differ in it more than in anything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import NotNegativeNumber, Positive, PositiveNumber
from spotting_core.domain.spots import Spot
from spotting_core.models.network import Network
from spotting_core.models.registry import System, register
from spotting_core.models.targets import Targets
from spotting_core.models.thumbnail_planes import ThumbnailConfig, kept_frames
from spotting_core.models.window import Output, Window

_APART, _BESIDE = (1, 2, 4, 8, 16), (3, 6, 12)  # frames: of differences, and of a frame from what it may be the mean of
_EITHER = (4, 8, 16)  # frames: of a frame from the one of two that it is more like
_TURNED = (8, 16)  # frames: by how much a frame is more like the one before than the one after
_COLOURS_APART = (1, 4)
_MAPS = len(_APART) + len(_BESIDE) + len(_EITHER) + len(_TURNED) + len(_COLOURS_APART) + 3
_FAINT = 4 / 255  # contrast that is as good as none
_NOTHING = 1e-12  # mean square of a map in which nothing changes
_LOOKED_AT = 1000  # frames at once, lest the maps of all windows be in memory


@dataclass(frozen=True)
class FrameBoundariesConfig(ThumbnailConfig):
    """Shape, targets and loss of the model.

    Arguments:
        sudden: the classes that happen between two frames; width_sudden: of their bump in the targets, seconds;
            width_gradual: of the others' (standard deviations).
        near, far: channels of the two layers over space; states: numbers of a frame that is looked at.
        dilations: of the layers over time.
        positive: how much more a sample at a boundary weighs.
    """

    window: int = 250
    before: int = 48
    after: int = 48
    sudden: tuple[str, ...] = ("abrupt",)
    width_sudden: PositiveNumber = 0.014
    width_gradual: PositiveNumber = 0.06
    near: Positive = 16
    far: Positive = 24
    states: Positive = 48
    dilations: tuple[int, ...] = (1, 2, 4, 8, 16)
    positive: NotNegativeNumber = 6.0


@dataclass(frozen=True)
class BumpTargets(Targets):
    """What the samples of a window should say.

    Arguments:
        confidence: float (…, T, C), 1 at a boundary and less beside it.
        valid: float (…, T), 0 for samples beyond the ends of the half.
    """

    confidence: Tensor
    valid: Tensor


def bump_targets(
    spots: Iterable[Spot], times: np.ndarray, config: FrameBoundariesConfig, valid: np.ndarray | None = None
) -> BumpTargets:
    """Targets of one window.

    Arguments:
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    confidence = np.zeros((len(times), len(config.classes)), np.float32)
    column = {name: k for k, name in enumerate(config.classes)}
    for spot in spots:
        k = column.get(spot.label)
        if k is not None:
            width = config.width_sudden if spot.label in config.sudden else config.width_gradual
            bump = np.exp(-0.5 * ((times - spot.time) / 1e6 / width) ** 2)
            confidence[:, k] = np.maximum(confidence[:, k], bump)
    alive = np.ones(len(times), np.float32) if valid is None else valid.astype(np.float32)
    return BumpTargets(torch.from_numpy(confidence), torch.from_numpy(alive))


class FrameBoundaries(Network):
    """The model. ``forward`` takes a ``Window`` with thumbnails of at most ``config.window`` samples."""

    def __init__(self, config: FrameBoundariesConfig) -> None:
        super().__init__()
        self.config = config
        width, height = ((side + 3) // 4 for side in config.luma)
        self.near = nn.Conv2d(_MAPS, config.near, 3, stride=2, padding=1)
        self.far = nn.Conv2d(config.near, config.far, 3, stride=2, padding=1)
        self.place = nn.Linear(config.far * width * height, config.states)
        self.whole = nn.Linear(2 * _MAPS, config.states)
        self.norm = nn.LayerNorm(config.states)
        self.over_time = nn.ModuleList(_OverTime(config.states, d) for d in config.dilations)
        self.to_class = nn.Conv1d(config.states, len(config.classes), 3, padding=1)
        nn.init.constant_(cast(Tensor, self.to_class.bias), -3.0)

    def forward(self, window: Window) -> Output:
        features = self.config.features_of(window)
        parts = torch.split(features, max(1, _LOOKED_AT // features.shape[1]))
        states = torch.cat([self._look(part) for part in parts]).transpose(1, 2)  # (B, states, T)
        for layer in self.over_time:
            states = layer(states)
        logits: Tensor = self.to_class(F.relu(states)).transpose(1, 2)
        return Output(logits=logits)

    def _look(self, features: Tensor) -> Tensor:
        """What each frame of some windows looks like beside its neighbours: (B, T, D) to (B, T, states)."""
        maps = change_maps(self.config.planes(features))
        b, t = maps.shape[:2]
        flat = maps.flatten(0, 1)
        seen = F.relu(self.far(F.relu(self.near(flat)))).flatten(1)
        spread = flat.square().mean((2, 3)).clamp_min(_NOTHING).sqrt()  # whose slope at zero would be none
        whole = torch.cat([flat.mean((2, 3)), spread], 1)
        states: Tensor = self.norm(self.place(seen) + self.whole(whole))
        return states.view(b, t, -1)


class _OverTime(nn.Module):
    """A step over time, added to what is there."""

    def __init__(self, width: int, dilation: int) -> None:
        super().__init__()
        self.neighbours = nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation)
        self.mix = nn.Conv1d(width, width, 1)

    def forward(self, states: Tensor) -> Tensor:
        added: Tensor = self.mix(F.relu(self.neighbours(F.relu(states))))
        return states + added


def change_maps(planes: Tensor) -> Tensor:
    """What changes at each frame, and the frame: (B, T, 3, H, W), 0 to 1, to (B, T, 18, H, W) in units of contrast."""
    centred = planes - planes.mean((1, 3, 4), keepdim=True)
    contrast = centred[:, :, :1].std((1, 3, 4), unbiased=False, keepdim=True)
    scaled = centred / (contrast + _FAINT)
    luma, chroma = scaled[:, :, :1], scaled[:, :, 1:]
    apart = [(_shifted(luma, k - 1) - _shifted(luma, -k)).abs() for k in _APART]
    beside = [(luma - (_shifted(luma, k) + _shifted(luma, -k)) / 2).abs() for k in _BESIDE]
    from_old = {k: (luma - _shifted(luma, -k)).abs() for k in {*_EITHER, *_TURNED}}
    from_new = {k: (luma - _shifted(luma, k)).abs() for k in {*_EITHER, *_TURNED}}
    either = [torch.minimum(from_old[k], from_new[k]) for k in _EITHER]
    turned = [from_new[k] - from_old[k] for k in _TURNED]
    coloured = [(_shifted(chroma, k - 1) - _shifted(chroma, -k)).abs().sum(2, keepdim=True) for k in _COLOURS_APART]
    return torch.cat([*apart, *beside, *either, *turned, *coloured, scaled], 2)


def _shifted(values: Tensor, frames: int) -> Tensor:
    """Of each frame the one so many later (earlier where negative); at the ends the last one stands. (B, T, …)"""
    at = (torch.arange(values.shape[1], device=values.device) + frames).clamp(0, values.shape[1] - 1)
    return values[:, at]


def bump_loss(model: FrameBoundaries, output: Output, targets: BumpTargets) -> Tensor:
    """Binary cross-entropy of every sample and class, those at boundaries weighing more; mean over samples."""
    each = F.binary_cross_entropy_with_logits(output.logits, targets.confidence, reduction="none")
    weight = (1 + model.config.positive * targets.confidence) * targets.valid.unsqueeze(-1)
    return (each * weight).sum() / targets.valid.sum().clamp_min(1)


register(
    System(
        name="frame-boundaries",
        paper="own design, in the spirit of Souček & Lokoč, TransNet V2, 2020",
        config=FrameBoundariesConfig,
        build=FrameBoundaries,
        loss=bump_loss,
        targets=bump_targets,
        plan=kept_frames,
        task="boundaries",
    )
)
