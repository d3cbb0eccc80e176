"""True and predicted spots of games, as lists of spots or as arrays.

A hundred games have a hundred thousand predictions. What is evaluated is therefore arrays; games that are
read from files never become anything else, and lists of spots are turned into them first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.domain.spots import Spot


@dataclass(frozen=True)
class SpotColumns:
    """Spots as arrays of one length N, in the order of their file.

    Arguments:
        half: int16 (N,), number of the part.
        time: int64 (N,) microseconds of the half.
        label: int16 (N,) index of the class.
        score: float64 (N,) confidence; 0 for true spots.
        visible: int8 (N,), -1 for an action that is not shown, else 1.
    """

    half: np.ndarray
    time: np.ndarray
    label: np.ndarray
    score: np.ndarray
    visible: np.ndarray

    def __len__(self) -> int:
        return len(self.time)

    def where(self, which: np.ndarray) -> SpotColumns:
        """Some of them: bool (N,), or int64 indices in another order."""
        columns = (self.half, self.time, self.label, self.score, self.visible)
        return SpotColumns(*(column[which] for column in columns))

    def moments(self) -> list[tuple[int, int, int]]:
        """Part, time and class of each."""
        return list(zip(self.half.tolist(), self.time.tolist(), self.label.tolist(), strict=True))

    @classmethod
    def of_spots(cls, spots: Iterable[Spot], classes: Sequence[str]) -> SpotColumns:
        """Columns of those spots whose class is among ``classes``."""
        index = {name: i for i, name in enumerate(classes)}
        known = [s for s in spots if s.label in index]
        return cls(
            np.array([s.half for s in known], np.int16),
            np.array([s.time for s in known], np.int64),
            np.array([index[s.label] for s in known], np.int16),
            np.array([s.confidence or 0.0 for s in known], np.float64),
            np.array([-1 if s.visible is False else 1 for s in known], np.int8),
        )


@dataclass(frozen=True)
class Game:
    """True and predicted spots of one game."""

    name: str
    truth: Sequence[Spot]
    predicted: Sequence[Spot]

    def columns(self, classes: Sequence[str]) -> GameColumns:
        """The same as arrays; spots of other classes are left out."""
        return GameColumns(
            self.name, SpotColumns.of_spots(self.truth, classes), SpotColumns.of_spots(self.predicted, classes)
        )


@dataclass(frozen=True)
class GameColumns:
    """True and predicted spots of one game as arrays; labels are indices into the classes it was read with."""

    name: str
    truth: SpotColumns
    predicted: SpotColumns

    def columns(self, _classes: Sequence[str]) -> GameColumns:
        """Itself."""
        return self

    @property
    def halves(self) -> list[int]:
        """Halves of which either side says anything, in order."""
        return np.unique(np.concatenate([self.truth.half, self.predicted.half])).tolist()
