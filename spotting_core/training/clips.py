"""Clips to train on: which, what they should say, and what varies in them.

Nothing of a match stays in memory but its spots and its entities: what a clip reads is read from disk when its batch
is made, and the system keeps in its cache what it has room for.

* ``grid``: every half is cut into clips that follow one another, and each epoch takes all of them in another order,
  as NetVLAD++ does;
* ``actions``: most clips are laid around an action of a class drawn with a power of its frequency, the rest
  anywhere, as CALF (all classes alike) and dense anchors (anywhere) do.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.runs import runs
from spotting_core.models.registry import AnyStage, SystemConfig
from spotting_core.models.targets import Targets
from spotting_core.models.window import EntitySet, Samples
from spotting_core.models.window_plan import WindowPlan
from spotting_core.samples.labelled import LabelledHalf
from spotting_core.training.variation import vary
from spotting_core.training.views import view

GRID, ACTIONS = "grid", "actions"
_SCOREBOARD = "scoreboard"


@dataclass(frozen=True)
class TrainingClip:
    """Consecutive samples of one half, and what they should say."""

    samples: Samples
    targets: Targets


@dataclass
class TrainingClips:
    """Draws clips.

    Arguments:
        stage: of training, whose targets they have; plan: of the system's windows.
        length: samples of a clip.
        sampling: ``GRID`` or ``ACTIONS``; action_share: of the latter's clips that are laid around an action.
        rarity: power of a class's frequency with which it is drawn: 1 as often as it occurs, 0 all alike.
        changes: groups of ``picture_changes`` that clips go through.
    """

    halves: Sequence[LabelledHalf]
    stage: AnyStage
    config: SystemConfig
    plan: WindowPlan
    length: int
    seed: int
    sampling: str = ACTIONS
    action_share: float = 0.6
    rarity: float = 0.5
    changes: Collection[str] = ()
    _actions: dict[str, list[tuple[int, int]]] = field(init=False)
    _chance: list[float] = field(init=False)
    _lengths: list[int] = field(init=False)
    _grid: np.ndarray = field(init=False)
    _order: Callable[[int], np.ndarray] = field(init=False)

    def __post_init__(self) -> None:
        self._lengths = [len(h) if h.watched is None else int(h.watched.sum()) for h in self.halves]
        if self.plan.whole and self.sampling == ACTIONS and any(h.watched is not None for h in self.halves):
            raise BadInputError(
                "clips that are judged as a whole cannot be laid around actions where not all is watched",
                fix=f'Set sampling = "{GRID}"',
            )
        self._actions = {}
        for number, half in enumerate(self.halves):
            for finding, moment in half.known:
                if finding.label in self.config.classes:
                    place = number, half.samples.nearest_sample(moment)
                    self._actions.setdefault(finding.label, []).append(place)
        counts = Counter({label: len(places) for label, places in self._actions.items()})
        self._chance = [counts[label] ** self.rarity for label in self._actions]
        places = [(n, s) for n, half in enumerate(self.halves) for s in self._starts(half)]
        self._grid = np.array(places, np.int32).reshape(-1, 2)
        if not len(self._grid):
            raise BadInputError(
                "nothing of these matches was watched that a clip could be cut from",
                fix="Have longer stretches watched, or make the clips shorter",
            )
        self._order = lru_cache(maxsize=2)(self._shuffled)

    @property
    def epoch(self) -> int:
        """Clips of an epoch of ``GRID``."""
        return len(self._grid)

    @property
    def chances(self) -> dict[str, float]:
        """How often the classes are drawn, relative to one another."""
        return dict(zip(self._actions, self._chance, strict=True))

    def draw(self, number: int) -> TrainingClip:
        """Clip ``number`` of the run, varied; it depends on the number and the seed alone."""
        rng = random.Random(f"{self.seed}/{number}")
        half, start = self._chosen(number, rng)
        if self.stage.views is not None:
            return self._two_views(half, start, self.stage.views(self.config), rng)
        samples = self.halves[half].samples
        mirrored = samples.mirrored is not None and rng.random() < 0.5
        clip = self.clip(half, start, mirrored=mirrored)
        return replace(clip, samples=vary(clip.samples, self._scoreboard(half, clip.samples), rng, self.changes))

    def _two_views(self, half: int, start: int, apart: int, rng: random.Random) -> TrainingClip:
        """A clip and, as its second, another moment near it, each as another camera might have shown it."""
        last = max(0, len(self.halves[half]) - self.length)
        first = min(max(0, start), last)
        second = min(max(0, first + rng.randint(-apart, apart)), last)
        one, other = (self.clip(half, at) for at in (first, second))
        return replace(one, samples=replace(view(one.samples, rng), second=view(other.samples, rng)))

    def origins(self, number: int) -> tuple[int, ...]:
        """The half, by its place among them, that clip ``number`` is of."""
        return (self._chosen(number, random.Random(f"{self.seed}/{number}"))[0],)

    def _chosen(self, number: int, rng: random.Random) -> tuple[int, int]:
        """A half, and the sample at which clip ``number`` begins."""
        if self.sampling == GRID:
            epoch, place = divmod(number, self.epoch)
            half, start = (int(value) for value in self._grid[self._order(epoch)[place]])
            return half, start
        return self._place(rng)

    def clip(self, number: int, start: int, *, mirrored: bool = False) -> TrainingClip:
        """The clip of a half that begins at a sample, as it is."""
        half = self.halves[number]
        samples = half.samples.read(start, self.length, self.plan.outside, mirrored=mirrored)
        times = half.samples.times_of(start, self.length)
        if self.stage.taught is not None:
            return TrainingClip(samples, self.stage.taught(samples.teacher, times, self.config, samples.valid))
        truth = half.truth if half.watched is None else [finding for finding, _ in half.known]
        counted = samples.valid if half.watched is None else half.watched_in(start, self.length)
        return TrainingClip(samples, self.stage.targets(truth, times, self.config, counted))

    def _starts(self, half: LabelledHalf) -> list[int]:
        """First samples of the clips that a half is cut into. Where not all of it is watched, each stretch that was is
        cut; a clip that is judged as a whole lies within one, any other has a watched sample at least."""
        if half.watched is None:
            return list(range(0, len(half), self.length))
        starts: list[int] = []
        for first, end in runs(half.watched):
            last = end - self.length if self.plan.whole and end < len(half) else end - 1
            starts += range(first, last + 1, self.length)
        return starts

    def _place(self, rng: random.Random) -> tuple[int, int]:
        """A half, and the sample at which a clip of it begins; it has a sample of the half at least."""
        length = self.length
        if self._actions and rng.random() < self.action_share:
            label = rng.choices(list(self._actions), self._chance)[0]
            half, sample = rng.choice(self._actions[label])
            before, after = min(self.plan.before, length // 4), min(self.plan.after, length // 4)
            return half, sample - rng.randrange(before, length - after)
        half = rng.choices(range(len(self.halves)), self._lengths)[0]
        watched = self.halves[half].watched
        if watched is not None:
            return half, int(rng.choice(np.flatnonzero(watched))) - rng.randrange(length)
        first = max(1 - length, -length // 4)
        return half, rng.randrange(first, max(1, self._lengths[half] - 3 * length // 4))

    def _scoreboard(self, number: int, samples: Samples) -> tuple[float, ...] | None:
        """Median box of the scoreboards of a clip with pictures, as shares of the picture; None where there is none."""
        table = self.halves[number].samples.entities
        if samples.pictures is None or samples.entities is None or table is None or _SCOREBOARD not in table.names:
            return None
        return _median_box(samples.entities, table.names.index(_SCOREBOARD))

    def _shuffled(self, epoch: int) -> np.ndarray:
        return np.random.default_rng([self.seed, epoch]).permutation(self.epoch)


def _median_box(entities: EntitySet, name: int) -> tuple[float, ...] | None:
    boxes = entities.box[(entities.entity == name) & (entities.share > 0)]
    return tuple(boxes.median(0).values.tolist()) if len(boxes) else None
