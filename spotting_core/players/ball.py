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
_SLOPE, _EVEN = 9.0, 0.85  # the log odds that a candidate is the ball, by its score (validation matches of simmatch)
_USUAL = 5.0  # metres a second, deviation of the ball's speed
_IN_VIEW = 2000.0  # square metres of the pitch that a picture shows
_REMEMBERED = 2.1  # seconds after which nothing is known of where the ball was


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

    What is chosen is likelier to be the ball than not: by its score, and by how near it lies to where the ball was,
    for a false candidate may be anywhere in view.

    Arguments:
        times: seconds, rising, the same for candidates of one sample; places: (N, 2), metres; errors: (N,), metres;
            scores: (N,), 0 to 1.
    """
    chosen = np.zeros(len(times), bool)
    if not len(times):
        return chosen
    own = _SLOPE * (_EVEN - scores)
    cost, before = own.copy(), np.full(len(times), -1)
    for row in range(len(times)):
        earlier = np.flatnonzero((times < times[row]) & (times > times[row] - _REMEMBERED))
        if not len(earlier):
            continue
        passed = times[row] - times[earlier]
        apart = np.linalg.norm(places[earlier] - places[row], axis=1)
        doubt = np.hypot(errors[earlier], errors[row])
        spread = _USUAL * passed + doubt
        joined = cost[earlier] + apart**2 / (2 * spread**2) - np.log(_IN_VIEW / (2 * np.pi * spread**2))
        joined[np.maximum(0, apart - 2 * doubt) > FASTEST * passed] = np.inf
        best = int(joined.argmin())
        if joined[best] < 0:
            cost[row], before[row] = joined[best] + own[row], earlier[best]
    while np.isfinite(cost).any() and cost.min() < 0:
        row = int(cost.argmin())
        path = []
        while row >= 0 and np.isfinite(cost[row]):
            path.append(row)
            row = int(before[row])
        chosen[path] = True
        first, last = times[path[-1]], times[path[0]]
        cost[(times >= first - 1e-6) & (times <= last + 1e-6)] = np.inf
    return chosen
