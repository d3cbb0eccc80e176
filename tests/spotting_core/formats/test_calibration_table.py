"""The table of a layer's calibrations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.camera import Camera
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.calibration_table import FILE_NAME, CalibratedSample, read_pitch, read_table, write_table

CAMERA = Camera((1.0, 90.0, -20.0), 0.1, 1.3, 0.01, 1.8, 398 / 224)
TIMES = np.array([0, 500_000, 1_000_000])


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_table(tmp_path, [CalibratedSample(1, 500_000, CAMERA, 0.4, 0.93)], Pitch(110, 72), CAMERA.aspect)
    first, own, last = read_table(tmp_path, 2, TIMES)
    assert (first.homography, last.homography) == (None, None)
    assert (first.confidence, first.time, last.half) == (0.0, 0, 2)
    assert own.homography is not None
    assert own.homography.matrix == pytest.approx(CAMERA.homography.matrix)
    assert own.camera == CAMERA
    assert (own.error, own.confidence) == pytest.approx((0.4, 0.93))
    assert own.pitch == read_pitch(tmp_path) == Pitch(110, 72)


def test_a_half_without_any_is_a_table_too(tmp_path: Path) -> None:
    write_table(tmp_path, [], Pitch(), 16 / 9)
    assert [c.homography for c in read_table(tmp_path, 1, TIMES)] == [None, None, None]


def test_a_damaged_one_and_one_of_a_longer_half_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="this table of calibrations is missing"):
        read_table(tmp_path, 1, TIMES)
    with pytest.raises(BadInputError, match="this table of calibrations cannot be read"):
        read_pitch(tmp_path)
    write_table(tmp_path, [CalibratedSample(3, 1_500_000, CAMERA, 0.4, 0.93)], Pitch(), CAMERA.aspect)
    with pytest.raises(BadInputError, match="a row is of sample 3, the half has 3"):
        read_table(tmp_path, 1, TIMES)
    (tmp_path / FILE_NAME).write_bytes(b"nothing")
    with pytest.raises(BadInputError, match="Analyse the match again"):
        read_table(tmp_path, 1, TIMES)
