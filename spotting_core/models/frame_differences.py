"""Hard cuts by a single difference between consecutive frames, as tools of the trade find them.

Paper: Deliège et al., "SoccerNet-v2" (CVPRW 2021), task 2, which compares three such tools:

* ``histogram-boundaries``, scikit-video's ``scenedet`` by histograms: how far the distributions of the colours are
  apart (0 to 2), thresholds of .1 to 1.9;
* ``intensity-boundaries``, the same by intensities: mean difference of the pixels (0 to 255), thresholds of 10 to 60;
* ``content-boundaries``, PySceneDetect's ContentDetector: mean difference of hue, saturation and value, thresholds of
  10 to 60. It is that of the package ``scenedetect-headless`` (BSD-3-Clause) itself.

Differences: they read thumbnails, not whole pictures; a difference becomes a confidence by a scale and a threshold that
are learned; of changes that lie close together the suppression keeps one, not a least length of shots. They know
abrupt changes alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.base.validation import NotNegativeNumber, PositiveNumber
from spotting_core.domain.spots import Spot
from spotting_core.models.network import Network
from spotting_core.models.registry import System, register
from spotting_core.models.targets import AnchorTargets
from spotting_core.models.thumbnail_planes import ThumbnailConfig, kept_frames
from spotting_core.models.window import Output, Window

_BINS = 32  # of a colour's histogram: a thumbnail has 576 pixels
_NEVER = -16.0  # logit of what they know nothing of
_SHARPNESS = 8.0  # logits between no difference and the threshold, before the scale is learned

Difference = Callable[[np.ndarray], np.ndarray]
"""Pictures uint8 (T, H, W, 3) to float (T,): of each from the one before, 0 for the first."""


def histogram_difference(pictures: np.ndarray) -> np.ndarray:
    """Distance of the distributions of the three colours, mean over them: 0 to 2."""
    frames, pixels = len(pictures), pictures[0, :, :, 0].size
    bins = pictures.reshape(frames, pixels, 3).astype(np.int64) * _BINS // 256
    places = (np.arange(frames)[:, None, None] * 3 + np.arange(3)) * _BINS + bins
    counts = np.bincount(places.ravel(), minlength=frames * 3 * _BINS).reshape(frames, 3, _BINS)
    return _from_before(np.abs(np.diff(counts / pixels, axis=0)).sum(2).mean(1))


def intensity_difference(pictures: np.ndarray) -> np.ndarray:
    """Mean difference of the pixels: 0 to 255."""
    return _from_before(np.abs(np.diff(pictures.astype(np.int16), axis=0)).mean((1, 2, 3)))


def content_difference(pictures: np.ndarray) -> np.ndarray:
    """What ContentDetector compares with its threshold: 0 to 255."""
    from scenedetect import FrameTimecode, StatsManager
    from scenedetect.detectors import ContentDetector

    detector = ContentDetector()
    detector.stats_manager = StatsManager()
    values = []
    for number, picture in enumerate(pictures):
        time = FrameTimecode(number, fps=25.0)
        detector.process_frame(time, np.ascontiguousarray(picture[..., ::-1]))
        values.append(detector.stats_manager.get_metrics(time, [ContentDetector.FRAME_SCORE_KEY])[0] or 0.0)
    return np.array(values)


def _from_before(values: np.ndarray) -> np.ndarray:
    return np.concatenate([[0.0], values])


@dataclass(frozen=True)
class DifferenceConfig(ThumbnailConfig):
    """Which difference, and where it begins.

    Arguments:
        measure: ``histogram``, ``intensity`` or ``content``; usual: its threshold in the tools, before one is learned.
        kind: the class that is found.
        positive: how much more a sample at a cut weighs.
    """

    window: int = 1000
    before: int = 1
    confidence_radius: float = 0.014
    measure: str = "histogram"
    usual: PositiveNumber = 1.0
    kind: str = "abrupt"
    positive: NotNegativeNumber = 6.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.measure not in _MEASURES:
            raise ValueError(f"measure must be {' or '.join(_MEASURES)}, not {self.measure!r}")
        if self.classes and self.kind not in self.classes:
            raise ValueError(f"kind must be one of the classes, and {self.kind!r} is none")


class FrameDifference(Network):
    """The model: two numbers. ``forward`` takes a ``Window`` with thumbnails of at most ``config.window`` samples."""

    def __init__(self, config: DifferenceConfig) -> None:
        super().__init__()
        self.config = config
        self.scale = nn.Parameter(torch.tensor([math.log(_SHARPNESS)]))
        self.threshold = nn.Parameter(torch.ones(1))

    def forward(self, window: Window) -> Output:
        features = self.config.features_of(window)
        measure = _MEASURES[self.config.measure]
        numbers = features.detach().cpu().numpy()
        differences = np.stack([measure(self.config.pictures(one)) for one in numbers]) / self.config.usual
        at = torch.from_numpy(differences.astype(np.float32)).to(features.device)
        logits = features.new_full((*at.shape, len(self.config.classes)), _NEVER)
        logits[..., self.config.classes.index(self.config.kind)] = self.scale.exp() * (at - self.threshold)
        return Output(logits=logits)


_MEASURES: dict[str, Difference] = {
    "histogram": histogram_difference,
    "intensity": intensity_difference,
    "content": content_difference,
}


def difference_loss(model: FrameDifference, output: Output, targets: AnchorTargets) -> Tensor:
    """Binary cross-entropy of the one class that is found, samples at its cuts weighing more; mean over samples."""
    column = model.config.classes.index(model.config.kind)
    wanted = targets.confidence[..., column]
    each = F.binary_cross_entropy_with_logits(output.logits[..., column], wanted, reduction="none")
    return (each * (1 + model.config.positive * wanted) * targets.valid).sum() / targets.valid.sum().clamp_min(1)


_SYSTEM: System[Spot, DifferenceConfig, FrameDifference, AnchorTargets] = System(
    name="",
    paper="",
    config=DifferenceConfig,
    build=FrameDifference,
    loss=difference_loss,
    plan=kept_frames,
    task="boundaries",
)
for _name, _tool, _usual in (
    ("histogram", "scikit-video's scenedet by histograms", 1.0),
    ("intensity", "scikit-video's scenedet by intensities", 20.0),
    ("content", "PySceneDetect's ContentDetector", 27.0),
):
    register(
        replace(
            _SYSTEM,
            name=f"{_name}-boundaries",
            paper=f"{_tool}, as in Deliège et al., SoccerNet-v2, CVPRW 2021",
            defaults={"measure": _name, "usual": _usual},
        )
    )
