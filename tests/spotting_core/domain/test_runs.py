"""Runs of a mask."""

from __future__ import annotations

import numpy as np

from spotting_core.domain.runs import runs


def test_runs_begin_and_end_where_the_mask_does() -> None:
    assert runs(np.array([True, True, False, True])) == [(0, 2), (3, 4)]
    assert runs(np.array([False, True, False])) == [(1, 2)]
    assert runs(np.zeros(3, bool)) == []
    assert runs(np.zeros(0, bool)) == []
