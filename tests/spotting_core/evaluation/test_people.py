"""People against the truth, counted by hand."""

from __future__ import annotations

import pytest

from spotting_core.domain.people import AWAY, HOME, Placed, Role
from spotting_core.evaluation.people import people_figures

BOX = (0.1, 0.1, 0.2, 0.2)


def person(x: float, team: str = HOME, role: Role = Role.PLAYER, *, seen: bool = True) -> Placed:
    return Placed(1, 0, 1, role, team, 1.0, x, 0.0, 0.5, 1.0, BOX if seen else None)


def test_who_is_within_two_metres_is_found() -> None:
    truth = [[person(0), person(10, AWAY), person(20, AWAY), person(30, "", Role.REFEREE), person(5, "", Role.BALL)]]
    found = [[person(1.5), person(10.5), person(22.5, AWAY), person(30, "", Role.UNSURE), person(6, "", Role.BALL),
              person(20, AWAY, seen=False)]]  # fmt: skip
    figures = people_figures(truth, found)
    assert (figures.true, figures.found, figures.matched) == (4, 4, 3)  # unseen ones and the ball are no people found
    assert figures.recall == figures.precision == 0.75
    assert sorted(figures.distances) == [0.0, 0.5, 1.5]
    assert (figures.players, figures.teamed, figures.team_right, figures.role_right) == (2, 2, 1, 2)
    assert (figures.ball_true, figures.ball_found, figures.ball_alone, figures.ball) == (1, 1, 0, (1.0,))


def test_samples_and_matches_add_up() -> None:
    one = people_figures([[person(0)], []], [[person(0)], [person(0, "", Role.BALL)]])
    both = one + one
    assert (both.true, both.matched, both.ball_alone, len(both.distances)) == (2, 2, 2, 2)
    assert people_figures([], []).recall == 0
    assert both.team_accuracy == pytest.approx(1.0)
