"""Entity attention: which entities the model itself kept, and with what weight, in every frame of a window.

Nothing is computed beside the model: these are the weights that multiplied the entities' tokens. They say
what was read, not what decided; ``entity_ablation`` measures the latter.
"""

from __future__ import annotations

import time

import numpy as np

from explain.attribution import ENTITY, ENTITY_ROW, Attribution
from explain.probe import Probe

NAME = "entity-attention"


def explain(probe: Probe, label: str) -> Attribution:
    """One row per entity of the window, with its weight and whether it was kept; ``effect`` is not measured."""
    began = time.perf_counter()
    return probe.attribution(
        NAME,
        label,
        ENTITY,
        entity_rows(probe),
        baseline="none: read from the model",
        score_baseline=float("nan"),
        scale=(0.0, 1.0),
        began=began,
    )


def entity_rows(probe: Probe) -> np.ndarray:
    """Rows of ``ENTITY_ROW`` for all entities of a window, effects not a number."""
    window, output = probe.window, probe.output
    table = window.table
    if table is None or output.weight is None or output.kept is None:
        return np.zeros(0, ENTITY_ROW)
    sample, slot, _ = table.slots(window.first, window.first + len(window.times))
    rows = np.zeros(len(table), ENTITY_ROW)
    rows["sample"], rows["entity"], rows["score"] = table.sample, table.entity, table.score
    for i, corner in enumerate(("x1", "y1", "x2", "y2")):
        rows[corner] = table.box[:, i]
    rows["kept"] = output.kept[0, probe.inside].cpu().numpy()[sample, slot]
    rows["weight"] = output.weight[0, probe.inside].float().cpu().numpy()[sample, slot]
    rows["effect"] = np.nan
    return rows
