"""NetVLAD for replay grounding: how alike a stretch and a replay are, pooled by the same clusters.

Paper: Deliège et al., "SoccerNet-v2" (CVPRW 2021), task 3; Arandjelović et al., "NetVLAD" (CVPR 2016).
Original code: SoccerNet/sn-grounding, folder NetVLAD (also with more negatives).

The confidence is the cosine of the two descriptors beyond .2, and the place is read off the stretch's descriptor by two
layers, as there; so the place does not depend on the replay, which bounds what it can do.

Differences:
* clusters, optimiser, schedule and moving average of the weights are those of every system here;
* at analysis one stretch is judged, that before the end of the replay.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import Positive, Share
from spotting_core.models.calf import detection_loss
from spotting_core.models.grounding import (
    GroundingConfig,
    GroundingTargets,
    detected,
    grounding_targets,
    one_stretch,
    reads_pairs,
)
from spotting_core.models.network import Network
from spotting_core.models.pooling import NetVlad
from spotting_core.models.registry import System, register
from spotting_core.models.window import Output, Window

_UNLIKE = 0.2  # cosine up to which a stretch and a replay have nothing in common


@dataclass(frozen=True)
class NetVladGroundingConfig(GroundingConfig):
    """Shape of the model.

    Arguments:
        clusters: of both descriptors; hidden: numbers between the descriptor and the place.
    """

    replay: Positive = 40
    clusters: Positive = 16
    hidden: Positive = 128
    negative_share: Share = 0.8


class NetVladGrounding(Network):
    """The model. ``forward`` takes a ``Window`` with the stretch's features, and the replay's in ``second``."""

    def __init__(self, config: NetVladGroundingConfig) -> None:
        super().__init__()
        self.config = config
        self.vlad = NetVlad(dim=config.dim, clusters=config.clusters, residual=True)
        self.hidden = nn.Linear(config.dim * config.clusters, config.hidden)
        self.to_place = nn.Linear(config.hidden, 1)

    def forward(self, window: Window) -> Output:
        stretch, replay = self.vlad(self.config.features_of(window)), self.vlad(self.config.replay_of(window))
        confidence = F.relu(F.cosine_similarity(stretch, replay, dim=1) - _UNLIKE)
        place = torch.sigmoid(self.to_place(F.relu(self.hidden(stretch)))).squeeze(1)
        detections = torch.stack([confidence, place], dim=1).unsqueeze(1)  # (B, 1, 2)
        return Output(logits=detected(confidence, place, self.config.window), detections=detections)


def netvlad_grounding_loss(_model: NetVladGrounding, output: Output, targets: GroundingTargets) -> Tensor:
    """Squared errors of the detection, per pair."""
    assert output.detections is not None
    return detection_loss(output.detections, targets.detection) / len(targets.valid)


register(
    System(
        name="netvlad-grounding",
        paper="Deliège et al., SoccerNet-v2, CVPRW 2021 (NetVLAD for replay grounding)",
        config=NetVladGroundingConfig,
        build=NetVladGrounding,
        loss=netvlad_grounding_loss,
        inputs=reads_pairs,
        plan=one_stretch,
        targets=grounding_targets,
        task="replays",
    )
)
