"""Gradient × features: what every sample's features add to the score, for models that read features.

The slope of the score along a sample's features, times how far they are from the mean of the half, summed over the
features. Computed with Captum.

Paper: Shrikumar et al., "Learning Important Features Through Propagating Activation Differences" (ICML 2017), for
gradient × input.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from captum.attr import InputXGradient
from torch import Tensor

from explain.attribution import TIME, Attribution
from explain.probe import Probe

NAME = "feature-gradient"


def explain(probe: Probe, label: str) -> Attribution:
    """One value per sample of the window; positive where its features speak for the class."""
    began = time.perf_counter()
    features, mean = probe.features, probe.mean
    assert features is not None, "Method.supports tells which models read features"
    assert mean is not None
    away = features - mean

    def score(difference: Tensor) -> Tensor:
        """difference: (B, window, D), of the features from the mean."""
        return probe.at_anchor(probe.logits(features=mean + difference), label)

    with torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        attributed = InputXGradient(score).attribute(away[None].clone().requires_grad_(True))[0]
    values = attributed.detach().sum(1).float().cpu().numpy()[probe.inside]
    with torch.no_grad():
        score_without = float(score(torch.zeros_like(away)[None])[0])
    return probe.attribution(
        NAME,
        label,
        TIME,
        np.ascontiguousarray(values),
        baseline=f"the mean features of the {probe.mean_of}",
        score_baseline=score_without,
        scale=(float(min(0.0, values.min())), float(max(1e-6, values.max()))),
        began=began,
    )
