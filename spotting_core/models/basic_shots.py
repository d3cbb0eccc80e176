"""The basic model of camera shots: three convolutions over time.

Paper: Deliège et al., "SoccerNet-v2" (CVPRW 2021), task 2.
Original code: SoccerNet/sn-spotting, folder Task2-CameraShotSegmentation (BasicModel).

As there: kernels of 21 samples, a rectifier after each convolution, the last one too, a softmax over the cameras, and
squared errors to the camera that is on. Differences:

* windows overlap by what a sample sees, instead of whole halves, so that memory is bounded;
* the optimiser, its schedule and the moving average of the weights are those of every system here;
* samples of no known camera are asked for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.models.decoding import EXCLUSIVE, Decoding
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System, register
from spotting_core.models.shot_targets import ShotTargets, shot_targets
from spotting_core.models.window import Output, Window


@dataclass(frozen=True)
class BasicShotsConfig(FeatureConfig):
    """Shape of the model.

    Arguments:
        first, second: channels after the first two convolutions; kernel: samples that each of the three sees.

    ``before`` and ``after`` are what a sample sees to either side.
    """

    window: int = 240
    before: int = 30
    after: int = 30
    first: int = 128
    second: int = 32
    kernel: int = 21


class BasicShots(Network):
    """The model. ``forward`` takes a ``Window`` with features."""

    def __init__(self, config: BasicShotsConfig) -> None:
        super().__init__()
        self.config = config
        widths = (config.dim, config.first, config.second, len(config.classes))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(own, following, config.kernel, padding=config.kernel // 2) for own, following in pairwise(widths)
        )

    def forward(self, window: Window) -> Output:
        x = self.config.features_of(window).transpose(1, 2)  # (B, dim, T)
        for convolution in self.convolutions:
            x = F.relu(convolution(x))
        return Output(logits=x.transpose(1, 2))  # (B, T, C)


def basic_shots_loss(model: BasicShots, output: Output, targets: ShotTargets) -> Tensor:
    """Mean squared error between the softmax and the camera that is on."""
    error = (output.logits.softmax(-1) - targets.camera).square().mean(-1)
    return (error * targets.valid).sum() / targets.valid.sum().clamp_min(1)


register(
    System(
        name="basic-shots",
        paper="Deliège et al., SoccerNet-v2, CVPRW 2021 (BasicModel)",
        config=BasicShotsConfig,
        build=BasicShots,
        loss=basic_shots_loss,
        targets=shot_targets,
        task="shots",
        decoding=Decoding(EXCLUSIVE),
    )
)
