"""Gradient times attention: for every entity, how the score would change if the model weighed it more.

The gradient of the class's logit with respect to the logarithm of an entity's share is, by the softmax of the
attention, its weight times what its weight gains over the others'. Computed with Captum's input times
gradient.

Papers: Shrikumar et al., "Not Just a Black Box" (2016) for input times gradient; Chefer et al., "Generic
Attention-model Explainability" (ICCV 2021) for weighing attention by its gradient.
"""

from __future__ import annotations

import time

import numpy as np
from captum.attr import InputXGradient
from torch import Tensor

from explain.attribution import ENTITY, Attribution
from explain.entity_attention import entity_rows
from explain.probe import Probe, gradients

NAME = "gradient-attention"


def explain(probe: Probe, label: str) -> Attribution:
    """One row per entity of the window; ``effect`` is the change of the logit per unit of log share, negated.

    As in ``entity_ablation`` an effect below zero says that the entity speaks for the class.
    """
    began = time.perf_counter()
    rows = entity_rows(probe)
    if probe.entities is not None and len(rows):
        window = probe.window

        def logit(share: Tensor) -> Tensor:
            return probe.logits(share=share)[:, probe.row, probe.model.classes.index(label)]

        share = probe.entities.share.clone().requires_grad_(True)
        with gradients(probe):
            values = InputXGradient(logit).attribute(share)[0].detach().float().cpu().numpy()
        assert window.table is not None
        sample, slot, _ = window.table.slots(window.first, window.first + len(window.times))
        rows["effect"] = -values[window.before + sample, slot]
    reach = float(np.abs(rows["effect"]).max(initial=1e-6))
    return probe.attribution(
        NAME,
        label,
        ENTITY,
        rows,
        baseline="none: a gradient",
        held_fixed="the picture and the environment features",
        score_baseline=float("nan"),
        scale=(-reach, reach),
        began=began,
    )
