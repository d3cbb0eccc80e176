"""CALF: a segmentation around actions by capsules, and detections made from it.

Paper: Cioppa et al., "A Context-Aware Loss Function for Action Spotting in Soccer Videos" (CVPR 2020), with the
settings of SoccerNet-v2 (Deliège et al., CVPRW 2021).
Original code: SoccerNet/sn-spotting, folder CALF.

``calf-boundaries`` is the same for boundaries between shots, with the sizes that SoccerNet-v2 gives it: windows of 24
s, a receptive field of 8 s, nine detections. Its times around a change are ours, for they are not published.

Differences:
* losses are per clip, not summed over the batch; their ratio is the paper's;
* of several detections that fall on one sample and class the most confident stays;
* the optimiser, its schedule and the moving average of the weights are those of every system here;
* a half shorter than a window is filled with zeros, whose samples are asked for nothing.

The loss is in ``context``. The normalisation of the capsules runs over time as the channel, as in the original, so
a window always has the same length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from spotting_core.domain.spots import Spot
from spotting_core.models.context import context_loss, context_shifts, context_times
from spotting_core.models.network import Network
from spotting_core.models.registry import FeatureConfig, System, register
from spotting_core.models.targets import Targets
from spotting_core.models.window import Output, Window

_NEVER = 1e-6  # confidence where nothing was detected
_PLACE, _CONFIDENCE, _EMPTY, _CLASS = 5.0, 1.0, 0.5, 1.0  # weights of the detections' loss


@dataclass(frozen=True)
class CalfConfig(FeatureConfig):
    """Shape and loss of the model.

    Arguments:
        table: name of the class table whose times the loss uses (``<table>.context.csv``).
        first, second: channels of the two reductions; pyramid: of its four branches.
        capsule: numbers per class and sample; detections: per window.
        segmentation: weight of the segmentation's loss, the detections' is 1.

    ``before`` and ``after`` are half of the receptive field (40 s at two samples a second).
    """

    window: int = 240
    before: int = 40
    after: int = 40
    suppression: float = 20.0
    table: str = "soccernet-v2"
    first: int = 128
    second: int = 32
    pyramid: tuple[int, ...] = (8, 16, 32, 64)
    capsule: int = 16
    detections: int = 15
    segmentation: float = 0.000367

    @property
    def field(self) -> int:
        """Receptive field in samples."""
        return self.before + self.after

    @property
    def widths(self) -> tuple[int, int, tuple[int, ...]]:
        """Channels of the two reductions and of the pyramid's branches."""
        return self.first, self.second, self.pyramid

    @property
    def context(self) -> int:
        """Channels of a sample that has seen its receptive field."""
        return self.widths[1] + sum(self.widths[2])

    @property
    def exact(self) -> bool:
        return True  # the normalisation has a number for each sample


@dataclass(frozen=True)
class CalfTargets(Targets):
    """What a window should say.

    Arguments:
        shift: float (…, T, C), samples from the action that governs each sample (see ``context_shifts``).
        counted: float (…, T), 0 for samples near the window's ends or beyond the half.
        detections: float (…, N, 2 + C): 1, place in the window (0 to 1) and class; zeros where there is none.
    """

    blends: ClassVar[bool] = False  # between two ways to an action there is none, nor between two actions
    shift: Tensor
    counted: Tensor
    detections: Tensor


@lru_cache(maxsize=8)
def _times(config: CalfConfig) -> np.ndarray:
    """K1 to K4 in samples: float64 (4, C)."""
    return context_times(config.table, config.classes) * config.rate


