"""The graph of players: who stands where, and who is near whom.

Paper: Cioppa et al., CVPRW 2021 (see ``top_view``). A node has eight numbers: the kit's red, green and blue divided by
127, less 1; the area of the box in pixels of a picture of 1280 x 720, in ten thousands; x and y in metres, by 50; and
those of the middle of the camera's view. Two nodes of a sample are joined where they are less than 25 m apart.

The feature set ``players`` holds the nodes as they are, 25 of them a sample, from the left goal line to the right: a
network of graphs builds the edges from the places (``edges``), and one that reads numbers finds the same place of the
order in the same column. What is left of the 25 is zero, and a real node never is, for its box has an area. Of more
than 25 the surest stay. A sample without a calibration that is used has no nodes. Nodes of two samples are other
people, so the set must not be read at another rate than its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from spotting_core.domain.homography import Calibration, Homography
from spotting_core.domain.people import Placed, Role
from spotting_core.formats.field_calibration import where_sure

NODES, NODE = 25, 8
"""Most nodes of a sample, and numbers of a node."""
NUMBERS = NODES * NODE
NEAR = 25.0
"""Metres within which two nodes are joined."""
AREA, PLACE = 3, slice(4, 6)
_COLOUR, _AREA, _METRES = 127.0, 1e4, 50.0
_PIXELS = 1280 * 720


def nodes(calibrations: Sequence[Calibration], people: Sequence[Sequence[Placed]]) -> np.ndarray:
    """Nodes of consecutive samples: float32 (T, 25 * 8)."""
    numbers = np.zeros((len(calibrations), NODES, NODE), np.float32)
    for rows, calibration, placed in zip(numbers, calibrations, people, strict=True):
        homography = where_sure(calibration).homography
        if homography is None:
            continue
        seen = [one for one in placed if one.seen and one.colour is not None and one.role is not Role.BALL]
        surest = sorted(seen, key=lambda one: -one.confidence)[:NODES]
        middle = _middle(homography)
        for row, one in zip(rows, sorted(surest, key=lambda one: one.x), strict=False):
            row[:] = _node(one, middle)
    return numbers.reshape(len(numbers), NUMBERS)


def _node(one: Placed, middle: np.ndarray) -> list[float]:
    assert one.box is not None
    assert one.colour is not None
    left, top, right, bottom = one.box
    area = (right - left) * (bottom - top) * _PIXELS / _AREA
    colour = [value / _COLOUR - 1 for value in one.colour]
    return [*colour, area, one.x / _METRES, one.y / _METRES, *(middle / _METRES)]


def _middle(homography: Homography) -> np.ndarray:
    """Where the middle of the picture lies on the pitch, in metres; where it is sky, the lowest point below it."""
    points = homography.to_pitch(np.array([(0.5, 0.5), (0.5, 1.0)]))
    return np.asarray(np.nan_to_num(points[0] if np.isfinite(points[0]).all() else points[1]))


def edges(sample: Tensor) -> tuple[Tensor, Tensor]:
    """The graph of some samples.

    Arguments:
        sample: float (N, 25, 8), nodes of N samples.

    Returns:
        Which nodes are real, bool (N, 25); and the edges between these, both ways: int64 (2, E), numbers of the real
        nodes in their order.
    """
    real = sample[..., AREA] > 0
    places = sample[..., PLACE].float() * _METRES
    near = (places.unsqueeze(2) - places.unsqueeze(1)).square().sum(-1) < NEAR**2
    near &= real.unsqueeze(2) & real.unsqueeze(1)
    near &= ~torch.eye(NODES, dtype=torch.bool, device=sample.device)
    number = (real.flatten().cumsum(0) - 1).view(real.shape)
    which, one, other = near.nonzero(as_tuple=True)
    return real, torch.stack([number[which, one], number[which, other]])
