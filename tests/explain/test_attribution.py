"""What an explanation says of every moment, whatever it is of."""

from __future__ import annotations

import numpy as np
import pytest

from explain.attribution import ENTITY, ENTITY_ROW, SPACE, TIME, Attribution


def test_profiles_of_time_are_not_shifted() -> None:
    times = np.arange(4, dtype=np.int64) * 500_000
    fields = {"model": "m", "half": 1, "label": "Goal", "anchor": 0, "baseline": "", "held_fixed": "", "score": 1.0,
              "score_baseline": 0.0, "scale": (0.0, 1.0), "seconds": 0.0}  # fmt: skip
    space = np.zeros((4, 2, 2), np.float32)
    space[1] = [[1, 2], [-5, 0]]
    assert Attribution("m", kind=SPACE, values=space, times=times, **fields).over_time(0).tolist() == [0, 3, 0, 0]
    line = np.array([0.0, -1.0, 2.0, 0.5], np.float32)
    assert Attribution("m", kind=TIME, values=line, times=times, **fields).over_time(7).tolist() == [0, 0, 2, 0.5]
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["weight"], rows["effect"] = (7, 9, 9), (0.5, 0.2, 0.3), np.nan
    found = Attribution("m", kind=ENTITY, values=rows, times=times, **fields)
    assert found.over_time(7) == pytest.approx([0.5, 0, 0.3, 0])
    rows["effect"] = (-0.1, -0.2, -0.4)
    assert found.over_time(7) == pytest.approx([0.1, 0, 0.6, 0])
