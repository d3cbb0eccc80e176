"""How far a calibration is expected to be off, in metres, from how it came about; and a confidence made of that.

The equations of a fit tell how far its parameters can be off if every line is the line it was taken for. That is often
so and sometimes not, and what else is known of a fit tells when. The logarithm of the error is a weighted sum of these
numbers; the weights are learned on matches that neither the network nor the test has seen, and belong to a model.
"""

from __future__ import annotations

import numpy as np

from spotting_core.calibration.fit import Sighting
from spotting_core.calibration.smoothing import PlacedCamera
from spotting_core.formats.field_calibration import USED_FROM

NUMBERS = (
    "one",
    "spread",
    "residual",
    "unsupported lines",
    "unexplained lines",
    "spread of places",
    "no pitch",
    "alone",
)
"""What the logarithm of the error is made of."""
_LEAST, _MOST = 0.02, 30.0  # metres, of an expected error
_COUNTED = 10.0  # metres: what is farther off is wrong, and how wrong does not matter
USED_ERROR = 1.5
"""Metres of expected error up to which a calibration is used: its confidence there is ``USED_FROM``."""


def fit_numbers(sighting: Sighting, placed: PlacedCamera) -> np.ndarray:
    """``NUMBERS`` of one sample: float (8,)."""
    chance = np.clip(sighting.pitch, 1e-3, 1 - 1e-3)
    return np.array([
        1.0,
        np.log(np.clip(placed.spread, 1e-2, 1e2)),
        np.log(0.2 + placed.residual),
        np.log(1.02 - sighting.support),
        np.log(1.02 - sighting.explained),
        np.log(np.clip(sighting.spread, 0.1, 10)),
        -np.log(chance / (1 - chance)),
        1 / np.sqrt(placed.together),
    ])  # fmt: skip


def expected_error(weights: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Metres: weights (8,), numbers (…, 8) to (…)."""
    return np.asarray(np.exp(numbers @ weights).clip(_LEAST, _MOST))


def learned_weights(numbers: np.ndarray, errors: np.ndarray) -> np.ndarray:
    """The weights that tell errors best: ridge regression of their logarithm, then so that their mean is right.

    Arguments:
        numbers: (N, 8); errors: (N,), metres.
    """
    wanted = np.log(errors.clip(_LEAST, _COUNTED))
    ridge = 1e-3 * len(errors) * np.diag([0.0, *np.ones(len(NUMBERS) - 1)])
    weights = np.linalg.solve(numbers.T @ numbers + ridge, numbers.T @ wanted)
    expected = expected_error(weights, numbers).clip(_LEAST, _COUNTED)
    weights[0] += np.log(errors.clip(_LEAST, _COUNTED).mean() / expected.mean())
    return np.asarray(weights)


def confidence_of(error: float) -> float:
    """From 1 for none to ``USED_FROM`` where it is just used, and on to 0."""
    return float(USED_FROM ** (error / USED_ERROR))
