"""What a network says of a half: batches, windows slid over at once, and each sample's score at its own place."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from spotting_core.inference import score as module
from spotting_core.inference.score import judge_windows, score_half, stacked, window_batches
from spotting_core.models.judge import Judge
from spotting_core.models.window import Samples, Scores
from spotting_core.models.window_plan import MEAN, REPEATED, PlannedWindow, WindowPlan
from tests.small_systems import half_of


class CountingJudge:
    """A judge that says of each sample of a window what its only feature is, and remembers what it was asked.

    Of a window judged as a whole it says the feature of the sample ``before`` after its start.
    """

    def __init__(self, plan: WindowPlan, *, sliding: bool = False, pictures: bool = False, moved: bool = True) -> None:
        self.plan, self.moved = plan, moved
        self.inputs = SimpleNamespace(pictures=(1, 1) if pictures else None)
        self.system = SimpleNamespace(
            sliding=object() if sliding else None, decoding=SimpleNamespace(settled=self._settled)
        )
        self.config = SimpleNamespace(rate=2.0)
        self.network = SimpleNamespace(training=True, eval=lambda: self._set(False), train=self._set)
        self.batches: list[int] = []
        self.modes: list[bool] = []

    def _set(self, training: bool) -> None:
        self.network.training = training

    def _settled(self, scores: Scores, rate: float) -> Scores:
        assert rate == 2.0
        return scores

    evaluating = Judge.evaluating

    def scores(self, samples: Sequence[Samples]) -> list[Scores]:
        self.batches.append(len(samples))
        self.modes.append(self.network.training)
        return [self._scores_of(np.asarray(s.features)) for s in samples]

    def _scores_of(self, values: np.ndarray) -> Scores:
        rows = values[self.plan.before : self.plan.before + 1] if self.plan.whole else values
        return Scores(rows, -rows if self.moved else None)

    def sliding_scores(self, stretch: np.ndarray, batch: int) -> np.ndarray:
        self.batches.append(batch)
        count = len(stretch) - self.plan.length + 1
        return stretch[self.plan.before : self.plan.before + count]


def judge(plan: WindowPlan, **more: bool) -> Any:
    return CountingJudge(plan, **more)


WHOLE = WindowPlan(length=5, step=1, before=3, after=1, whole=True, outside=REPEATED)
PLANS = (
    WHOLE,
    WindowPlan(length=6, step=2, before=3, after=1),
    WindowPlan(length=6, step=2, before=1, after=2, merge=MEAN),
    WindowPlan(length=50, step=2),
    WindowPlan(length=50, step=2, shortened=True),
)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("sliding", [False, True])
def test_each_sample_gets_what_was_said_of_it(plan: WindowPlan, sliding: bool) -> None:
    half = half_of(np.arange(10, 31, dtype=np.float32)[:, None])
    scores = score_half(judge(plan, sliding=sliding), half)
    assert scores.confidence[:, 0].tolist() == list(range(10, 31))
    if not (plan.whole and sliding):
        assert scores.displacement is not None
        assert scores.displacement[:, 0].tolist() == [-k for k in range(10, 31)]
    assert score_half(judge(plan, sliding=sliding, moved=False), half).displacement is None


def test_the_samples_done_are_told_batch_by_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    reports: list[int] = []
    one = judge(WindowPlan(length=6, step=4, before=1, after=1))
    score_half(one, half_of(np.zeros((20, 1))), reports.append)
    # Windows from 0, 4, 8, 12 and 14 on keep up to 5, 9, 13, 17 and 20.
    assert reports == [9, 17, 20]
    assert one.batches == [2, 2, 1]


def test_a_network_in_training_goes_on_in_training_whatever_happens() -> None:
    one = judge(WHOLE)
    score_half(one, half_of(np.zeros((4, 1))))
    assert (one.modes, one.network.training) == ([False], True)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_half(one, half_of(np.zeros((4, 1))), stop)
    assert one.network.training
    one.network.training = False
    score_half(one, half_of(np.zeros((4, 1))))
    assert not one.network.training


def sizes(one: Any, count: int) -> list[int]:
    windows = [PlannedWindow(k, 5, k, k + 1, whole=one.plan.whole) for k in range(count)]
    batches = window_batches(one, windows)
    assert [w for batch in batches for w in batch] == windows
    return [len(batch) for batch in batches]


def test_how_many_windows_are_judged_at_once() -> None:
    assert sizes(judge(WHOLE, pictures=True, sliding=True), 3) == [1, 1, 1]
    assert sizes(judge(WHOLE, sliding=True), 2050) == [2048, 2]
    assert sizes(judge(WHOLE), 130) == [64, 64, 2]
    assert sizes(judge(WindowPlan(5, 1), sliding=True), 65) == [64, 1]
    assert sizes(judge(WHOLE), 0) == []


def test_windows_that_are_slid_over_are_read_as_one_stretch() -> None:
    read: list[PlannedWindow] = []

    def samples(window: PlannedWindow) -> Samples:
        read.append(window)
        return Samples(
            window.start, np.ones(window.length, bool), features=np.arange(window.length, dtype=np.float32)[:, None]
        )

    windows = WHOLE.windows(9)[2:6]
    one = judge(WHOLE, sliding=True)
    scores = judge_windows(one, windows, samples)
    # From the start of the first, sample -1, to the end of the last, 5 - 3 + 5 = 7.
    assert read == [PlannedWindow(-1, 8, 2, 6, whole=True)]
    assert one.batches == [64]
    assert [s.confidence.tolist() for s in scores] == [[[3.0]], [[4.0]], [[5.0]], [[6.0]]]
    read.clear()
    judge_windows(judge(WHOLE), windows, samples)
    assert read == windows


def test_parts_of_scores_are_stacked_where_they_are_there() -> None:
    values = [np.full((2, 1), k, np.float32) for k in (1, 2)]
    stack = stacked([Scores(values[0]), Scores(values[1])], "confidence")
    assert stack is not None
    assert stack.tolist() == [[[1], [1]], [[2], [2]]]
    assert stacked([Scores(values[0]), Scores(values[1])], "displacement") is None
