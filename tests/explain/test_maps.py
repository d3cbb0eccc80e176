"""Explanations on the grid of places: each box in its own cells, row by row and column by column."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from explain.attribution import ENTITY, ENTITY_ROW, FEATURE, SPACE, TIME, Attribution
from explain.maps import place_map, region_values, to_grid, upsampled
from explain.probe import GRID, Probe
from spotting_core.models.window import EntitySet
from tests.explain.toys import OneEntity, explained_window, toy

PICTURE = (140, 80)  # a cell of the grid is 10 x 10 pixels
BOXES = {
    # Rows of the toy's table: samples 14, 15, 15, 15, 16 and 25.
    0: (101, 0, 129, 9),  # columns 10 to 12, the first row
    1: (21, 31, 49, 69),  # columns 2 to 4, rows 3 to 6
    2: (45, 65, 61, 80),  # columns 4 to 6, rows 6 and 7
    3: (0, 0, 10, 10),
    4: (139, 79, 140, 80),  # the last cell
    5: (130, 70, 140, 80),
}


@pytest.fixture
def probe() -> Probe:
    """Samples 14 to 16 and 25 of 30 have entities: a player; a ball, a card and a player; a card; a card."""
    window = explained_window(entities=True)
    assert window.table is not None
    table = replace(window.table, box=np.array(list(BOXES.values()), np.float32))
    entities = EntitySet.of_table(table, 100, 130, PICTURE)
    return Probe(toy(OneEntity(), entities=True), replace(window, table=table, entities=entities))


def attribution_of(kind: str, values: Any, method: str = "attention") -> Attribution:
    return Attribution(method, "toy", 1, "Yellow card", 0, "", "", kind, values, np.arange(30), 1.0, 0.0, (0, 1), 0.0)


def rows_of(weight: Any = np.nan, effect: Any = np.nan, entity: Any = 0, count: int = 6) -> np.ndarray:
    rows = np.zeros(count, ENTITY_ROW)
    rows["weight"], rows["effect"], rows["entity"] = weight, effect, entity
    return rows


def cells(drawn: np.ndarray) -> dict[tuple[int, int], float]:
    """The cells (row, column) that are not 0."""
    return {(int(r), int(c)): round(float(drawn[r, c]), 3) for r, c in zip(*np.nonzero(drawn), strict=True)}


def block(rows: range, columns: range, value: float) -> dict[tuple[int, int], float]:
    return {(r, c): value for r in rows for c in columns}


def test_boxes_fill_their_own_cells(probe: Probe) -> None:
    weight = (0.9, 0.2, 0.5, 0.0, 0.7, 0.1)
    drawn = place_map(attribution_of(ENTITY, rows_of(weight)), probe, [14, 15, 16])
    assert drawn is not None
    assert drawn.shape == (3, *GRID)
    assert drawn.dtype == np.float32
    assert cells(drawn[0]) == block(range(1), range(10, 13), 0.9)
    # Where the ball's box and the card's overlap, at row 6 and column 4, the stronger counts.
    assert cells(drawn[1]) == {**block(range(3, 7), range(2, 5), 0.2), **block(range(6, 8), range(4, 7), 0.5)}
    assert cells(drawn[2]) == {(7, 13): 0.7}


def test_the_stronger_counts_whichever_comes_first(probe: Probe) -> None:
    drawn = place_map(attribution_of(ENTITY, rows_of((0, 0.5, 0.2, 0, 0, 0))), probe, [15])
    assert drawn is not None
    assert cells(drawn[0]) == {**block(range(6, 8), range(4, 7), 0.2), **block(range(3, 7), range(2, 5), 0.5)}


def test_boxes_that_reach_beyond_the_picture_or_have_no_width(probe: Probe) -> None:
    window = probe.window
    assert window.table is not None
    box = window.table.box.copy()
    box[0], box[4] = (-30, -20, 15, 5), (55, 20, 55, 30)
    entities = EntitySet.of_table(replace(window.table, box=box), 100, 130, PICTURE)
    probe = Probe(probe.model, replace(window, entities=entities))
    drawn = place_map(attribution_of(ENTITY, rows_of(1.0)), probe, [14, 16])
    assert drawn is not None
    assert cells(drawn[0]) == block(range(1), range(2), 1.0)
    assert cells(drawn[1]) == {(2, 5): 1.0}


def test_what_a_score_falls_without_an_entity_is_its_value(probe: Probe) -> None:
    values = region_values(
        attribution_of(ENTITY, rows_of(0.3, (-0.4, 0.1, -0.2, 0.0, -0.5, -0.6))), probe, [14, 15, 17, 25]
    )
    assert values.shape == (4, 3)
    assert values.dtype == np.float32
    expected = [[0.4, np.nan, np.nan], [-0.1, 0.2, 0.0], [np.nan] * 3, [0.6, np.nan, np.nan]]
    assert np.allclose(values, expected, equal_nan=True)
    # What speaks against the class is not drawn.
    drawn = place_map(attribution_of(ENTITY, rows_of(0.3, (-0.4, 0.1, -0.2, 0.0, -0.5, -0.6))), probe, [15])
    assert drawn is not None
    assert cells(drawn[0]) == block(range(6, 8), range(4, 7), 0.2)


def test_of_a_method_that_takes_out_names_every_region_of_the_name_has_its_value(probe: Probe) -> None:
    rows = rows_of(0.0, (-0.3, 0.2), entity=(1, 2), count=2)
    values = region_values(attribution_of(ENTITY, rows, "entity-ablation"), probe, [15, 16, 20])
    # Sample 15 has a ball (not asked), a yellow card and a player; sample 16 a card; sample 20 nothing.
    assert np.allclose(values, [[0, 0.3, -0.2], [0.3, np.nan, np.nan], [np.nan] * 3], equal_nan=True)


def test_maps_are_those_of_their_samples(probe: Probe) -> None:
    maps = np.arange(30 * 8 * 14, dtype=np.float32).reshape(30, *GRID)
    drawn = place_map(attribution_of(SPACE, maps), probe, [3, 1])
    assert drawn is not None
    assert np.array_equal(drawn, maps[[3, 1]])
    for kind in (TIME, FEATURE):
        assert place_map(attribution_of(kind, np.zeros(30, np.float32)), probe, [1]) is None


def test_maps_of_any_size_come_onto_the_grid_the_right_way_up() -> None:
    small = torch.zeros(2, 2, 2)
    small[0, 0, 1], small[1, 1, 0] = 1.0, 1.0
    grid = to_grid(small)
    assert tuple(grid.shape) == (2, *GRID)
    assert float(grid[0, 0, -1]) == float(grid[1, -1, 0]) == 1
    assert float(grid[0, -1, -1]) == float(grid[0, 0, 0]) == float(grid[1, 0, 0]) == 0
    # Between the middles of both columns it rises evenly: 3.5 to 10.5 of 14.
    assert grid[0, 0, 4:11].tolist() == pytest.approx([1 / 7, 2 / 7, 3 / 7, 4 / 7, 5 / 7, 6 / 7, 1], abs=0.08)


def test_a_map_of_the_middle_lies_there_and_around_it_is_nothing() -> None:
    # 3/8 of the width are 5.25 of 14 columns, from 4.375 on: those whose middles lie in it are 4 to 9.
    grid = to_grid(torch.ones(1, 3, 3), (2 / 3, 3 / 8))[0]
    assert set(cells(grid.numpy())) == set(block(range(1, 7), range(4, 10), 1.0))
    rising = to_grid(torch.tensor([[[0.0, 1.0]]]), (1.0, 0.5))[
        0, 0
    ]  # of columns 3.5 to 10.5, the middles 5.25 and 8.75
    assert rising[3:11].tolist() == pytest.approx(
        [0, 0, 0.25 / 3.5, 1.25 / 3.5, 2.25 / 3.5, 3.25 / 3.5, 1, 1], abs=1e-6
    )


def test_a_map_is_enlarged_for_showing() -> None:
    large = upsampled(np.array([[0, 1], [0, 0]]), 4, 6)
    assert large.shape == (4, 6)
    assert (large[0, -1], large[0, 0], large[-1, -1]) == (1, 0, 0)
    assert large[0].tolist() == pytest.approx([0, 0, 1 / 3, 2 / 3, 1, 1], abs=1e-6)
