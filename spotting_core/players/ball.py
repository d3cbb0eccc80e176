"""The ball on the pitch, where it lies or rolls on the ground.

A picture shows a ball in flight above and behind where it would be on the ground, and small round things that are no
ball. So of the candidates of a stretch the likeliest path is taken that a ball can have rolled (Viterbi over the
candidates and "not seen"), and of that path only what is as large as a ball at that place.
"""

from __future__ import annotations

import numpy as np

from spotting_core.domain.homography import Homography
from spotting_core.players.feet import jacobian

DIAMETER = 0.22
"""Metres, by the Laws of the Game (law 2)."""
FASTEST = 25.0
"""Metres a second that a ball rolls at most."""
_LARGEST, _PIXELS = 2.2, 2.5  # times a ball's size, and pixels beside it, that a box may be larger
_UNSEEN = 3.0  # what it costs to see no ball at a sample
_USUAL = 10.0  # metres a second that cost 1


def ball_sized(box: np.ndarray, size: tuple[int, int], homography: Homography) -> np.ndarray:
    """Which boxes (N, 4), in shares, are as large as a ball on the ground at their place: bool (N,).

    Arguments:
        size: width and height of the picture.
    """
    foot = np.stack([(box[:, 0] + box[:, 2]) / 2, box[:, 3]], 1)
    metres = np.linalg.norm(jacobian(homography, foot)[..., 0], axis=1) / size[0]  # of a pixel, across the picture
    expected = DIAMETER / metres
    wide, tall = (box[:, 2] - box[:, 0]) * size[0], (box[:, 3] - box[:, 1]) * size[1]
    return np.asarray(np.maximum(wide, tall) <= _LARGEST * expected + _PIXELS)


def rolling_path(times: np.ndarray, places: np.ndarray, errors: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Which candidates are the ball: bool (N,), at most one of a sample.

    Arguments:
        times: seconds, rising, the same for candidates of one sample; places: (N, 2), metres; errors: (N,), metres;
            scores: (N,), 0 to 1.
    """
    chosen = np.zeros(len(times), bool)
    if not len(times):
        return chosen
    own = -np.log(np.clip(scores, 1e-3, 1))
    moments = np.unique(times)
    rank = np.searchsorted(moments, times)
    cost, before = own + rank * _UNSEEN, np.full(len(times), -1)
    for row in range(len(times)):
        earlier = np.flatnonzero((times < times[row]) & (times > times[row] - 3.0))
        if not len(earlier):
            continue
        passed = times[row] - times[earlier]
        apart = np.maximum(0, np.linalg.norm(places[earlier] - places[row], axis=1) - errors[earlier] - errors[row])
        speed = apart / passed
        skipped = (rank[row] - rank[earlier] - 1) * _UNSEEN
        joined = cost[earlier] + skipped + (speed / _USUAL) ** 2
        joined[speed > FASTEST] = np.inf
        best = int(joined.argmin())
        if joined[best] + own[row] < cost[row]:
            cost[row], before[row] = joined[best] + own[row], earlier[best]
    row = int((cost + (len(moments) - 1 - rank) * _UNSEEN).argmin())
    while row >= 0:
        chosen[row] = True
        row = int(before[row])
    return chosen