def calf_targets(
    spots: Iterable[Spot], times: np.ndarray, config: CalfConfig, valid: np.ndarray | None = None
) -> CalfTargets:
    """Targets of one window; actions outside of it govern its samples too.

    Arguments:
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    samples = len(times)
    counted = np.ones(samples, np.float32) if valid is None else valid.astype(np.float32)
    counted[: config.before] = counted[samples - config.after :] = 0
    places: list[set[int]] = [set() for _ in config.classes]
    column = {name: k for k, name in enumerate(config.classes)}
    for spot in spots:
        if spot.label in column:
            places[column[spot.label]].add(round((spot.time - int(times[0])) / 1e6 * config.rate))
    shift = context_shifts([sorted(p) for p in places], samples, _times(config))
    inside = sorted((t, k) for k, own in enumerate(places) for t in own if 0 <= t < samples and counted[t])
    detections = torch.zeros(config.detections, 2 + len(config.classes))
    for slot, (t, k) in enumerate(inside[: config.detections]):
        detections[slot, 0], detections[slot, 1], detections[slot, 2 + k] = 1, t / samples, 1
    return CalfTargets(torch.from_numpy(shift), torch.from_numpy(counted), detections)


def pyramid(config: CalfConfig) -> tuple[nn.ModuleList, nn.ModuleList]:
    """What fills the ends for each branch of the pyramid over time, and the branches."""
    _, second, widths = config.widths
    reaches = [-(-config.field // share) for share in (7, 3, 2, 1)]
    pads = nn.ModuleList(nn.ZeroPad2d((0, 0, (k - 1) // 2, k // 2)) for k in reaches)
    return pads, nn.ModuleList(nn.Conv2d(second, width, (k, 1)) for width, k in zip(widths, reaches, strict=True))


def over_time(pads: nn.ModuleList, branches: nn.ModuleList, reduced: Tensor) -> Tensor:
    """What the pyramid sees of places side by side, and what it was given: (B, second, T, P) to (B, context, T, P)."""
    seen = [F.relu(conv(pad(reduced))) for conv, pad in zip(branches, pads, strict=True)]
    return torch.cat([*seen, reduced], dim=1)


class CalfTrunk(Network):
    """What looks at the features of exactly ``config.window`` samples, and says how near an action is.

    Arguments:
        visual: numbers of a sample that its own branch reads, ``config.dim`` where not given; 0 for no such branch.
        beside: channels that another branch gives.
    """

    def __init__(self, config: CalfConfig, visual: int | None = None, beside: int = 0) -> None:
        super().__init__()
        self.config = config
        visual = config.dim if visual is None else visual
        classes, context = len(config.classes), (config.context if visual else 0) + beside
        if visual:
            first, second, _ = config.widths
            self.conv_1 = nn.Conv2d(1, first, (1, visual))
            self.conv_2 = nn.Conv2d(first, second, 1)
            self.pads, self.branches = pyramid(config)
        self.conv_seg = nn.Conv2d(context, config.capsule * classes, (3, 1), padding=(1, 0))
        self.batch_seg = nn.BatchNorm2d(config.window, momentum=0.01, eps=0.001)

    def capsules(self, features: Tensor) -> Tensor:
        """Features (B, T, dim) to ``capsule`` numbers for each class: (B, capsule * C, T, 1)."""
        capsules: Tensor = self.conv_seg(self.seen(features))
        return capsules

    def seen(self, features: Tensor) -> Tensor:
        """What the visual branch sees of each sample's surroundings: (B, T, D) to (B, context, T, 1)."""
        reduced = F.relu(self.conv_2(F.relu(self.conv_1(features.unsqueeze(1)))))  # (B, second, T, 1)
        return over_time(self.pads, self.branches, reduced)

    def closeness(self, capsules: Tensor) -> Tensor:
        """How near an action of each class is: (B, T, C), 0 to 1."""
        b, t, classes = len(capsules), self.config.window, len(self.config.classes)
        by_class = capsules.permute(0, 2, 3, 1).reshape(b, t, self.config.capsule, classes)
        spread = (torch.sigmoid(self.batch_seg(by_class)) - 0.5).square().sum(2) * 4 / self.config.capsule
        return 1 - spread.clamp_min(1e-12).sqrt()  # an action is near where the capsule is short


class Calf(CalfTrunk):
    """The model. ``forward`` takes a ``Window`` with features of exactly ``config.window`` samples."""

    def __init__(self, config: CalfConfig, visual: int | None = None, beside: int = 0) -> None:
        super().__init__(config, visual, beside)
        classes = len(config.classes)
        self.conv_spot_1 = nn.Conv2d((config.capsule + 1) * classes, 32, (3, 1), padding=(1, 0))
        self.conv_spot_2 = nn.Conv2d(32, 16, (3, 1), padding=(1, 0))
        self.pool = nn.MaxPool2d((3, 1), stride=(2, 1))
        left = config.window
        for _ in range(3):
            left = (left - 3) // 2 + 1
        self.to_place = nn.Linear(16 * left, config.detections * 2)
        self.to_class = nn.Linear(16 * left, config.detections * classes)

    def forward(self, window: Window) -> Output:
        capsules = self.capsules(self.config.features_of(window))
        score = self.closeness(capsules)
        detections = self._detections(capsules, score)
        return Output(logits=self._logits(detections, self.config.window), segmentation=score, detections=detections)

    def _detections(self, capsules: Tensor, score: Tensor) -> Tensor:
        both = torch.cat([capsules, score.transpose(1, 2).unsqueeze(-1)], dim=1)
        x = self.pool(F.relu(both))
        x = self.pool(F.relu(self.conv_spot_1(x)))
        x = self.pool(F.relu(self.conv_spot_2(x))).flatten(1)
        n = self.config.detections
        place = torch.sigmoid(self.to_place(x)).view(len(x), n, 2)
        kind = self.to_class(x).view(len(x), n, -1).softmax(-1)
        return torch.cat([place, kind], dim=-1)

    def _logits(self, detections: Tensor, samples: int) -> Tensor:
        """Confidence of the detections at their samples and classes, as logits: (B, T, C)."""
        classes = detections.shape[-1] - 2
        at = (detections[..., 1] * (samples - 1)).floor().long()
        cell = at * classes + detections[..., 2:].argmax(-1)
        empty = detections.new_zeros(len(detections), samples * classes)
        dense = empty.scatter_reduce(1, cell, detections[..., 0], "amax")
        return dense.clamp(_NEVER, 1 - _NEVER).logit().view(len(detections), samples, classes)


