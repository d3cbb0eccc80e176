"""Replay grounding: what is common to systems that judge a replay against a stretch of its half.

A system reads two windows: the stretch in which the action may lie, and the replay (``Window.second``). It says of
every sample of the stretch how sure it is that the replay shows what happens there. At analysis the stretch is what
comes before the end of the replay: of the replays of 60 real games 94 % show something of the two minutes before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from spotting_core.base.validation import Positive, Share
from spotting_core.domain.cameras import Grounding
from spotting_core.models.inputs import Inputs
from spotting_core.models.registry import FeatureConfig
from spotting_core.models.targets import Targets
from spotting_core.models.window import Window
from spotting_core.models.window_plan import ZEROS, WindowPlan

NEVER = 1e-6
"""Confidence where nothing was detected."""


@dataclass(frozen=True)
class GroundingConfig(FeatureConfig):
    """What every system that grounds replays has.

    Arguments:
        window: samples of the stretch that is judged; replay: samples of the replay, which is repeated or cut to them.
        ends_with_replay: whether stretches to train on end where the replay does, as at analysis; else they lie
            anywhere around the action.
        repeated: whether a replay that is shorter than ``replay`` is repeated; else zeros follow it.
        negative_share: of the pairs to train on whose action is not in the stretch.
        wide_negatives: whether stretches and replays that do not belong together are taken from all matches, not from
            one half ("more negatives").
    """

    window: Positive = 240
    replay: Positive = 240
    ends_with_replay: bool = False
    repeated: bool = True
    wide_negatives: bool = False
    negative_share: Share = 0.0

    @property
    def exact(self) -> bool:
        return True

    def replay_of(self, window: Window) -> Tensor:
        """The features of the replay, checked: (B, replay, dim).

        Errors:
            ValueError: there are none, or of another shape.
        """
        second = window.second.features if window.second is not None else None
        if second is None or second.shape[1:] != (self.replay, self.dim):
            shape = None if second is None else tuple(second.shape)
            raise ValueError(f"this model reads replays (B, {self.replay}, {self.dim}); the window has {shape}")
        return second

    def before_replay(self, window: Window) -> Tensor:
        """Which samples of a stretch that ends with its replay lie before it: bool (B, window).

        Errors:
            ValueError: see ``replay_of``.
        """
        replay = self.replay_of(window)
        real = window.second.valid if window.second is not None else None
        lengths = real.sum(1) if real is not None else replay.new_full((len(replay),), self.replay, dtype=torch.long)
        return torch.arange(self.window, device=replay.device)[None, :] < self.window - lengths[:, None]


@dataclass(frozen=True)
class GroundingTargets(Targets):
    """What a stretch should say of a replay.

    Arguments:
        at: float (…, T), 1 for the sample at which the action lies, zeros where it is not in the stretch.
        shift: float (…, T), samples after the action, negative before it; far where it is not in the stretch.
        detection: float (…, 1, 2): whether the action is there, and its place in the stretch (0 to 1).
        valid: float (…, T), 0 for samples beyond the half.
    """

    blends: ClassVar[bool] = False

    at: Tensor
    shift: Tensor
    detection: Tensor
    valid: Tensor


def grounding_targets(
    shown: Iterable[Grounding], times: np.ndarray, config: GroundingConfig, valid: np.ndarray | None = None
) -> GroundingTargets:
    """Targets of one stretch.

    Arguments:
        shown: what the replay shows; nothing where the stretch is of another one.
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    at = np.zeros(len(times), np.float32)
    shift = np.full(len(times), -1e4, np.float32)
    detection = torch.zeros(1, 2)
    alive = np.ones(len(times), np.float32) if valid is None else valid.astype(np.float32)
    step = 1e6 / config.rate
    for grounding in shown:
        link = grounding.candidates[0].link
        place = (link.time - int(times[0])) / step
        sample = round(place)
        if link.half == grounding.half and 0 <= sample < len(times) and alive[sample]:
            at[sample] = 1
            shift = (np.arange(len(times)) - sample).astype(np.float32)
            detection[0] = torch.tensor([1.0, min(max(place / len(times), 0.0), 1.0)])
    return GroundingTargets(torch.from_numpy(at), torch.from_numpy(shift), detection, torch.from_numpy(alive))


def reads_pairs(config: GroundingConfig) -> Inputs:
    """Two windows of feature sets."""
    return Inputs(features=config.dim, windows=2)


def one_stretch(config: GroundingConfig) -> WindowPlan:
    """One window, of which every sample counts."""
    return WindowPlan(config.window, config.window, outside=ZEROS)


def detected(confidence: Tensor, place: Tensor, samples: int) -> Tensor:
    """One detection in a stretch as logits of its samples: (B, T, 1).

    Arguments:
        confidence: (B,), 0 to 1; place: (B,), in the stretch, 0 to 1.
    """
    at = (place * (samples - 1)).floor().long().unsqueeze(1)
    empty = confidence.new_zeros(len(confidence), samples)
    dense = empty.scatter(1, at, confidence.unsqueeze(1))
    return dense.clamp(NEVER, 1 - NEVER).logit().unsqueeze(-1)
