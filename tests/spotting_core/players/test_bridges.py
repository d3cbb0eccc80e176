"""Where tracks go on unseen."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.domain.people import HOME, Placed, Role
from spotting_core.players.bridges import bridged, joined_over_cuts

SECOND = 1_000_000
TIMES = np.arange(0, 5 * SECOND, SECOND // 2)


def placed(time: int, x: float, track: int = 1) -> Placed:
    return Placed(1, time, track, Role.PLAYER, HOME, 1.0, x, 0.0, 0.3, 0.8, (0.1, 0.1, 0.2, 0.2), (200, 20, 20))


def test_a_missed_sample_lies_between_its_neighbours_and_is_marked() -> None:
    found = bridged([placed(0, 0), placed(SECOND, 4)], TIMES, frozenset(TIMES.tolist()))
    between = next(p for p in found if p.time == SECOND // 2)
    assert (between.x, between.seen, between.team) == (2.0, False, HOME)
    assert between.error == pytest.approx(np.hypot(0.3, 0.75))  # half a second at 1.5 m/s
    assert between.confidence == pytest.approx(0.4)
    assert sum(p.seen for p in found) == 2


def test_a_gap_without_a_calibration_stays_one() -> None:
    calibrated = frozenset(TIMES.tolist()) - {SECOND // 2}
    assert len(bridged([placed(0, 0), placed(SECOND, 4)], TIMES, calibrated)) == 2


def test_a_track_of_one_sample_stays_as_it_is() -> None:
    assert bridged([placed(0, 0)], TIMES, frozenset(TIMES.tolist())) == [placed(0, 0)]


HOME_SURE, AWAY_SURE = [0.97, 0.01, 0.01, 0.01], [0.01, 0.97, 0.01, 0.01]


def join(x: list[float], likely: list[list[float]], gap: float = 1.0) -> list[int]:
    """Two tracks before a cut, two after, at some x; track numbers of all four."""
    seconds = np.array([0.0, 0.0, gap, gap])
    places = np.stack([np.array(x), np.zeros(4)], 1)
    return joined_over_cuts(
        seconds, places, np.full(4, 0.3), np.arange(4), np.array(likely), np.array([0.0, gap])
    ).tolist()


def test_one_who_is_where_he_was_goes_on_after_a_cut() -> None:
    assert join([0, 30, 1, 29], [HOME_SURE, HOME_SURE, HOME_SURE, HOME_SURE]) == [0, 1, 0, 1]


def test_another_team_is_another_person() -> None:
    assert len(set(join([0, 30, 1, 29], [HOME_SURE, HOME_SURE, AWAY_SURE, AWAY_SURE]))) == 4


def test_two_near_each_other_are_not_taken_for_sure() -> None:
    assert len(set(join([0, 2, 1, 3], [HOME_SURE] * 4))) == 4


def test_after_a_long_interruption_nobody_is_known() -> None:
    assert len(set(join([0, 30, 1, 29], [HOME_SURE] * 4, gap=4.0))) == 4


def test_who_is_unsure_is_not_joined() -> None:
    assert len(set(join([0, 30, 1, 29], [[0.4, 0.3, 0.2, 0.1]] * 4))) == 4
