"""The samples of a half whose pictures, entities and features lie on disk: any window of them, at any time.

Nothing of a half is in memory but its times and its entities: pictures and features are memory-mapped, and read when
a window asks for them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from spotting_core.entities.table import EntityTable
from spotting_core.features.half import FeatureHalf
from spotting_core.media.frame_store import FrameStore
from spotting_core.models.window import EntitySet, Samples
from spotting_core.models.window_plan import REPEATED, ZEROS


@dataclass(frozen=True)
class HalfSamples:
    """A half as a system reads it; what it does not read is None.

    Arguments:
        times: int64 (T,), presentation times of the samples in microseconds; rate: samples a second.
        entities: found in its pictures; size: (width, height) of the picture they were found in.
        mirrored: the features of the half's pictures seen in a mirror, where they are known.
        teacher: features that a stage of training learns to give.
    """

    half: int
    times: np.ndarray
    rate: float
    pictures: FrameStore | None = None
    entities: EntityTable | None = None
    size: tuple[int, int] = (1, 1)
    features: FeatureHalf | None = None
    mirrored: FeatureHalf | None = None
    teacher: FeatureHalf | None = None

    def __len__(self) -> int:
        return len(self.times)

    def read(self, start: int, length: int, outside: str = ZEROS, *, mirrored: bool = False) -> Samples:
        """A window of ``length`` samples from ``start`` on.

        Arguments:
            outside: see ``WindowPlan``; no entities lie there.
            mirrored: read the features in a mirror, and the entities with them.
        """
        inside = Inside(start, length, len(self))
        features = self.mirrored if mirrored else self.features
        entities = inside.entities(self.entities, self.size) if self.entities is not None else None
        if entities is not None and mirrored:
            entities = entities.mirrored()
        pictures = None
        if self.pictures is not None:
            store = self.pictures
            pictures = inside.filled(np.stack([store[i] for i in range(inside.low, inside.high)]), outside)
        read, taught = (
            inside.filled(one.rows(inside.low, inside.high), outside) if one is not None else None
            for one in (features, self.teacher)
        )
        return Samples(start, inside.valid, pictures, entities, read, taught)

    def times_of(self, start: int, length: int) -> np.ndarray:
        """Times of a window's samples, those beyond the half as if it went on: int64 (length,), microseconds."""
        at = np.arange(start, start + length)
        within = at.clip(0, len(self) - 1)
        beyond = np.round((at - within) * (1e6 / self.rate)).astype(np.int64)
        times: np.ndarray = self.times[within] + beyond
        return times

    def nearest_sample(self, time: int) -> int:
        """The sample nearest to a time (microseconds); the first or the last where the time lies beyond them."""
        return int(np.abs(self.times - time).argmin())


@dataclass(frozen=True)
class Inside:
    """Which samples of a window lie in a half of ``total`` samples.

    Errors:
        ValueError: none.
    """

    start: int
    length: int
    total: int

    def __post_init__(self) -> None:
        if self.high <= self.low:
            end = self.start + self.length
            raise ValueError(f"no sample from {self.start} to {end} lies in a half of {self.total}")

    @property
    def low(self) -> int:
        """First sample of the half in the window."""
        return max(0, self.start)

    @property
    def high(self) -> int:
        """Sample after the last one of the half in the window."""
        return min(self.total, self.start + self.length)

    @property
    def before(self) -> int:
        """Samples of the window before the half."""
        return self.low - self.start

    @property
    def after(self) -> int:
        """Samples of the window after the half."""
        return self.start + self.length - self.high

    @property
    def valid(self) -> np.ndarray:
        """bool (length,)."""
        at = np.arange(self.start, self.start + self.length)
        return (at >= self.low) & (at < self.high)

    def filled(self, values: np.ndarray, outside: str) -> np.ndarray:
        """The whole window from what is inside: (high - low, …) to (length, …)."""
        if not self.before and not self.after:
            return values
        width = [(self.before, self.after), *[(0, 0)] * (values.ndim - 1)]
        return np.pad(values, width, mode="edge") if outside == REPEATED else np.pad(values, width)

    def entities(self, table: EntityTable, size: tuple[int, int]) -> EntitySet:
        """The entities of the window; size: (width, height) of the picture that their boxes are of."""
        return EntitySet.of_table(table, self.low, self.high, size).map(self.filled_in_time)

    def filled_in_time(self, values: Tensor) -> Tensor:
        """(1, high - low, …) to (1, length, …), zero outside."""
        if not self.before and not self.after:
            return values
        shape = values.shape[2:]
        return torch.cat([values.new_zeros(1, self.before, *shape), values, values.new_zeros(1, self.after, *shape)], 1)
