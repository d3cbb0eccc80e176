"""Occlusion: how much the score falls when a place is taken out of the picture, place by place.

A patch is blurred in all frames near the anchor at once, and the entities whose middle lies in it are taken
out with it. Overlapping patches are averaged; what the model does not read has nothing. Computed with Captum.

Paper: Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014).
"""

from __future__ import annotations

import time

import numpy as np
import torch
from captum.attr import Occlusion
from torch import Tensor

from explain.attribution import SPACE, Attribution
from explain.probe import GRID, Probe

NAME = "occlusion"
SPAN = 4  # samples to either side of the anchor
PATCH, STRIDE = 2, 1  # cells of the grid
_BATCH = 8


def explain(probe: Probe, label: str, *, span: int = SPAN, patch: int = PATCH, stride: int = STRIDE) -> Attribution:
    """Fall of the score by place, the same for all frames within ``span`` of the anchor; 0 elsewhere."""
    began = time.perf_counter()
    window, near = probe.window, probe.window.near(span)
    first, count = near[0], len(near)

    def score(presence: Tensor) -> Tensor:
        """presence: (B, 1, rows, columns)."""
        return probe.at_anchor(probe.keep(presence.expand(-1, count, -1, -1), first), label)

    attributed = Occlusion(score).attribute(
        torch.ones(1, 1, *GRID),
        sliding_window_shapes=(1, patch, patch),
        strides=(1, stride, stride),
        perturbations_per_eval=_BATCH,
    )
    values = np.zeros((len(window.times), *GRID), np.float32)
    # A patch at the edge of what is looked at reaches beyond it.
    values[first : first + count] = attributed[0].float().numpy() * probe.read_cells(first, first + count)
    score_without = float(score(torch.zeros(1, 1, *GRID)))
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline=f"a patch of {patch} by {patch} cells blurred in {count} frames, its entities taken out",
        score_baseline=score_without,
        scale=(float(min(0.0, values.min())), float(max(1e-6, values.max()))),
        began=began,
    )
