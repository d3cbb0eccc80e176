"""Made videos of camera changes: where changes lie, that their middles are exact, and how errors are counted."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks.boundary_errors import FALSE, MISSED, BoundaryErrors, nearest_pairs
from benchmarks.boundary_videos import Material, edited, planned_changes, write_match
from benchmarks.made_shots import HEIGHT, WIDTH, disturbed, moving_still
from benchmarks.transitions import fade, wipe
from spotting_core.domain.spots import Spot
from spotting_core.media.source import is_rendered
from spotting_core.tasks.boundaries import BOUNDARIES

OLD, NEW = np.zeros((HEIGHT, WIDTH, 3), np.uint8), np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
STILLS = [np.random.default_rng(k).integers(0, 256, (9, 16, 3), np.uint8).repeat(25, 0).repeat(25, 1) for k in range(3)]


def test_changes_leave_room_for_shots() -> None:
    changes = planned_changes(5000, 8, np.random.default_rng(0))
    assert {c.kind for c in changes} == {"abrupt", "smooth", "logo"}
    assert all(later.first - (c.first + c.length) >= 8 for c, later in zip(changes, changes[1:], strict=False))
    assert changes[-1].first + changes[-1].length <= 4992
    assert all((c.length == 0) == (c.kind == "abrupt") for c in changes)


@pytest.mark.parametrize("seed", range(12))
def test_a_fade_is_the_same_backwards(seed: int) -> None:
    change = fade(np.random.default_rng(seed))
    for progress in (0.0, 0.2, 0.45, 0.5):
        there, back = change(OLD, NEW, progress), change(NEW, OLD, 1 - progress)
        assert np.abs(there.astype(int) - back).max() <= 1
    assert change(OLD, NEW, 0.0).max() == 0
    assert change(OLD, NEW, 1.0).min() == 255


@pytest.mark.parametrize("seed", range(24))
def test_a_wipe_has_as_much_of_the_old_before_its_middle_as_of_the_new_after(seed: int) -> None:
    """Old is black and new is white; what is neither is a graphic."""
    change = wipe(np.random.default_rng(seed))
    assert (change(OLD, NEW, 0.0) == 0).all(2).mean() > 0.95
    assert (change(OLD, NEW, 1.0) == 255).all(2).mean() > 0.9
    if (change(OLD, NEW, 0.95) == 255).all(2).mean() < 0.3:
        return  # a badge that clears away: its middle is that of its time
    for away in (0.05, 0.2, 0.35):
        old = (change(OLD, NEW, 0.5 - away) == 0).all(2).mean()
        new = (change(OLD, NEW, 0.5 + away) == 255).all(2).mean()
        assert abs(old - new) < 0.1


def test_a_video_changes_where_it_says() -> None:
    rng = np.random.default_rng(3)
    changes = [c for c in planned_changes(400, 8, rng) if c.kind == "abrupt"]
    video = edited(Material(STILLS, ()), changes, 400, rng)
    off = np.abs(np.diff(video.astype(int), axis=0)).mean((1, 2, 3))
    assert changes
    for change in changes:
        assert off[change.first - 1] > 20


def test_a_still_moves_and_a_disturbed_shot_keeps_its_length() -> None:
    rng = np.random.default_rng(1)
    frames = moving_still(STILLS[0], 40, rng)
    assert frames.shape == (40, HEIGHT, WIDTH, 3)
    for seed in range(12):
        again = disturbed(frames.copy(), np.random.default_rng(seed))
        assert again.shape == frames.shape
        assert again.dtype == np.uint8


def test_a_match_is_written_alike_every_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_match(tmp_path / name, Material(STILLS, ()), 12, 8, np.random.default_rng(5))
    truth = BOUNDARIES.read_truth(tmp_path / "a")
    assert truth == BOUNDARIES.read_truth(tmp_path / "b")
    assert len(truth) > 3
    changes = planned_changes(300, 8, np.random.default_rng(5))
    assert [s.time for s in truth] == [round(c.middle * 40) * 1000 for c in changes]
    assert is_rendered(tmp_path / "a")
    with av.open(str(tmp_path / "a" / "1_90p.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 300


def spots(*changes: tuple[float, str]) -> list[Spot]:
    return [Spot(1, round(frame * 40_000), kind, 0.9) for frame, kind in changes]


def test_errors_are_counted_by_frames_and_kinds() -> None:
    truth = spots((100, "abrupt"), (200, "smooth"), (300, "logo"))
    found = spots((101, "abrupt"), (104, "smooth"), (203.5, "abrupt"), (500, "logo"))
    assert sorted(nearest_pairs(truth, found)) == [(0, 0), (1, 2)]
    errors = BoundaryErrors()
    errors.add(truth, found)
    assert errors.percentile(100) == 3.5
    assert errors.percentile(50, "abrupt") == 1
    assert np.isnan(errors.percentile(50, "logo"))
    assert errors.kinds["smooth", "abrupt"] == errors.kinds["logo", MISSED] == 1
    assert errors.kinds[FALSE, "smooth"] == errors.kinds[FALSE, "logo"] == 1
