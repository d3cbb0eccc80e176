"""Clips of matches, what is known of them when some are labelled, and what labelling costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from spotting_core.active.annotation_cost import annotation_cost
from spotting_core.active.features_on_disk import laid_on_disk
from spotting_core.active.pool import Pool, PoolClip
from spotting_core.active.schedule import EQUAL, INCREASING, shares
from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.features.reduction import Reduction
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.labelled import LabelledHalf, LabelledMatch

SPOTS = (Spot(1, 1_000_000, "Goal"), Spot(1, 11_900_000, "Foul"), Spot(1, 12_100_000, "Foul"))


def match(name: str = "one", samples: int = 25, spots: tuple[Spot, ...] = SPOTS) -> LabelledMatch:
    times = np.arange(samples, dtype=np.int64) * 500_000
    values = np.arange(2 * samples, dtype=np.float32).reshape(samples, 2)
    read = HalfSamples(1, times, 2.0, features=FeatureHalf(1, (FeaturePart(values, 2.0),), 2.0))
    half = LabelledHalf(read, spots, [s.time for s in spots], samples * 500_000)
    return LabelledMatch(name, [half], spots)


def test_halves_are_cut_into_clips_of_which_the_last_is_shorter() -> None:
    pool = Pool([match(), match(samples=10, spots=())], 5.0)
    assert pool.clips == [PoolClip(0, 0, 10), PoolClip(0, 10, 20), PoolClip(0, 20, 25), PoolClip(1, 0, 10)]
    assert pool.lengths.tolist() == [5.0, 5.0, 2.5, 5.0]
    assert pool.actions.tolist() == [1, 0, 2, 0]
    assert pool.features.tolist() == [[9, 10], [29, 30], [44, 45], [9, 10]]


def test_what_is_labelled_is_known_and_nothing_else() -> None:
    pool = Pool([match("one"), match("two")], 5.0)
    (known,) = pool.watched([2])
    assert known.name == "one"
    (half,) = known.halves
    assert half.watched is not None
    assert np.flatnonzero(half.watched).tolist() == list(range(20, 25))
    assert [finding.label for finding, _ in half.known] == ["Foul", "Foul"]
    assert pool.halves[0].watched is None  # the pool itself stays as it is


def test_nothing_becomes_known_that_nobody_watched() -> None:
    plain = match()
    watched = np.arange(25) < 15
    pool = Pool([replace(plain, halves=[replace(plain.halves[0], watched=watched)])], 5.0)
    assert pool.clips == [PoolClip(0, 0, 10), PoolClip(0, 10, 20)]  # of the third nobody has watched anything
    (known,) = pool.watched([1])
    assert known.halves[0].watched is not None
    assert np.flatnonzero(known.halves[0].watched).tolist() == [10, 11, 12, 13, 14]
    hardly = replace(plain, halves=[replace(plain.halves[0], watched=np.arange(25) < 4)])
    with pytest.raises(BadInputError, match="nobody has watched half of a clip of 5 s in one"):
        Pool([hardly], 5.0)


def test_a_clip_without_an_action_is_cheap() -> None:
    pool = Pool([match()], 5.0)
    idle, busy = annotation_cost(pool, [1]), annotation_cost(pool, [2])
    assert (idle.minutes, idle.keys) == (pytest.approx(5 / 60), 1)
    assert (busy.minutes, busy.keys) == (pytest.approx((2.5 + 2 * 6) / 60), 5)
    assert annotation_cost(pool, [1, 1]).keys == 2  # asked for twice, watched twice


def test_an_empty_pool_and_clips_without_a_sample_are_refused() -> None:
    with pytest.raises(BadInputError, match="the pool is empty"):
        Pool([], 15.0)
    with pytest.raises(BadInputError, match=r"0\.1 s have no sample at 2 samples a second"):
        Pool([match()], 0.1)


def test_shares_of_both_schedules() -> None:
    assert shares(EQUAL, 0.1, 4) == [0.1, 0.4, 0.7, 1.0]
    assert shares(INCREASING, 0.01, 3) == [0.01, 0.1, 1.0]
    assert shares(EQUAL, 0.1, 1) == [1.0]


def test_features_on_disk_are_those_that_were_read(tmp_path: Path) -> None:
    plain = match()
    samples = plain.halves[0].samples
    reduction = Reduction(np.array([1.0, 2.0], np.float32), np.array([[0.6, 0.8]], np.float32))
    assert samples.features is not None
    values = samples.features.parts[0].values
    reduced = FeatureHalf(1, (FeaturePart(values, 2.0, reduction),), 2.0)
    before = LabelledMatch("one", [LabelledHalf(HalfSamples(1, samples.times, 2.0, features=reduced), (), [], 1)], ())
    (after,) = laid_on_disk([before], tmp_path)
    own = after.halves[0].samples.features
    assert own is not None
    assert own.parts[0].reduction is None
    assert isinstance(own.parts[0].values, np.memmap)
    assert np.array_equal(own.rows(-3, 30), reduced.rows(-3, 30))
