"""CALF: every case of its loss, at each border and with two events, its targets and its shape, by hand."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from spotting_core.base.errors import BadInputError
from spotting_core.domain.classes import load_classes
from spotting_core.domain.spots import Spot
from spotting_core.models.calf import CalfConfig, CalfTargets, calf_loss, calf_targets, detection_loss, match_detections
from spotting_core.models.context import context_loss, context_shifts, context_times
from spotting_core.models.registry import system
from spotting_core.models.targets import stack_targets
from spotting_core.models.window import Output, Window

NAMES = load_classes().names
K = np.array([[-20.0], [-10.0], [10.0], [20.0]])
SMALL = {
    "classes": NAMES,
    "dim": 12,
    "window": 60,
    "before": 5,
    "after": 5,
    "first": 16,
    "second": 8,
    "pyramid": (2, 4, 4, 8),
}


def loss_at(shift: float, p: float) -> float:
    score, shifts = torch.full((1, 1, 1), p), torch.full((1, 1, 1), shift)
    return float(context_loss(score, shifts, torch.from_numpy(K).float(), torch.ones(1, 1)))


LIMIT = math.log(0.9)


@pytest.mark.parametrize(
    ("shift", "probability"),
    [
        (-50, lambda p: 1 - p),  # far before
        (-21, lambda p: 1 - p),
        (-20, lambda p: 1 - p),  # K1 itself: just before, at its strictest
        (-15, lambda p: 1 - p + p / 2),
        (-11, lambda p: 1 - p + p * 9 / 10),
        (-10, lambda p: 1.0),  # K2 to 0: nothing is asked
        (-1, lambda p: 1.0),
        (0, lambda p: p),  # the action itself
        (5, lambda p: p + (1 - p) / 2),
        (9, lambda p: p + (1 - p) * 9 / 10),
        (10, lambda p: 1.0),  # K3: after, nothing yet
        (15, lambda p: 1 - p + p / 2),
        (19, lambda p: 1 - p + p / 10),
        (20, lambda p: 1 - p),  # K4: far after
        (70, lambda p: 1 - p),
    ],
)
@pytest.mark.parametrize("p", [0.02, 0.3, 0.8, 0.99])
def test_every_case_and_border_of_the_loss(shift: float, probability, p: float) -> None:  # type: ignore[no-untyped-def]
    expected = max(0.0, -math.log(probability(p)) + LIMIT)
    assert loss_at(shift, p) == pytest.approx(expected, abs=1e-5)


def test_a_score_near_enough_is_asked_nothing_more() -> None:
    assert loss_at(-50, 0.1) == pytest.approx(0, abs=1e-6)  # 1 - p is 0.9 exactly
    assert loss_at(-50, 0.11) > 0
    assert loss_at(0, 0.9) == pytest.approx(0, abs=1e-6)
    assert loss_at(0, 0.89) > 0


def test_gradients_are_finite_in_every_case() -> None:
    score = torch.rand(1, 101, 1).clamp(1e-3, 1 - 1e-3).requires_grad_(True)
    shift = torch.arange(-50.0, 51.0).view(1, -1, 1)
    context_loss(score, shift, torch.from_numpy(K).float(), torch.ones(1, 101)).backward()
    assert torch.isfinite(score.grad).all()
    assert not score.grad[0, 40:50].any()  # nothing is asked just before the action


def test_samples_that_are_not_asked_do_not_count() -> None:
    score, shift = torch.full((1, 2, 1), 0.8), torch.tensor([[[-50.0], [0.0]]])
    k = torch.from_numpy(K).float()
    assert float(context_loss(score, shift, k, torch.tensor([[1.0, 0.0]]))) == pytest.approx(
        -math.log(0.2) + LIMIT, abs=1e-5
    )


# --- targets --------------------------------------------------------------------------------------------


def test_shifts_without_and_with_one_event() -> None:
    shifts = context_shifts([[], [3]], 6, np.repeat(K, 2, axis=1))
    assert shifts[:, 0].tolist() == [-20] * 6
    assert shifts[:, 1].tolist() == [-3, -2, -1, 0, 1, 2]


def test_shifts_between_two_far_events() -> None:
    shifts = context_shifts([[0, 100]], 101, K)[:, 0]
    assert shifts[0] == 0
    assert shifts[9] == 9  # before K3: the earlier
    assert shifts[19] == 19  # between K3 and K4, the later beyond K1: the earlier
    assert shifts[20] == -80  # from K4 on: the later
    assert shifts[99] == -1
    assert shifts[100] == 0


def test_shifts_between_two_near_events() -> None:
    shifts = context_shifts([[0, 30]], 31, K)[:, 0]
    # At 12: (12 - 10) / 10 = .2 of the way out of the earlier; until the later -18: (-10 + 18) / 10 = .8. The earlier.
    assert shifts[12] == 12
    # At 15 both are .5: not nearer, so the later.
    assert shifts[15] == -15
    assert shifts[14] == 14
    assert shifts[18] == -12
    assert context_shifts([[0, 8]], 9, K)[:, 0].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 0]  # s1 < K3: the earlier


def _shift_by_definition(t: int, events: list[int], samples: int, k: np.ndarray) -> float:
    """What a sample's shift is with two events or more, sample by sample, with the two virtual ones beyond the ends."""
    k1, k2, k3, k4 = (float(v) for v in k[:, 0])
    places = [min(0, events[0]) - k4, *events, max(samples, events[-1]) - k1]
    since = t - max(p for p in places if p <= t)
    until = t - min(p for p in places if p > t)
    if since < k3:
        return since
    if since >= k4:
        return until
    return since if until <= k1 or (since - k3) / (k4 - k3) < (k2 - until) / (k2 - k1) else until


