"""Which clips are drawn, where they lie and what they should say, on halves of a few samples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.spots import Spot
from spotting_core.entities.table import EntityTable
from spotting_core.features.half import FeatureHalf, FeaturePart
from spotting_core.models.registry import Stage, SystemConfig
from spotting_core.models.window_plan import REPEATED, WindowPlan
from spotting_core.samples.half import HalfSamples
from spotting_core.samples.labelled import LabelledHalf
from spotting_core.training import clips as module
from spotting_core.training.clips import ACTIONS, GRID, TrainingClips

CONFIG = SystemConfig(("Goal", "Foul"))


def recorded_targets(spots: Any, times: np.ndarray, config: SystemConfig, valid: np.ndarray) -> Any:
    """Targets that say what they were asked."""
    return SimpleNamespace(spots=spots, times=times.tolist(), valid=valid.tolist(), config=config)


def features_of(first: int, samples: int) -> FeatureHalf:
    """The only feature of a sample is its number, from ``first`` on."""
    return FeatureHalf(1, (FeaturePart(np.arange(first, first + samples, dtype=np.float32)[:, None], 2.0),), 2.0)


def half_of(first: int, samples: int, spots: Sequence[Spot] = (), **more: Any) -> LabelledHalf:
    times = np.arange(samples, dtype=np.int64) * 500_000
    read = HalfSamples(1, times, 2.0, **{"features": features_of(first, samples), **more})
    return LabelledHalf(read, spots, [s.time for s in spots], samples * 500_000)


def clips_of(halves: Sequence[LabelledHalf], length: int, plan: WindowPlan | None = None, **more: Any) -> TrainingClips:
    stage = Stage(targets=recorded_targets, loss=lambda *_: None)  # type: ignore[arg-type,return-value]
    more = {"stage": stage, "seed": 3, **more}
    return TrainingClips(halves, config=CONFIG, plan=plan or WindowPlan(length, length), length=length, **more)


def numbers(clip: Any) -> list[int]:
    return [int(v) for v in clip.samples.features[:, 0]]


def test_a_clip_is_what_lies_there_and_says_what_is_true_there() -> None:
    spots = [Spot(1, 600_000, "Goal")]
    clips = clips_of([half_of(100, 5), half_of(200, 4, spots)], 3)
    clip = clips.clip(1, 1)
    assert numbers(clip) == [201, 202, 203]
    assert clip.targets.times == [500_000, 1_000_000, 1_500_000]
    assert clip.targets.valid == [True, True, True]
    assert clip.targets.spots == spots
    assert clip.targets.config is CONFIG
    assert clips.clip(0, 0).targets.spots == ()


def test_a_clip_is_padded_where_the_half_ends() -> None:
    clips = clips_of([half_of(100, 4)], 3)
    late, early = clips.clip(0, 3), clips.clip(0, -2)
    assert numbers(late) == [103, 0, 0]
    assert late.targets.valid == [True, False, False]
    assert late.targets.times == [1_500_000, 2_000_000, 2_500_000]
    assert numbers(early) == [0, 0, 100]
    assert early.targets.valid == [False, False, True]
    assert early.targets.times == [-1_000_000, -500_000, 0]
    repeated = clips_of([half_of(100, 4)], 3, WindowPlan(3, 3, outside=REPEATED))
    assert numbers(repeated.clip(0, 3)) == [103, 103, 103]
    assert numbers(repeated.clip(0, -2)) == [100, 100, 100]


def test_what_a_teacher_says_takes_the_place_of_the_truth() -> None:
    def taught(teacher: np.ndarray, times: np.ndarray, config: SystemConfig, valid: np.ndarray) -> Any:
        return SimpleNamespace(teacher=teacher[:, 0].tolist(), times=times.tolist(), valid=valid.tolist())

    stage = Stage(targets=recorded_targets, loss=lambda *_: None, taught=taught)  # type: ignore[arg-type,return-value]
    clip: Any = clips_of([half_of(100, 4, teacher=features_of(500, 4))], 3, stage=stage).clip(0, 2)
    assert clip.targets.teacher == [502, 503, 0]
    assert clip.targets.times == [1_000_000, 1_500_000, 2_000_000]
    assert clip.targets.valid == [True, True, False]


def test_the_grid_has_every_sample_once_an_epoch_in_another_order_each() -> None:
    clips = clips_of([half_of(100, 5), half_of(200, 4), half_of(300, 1)], 2, sampling=GRID)
    assert clips.epoch == 6
    epochs = [[numbers(clips.draw(epoch * 6 + k)) for k in range(6)] for epoch in range(3)]
    for drawn in epochs:
        assert sorted(drawn) == [[100, 101], [102, 103], [104, 0], [200, 201], [202, 203], [300, 0]]
    assert epochs[0] != epochs[1] != epochs[2]
    other = clips_of([half_of(100, 5), half_of(200, 4), half_of(300, 1)], 2, sampling=GRID, seed=4)
    assert [numbers(other.draw(k)) for k in range(6)] != epochs[0]


def test_a_clip_around_an_action_has_it_where_a_window_looks() -> None:
    """Of 8 samples one before and two after are dropped (no more than a quarter), so it lies at the second to sixth."""
    half = half_of(100, 40, [Spot(1, 10_000_000, "Goal")])
    clips = clips_of([half_of(500, 9), half], 8, WindowPlan(8, 5, before=1, after=3), action_share=1.0)
    drawn = Counter(numbers(clips.draw(k)).index(120) for k in range(200))
    assert sorted(drawn) == [1, 2, 3, 4, 5]
    clips = clips_of([half], 8, WindowPlan(8, 5, before=5, after=0), action_share=1.0)
    drawn = Counter(numbers(clips.draw(k)).index(120) for k in range(200))
    assert sorted(drawn) == [2, 3, 4, 5, 6, 7]


def test_a_clip_around_an_action_lies_at_its_nearest_sample() -> None:
    half = half_of(100, 40, [Spot(1, 10_300_000, "Goal"), Spot(1, 2_000_000, "Corner")])
    clips = clips_of([half], 1, action_share=1.0)
    assert {numbers(clips.draw(k))[0] for k in range(20)} == {121}  # a corner is no class of this system


def test_a_clip_anywhere_has_a_part_of_the_half_at_least() -> None:
    clips = clips_of([half_of(100, 20, [Spot(1, 0, "Goal")])], 8, action_share=0.0)
    starts = Counter(clips.draw(k).samples.start for k in range(600))
    assert sorted(starts) == list(range(-2, 14))
    short = clips_of([half_of(100, 3)], 8)  # no actions: anywhere as well
    assert {short.draw(k).samples.start for k in range(100)} == {-2, -1, 0}
    assert (short.sampling, short.action_share, short.rarity) == (ACTIONS, 0.6, 0.5)


def test_halves_are_drawn_by_their_length_and_clips_around_actions_by_their_share() -> None:
    clips = clips_of([half_of(1000, 30), half_of(2000, 90)], 1, action_share=0.0)
    first = sum(numbers(clips.draw(k))[0] < 2000 for k in range(400))
    assert first == pytest.approx(100, abs=30)
    clips = clips_of([half_of(1000, 30, [Spot(1, 1_000_000, "Foul")]), half_of(2000, 3000)], 1, action_share=0.6)
    around = sum(numbers(clips.draw(k))[0] == 1002 for k in range(400))
    assert around == pytest.approx(240, abs=35)


def test_classes_are_drawn_by_a_power_of_their_frequency() -> None:
    spots = [Spot(1, 500_000 * k, "Goal") for k in range(16)] + [Spot(1, 15_000_000, "Foul")]
    half = half_of(100, 40, spots)
    for rarity, chances in ((1.0, (16, 1)), (0.5, (4, 1)), (0.0, (1, 1))):
        clips = clips_of([half], 1, action_share=1.0, rarity=rarity)
        assert clips.chances == {"Goal": chances[0], "Foul": chances[1]}
    drawn = Counter(numbers(clips_of([half], 1, action_share=1.0, rarity=0.0).draw(k))[0] for k in range(600))
    assert drawn[130] == pytest.approx(300, abs=45)
    assert len(drawn) == 17


def test_half_of_the_clips_are_seen_in_a_mirror_where_there_is_one() -> None:
    clips = clips_of([half_of(100, 6, mirrored=features_of(-100, 6))], 2, sampling=GRID)
    mirrored = sum(numbers(clips.draw(k))[0] < 0 for k in range(300))
    assert mirrored == pytest.approx(150, abs=30)
    assert numbers(clips.clip(0, 2, mirrored=True)) == [-98, -97]
    assert numbers(clips.clip(0, 2)) == [102, 103]


def test_a_clip_depends_on_its_number_and_the_seed_alone() -> None:
    half = half_of(100, 400)
    one, other = clips_of([half], 4), clips_of([half], 4)
    drawn = [numbers(one.draw(k)) for k in range(12)]
    assert [numbers(other.draw(k)) for k in reversed(range(12))] == drawn[::-1]
    assert [numbers(clips_of([half], 4, seed=4).draw(k)) for k in range(12)] != drawn


def table_of(names: tuple[str, ...], rows: Sequence[tuple[int, int, tuple[float, ...]]]) -> EntityTable:
    return EntityTable(
        names,
        sample=np.array([s for s, _, _ in rows], np.int32),
        entity=np.array([e for _, e, _ in rows], np.int16),
        score=np.full(len(rows), 0.9, np.float32),
        box=np.array([b for _, _, b in rows], np.float32),
        embedding=np.ones((len(rows), 1), np.float16),
    )


def test_the_scoreboard_is_where_most_of_the_clips_pictures_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known: list[Any] = []

    def vary(samples: Any, scoreboard: Any, *_: Any) -> Any:
        known.append(scoreboard)
        return samples

    monkeypatch.setattr(module, "vary", vary)
    pictures = np.zeros((3, 10, 20, 3), np.uint8)
    rows = [(0, 1, (10, 5, 30, 15)), (1, 0, (0, 0, 2, 2)), (1, 1, (12, 6, 32, 16)), (2, 1, (90, 90, 99, 99))]
    table = table_of(("ball", "scoreboard"), rows)
    more = {"pictures": pictures, "features": None, "size": (100, 50)}
    grid: dict[str, Any] = {"length": 5, "sampling": GRID}
    clips_of([half_of(0, 3, entities=table, **more)], **grid).draw(0)
    assert known[-1] == pytest.approx((0.12, 0.12, 0.32, 0.32))  # the median of three; padding does not count
    nowhere = table_of(("ball", "scoreboard"), rows[1:2])
    for other in ({"entities": nowhere}, {"entities": table_of(("ball", "flag"), rows)}, {"entities": None}):
        clips_of([half_of(0, 3, **{**more, **other})], **grid).draw(0)
        assert known[-1] is None
    clips_of([half_of(0, 3, entities=table, size=(100, 50))], **grid).draw(0)  # no pictures to cover anything in
    assert known[-1] is None


# --- stretches that nobody watched ------------------------------------------------------------------------


def watched_half(watched: Sequence[tuple[int, int]], samples: int = 40, spots: Sequence[Spot] = ()) -> LabelledHalf:
    mask = np.zeros(samples, bool)
    for first, end in watched:
        mask[first:end] = True
    return replace(half_of(0, samples, spots), watched=mask)


def test_what_nobody_watched_counts_neither_way() -> None:
    spots = [Spot(1, 2_000_000, "Goal"), Spot(1, 15_000_000, "Foul")]
    clips = clips_of([watched_half([(2, 8), (12, 20)], spots=spots)], 10, sampling=GRID)
    clip = clips.clip(0, 0)
    assert numbers(clip) == list(range(10))  # it is read all the same
    assert clip.targets.valid == [False] * 2 + [True] * 6 + [False] * 2
    assert clip.targets.spots == spots[:1]
    assert clips.chances == {"Goal": 1.0}
    beyond = clips.clip(0, 16)
    assert beyond.targets.valid == [True] * 4 + [False] * 6


def test_watched_stretches_are_cut_into_clips_and_those_judged_as_a_whole_lie_within_one() -> None:
    half = watched_half([(3, 15), (36, 40)])
    anywhere = clips_of([half], 5, sampling=GRID)
    assert sorted(anywhere._grid[:, 1].tolist()) == [3, 8, 13, 36]
    whole = clips_of([half], 5, WindowPlan(5, 1, 2, 2, whole=True), sampling=GRID)
    assert sorted(whole._grid[:, 1].tolist()) == [3, 8, 36]  # the last one reaches beyond the half, as ever
    with pytest.raises(BadInputError, match="nothing of these matches was watched"):
        clips_of([watched_half([(3, 6)])], 5, WindowPlan(5, 1, 2, 2, whole=True), sampling=GRID)
    with pytest.raises(BadInputError, match='Set sampling = "grid"'):
        clips_of([half], 5, WindowPlan(5, 1, 2, 2, whole=True), sampling=ACTIONS)


def test_clips_laid_anywhere_have_a_watched_sample() -> None:
    clips = clips_of([watched_half([(30, 33)]), half_of(100, 12)], 4, sampling=ACTIONS)
    drawn = [clips.draw(k) for k in range(300)]
    first = [clip for clip in drawn if clip.samples.start >= 20]
    assert first
    assert all(any(clip.targets.valid) for clip in drawn)
    assert {clip.samples.start for clip in first} == set(range(27, 33))
    assert len(first) == pytest.approx(60, abs=25)  # three of fifteen watched samples are there
