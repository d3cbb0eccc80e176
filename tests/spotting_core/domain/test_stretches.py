"""Stretches of a match: what lies in one, in both, and in one alone."""

from __future__ import annotations

from spotting_core.domain.stretches import Stretch, common, joined, without


def test_stretches_that_overlap_or_touch_are_one() -> None:
    apart = [Stretch(1, 20, 30), Stretch(2, 0, 5), Stretch(1, 0, 10), Stretch(1, 10, 12), Stretch(1, 5, 8)]
    assert joined(apart) == [Stretch(1, 0, 12), Stretch(1, 20, 30), Stretch(2, 0, 5)]
    assert joined([Stretch(1, 5, 5)]) == []


def test_what_lies_in_both_and_in_the_first_alone() -> None:
    first, second = [Stretch(1, 0, 10), Stretch(2, 0, 10)], [Stretch(1, 4, 6), Stretch(1, 8, 20)]
    assert common(first, second) == [Stretch(1, 4, 6), Stretch(1, 8, 10)]
    assert without(first, second) == [Stretch(1, 0, 4), Stretch(1, 6, 8), Stretch(2, 0, 10)]


def test_a_moment_lies_in_a_stretch_up_to_its_end() -> None:
    one = Stretch(1, 1_000_000, 3_000_000)
    assert [one.covers(1, time) for time in (999_999, 1_000_000, 2_999_999, 3_000_000)] == [False, True, True, False]
    assert not one.covers(2, 2_000_000)
    assert one.seconds == 2.0