@given(st.lists(st.integers(-15, 75), min_size=2, max_size=5, unique=True), st.integers(40, 60))
def test_shifts_are_those_of_the_definition(events: list[int], samples: int) -> None:
    events = sorted(events)
    shifts = context_shifts([events], samples, K)[:, 0]
    assert shifts.tolist() == [_shift_by_definition(t, events, samples, K) for t in range(samples)]


def test_events_outside_the_window_govern_it() -> None:
    whole = context_shifts([[5, 60, 130]], 200, K)[:, 0]
    part = context_shifts([[5 - 40, 60 - 40, 130 - 40]], 60, K)[:, 0]
    assert part.tolist() == whole[40:100].tolist()


def test_times_of_a_class_table() -> None:
    k = context_times("soccernet-v2", NAMES)
    goal = NAMES.index("Goal")
    assert k[:, goal].tolist() == [-20, -10, 60, 90]
    assert k.shape == (4, 17)
    with pytest.raises(BadInputError, match="has no times for the context-aware loss"):
        context_times("finediving", ("Som(s).Pike",))
    with pytest.raises(BadInputError, match="class 'Pass' has no times"):
        context_times("soccernet-v2", ("Pass",))


def test_targets_of_a_window() -> None:
    config = CalfConfig(classes=NAMES, window=20, before=2, after=3)
    times = 10_000_000 + np.arange(20) * 500_000
    spots = [
        Spot(1, 12_000_000, "Foul"),
        Spot(1, 10_500_000, "Goal"),
        Spot(1, 19_000_000, "Goal"),
        Spot(1, 15_000_000, "Corner"),
    ]
    targets = calf_targets(spots, times, config, np.arange(20) < 15)
    assert targets.counted.tolist() == [0, 0] + [1] * 13 + [0] * 5
    foul, corner = NAMES.index("Foul"), NAMES.index("Corner")
    # The goals lie where nothing is asked; so two detections, in order of time.
    assert targets.detections[:, 0].tolist() == [1, 1] + [0] * 13
    assert targets.detections[:2, 1].tolist() == pytest.approx([4 / 20, 10 / 20])
    assert targets.detections[0, 2 + foul] == targets.detections[1, 2 + corner] == 1
    assert targets.detections[:, 2:].sum() == 2
    assert targets.shift[4, foul] == 0
    assert targets.shift[0, foul] == -4


# --- detections -----------------------------------------------------------------------------------------


def some_truth(*places: float, slots: int = 4) -> torch.Tensor:
    true = torch.zeros(slots, 3)
    for slot, place in enumerate(places):
        true[slot] = torch.tensor([1.0, place, 1.0])
    return true


def test_each_true_detection_gets_its_own_prediction() -> None:
    order = match_detections(torch.tensor([0.9, 0.52, 0.5, 0.1]), some_truth(0.5, 0.55))
    # Both want the prediction at 0.52 or 0.5: 0.5 is the first one's, 0.52 the other's.
    assert order[:2].tolist() == [2, 1]
    assert sorted(order.tolist()) == [0, 1, 2, 3]
    crowded = match_detections(torch.tensor([0.5, 0.0, 0.1, 1.0]), some_truth(0.5, 0.51, 0.49))
    assert int(crowded[0]) == 0
    assert sorted(crowded.tolist()) == [0, 1, 2, 3]
    assert match_detections(torch.tensor([0.3, 0.1]), torch.zeros(2, 3)).tolist() == [0, 1]


