"""The camera of one picture, fitted to what the calibration network sees in it (``models.pitch_lines``).

1. A homography from where its parts are said to be, by weighted linear equations (Hartley & Zisserman, "Multiple View
   Geometry", 2003, 4.1), reweighted so that parts which are far from it count less.
2. The camera with square pixels that sees the ground most nearly so.
3. The camera is moved until the lines of the pitch lie on the lines that are seen: along the normals of the projected
   lines the nearest ridge is looked for, ever closer, and all parameters are changed by Gauss and Newton's steps with
   robust weights (Drummond & Cipolla, "Real-Time Visual Tracking of Complex Structures", PAMI 2002).

What is left of the equations is kept as ``Sighting``, so that later a shot's cameras can be fitted together
(``calibration.smoothing``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from spotting_core.base.errors import BadInputError
from spotting_core.domain.camera import Camera, ground_matrices
from spotting_core.domain.homography import Homography
from spotting_core.domain.pitch import Pitch
from spotting_core.models.pitch_lines import ANCHORS, KINDS, LINE_STRIDE

PARAMETERS = 7
LARGEST_STEP = np.array([15, 15, 8, 0.2, 0.15, 0.05, 0.3])
"""By how much ``Camera.parameters`` may change in one step of a fit."""
_SPACING = 1.0  # metres between the points of lines that are looked for
_REACHES = (20.0, 12.0, 8.0, 5.0, 5.0)  # pixels to either side in which a line is looked for, step by step
_RIDGE = 5.0  # pixels around a ridge that say where it is
_SEEN_FROM = 0.25  # how sure a ridge has to be
_LINE_ERROR, _ROBUST = 1.0, 2.0  # pixels: of a point on a line, and from where it counts less
_SAME = 0.2  # points of a line beside each other are wrong together: each counts so much
_PLACES_COUNT = 12.0  # all places of a picture count as so many that are independent
_LEAST_PARTS = 12
_FAR_PLACE = 15.0  # metres: of parts that are surer than this a homography is made
_SUPPORTED = 0.75  # support times explained, from which a fit is not tried again from elsewhere
_NEAR_CELLS = 5  # cells: side of the square around a projected point in which a line counts as explained
_WORTH_TRYING = 0.3  # confidence that the picture can be placed, from which it is tried again
_TRIED = (-6.0, 6.0, -12.0, 12.0, -18.0, 18.0)  # metres beside what the picture shows, along the pitch
_DIFFERENCE = np.array([0.05, 0.05, 0.05, 1e-4, 1e-4, 1e-4, 1e-4])
_TYPICAL = np.array([0.0, 90.0, -20.0, 0.0, 1.3, 0.0, np.log(2.0)])
_SPREAD = np.array([40.0, 40.0, 15.0, 3.0, 1.0, np.deg2rad(1.5), 1.5])
"""What cameras are usually like, and by how much they differ from it: ``Camera.parameters``."""


@dataclass(frozen=True)
class LineMaps:
    """How near a line is to every ``LINE_STRIDE``-th pixel of a picture: a map float32 (h, w), 0 to 1, of each kind."""

    kinds: tuple[np.ndarray, ...]

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of the picture that was looked at."""
        height, width = self.kinds[0].shape
        return width * LINE_STRIDE, height * LINE_STRIDE


@dataclass(frozen=True)
class Seen:
    """What the network says of one picture, as numbers.

    Arguments:
        pitch: confidence that it can be placed.
        places, errors: float32 (6, h', w'), metres from each of ``ANCHORS``, and the expected error of that.
    """

    pitch: float
    lines: LineMaps
    places: np.ndarray
    errors: np.ndarray


@dataclass(frozen=True)
class Sighting:
    """A picture's camera, and by what it was fitted.

    Arguments:
        parameters: float (7,), ``Camera.parameters``; information: float (7, 7), the inverse of their covariance;
            loose: float (7, 7), that of it which does not come from lines.
        ground: float32 (N, 2), points of the pitch's lines in metres; picture: float32 (N, 2), where each of them was
            seen, in shares of the picture; normal: float32 (N, 2), of the line there, in pixels; weight: float32 (N,).
        support: share of the lines that should be seen that are; explained: share of the lines that are seen that
            should be; residual: pixels, median distance from them.
        spread: metres, median expected error of the parts of the picture on their own.
        pitch: see ``Seen``.
    """

    parameters: np.ndarray
    information: np.ndarray
    loose: np.ndarray
    ground: np.ndarray
    picture: np.ndarray
    normal: np.ndarray
    weight: np.ndarray
    support: float
    explained: float
    residual: float
    spread: float
    pitch: float


