"""What the anchors of a window should say, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.domain.spots import Spot
from spotting_core.models.targets import AnchorTargets, Targets, anchor_targets, stack_targets

CLASSES = ("Goal", "Foul")
TIMES = np.arange(8, dtype=np.int64) * 500_000


def targets_of(*spots: Spot, times: np.ndarray = TIMES, valid: np.ndarray | None = None) -> AnchorTargets:
    return anchor_targets(spots, times, CLASSES, confidence_radius=0.5, displacement_radius=1.0, valid=valid)


def test_an_action_is_said_by_the_anchors_near_it_both_ends_included() -> None:
    targets = targets_of(Spot(1, 2_000_000, "Foul"))
    assert targets.confidence.tolist() == [[0, float(3 <= k <= 5)] for k in range(8)]
    assert targets.near.tolist() == [[0, float(2 <= k <= 6)] for k in range(8)]
    # Seconds from the anchor to the action; nothing where it is too far.
    assert targets.displacement[:, 1].tolist() == [0, 0, 1, 0.5, 0, -0.5, -1, 0]
    assert not targets.displacement[:, 0].any()
    assert targets.valid.tolist() == [1] * 8


def test_just_beyond_its_radius_an_action_is_not_said() -> None:
    targets = targets_of(Spot(1, 2_000_100, "Foul"))
    assert targets.confidence[:, 1].tolist() == [0, 0, 0, 0, 1, 1, 0, 0]
    assert targets.near[:, 1].tolist() == [0, 0, 0, 1, 1, 1, 1, 0]
    assert targets.displacement[3, 1] == pytest.approx(0.5001)
    # A millionth of a second is still within it, two are not.
    still, beyond = targets_of(Spot(1, 2_000_001, "Foul")), targets_of(Spot(1, 2_000_002, "Foul"))
    assert (still.confidence[3, 1], still.near[2, 1]) == (1, 1)
    assert (beyond.confidence[3, 1], beyond.near[2, 1]) == (0, 0)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_of_two_actions_of_a_class_an_anchor_says_the_nearer(order: tuple[int, int]) -> None:
    spots = [Spot(1, 1_000_000, "Goal"), Spot(1, 2_400_000, "Goal")]
    targets = targets_of(*(spots[i] for i in order))
    # Anchor 3, at 1.5 s, lies 0.5 s after the first and 0.9 s before the second; anchor 4 1.0 s and 0.4 s.
    assert targets.displacement[:, 0].tolist() == pytest.approx([1, 0.5, 0, -0.5, 0.4, -0.1, -0.6, 0])
    assert targets.confidence[:, 0].tolist() == [0, 1, 1, 1, 1, 1, 0, 0]


def test_of_two_as_near_the_first_counts() -> None:
    targets = targets_of(Spot(1, 1_000_000, "Goal"), Spot(1, 2_000_000, "Goal"))
    assert targets.displacement[3, 0] == -0.5


def test_classes_that_are_not_asked_say_nothing_and_hide_nothing() -> None:
    targets = targets_of(Spot(1, 1_000_000, "Corner"), Spot(1, 2_000_000, "Goal"))
    assert targets.confidence[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]
    assert not targets.confidence[:, 1].any()


def test_times_are_those_of_the_window() -> None:
    targets = targets_of(Spot(1, 62_000_000, "Goal"), times=TIMES + 60_000_000)
    assert targets.confidence[:, 0].tolist() == [0, 0, 0, 1, 1, 1, 0, 0]
    assert not targets_of().near.any()


def test_samples_beyond_the_half_do_not_count() -> None:
    targets = targets_of(valid=np.arange(8) < 5)
    assert targets.valid.tolist() == [1, 1, 1, 1, 1, 0, 0, 0]
    assert all(
        t.dtype == torch.float32 for t in (targets.confidence, targets.displacement, targets.near, targets.valid)
    )


def test_windows_become_a_batch_part_by_part() -> None:
    one, two = targets_of(Spot(1, 0, "Goal")), targets_of(Spot(1, 0, "Foul"), valid=np.zeros(8, bool))
    batch = stack_targets([one, two])
    assert batch.confidence.shape == (2, 8, 2)
    assert batch.confidence[:, 0].tolist() == [[1, 0], [0, 1]]
    assert batch.valid[:, 0].tolist() == [1, 0]
    assert batch.map(lambda v: v[1:]).valid.tolist() == [[0] * 8]
    assert stack_targets([one]).confidence.shape == (1, 8, 2)
    assert Targets.blends
