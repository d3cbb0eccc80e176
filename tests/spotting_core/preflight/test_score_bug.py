"""Goals of a file held against the score of the score bug."""

from __future__ import annotations

from spotting_core.domain.spots import Spot
from spotting_core.preflight.finding import NOTE, WARNING
from spotting_core.preflight.score_bug import check_clock_gaps, check_goals
from tests.spotting_core.score_bug.test_match_clock import match

SECOND = 1_000_000
SCORES = ((10, 1000, (0, 0)), (1012, 2000, (1, 0)), (2030, 2890, (1, 1)))


def goals(*seconds: float) -> list[Spot]:
    return [Spot(1, round(s * SECOND), "Goal") for s in seconds]


def test_goals_that_the_score_follows() -> None:
    [found] = check_goals(match(*SCORES), [*goals(1004, 2010), Spot(1, 5, "Foul")])
    assert (found.severity, found.what) == (NOTE, "all 2 goals are followed by a change of the score")


def test_a_goal_without_a_change_and_a_change_without_a_goal_are_named() -> None:
    first, second = check_goals(match(*SCORES), goals(1004, 1500))
    assert (first.severity, first.what, first.evidence) == (
        WARNING, "goals after which the score bug does not change", "25:00",
    )  # fmt: skip
    assert (second.severity, second.evidence) == (WARNING, "1–0 → 1–1 at 33:50")


def test_where_no_score_was_read_nothing_is_said() -> None:
    assert check_goals(match(), goals(1004)) == []


def test_minutes_without_a_clock_in_a_half_are_a_note() -> None:
    assert check_clock_gaps(match()) == []
    [finding] = check_clock_gaps(match(runs=[(10, 1330, 10), (1510, 2900, 1515), (3800, 6700, 2705)]))
    assert finding.severity == NOTE
    assert "advertisements" in finding.what
    assert finding.evidence.startswith("22:10 to 25:10 of the file in half 1")
