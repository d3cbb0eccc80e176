"""Maps that point at different places, by hand-made ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from explain.attribution import ENTITY, ENTITY_ROW, SPACE, TIME, Attribution
from explain.disagreement import disagreement, map_at, shared_tenth
from explain.probe import GRID
from spotting_core.entities.table import EntityTable


def lit(*places: tuple[int, int], shape: tuple[int, int] = (10, 10)) -> np.ndarray:
    """A map that falls off from left to right, but for some places."""
    values = np.linspace(0.1, 0.0, shape[0] * shape[1], dtype=np.float32).reshape(shape)
    for rank, place in enumerate(places):
        values[place] = 2 - 0.01 * rank
    return values


TEN = [(9, c) for c in range(10)]


def test_the_share_of_the_greatest_tenth() -> None:
    one = lit(*TEN)
    assert shared_tenth(one, one) == 1
    assert shared_tenth(one, lit(*[(8, c) for c in range(10)])) == 0
    assert shared_tenth(one, lit(*TEN[:4], *[(7, c) for c in range(6)])) == pytest.approx(0.4)


def test_equal_values_count_in_part() -> None:
    """A map of two values, of which twenty places are the greater: each is half in the tenth."""
    two = np.zeros((10, 10), np.float32)
    two[8:] = 1
    assert shared_tenth(two, lit(*TEN)) == pytest.approx(0.5)


def test_maps_of_two_grids_are_compared_on_the_finer() -> None:
    coarse, fine = np.zeros((4, 4), np.float32), np.zeros((8, 8), np.float32)
    coarse[0, 0], fine[:2, :2] = 1, 1
    fine[2, 2] = 0.5
    assert shared_tenth(coarse, fine) == 1
    fine = fine[::-1, ::-1].copy()
    assert shared_tenth(coarse, fine) == 0


def attribution(values: np.ndarray, kind: str = SPACE) -> Attribution:
    times = np.arange(len(values), dtype=np.int64) * 500_000
    return Attribution("m", "x", 1, "Goal", 0, "", "", kind, values, times, 0.9, 0.1, (0.0, 1.0), 1.0)


def test_the_map_of_a_moment() -> None:
    values = np.stack([lit(), -lit(*TEN), lit(*TEN)])
    at = map_at(attribution(values), 1_100_000)
    assert at is not None
    assert (at == values[2]).all()
    assert map_at(attribution(values), 500_000) is None  # nothing there speaks for the class
    assert map_at(attribution(np.ones((3, 4, 4), np.float32)), 0) is None  # and everything alike points nowhere
    assert map_at(attribution(np.ones(3, np.float32), TIME), 0) is None


def entities(*boxes: tuple[int, float, float, float, float]) -> EntityTable:
    """Of sample 7: entity and box each."""
    count = len(boxes)
    return EntityTable(
        ("ball", "referee"),
        np.full(count, 7, np.int32),
        np.array([box[0] for box in boxes], np.int16),
        np.ones(count, np.float32),
        np.array([box[1:] for box in boxes], np.float32),
        np.zeros((count, 4), np.float16),
    )


def test_entities_are_compared_by_their_boxes() -> None:
    """Picture of 140 by 80, so that a cell is 10 by 10; of entities of another sample nothing is drawn."""
    table = entities((0, 20, 10, 30, 20), (1, 100, 40, 120, 70))
    rows = np.zeros(3, ENTITY_ROW)
    rows["sample"], rows["entity"], rows["weight"], rows["effect"] = (7, 7, 8), (0, 1, 0), (0.75, 0.25, 1.0), np.nan
    for i, corner in enumerate(("x1", "y1", "x2", "y2")):
        rows[corner][:2] = table.box[:, i]
    expected = np.zeros(GRID, np.float32)
    expected[1, 2], expected[4:7, 10:12] = 0.75, 0.25
    at = map_at(attribution(rows, ENTITY), 0, table, (140, 80))
    assert at is not None
    assert np.array_equal(at, expected)
    assert map_at(attribution(rows, ENTITY), 0) is None  # nobody says where anything is
    assert map_at(attribution(rows, ENTITY), 0, entities(), (140, 80)) is None


def test_a_value_a_name_is_drawn_at_all_entities_of_the_name() -> None:
    table = entities((0, 20, 10, 30, 20), (1, 100, 40, 110, 50), (1, 0, 0, 10, 10))
    rows = np.zeros(2, ENTITY_ROW)
    rows["entity"], rows["effect"] = (1, 0), (-0.5, 0.125)  # without the ball the score is higher
    by_name = replace(attribution(rows, ENTITY), method="entity-ablation")
    expected = np.zeros(GRID, np.float32)
    expected[4, 10] = expected[0, 0] = 0.5
    at = map_at(by_name, 0, table, (140, 80))
    assert at is not None
    assert np.array_equal(at, expected)


def test_the_sentence_names_the_first_pair_and_counts_the_others() -> None:
    one, other = lit(*TEN), lit(*[(8, c) for c in range(10)])
    assert disagreement({"Occlusion": one, "Grad-CAM": one}) is None
    assert disagreement({"Occlusion": one}) is None
    assert disagreement({"Occlusion": one, "Grad-CAM": other}) == (
        "Occlusion and Grad-CAM point at different places at the spot: of the tenth of the picture that each lights most they share "
        "0%, by chance 10%."
    )
    assert str(disagreement({"A": one, "B": other, "C": one})).endswith("So do 1 other pair of 3.")
    assert str(disagreement({"A": one, "B": other, "C": lit(*[(5, c) for c in range(10)])})).endswith(
        "So do 2 other pairs of 3."
    )
