"""Where on the pitch a picture looks: the homography between the two, and one sample's calibration."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.pitch import Pitch

if TYPE_CHECKING:
    from spotting_core.domain.camera import Camera

_LEAST_DETERMINANT = 1e-12
_ACROSS = np.deg2rad(60)


@dataclass(frozen=True)
class Homography:
    """From the ground of a pitch to a picture.

    Arguments:
        matrix: float (3, 3), from metres (origin at the centre spot) to shares of the picture's width and height.

    Errors:
        BadInputError: a number that is none, or a singular matrix, by which no point can be told.
    """

    matrix: np.ndarray

    def __post_init__(self) -> None:
        if self.matrix.shape != (3, 3) or not np.isfinite(self.matrix).all():
            raise BadInputError("a homography has nine numbers, all finite")
        unit = self.matrix / np.abs(self.matrix).max(initial=1e-300)
        if abs(np.linalg.det(unit)) < _LEAST_DETERMINANT:
            raise BadInputError("this homography is singular: it maps the pitch onto a line or a point")

    @classmethod
    def of_pixels(cls, matrix: np.ndarray, width: int, height: int) -> Homography:
        """From a matrix (3, 3) to pixels of a picture of a size."""
        return cls(np.asarray(matrix, float) / np.array([[width], [height], [1.0]]))

    def pixels(self, width: int, height: int) -> np.ndarray:
        """The matrix (3, 3) to pixels of a picture of a size, its last number 1 where that can be."""
        matrix = np.diag([float(width), float(height), 1.0]) @ self.matrix
        return np.asarray(matrix / matrix[2, 2] if abs(matrix[2, 2]) > 1e-9 else matrix)

    @cached_property
    def facing(self) -> float:
        """The sign that the third coordinate has in front of the camera: that of a point low in the picture."""
        ground = np.linalg.inv(self.matrix) @ np.array([0.5, 0.9, 1.0])
        return float(np.sign((self.matrix @ (ground / ground[2]))[2]))

    def to_picture(self, points: np.ndarray) -> np.ndarray:
        """Points of the pitch (..., 2) in shares of the picture, which may lie beside it; NaN behind the camera."""
        mapped = _homogeneous(points) @ self.matrix.T
        depth = mapped[..., 2:] * self.facing
        nowhere = np.full(points.shape, np.nan)
        return np.asarray(np.divide(mapped[..., :2], mapped[..., 2:], out=nowhere, where=depth > 1e-9))

    def to_pitch(self, points: np.ndarray) -> np.ndarray:
        """Points of the picture (..., 2), in shares, on the pitch's ground in metres; NaN above the horizon."""
        mapped = _homogeneous(points) @ np.linalg.inv(self.matrix).T
        ground = np.divide(
            mapped[..., :2], mapped[..., 2:], out=np.full(points.shape, np.nan), where=mapped[..., 2:] != 0
        )
        in_front = (_homogeneous(ground) @ self.matrix.T)[..., 2] * self.facing > 0
        return np.where(in_front[..., None], ground, np.nan)

    def shown(self, points: np.ndarray) -> np.ndarray:
        """Which points of the pitch (..., 2) lie in the picture: bool (...)."""
        at = self.to_picture(points)
        return np.asarray(np.all((at >= 0) & (at <= 1), axis=-1))

    def placed_from(self, other: Homography, points: np.ndarray) -> np.ndarray:
        """Where points of the pitch (..., 2), seen by another homography, lie by this one; in front or behind."""
        mapped = _homogeneous(points) @ (np.linalg.inv(self.matrix) @ other.matrix).T
        return np.asarray(mapped[..., :2] / mapped[..., 2:])

    def turned(self) -> Homography:
        """The same picture of the pitch turned by half a turn, which looks alike."""
        return Homography(self.matrix @ np.diag([-1.0, -1.0, 1.0]))


def _homogeneous(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points, np.ones((*points.shape[:-1], 1))], -1)


@dataclass(frozen=True)
class Calibration:
    """What is known of one sample's camera.

    Arguments:
        time: microseconds of the half.
        homography: None where the picture shows no pitch, or nobody could tell.
        confidence: 0 to 1; None for truth.
        label: name of the camera, where it is known.
        error: metres by which places of the picture are expected to be off; None where nobody said.
        pitch: whose metres these are.
        camera: whose homography this is, where that is known.
    """

    half: int
    time: int
    homography: Homography | None
    confidence: float | None = None
    label: str = ""
    error: float | None = None
    pitch: Pitch = field(default_factory=Pitch)
    camera: Camera | None = None

    @property
    def side_known(self) -> bool:
        """Whether it is known from which side the pitch is seen, which looks alike from two: of a camera that a network
        has placed where it looks across the pitch, as the main camera does, and not from behind a goal."""
        return self.camera is None or abs(self.camera.pan) < _ACROSS
