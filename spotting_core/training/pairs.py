"""Pairs to train on: a replay, and a stretch in which its action lies, or one in which it does not.

A share of the pairs are negatives: the stretch is of another moment of the half, or the replay is another one; both
from the same half, or with ``wide_negatives`` from any.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from spotting_core.base.errors import BadInputError
from spotting_core.domain.cameras import Grounding
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.registry import AnyStage
from spotting_core.samples.labelled import LabelledHalf
from spotting_core.samples.pairs import paired, replay_samples, stretch_before
from spotting_core.training.clips import TrainingClip


@dataclass
class TrainingPairs:
    """Draws pairs.

    Errors:
        BadInputError: no replay of the halves shows an action of its half.
    """

    halves: Sequence[LabelledHalf]
    stage: AnyStage
    config: GroundingConfig
    seed: int
    _shown: list[tuple[int, Grounding]] = field(init=False)

    def __post_init__(self) -> None:
        self._shown = [
            (number, finding)
            for number, half in enumerate(self.halves)
            for finding, _ in half.known
            if isinstance(finding, Grounding) and finding.candidates[0].link.half == finding.half
        ]
        if not self._shown:
            raise BadInputError(
                "no replay of these matches has a link to its action", fix="Check their Labels-cameras.json"
            )

    def draw(self, number: int) -> TrainingClip:
        """Pair ``number`` of the run; it depends on the number and the seed alone."""
        return self._pair(*self._chosen(number))

    def origins(self, number: int) -> tuple[int, ...]:
        """The halves, by their place among them, that pair ``number`` is of."""
        of, _, half, _, _ = self._chosen(number)
        return tuple(dict.fromkeys((of, half)))

    def _chosen(self, number: int) -> tuple[int, Grounding, int, int, tuple[Grounding, ...]]:
        """The half and the replay of a pair, the half and the first sample of its stretch, and what the stretch
        shows."""
        rng = random.Random(f"{self.seed}/{number}")
        half, shown = rng.choice(self._shown)
        negative = rng.random() < self.config.negative_share
        if not negative:
            return half, shown, half, self._around(half, shown, rng), (shown,)
        if rng.random() < 0.5:  # another moment
            other = rng.randrange(len(self.halves)) if self.config.wide_negatives else half
            margin = self.config.window // 2  # of the stretch that may lie beyond the half
            first = rng.randrange(1 - margin, max(2, len(self.halves[other]) - margin))
            return half, shown, other, first, (shown,) if other == half else ()
        others = [s for s in self._shown if s[1] != shown and (self.config.wide_negatives or s[0] == half)]
        of, replay = rng.choice(others or [(half, shown)])
        first = self._around(half, shown, rng)
        return of, replay, half, first, (replay,) if of == half else ()

    def _around(self, number: int, shown: Grounding, rng: random.Random) -> int:
        """The sample at which a stretch with the action begins."""
        half, config = self.halves[number].samples, self.config
        if config.ends_with_replay:
            return stretch_before(half, shown.start, shown.end, config)
        action = half.nearest_sample(shown.candidates[0].link.time)
        return action - rng.randrange(config.window // 8, config.window - config.window // 8)

    def _pair(self, of: int, replay: Grounding, number: int, first: int, shown: tuple[Grounding, ...]) -> TrainingClip:
        """The pair of a replay of one half and a stretch of one that may be another."""
        half = self.halves[number].samples
        first = min(max(first, 1 - self.config.window), len(half) - 1)
        read = replay_samples(self.halves[of].samples, replay.start, replay.end, self.config)
        samples = paired(half, first, read, self.config)
        times = half.times_of(first, self.config.window)
        return TrainingClip(samples, self.stage.targets(shown, times, self.config, samples.valid))
