"""Whole shots: the camera of a shot is said by all of its samples together, between the changes that are found.

Our own. A picture alone often does not tell its camera (a tight frame of grass, a blur during a pan), but the shot that
it lies in does, and a shot has one camera and is live or replayed as a whole. So the network finds where shots begin,
and every sample's answer is the mean over the samples of its shot, each with the weight that it deserves:

    A[t, u]  =  softmax over u of  weight[u] - |changes between t and u|

where the changes between two samples are counted by how sure they are. Nothing is cut by a threshold, so what is asked
of whole shots teaches the changes as well.

It reads features of the pictures and of the entities in them side by side; each set has a normalisation of its own,
for their scales differ by powers of ten.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.models.decoding import EXCLUSIVE, Decoding
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System, register
from spotting_core.models.shot_targets import ShotTargets, shot_targets
from spotting_core.models.window import Output, Window
from spotting_core.models.window_plan import MEAN, WindowPlan

_CHANGE, _REPLAY, _ALONE = 0.5, 0.5, 0.3  # weights of the losses beside that of the camera of whole shots
_CUT = 12.0  # how much a sure change takes away from the attention across it


@dataclass(frozen=True)
class WholeShotsConfig(FeatureConfig):
    """Shape of the model.

    Arguments:
        sets: widths of the feature sets, which are read side by side; empty for one.
        width: channels; layers: convolutions over time, each reaching twice as far as the one before.
        dropout: share of the channels that is left out in training.
    """

    window: int = 128
    before: int = 16
    after: int = 16
    sets: tuple[int, ...] = ()
    width: int = 128
    layers: int = 3
    dropout: float = 0.2


class _Convolution(nn.Module):
    """A residual convolution over time: (B, T, width) to the same."""

    def __init__(self, width: int, reach: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.over_time = nn.Conv1d(width, width, 3, padding=reach, dilation=reach)
        self.mix = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.over_time(self.norm(x).transpose(1, 2)).transpose(1, 2)
        mixed: Tensor = x + self.mix(F.gelu(y))
        return mixed


class WholeShots(Network):
    """The model. ``forward`` takes a ``Window`` with features."""

    def __init__(self, config: WholeShotsConfig) -> None:
        super().__init__()
        self.config = config
        self.sets = config.sets or (config.dim,)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for width in self.sets)
        self.enter = nn.ModuleList(nn.Linear(width, config.width) for width in self.sets)
        self.dropout = nn.Dropout(config.dropout)
        self.layers = nn.ModuleList(_Convolution(config.width, 2**k) for k in range(config.layers))
        self.leave = nn.LayerNorm(config.width)
        self.to_camera = nn.Linear(config.width, len(config.classes))
        self.to_replay = nn.Linear(config.width, 1)
        self.to_weight = nn.Linear(config.width, 1)
        self.to_change = nn.Sequential(nn.Linear(3 * config.width, config.width), nn.GELU(), nn.Linear(config.width, 1))

    def forward(self, window: Window) -> Output:
        parts = torch.split(self.config.features_of(window), list(self.sets), dim=-1)
        entered = [enter(norm(x)) for enter, norm, x in zip(self.enter, self.norms, parts, strict=True)]
        single = self.dropout(torch.stack(entered).sum(0))  # (B, T, width), each sample by itself
        x = single
        for layer in self.layers:
            x = layer(x)
        x = self.dropout(self.leave(x))
        change = self._change(single, x)
        share = self._share(change, self.to_weight(x).squeeze(-1))  # (B, T, T)
        alone = self.to_camera(x)
        replay = share @ self.to_replay(x)
        return Output(logits=share @ alone, frame_logits=alone, replay=replay.squeeze(-1), change=change)

    def _change(self, single: Tensor, x: Tensor) -> Tensor:
        """Logit of a new shot beginning with each sample: (B, T); none begins with the first."""
        before = torch.cat([single[:, :1], single[:, :-1]], dim=1)
        logit: Tensor = self.to_change(torch.cat([single - before, (single - before).abs(), x], -1)).squeeze(-1)
        return logit

    def _share(self, change: Tensor, weight: Tensor) -> Tensor:
        """How much each sample's answer is that of each other: (B, T, T), rows of sum 1."""
        cut = change.sigmoid()
        passed = torch.cat([torch.zeros_like(cut[:, :1]), cut[:, 1:]], 1).cumsum(1)
        between = (passed.unsqueeze(2) - passed.unsqueeze(1)).abs()
        return (weight.unsqueeze(1) - _CUT * between).softmax(-1)


def whole_shots_loss(model: WholeShots, output: Output, targets: ShotTargets) -> Tensor:
    """Cross entropy of the camera, of whole shots and of samples alone, of replays and of changes; per sample."""
    assert output.frame_logits is not None
    assert output.replay is not None
    assert output.change is not None
    camera = targets.camera.argmax(-1)
    losses = sum(
        weight * F.cross_entropy(logits.float().transpose(1, 2), camera, reduction="none")
        for weight, logits in ((1.0, output.logits), (_ALONE, output.frame_logits))
    )
    for weight, logits, true in (
        (_REPLAY, output.replay, targets.replay),
        (_CHANGE, output.change, targets.change),
    ):
        losses = losses + weight * F.binary_cross_entropy_with_logits(logits.float(), true, reduction="none")
    return (losses * targets.valid).sum() / targets.valid.sum().clamp_min(1)


def overlapping_windows(config: WholeShotsConfig) -> WindowPlan:
    """Windows that overlap by half, whose scores are averaged."""
    return WindowPlan(config.window, config.window // 2, config.before, config.after, MEAN, shortened=True)


register(
    System(
        name="whole-shots",
        paper="ours: cameras of whole shots between found changes",
        config=WholeShotsConfig,
        build=WholeShots,
        loss=whole_shots_loss,
        plan=overlapping_windows,
        targets=shot_targets,
        task="shots",
        decoding=Decoding(EXCLUSIVE),
    )
)
