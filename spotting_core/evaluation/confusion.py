"""What is taken for what: predicted classes against true ones, with how far apart in time they lie.

At a threshold every prediction is paired with a truth of its class and half, as ``mistakes`` pairs them; the
predictions and truths that are left are paired with each other, whatever their class, the closest first, where they
lie within ``confused`` seconds. What is still left is a miss or a false alarm. Each truth and each prediction stands
in one cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.evaluation.games import Game, GameColumns
from spotting_core.evaluation.mistakes import NEAR_UNTIL, WITHIN, columns_of_half, paired


@dataclass(frozen=True)
class Confused:
    """A truth with what was predicted of it, or one of the two alone.

    Arguments:
        game: index of the game; time: microseconds of the half, of the prediction, or of a missed truth.
        true, predicted: classes; None for a false alarm and for a miss.
        error: microseconds by which the prediction is late, where it has a truth; confidence: of the prediction.
    """

    game: int
    half: int
    time: int
    true: str | None
    predicted: str | None
    error: int | None = None
    confidence: float | None = None


@dataclass(frozen=True)
class ConfusionMatrix:
    """Counts and median time errors by true (rows) and predicted class (columns).

    Arguments:
        classes: those that occur on either side, in the order of their table.
        count: int (C + 1, C + 1); the last column holds misses, the last row false alarms.
        error: float (C, C), median microseconds by which predictions are late; NaN in empty cells.
    """

    classes: tuple[str, ...]
    count: np.ndarray
    error: np.ndarray


def confusions(
    games: Iterable[Game | GameColumns],
    classes: Sequence[str],
    threshold: float,
    *,
    near: float = NEAR_UNTIL,
    confused: float = WITHIN,
) -> list[Confused]:
    """All truths and all predictions at or above a threshold, paired; in order of game, half and time."""
    found: list[Confused] = []
    for number, game in enumerate(games):
        columns = game.columns(classes)
        for half in columns.halves:
            rows = _of_half(columns, half, threshold, round(near * 1e6), round(confused * 1e6))
            own = [_named(number, half, classes, row) for row in rows]
            found += sorted(own, key=lambda c: (c.time, c.true or "", c.predicted or ""))
    return found


def confusion_matrix(found: Sequence[Confused], classes: Sequence[str]) -> ConfusionMatrix:
    """The matrix of what ``confusions`` paired."""
    there = {name for c in found for name in (c.true, c.predicted)}
    names = tuple(name for name in classes if name in there)
    index: dict[str | None, int] = {**{name: i for i, name in enumerate(names)}, None: len(names)}
    count = np.zeros((len(names) + 1, len(names) + 1), np.int64)
    errors: dict[tuple[int, int], list[int]] = {}
    for c in found:
        cell = index[c.true], index[c.predicted]
        count[cell] += 1
        if c.error is not None:
            errors.setdefault(cell, []).append(c.error)
    error = np.full((len(names), len(names)), np.nan)
    for cell, own in errors.items():
        error[cell] = np.median(own)
    return ConfusionMatrix(names, count, error)


_Row = tuple[int, int | None, int | None, int | None, float | None]  # time, true, predicted, error, confidence


def _of_half(columns: GameColumns, half: int, threshold: float, near: int, confused: int) -> Iterator[_Row]:
    truth, true, _ = columns_of_half(columns.truth, half)
    times, labels, scores = columns_of_half(columns.predicted, half)
    sure = scores >= threshold
    times, labels, scores = times[sure], labels[sure], scores[sure]
    truth_of: dict[int, int] = {}
    for label in np.unique(labels).tolist():
        own, same = np.flatnonzero(labels == label), np.flatnonzero(true == label)
        truth_of |= _at(paired(truth[same], times[own], near), own, same)
    rest, left = _without(len(times), truth_of), _without(len(truth), truth_of.values())
    truth_of |= _at(paired(truth[left], times[rest], confused), rest, left)
    for i, j in truth_of.items():
        yield int(times[i]), int(true[j]), int(labels[i]), int(times[i] - truth[j]), float(scores[i])
    for i in _without(len(times), truth_of).tolist():
        yield int(times[i]), None, int(labels[i]), None, float(scores[i])
    for j in _without(len(truth), truth_of.values()).tolist():
        yield int(truth[j]), int(true[j]), None, None, None


def _at(pairs: dict[int, int], predictions: np.ndarray, truths: np.ndarray) -> dict[int, int]:
    """Pairs among some predictions and truths as pairs among all."""
    return {int(predictions[i]): int(truths[j]) for i, j in pairs.items()}


def _without(count: int, taken: Iterable[int]) -> np.ndarray:
    return np.setdiff1d(np.arange(count), list(taken))


def _named(game: int, half: int, classes: Sequence[str], row: _Row) -> Confused:
    time, true, predicted, error, confidence = row
    return Confused(game, half, time, _name(true, classes), _name(predicted, classes), error, confidence)


def _name(label: int | None, classes: Sequence[str]) -> str | None:
    return None if label is None else classes[label]
