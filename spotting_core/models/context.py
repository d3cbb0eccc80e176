"""The context-aware loss: what a sample should say of an action depends on how far before or after it lies.

Paper: Cioppa et al., "A Context-Aware Loss Function for Action Spotting in Soccer Videos" (CVPR 2020).
Original code: SoccerNet/sn-spotting, folder CALF.

Four times per class, K1 < K2 < 0 < K3 < K4, cut the time around an action (s seconds after it, negative before):

    far before    s < K1        no action
    just before   K1 <= s < K2  no action, ever less strictly
    before        K2 <= s < 0   nothing is asked
    at and after  0 <= s < K3   an action, ever less strictly
    after         K3 <= s < K4  no action, ever more strictly
    far after     s >= K4       no action

The times of a class table lie beside it, ``assets/classes/<name>.context.csv``: name, k1, k2, k3, k4 in seconds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import file_beside, rows_beside

_TIMES = ("k1", "k2", "k3", "k4")
_HIT_RADIUS, _MISS_RADIUS = 0.1, 0.9  # how near a score may stay to 1 and to 0 before nothing more is asked


def context_times(table: str, classes: Sequence[str]) -> np.ndarray:
    """K1 to K4 of each class in seconds: float64 (4, C).

    Errors:
        BadInputError: the class table has no such times, or lacks a class.
    """
    rows = {row["name"]: [float(row[k]) for k in _TIMES] for row in rows_beside(table, "context", ("name", *_TIMES))}
    if not rows:
        raise BadInputError(
            f"the class table {table!r} has no times for the context-aware loss",
            where=file_beside(table, "context"),
            fix="Write one: name, k1, k2, k3, k4 in seconds around an action",
        )
    missing = [name for name in classes if name not in rows]
    if missing:
        raise BadInputError(
            f"class {missing[0]!r} has no times for the context-aware loss", where=file_beside(table, "context")
        )
    return np.array([rows[name] for name in classes]).T


def context_shifts(events: Sequence[Sequence[int]], samples: int, k: np.ndarray) -> np.ndarray:
    """The signed shift from the action that governs each sample: float32 (T, C), samples; negative before it.

    Arguments:
        events: for each class the samples of its actions in order; they may lie outside 0 to T.
        k: K1 to K4 in samples, (4, C).

    A class without actions is far before one everywhere (K1). Between two actions the earlier governs the samples
    up to K3 after it and the later those from K2 before it on; in between, whichever is relatively nearer.
    """
    shifts = np.empty((samples, len(events)), np.float32)
    at = np.arange(samples)
    for column, places in enumerate(events):
        k1, k2, k3, k4 = k[:, column]
        if not len(places):
            shifts[:, column] = k1
        elif len(places) == 1:
            shifts[:, column] = at - places[0]
        else:
            # Two more beyond the ends, so far away that they govern nothing.
            virtual = np.array([min(0, places[0]) - k4, *places, max(samples, places[-1]) - k1])
            shifts[:, column] = _governed(at, virtual, k1, k2, k3, k4)
    return shifts


def _governed(at: np.ndarray, places: np.ndarray, k1: float, k2: float, k3: float, k4: float) -> np.ndarray:
    following = np.searchsorted(places, at, side="right").clip(1, len(places) - 1)
    since, until = at - places[following - 1], at - places[following]  # >= 0, < 0
    nearer = (since - k3) / (k4 - k3) < (k2 - until) / (k2 - k1)
    earlier = (since < k3) | ((since < k4) & ((until <= k1) | nearer))
    shifts: np.ndarray = np.where(earlier, since, until)
    return shifts


def context_loss(score: Tensor, shift: Tensor, k: Tensor, valid: Tensor) -> Tensor:
    """Summed over batch, samples and classes.

    Arguments:
        score: (B, T, C), 0 to 1, how near an action; shift: (B, T, C), samples.
        k: (4, C), samples; valid: (B, T), 0 where nothing is asked.
    """
    k1, k2, k3, k4 = k
    miss, hit = math.log(_MISS_RADIUS), math.log(1 - _HIT_RADIUS)
    away = 1 - score
    before = away + score * (shift - k1) / (k2 - k1)
    after = away + score * (shift - k4) / (k3 - k4)
    inside = score + away * shift / k3
    cases = (
        (shift < k1, away, miss),
        ((shift >= k1) & (shift < k2), before, miss),
        ((shift >= 0) & (shift < k3), inside, hit),
        ((shift >= k3) & (shift < k4), after, miss),
        (shift >= k4, away, miss),
    )
    total = torch.zeros_like(score)
    for where, value, limit in cases:
        defined = torch.where(where, value, torch.ones_like(value))  # the others' values may be out of the log's reach
        total = total + (limit - defined.clamp_min(1e-7).log()).clamp_min(0) * where
    return (total * valid.unsqueeze(-1)).sum()
