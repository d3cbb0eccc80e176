"""The cameras of a shot, fitted together: a camera stands still, or slides slowly, while it turns and zooms.

What was seen of the lines in every picture of a shot (``fit.Sighting``) and how a camera may move from one sample to
the next make one system of equations, whose matrix has blocks along its diagonal only: a Kalman smoother (Rauch, Tung &
Striebel, AIAA Journal 1965), here solved by Gauss and Newton's steps, as it is not linear. One that watches from where
the other shots of the match were filmed is held to that place as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import solveh_banded

from spotting_core.calibration.fit import LARGEST_STEP, PARAMETERS, Sighting, expected_spread, line_jacobian
from spotting_core.domain.camera import ground_matrices
from spotting_core.domain.pitch import Pitch

_STEPS = 4
_LONGEST = 240  # samples that are fitted together
_SLIDE = np.array([0.8, 0.05, 0.03, 0.25, 0.1, np.deg2rad(0.1), 0.12])
"""How far a camera moves in a second, one standard deviation: ``Camera.parameters``."""
_TURN, _TILT, _ZOOM = np.deg2rad(14.0), np.deg2rad(9.0), 0.35  # between two samples: more is a cut
_ROBUST = 2.0  # pixels from where a point of a line counts less
_PLACE = (3.0, 2.0)  # metres by which a shot's camera may be beside the match's, in y and z, to be taken for it
_HELD = np.array([0.4, 0.25])  # metres, by which it is then held to it
_LEAST_SHOT = 6  # samples of shots that say where the match's camera is


@dataclass(frozen=True)
class PlacedCamera:
    """The camera of a sample.

    Arguments:
        parameters: float (7,), ``Camera.parameters``.
        spread: metres, expected by the equations alone; residual: pixels, median distance of lines; together: samples
            that were fitted with it.
    """

    parameters: np.ndarray
    spread: float
    residual: float
    together: int


def smoothed(
    sightings: Sequence[Sighting | None], pitch: Pitch, aspect: float, pixels: tuple[int, int], rate: float
) -> list[PlacedCamera | None]:
    """The cameras of all samples of a half; None where there is no sighting.

    Arguments:
        pixels: width and height of the pictures that were looked at; rate: samples a second.
    """
    shots = shots_of(sightings)
    fits = [_Shot([sightings[k] for k in shot], shot, pitch, aspect, pixels, rate) for shot in shots]  # type: ignore[misc]
    for shot in fits:
        shot.solve(None)
    place = _usual_place(fits)
    placed: list[PlacedCamera | None] = [None] * len(sightings)
    for shot in fits:
        if place is not None and shot.stands_at(place):
            shot.solve(place)
        for sample, camera in shot.cameras():
            placed[sample] = camera
    return placed


def shots_of(sightings: Sequence[Sighting | None]) -> list[list[int]]:
    """Samples that one camera took without a cut, as far as their poses tell; those without a sighting are in none."""
    shots: list[list[int]] = []
    for sample, own in enumerate(sightings):
        if own is None:
            continue
        last = shots[-1][-1] if shots else -2
        before = sightings[last] if last == sample - 1 else None
        if before is not None and _goes_on(before, own) and len(shots[-1]) < _LONGEST:
            shots[-1].append(sample)
        else:
            shots.append([sample])
    return shots


def _goes_on(before: Sighting, after: Sighting) -> bool:
    change = np.abs(after.parameters - before.parameters)
    deviation = np.sqrt(np.diag(np.linalg.inv(before.information)) + np.diag(np.linalg.inv(after.information)))
    place = np.all(change[:3] < np.array([4.0, 4.0, 3.0]) + 4 * deviation[:3])
    turned = abs((change[3] + np.pi) % (2 * np.pi) - np.pi)
    limits = np.array([_TURN, _TILT, _ZOOM]) + 3 * deviation[[3, 4, 6]]
    return bool(place and np.all(np.array([turned, change[4], change[6]]) < limits))


class _Shot:
    """The samples of one shot."""

    def __init__(
        self,
        sightings: Sequence[Sighting],
        samples: Sequence[int],
        pitch: Pitch,
        aspect: float,
        pixels: tuple[int, int],
        rate: float,
    ) -> None:
        self.sightings, self.samples, self.pitch, self.aspect = sightings, samples, pitch, aspect
        self.pixels = np.array(pixels, float)
        self.parameters = np.stack([s.parameters for s in sightings])
        self.start = self.parameters.copy()
        self.slide = 1 / (_SLIDE / np.sqrt(rate)) ** 2

    def solve(self, place: np.ndarray | None) -> None:
        """Fit all samples; place: y and z that the camera is held to, or None."""
        for _ in range(_STEPS):
            own, pull = self._equations(place)
            change = _banded(own, pull, self.parameters, self.slide)
            self.parameters = self.parameters + change.clip(-LARGEST_STEP, LARGEST_STEP)
        own, _ = self._equations(place)
        self.covariance = _covariances(own, self.slide)

    def _equations(self, place: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
        """Information (T, 7, 7) and pull (T, 7) of every sample by itself."""
        own, pull = [], []
        for sighting, at, first in zip(self.sightings, self.parameters, self.start, strict=True):
            loose = sighting.loose
            jacobian, off, weight = _line_equations(sighting, at, self.aspect, self.pixels)
            information = loose + jacobian.T @ (jacobian * weight[:, None])
            towards = loose @ (first - at) + jacobian.T @ (off * weight)
            if place is not None:
                for axis in (0, 1):
                    information[1 + axis, 1 + axis] += _HELD[axis] ** -2 / len(self.samples)
                    towards[1 + axis] += (place[axis] - at[1 + axis]) * _HELD[axis] ** -2 / len(self.samples)
            own.append(information)
            pull.append(towards)
        return np.stack(own), np.stack(pull)

    @property
    def place(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean y and z of the camera, and their variances."""
        middle = len(self.samples) // 2
        return self.parameters[:, 1:3].mean(0), np.diag(self.covariance[middle])[1:3]

    def stands_at(self, place: np.ndarray) -> bool:
        """Whether the camera may be one that stands at a place (y, z)."""
        own, variance = self.place
        return bool(np.all(np.abs(own - place) < np.array(_PLACE) + 2 * np.sqrt(variance)))

    def cameras(self) -> list[tuple[int, PlacedCamera]]:
        """Every sample and its camera."""
        found = []
        for k, sample in enumerate(self.samples):
            _, off, _ = _line_equations(self.sightings[k], self.parameters[k], self.aspect, self.pixels)
            residual = float(np.median(np.abs(off))) if len(off) else self.sightings[k].residual
            spread = expected_spread(
                self.parameters[k], np.linalg.pinv(self.covariance[k], hermitian=True), self.pitch, self.aspect
            )
            found.append((sample, PlacedCamera(self.parameters[k], spread, residual, len(self.samples))))
        return found


