"""A replay and the stretch of its half that is judged with it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spotting_core.models.grounding import GroundingConfig
from spotting_core.models.window import Samples
from spotting_core.samples.half import HalfSamples


def replay_samples(half: HalfSamples, start: int, end: int, config: GroundingConfig) -> Samples:
    """A replay as a system reads it: ``config.replay`` samples, cut at its end, and repeated or followed by zeros.

    Arguments:
        start, end: microseconds of the half.
    """
    first, stop = _extent(half, start, end, config)
    read = half.read(first, stop - first)
    missing = config.replay - len(read)
    if not missing:
        return read
    features = read.features
    assert features is not None, "systems of replays read features"
    if config.repeated:
        filled, valid = np.resize(features, (config.replay, features.shape[1])), np.ones(config.replay, bool)
    else:
        filled, valid = np.pad(features, ((0, missing), (0, 0))), np.pad(read.valid, (0, missing))
    return Samples(first, valid, features=filled)


def stretch_before(half: HalfSamples, start: int, end: int, config: GroundingConfig) -> int:
    """The sample at which the stretch begins that ends with a replay, or where a long one is cut.

    Arguments:
        start, end: of the replay, microseconds of the half.
    """
    return _extent(half, start, end, config)[1] - config.window


def _extent(half: HalfSamples, start: int, end: int, config: GroundingConfig) -> tuple[int, int]:
    """The first sample of a replay that is read, and the one after the last."""
    first = int(np.searchsorted(half.times, start).clip(0, len(half) - 1))
    return first, min(max(first + 1, int(np.searchsorted(half.times, end))), first + config.replay)


def paired(half: HalfSamples, first: int, replay: Samples, config: GroundingConfig) -> Samples:
    """A stretch from sample ``first`` on, with the replay that it is judged with."""
    return replace(half.read(first, config.window), second=replay)
