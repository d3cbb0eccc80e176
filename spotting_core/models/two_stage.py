"""Two stages: features of several recognition models, and a transformer encoder that detects in time.

Paper: Zhou et al., "Feature Combination Meets Attention: Baidu Soccer Embeddings and Transformer based Temporal
Detection" (2021). The detector was not released; what is public of it is that five fine-tuned recognition models give
features at one sample a second, which are put side by side (8,576 numbers), and that the encoder has 3 layers of
width 64 with 4 heads.

Stage one here is a run of ``touchline train`` that fine-tunes a model on short clips around actions
(``assets/training/recognition.toml``); ``touchline features`` with its model folder, or ``features`` of a
configuration, writes and reads its features. Any sets can stand side by side, at any rates.

Our own choices, for want of public ones:
* every set is normalised by itself before they are joined, so that none is heard more for being louder;
* windows of 64 s that keep their central half, a confidence within 1 s of an action, and a displacement within 3 s;
* focal loss on the confidence and Huber loss on the displacement, as for entity-attention.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from spotting_core.base.errors import BadInputError
from spotting_core.base.validation import Positive
from spotting_core.models.losses import displacement_loss, focal_loss
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.trunks import Encoder
from spotting_core.models.window import Output, Window


@dataclass(frozen=True)
class TwoStageConfig(FeatureConfig):
    """Shape and loss of the detector.

    Arguments:
        sets: widths of the feature sets that stand side by side; empty for one.
        width, layers, heads, feed_forward, dropout: of the encoder.
    """

    window: int = 128
    before: int = 32
    after: int = 32
    confidence_radius: float = 1.0
    displacement_radius: float = 3.0
    sets: tuple[int, ...] = ()
    width: Positive = 64
    layers: int = 3
    heads: int = 4
    feed_forward: int = 256
    dropout: float = 0.1
    focal_gamma: float = 2.0
    positive_weight: float = 4.0

    def divisions(self) -> Sequence[tuple[str, int, str, int]]:
        return [("heads", self.heads, "width", self.width)]


class TwoStage(Network):
    """The second stage. ``forward`` takes a ``Window`` with features of at most ``config.window`` samples.

    Errors:
        BadInputError: the sets do not add up to the features.
    """

    def __init__(self, config: TwoStageConfig) -> None:
        super().__init__()
        self.config = config
        self.widths = list(config.sets or (config.dim,))
        if sum(self.widths) != config.dim:
            raise BadInputError(
                f"the feature sets have {' + '.join(map(str, self.widths))} numbers a sample, not {config.dim}"
            )
        self.norms = nn.ModuleList(nn.LayerNorm(w) for w in self.widths)
        self.join = nn.Linear(config.dim, config.width)
        self.encoder = Encoder(
            width=config.width,
            layers=config.layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            length=config.window,
            dropout=config.dropout,
        )
        self.to_logits = nn.Linear(config.width, len(config.classes))
        self.to_displacement = nn.Linear(config.width, len(config.classes))
        nn.init.constant_(self.to_logits.bias, -3.0)

    def forward(self, window: Window) -> Output:
        parts = torch.split(self.config.features_of(window), self.widths, dim=-1)
        joined = torch.cat([norm(part) for norm, part in zip(self.norms, parts, strict=True)], dim=-1)
        states = self.encoder(self.join(joined))
        moved = torch.tanh(self.to_displacement(states)) * self.config.displacement_radius
        return Output(logits=self.to_logits(states), displacement=moved)


def two_stage_loss(model: TwoStage, output: Output, targets: AnchorTargets) -> Tensor:
    """Focal loss on the confidence and Huber loss on the displacement."""
    assert output.displacement is not None
    config = model.config
    confidence = focal_loss(
        output.logits,
        targets.confidence,
        gamma=config.focal_gamma,
        positive_weight=config.positive_weight,
        valid=targets.valid,
    )
    return confidence + displacement_loss(output.displacement, targets)


register(
    System(
        name="two-stage",
        paper="Zhou et al., Feature Combination Meets Attention: Baidu Soccer Embeddings and Transformer based "
        "Temporal Detection, 2021",
        config=TwoStageConfig,
        build=TwoStage,
        loss=two_stage_loss,
        paper_settings={
            "dim": 8576,
            "sets": (2048, 2048, 2048, 2048, 384),
            "rate": 1.0,
            "window": 64,
            "before": 16,
            "after": 16,
        },
    )
)
