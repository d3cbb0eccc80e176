"""What the calibration network is asked for: lines and places of a camera, by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from spotting_core.domain.camera import Camera
from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.models.pitch_lines import (
    KINDS,
    LINE_STRIDE,
    PitchLinesConfig,
    PitchOutput,
    PitchTargets,
    ground_of_cells,
    line_maps,
    picture_targets,
    pitch_losses,
    pitch_targets,
    places_of,
    seen_from_main_side,
    stacked_targets,
)

# The ground from above: 96 metres across 384 pixels, 56 down 224, the centre spot in the middle.
ABOVE = Homography(np.array([[1 / 96, 0, 0.5], [0, 1 / 56, 0.5], [0, 0, 1.0]]))
CONFIG = PitchLinesConfig()


def targets_of(seen: Homography | None, pitch: Pitch | None = None) -> PitchTargets:
    return stacked_targets([picture_targets(Calibration(1, 0, seen), pitch or Pitch())])


def test_the_ground_of_a_picture_from_above() -> None:
    ground = ground_of_cells(targets_of(ABOVE).to_pitch, 384, 224, 4)
    assert ground.x[0, 0, :2].tolist() == pytest.approx([-47.5, -46.5])  # the middle of a cell of four pixels, a metre
    assert ground.y[0, :2, 0].tolist() == pytest.approx([-27.5, -26.5])
    assert ground.along_x[0, :, 5, 5].tolist() == pytest.approx([0.25, 0.0], abs=1e-6)
    assert (ground.depth > 0).all()


def test_lines_are_where_they_are_and_of_their_kind() -> None:
    maps = line_maps(targets_of(ABOVE), CONFIG)[0]
    along, across, arc = (maps[KINDS.index(kind)] for kind in ("along", "across", "arc"))

    def cell(x: float, y: float) -> tuple[int, int]:
        return int((y + 28) * 4 / LINE_STRIDE), int((x + 48) * 4 / LINE_STRIDE)

    # The middles of the cells beside a line are half a metre, two pixels, from it.
    beside = float(np.exp(-0.5 * (2 / CONFIG.line_spread) ** 2))
    assert float(across[cell(0.5, 10.5)]) == pytest.approx(beside, abs=1e-4)
    assert float(across[cell(-36.5, 0.5)]) == pytest.approx(float(np.exp(-0.5 * (2 / 3) ** 2)), abs=0.3)
    assert float(arc[cell(9.5, 0.5)]) > 0.8
    assert float(along[cell(-40.5, 20.5)]) > 0.8  # the side of a penalty area, 20.16 m from the axis
    assert float(along[cell(-30.5, 20.5)]) < 0.01  # which ends 36 m from the halfway line
    assert float(arc[cell(-28.5, 0.5)]) < 0.01
    assert float(arc[cell(-46.5, 9.5)]) < 0.01  # the rest of the circle around the penalty spot
    assert maps.max() <= 1
    assert maps.min() >= 0


def test_places_are_told_from_every_line() -> None:
    pitch = Pitch(100, 64)
    targets = targets_of(ABOVE, pitch)
    places = places_of(ground_of_cells(targets.to_pitch, 384, 224, 8), targets.size)[0, :, 0, 0]
    assert places.tolist() == pytest.approx([0.3, -4.7, -9.7, 0.5, -2.7, -5.9], abs=1e-4)


def test_a_picture_is_taken_from_the_side_of_the_main_camera() -> None:
    main = Camera((0.0, 90.0, -20.0), 0.2, 1.3, 0.0, 1.8, 16 / 9).homography
    assert seen_from_main_side(main) is main
    assert seen_from_main_side(main.turned()).matrix == pytest.approx(main.matrix)
    left = Camera((-66.0, 5.0, -5.0), np.pi / 2, 1.4, 0.0, 0.9, 16 / 9).homography  # looks to the right
    right = Camera((66.0, -5.0, -5.0), -np.pi / 2, 1.4, 0.0, 0.9, 16 / 9).homography  # and to the left
    assert seen_from_main_side(left).matrix == pytest.approx(left.turned().matrix)
    assert seen_from_main_side(right) is right


def test_what_shows_no_pitch_is_not_learned_from() -> None:
    away = Camera((0.0, 90.0, -20.0), np.pi, 1.5, 0.0, 1.8, 16 / 9).homography
    for seen in (None, away):
        targets = targets_of(seen)
        assert (float(targets.lined), float(targets.placed), float(targets.asked)) == (0, 0, 1)
        assert line_maps(targets, CONFIG).max() == 0
    assert float(stacked_targets([picture_targets(None, Pitch())]).asked) == 0


def test_samples_have_the_calibration_of_their_time() -> None:
    known = [Calibration(1, 500_000, ABOVE, pitch=Pitch()), Calibration(1, 1_000_000, None)]
    targets = pitch_targets(known, np.array([0, 500_000, 1_000_000]), CONFIG, np.array([True, True, False]))
    assert targets.asked.tolist() == [0, 1, 0]
    assert targets.placed.tolist() == [0, 1, 0]


def test_the_losses_are_least_where_it_says_what_is_true() -> None:
    targets = targets_of(ABOVE)
    places = places_of(ground_of_cells(targets.to_pitch, 384, 224, 8), targets.size)[None]
    heat = line_maps(targets, CONFIG).clamp(1e-3, 1 - 1e-3)[None]
    sure = torch.full_like(places, -3.0)
    right = PitchOutput(torch.full((1, 1, 1), 8.0), lines=heat.logit(), places=places, errors=sure)
    wrong = PitchOutput(torch.full((1, 1, 1), -8.0), lines=-heat.logit(), places=places + 0.2, errors=sure)
    own = targets.map(lambda v: v[None])
    best, worst = (pitch_losses(CONFIG, output, own) for output in (right, wrong))
    assert float(best["places"]) == pytest.approx(-1.5)
    assert float(worst["places"]) == pytest.approx(0.5 * (0.2 * np.exp(3) - 3), rel=1e-4)
    assert all(float(best[name]) < float(worst[name]) for name in best)
