"""Expected errors and confidences of calibrations."""

from __future__ import annotations

import numpy as np
import pytest

from spotting_core.calibration.confidence import NUMBERS, confidence_of, expected_error, fit_numbers, learned_weights
from spotting_core.calibration.fit import fit_picture
from spotting_core.calibration.smoothing import PlacedCamera
from spotting_core.domain.pitch import Pitch
from tests.seen_pitches import ASPECT, seen_by, usual_camera


def test_an_error_of_a_metre_and_a_half_is_just_used() -> None:
    assert confidence_of(0.0) == 1.0
    assert confidence_of(1.5) == pytest.approx(0.75)
    assert confidence_of(3.0) == pytest.approx(0.75**2)


def test_weights_are_learned_that_tell_which_fits_are_wrong_and_by_how_much_on_average() -> None:
    rng = np.random.default_rng(0)
    numbers = np.column_stack([np.ones(4000), rng.normal(size=(4000, len(NUMBERS) - 1))])
    errors = np.exp(-1.0 + 0.8 * numbers[:, 1] + rng.normal(0, 0.4, 4000)).clip(0.02, 10)
    weights = learned_weights(numbers, errors)
    expected = expected_error(weights, numbers)
    assert expected.mean() == pytest.approx(errors.mean(), rel=0.02)
    order = np.array_split(np.argsort(expected), 10)
    told, true = ([float(values[part].mean()) for part in order] for values in (expected, errors))
    assert true == sorted(true)
    assert told == pytest.approx(true, rel=0.25)


def test_the_numbers_of_a_fit() -> None:
    seen = seen_by(usual_camera(0.3), Pitch())
    sighting = fit_picture(seen, Pitch(), ASPECT)
    assert sighting is not None
    numbers = fit_numbers(sighting, PlacedCamera(sighting.parameters, 0.5, 0.8, 4))
    assert numbers.shape == (len(NUMBERS),)
    assert numbers[:3] == pytest.approx([1.0, np.log(0.5), 0.0])
    assert numbers[-2:] == pytest.approx([-np.log(9), 0.5])