def calf_loss(model: Calf, output: Output, targets: CalfTargets) -> Tensor:
    """Context-aware loss of the segmentation and squared errors of the detections, per clip."""
    assert output.segmentation is not None
    assert output.detections is not None
    k = torch.from_numpy(_times(model.config)).to(output.segmentation)
    segmentation = context_loss(output.segmentation, targets.shift, k, targets.counted)
    detection = detection_loss(output.detections, targets.detections)
    return (model.config.segmentation * segmentation + detection) / len(targets.counted)


def detection_loss(predicted: Tensor, true: Tensor) -> Tensor:
    """Squared errors of detections, each true one compared with the prediction matched to it; summed.

    Arguments:
        predicted, true: (B, N, 2 + C), see ``CalfTargets``.
    """
    order = torch.stack([match_detections(p[:, 1], t) for p, t in zip(predicted.detach(), true, strict=True)])
    ordered = predicted.gather(1, order.to(predicted.device).unsqueeze(-1).expand_as(predicted))
    real = true[..., 0]
    place = _PLACE * (ordered[..., 1] - true[..., 1]).square()
    confidence = _CONFIDENCE * (ordered[..., 0] - true[..., 0]).square()
    kind = _CLASS * (ordered[..., 2:] - true[..., 2:]).square().sum(-1)
    return (real * (place + confidence + kind) + (1 - real) * _EMPTY * ordered[..., 0].square()).sum()


def match_detections(place: Tensor, true: Tensor) -> Tensor:
    """Which prediction goes to each slot of the truth: int64 (N,).

    Pairs that are each other's nearest are matched, round after round, first for the real ones; the rest, which are
    all alike, fill the empty slots.

    Arguments:
        place: (N,), of the predictions; true: (N, 2 + C).
    """
    real = true[:, 0] > 0
    near = 1 - (true[:, 1:2] - place.unsqueeze(0)).abs()  # (N true, N predicted)
    near[~real] = -1
    order = torch.full((len(place),), -1, dtype=torch.long)
    left = set(range(len(place)))
    while (real & (order < 0).to(real.device)).any():
        best, theirs = near.argmax(1), near.argmax(0)
        for slot in torch.nonzero(real).flatten().tolist():
            one = int(best[slot])
            if order[slot] < 0 and int(theirs[one]) == slot:
                order[slot] = one
                left.discard(one)
        taken = torch.tensor([i for i in range(len(place)) if i not in left], device=near.device, dtype=torch.long)
        near[order.to(near.device) >= 0] = -1
        near[:, taken] = -1
    rest = sorted(left)
    order[order < 0] = torch.tensor(rest, dtype=torch.long)
    return order


_CALF = System(
    name="calf",
    paper="Cioppa et al., A Context-Aware Loss Function for Action Spotting in Soccer Videos, CVPR 2020",
    config=CalfConfig,
    build=Calf,
    loss=calf_loss,
    targets=calf_targets,
)
_BOUNDARIES = {
    "window": 48,
    "before": 8,
    "after": 8,
    "detections": 9,
    "suppression": 1.0,
    "table": "soccernet-boundaries",
}
register(_CALF)
register(
    replace(
        _CALF,
        name="calf-boundaries",
        paper="CALF-detection of Deliège et al., SoccerNet-v2, CVPRW 2021, after Cioppa et al., CVPR 2020",
        task="boundaries",
        defaults=_BOUNDARIES,
    )
)
