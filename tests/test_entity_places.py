"""Where entities stand, as the experiment with places in their tokens reads it."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.entity_places import ON_GROUND, PLACE, place_numbers, with_places
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.entities.prompts import load_prompts
from spotting_core.entities.table import EntityTable

NAMES = ("player", "yellow card", "ball")
SIZE = (1050, 680)  # pixels, ten to a metre
FROM_ABOVE = Homography.of_pixels(np.array([[10.0, 0, 525], [0, 10, 340], [0, 0, 1]]), *SIZE)


def table_of(*rows: tuple[int, str, float, float]) -> EntityTable:
    """Entities by sample, name, and where their feet are in pixels."""
    return EntityTable(
        NAMES,
        np.array([sample for sample, *_ in rows], np.int32),
        np.array([NAMES.index(name) for _, name, *_ in rows], np.int16),
        np.full(len(rows), 0.9, np.float32),
        np.array([(x - 2, y - 8, x + 2, y) for *_, x, y in rows], np.float32),
        np.eye(len(rows), 4, dtype=np.float16),
    )


def test_who_stands_on_the_ground_has_a_place_in_shares_of_half_the_pitch() -> None:
    table = table_of(
        (0, "player", 525, 340), (0, "yellow card", 525, 340), (0, "ball", 1050, 340), (1, "player", 525, 340)
    )
    known = {0: Calibration(1, 0, FROM_ABOVE, pitch=Pitch(105.0, 68.0))}
    numbers = place_numbers(table, SIZE, known)
    assert numbers.shape == (4, PLACE)
    assert numbers[:, 0].tolist() == [1, 0, 1, 0]  # a card is in a hand, and the second sample has no calibration
    assert numbers[0, 1:3] == pytest.approx([0, 0], abs=0.01)
    assert numbers[2, 1:3] == pytest.approx([1, 0], abs=0.01)
    assert not numbers[[1, 3]].any()


def test_nobody_has_a_place_who_stands_far_beside_or_may_be_metres_off() -> None:
    table = table_of((0, "player", 525, 340))
    beside = Homography.of_pixels(np.array([[10.0, 0, 0], [0, 10, -100], [0, 0, 1]]), *SIZE)  # 52 m by 44 m
    unsure = Calibration(1, 0, FROM_ABOVE, confidence=0.1)
    for calibration in (Calibration(1, 0, beside), unsure):
        assert not place_numbers(table, SIZE, {0: calibration}).any()


def test_a_token_reads_the_look_as_before_and_the_place_beside_it() -> None:
    table = table_of((0, "player", 525, 340), (0, "ball", 400, 340))
    numbers = np.ones((2, PLACE), np.float32)
    joined = with_places(table, numbers).embedding
    assert joined.shape == (2, 4 + PLACE)
    assert np.array_equal(joined[:, :4], table.embedding)
    # What a token reads of it, multiplied by the root of its width.
    assert joined[:, 4:] * np.sqrt(4 + PLACE) == pytest.approx(numbers)


def test_the_entities_that_stand_are_among_those_that_are_looked_for() -> None:
    assert set(ON_GROUND) < set(load_prompts("football").names)
