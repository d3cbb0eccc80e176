"""What the replays of a half show: each with the stretch before its end, and the moments that stand out there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from spotting_core.domain.cameras import Candidate, Grounding, Link
from spotting_core.domain.spots import Spot
from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.judge import Judge
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.pairs import paired, replay_samples, stretch_before

_BATCH = 16  # replays at once
_APART = 2.0  # seconds between candidates
_BESIDE = 1.0  # seconds within which samples speak of the same moment
_MOST, _LEAST = 5, 0.01  # candidates of a replay, and confidence of the least sure
_SPOT = 3.0  # seconds within which a candidate is the spot nearest to it


@dataclass(frozen=True)
class ReplayShot:
    """A replay: from ``start`` to ``end``, microseconds of the half."""

    half: int
    start: int
    end: int


def ground_half(
    judge: Judge, half: HalfSamples, replays: Sequence[ReplayShot], spots: Sequence[Spot] = ()
) -> list[Grounding]:
    """What each replay of a half may show, in order.

    Arguments:
        spots: of the half: a candidate beside one is that spot, to its exact time.
    """
    config = judge.config
    assert isinstance(config, GroundingConfig), "systems of replays ground them"
    groundings = []
    for begin in range(0, len(replays), _BATCH):
        some = replays[begin : begin + _BATCH]
        firsts = [stretch_before(half, replay.start, replay.end, config) for replay in some]
        read = [
            paired(half, first, replay_samples(half, replay.start, replay.end, config), config)
            for first, replay in zip(firsts, some, strict=True)
        ]
        for replay, first, scores in zip(some, firsts, judge.scores(read), strict=True):
            times = half.times_of(first, config.window)
            candidates = _candidates(scores.confidence[:, 0], times, replay, judge.config.rate, spots)
            groundings.append(Grounding(replay.half, replay.start, replay.end, candidates))
    return groundings


def _candidates(
    confidence: np.ndarray, times: np.ndarray, replay: ReplayShot, rate: float, spots: Sequence[Spot]
) -> tuple[Candidate, ...]:
    """The moments that stand out, surest first; confidence: (T,)."""
    beside = round(_BESIDE * rate)
    around = np.convolve(confidence, np.ones(2 * beside + 1), mode="same").clip(0, 1)
    left = np.where((times >= 0) & (times < replay.start), confidence, 0.0)
    candidates: list[Candidate] = []
    while len(candidates) < _MOST:
        sample = int(left.argmax())
        if left[sample] <= 0 or around[sample] < _LEAST:
            break
        candidates.append(Candidate(_link(replay.half, int(times[sample]), spots), round(float(around[sample]), 4)))
        left[np.abs(times - times[sample]) <= _APART * 1e6] = 0
    return tuple(sorted(candidates, key=lambda c: -c.confidence))


def _link(half: int, time: int, spots: Sequence[Spot]) -> Link:
    """The spot nearest to a moment, or the moment itself."""
    near = [s for s in spots if abs(s.time - time) <= _SPOT * 1e6]
    spot = min(near, key=lambda s: abs(s.time - time), default=None)
    return Link(half, spot.time, spot.label) if spot is not None else Link(half, time, "")
