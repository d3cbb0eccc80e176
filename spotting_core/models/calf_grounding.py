"""CALF for replay grounding: a stretch and a replay through one trunk, a segmentation and one detection of both.

Paper: Deliège et al., "SoccerNet-v2" (CVPRW 2021), task 3, after Cioppa et al. (CVPR 2020).
Original code: SoccerNet/sn-grounding (also with more negatives); its checkpoint is converted by
``checkpoints.sn_grounding``.

Differences:
* losses are per pair, not summed over the batch; their ratio is that of the original;
* half of the batches are passed over there by a random number; here that is a setting (``skipped``), and off;
* a replay shorter than the window is repeated, a longer one cut at its end, as there; a stretch that begins before its
  half is filled with zeros;
* at analysis one stretch is judged, that before the end of the replay, not all of the half;
* the optimiser, its schedule and the moving average of the weights are those of every system here.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Share
from spotting_core.models.calf import detection_loss
from spotting_core.models.context import context_loss
from spotting_core.models.grounding import (
    GroundingConfig,
    GroundingTargets,
    detected,
    grounding_targets,
    one_stretch,
    reads_pairs,
)
from spotting_core.models.network import Network
from spotting_core.models.registry import System, register
from spotting_core.models.window import Output, Window

_CONTEXT = (-20.0, -10.0, 10.0, 20.0)  # seconds around the action: (-2, -1, 1, 2) times 10


@dataclass(frozen=True)
class CalfGroundingConfig(GroundingConfig):
    """Shape and loss of the model.

    Arguments:
        field: receptive field in samples.
        first, second: channels of the two reductions; pyramid: of its four branches; capsule: numbers per sample.
        segmentation: weight of the segmentation's loss, the detection's is 1.
        skipped: share of the batches that teach nothing; the public code's is .5.
    """

    field: int = 80
    first: int = 128
    second: int = 16
    pyramid: tuple[int, ...] = (4, 8, 16, 32)
    capsule: int = 16
    segmentation: float = 0.002
    skipped: Share = 0.0
    negative_share: Share = 0.5


class CalfGrounding(Network):
    """The model. ``forward`` takes a ``Window`` with the stretch's features, and the replay's in ``second``."""

    def __init__(self, config: CalfGroundingConfig) -> None:
        super().__init__()
        self.config = config
        reaches = [-(-config.field // share) for share in (7, 3, 2, 1)]
        self.conv_1 = nn.Conv2d(1, config.first, (1, config.dim))
        self.conv_2 = nn.Conv2d(config.first, config.second, 1)
        self.pads = nn.ModuleList(nn.ZeroPad2d((0, 0, (k - 1) // 2, k // 2)) for k in reaches)
        branches = zip(config.pyramid, reaches, strict=True)
        self.branches = nn.ModuleList(nn.Conv2d(config.second, width, (k, 1)) for width, k in branches)
        both = 2 * (config.second + sum(config.pyramid))
        self.conv_seg = nn.Conv2d(both, config.capsule, (3, 1), padding=(1, 0))
        self.batch_seg = nn.BatchNorm2d(config.window, momentum=0.01, eps=0.001)
        self.conv_spot_1 = nn.Conv2d(config.capsule + 1, 32, (3, 1), padding=(1, 0))
        self.conv_spot_2 = nn.Conv2d(32, 16, (3, 1), padding=(1, 0))
        self.pool = nn.MaxPool2d((3, 1), stride=(2, 1))
        left = config.window
        for _ in range(3):
            left = (left - 3) // 2 + 1
        self.to_detection = nn.Linear(16 * left, 2)

    def forward(self, window: Window) -> Output:
        config = self.config
        both = [self._context(config.features_of(window)), self._context(config.replay_of(window))]
        capsules = self.conv_seg(torch.cat(both, dim=1))  # (B, capsule, T, 1)
        by_sample = capsules.permute(0, 2, 1, 3)  # (B, T, capsule, 1), normalised with time as the channel
        spread = (torch.sigmoid(self.batch_seg(by_sample)) - 0.5).square().sum(2) * 4 / config.capsule
        score = 1 - spread.clamp_min(1e-12).sqrt()  # (B, T, 1): the action is near where the capsule is short
        detection = self._detection(capsules, score)
        logits = detected(detection[:, 0, 0], detection[:, 0, 1], config.window)
        return Output(logits=logits, segmentation=score, detections=detection)

    def _context(self, features: Tensor) -> Tensor:
        """(B, T, dim) to (B, second + pyramid, T, 1)."""
        reduced = F.relu(self.conv_2(F.relu(self.conv_1(features.unsqueeze(1)))))
        branches = [F.relu(conv(pad(reduced))) for conv, pad in zip(self.branches, self.pads, strict=True)]
        return torch.cat([reduced, *branches], dim=1)

    def _detection(self, capsules: Tensor, score: Tensor) -> Tensor:
        """Confidence and place of the action: (B, 1, 2)."""
        x = self.pool(F.relu(torch.cat([capsules, score.transpose(1, 2).unsqueeze(-1)], dim=1)))
        x = self.pool(F.relu(self.conv_spot_1(x)))
        x = self.pool(F.relu(self.conv_spot_2(x))).flatten(1)
        return torch.sigmoid(self.to_detection(x)).unsqueeze(1)


def calf_grounding_loss(model: CalfGrounding, output: Output, targets: GroundingTargets) -> Tensor:
    """Context-aware loss of the segmentation and squared errors of the detection, per pair."""
    assert output.segmentation is not None
    assert output.detections is not None
    k = torch.tensor(_CONTEXT).to(output.segmentation)[:, None] * model.config.rate
    segmentation = context_loss(output.segmentation, targets.shift.unsqueeze(-1), k, targets.valid)
    total = model.config.segmentation * segmentation + detection_loss(output.detections, targets.detection)
    if model.training and model.config.skipped and float(torch.rand(())) < model.config.skipped:
        total = total * 0
    return total / len(targets.valid)


register(
    System(
        name="calf-grounding",
        paper="Deliège et al., SoccerNet-v2, CVPRW 2021 (CALF for replay grounding)",
        config=CalfGroundingConfig,
        build=CalfGrounding,
        loss=calf_grounding_loss,
        inputs=reads_pairs,
        plan=one_stretch,
        targets=grounding_targets,
        task="replays",
    )
)
