"""Labels in the time of the match, put where its files show it."""

from __future__ import annotations

from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.domain.spots import Spot
from spotting_core.formats.document import Document, Entry
from spotting_core.score_bug.clock_fit import ClockFit, ClockStretch
from spotting_core.score_bug.halves import proposed_halves
from spotting_core.score_bug.match_clock import FileClock, MatchClock
from spotting_core.score_bug.match_time import NO_HALF, NO_MOMENT, placed_by_clock
from spotting_core.score_bug.readings import BugReadings
from spotting_core.score_bug.score_fit import ScoreFit

SECOND = 1_000_000
PARTS = load_classes(DEFAULT_TABLE).parts


def clock_of(*files: list[tuple[float, float, float]]) -> MatchClock:
    """Files of stretches: seconds of the file from and to, and what the clock shows at the first."""
    made = {}
    for number, stretches in enumerate(files, start=1):
        fit = ClockFit(tuple(ClockStretch(*(round(v * SECOND) for v in s), True, 99, 0) for s in stretches), 0)
        halves = tuple(proposed_halves(number, fit, PARTS, 9000 * SECOND))
        made[number] = FileClock(BugReadings(None, (), 0, 0), fit, ScoreFit((), 0), halves)
    return MatchClock(made, PARTS)


WHOLE = [(910, 2500, 10), (2560, 3760, 1660), (4705, 7600, 2705)]
"""One file: it begins 15 minutes before kick-off, ten seconds before the clock is seen; between the first two stretches a
replay hides it, and the second half begins at 4700 s."""


def placed(clock: MatchClock, *labels: tuple[int, float]) -> tuple[list[tuple[int, float]], dict[str, int]]:
    entries = [Entry(Spot(half, round(t * SECOND), "Foul"), clock=1) for half, t in labels]
    document = placed_by_clock(Document(tuple(entries)), clock)
    assert all(entry.clock is None for entry in document.entries)
    return [(s.half, s.time / SECOND) for s in document.spots], dict(document.left_out)


def test_both_halves_lie_in_one_file() -> None:
    there = placed(clock_of(WHOLE), (1, 100), (1, 2800), (2, 100), (2, 2890))
    assert there == ([(1, 1000), (1, 3700), (1, 4800), (1, 7590)], {})


def test_extra_time_lies_in_the_same_file() -> None:
    clock = clock_of([*WHOLE, (7700, 8660, 5400), (8700, 8990, 6300)])
    assert placed(clock, (2, 2850), (3, 480), (3, 950), (4, 0)) == ([(1, 7550), (1, 8180), (1, 8650), (1, 8700)], {})
    assert placed(clock_of(WHOLE), (3, 480)) == ([], {NO_HALF: 1})


def test_extra_time_whose_clock_begins_at_zero_lies_where_that_shows_it() -> None:
    for first in (0, 900):
        clock = clock_of([*WHOLE, (7700, 8620, 0), (8700, 8990, first)])
        assert placed(clock, (2, 2850), (3, 480), (4, 100)) == ([(1, 7550), (1, 8180), (1, 8800)], {})


def test_before_the_clock_is_seen_and_after_it_is_gone_a_little_is_known() -> None:
    there, left = placed(clock_of(WHOLE), (1, 0), (2, 0), (2, 2910), (2, 2950))
    assert there == [(1, 900), (1, 4700), (1, 7610)]
    assert left == {NO_MOMENT: 1}


def test_in_a_replay_that_hides_the_clock_it_goes_on() -> None:
    assert placed(clock_of(WHOLE), (1, 1630)) == ([(1, 2530)], {})


def test_what_is_cut_out_is_left_out_and_counted() -> None:
    cut = [(0, 1000, 0), (1001, 2000, 1500)]
    assert placed(clock_of(cut), (1, 500), (1, 1200), (1, 1600)) == ([(1, 500), (1, 1101)], {NO_MOMENT: 1})


def test_halves_in_files_of_their_own_keep_their_numbers_by_the_clock() -> None:
    clock = clock_of([(30, 2800, 0)], [(60, 2900, 2700)])
    assert placed(clock, (1, 10), (2, 10)) == ([(1, 40), (2, 70)], {})


def test_a_half_that_no_file_shows_is_said_so() -> None:
    assert placed(clock_of([(0, 2800, 0)]), (1, 10), (2, 10)) == ([(1, 10)], {NO_HALF: 1})


def test_clips_move_with_their_entries() -> None:
    entry = Entry(Spot(2, 100 * SECOND, "Foul"), clip=(90 * SECOND, 130 * SECOND))
    (moved,) = placed_by_clock(Document((entry,)), clock_of(WHOLE)).entries
    assert moved.clip == (4790 * SECOND, 4830 * SECOND)
