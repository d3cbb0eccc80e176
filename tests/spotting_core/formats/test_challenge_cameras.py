"""The challenge's camera files: what is read of them, what is written, and where points are seen."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spotting_core.base.errors import BadInputError
from spotting_core.domain.camera import Camera
from spotting_core.domain.pitch import Pitch
from spotting_core.formats.challenge_cameras import (
    ChallengeCamera,
    camera_files,
    camera_name,
    read_camera,
    write_camera,
)
from tests.challenge_pictures import ABOVE

CONTENT: dict[str, Any] = {
    "pan_degrees": 15.0,
    "tilt_degrees": 78.0,
    "roll_degrees": -2.0,
    "position_meters": [32.6, 67.9, -14.9],
    "x_focal_length": 3840.0,
    "y_focal_length": 3840.0,
    "principal_point": [480.0, 270.0],
    "radial_distortion": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
    "tangential_distortion": [0.01, 0.02],
    "thin_prism_distortion": [0.001, 0.002, 0.003, 0.004],
}


def written(folder: Path, **changed: Any) -> Path:
    """The file with other values in some fields; without those that are None."""
    path = folder / camera_name(1)
    path.write_text(json.dumps({k: v for k, v in {**CONTENT, **changed}.items() if v is not None}))
    return path


def read(path: Path) -> ChallengeCamera:
    camera = read_camera(path)
    assert camera is not None
    return camera


def test_a_camera_is_read_and_written_as_it_was(tmp_path: Path) -> None:
    camera = read(written(tmp_path))
    assert camera.camera.position == (32.6, 67.9, -14.9)
    assert camera.camera.focal == 4  # widths of 960 pixels
    assert np.degrees([camera.camera.pan, camera.camera.tilt, camera.camera.roll]).tolist() == pytest.approx(
        [15, 78, -2]
    )
    assert (camera.width, camera.height, camera.camera.aspect) == (960, 540, 16 / 9)
    assert camera.radial == (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    assert camera.distorted
    write_camera(tmp_path / "again" / camera_name(7), camera)
    again = json.loads((tmp_path / "again" / "camera_00007.json").read_text())
    assert list(again) == list(CONTENT)
    for name, value in CONTENT.items():
        assert again[name] == pytest.approx(value, rel=1e-14)
    assert read(tmp_path / "again" / "camera_00007.json").thin_prism == (0.001, 0.002, 0.003, 0.004)


def test_a_lens_without_coefficients_distorts_nothing(tmp_path: Path) -> None:
    flat = {"radial_distortion": [0] * 6, "tangential_distortion": [0] * 2, "thin_prism_distortion": [0] * 4}
    assert not read(written(tmp_path, **flat)).distorted
    assert read(written(tmp_path, **{**flat, "thin_prism_distortion": [0, 0, 0, 1e-9]})).distorted


def test_nearly_equal_focal_lengths_are_averaged(tmp_path: Path) -> None:
    assert read(written(tmp_path, x_focal_length=1000, y_focal_length=1008)).camera.focal == pytest.approx(1004 / 960)


def test_a_file_of_a_homography_alone_has_no_camera(tmp_path: Path) -> None:
    path = tmp_path / camera_name(1)
    path.write_text(json.dumps({"homography": [1.0] * 9}))
    assert read_camera(path) is None


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"tilt_degrees": None}, r"this is no camera file \(object missing required field tilt_degrees\). It has pan"),
        ({"radial_distortion": None}, "missing required field radial_distortion"),
        ({"radial_distortion": [0] * 5}, "radial_distortion must be a list of at least 6 values"),
        ({"position_meters": [1, 2]}, "position_meters must be a list of at least 3 values"),
        ({"pan_degrees": "left"}, "pan_degrees must be a number, not 'left'"),
        ({"pan_degrees": float("nan")}, r"pan_degrees is no number \(nan\). Leave out pictures without a camera"),
        ({"position_meters": [0, float("inf"), 0]}, "position_meters is no number"),
        ({"x_focal_length": 0}, "the focal lengths are 0 and 3840. They are pixels, above 0"),
        ({"y_focal_length": -1}, "the focal lengths are 3840 and -1"),
        ({"y_focal_length": 3900}, "pixels are not square: .* 3840 across and 3900 down. They may differ by 1%"),
        ({"principal_point": [480, 0]}, "the picture would be 960 by 0 pixels. The principal point is the middle"),
    ],
)
def test_what_is_no_camera_says_so(changed: dict[str, Any], message: str, tmp_path: Path) -> None:
    path = written(tmp_path, **changed)
    with pytest.raises(BadInputError, match=message) as caught:
        read_camera(path)
    assert caught.value.where == path


@pytest.mark.parametrize("content", ["[]", "{", "3"])
def test_what_is_no_object_says_so(content: str, tmp_path: Path) -> None:
    (tmp_path / "camera_1.json").write_text(content)
    with pytest.raises(BadInputError, match=r"this (is no camera file|camera file is not JSON)"):
        read_camera(tmp_path / "camera_1.json")


def test_files_are_found_by_number(tmp_path: Path) -> None:
    for name in ("camera_00010.json", "camera_2.json", "camera_x.json", "extremities_00003.json"):
        (tmp_path / name).touch()
    assert list(camera_files(tmp_path)) == [2, 10]
    (tmp_path / "camera_00002.json").touch()
    with pytest.raises(BadInputError, match=r"camera_00002.json and camera_2.json are both of picture 2. Leave one"):
        camera_files(tmp_path)


def test_the_centre_circle_from_above() -> None:
    """9.15 m are 87.84 pixels around the middle."""
    circle = Pitch().lines["Circle central"]
    at = ABOVE.to_picture(np.column_stack([circle, np.zeros(len(circle))])) * (960, 540)
    assert np.linalg.norm(at - (480, 270), axis=1) == pytest.approx(87.84)
    assert at[0] == pytest.approx([480 + 87.84, 270])
    assert at[len(at) // 4, 1] > 270  # y points towards the main camera, down in the picture


def test_points_on_the_ground_are_where_the_homography_puts_them() -> None:
    camera = ChallengeCamera(Camera((32.6, 67.9, -14.9), 0.2, 1.35, -0.03, 2.0, 16 / 9), 1280.0)
    ground = np.array([[0.0, 0.0], [20.0, -10.0], [33.0, 100.0]])  # the last lies behind the camera
    at = camera.to_picture(np.column_stack([ground, np.zeros(3)]))
    assert at[:2] == pytest.approx(camera.camera.homography.to_picture(ground)[:2])
    assert np.isnan(at[2]).all()


@pytest.mark.parametrize(
    ("lens", "seen"),
    [
        ({"radial": (0.1, 0, 0, 0, 0, 0)}, (0.2 * (1 + 0.1 * 0.04), 0)),
        ({"radial": (0, 0.1, 0, 0, 0, 0)}, (0.2 * (1 + 0.1 * 0.04**2), 0)),
        ({"radial": (0, 0, 0.1, 0, 0, 0)}, (0.2 * (1 + 0.1 * 0.04**3), 0)),
        ({"radial": (0, 0, 0, 0.1, 0, 0)}, (0.2 / (1 + 0.1 * 0.04), 0)),
        ({"radial": (0, 0, 0, 0, 0, 0.1)}, (0.2 / (1 + 0.1 * 0.04**3), 0)),
        ({"tangential": (0.1, 0)}, (0.2, 0.1 * 0.04)),
        ({"tangential": (0, 0.1)}, (0.2 + 0.1 * 3 * 0.04, 0)),
        ({"thin_prism": (0.1, 0, 0.2, 0)}, (0.2 + 0.1 * 0.04, 0.2 * 0.04)),
        ({"thin_prism": (0, 0.1, 0, 0.2)}, (0.2 + 0.1 * 0.04**2, 0.2 * 0.04**2)),
    ],
)
def test_each_coefficient_of_the_lens_by_hand(lens: dict[str, Any], seen: tuple[float, float]) -> None:
    """10 m to the right at a depth of 50 m: 0.2 from the axis, whose square is 0.04; y is taller by the aspect."""
    at = replace(ABOVE, **lens).to_picture(np.array([[10.0, 0.0, 0.0]]))[0]
    assert at == pytest.approx([0.5 + 0.5 * seen[0], 0.5 + 0.5 * 16 / 9 * seen[1]], abs=1e-9)


def test_what_a_lens_would_fold_back_is_not_seen() -> None:
    """r (1 - r² / 2) turns at r = 0.816, 40.8 m beside the middle."""
    lens = replace(ABOVE, radial=(-0.5, 0, 0, 0, 0, 0))
    inner, outer = lens.to_picture(np.array([[40.0, 0, 0], [42.0, 0, 0]]))
    assert inner == pytest.approx([0.5 + 0.5 * 0.8 * (1 - 0.32), 0.5])
    assert np.isnan(outer).all()
