"""From readings of a score to which one stood when."""

from __future__ import annotations

from spotting_core.score_bug.score_fit import Score, ScoreReading, fit_score

SECOND = 1_000_000


def readings(*scores: Score) -> list[ScoreReading]:
    """A reading every two seconds."""
    return [ScoreReading(2 * k * SECOND, score) for k, score in enumerate(scores)]


def test_a_change_is_confirmed_by_several_readings_and_has_its_moment() -> None:
    fit = fit_score(readings(*[(0, 0)] * 10, *[(1, 0)] * 10))
    [change] = fit.changes
    assert (change.old, change.new, change.before, change.time) == ((0, 0), (1, 0), 18 * SECOND, 20 * SECOND)
    assert change.is_goal
    assert str(change) == "0–0 → 1–0"
    assert fit.at(19 * SECOND) == (0, 0)
    assert fit.at(20 * SECOND) == (1, 0)


def test_a_wrong_reading_is_no_change_and_is_counted() -> None:
    fit = fit_score(readings(*[(0, 1)] * 8, (0, 4), *[(0, 1)] * 4, (0, 4), (0, 4), *[(0, 1)] * 8))
    assert fit.changes == []
    assert fit.rejected == 3


def test_a_goal_that_is_taken_back_is_a_change_but_no_goal() -> None:
    fit = fit_score(readings(*[(0, 0)] * 10, *[(1, 0)] * 10, *[(0, 0)] * 10))
    assert [change.is_goal for change in fit.changes] == [True, False]


def test_a_score_that_is_read_twice_is_not_confirmed() -> None:
    assert fit_score(readings((0, 0), (0, 0))).stretches == ()
    assert fit_score([]).at(0) is None


def test_before_the_first_reading_no_score_is_known() -> None:
    later = [ScoreReading(r.time + 60 * SECOND, r.score) for r in readings(*[(2, 2)] * 5)]
    assert fit_score(later).at(59 * SECOND) is None
