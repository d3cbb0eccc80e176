"""Where windows lie over a half and which of their scores count, worked out by hand."""

from __future__ import annotations

import pytest

from spotting_core.models.window_plan import MAXIMUM, MEAN, MIDDLE, PlannedWindow, WindowPlan


def laid(plan: WindowPlan, samples: int) -> list[tuple[int, int, int, int]]:
    return [(w.start, w.length, w.first, w.stop) for w in plan.windows(samples)]


def window_at(plan: WindowPlan, samples: int, sample: int) -> tuple[int, int, int, int]:
    window = plan.window_at(samples, sample)
    return window.start, window.length, window.first, window.stop


def test_the_rows_of_a_window_are_counted_from_its_start() -> None:
    window = PlannedWindow(start=6, length=10, first=8, stop=14)
    assert window.end == 16
    assert window.rows == slice(2, 8)
    assert [window.row(8), window.row(13)] == [2, 7]


def test_a_window_judged_as_a_whole_has_one_row() -> None:
    window = PlannedWindow(start=-2, length=5, first=0, stop=1, whole=True)
    assert window.end == 3
    assert window.rows == slice(0, 1)
    assert window.row(0) == 0
    assert PlannedWindow(4, 5, 6, 7, whole=True).row(6) == 0


def test_a_window_judged_as_a_whole_lies_around_every_sample() -> None:
    plan = WindowPlan(length=5, step=1, before=3, after=1, whole=True)
    # Sample 0 is the fourth of its window, which begins three before the half.
    assert laid(plan, 3) == [(-3, 5, 0, 1), (-2, 5, 1, 2), (-1, 5, 2, 3)]
    assert all(w.whole for w in plan.windows(3))
    assert plan.window_at(3, 2) == PlannedWindow(-1, 5, 2, 3, whole=True)


def test_both_ends_of_a_window_are_dropped_but_at_the_ends_of_the_half() -> None:
    plan = WindowPlan(length=10, step=5, before=2, after=3, merge=MEAN)
    assert laid(plan, 20) == [(0, 10, 0, 7), (5, 10, 7, 12), (10, 10, 12, 20)]
    # With a smaller step windows overlap in what they keep.
    plan = WindowPlan(length=10, step=4, before=2, after=3, merge=MAXIMUM)
    assert laid(plan, 20) == [(0, 10, 0, 7), (4, 10, 6, 11), (8, 10, 10, 15), (10, 10, 12, 20)]


def test_in_the_middle_a_sample_belongs_to_the_first_window_that_keeps_it() -> None:
    plan = WindowPlan(length=10, step=4, before=2, after=3, merge=MIDDLE)
    assert laid(plan, 20) == [(0, 10, 0, 7), (4, 10, 7, 11), (8, 10, 11, 15), (10, 10, 15, 20)]
    assert WindowPlan(10, 4).merge == MIDDLE
    assert laid(WindowPlan(10, 4, merge=MEAN), 15) == [(0, 10, 0, 10), (4, 10, 4, 14), (5, 10, 5, 15)]
    assert laid(WindowPlan(10, 4), 15) == [(0, 10, 0, 10), (4, 10, 10, 14), (5, 10, 14, 15)]  # nothing is dropped


@pytest.mark.parametrize(
    ("samples", "starts"), [(10, [0]), (11, [0, 1]), (14, [0, 4]), (15, [0, 4, 5]), (18, [0, 4, 8])]
)
def test_the_last_window_ends_with_the_half(samples: int, starts: list[int]) -> None:
    plan = WindowPlan(length=10, step=4, merge=MEAN)
    assert [w.start for w in plan.windows(samples)] == starts
    assert plan.windows(samples)[-1].stop == samples


def test_a_half_shorter_than_a_window_is_judged_filled_or_in_a_shorter_one() -> None:
    filled = WindowPlan(length=10, step=4, before=2, after=3)
    assert laid(filled, 4) == [(0, 10, 0, 4)]
    assert laid(WindowPlan(length=10, step=4, before=2, after=3, shortened=True), 4) == [(0, 4, 0, 4)]
    # A longer half has windows of the full length either way.
    assert laid(WindowPlan(length=10, step=4, shortened=True), 12) == [(0, 10, 0, 10), (2, 10, 10, 12)]


def test_in_the_middle_the_window_to_ask_is_the_one_that_keeps_the_sample() -> None:
    plan = WindowPlan(length=10, step=4, before=2, after=3)
    assert [window_at(plan, 20, s)[0] for s in (0, 6, 7, 10, 11, 14, 15, 19)] == [0, 0, 4, 4, 8, 8, 10, 10]
    assert window_at(plan, 20, 7) == (4, 10, 7, 11)


def test_where_windows_overlap_the_one_to_ask_has_the_sample_in_its_middle() -> None:
    plan = WindowPlan(length=10, step=4, before=2, after=3, merge=MEAN)
    assert window_at(plan, 20, 10) == (5, 10, 5, 15)
    assert window_at(plan, 20, 6) == (1, 10, 1, 11)
    assert [window_at(plan, 20, s) for s in (0, 5)] == [(0, 10, 0, 10)] * 2  # no earlier than the half
    assert [window_at(plan, 20, s) for s in (15, 16, 19)] == [(10, 10, 10, 20)] * 3  # no later
    assert window_at(plan, 4, 3) == (0, 10, 0, 4)
    assert window_at(WindowPlan(10, 4, merge=MEAN, shortened=True), 4, 3) == (0, 4, 0, 4)
    assert window_at(WindowPlan(10, 4, merge=MEAN, shortened=True), 20, 12) == (7, 10, 7, 17)


@pytest.mark.parametrize(("samples", "last"), [(24, 12), (25, 14), (26, 14), (9, 0)])
def test_on_a_grid_windows_begin_at_its_multiples(samples: int, last: int) -> None:
    """The last one may reach a sample beyond the half, and so may the one to ask."""
    plan = WindowPlan(12, 6, 2, 2, MAXIMUM, grid=2)
    planned = plan.windows(samples)
    assert planned[-1].start == last
    assert planned[-1].stop == samples
    assert all(window.start % 2 == 0 for window in planned)
    for sample in range(samples):
        asked = plan.window_at(samples, sample)
        assert asked.start % 2 == 0
        assert asked.first <= sample < asked.stop
