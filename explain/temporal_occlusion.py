"""Temporal occlusion: which moments the score rests on.

One sample after the other is taken out: blurred until nothing can be told apart and without its entities, or its
features as the mean of the half. What the change reaches is computed again. The value of a sample is how much the
score falls without it (below zero: it rises).

Paper: Zeiler & Fergus, "Visualizing and Understanding Convolutional Networks" (ECCV 2014), carried from
places to moments.
"""

from __future__ import annotations

import time

import numpy as np

from explain.attribution import TIME, Attribution
from explain.probe import Probe, ShareDone

NAME = "temporal-occlusion"
SPAN = 8  # samples to either side of the anchor: ±4 s at two a second


def explain(probe: Probe, label: str, *, span: int = SPAN, report: ShareDone | None = None) -> Attribution:
    """Fall of the score without each sample within ``span`` of the anchor; 0 elsewhere.

    Arguments:
        report: called with the share done; returning False ends the work early with what there is.
    """
    began = time.perf_counter()
    window, near = probe.window, probe.window.near(span)
    score = probe.score(label)
    values = np.zeros(len(window.times), np.float32)
    for done, index in enumerate(near):
        values[index] = score - float(probe.at_anchor(probe.without_samples([index]), label))
        if report and not report((done + 1) / len(near)):
            break
    score_without = float(probe.at_anchor(probe.without_samples(near), label))
    return probe.attribution(
        NAME,
        label,
        TIME,
        values,
        baseline=probe.taken_out,
        score_baseline=score_without,
        scale=(float(min(0.0, values.min())), float(max(1e-6, values.max()))),
        began=began,
    )
