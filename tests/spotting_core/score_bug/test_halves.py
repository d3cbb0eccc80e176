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


def halves(
    *stretches: ClockStretch, parts: Parts = PARTS, file: int = 1, end: int = 9000
) -> list[tuple[int, int, int]]:
    """Number, start and end (seconds) of the halves of a file that ends at a second."""
    return [
        (h.half, h.start // SECOND, h.end // SECOND)
        for h in proposed_halves(file, ClockFit(stretches, 0), parts, end * SECOND)
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


REGULAR = [stretch(10, 2800, 10), stretch(3700, 6600, 2701)]  # to 46:40, and to 93:21


def extra(*more: ClockStretch) -> list[tuple[int, int, int]]:
    """The halves after the second's beginning."""
    return halves(*REGULAR, *more)[1:]


def test_extra_time_after_the_clock_was_set_back() -> None:
    there = [stretch(7000, 7960, 5405), stretch(8100, 9000, 6301)]  # to 106:05, and from 105:01 on
    assert extra(*there) == [(2, 3699, 6600), (3, 6995, 7960), (4, 8099, 9000)]


def test_extra_time_after_a_clock_that_stood_at_the_end_of_each_half() -> None:
    whole = [stretch(0, 2700, 0), stretch(3700, 6400, 2700), stretch(7000, 7900, 5400), stretch(8020, 8900, 6300)]
    assert halves(*whole) == [(1, 0, 2700), (2, 3700, 6400), (3, 7000, 7900), (4, 8020, 8900)]


def test_time_added_is_no_extra_time() -> None:
    assert extra(stretch(6620, 6900, 5622)) == [(2, 3699, 6900)]  # 93:42 to 98:22
    assert halves(stretch(0, 2660, 2700), stretch(2960, 3100, 5660)) == [(2, 0, 3100)]  # out of sight from 89:20 on
    assert extra(stretch(6800, 6815, 5410)) == [(2, 3699, 6600)]  # a goal of 90:10 is shown again


def test_a_clock_that_jumps_ahead_in_a_shortened_recording_is_of_the_same_half() -> None:
    assert halves(stretch(0, 300, 4500), stretch(305, 515, 5460)) == [(2, 0, 515)]  # 75:00 to 80:00, 91:00 to 94:30
    first = [stretch(0, 600, 1800), stretch(605, 695, 2790), stretch(1000, 1600, 2700)]  # 46:30 to 48:00, then 45:00
    assert halves(*first) == [(1, 0, 695), (2, 1000, 1600)]


def test_what_comes_before_a_match_is_not_shown_again() -> None:
    assert (1, 20, 80) in halves(stretch(0, 20, 5280), stretch(20, 80, 600))


def test_a_file_of_extra_time_alone() -> None:
    assert halves(stretch(5, 970, 5402), stretch(1100, 2000, 6300)) == [(3, 3, 970), (4, 1100, 2000)]
    assert halves(stretch(5, 305, 5402)) == [(2, 5, 305)]  # 95:02 may be either, and time is added more often
    assert halves(stretch(0, 300, 6400)) == [(4, 0, 300)]


def test_extra_time_may_break_off_with_the_file() -> None:
    assert extra(stretch(7000, 7300, 5402)) == [(2, 3699, 6600), (3, 6998, 7300)]


def test_moments_that_are_shown_again_in_a_break_are_of_no_half() -> None:
    whole = [REGULAR[0], stretch(3000, 3020, 700), stretch(3030, 3050, 2000), *REGULAR[1:], stretch(6700, 6720, 700)]
    assert halves(*whole) == [(1, 0, 2800), (2, 3699, 6600)]
    extra_time = stretch(7000, 7960, 5405)
    assert halves(*whole, extra_time) == [(1, 0, 2800), (2, 3699, 6600), (3, 6995, 7960)]


def test_other_matches_have_no_extra_time() -> None:
    thirds = Parts("third", "thirds", 3, 20.0, teams=True)
    assert halves(stretch(0, 1200, 2400), stretch(1500, 2400, 3600), parts=thirds) == [(3, 0, 2400)]


ANEW = stretch(7000, 7960, 4)  # 00:04 to 16:04


def test_extra_time_whose_clock_begins_at_zero() -> None:
    again, on = stretch(8100, 9010, 2), stretch(8100, 9010, 902)
    for second in (again, on):
        assert extra(ANEW, second)[1:] == [(3, 6996, 7960), (4, 8098, 9000)]
    assert extra(ANEW) == [(2, 3699, 6600), (3, 6996, 7960)]  # of the second half nothing is shown
    stood = [stretch(7000, 7900, 0), stretch(8020, 8930, 900)]  # at 15:00 for two minutes
    assert extra(*stood)[1:] == [(3, 7000, 7900), (4, 8020, 8930)]
    assert extra(ANEW, stretch(8100, 8300, 2))[2:] == [(4, 8098, 8300)]  # cut off


def test_what_follows_a_match_and_begins_at_zero_is_no_extra_time() -> None:
    def numbers(*more: ClockStretch, end: int = 9000) -> list[int]:
        return [half for half, _, _ in halves(*REGULAR, *more, end=end)]

    assert numbers(ANEW, end=7960) == [1, 2, 1]  # cut off with the file: of another match perhaps
    assert numbers(stretch(7000, 7600, 0)) == [1, 2, 1]  # ten minutes
    assert numbers(stretch(7000, 8500, 0)) == [1, 2, 1]  # 25 minutes
    assert numbers(stretch(7000, 8000, 0), stretch(8020, 8900, 1001)) == [1, 2, 1]  # a replay, no end
    shortened = [stretch(7000, 7200, 0), stretch(7205, 7400, 700)]  # to 14:55 in 6 minutes 40
    assert numbers(*shortened) == [1, 2, 1]
    assert numbers(stretch(7000, 7100, 0)) == [1, 2]  # moments that are shown again


def test_a_half_that_is_shortened_or_shown_anew_is_no_extra_time() -> None:
    cut = stretch(3000, 3900, 0)
    assert [h for h, _, _ in halves(REGULAR[0], cut)] == [1]  # after a first half
    assert [h for h, _, _ in halves(stretch(0, 2400, 2700), cut)] == [2, 1]  # the second ended at 85:00
    assert [h for h, _, _ in halves(stretch(0, 900, 0), stretch(1000, 1900, 0))] == [1]


def test_a_file_that_is_of_extra_time_by_its_name() -> None:
    assert halves(stretch(5, 905, 0), file=3) == [(3, 5, 905)]
    assert halves(stretch(5, 305, 0), file=3, end=305) == [(3, 5, 305)]
    assert halves(stretch(5, 965, 0), stretch(1100, 2000, 900), file=3) == [(3, 5, 965), (4, 1100, 2000)]
    for first in (0, 900, 6300):
        assert halves(stretch(5, 905, first), file=4) == [(4, 5, 905)]
    assert halves(stretch(5, 305, 5402), file=3) == [(3, 3, 305)]  # 95:02 may be nothing else there
    assert halves(stretch(5, 2800, 0), file=3) == [(1, 5, 2800)]  # a half that is called so by mistake


def test_what_a_clock_shows_at_the_beginning_of_a_half() -> None:
    whole = ClockFit((*REGULAR, ANEW, stretch(8100, 9010, 902)), 0)
    starts = [h.clock_start(PARTS) // SECOND for h in proposed_halves(1, whole, PARTS, 9100 * SECOND)]
    assert starts == [0, 2700, 0, 900]
    usual = ClockFit((*REGULAR, stretch(7000, 7960, 5405)), 0)
    assert proposed_halves(1, usual, PARTS, 9000 * SECOND)[-1].clock_start(PARTS) == 5400 * SECOND
