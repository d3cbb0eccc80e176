"""The tiny picture of a frame, for what looks at every one of them.

It is an average over a grid of pixels of the planes that the decoder gives, turned upright but never made RGB: a tenth
of a millisecond, whatever the resolution.
"""

from __future__ import annotations

import av
import cv2
import numpy as np

from spotting_core.media.shown import Orientation, orientation

LUMA, CHROMA = (32, 18), (16, 9)
"""Width and height of its planes: one of luma, two of chroma."""
NUMBERS = LUMA[0] * LUMA[1] + 2 * CHROMA[0] * CHROMA[1]
_PLANAR = frozenset(
    ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "yuv411p", "yuv440p", "yuvj440p")
)
_GRID = 8  # pixels a side of the source that a pixel of a thumbnail is the mean of: more tell nothing new, and cost


def thumbnail(frame: av.VideoFrame) -> np.ndarray:
    """The tiny picture of a frame, as a viewer sees it upright: uint8 (864,)."""
    shown = frame if frame.format.name in _PLANAR else frame.reformat(format="yuv420p")
    turned = orientation(frame)
    sizes = (LUMA, CHROMA, CHROMA)
    lines = 2 if frame.interlaced_frame else 1  # of one field, for the other is of another moment
    return np.concatenate([_small(_plane(shown, k)[::lines], size, turned).ravel() for k, size in enumerate(sizes)])


def _plane(frame: av.VideoFrame, number: int) -> np.ndarray:
    """One plane without its padding: uint8 (H, W)."""
    plane = frame.planes[number]
    return np.asarray(memoryview(plane)).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def _small(plane: np.ndarray, size: tuple[int, int], turned: Orientation) -> np.ndarray:
    stored = size[::-1] if turned.on_its_side else size
    grid = stored[0] * _GRID, stored[1] * _GRID
    if plane.shape[1] >= grid[0] and plane.shape[0] >= grid[1]:
        plane = cv2.resize(plane, grid, interpolation=cv2.INTER_NEAREST)
    return turned.turn(cv2.resize(plane, stored, interpolation=cv2.INTER_AREA))
