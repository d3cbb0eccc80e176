"""Where the halves of a match lie in a file, by its clock."""

from __future__ import annotations

from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.domain.parts import Parts
from spotting_core.score_bug.clock_fit import ClockFit, ClockStretch
from spotting_core.score_bug.halves import MatchHalf, proposed_halves

SECOND = 1_000_000
PARTS = load_classes(DEFAULT_TABLE).parts


def stretch(start: float, end: float, clock: float, others: int = 0) -> ClockStretch:
    """A clock that runs from second to second of a file."""
    return ClockStretch(round(start * SECOND), round(end * SECOND), round(clock * SECOND), True, 99, others)


def halves(*stretches: ClockStretch, parts: Parts = PARTS) -> list[tuple[int, int, int]]:
    """Number, start and end (seconds) of the halves of a file."""
    return [
        (h.half, h.start // SECOND, h.end // SECOND)
        for h in proposed_halves(1, ClockFit(stretches, 0), parts, 9000 * SECOND)
    ]


def test_one_file_with_warm_up_half_time_and_studio() -> None:
    whole = [stretch(900, 3600, 20), stretch(3610, 3790, 2730), stretch(4700, 7600, 2710)]
    assert halves(*whole) == [(1, 880, 3790), (2, 4690, 7600)]


def test_without_time_added_on_the_break_parts_them() -> None:
    assert halves(stretch(10, 2700, 10), stretch(3600, 6300, 2701)) == [(1, 0, 2700), (2, 3599, 6300)]


def test_replays_and_cuts_part_nothing() -> None:
    assert halves(stretch(0, 600, 0), stretch(620, 1500, 601), stretch(1501, 2000, 2000)) == [(1, 0, 2000)]
    assert halves(stretch(0, 600, 0), stretch(1000, 2000, 1000)) == [(1, 0, 2000)]  # a bug that is gone for minutes


def test_a_file_of_the_second_half_alone() -> None:
    assert halves(stretch(30, 2900, 2720)) == [(2, 10, 2900)]


def test_a_clock_that_is_seen_late_does_not_say_where_the_half_begins() -> None:
    assert halves(stretch(500, 2900, 600)) == [(1, 500, 2900)]


def test_how_sure_a_half_is_counts_the_readings_that_disagree() -> None:
    [half] = proposed_halves(2, ClockFit((stretch(0, 900, 0, others=100),), 0), PARTS, 900 * SECOND)
    assert half.confidence == 99 / 200
    assert half == MatchHalf(1, 2, 0, 900 * SECOND, 0, 900 * SECOND, 99 / 200)


def test_no_clock_and_parts_without_a_length_have_no_halves() -> None:
    assert halves() == []
    assert halves(stretch(0, 900, 0), parts=Parts()) == []
