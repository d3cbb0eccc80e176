"""Cameras as SoccerNet's calibration challenge writes them, a picture a file.

camera_<number>.json   pan, tilt and roll in degrees, position in metres, focal lengths and principal point in pixels of
                       a picture twice as large as the principal point, and twelve coefficients of the lens

``Camera`` has the challenge's convention but no lens: the coefficients stand beside it as they are in the file, and
``ChallengeCamera.to_picture`` follows them. The lens is OpenCV's rational model (documentation of its module calib3d).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import cv2
import msgspec
import numpy as np
from numpy.polynomial import Polynomial

from spotting_core.base.errors import BadInputError
from spotting_core.base.files import read_json, write_json
from spotting_core.base.validation import InvalidContentError, validated
from spotting_core.domain.camera import Camera

CAMERA_FILE = re.compile(r"^camera_(?P<number>\d+)\.json$")
"""Names of the files."""
SQUARE = 0.01
"""Share by which the two focal lengths of square pixels may differ; of such the mean is taken."""
_NEAREST = 1e-3  # metres before the camera from which anything is seen

_Two = Annotated[list[float], msgspec.Meta(min_length=2, max_length=2)]
_Three = Annotated[list[float], msgspec.Meta(min_length=3, max_length=3)]
_Four = Annotated[list[float], msgspec.Meta(min_length=4, max_length=4)]
_Six = Annotated[list[float], msgspec.Meta(min_length=6, max_length=6)]
_FIX = (
    "It has pan_degrees, tilt_degrees, roll_degrees, position_meters [3], x_focal_length, y_focal_length, "
    "principal_point [2], radial_distortion [6], tangential_distortion [2] and thin_prism_distortion [4]"
)


class _File(msgspec.Struct):
    pan_degrees: float
    tilt_degrees: float
    roll_degrees: float
    position_meters: _Three
    x_focal_length: float
    y_focal_length: float
    principal_point: _Two
    radial_distortion: _Six
    tangential_distortion: _Two
    thin_prism_distortion: _Four


@dataclass(frozen=True)
class ChallengeCamera:
    """A camera, the width in pixels of the picture that it is told for, and its lens.

    Arguments:
        radial: k1 to k6; tangential: p1, p2; thin_prism: s1 to s4, of OpenCV's model.
    """

    camera: Camera
    width: float
    radial: tuple[float, ...] = (0.0,) * 6
    tangential: tuple[float, ...] = (0.0,) * 2
    thin_prism: tuple[float, ...] = (0.0,) * 4

    @property
    def height(self) -> float:
        """Of the picture, in pixels."""
        return round(self.width / self.camera.aspect, 6)

    @property
    def distorted(self) -> bool:
        """Whether the lens bends straight lines, which ``camera.homography`` does not know."""
        return any((*self.radial, *self.tangential, *self.thin_prism))

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points in space (N, 3), metres with z down, in shares of the picture, which may lie beside it: (N, 2).

        NaN behind the camera, and so far to the side that the lens's model would fold them back.
        """
        seen = (points - np.array(self.camera.position)) @ self.camera.rotation.T
        at = np.full((len(points), 2), np.nan)
        ahead = seen[:, 2] > _NEAREST
        off_axis = np.hypot(seen[:, 0], seen[:, 1])
        ahead[ahead] = off_axis[ahead] < self._reach * seen[ahead, 2]
        if ahead.any():
            k, p = self.radial, self.tangential
            lens = np.array([k[0], k[1], *p, *k[2:], *self.thin_prism])
            focal, aspect = self.camera.focal, self.camera.aspect
            inner = np.array([[focal, 0, 0.5], [0, focal * aspect, 0.5], [0, 0, 1]])
            at[ahead] = cv2.projectPoints(seen[ahead][:, None], np.zeros(3), np.zeros(3), inner, lens)[0][:, 0]
        return at

    @property
    def _reach(self) -> float:
        """Distance from the axis, at distance 1, up to which what lies farther out is also seen farther out."""
        above, below = Polynomial([1, *self.radial[:3]]), Polynomial([1, *self.radial[3:]])
        squared = Polynomial([0, 1])
        slope = above * below + 2 * squared * (above.deriv() * below - above * below.deriv())
        roots = np.concatenate([slope.trim().roots(), below.trim().roots()])
        turning = [root.real for root in roots if abs(root.imag) < 1e-9 and root.real > 0]
        return float(np.sqrt(min(turning, default=np.inf)))


