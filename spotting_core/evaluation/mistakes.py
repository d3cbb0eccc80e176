"""Misses, false alarms and near misses, one by one, to be looked at.

At a threshold every prediction is paired with a truth of its class and half, the closest pairs first, as far as
``near`` seconds apart. A pair within ``within`` seconds is right, a wider one a near miss. Truths without a
prediction are missed, predictions without a truth are false alarms.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.evaluation.games import Game, GameColumns, SpotColumns

RIGHT, NEAR, MISSED, FALSE = "right", "near", "missed", "false"
WITHIN = 1.0
"""Seconds within which a prediction is right."""
NEAR_UNTIL = 5.0
"""Seconds within which it is a near miss."""


@dataclass(frozen=True)
class Outcome:
    """What became of one prediction or one truth.

    Arguments:
        kind: right, near, missed or false.
        game: index of the game; time: microseconds of the half, of the prediction, or of a missed truth.
        error: microseconds by which the prediction is late, where it has a truth.
        confidence: of the prediction; of a missed truth the best one of its class in reach, or None.
        instead: class of another truth within reach of a false alarm.
    """

    kind: str
    game: int
    half: int
    time: int
    label: str
    error: int | None = None
    confidence: float | None = None
    instead: str | None = None


def outcomes(
    games: Iterable[Game | GameColumns],
    classes: Sequence[str],
    threshold: float,
    *,
    within: float = WITHIN,
    near: float = NEAR_UNTIL,
) -> list[Outcome]:
    """What became of every prediction at or above a threshold, and of every truth; in order of game and time."""
    all_outcomes: list[Outcome] = []
    for number, game in enumerate(games):
        columns = game.columns(classes)
        for half in columns.halves:
            judge = _Half(number, half, columns, classes, threshold, round(within * 1e6), round(near * 1e6))
            all_outcomes += sorted(judge.outcomes(), key=lambda o: (o.time, o.label))
    return all_outcomes


class _Half:
    """Everything in one half of one game."""

    def __init__(
        self,
        game: int,
        half: int,
        columns: GameColumns,
        classes: Sequence[str],
        threshold: float,
        within: int,
        near: int,
    ) -> None:
        self._game, self._half, self._classes = game, half, classes
        self._threshold, self._within, self._near = threshold, within, near
        self._truth = columns_of_half(columns.truth, half)
        self._predicted = columns_of_half(columns.predicted, half)

    def outcomes(self) -> Iterator[Outcome]:
        for label in np.unique(np.concatenate([self._truth[1], self._predicted[1]])).tolist():
            yield from self._of_class(label)

    def _of_class(self, label: int) -> Iterator[Outcome]:
        truth = self._truth[0][self._truth[1] == label]
        own = self._predicted[1] == label
        every, scores = self._predicted[0][own], self._predicted[2][own]
        predictions, confidence = every[scores >= self._threshold], scores[scores >= self._threshold]
        truth_of = paired(truth, predictions, self._near)
        for i, time in enumerate(predictions.tolist()):
            score = float(confidence[i])
            if i in truth_of:
                error = time - int(truth[truth_of[i]])
                kind = RIGHT if abs(error) <= self._within else NEAR
                yield self._outcome(kind, time, label, error=error, confidence=score)
            else:
                yield self._outcome(FALSE, time, label, confidence=score, instead=self._instead(time, label))
        for i in sorted(set(range(len(truth))) - set(truth_of.values())):
            close = scores[np.abs(every - truth[i]) <= self._near]
            best = float(close.max()) if len(close) else None
            yield self._outcome(MISSED, int(truth[i]), label, confidence=best)

    def _outcome(self, kind: str, time: int, label: int, **more: object) -> Outcome:
        return Outcome(kind, self._game, self._half, time, self._classes[label], **more)  # type: ignore[arg-type]

    def _instead(self, time: int, label: int) -> str | None:
        """Class of the nearest truth of another class within reach."""
        times, labels = self._truth[0], self._truth[1]
        away = np.where(labels == label, np.iinfo(np.int64).max, np.abs(times - time))
        if not len(away) or away.min() > self._within:
            return None
        return self._classes[int(labels[int(away.argmin())])]


def columns_of_half(spots: SpotColumns, half: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Times, labels and scores of a half, in order of time."""
    own = np.flatnonzero(spots.half == half)
    own = own[np.argsort(spots.time[own], kind="stable")]
    return spots.time[own], spots.label[own], spots.score[own]


def paired(truth: np.ndarray, predicted: np.ndarray, reach: int) -> dict[int, int]:
    """Prediction to truth, the closest pairs first; earlier ones where two are equally close."""
    distance = np.abs(predicted[:, None] - truth[None, :])
    rows, columns = np.nonzero(distance <= reach)
    truth_of: dict[int, int] = {}
    taken: set[int] = set()
    for k in np.argsort(distance[rows, columns], kind="stable"):
        prediction, true = int(rows[k]), int(columns[k])
        if prediction not in truth_of and true not in taken:
            truth_of[prediction] = true
            taken.add(true)
    return truth_of
