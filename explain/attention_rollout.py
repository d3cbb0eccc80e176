"""Attention rollout: which places of which moments reach the anchor through all layers of attention.

For transformers that look at single places of a picture and then over time. Over time the rollout says how much of each
token the anchor has, over places how much of each place a token has; a place counts by the product of both. It is
read from the model, whatever the class: it shows what was looked at, not what spoke for the class.

Paper: Abnar & Zuidema, "Quantifying Attention Flow in Transformers" (ACL 2020).
"""

from __future__ import annotations

import time

from explain.attribution import SPACE, Attribution
from explain.maps import to_grid
from explain.probe import Probe
from explain.temporal_attention import over_samples
from spotting_core.models.attention_flow import rollout

NAME = "attention-rollout"


def explain(probe: Probe, label: str) -> Attribution:
    """Maps of all samples of the window on the common grid: shares of what the anchor reads."""
    began = time.perf_counter()
    flow = probe.attention()
    places = rollout(flow.over_places)[:, 0, 1:]  # of the class token: (N, places)
    places = places / places.sum(1, keepdim=True)
    moments = over_samples(flow, probe.row)  # (rows,)
    of_samples = places.view(-1, *flow.grid).repeat_interleave(flow.samples, 0)  # (rows, h, w)
    maps = to_grid(of_samples.float())
    maps = maps / maps.sum((1, 2), keepdim=True).clamp_min(1e-12) * moments[:, None, None]
    values = maps[probe.inside].cpu().numpy()
    return probe.attribution(
        NAME,
        label,
        SPACE,
        values,
        baseline="none: read from the model",
        score_baseline=float("nan"),
        scale=(0.0, max(1e-9, float(values.max()))),
        began=began,
    )