@dataclass(frozen=True)
class _Parts:
    """Parts of a picture: where each is (shares), where on the pitch it is said to be (metres), and expected errors."""

    at: np.ndarray
    ground: np.ndarray
    error: np.ndarray


def fit_picture(seen: Seen, pitch: Pitch, aspect: float) -> Sighting | None:
    """The camera of a picture; None where too little of a pitch is seen to tell.

    Arguments:
        aspect: width of the picture by its height, before it was squashed.
    """
    parts = _parts(seen, pitch)
    if len(parts.at) < _LEAST_PARTS:
        return None
    try:
        found = _fitted(seen, parts, pitch, aspect)
    except np.linalg.LinAlgError:  # its equations have no solution
        return None
    sound = np.isfinite(found.parameters).all() and np.isfinite(found.information).all()
    return found if sound else None


def _fitted(seen: Seen, parts: _Parts, pitch: Pitch, aspect: float) -> Sighting:
    first = _homography_of(parts)
    camera = Camera.of(first, aspect) if first is not None else None
    parameters = camera.parameters if camera is not None and _plausible(camera) else _guess(parts)
    fit = _Fit(seen.lines, pitch, aspect, parts, seen.pitch)
    for _ in range(4):
        parameters = fit.step(parameters, 0.0)
    best = fit.on_lines(parameters)
    if _agreement(best) < _SUPPORTED and seen.pitch > _WORTH_TRYING:
        tried = [fit.on_lines(_looking_beside(parameters, by)) for by in _TRIED]
        best = max([best, *tried], key=_agreement)
    return best


def _agreement(sighting: Sighting) -> float:
    return sighting.support * sighting.explained


def fit_lines(lines: LineMaps, start: np.ndarray, pitch: Pitch, aspect: float) -> Sighting:
    """The camera by its lines alone, from ``Camera.parameters`` that are near it."""
    nothing = _Parts(np.zeros((0, 2)), np.zeros((0, 2)), np.ones((0, 2)))
    return _Fit(lines, pitch, aspect, nothing, 0.5).on_lines(start)


def _looking_beside(parameters: np.ndarray, metres: float) -> np.ndarray:
    """The camera turned so that it looks at what lies so far along the pitch from what it looked at."""
    height, tilt = -parameters[2], parameters[4]
    away = height * np.tan(min(tilt, 1.5))
    x, y = away * np.sin(parameters[3]) + metres, -away * np.cos(parameters[3])
    moved = parameters.copy()
    moved[3], moved[4] = np.arctan2(x, -y), np.arctan2(np.hypot(x, y), height)
    return moved


def _parts(seen: Seen, pitch: Pitch) -> _Parts:
    """Every part with the place that all that is said of it agrees on best, where it is on the pitch."""
    half = np.array([pitch.length / 2, pitch.width / 2])
    offsets = np.array([-half[0], 0, half[0], -half[1], 0, half[1]])[:, None, None]
    places, weight = seen.places + offsets, seen.errors**-2.0
    ground, error = [], []
    for axis in (slice(0, 3), slice(3, len(ANCHORS))):
        ground.append((places[axis] * weight[axis]).sum(0) / weight[axis].sum(0))
        error.append(seen.errors[axis].min(0))
    h, w = ground[0].shape
    u, v = np.meshgrid((np.arange(w) + 0.5) / w, (np.arange(h) + 0.5) / h)
    place, sure = np.stack(ground, -1), np.stack(error, -1)
    good = (sure < _FAR_PLACE).all(-1) & (np.abs(place) < half + 3).all(-1)
    return _Parts(np.stack([u, v], -1)[good], place[good], sure[good])


