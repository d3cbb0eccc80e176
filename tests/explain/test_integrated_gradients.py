"""Integrated gradients of models whose reasons are known: where they lie, and that they add up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from explain import integrated_gradients
from explain.attribution import SPACE
from explain.integrated_gradients import completeness, explain
from explain.probe import GRID, Probe
from spotting_core.models.window import Output, Window
from tests.explain.toys import CLASSES, GOAL, WIDTH, H, OneFrame, W, explained_window, toy

ANCHOR = 15
CELL_HEIGHT, CELL_WIDTH = (
    27,
    30,
)  # pixels whose row and column of the grid are looked for: 27 * 8 // 36 = 6, 30 * 14 // 64 = 6


class OnePlace(nn.Module):
    """Says "goal" at sample t by how bright one pixel of sample t + 1 is, and against it by another of sample t."""

    def __init__(self) -> None:
        super().__init__()
        self.unused = nn.Parameter(torch.zeros(1))

    def forward(self, window: Window) -> Output:
        assert window.pictures is not None
        spoken = window.pictures[:, :, 0, 5, 60]
        against = window.pictures[:, :, 0, CELL_HEIGHT, CELL_WIDTH]
        logits = torch.full((1, spoken.shape[1], len(CLASSES)), -4.0)
        logits[:, :, GOAL] = torch.roll(spoken, -1, 1) - 0.5 * against
        return Output(logits=logits, pooled=torch.zeros(1, spoken.shape[1], 1))


def a_probe(network: nn.Module) -> Probe:
    """The two pixels are bright in every sample, all around them grey."""
    window = explained_window(ANCHOR)
    pictures = np.full((W, H, WIDTH, 3), 110, np.uint8)
    pictures[:, 5, 60], pictures[:, CELL_HEIGHT, CELL_WIDTH] = 250, 250
    return Probe(toy(network), window.with_pictures(pictures), precise=True)


def places(values: np.ndarray) -> list[tuple[int, ...]]:
    """(sample, row, column) of what counts for something."""
    return [tuple(int(i) for i in place) for place in np.argwhere(np.abs(values) > 1e-3 * np.abs(values).max())]


def test_they_lie_on_the_sample_the_row_and_the_column_that_decide() -> None:
    attribution = explain(a_probe(OnePlace()), "Goal")
    assert attribution.kind == SPACE
    assert attribution.values.shape == (W, *GRID)
    # Four to either side where nothing else is said.
    assert attribution.baseline == "the 9 frames around the anchor blurred"
    # Pixel (5, 60) is in row 5 * 8 // 36 = 1 and column 60 * 14 // 64 = 13.
    assert places(attribution.values) == [(ANCHOR, 6, 6), (ANCHOR + 1, 1, 13)]
    assert attribution.values[ANCHOR + 1, 1, 13] > 0 > attribution.values[ANCHOR, 6, 6]


def test_they_add_up_to_the_change_of_the_score() -> None:
    attribution = explain(a_probe(OnePlace()), "Goal", steps=40)
    assert attribution.score - attribution.score_baseline > 0.05
    assert completeness(attribution) == pytest.approx(1, abs=0.01)
    assert float(attribution.values.sum()) == pytest.approx(attribution.score - attribution.score_baseline, rel=0.01)
    assert attribution.scale == pytest.approx((-np.abs(attribution.values).max(), np.abs(attribution.values).max()))


def test_the_score_it_begins_with_is_that_of_the_blurred_frames() -> None:
    probe = a_probe(OnePlace())
    attribution = explain(probe, "Goal", span=2)
    with torch.no_grad():
        soft = probe.network(Window(pictures=probe.blurred[None])).logits[0, ANCHOR, GOAL].sigmoid()
    assert attribution.score_baseline == pytest.approx(float(soft), rel=1e-4)
    assert "the 5 frames around the anchor blurred" in attribution.baseline


def test_only_the_frames_within_the_span_are_asked() -> None:
    far = explain(a_probe(OneFrame(3)), "Goal", span=2)
    assert not far.values.any()
    assert far.scale == (-1e-6, 1e-6)
    assert np.isnan(completeness(replace(far, score_baseline=far.score)))
    assert completeness(replace(far, score_baseline=far.score - 1e-4)) == 0


def test_the_corner_that_decides_is_found_before_the_anchor() -> None:
    attribution = explain(Probe(toy(OneFrame(-2)), explained_window(ANCHOR), precise=True), "Goal")
    total = np.abs(attribution.values)
    # Pixels 0 to 8 of 36 rows and 64 columns lie in the first two rows and columns.
    assert total.sum() > 0
    assert total[ANCHOR - 2, :2, :2].sum() == pytest.approx(total.sum())


def test_pixels_are_summed_cell_by_cell() -> None:
    values = torch.zeros(2, 16, 28)  # two by two pixels a cell
    values[0, 2:4, 24:26] = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    values[1, 15, 0] = 5.0
    summed = integrated_gradients.summed_by_cell(values)
    assert summed.shape == (2, *GRID)
    assert [tuple(p) for p in np.argwhere(summed).tolist()] == [(0, 1, 12), (1, 7, 0)]
    assert (summed[0, 1, 12], summed[1, 7, 0]) == (10, 5)
