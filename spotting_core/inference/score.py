"""What a network says of windows of a half, and of a whole half."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from spotting_core.inference.merge import ScoreMerge
from spotting_core.models.judge import Judge
from spotting_core.models.window import Samples, Scores
from spotting_core.models.window_plan import PlannedWindow
from spotting_core.samples.half import HalfSamples

_BATCH = 64  # windows of features at once; of pictures one is enough for the whole machine
_STRETCH = 2048  # windows that are slid over at once


def window_batches(judge: Judge, windows: Sequence[PlannedWindow]) -> list[Sequence[PlannedWindow]]:
    """Windows in the batches in which they are judged, in order."""
    if judge.inputs.pictures is not None:
        size = 1
    else:
        size = _STRETCH if judge.system.sliding and judge.plan.whole else _BATCH
    return list(_in_batches(windows, size))


def judge_windows(
    judge: Judge, windows: Sequence[PlannedWindow], read: Callable[[PlannedWindow], Samples]
) -> list[Scores]:
    """Scores of one of ``window_batches``.

    Arguments:
        read: the samples of a window; called once for each, in order, or once for all where they are slid over.
    """
    if judge.system.sliding is None or not judge.plan.whole:
        return judge.scores([read(window) for window in windows])
    first, last = windows[0], windows[-1]
    stretch = read(PlannedWindow(first.start, last.end - first.start, first.first, last.stop, whole=True)).features
    assert stretch is not None, "what is slid over reads features"
    confidence = judge.sliding_scores(stretch, _BATCH)
    return [Scores(confidence[k : k + 1]) for k in range(len(windows))]


def score_half(
    judge: Judge, half: HalfSamples, report: Callable[[int], None] | None = None, *, dropout: bool = False
) -> Scores:
    """Confidence and displacement of every sample of a half, as an analysis would store them.

    Arguments:
        report: called with the samples done; raises to stop.
        dropout: with the network's dropout, so that two calls do not say the same.
    """
    plan = judge.plan
    merge = ScoreMerge(len(half), plan.merge)
    with judge.evaluating(dropout=dropout):
        for batch in window_batches(judge, plan.windows(len(half))):
            scores_of_windows = judge_windows(judge, batch, lambda w: half.read(w.start, w.length, plan.outside))
            for window, scores in zip(batch, scores_of_windows, strict=True):
                merge.add(window, scores, ("confidence", "displacement", "replay"))
            if report:
                report(batch[-1].stop)
    confidence = merge.result("confidence")
    assert confidence is not None
    scores = Scores(confidence, merge.result("displacement"), replay=merge.result("replay"))
    return judge.system.decoding.settled(scores, judge.config.rate)


def _in_batches(windows: Sequence[PlannedWindow], size: int) -> Iterator[Sequence[PlannedWindow]]:
    left = iter(windows)
    while batch := list(islice(left, size)):
        yield batch


def stacked(scores: Sequence[Scores], name: str) -> np.ndarray | None:
    """A part of the scores of some windows of one length: (B, T, …), or None where there is none."""
    values = [getattr(one, name) for one in scores]
    return None if values[0] is None else np.stack(values)
