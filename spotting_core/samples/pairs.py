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
    first = int(np.searchsorted(half.times, start).clip(0, len(half) - 1))
    stop = max(first + 1, int(np.searchsorted(half.times, end)))
    read = half.read(first, min(stop - first, config.replay))
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


def stretch_before(half: HalfSamples, end: int, config: GroundingConfig) -> int:
    """The sample at which the stretch begins that ends with a replay.

    Arguments:
        end: of the replay, microseconds of the half.
    """
    return max(1, int(np.searchsorted(half.times, end))) - config.window


def paired(half: HalfSamples, first: int, replay: Samples, config: GroundingConfig) -> Samples:
    """A stretch from sample ``first`` on, with the replay that it is judged with."""
    return replace(half.read(first, config.window), second=replay)
