"""Pictures as they are shown: stored pixels that are not square made so, and turned upright.

The one place that knows how a stored picture becomes the one on a screen. What decodes, copies, cuts, draws and makes
posters asks here; a decoded frame carries the shape of its pixels with it (``as_stored``), for the decoder does not
say it.
"""

from __future__ import annotations

import av
import numpy as np

_SQUARE = 0.01  # by which the shape of a pixel may differ from a square and still be one


def as_stored(frame: av.VideoFrame, aspect: float) -> av.VideoFrame:
    """A decoded frame that knows the shape of its pixels, their width by their height."""
    frame.opaque = aspect
    return frame


def stored_aspect(frame: av.VideoFrame) -> float:
    """Width of a frame's pixels by their height; 1 where nobody said it."""
    aspect = frame.opaque
    return aspect if isinstance(aspect, float) and abs(aspect - 1) > _SQUARE else 1.0


def is_shown_as_stored(frame: av.VideoFrame) -> bool:
    """Whether a frame is upright and of square pixels."""
    return not int(frame.rotation) % 360 and stored_aspect(frame) == 1.0


def shown_size(width: int, height: int, aspect: float, rotation: int) -> tuple[float, float]:
    """Width and height on the screen of a stored picture, in pixels of which none is lost in height."""
    wide = width * (aspect if abs(aspect - 1) > _SQUARE else 1.0)
    return (height, wide) if rotation % 180 else (wide, height)


def shown_image(frame: av.VideoFrame, max_height: int | None = None) -> np.ndarray:
    """RGB picture of a frame as a viewer sees it: of square pixels, upright, no taller than ``max_height``."""
    width, height = max(1, round(frame.width * stored_aspect(frame))), frame.height
    if max_height is not None and min(width, height) > max_height:
        scale = max_height / min(width, height)
        width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    image = frame.to_ndarray(format="rgb24", width=width, height=height)
    turns = (int(frame.rotation) // 90) % 4
    return np.ascontiguousarray(np.rot90(image, turns)) if turns else image