def _homography_of(parts: _Parts) -> Homography | None:
    """By weighted linear equations, from the picture to the ground; None where that is not invertible."""
    middle, scale = parts.ground.mean(0), parts.ground.std(0).max() + 1e-6
    p = np.column_stack([parts.at - 0.5, np.ones(len(parts.at))])
    ground = (parts.ground - middle) / scale
    weight = scale / parts.error
    depth = np.ones(len(p))
    matrix = np.eye(3)
    for _ in range(4):
        rows = []
        for axis in range(2):
            row = np.zeros((len(p), 9))
            row[:, 3 * axis : 3 * axis + 3] = p
            row[:, 6:] = -ground[:, axis : axis + 1] * p
            rows.append(row * (weight[:, axis] / depth)[:, None])
        equations = np.concatenate(rows)
        if not np.isfinite(equations).all():  # all parts lie on one point or line
            return None
        matrix = np.linalg.eigh(equations.T @ equations)[1][:, 0].reshape(3, 3)
        mapped = p @ matrix.T
        mapped *= np.sign(np.median(mapped[:, 2]))
        depth = np.maximum(mapped[:, 2], 1e-3 * np.abs(mapped[:, 2]).max() + 1e-12)
        off = np.abs(mapped[:, :2] / depth[:, None] - ground) * scale / parts.error
        weight = scale / parts.error / np.maximum(1, off / 2)
    back = np.diag([scale, scale, 1.0])
    back[:2, 2] = middle
    whole = back @ matrix @ np.array([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1.0]])
    try:
        return Homography(np.linalg.inv(whole))
    except (np.linalg.LinAlgError, BadInputError):
        return None


def _plausible(camera: Camera) -> bool:
    """Whether a camera stands above the ground and not a stadium away."""
    x, y, z = camera.position
    return -120 < z < -0.5 and abs(x) < 250 and abs(y) < 250


def _guess(parts: _Parts) -> np.ndarray:
    """A usual camera that looks at what the picture shows."""
    sure = 1 / parts.error.max(1)
    aim = np.array([*(parts.ground * sure[:, None]).sum(0) / sure.sum(), 0.0])
    away = aim - _TYPICAL[:3]
    parameters = _TYPICAL.copy()
    parameters[3] = np.arctan2(away[0], -away[1])
    parameters[4] = np.arccos(away[2] / np.linalg.norm(away))
    across = np.ptp(parts.ground[:, 0]) / max(0.2, np.ptp(parts.at[:, 0]))
    parameters[6] = np.log(np.clip(np.linalg.norm(away) / max(5.0, across), 0.5, 15))
    return parameters