def test_detection_loss_by_hand() -> None:
    true = some_truth(0.5, slots=2)[None]
    predicted = torch.tensor([[[0.4, 0.9, 0.7], [0.8, 0.6, 0.5]]])
    # The second is nearer: 5 * .1^2 + .2^2 + .5^2 = .34; the first is an empty slot: .5 * .4^2 = .08.
    assert float(detection_loss(predicted, true)) == pytest.approx(0.34 + 0.08, abs=1e-6)


# --- both together --------------------------------------------------------------------------------------


def two_clips(**settings: object) -> tuple[SimpleNamespace, Output, CalfTargets]:
    """Four samples, of which the middle two are asked: a goal at the second, and a clip that ends after its second."""
    classes = ("Penalty", "Goal")
    config = CalfConfig(classes=classes, window=4, before=1, after=1, detections=2, **settings)  # type: ignore[arg-type]
    times = np.arange(4) * 500_000
    targets = stack_targets([
        calf_targets([Spot(1, 500_000, "Goal")], times, config),
        calf_targets([], times, config, np.arange(4) < 2),
    ])  # fmt: skip
    segmentation = torch.tensor([
        [[0.99, 0.99], [0.3, 0.6], [0.05, 0.2], [0.99, 0.01]],
        [[0.99, 0.99], [0.5, 0.02], [0.99, 0.99], [0.99, 0.99]],
    ])  # fmt: skip
    detections = torch.tensor([
        [[0.4, 0.9, 0.7, 0.3], [0.8, 0.35, 0.1, 0.9]],
        [[0.1, 0.5, 0.5, 0.5], [0.3, 0.1, 0.5, 0.5]],
    ])  # fmt: skip
    output = Output(logits=torch.zeros(2, 4, 2), segmentation=segmentation, detections=detections)
    return SimpleNamespace(config=config), output, targets


# The goal is K3 = 60 s = 120 samples long; where there is no action at all, 1 - p is asked to be .9.
SEGMENTED = sum(
    max(0.0, -math.log(share) + math.log(0.9))
    for share in (
        1 - 0.3,  # penalty, first clip: none
        1 - 0.05,  # enough
        0.6,  # the goal itself
        0.2 + 0.8 / 120,  # one sample after it
        1 - 0.5,  # second clip, its one sample that is asked
        1 - 0.02,  # enough
    )
)
# The second detection is nearer to the goal, at a quarter of the clip; the others are empty slots.
DETECTED = 5 * 0.1**2 + 0.2**2 + (0.1**2 + 0.1**2) + 0.5 * (0.4**2 + 0.1**2 + 0.3**2)


def test_the_whole_loss_by_hand() -> None:
    model, output, targets = two_clips()
    assert float(calf_loss(model, output, targets)) == pytest.approx((0.000367 * SEGMENTED + DETECTED) / 2, rel=1e-6)
    model, output, targets = two_clips(segmentation=1.0)
    assert float(calf_loss(model, output, targets)) == pytest.approx((SEGMENTED + DETECTED) / 2, rel=1e-6)


def test_the_loss_is_per_clip() -> None:
    model, output, targets = two_clips()
    twice = targets.map(lambda v: torch.cat([v, v]))
    both = Output(
        logits=torch.zeros(4, 4, 2),
        segmentation=torch.cat([output.segmentation, output.segmentation]),
        detections=torch.cat([output.detections, output.detections]),
    )
    assert float(calf_loss(model, both, twice)) == pytest.approx(float(calf_loss(model, output, targets)), rel=1e-6)


# --- the model ------------------------------------------------------------------------------------------


def test_parameters_are_those_of_the_paper() -> None:
    network = system("calf").build(system("calf").configure(classes=NAMES))
    assert sum(p.numel() for p in network.parameters()) == 578_245


def test_detections_become_confidence_at_their_sample() -> None:
    torch.manual_seed(0)
    network = system("calf").build(system("calf").configure(**SMALL)).eval()
    with torch.no_grad():
        output = network(Window(features=torch.randn(2, 60, 12)))
    assert output.segmentation.shape == (2, 60, 17)
    assert output.detections.shape == (2, 15, 19)
    assert torch.allclose(output.detections[..., 2:].sum(-1), torch.ones(2, 15))
    dense = output.logits.sigmoid()
    strongest = output.detections[0, output.detections[0, :, 0].argmax()]
    sample, label = int(strongest[1] * 59), int(strongest[2:].argmax())
    assert dense[0, sample, label] == pytest.approx(float(strongest[0]), abs=1e-5)
    assert (dense > 1e-4).sum() <= 30
    logits = network._logits(torch.tensor([[[0.6, 0.5, 1.0, 0.0], [0.9, 0.5, 0.7, 0.3]]]), 5)[0].sigmoid()
    assert logits[2].tolist() == pytest.approx([0.9, 0.0], abs=1e-5)  # the more confident of two stays
