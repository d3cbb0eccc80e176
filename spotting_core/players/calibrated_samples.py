"""The calibration of each sample of a half: the nearest in time, whatever rate the calibrations have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from spotting_core.analyses.match_cameras import MatchCameras
from spotting_core.domain.homography import Calibration

_TOGETHER = 0.55  # of the time between two samples, within which a calibration is of a sample


def calibrated_samples(
    half: int, times: np.ndarray, calibrations: Sequence[Calibration], cameras: MatchCameras | None
) -> dict[int, Calibration]:
    """The calibration of each sample that has one, seen from a side that is known, and is no replay; by its number.

    Arguments:
        times: (T,), microseconds, rising; calibrations: of a match, in order.
        cameras: shots and replays of the match, where they are known.
    """
    own = [c for c in calibrations if c.half == half]
    if not own or not len(times):
        return {}
    nearest = _nearest(np.array([c.time for c in own]), times)
    limit = _TOGETHER * (float(np.median(np.diff(times))) if len(times) > 1 else 1e6)
    found = {}
    for sample, (at, time) in enumerate(zip(nearest.tolist(), times.tolist(), strict=True)):
        calibration = own[at]
        shot = cameras.shot_at(half, int(time)) if cameras is not None else None
        if calibration.homography is None or not calibration.side_known or (shot and shot.replay):
            continue
        if abs(calibration.time - time) <= limit:
            found[sample] = calibration
    return found


def _nearest(known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """For each time the number of the nearest of some rising times."""
    if len(known) == 1:
        return np.zeros(len(times), int)
    after = np.searchsorted(known, times).clip(1, len(known) - 1)
    return np.asarray(np.where(times - known[after - 1] <= known[after] - times, after - 1, after))
