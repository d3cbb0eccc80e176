"""What a perfect calibration network would say of cameras."""

from __future__ import annotations

import numpy as np

from spotting_core.calibration.fit import LineMaps, Seen
from spotting_core.domain.camera import Camera
from spotting_core.domain.homography import Calibration
from spotting_core.domain.pitch import Pitch
from spotting_core.models.pitch_lines import (
    PLACE_STRIDE,
    UNIT,
    PitchLinesConfig,
    ground_of_cells,
    line_maps,
    picture_targets,
    places_of,
    stacked_targets,
)

CONFIG = PitchLinesConfig()
ASPECT = 16 / 9


def seen_by(camera: Camera, pitch: Pitch, off: float = 0.0, error: float = 1.0) -> Seen:
    """Lines and places as they are; off: metres that all places are said to be further to the right."""
    targets = stacked_targets([picture_targets(Calibration(1, 0, camera.homography), pitch)])
    ground = ground_of_cells(targets.to_pitch, CONFIG.width, CONFIG.height, PLACE_STRIDE)
    places = places_of(ground, targets.size)[0].numpy() * UNIT
    places[:3] += off
    beside = (ground.depth[0].numpy() <= 0) | (np.abs(places[1]) > 60) | (np.abs(places[4]) > 40)
    errors = np.where(beside, 50.0, error)[None].repeat(6, 0)
    return Seen(0.9, LineMaps(tuple(line_maps(targets, CONFIG)[0].numpy())), places, errors)


def usual_camera(pan: float, x: float = 0.0, focal: float = 1.8) -> Camera:
    """One beside the halfway line."""
    return Camera((x, 92.0, -23.0), pan, 1.32, 0.0, focal, ASPECT)
