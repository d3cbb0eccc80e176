"""What each sample of a window should say of shots: which camera is on, in a replay or live, and whether one begins."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from spotting_core.domain.cameras import Shot, camera_class
from spotting_core.models.registry import SystemConfig
from spotting_core.models.targets import Targets


@dataclass(frozen=True)
class ShotTargets(Targets):
    """Targets of the samples of a window, or of a batch of them.

    Arguments:
        camera: float (…, T, C), 1 for the camera that is on; zeros where nobody said.
        replay: float (…, T), 1 in replays.
        change: float (…, T), 1 where a sample is the first of its shot.
        valid: float (…, T), 0 for samples beyond the half, or of no known camera.
    """

    blends: ClassVar[bool] = False  # there is no change between two changes

    camera: Tensor
    replay: Tensor
    change: Tensor
    valid: Tensor


def shot_targets(
    shots: Iterable[Shot], times: np.ndarray, config: SystemConfig, valid: np.ndarray | None = None
) -> ShotTargets:
    """Targets of one window.

    Arguments:
        times: int64 (T,) microseconds; valid: bool (T,), samples inside the half, or None for all.
    """
    ordered = sorted(shots, key=lambda s: s.start)
    number = np.searchsorted([s.end for s in ordered], times, side="right")  # of the shot that a sample lies in
    inside = number < len(ordered)
    columns = np.array([*(_column(s.label, config.classes) for s in ordered), -1])
    column = columns[number]
    known = inside & (column >= 0)
    if valid is not None:
        known &= valid
    camera = np.zeros((len(times), len(config.classes)), np.float32)
    camera[known, column[known]] = 1
    replayed = np.array([*(s.replay for s in ordered), False])[number]
    first = np.zeros(len(times), bool)
    first[1:] = np.diff(number) != 0
    return ShotTargets(*(torch.from_numpy(a.astype(np.float32)) for a in (camera, replayed, first, known)))


def _column(label: str, classes: tuple[str, ...]) -> int:
    """Column of a camera; -1 for one that is not among the classes."""
    name = camera_class(label)
    return classes.index(name) if name in classes else -1
