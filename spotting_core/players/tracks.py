"""Tracks: which sightings are of one person, told in metres.

At two samples a second a runner is metres from where he was, and boxes of one person no longer overlap; so sightings
are joined where a person can have run, by a Kalman filter of constant velocity for each track and, at every sample,
the cheapest assignment (Kuhn, 1955; scipy's). What an assignment costs is how far it lies from where the track was
expected, in the errors of both, and how little the kits agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

FASTEST = 10.0
"""Metres a second that a player runs at most."""
LONGEST_GAP = 1.6
"""Seconds within which somebody who was not seen is still followed."""
_ACCELERATION = 5.5  # metres a second squared, as players change speed
_SPEED = 3.0  # metres a second, what is not known of somebody seen for the first time
_NEW = 21.0  # what it costs to begin a track, as much as a sighting 4.6 deviations from where it was expected
_KIT = 2.5  # weight of the kits beside the places
_HARDLY = 1e-3
_FORGETTING = 0.8  # of what was known of the kit, at every sighting


@dataclass
class _Track:
    """A track under way; ``mean`` is place and velocity (2, 2), ``covariance`` (2, 2) is that of either axis."""

    number: int
    time: float
    mean: np.ndarray
    covariance: np.ndarray
    kit: np.ndarray
    sightings: int = field(default=1)

    def at(self, time: float) -> tuple[np.ndarray, np.ndarray]:
        """Mean and covariance expected at a time (seconds)."""
        passed = time - self.time
        move = np.array([[1.0, passed], [0.0, 1.0]])
        noise = np.array([[passed**4 / 4, passed**3 / 2], [passed**3 / 2, passed**2]]) * _ACCELERATION**2
        return move @ self.mean, move @ self.covariance @ move.T + noise

    def see(self, time: float, place: np.ndarray, error: float, kit: np.ndarray) -> None:
        mean, covariance = self.at(time)
        gain = covariance[:, 0] / (covariance[0, 0] + error**2)
        self.mean = mean + gain[:, None] * (place - mean[0])
        self.covariance = covariance - np.outer(gain, covariance[0])
        self.kit = _FORGETTING * self.kit + np.log(np.maximum(kit, _HARDLY))
        self.time, self.sightings = time, self.sightings + 1


def tracked(
    times: np.ndarray, places: np.ndarray, errors: np.ndarray, kits: np.ndarray, breaks: np.ndarray
) -> np.ndarray:
    """The number of each sighting's track: int (N,), from 0; those of one sample are of different tracks.

    Arguments:
        times: seconds, rising, the same for the sightings of one sample; places: (N, 2), metres; errors: (N,), metres.
        kits: (N, K), the probability of each kit; a single column where nothing is known of them.
        breaks: seconds, rising, at which every track ends.
    """
    numbers = np.full(len(times), -1)
    if not len(times):
        return numbers
    alive: list[_Track] = []
    following = 0
    bounds = np.flatnonzero(np.diff(times, prepend=-np.inf))
    for first, stop in zip(bounds, [*bounds[1:], len(times)], strict=True):
        now, rows = float(times[first]), np.arange(first, stop)
        alive = [t for t in alive if now - t.time <= LONGEST_GAP and not _broken(breaks, t.time, now)]
        taken = _assigned(alive, now, places[rows], errors[rows], kits[rows])
        for row, track in zip(rows, taken, strict=True):
            if track is None:
                mean = np.stack([places[row], np.zeros(2)])
                kit = np.log(np.maximum(kits[row], _HARDLY))
                track = _Track(following, now, mean, np.diag([errors[row] ** 2, _SPEED**2]), kit)
                following += 1
                alive.append(track)
            else:
                track.see(now, places[row], float(errors[row]), kits[row])
            numbers[row] = track.number
    return numbers


def _broken(breaks: np.ndarray, before: float, now: float) -> bool:
    """Whether a break lies between two times; one at a sample's own time parts it from the sample before."""
    return bool(np.searchsorted(breaks, now, "right") > np.searchsorted(breaks, before, "right"))


def _assigned(
    tracks: list[_Track], now: float, places: np.ndarray, errors: np.ndarray, kits: np.ndarray
) -> list[_Track | None]:
    """The track of each sighting of a sample, or None for a new one."""
    if not tracks:
        return [None] * len(places)
    expected = [t.at(now) for t in tracks]
    means, spread = np.stack([m[0] for m, _ in expected]), np.array([c[0, 0] for _, c in expected])
    apart = np.linalg.norm(means[:, None] - places[None], axis=-1)
    variance = spread[:, None] + errors[None] ** 2
    last = np.stack([t.mean[0] for t in tracks])
    passed = np.array([now - t.time for t in tracks])
    run = np.linalg.norm(last[:, None] - places[None], axis=-1)
    known = np.exp(np.stack([t.kit - t.kit.max() for t in tracks]))
    known /= known.sum(1, keepdims=True)
    agreed = np.maximum(known @ (kits / kits.sum(1, keepdims=True)).T, _HARDLY)
    cost = apart**2 / variance + np.log(variance) - _KIT * np.log(agreed)
    cost[run > FASTEST * passed[:, None] + 2 * errors[None] + 0.5] = np.inf
    # Everybody may be new instead: a column of that price for every track.
    priced = np.minimum(cost, 10 * _NEW)
    table = np.concatenate([priced, np.full((len(tracks), len(tracks)), _NEW)], 1)
    rows, columns = linear_sum_assignment(table)
    taken: list[_Track | None] = [None] * len(places)
    for row, column in zip(rows, columns, strict=True):
        if column < len(places) and cost[row, column] < _NEW:
            taken[column] = tracks[row]
    return taken
