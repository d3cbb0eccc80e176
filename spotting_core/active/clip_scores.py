"""What networks say of the clips of a pool."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from spotting_core.active.config import BATCH_ENTROPY, DROPOUT, ActiveConfig
from spotting_core.active.pool import Pool, PoolClip
from spotting_core.active.strategies import NONE, ONE, PASSES, ClipConfidences, Strategy
from spotting_core.inference.score import score_half
from spotting_core.models.judge import Judge

_BATCH = 64
OFFICIAL_BATCH = 256
"""Clips that the public code scores at once."""


def clip_confidences(
    judges: Sequence[Judge], pool: Pool, strategy: Strategy, config: ActiveConfig, rng: np.random.Generator
) -> ClipConfidences:
    """What a strategy asks for.

    Arguments:
        judges: one, or the members of an ensemble; none for a strategy that asks none.
    """
    if strategy.asks == NONE:
        return ClipConfidences(np.zeros((len(pool), 1, 1)), rng)
    passes = config.passes if strategy.asks == PASSES else 1
    dropout = strategy.asks == PASSES or (strategy.asks == ONE and config.has(DROPOUT))
    torch.manual_seed(int(rng.integers(2**31)))
    values = [confidences(judge, pool, dropout=dropout) for judge in judges for _ in range(passes)]
    return ClipConfidences(np.stack(values, axis=1), rng)


def scores_of(strategy: Strategy, clips: ClipConfidences, config: ActiveConfig) -> np.ndarray:
    """Scores of clips (N,), with the flaws of an experiment."""
    scores = strategy.score(clips)
    if strategy.name == "entropy" and config.has(BATCH_ENTROPY):
        classes = clips.values.shape[2]
        sizes = [min(OFFICIAL_BATCH, len(clips) - at) for at in range(0, len(clips), OFFICIAL_BATCH)]
        by = np.concatenate([np.full(size, np.log2(max(2, classes)) / np.log2(size * classes)) for size in sizes])
        scores = scores * by
    return scores


def confidences(judge: Judge, pool: Pool, *, dropout: bool = False) -> np.ndarray:
    """How sure a network is that a class occurs in each clip of a pool: float64 (N, C).

    A network that judges windows as a whole is asked about one laid in the clip's middle, or where they are shorter
    than a clip about as many as cover it, of which the surest counts; of any other the surest sample of the clip.
    """
    with judge.evaluating(dropout=dropout):
        values = _of_windows(judge, pool) if judge.plan.whole else _of_samples(judge, pool, dropout=dropout)
    return values.astype(np.float64)


def _of_windows(judge: Judge, pool: Pool) -> np.ndarray:
    length = judge.plan.length
    places = [(number, start) for number, clip in enumerate(pool.clips) for start in _starts(clip, pool, length)]
    confidence: list[np.ndarray] = []
    for at in range(0, len(places), _BATCH):
        windows = [
            pool.halves[pool.clips[number].half].samples.read(start, length, judge.plan.outside)
            for number, start in places[at : at + _BATCH]
        ]
        confidence += [scores.confidence[0] for scores in judge.scores(windows)]
    surest = np.zeros((len(pool), confidence[0].shape[-1]), confidence[0].dtype)
    np.maximum.at(surest, [number for number, _ in places], np.stack(confidence))
    return surest


def _starts(clip: PoolClip, pool: Pool, length: int) -> Sequence[int]:
    """First samples of the windows by which a clip is judged; each has a sample of the half."""
    if length >= pool.samples:
        return (clip.start + (pool.samples - length) // 2,)
    return range(clip.start, clip.stop, length)


def _of_samples(judge: Judge, pool: Pool, *, dropout: bool) -> np.ndarray:
    halves = [score_half(judge, half.samples, dropout=dropout).confidence for half in pool.halves]
    return np.stack([halves[clip.half][clip.start : clip.stop].max(0) for clip in pool.clips])
