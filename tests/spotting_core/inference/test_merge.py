"""What windows say of a half, merged: every rule on a few samples, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.inference.merge import ScoreMerge
from spotting_core.models.window import Scores
from spotting_core.models.window_plan import MAXIMUM, MEAN, MIDDLE, PlannedWindow


def column(*values: float) -> np.ndarray:
    """One class: (T, 1)."""
    return np.array(values, np.float32)[:, None]


def merged(merge: ScoreMerge, name: str) -> list[float]:
    result = merge.result(name)
    assert result is not None
    assert result.shape == (merge.samples, 1)
    return pytest.approx(result[..., 0].tolist())  # type: ignore[no-any-return]


def test_the_mean_of_all_that_keep_a_sample() -> None:
    merge = ScoreMerge(4, MEAN)
    names = ("confidence", "displacement")
    merge.add(PlannedWindow(0, 3, 0, 3), Scores(column(0.2, 0.4, 0.6), column(1, 2, 3)), names)
    # Of the second window the first row is dropped, so sample 2 is its second row.
    merge.add(PlannedWindow(1, 3, 2, 4), Scores(column(9, 0.8, 0.5), column(9, 5, -1)), names)
    assert merged(merge, "confidence") == [0.2, 0.4, 0.7, 0.5]
    assert merged(merge, "displacement") == [1, 2, 4, -1]


def test_what_no_window_keeps_is_zero_and_what_was_never_said_is_none() -> None:
    merge = ScoreMerge(3, MEAN)
    merge.add(PlannedWindow(0, 3, 1, 2), Scores(column(0.2, 0.4, 0.6)), ("confidence", "displacement"))
    assert merged(merge, "confidence") == [0, 0.4, 0]
    assert merge.result("displacement") is None
    assert merge.result("features") is None


def test_the_mean_of_maps_is_taken_place_by_place() -> None:
    merge = ScoreMerge(2, MEAN)
    one = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    merge.add(PlannedWindow(0, 2, 0, 2), Scores(column(0.1, 0.1), class_map=one), ("class_map",))
    merge.add(PlannedWindow(1, 2, 1, 2), Scores(column(0.1, 0.1), class_map=one), ("class_map",))
    result = merge.result("class_map")
    assert result is not None
    assert result[:, 0].tolist() == [[[0, 1], [2, 3]], [[2, 3], [4, 5]]]


def test_in_the_middle_whoever_came_first_has_said_it() -> None:
    merge = ScoreMerge(5, MIDDLE)
    merge.add(PlannedWindow(0, 3, 0, 3), Scores(column(0.1, 0.2, 0.3)), ("confidence",))
    merge.add(PlannedWindow(0, 5, 1, 5), Scores(column(9, 0.6, 0.7, 0.8, 0.9)), ("confidence",))
    assert merged(merge, "confidence") == [0.1, 0.2, 0.3, 0.8, 0.9]
    # A window that has nothing new to say changes nothing.
    merge.add(PlannedWindow(0, 3, 0, 3), Scores(column(0.5, 0.5, 0.5)), ("confidence",))
    assert merged(merge, "confidence") == [0.1, 0.2, 0.3, 0.8, 0.9]


def test_in_the_middle_windows_may_come_in_any_order() -> None:
    merge = ScoreMerge(4, MIDDLE)
    merge.add(PlannedWindow(2, 2, 2, 4), Scores(column(0.3, 0.4)), ("confidence",))
    merge.add(PlannedWindow(0, 2, 0, 2), Scores(column(0.1, 0.2)), ("confidence",))
    assert merged(merge, "confidence") == [0.1, 0.2, 0.3, 0.4]


def test_a_window_judged_as_a_whole_says_its_one_row() -> None:
    merge = ScoreMerge(3, MIDDLE)
    for sample, value in enumerate((0.3, 0.2, 0.1)):
        merge.add(PlannedWindow(sample - 2, 5, sample, sample + 1, whole=True), Scores(column(value)), ("confidence",))
    assert merged(merge, "confidence") == [0.3, 0.2, 0.1]


def test_the_greatest_brings_what_it_says_beside() -> None:
    merge = ScoreMerge(4, MAXIMUM)
    names = ("confidence", "displacement")
    merge.add(PlannedWindow(0, 3, 0, 3), Scores(column(0.2, 0.5, 0.4), column(1, 2, 3)), names)
    # Sample 1: less sure. Sample 2: as sure, which is not surer. Sample 3: the first to say anything, though 0.
    merge.add(PlannedWindow(0, 4, 1, 4), Scores(column(9, 0.3, 0.4, 0.0), column(9, 7, 8, 9)), names)
    assert merged(merge, "confidence") == [0.2, 0.5, 0.4, 0.0]
    assert merged(merge, "displacement") == [1, 2, 3, 9]
    merge.add(PlannedWindow(2, 2, 2, 4), Scores(column(0.6, 0.1), column(-1, -2)), names)
    assert merged(merge, "confidence") == [0.2, 0.5, 0.6, 0.1]
    assert merged(merge, "displacement") == [1, 2, -1, -2]


def test_the_greatest_is_looked_for_among_what_a_window_keeps() -> None:
    merge = ScoreMerge(5, MAXIMUM)
    merge.add(PlannedWindow(0, 3, 0, 3), Scores(column(0.2, 0.5, 0.4)), ("confidence",))
    merge.add(PlannedWindow(0, 5, 1, 4), Scores(column(9, 0.6, 0.3, 0.1, 9)), ("confidence",))
    assert merged(merge, "confidence") == [0.2, 0.6, 0.4, 0.1, 0]


def test_what_has_no_classes_is_that_of_the_window_that_is_surer_sample_by_sample() -> None:
    merge = ScoreMerge(3, MAXIMUM)
    for confidence, number in (((0.2, 0.5, 0.4), 1), ((0.3, 0.1, 0.6), 2)):
        maps = np.full((3, 1, 2, 2), number, np.float32)
        features = np.full((3, 4), number, np.float32)
        scores = Scores(column(*confidence), features=features, class_map=maps)
        merge.add(PlannedWindow(0, 3, 0, 3), scores, ("confidence", "features", "class_map"))
    merged_values = [merge.result(name) for name in ("features", "class_map")]
    assert merged_values[0].tolist() == [[2] * 4, [1] * 4, [2] * 4]  # type: ignore[union-attr]
    assert merged_values[1][:, 0].tolist() == [[[k, k], [k, k]] for k in (2, 1, 2)]  # type: ignore[index]


def test_the_greatest_is_taken_class_by_class() -> None:
    merge = ScoreMerge(1, MAXIMUM)
    window = PlannedWindow(0, 1, 0, 1)
    names = ("confidence", "displacement", "features", "class_map")
    for confidence, displacement, number in (((0.5, 0.5), (1, 2), 1), ((0.6, 0.4), (3, 4), 2), ((0.1, 0.2), (5, 6), 3)):
        scores = Scores(
            np.array([confidence], np.float32),
            np.array([displacement], np.float32),
            features=np.full((1, 3), number, np.float32),
            class_map=np.full((1, 2, 2, 2), number, np.float32),
        )
        merge.add(window, scores, names)
    merged_values = {name: merge.result(name) for name in names}
    assert merged_values["confidence"].tolist() == np.array([[0.6, 0.5]], np.float32).tolist()  # type: ignore[union-attr]
    assert merged_values["displacement"].tolist() == [[3, 2]]  # type: ignore[union-attr]
    # What has no classes of its own is that of the last window that was surer of any.
    assert merged_values["features"].tolist() == [[2, 2, 2]]  # type: ignore[union-attr]
    assert merged_values["class_map"].tolist() == [[[[2, 2], [2, 2]]] * 2]  # type: ignore[union-attr]
