"""People and ball on the pitch against the truth, sample by sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from spotting_core.domain.people import Placed, Role

WITHIN = 2.0
"""Metres within which somebody counts as found."""
_FAR = 1e3


@dataclass(frozen=True)
class PeopleFigures:
    """Counts and distances, of one match or of several together.

    Arguments:
        true, found: people in truth, and placed and seen; matched: pairs within ``WITHIN``.
        distances, expected: metres of each pair, and what was expected.
        teamed, team_right: players matched whose team is told, and told rightly; players: all of them that are matched.
        role_right: pairs whose role is told rightly.
        ball_true, ball_found: samples that show the ball, and that also have a place for it; ball: metres of these;
            ball_alone: samples where a ball was placed and none is shown.
    """

    true: int
    found: int
    matched: int
    distances: tuple[float, ...]
    expected: tuple[float, ...]
    players: int
    teamed: int
    team_right: int
    role_right: int
    ball_true: int
    ball_found: int
    ball_alone: int
    ball: tuple[float, ...]

    def __add__(self, other: PeopleFigures) -> PeopleFigures:
        return PeopleFigures(*(a + b for a, b in zip(self._values, other._values, strict=True)))

    @property
    def _values(self) -> tuple[Any, ...]:
        return tuple(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def recall(self) -> float:
        """Share of the true people that are found."""
        return self.matched / max(1, self.true)

    @property
    def precision(self) -> float:
        """Share of those placed that are there."""
        return self.matched / max(1, self.found)

    @property
    def team_accuracy(self) -> float:
        """Share of the players found whose team is told rightly; unsure ones count as wrong."""
        return self.team_right / max(1, self.players)

    @property
    def told_accuracy(self) -> float:
        """Share of the players whose team is told, and told rightly."""
        return self.team_right / max(1, self.teamed)


def people_figures(truth: Sequence[Sequence[Placed]], found: Sequence[Sequence[Placed]]) -> PeopleFigures:
    """Figures of some samples; only what was seen counts as found.

    Arguments:
        truth, found: sample by sample, the same samples.
    """
    total = PeopleFigures(0, 0, 0, (), (), 0, 0, 0, 0, 0, 0, 0, ())
    parts = [_of_sample(a, [p for p in b if p.seen]) for a, b in zip(truth, found, strict=True)]
    names = PeopleFigures.__dataclass_fields__
    joined = {name: [getattr(part, name) for part in parts] for name in names}
    values: list[Any] = [
        tuple(x for some in joined[name] for x in some) if isinstance(getattr(total, name), tuple)
        else sum(joined[name]) for name in names
    ]  # fmt: skip
    return PeopleFigures(*values)


def _of_sample(truth: Sequence[Placed], found: Sequence[Placed]) -> PeopleFigures:
    true, seen = _people(truth), _people(found)
    apart = np.linalg.norm(_places(true)[:, None] - _places(seen)[None], axis=-1)
    rows, columns = linear_sum_assignment(np.where(apart <= WITHIN, apart, _FAR))
    pairs = [
        (true[i], seen[j], float(apart[i, j])) for i, j in zip(rows, columns, strict=True) if apart[i, j] <= WITHIN
    ]
    players = [(a, b) for a, b, _ in pairs if a.role is Role.PLAYER]
    true_ball, ball = _ball(truth), _ball(found)
    return PeopleFigures(
        len(true), len(seen), len(pairs), tuple(d for *_, d in pairs), tuple(b.error for _, b, _ in pairs),
        len(players), sum(bool(b.team) for _, b in players), sum(a.team == b.team for a, b in players),
        sum(a.role is b.role for a, b, _ in pairs), int(true_ball is not None),
        int(true_ball is not None and ball is not None), int(true_ball is None and ball is not None),
        () if true_ball is None or ball is None else (float(np.hypot(true_ball.x - ball.x, true_ball.y - ball.y)),),
    )  # fmt: skip


def _people(placed: Iterable[Placed]) -> list[Placed]:
    return [p for p in placed if p.role is not Role.BALL]


def _ball(placed: Iterable[Placed]) -> Placed | None:
    return next((p for p in placed if p.role is Role.BALL), None)


def _places(placed: Sequence[Placed]) -> np.ndarray:
    return np.array([(p.x, p.y) for p in placed]).reshape(-1, 2)
