"""From readings of a clock to when it ran."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from spotting_core.score_bug.clock_fit import ClockReading, fit_clock

SECOND = 1_000_000


def readings(*stretches: tuple[Iterable[float], float]) -> list[ClockReading]:
    """Readings of a clock that runs: times of the file in seconds, and what the clock shows at the first."""
    made = []
    for times, clock in stretches:
        own = list(times)
        made += [ClockReading(round(t * SECOND), int(clock + t - own[0])) for t in own]
    return made


def every(start: float, end: float, step: float = 2.0) -> list[float]:
    return [start + step * k for k in range(int((end - start) / step) + 1)]


def shown(fit, seconds: float) -> float | None:  # type: ignore[no-untyped-def]
    at = fit.at(round(seconds * SECOND))
    return None if at is None else at / SECOND


def test_a_clock_that_runs_is_one_stretch() -> None:
    fit = fit_clock(readings((every(100, 200), 754.4)))
    [stretch] = fit.stretches
    assert (stretch.start, stretch.end, stretch.agreeing, stretch.others) == (100 * SECOND, 200 * SECOND, 51, 0)
    assert shown(fit, 150) == pytest.approx(804.4, abs=0.6)
    assert stretch.confidence == pytest.approx(51 / 52)


def test_fractions_of_a_second_are_found_from_readings_at_many_of_them() -> None:
    fit = fit_clock(readings((every(10, 60, 1.3), 100.45)))
    assert shown(fit, 30) == pytest.approx(120.45, abs=0.15)


def test_wrong_readings_are_rejected_and_counted() -> None:
    read = readings((every(0, 100), 60))
    for k, wrong in ((10, 3580), (11, 28), (30, 6)):
        read[k] = ClockReading(read[k].time, wrong)
    fit = fit_clock(read)
    assert fit.rejected == 3
    assert len(fit.stretches) == 1
    assert fit.stretches[0].others == 3
    assert shown(fit, 21) == pytest.approx(81, abs=0.6)


def test_a_digit_that_is_misread_for_a_while_is_no_stretch() -> None:
    read = readings((every(0, 100), 18 * 60))
    for k in range(20, 23):  # 18 as 13
        read[k] = ClockReading(read[k].time, read[k].seconds - 300)
    fit = fit_clock(read)
    assert len(fit.stretches) == 1
    assert fit.rejected == 3


def test_an_inserted_replay_makes_the_clock_late_and_is_not_told() -> None:
    fit = fit_clock(readings((every(0, 40), 0), (every(54, 100), 41)))
    assert [s.clock for s in fit.stretches] == pytest.approx([0.5 * SECOND, 41.5 * SECOND], abs=SECOND)
    assert shown(fit, 20) == pytest.approx(20, abs=0.6)
    assert shown(fit, 47) == pytest.approx(41, abs=1)  # it stood somewhere near
    assert shown(fit, 80) == pytest.approx(67, abs=0.6)


def test_a_clock_that_stands_in_a_replay_goes_on_after_it() -> None:
    standing = [ClockReading(t * SECOND, 41) for t in range(42, 54, 2)]
    fit = fit_clock([*readings((every(0, 40), 0.5)), *standing, *readings((every(54, 100), 42))])
    assert [s.runs for s in fit.stretches] == [True, False, True]
    assert shown(fit, 48) == 41
    assert fit.rejected == 0


def test_what_is_cut_out_makes_the_clock_jump_ahead() -> None:
    fit = fit_clock(readings((every(0, 60), 100), (every(61, 120), 700)))
    assert shown(fit, 30) == pytest.approx(130, abs=0.6)
    assert shown(fit, 90) == pytest.approx(729, abs=0.6)


def test_half_time_sets_the_clock_back() -> None:
    fit = fit_clock(readings((every(0, 3000, 10), 0), (every(3900, 5000, 10), 2700)))
    assert len(fit.stretches) == 2
    assert shown(fit, 2990) == pytest.approx(2990, abs=0.6)
    assert shown(fit, 3500) is None
    assert shown(fit, 4000) == pytest.approx(2800, abs=0.6)


def test_where_the_bug_is_gone_but_the_clock_goes_on_it_is_known() -> None:
    fit = fit_clock(readings((every(0, 60), 100), (every(200, 260), 300)))
    assert len(fit.stretches) == 1
    assert shown(fit, 130) == pytest.approx(230, abs=0.6)


def test_a_clock_is_told_half_a_minute_beyond_its_readings_and_no_further() -> None:
    fit = fit_clock(readings((every(50, 100), 100)))
    assert shown(fit, 25) == pytest.approx(75, abs=0.6)
    assert shown(fit, 10) is None
    assert shown(fit, 120) == pytest.approx(170, abs=0.6)
    assert shown(fit, 140) is None
    assert shown(fit_clock(readings((every(20, 100), 2))), 5) is None  # before its beginning


def test_a_time_of_day_or_a_scoreboard_that_stands_is_no_clock() -> None:
    assert fit_clock([ClockReading(t * SECOND, 20 * 60 + 45) for t in range(0, 58, 2)]).stretches == ()
    running = readings((every(0, 60), 100))
    board = [ClockReading(t * SECOND, 5400) for t in range(70, 100, 2)]
    assert [s.runs for s in fit_clock([*running, *board]).stretches] == [True]


def test_a_clock_that_counts_down_is_told_and_not_followed() -> None:
    fit = fit_clock([ClockReading(t * SECOND, 600 - t) for t in range(0, 100, 2)])
    assert fit.counts_down
    assert fit.stretches == ()
    assert fit.rejected == 50


def test_readings_that_agree_with_nothing_are_no_clock() -> None:
    scattered = [ClockReading(t * SECOND, (t * 7919) % 5400) for t in range(0, 100, 2)]
    assert fit_clock(scattered).stretches == ()
    assert fit_clock([]).stretches == ()
    assert fit_clock(readings(([0, 2], 50))).stretches == ()  # two readings alone are too few
