"""The clock and the score of a match, for people."""

from __future__ import annotations

from collections.abc import Sequence

from spotting_core.domain.classes import DEFAULT_TABLE, load_classes
from spotting_core.score_bug.clock_fit import ClockFit, ClockStretch
from spotting_core.score_bug.halves import clock_gaps, proposed_halves
from spotting_core.score_bug.match_clock import FileClock, MatchClock
from spotting_core.score_bug.readings import BugReadings
from spotting_core.score_bug.score_fit import Score, ScoreFit, ScoreStretch

SECOND = 1_000_000
PARTS = load_classes(DEFAULT_TABLE).parts
RUNS = [(10, 2900, 10), (3800, 6700, 2705)]  # seconds of the file, and what the clock shows at the first


def match(*scores: tuple[float, float, Score], runs: Sequence[tuple[int, int, int]] = RUNS) -> MatchClock:
    """A file with both halves, and scores from second to second."""
    stretches = tuple(ClockStretch(a * SECOND, b * SECOND, c * SECOND, True, 99, 0) for a, b, c in runs)
    stood = tuple(ScoreStretch(round(a * SECOND), round(b * SECOND), score, 9, 0) for a, b, score in scores)
    fit = ClockFit(stretches, 0)
    halves = tuple(proposed_halves(1, fit, PARTS, 9000 * SECOND))
    return MatchClock({1: FileClock(BugReadings(None, (), 0, 0), fit, ScoreFit(stood, 0), halves)}, PARTS)


def test_the_minute_of_the_broadcast() -> None:
    clock = match()
    assert clock.text(1, 130 * SECOND) == "02:10"
    assert clock.text(1, 2830 * SECOND) == "45+2:10"
    assert clock.text(1, 3900 * SECOND) == "46:45"
    assert clock.text(1, 6600 * SECOND) == "90+1:45"
    assert clock.text(1, 3300 * SECOND) is None  # half-time
    assert clock.text(2, 0) is None


def test_where_no_half_is_played() -> None:
    """Clock from 10 s, at which it shows 0:10, to 2900 s and from 3800 s, at which it shows 45:05, to 6700 s."""
    clock = match()
    places = {at: clock.outside_play(1, at * SECOND) for at in (0, 130, 2950, 2970, 3300, 3760, 3770, 6750, 6800)}
    assert places == {
        0: None, 130: None, 2950: None, 2970: "between half 1 and half 2", 3300: "between half 1 and half 2",
        3760: "between half 1 and half 2", 3770: None, 6750: None, 6800: "after half 2",
    }  # fmt: skip
    assert clock.outside_play(2, 0) is None  # of another file nobody knows


def test_minutes_of_a_half_without_a_clock_are_named() -> None:
    """Advertisements from 1330 s to 1510 s of the file; a replay of 60 s, and the break, are no gaps of a half."""
    clock = match(runs=[(10, 600, 10), (660, 1330, 670), (1510, 2900, 1515), (3800, 6700, 2705)])
    [(half, start, end)] = clock.gaps
    assert (half.half, start, end) == (1, 1330 * SECOND, 1510 * SECOND)
    text = "22:10 to 25:10 of the file in half 1, by the clock 22:20 to 25:15"
    assert clock.gap_text(half, start, end) == text
    assert match().gaps == []


def test_a_clock_that_stands_is_away() -> None:
    """From 200 s to 400 s it is seen to stand, as behind advertisements that leave the score bug."""
    fit = ClockFit(
        (
            ClockStretch(0, 200 * SECOND, 0, True, 99, 0),
            ClockStretch(200 * SECOND, 400 * SECOND, 200 * SECOND, False, 99, 0),
            ClockStretch(400 * SECOND, 2900 * SECOND, 400 * SECOND, True, 99, 0),
        ),
        0,
    )
    [half] = proposed_halves(1, fit, PARTS, 9000 * SECOND)
    assert clock_gaps(half, fit) == [(200 * SECOND, 400 * SECOND)]


def test_play_before_the_clock_is_seen_is_play() -> None:
    """First seen at 1,000 s of the file, at 2:00: the half began at 880 s."""
    clock = match(runs=[(1000, 3900, 120)])
    assert clock.outside_play(1, 860 * SECOND) is None
    assert clock.outside_play(1, 840 * SECOND) == "before half 1"


def test_the_minute_of_extra_time_is_no_time_added() -> None:
    clock = match(runs=[*RUNS, (7000, 7970, 5405), (8100, 9010, 6301)])
    assert [half.half for half in clock.halves] == [1, 2, 3, 4]
    assert clock.text(1, 6600 * SECOND) == "90+1:45"
    assert clock.text(1, 7485 * SECOND) == "98:10"
    assert clock.text(1, 7960 * SECOND) == "105+1:05"
    assert clock.text(1, 8200 * SECOND) == "106:41"
    assert clock.text(1, 9005 * SECOND) == "120+0:06"


def test_a_clock_that_begins_extra_time_at_zero_is_called_as_it_is_shown() -> None:
    clock = match(runs=[*RUNS, (7000, 7970, 5), (8100, 9010, 901)])
    assert [half.half for half in clock.halves] == [1, 2, 3, 4]
    assert (clock.text(1, 7485 * SECOND), clock.text(1, 8200 * SECOND)) == ("08:10", "16:41")


def test_a_goal_is_checked_by_the_next_change_of_the_score() -> None:
    clock = match((10, 1000, (0, 0)), (1012, 2000, (1, 0)), (2030, 2890, (1, 1)))
    goals = [1004 * SECOND, 2010 * SECOND]
    assert clock.check_of_goal(1, goals[0], goals) == "Score bug 0–0 → 1–0 at 16:52, 8 s later."
    assert clock.check_of_goal(1, goals[1], goals) == "Score bug 1–0 → 1–1 at 33:50, 20 s later."
    assert clock.check_of_goal(1, 1500 * SECOND, [1500 * SECOND]) == "The score bug does not change after it."


def test_a_change_belongs_to_the_latest_goal_before_it() -> None:
    clock = match((10, 1000, (0, 0)), (1012, 2000, (1, 0)))
    goals = [950 * SECOND, 990 * SECOND]
    assert clock.change_of_goal(1, goals[0], goals) is None
    assert clock.change_of_goal(1, goals[1], goals) is not None


def test_without_a_score_nothing_is_said_of_a_goal() -> None:
    assert match().check_of_goal(1, 1000 * SECOND, [1000 * SECOND]) is None
    late = match((10, 1010, (0, 0)))  # the bug is not seen long enough after it
    assert late.check_of_goal(1, 1000 * SECOND, [1000 * SECOND]) is None


def test_changes_that_are_no_goal_are_listed() -> None:
    clock = match((10, 1000, (0, 0)), (1012, 2000, (1, 0)), (2010, 2890, (0, 0)))
    assert [str(change) for _, change in clock.unexplained_changes] == ["1–0 → 0–0"]