def _line_equations(
    sighting: Sighting, parameters: np.ndarray, aspect: float, pixels: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    matrix = ground_matrices(parameters[None], aspect)[0]
    ground = sighting.ground.astype(float)
    mapped = np.column_stack([ground, np.ones(len(ground))]) @ matrix.T
    at = mapped[:, :2] / np.maximum(mapped[:, 2:], 1e-3)
    off = ((sighting.picture - at) * pixels * sighting.normal).sum(1)
    jacobian = line_jacobian(parameters, aspect, ground, sighting.normal, pixels)
    return jacobian, off, sighting.weight / (1 + (off / _ROBUST) ** 2)


def _banded(own: np.ndarray, pull: np.ndarray, at: np.ndarray, slide: np.ndarray) -> np.ndarray:
    """The change (T, 7) by which all equations are met best, those of the samples and those of moving on."""
    count = len(own)
    size = count * PARAMETERS
    band = np.zeros((2 * PARAMETERS, size))
    for k in range(count):
        block = own[k].copy()
        block[np.diag_indices(PARAMETERS)] += slide * ((k > 0) + (k < count - 1))
        for i in range(PARAMETERS):
            for j in range(i + 1):
                band[i - j, k * PARAMETERS + j] = block[i, j]
        if k < count - 1:
            band[PARAMETERS, k * PARAMETERS : (k + 1) * PARAMETERS] = -slide
    right = pull.copy()
    moved = np.diff(at, axis=0) * slide
    right[:-1] += moved
    right[1:] -= moved
    return np.asarray(solveh_banded(band, right.reshape(-1), lower=True)).reshape(count, PARAMETERS)


def _covariances(own: np.ndarray, slide: np.ndarray) -> np.ndarray:
    """Covariance (T, 7, 7) of every sample, given all: a pass forwards and one backwards."""
    noise = np.diag(1 / slide)
    ahead, back = [own[0]], [own[-1]]
    for k in range(1, len(own)):
        ahead.append(own[k] + np.linalg.inv(np.linalg.inv(ahead[-1]) + noise))
        back.append(own[-1 - k] + np.linalg.inv(np.linalg.inv(back[-1]) + noise))
    back.reverse()
    return np.stack([np.linalg.inv(ahead[k] + back[k] - own[k]) for k in range(len(own))])


def _usual_place(shots: Sequence[_Shot]) -> np.ndarray | None:
    """Y and z of the camera that took most samples of the shots that are sure of them."""
    long = [shot for shot in shots if len(shot.samples) >= _LEAST_SHOT]
    if len(long) < 2:
        return None
    places, variances = (np.stack(values) for values in zip(*(shot.place for shot in long), strict=True))
    weight = np.array([len(s.samples) for s in long]) / (0.05 + variances.sum(1))
    near = (np.abs(places[:, None] - places[None]) < np.array(_PLACE)).all(-1)
    best = int((near @ weight).argmax())
    own = near[best]
    precision = own[:, None] / (0.02 + variances)
    return np.asarray((places * precision).sum(0) / precision.sum(0))