@lru_cache(maxsize=16)
def _points_of_lines(pitch: Pitch) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Points along all lines (N, 2), the direction of the line at each (N, 2), and its kind (N,)."""
    points, along, kinds = [], [], []
    for name, line in pitch.lines.items():
        steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
        way = np.concatenate([[0], np.cumsum(steps)])
        at = np.arange(_SPACING / 2, way[-1], _SPACING)
        own = np.stack([np.interp(at, way, line[:, k]) for k in range(2)], -1)
        ahead = np.stack([np.interp(np.minimum(at + 0.1, way[-1]), way, line[:, k]) for k in range(2)], -1)
        direction = ahead - own
        points.append(own)
        along.append(direction / np.linalg.norm(direction, axis=1, keepdims=True).clip(1e-9))
        straight = "across" if abs(line[0, 0] - line[-1, 0]) < 1e-6 else "along"
        kinds.append(np.full(len(own), KINDS.index("arc" if name.startswith("Circle") else straight)))
    return np.concatenate(points), np.concatenate(along), np.concatenate(kinds)


class _Fit:
    """The equations of one picture."""

    def __init__(self, lines: LineMaps, pitch: Pitch, aspect: float, parts: _Parts, sure: float) -> None:
        self.pitch, self.aspect, self.sure = pitch, aspect, sure
        every = max(1, len(parts.at) // 250)
        self.parts = _Parts(parts.at[::every], parts.ground[::every], parts.error[::every])
        self.points, self.along, self.kinds = _points_of_lines(pitch)
        self.pixels = np.array(lines.size, float)
        self.maps = [np.ascontiguousarray(m, np.float32) for m in lines.kinds]

    def step(self, parameters: np.ndarray, reach: float) -> np.ndarray:
        """Parameters after one step; lines are looked for within a reach, or not at all."""
        information, pull = self._prior(parameters)
        for jacobian, off, weight in (self._places(parameters, reach > 0), self._lines(parameters, reach)):
            information += jacobian.T @ (jacobian * weight[:, None])
            pull += jacobian.T @ (off * weight)
        change = np.linalg.solve(information, pull)
        return np.asarray(parameters + change / max(1.0, np.abs(change / LARGEST_STEP).max()))

    def on_lines(self, parameters: np.ndarray) -> Sighting:
        """What a fit to the lines leaves, from some parameters."""
        for reach in _REACHES:
            parameters = self.step(parameters, reach)
        return self.sighting(parameters)

    @staticmethod
    def _prior(parameters: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        precision = _SPREAD**-2.0
        return np.diag(precision), precision * (_TYPICAL - parameters)

    def _places(self, parameters: np.ndarray, beside_lines: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Equations of the parts: where each lies on the ground, in its expected errors."""
        if not len(self.parts.at):
            return np.zeros((0, PARAMETERS)), np.zeros(0), np.zeros(0)
        matrices = ground_matrices(_varied(parameters), self.aspect)
        inverse = np.linalg.inv(matrices)
        at = np.column_stack([self.parts.at, np.ones(len(self.parts.at))])
        mapped = at @ inverse.swapaxes(1, 2)  # (8, P, 3)
        depth = np.where(np.abs(mapped[..., 2:]) < 1e-9, 1e-9, mapped[..., 2:])
        ground = (mapped[..., :2] / depth).clip(-500, 500) / self.parts.error
        off = (self.parts.ground / self.parts.error - ground[0]).reshape(-1)
        jacobian = ((ground[1:] - ground[0]) / _DIFFERENCE[:, None, None]).reshape(PARAMETERS, -1).T
        robust = 1 / (1 + (off / 2) ** 2)
        count = _PLACES_COUNT if beside_lines else 10 * _PLACES_COUNT
        return jacobian, off, robust * count / len(off)

    def _lines(self, parameters: np.ndarray, reach: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Equations of the points of lines that are seen within a reach: pixels along their normals."""
        if not reach:
            return np.zeros((0, PARAMETERS)), np.zeros(0), np.zeros(0)
        found = self._ridges(parameters, reach)
        jacobian = line_jacobian(parameters, self.aspect, found.ground, found.normal, self.pixels)
        limit = max(_ROBUST, reach / 3)
        robust = 1 / (1 + (found.off / limit) ** 2)
        return jacobian, found.off, found.weight * robust

    def _ridges(self, parameters: np.ndarray, reach: float) -> _Ridges:
        matrix = ground_matrices(parameters[None], self.aspect)[0]
        at, ahead = (self._pixels(matrix, p) for p in (self.points, self.points + 0.25 * self.along))
        inside = np.isfinite(at).all(1) & np.isfinite(ahead).all(1)
        inside &= (np.nan_to_num(at) > 1).all(1) & (np.nan_to_num(at) < self.pixels - 1).all(1)
        which = np.flatnonzero(inside)
        at, along = at[which], (ahead[which] - at[which]) * 4  # pixels a metre
        long = np.linalg.norm(along, axis=1)
        normal = np.stack([-along[:, 1], along[:, 0]], -1) / long.clip(1e-6)[:, None]
        offsets = np.arange(-reach, reach + 0.5)
        probes = (at[:, None] + offsets[:, None] * normal[:, None]).astype(np.float32)
        heat = np.zeros(probes.shape[:2], np.float32)
        for kind, own in enumerate(self.maps):
            rows = self.kinds[which] == kind
            if rows.any():
                place = probes[rows] / LINE_STRIDE - 0.5
                heat[rows] = cv2.remap(own, place[..., 0], place[..., 1], cv2.INTER_LINEAR, borderValue=0)
        peak = heat.argmax(1)
        height = heat[np.arange(len(heat)), peak]
        near = np.abs(offsets - offsets[peak][:, None]) <= _RIDGE
        mass = heat * near
        off = (mass * offsets).sum(1) / mass.sum(1).clip(1e-6)
        good = height > _SEEN_FROM
        weight = height * np.clip(long / 4, 0.1, 1) * _SAME / _LINE_ERROR**2
        return _Ridges(
            self.points[which][good], at[good], normal[good], off[good], weight[good],
            float((good * np.clip(long / 4, 0.1, 1)).sum() / max(1e-6, np.clip(long / 4, 0.1, 1).sum())),
        )  # fmt: skip

    def _explained(self, parameters: np.ndarray) -> float:
        """The share of what is seen of lines that lies near a projected line of its kind."""
        at = self._pixels(ground_matrices(parameters[None], self.aspect)[0], self.points) / LINE_STRIDE
        height, width = self.maps[0].shape
        near = total = 0.0
        for kind, heat in enumerate(self.maps):
            own = at[self.kinds == kind]
            own = own[np.isfinite(own).all(1) & (np.nan_to_num(own, nan=-1) >= 0).all(1)].astype(int)
            own = own[(own[:, 0] < width) & (own[:, 1] < height)]
            mask = np.zeros((height, width), np.uint8)
            mask[own[:, 1], own[:, 0]] = 1
            beside = cv2.dilate(mask, np.ones((_NEAR_CELLS, _NEAR_CELLS), np.uint8))
            lined = np.where(heat > _SEEN_FROM, heat, 0)
            near, total = near + float((lined * beside).sum()), total + float(lined.sum())
        return near / total if total else 0.0

    def _pixels(self, matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
        mapped = np.column_stack([points, np.ones(len(points))]) @ matrix.T
        depth = np.where(mapped[:, 2] > 1.0, mapped[:, 2], np.nan)
        return np.asarray(mapped[:, :2] / depth[:, None] * self.pixels)

    def sighting(self, parameters: np.ndarray) -> Sighting:
        """What the fit leaves."""
        found = self._ridges(parameters, _REACHES[-1])
        information, _ = self._prior(parameters)
        jacobian, _, weight = self._places(parameters, True)
        information += jacobian.T @ (jacobian * weight[:, None])
        loose = information.copy()
        jacobian = line_jacobian(parameters, self.aspect, found.ground, found.normal, self.pixels)
        robust = found.weight / (1 + (found.off / _ROBUST) ** 2)
        information += jacobian.T @ (jacobian * robust[:, None])
        picture = (found.at + found.off[:, None] * found.normal) / self.pixels
        return Sighting(
            parameters,
            information,
            loose,
            found.ground.astype(np.float32),
            picture.astype(np.float32),
            found.normal.astype(np.float32),
            found.weight.astype(np.float32),
            found.support,
            self._explained(parameters),
            float(np.median(np.abs(found.off))) if len(found.off) else float(_REACHES[-1]),
            float(np.median(self.parts.error)) if len(self.parts.error) else _FAR_PLACE,
            self.sure,
        )


@dataclass(frozen=True)
class _Ridges:
    """Points of lines (metres), where they are projected (pixels), their normals there, how far the ridge is from them
    along it, what that counts, and the share of the lines that should be seen that are."""

    ground: np.ndarray
    at: np.ndarray
    normal: np.ndarray
    off: np.ndarray
    weight: np.ndarray
    support: float


def _varied(parameters: np.ndarray) -> np.ndarray:
    """The parameters, then with one after the other changed a little: (8, 7)."""
    return np.concatenate([parameters[None], parameters + np.diag(_DIFFERENCE)])


def line_jacobian(
    parameters: np.ndarray, aspect: float, ground: np.ndarray, normal: np.ndarray, pixels: np.ndarray
) -> np.ndarray:
    """By how many pixels projected points move along their normals with each parameter: (N, 7)."""
    matrices = ground_matrices(_varied(parameters), aspect)
    mapped = np.column_stack([ground, np.ones(len(ground))]) @ matrices.swapaxes(1, 2)  # (8, N, 3)
    at = mapped[..., :2] / np.maximum(mapped[..., 2:], 1e-3) * pixels
    return np.asarray(((at[1:] - at[0]) / _DIFFERENCE[:, None, None] * normal).sum(-1).T)


def expected_spread(parameters: np.ndarray, information: np.ndarray, pitch: Pitch, aspect: float) -> float:
    """Metres by which the parts of the picture that show the pitch are expected to be misplaced, by the covariance of
    the parameters; infinite where none does."""
    at = (np.stack(np.meshgrid(np.arange(6), np.arange(6)), -1).reshape(-1, 2) + 0.5) / 6
    inverse = np.linalg.inv(ground_matrices(_varied(parameters), aspect))
    mapped = np.column_stack([at, np.ones(len(at))]) @ inverse.swapaxes(1, 2)  # (8, P, 3)
    with np.errstate(divide="ignore", invalid="ignore"):
        ground = mapped[..., :2] / mapped[..., 2:]
    shown = (mapped[0, :, 2] > 0) & pitch.contains(ground[0])
    if not shown.any():
        return float("inf")
    jacobian = ((ground[1:] - ground[0]) / _DIFFERENCE[:, None, None])[:, shown]  # (7, P, 2)
    covariance = np.linalg.pinv(information, hermitian=True)
    variance = np.einsum("ipk,ij,jpk->p", jacobian, covariance, jacobian)
    return float(np.sqrt(variance.clip(0)).mean())
