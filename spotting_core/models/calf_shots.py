"""CALF as a segmentation of camera shots: its trunk and capsules, without detections.

Paper: Deliège et al., "SoccerNet-v2" (CVPRW 2021), task 2, after Cioppa et al. (CVPR 2020).
Original code: SoccerNet/sn-spotting, folder Task2-CameraShotSegmentation (CALF with the segmentation's loss alone).

The segmentation says of every camera how near each sample is to a shot of it. In a shot it is; outside, the
context-aware loss asks for ever less within ``margin`` seconds of the nearest shot of that camera: the edges of shots,
which lie between samples, are what annotators and samples agree on least. How the original turns shots into shifts is
not described; the above is ours, and so are the optimiser, its schedule and the moving average of the weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from spotting_core.domain.cameras import Shot
from spotting_core.models.calf import CalfConfig, CalfTrunk
from spotting_core.models.context import context_loss
from spotting_core.models.registry import System, register
from spotting_core.models.shot_targets import shot_targets
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window

_CERTAIN = 1e-4  # how near to 0 and 1 a segmentation counts as a confidence
_FAR = 1e6


@dataclass(frozen=True)
class CalfShotsConfig(CalfConfig):
    """Shape and loss of the model: see ``CalfConfig``, of which the detections are not used.

    Arguments:
        margin: seconds around a shot in which a sample is asked for less.
    """

    table: str = "soccernet-cameras"
    suppression: float = 0.0
    margin: float = 1.0


@dataclass(frozen=True)
class CalfShotsTargets(Targets):
    """What a window should say.

    Arguments:
        shift: float (…, T, C), samples from the nearest shot of each camera: 0 inside, negative before it.
        counted: float (…, T), 0 for samples near the window's ends, beyond the half or of no known camera.
    """

    blends: ClassVar[bool] = False
    shift: Tensor
    counted: Tensor


def calf_shots_targets(
    shots: Iterable[Shot], times: np.ndarray, config: CalfShotsConfig, valid: np.ndarray | None = None
) -> CalfShotsTargets:
    """Targets of one window; shots outside of it count as far as they are known.

    Arguments:
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    on = shot_targets(shots, times, config, valid)
    counted = on.valid.clone()
    counted[: config.before] = counted[len(counted) - config.after :] = 0
    shift = np.stack([_shift(column > 0) for column in on.camera.numpy().T], axis=1)
    return CalfShotsTargets(torch.from_numpy(shift), counted)


def _shift(inside: np.ndarray) -> np.ndarray:
    """Samples from the nearest sample inside, negative before it, 0 inside: float32 (T,)."""
    at, places = np.arange(len(inside)), np.flatnonzero(inside)
    if not len(places):
        return np.full(len(inside), -_FAR, np.float32)
    gap = at[:, None] - places[None, :]
    nearest = np.abs(gap).argmin(1)
    shift: np.ndarray = gap[at, nearest].astype(np.float32)
    return shift


class CalfShots(CalfTrunk):
    """The model. ``forward`` takes a ``Window`` with features of exactly ``config.window`` samples."""

    config: CalfShotsConfig

    def forward(self, window: Window) -> Output:
        score = self.closeness(self.capsules(self.config.features_of(window)))
        return Output(logits=score.clamp(_CERTAIN, 1 - _CERTAIN).logit(), segmentation=score)


def calf_shots_loss(model: CalfShots, output: Output, targets: CalfShotsTargets) -> Tensor:
    """Context-aware loss of the segmentation, per sample that counts."""
    assert output.segmentation is not None
    reach = model.config.margin * model.config.rate
    times = torch.tensor([-2 * reach, -reach, reach, 2 * reach]).to(output.segmentation)
    k = times[:, None].expand(4, output.segmentation.shape[-1])
    total = context_loss(output.segmentation, targets.shift, k, targets.counted)
    return total / targets.counted.sum().clamp_min(1)


register(
    System(
        name="calf-shots",
        paper="Deliège et al., SoccerNet-v2, CVPRW 2021 (CALF segmentation)",
        config=CalfShotsConfig,
        build=CalfShots,
        loss=calf_shots_loss,
        targets=calf_shots_targets,
        task="shots",
    )
)