def camera_files(folder: Path) -> dict[int, Path]:
    """The camera files of a folder by number.

    Errors:
        BadInputError: two of one number.
    """
    return numbered(folder, CAMERA_FILE)


def numbered(folder: Path, name: re.Pattern[str]) -> dict[int, Path]:
    """The files of a folder whose names match, by the ``number`` in them, in order.

    Errors:
        BadInputError: two of one number.
    """
    found: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = name.match(path.name)
        if match and path.is_file():
            number = int(match["number"])
            if number in found:
                what = f"{found[number].name} and {path.name} are both of picture {number}"
                raise BadInputError(what, where=folder, fix="Leave one of them")
            found[number] = path
    return dict(sorted(found.items()))


def camera_name(number: int) -> str:
    """Name of the file of a picture's camera."""
    return f"camera_{number:05d}.json"


def read_camera(path: Path) -> ChallengeCamera | None:
    """A camera file; None where it holds a homography and no camera.

    Errors:
        BadInputError: not such a file, a number that is none, a picture or a focal length without size, or pixels that
            are not square.
    """
    content = read_json(path, "camera file")
    if isinstance(content, dict) and "homography" in content and "x_focal_length" not in content:
        return None
    try:
        file = validated(_File, content)
    except InvalidContentError as error:
        raise BadInputError(f"this is no camera file ({error})", where=path, fix=_FIX) from error
    for name, value in msgspec.structs.asdict(file).items():
        if not np.isfinite(value).all():
            raise BadInputError(f"{name} is no number ({value})", where=path, fix="Leave out pictures without a camera")
    return _of_file(file, path)


def _of_file(file: _File, path: Path) -> ChallengeCamera:
    across, down = file.x_focal_length, file.y_focal_length
    if min(across, down) <= 0:
        what = f"the focal lengths are {across:g} and {down:g}"
        raise BadInputError(what, where=path, fix="They are pixels, above 0")
    if min(file.principal_point) <= 0:
        width, height = (2 * p for p in file.principal_point)
        what = f"the picture would be {width:g} by {height:g} pixels"
        raise BadInputError(what, where=path, fix="The principal point is the middle of the picture, in pixels")
    if max(across, down) > min(across, down) * (1 + SQUARE):
        what = f"pixels are not square: the focal lengths are {across:g} across and {down:g} down"
        raise BadInputError(what, where=path, fix=f"They may differ by {SQUARE:.0%}; scale the picture first")
    width, height = (2 * p for p in file.principal_point)
    x, y, z = file.position_meters
    pan, tilt, roll = np.radians([file.pan_degrees, file.tilt_degrees, file.roll_degrees]).tolist()
    camera = Camera((x, y, z), pan, tilt, roll, (across + down) / 2 / width, width / height)
    lens = (file.radial_distortion, file.tangential_distortion, file.thin_prism_distortion)
    return ChallengeCamera(camera, width, *(tuple(coefficients) for coefficients in lens))


def write_camera(path: Path, one: ChallengeCamera) -> None:
    """Write a camera file; ``camera_name`` says how it is called."""
    camera, focal = one.camera, one.camera.focal * one.width
    pan, tilt, roll = np.degrees([camera.pan, camera.tilt, camera.roll]).tolist()
    write_json(path, {
        "pan_degrees": pan,
        "tilt_degrees": tilt,
        "roll_degrees": roll,
        "position_meters": list(camera.position),
        "x_focal_length": focal,
        "y_focal_length": focal,
        "principal_point": [one.width / 2, one.height / 2],
        "radial_distortion": list(one.radial),
        "tangential_distortion": list(one.tangential),
        "thin_prism_distortion": list(one.thin_prism),
    })  # fmt: skip
