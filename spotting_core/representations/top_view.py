"""The pitch from above as a small picture: its lines, what the camera sees of it, and who is there.

Paper: Cioppa et al., "Camera Calibration and Player Localization in SoccerNet-v2 and Investigation of their
Representations for Action Spotting" (CVPRW 2021). Both published forms, 32 x 64 with three channels:

* ``coloured``: the field, the camera's view as a white outline, everybody as 2 x 2 pixels in the colour of the kit;
  bytes divided by 127, less 1;
* ``physics``: everybody, the camera's view filled, and the lines of the field, each a channel of 0 and 1.

The field takes 95 % of the picture, in its middle, whatever its size in metres. Lines, view and people are drawn by the
same rule, ``column = int(64 (.95 x / length + .5))``. The published one adds .025 for people alone, which puts them a
pixel or two beside the lines, and whoever is at the right goal line out of the picture; that is not repeated here.

A sample without a calibration, or one less sure than ``USED_FROM``, is zero everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import Placed, Role
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.field_calibration import where_sure

HEIGHT, WIDTH, CHANNELS = 32, 64, 3
NUMBERS = HEIGHT * WIDTH * CHANNELS
_SHARE = 0.95  # of the picture that the field takes
_GRASS, _LINE, _VIEW = (40, 110, 40), (190, 190, 190), (255, 255, 255)
_SCALE = 127.0
_STEPS = 41  # heights at which the edges of the view are placed on the pitch
_FAR = 300.0  # metres from the centre at which the view is cut


def coloured(calibrations: Sequence[Calibration], people: Sequence[Sequence[Placed]], pitch: Pitch) -> np.ndarray:
    """The coloured form of consecutive samples: float32 (T, 32, 64, 3), from -1 to about 1."""
    pictures = np.zeros((len(calibrations), HEIGHT, WIDTH, CHANNELS), np.float32)
    for picture, calibration, placed in zip(pictures, calibrations, people, strict=True):
        homography = where_sure(calibration).homography
        if homography is None:
            continue
        drawn = _field(pitch).copy()
        cv2.polylines(drawn, [_view(homography, pitch)], True, _VIEW)
        for one in _persons(placed):
            assert one.colour is not None
            row, column = pixel(one.x, one.y, pitch)
            drawn[max(row, 0) : max(row + 2, 0), max(column, 0) : max(column + 2, 0)] = one.colour
        picture[:] = drawn / _SCALE - 1
    return pictures


def physics(calibrations: Sequence[Calibration], people: Sequence[Sequence[Placed]], pitch: Pitch) -> np.ndarray:
    """The form of three planes of consecutive samples: float32 (T, 32, 64, 3), 0 or 1: people, view, lines."""
    pictures = np.zeros((len(calibrations), HEIGHT, WIDTH, CHANNELS), np.float32)
    for picture, calibration, placed in zip(pictures, calibrations, people, strict=True):
        homography = where_sure(calibration).homography
        if homography is None:
            continue
        view = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(view, [_view(homography, pitch)], 1)
        picture[..., 1], picture[..., 2] = view, _lines(pitch)
        for one in _persons(placed):
            row, column = pixel(one.x, one.y, pitch)
            picture[max(row, 0) : max(row + 2, 0), max(column, 0) : max(column + 2, 0), 0] = 1
    return pictures


def pixel(x: float, y: float, pitch: Pitch) -> tuple[int, int]:
    """Row and column of a place in metres; they may lie beside the picture."""
    column, row = _pixels(np.array([[x, y]]), pitch)[0].tolist()
    return row, column


def _pixels(points: np.ndarray, pitch: Pitch) -> np.ndarray:
    """Columns and rows of places (N, 2) in metres: int32 (N, 2)."""
    shares = _SHARE * points / np.array([pitch.length, pitch.width]) + 0.5
    return np.asarray(np.floor(shares * np.array([WIDTH, HEIGHT])), np.int32)


def _persons(placed: Sequence[Placed]) -> list[Placed]:
    """Those who are seen, and are no ball."""
    return [one for one in placed if one.role is not Role.BALL and one.colour is not None]


@lru_cache(maxsize=16)
def _lines(pitch: Pitch) -> np.ndarray:
    """Which pixels lines of the field go through: uint8 (32, 64), 0 or 1."""
    drawn = np.zeros((HEIGHT, WIDTH), np.uint8)
    for line in pitch.lines.values():
        cv2.polylines(drawn, [_pixels(line, pitch)], False, 1)
    return drawn


@lru_cache(maxsize=16)
def _field(pitch: Pitch) -> np.ndarray:
    """The empty field: uint8 (32, 64, 3)."""
    drawn = np.zeros((HEIGHT, WIDTH, CHANNELS), np.uint8)
    corner = np.array([pitch.length, pitch.width]) / 2
    (left, top), (right, bottom) = _pixels(np.stack([-corner, corner]), pitch)
    drawn[top : bottom + 1, left : right + 1] = _GRASS
    drawn[_lines(pitch) > 0] = _LINE
    return drawn


def _view(homography: Homography, pitch: Pitch) -> np.ndarray:
    """Corners of what the camera sees, up to the horizon, as columns and rows: int32 (N, 2)."""
    heights = np.linspace(1, 0, _STEPS)
    left, right = (homography.to_pitch(np.stack([np.full(_STEPS, side), heights], 1)) for side in (0.0, 1.0))
    around = np.concatenate([left, right[::-1]])
    around = around[np.isfinite(around).all(1)]
    return _pixels(np.clip(around, -_FAR, _FAR), pitch)
