"""Integrated gradients: what every place adds to the score on the way from a blurred picture to the true one.

The path begins with the frames near the anchor blurred; the gradient along it, times the difference of the
pictures, adds up to the difference of the scores (``completeness``), which is checked and said: where the model
keeps other entities on the way, its score jumps, and no gradient sees a jump. Computed with Captum; the entities
stay as they were found.

Paper: Sundararajan et al., "Axiomatic Attribution for Deep Networks" (ICML 2017); the blurred baseline after
Xu et al., "Attribution in Scale and Space" (CVPR 2020).
"""

from __future__ import annotations

import time

import numpy as np
import torch
from captum.attr import IntegratedGradients
from torch import Tensor

from explain.attribution import SPACE, Attribution
from explain.probe import GRID, Probe, gradients

NAME = "integrated-gradients"
SPAN = 4  # samples to either side of the anchor
STEPS = 10
_BATCH = 3


def explain(probe: Probe, label: str, *, span: int = SPAN, steps: int = STEPS) -> Attribution:
    """Maps of the frames within ``span`` of the anchor, 0 elsewhere; they add up to the change of the score."""
    began = time.perf_counter()
    window, near = probe.window, probe.window.near(span)
    first, stop = near[0], near[-1] + 1

    def score(presence: Tensor) -> Tensor:
        """presence: (B, n, H, W), 0 blurred, 1 as filmed.

        Squared, which leaves the integral as it is and looks closer at the blurred end, where it bends most.
        """
        return probe.at_anchor(probe.logits(probe.mixed(presence.square(), first), first), label)

    there = torch.ones(1, stop - first, *window.pictures.shape[1:3], device=probe.model.device)
    with gradients(probe):
        attributed = IntegratedGradients(score).attribute(there, torch.zeros_like(there), n_steps=steps,
                                                     internal_batch_size=_BATCH)  # fmt: skip
    with torch.no_grad():
        score_without = float(score(torch.zeros_like(there)))
    values = np.zeros((len(window.times), *GRID), np.float32)
    values[first:stop] = summed_by_cell(attributed[0].detach().float())
    reach = float(max(1e-6, np.abs(values).max()))
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline=f"the {stop - first} frames around the anchor blurred",
        held_fixed="the entities that were found",
        score_baseline=score_without,
        scale=(-reach, reach),
        began=began,
    )


def completeness(attribution: Attribution) -> float:
    """Share of the change of the score that the values add up to; 1 if all of it."""
    change = attribution.score - attribution.score_baseline
    return float(attribution.values.sum()) / change if abs(change) > 1e-6 else float("nan")


def summed_by_cell(values: Tensor) -> np.ndarray:
    """Sum over the pixels of every cell of the grid: (n, H, W) to (n, rows, columns)."""
    height, width = values.shape[1:]
    rows = torch.arange(height) * GRID[0] // height
    columns = torch.arange(width) * GRID[1] // width
    cells = (rows[:, None] * GRID[1] + columns[None]).flatten().to(values.device)
    summed = torch.zeros(len(values), GRID[0] * GRID[1], device=values.device)
    return summed.index_add_(1, cells, values.flatten(1)).view(-1, *GRID).cpu().numpy()
