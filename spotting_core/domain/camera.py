"""A camera without distortion: where it stands, where it looks, how far it has zoomed in.

The convention is that of SoccerNet's calibration challenge: metres from the centre spot, x along the pitch, y towards
the main camera, z down; R = (Rz(pan) Rx(tilt) Rz(roll))ᵀ takes them to the camera's axes (right, down, ahead). A tilt
of 90 degrees looks to the horizon, one of 0 at the ground.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from spotting_core.domain.homography import Homography


@dataclass(frozen=True)
class Camera:
    """One pose.

    Arguments:
        position: metres (x, y, z), z negative above the ground.
        pan, tilt, roll: radians.
        focal: focal length in widths of the picture.
        aspect: width of the picture by its height; pixels are square and the axis goes through its middle.
    """

    position: tuple[float, float, float]
    pan: float
    tilt: float
    roll: float
    focal: float
    aspect: float

    @property
    def rotation(self) -> np.ndarray:
        """From the pitch's axes to the camera's: float (3, 3)."""
        return rotations(np.array(self.pan), np.array(self.tilt), np.array(self.roll))

    @property
    def homography(self) -> Homography:
        """From the ground to shares of the picture."""
        return Homography(ground_matrices(self.parameters[None], self.aspect)[0])

    @property
    def parameters(self) -> np.ndarray:
        """x, y, z, pan, tilt, roll, and the logarithm of the focal length: float (7,)."""
        return np.array([*self.position, self.pan, self.tilt, self.roll, np.log(self.focal)])

    @classmethod
    def of_parameters(cls, parameters: np.ndarray, aspect: float) -> Camera:
        """The camera of what ``parameters`` gives."""
        x, y, z, pan, tilt, roll, focal = (float(v) for v in parameters)
        return cls((x, y, z), pan, tilt, roll, float(np.exp(focal)), aspect)

    @classmethod
    def of(cls, seen: Homography, aspect: float) -> Camera | None:
        """The camera that sees the ground so, nearly; None where no camera with square pixels does.

        The focal length is that by which the two axes of the ground are most nearly at right angles and of one length
        (Zhang, "A Flexible New Technique for Camera Calibration", PAMI 2000).
        """
        centred = np.array([[1, 0, -0.5], [0, 1 / aspect, -0.5 / aspect], [0, 0, 1.0]]) @ seen.matrix * seen.facing
        a, b = centred[:, 0], centred[:, 1]
        parts = np.array([a[0] * b[0] + a[1] * b[1], (a[0] ** 2 + a[1] ** 2 - b[0] ** 2 - b[1] ** 2) / 2])
        depths = np.array([a[2] * b[2], (a[2] ** 2 - b[2] ** 2) / 2])
        inverse = -float(parts @ depths) / max(float(parts @ parts), 1e-300)  # 1 / focal²
        if inverse <= 0:
            return None
        focal = inverse**-0.5
        axes = centred / np.array([[focal], [focal], [1.0]])
        scale = np.linalg.norm(axes[:, :2], axis=0).mean()
        u, _, v = np.linalg.svd(np.column_stack([axes[:, :2], np.cross(axes[:, 0], axes[:, 1]) / scale]))
        rotation = u @ np.diag([1, 1, np.linalg.det(u @ v)]) @ v
        position = -rotation.T @ (axes[:, 2] / scale)
        x, y, z = (float(p) for p in position)
        return cls((x, y, z), *angles(rotation), focal, aspect)


def rotations(pan: np.ndarray, tilt: np.ndarray, roll: np.ndarray) -> np.ndarray:
    """R of many poses: (N,) radians each to (N, 3, 3); of numbers to (3, 3)."""
    cp, sp, ct, st, cr, sr = (f(a) for a in (pan, tilt, roll) for f in (np.cos, np.sin))
    rows = [
        [cr * cp - sr * ct * sp, cr * sp + sr * ct * cp, sr * st],
        [-sr * cp - cr * ct * sp, -sr * sp + cr * ct * cp, cr * st],
        [st * sp, -st * cp, ct],
    ]
    return np.moveaxis(np.array(rows), (0, 1), (-2, -1))


def angles(rotation: np.ndarray) -> tuple[float, float, float]:
    """Pan, tilt and roll of R, tilt from 0 to 180 degrees: radians."""
    tilt = float(np.arccos(np.clip(rotation[2, 2], -1, 1)))
    if np.sin(tilt) < 1e-9:  # straight down or up: only the sum of the two others is known
        return float(np.arctan2(rotation[0, 1], rotation[0, 0])), tilt, 0.0
    pan = float(np.arctan2(rotation[2, 0], -rotation[2, 1]))
    return pan, tilt, float(np.arctan2(rotation[0, 2], rotation[1, 2]))


def ground_matrices(parameters: np.ndarray, aspect: float) -> np.ndarray:
    """From the ground to shares of the picture, of many ``Camera.parameters`` (N, 7): (N, 3, 3), the third number of
    what is mapped being the depth in metres."""
    rotation = rotations(parameters[:, 3], parameters[:, 4], parameters[:, 5])
    moved = -np.einsum("nij,nj->ni", rotation, parameters[:, :3])
    seen = np.concatenate([rotation[:, :, :2], moved[:, :, None]], 2)
    focal = np.exp(parameters[:, 6])[:, None]
    third = seen[:, 2]
    u = focal * seen[:, 0] + 0.5 * third
    v = focal * aspect * seen[:, 1] + 0.5 * third
    return np.stack([u, v, third], 1)
