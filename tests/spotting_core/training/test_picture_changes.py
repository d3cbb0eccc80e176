"""Changes that make pictures look like another broadcast's, one by one."""

from __future__ import annotations

import random

import cv2
import numpy as np
import pytest
import torch

from spotting_core.training import picture_changes
from spotting_core.training.picture_changes import (
    GROUPS,
    changed,
    check_groups,
    framed,
    mix_styles,
    overlaid,
    recoloured,
    unsteady_order,
)

GRASS, BLUE, YELLOW, RED = (60, 130, 50), (40, 60, 200), (235, 200, 30), (200, 20, 30)


def scene(frames: int = 4) -> np.ndarray:
    """Grass, with a square of blue, one of a card's yellow and one of its red."""
    pictures = np.full((frames, 60, 100, 3), GRASS, np.uint8)
    for left, colour in ((10, BLUE), (40, YELLOW), (70, RED)):
        pictures[:, 20:40, left : left + 20] = colour
    return pictures


def hue(pictures: np.ndarray, left: int) -> int:
    return int(cv2.cvtColor(pictures[0], cv2.COLOR_RGB2HSV)[30, left + 10, 0])


def test_other_colours_leave_cards_their_hue_and_shape() -> None:
    before, others = scene(), set()
    for seed in range(20):
        after = recoloured(before, random.Random(seed))
        assert after.shape == before.shape
        assert after.dtype == np.uint8
        assert (after == after[0]).all()  # one look for a whole clip
        others.add(hue(after, 10))
        # A cast moves a hue by little.
        assert abs(hue(after, 40) - hue(before, 40)) < 14
        assert min(hue(after, 70), 180 - hue(after, 70)) < 14
    assert len(others) > 5


def test_styles_are_mixed_between_clips() -> None:
    dark, bright = np.full((4, 8, 8, 3), 60, np.uint8), np.full((4, 8, 8, 3), 200, np.uint8)
    dark[:, ::2], bright[:, ::2] = 40, 180
    batch = torch.from_numpy(np.stack([dark, bright]))
    mixed = [mix_styles(batch, random.Random(seed)).float().mean((1, 2, 3, 4)) for seed in range(20)]
    assert any(means[0] > 80 for means in mixed)  # the dark one became brighter
    assert all(49 <= float(mean) <= 191 for means in mixed for mean in means)  # never beyond what there is
    assert any(torch.equal(means, batch.float().mean((1, 2, 3, 4))) for means in mixed)


@pytest.mark.parametrize("way", ["_blurred", "_noisy", "_compressed", "_interlaced", "_enlarged"])
def test_a_worse_source_shows_the_same_scene(way: str) -> None:
    before = scene()
    after = getattr(picture_changes, way)(before, random.Random(0))
    assert after.shape == before.shape
    assert after.dtype == np.uint8
    difference = np.abs(after.astype(int) - before)
    assert difference.max() > 4
    assert difference.mean() < 15


def test_interlacing_moves_every_other_line() -> None:
    before = scene()
    after = picture_changes._interlaced(before, random.Random(0))
    assert (after[:, ::2] == before[:, ::2]).all()
    assert (after[:, 21:39:2] != before[:, 21:39:2]).any()


@pytest.mark.parametrize("seed", range(12))
def test_what_is_framed_anew_lies_where_the_numbers_say(seed: int) -> None:
    before = np.zeros((2, 60, 100, 3), np.uint8)
    before[:, 27:33, 47:53] = 255  # a light in the middle
    after, (sx, sy, ox, oy) = framed(before, random.Random(seed))
    assert after.shape == before.shape
    x, y = sx * 0.5 + ox, sy * 0.5 + oy
    if 0.05 < x < 0.95 and 0.05 < y < 0.95:
        rows, columns = np.nonzero(after[0].mean(-1) > 180)
        assert abs(columns.mean() + 0.5 - x * 100) < 1.5
        assert abs(rows.mean() + 0.5 - y * 60) < 1.5


def test_graphics_stay_where_they_are() -> None:
    after = overlaid(scene(), random.Random(3))
    assert (after == after[0]).all()
    assert any((overlaid(scene(), random.Random(seed)) != scene()).any(axis=-1).mean() > 0.05 for seed in range(5))


def test_moments_repeat_what_was_before_and_lose_a_frame_now_and_then() -> None:
    lost = 0
    for seed in range(20):
        order, missing = unsteady_order(64, random.Random(seed))
        lost += missing is not None
        assert (np.diff(order) >= 0).all()
        assert (order <= np.arange(64)).all()
        assert (np.arange(64) - order).max() <= 6
        assert len(set(order.tolist())) < 64
    assert 2 <= lost <= 12


def test_groups_change_half_of_the_clips() -> None:
    before = scene()
    different = [not np.array_equal(changed(before, ("quality",), random.Random(seed)), before) for seed in range(100)]
    assert 35 <= sum(different) <= 65
    assert all(changed(before, (), random.Random(seed)) is before for seed in range(9))
    assert all(changed(before, ("framing",), random.Random(seed)) is before for seed in range(9))  # by ``framed``


def test_a_group_that_is_none_is_refused() -> None:
    check_groups(GROUPS)
    with pytest.raises(ValueError, match="colour, quality, framing, graphics, moments, not 'sound'"):
        check_groups(("colour", "sound"))
