"""Windows of a half that reach beyond its ends: what is inside, where it lies, and what fills the rest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from spotting_core.entities.table import EntityTable
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.models.window_plan import REPEATED, ZEROS
from spotting_core.samples.half import HalfSamples, Inside


def half_of(rows: list[float], **more: Any) -> HalfSamples:
    """A half whose sample k has the features (rows[k], 10 rows[k]), at 2 samples a second."""
    values = np.array([[r, 10 * r] for r in rows], np.float32)
    features = FeatureHalf(1, (FeaturePart(values, 2.0),), 2.0)
    return HalfSamples(1, np.arange(len(rows), dtype=np.int64) * 500_000, 2.0, features=features, **more)


def test_what_of_a_window_lies_in_the_half() -> None:
    both = Inside(start=-2, length=7, total=3)
    assert (both.low, both.high, both.before, both.after) == (0, 3, 2, 2)
    assert both.valid.tolist() == [False, False, True, True, True, False, False]
    within = Inside(start=1, length=2, total=5)
    assert (within.low, within.high, within.before, within.after) == (1, 3, 0, 0)
    assert within.valid.tolist() == [True, True]
    end = Inside(start=3, length=4, total=5)
    assert (end.low, end.high, end.before, end.after) == (3, 5, 0, 2)
    assert end.valid.tolist() == [True, True, False, False]


@pytest.mark.parametrize(("start", "length"), [(-3, 3), (5, 2), (7, 1), (2, 0)])
def test_a_window_without_any_sample_of_the_half_is_refused(start: int, length: int) -> None:
    with pytest.raises(ValueError, match=f"no sample from {start} to {start + length} lies in a half of 5"):
        Inside(start, length, 5)


def test_one_sample_is_enough() -> None:
    assert Inside(-2, 3, 5).valid.tolist() == [False, False, True]
    assert Inside(4, 3, 5).valid.tolist() == [True, False, False]


def test_it_is_filled_at_the_end_that_is_missing() -> None:
    values = np.array([[1, 2], [3, 4]])
    before, after = Inside(-1, 3, 2), Inside(0, 4, 2)
    assert before.filled(values, ZEROS).tolist() == [[0, 0], [1, 2], [3, 4]]
    assert before.filled(values, REPEATED).tolist() == [[1, 2], [1, 2], [3, 4]]
    assert after.filled(values, ZEROS).tolist() == [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert after.filled(values, REPEATED).tolist() == [[1, 2], [3, 4], [3, 4], [3, 4]]
    assert Inside(0, 2, 2).filled(values, ZEROS) is values


def test_what_is_of_entities_is_filled_in_time_with_nothing() -> None:
    values = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # (1, 2, 1, 2)
    assert Inside(-1, 3, 2).filled_in_time(values)[0, :, 0].tolist() == [[0, 0], [1, 2], [3, 4]]
    assert Inside(0, 4, 2).filled_in_time(values)[0, :, 0].tolist() == [[1, 2], [3, 4], [0, 0], [0, 0]]
    assert Inside(-2, 5, 2).filled_in_time(values)[0, :, 0].tolist() == [[0, 0], [0, 0], [1, 2], [3, 4], [0, 0]]
    assert Inside(0, 2, 2).filled_in_time(values) is values
    assert Inside(-1, 3, 2).filled_in_time(torch.ones(1, 2, dtype=torch.long)).tolist() == [[0, 1, 1]]


def test_a_window_is_read_from_its_start_on() -> None:
    half = half_of([1, 2, 3, 4])
    assert len(half) == 4
    inside = half.read(1, 2)
    assert inside.start == 1
    assert inside.features is not None
    assert inside.features.tolist() == [[2, 20], [3, 30]]
    assert inside.valid.all()
    assert (inside.pictures, inside.entities, inside.teacher) == (None, None, None)
    before, after = half.read(-1, 3), half.read(3, 3, REPEATED)
    assert before.features is not None
    assert before.features.tolist() == [[0, 0], [1, 10], [2, 20]]
    assert before.valid.tolist() == [False, True, True]
    assert after.features is not None
    assert after.features.tolist() == [[4, 40]] * 3


def test_pictures_are_those_of_the_samples() -> None:
    pictures: Any = [np.full((1, 2, 3), k, np.uint8) for k in range(4)]
    half = HalfSamples(1, np.arange(4, dtype=np.int64), 2.0, pictures=pictures)
    read = half.read(2, 4).pictures
    assert read is not None
    assert read.shape == (4, 1, 2, 3)
    assert read[:, 0, 0, 0].tolist() == [2, 3, 0, 0]
    read = half.read(-1, 3, REPEATED).pictures
    assert read is not None
    assert read[:, 0, 1, 2].tolist() == [0, 0, 1]


def test_a_mirror_shows_its_own_features_and_its_entities_the_other_way() -> None:
    table = EntityTable(
        ("ball",),
        sample=np.array([1], np.int32),
        entity=np.array([0], np.int16),
        score=np.array([0.5], np.float32),
        box=np.array([[20, 10, 60, 40]], np.float32),
        embedding=np.ones((1, 1), np.float16),
    )
    features = half_of([1, 2]).features
    half = half_of([5, 6], mirrored=features, entities=table, size=(200, 100), teacher=features)
    plain, mirrored = half.read(-1, 3), half.read(-1, 3, mirrored=True)
    assert plain.features is not None
    assert mirrored.features is not None
    assert (plain.features[:, 0].tolist(), mirrored.features[:, 0].tolist()) == ([0, 5, 6], [0, 1, 2])
    assert plain.entities is not None
    assert mirrored.entities is not None
    assert plain.entities.share.tolist() == mirrored.entities.share.tolist() == [[[0], [0], [1]]]
    assert plain.entities.box[0, 2, 0].tolist() == pytest.approx([0.1, 0.1, 0.3, 0.4])
    assert mirrored.entities.box[0, 2, 0].tolist() == pytest.approx([0.7, 0.1, 0.9, 0.4])
    # What is taught is the same in a mirror.
    assert mirrored.teacher is not None
    assert mirrored.teacher[:, 0].tolist() == [0, 1, 2]


def test_times_go_on_beyond_the_half() -> None:
    half = HalfSamples(1, np.array([0, 480_000, 1_040_000], np.int64), 2.0)
    assert half.times_of(-2, 7).tolist() == [-1_000_000, -500_000, 0, 480_000, 1_040_000, 1_540_000, 2_040_000]
    assert half.times_of(1, 1).tolist() == [480_000]


def test_the_nearest_sample() -> None:
    half = HalfSamples(1, np.array([0, 480_000, 1_040_000], np.int64), 2.0)
    assert [half.nearest_sample(t) for t in (-5, 239_000, 241_000, 759_000, 761_000, 9_000_000)] == [0, 0, 1, 1, 2, 2]
