"""Where somebody stands: the foot of a box, on the pitch in metres, and how far that may be wrong.

A foot is the bottom middle of its box, as in SoccerNet's player boxes. Three things make it wrong: the box, which a
detector draws some pixels off; the calibration; and the homography between the two, by which a pixel far from the
camera is metres long and one near to it is centimetres. The box's part goes through the homography's Jacobian.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotting_core.domain.homography import Calibration, Homography

ACROSS, ALONG = (0.47, 0.04), (0.95, 0.058)
"""Expected error of a foot across and along the picture's height: pixels, and shares of the box's height.

Fitted to the mean error, by eighths of what is expected, on the validation matches of simmatch.
"""
CALIBRATED = 0.4
"""Metres that a calibration of confidence 1 is taken to be wrong by, where it does not say; exact ones are not."""
_EDGE = 1.5  # pixels; a box that ends nearer to the picture's lower edge is cut off there
_STEP = 1e-4  # shares of the picture, for the Jacobian


@dataclass(frozen=True)
class Feet:
    """Feet of the boxes of one picture.

    Arguments:
        places: float (N, 2), metres; NaN where the box ends above the horizon, or its foot is outside the picture.
        errors: float (N,), expected error in metres.
    """

    places: np.ndarray
    errors: np.ndarray


def feet(boxes: np.ndarray, scores: np.ndarray, size: tuple[int, int], calibration: Calibration) -> Feet:
    """The feet of some boxes.

    Arguments:
        boxes: (N, 4), x1, y1, x2, y2 in pixels; scores: (N,), 0 to 1; size: width and height of the picture.
    """
    nowhere = Feet(np.full((len(boxes), 2), np.nan), np.full(len(boxes), np.nan))
    if calibration.homography is None or not len(boxes):
        return nowhere
    width, height = size
    shares = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2 / width, boxes[:, 3] / height], 1)
    places = calibration.homography.to_pitch(shares)
    hidden = (boxes[:, 3] > height - _EDGE) | (shares[:, 0] < 0) | (shares[:, 0] > 1)
    places[hidden] = np.nan
    tall = boxes[:, 3] - boxes[:, 1]
    doubt = 1.5 - scores  # a box of score .5 is as wrong as told, a surer one less
    off = np.stack([ACROSS[0] + ACROSS[1] * tall, ALONG[0] + ALONG[1] * tall], 1) * doubt[:, None]
    off /= np.array([width, height])
    from_box = np.sqrt(((jacobian(calibration.homography, shares) * off[:, None, :]) ** 2).sum((1, 2)))
    return Feet(places, np.hypot(from_box, calibration_error(calibration)))


def jacobian(homography: Homography, shares: np.ndarray) -> np.ndarray:
    """How far the place on the pitch moves with the point of the picture: (N, 2, 2), metres a share."""
    columns = []
    for axis in (0, 1):
        step = np.zeros(2)
        step[axis] = _STEP
        columns.append((homography.to_pitch(shares + step) - homography.to_pitch(shares - step)) / (2 * _STEP))
    return np.stack(columns, -1)


def calibration_error(calibration: Calibration) -> float:
    """Metres that a calibration is expected to be wrong by: as it says; none where it is exact; more the less sure."""
    if calibration.error is not None:
        return calibration.error
    if calibration.confidence is None:
        return 0.0
    return CALIBRATED / max(calibration.confidence, 0.05)
