"""Pictures as they are shown: stored pixels that are not square made so, turned upright, of interlaced ones one field.

The one place that knows how a stored picture becomes the one on a screen. What decodes, copies, cuts, draws and makes
posters asks here; a decoded frame carries with it what the decoder does not say of it (``as_stored``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import av
import cv2
import numpy as np

_SQUARE = 0.01  # by which the shape of a pixel may differ from a square and still be one


@dataclass(frozen=True)
class Orientation:
    """How a stored picture is turned to be shown.

    Arguments:
        quarters: turns by 90 degrees, counter-clockwise, 0 to 3.
        mirrored: whether left and right are exchanged before it is turned.
    """

    quarters: int = 0
    mirrored: bool = False

    @property
    def is_upright(self) -> bool:
        """Whether it is shown as it is stored."""
        return not self.quarters and not self.mirrored

    @property
    def on_its_side(self) -> bool:
        """Whether the stored width is the height on the screen."""
        return self.quarters % 2 == 1

    def turn(self, image: np.ndarray) -> np.ndarray:
        """A stored picture or plane as it is shown: (H, W, …) to (H, W, …) or (W, H, …)."""
        if self.is_upright:
            return image
        return np.ascontiguousarray(np.rot90(image[:, ::-1] if self.mirrored else image, self.quarters))


UPRIGHT = Orientation()


def display_orientation(frame: av.VideoFrame) -> Orientation | None:
    """What the display matrix of a decoded frame says; None where it has none.

    A matrix that turns by no whole quarter counts as the nearest, as far as players turn.
    """
    content: Any = frame.side_data.get("DISPLAYMATRIX")  # a buffer, which its stub does not say
    if content is None:
        return None
    right_x, right_y, _, down_x, down_y = (int(n) for n in np.frombuffer(content, np.int32)[:5])  # of stored axes
    mirrored = right_x * down_y - right_y * down_x < 0
    if mirrored:
        right_x, right_y = -right_x, -right_y
    return Orientation(round(-math.atan2(right_y, right_x) / (math.pi / 2)) % 4, mirrored)


def write_orientation(stream: av.VideoStream, turned: Orientation) -> None:
    """Have the container of a stream that is being written say how its pictures are turned."""
    quarters = -turned.quarters if turned.mirrored else turned.quarters  # ffmpeg mirrors what is turned already
    stream.set_display_rotation(90 * quarters, hflip=turned.mirrored)


@dataclass(frozen=True)
class Stored:
    """How a frame is stored, as its stream says it.

    Arguments:
        aspect: of a stored pixel, its width by its height.
        orientation: how the picture is turned.
    """

    aspect: float = 1.0
    orientation: Orientation = UPRIGHT


def as_stored(frame: av.VideoFrame, stored: Stored) -> av.VideoFrame:
    """A decoded frame that knows how it is stored."""
    frame.opaque = stored
    return frame


def stored_aspect(frame: av.VideoFrame) -> float:
    """Width of a frame's pixels by their height; 1 where nobody said it."""
    stored = frame.opaque
    return stored.aspect if isinstance(stored, Stored) and abs(stored.aspect - 1) > _SQUARE else 1.0


def orientation(frame: av.VideoFrame) -> Orientation:
    """How a frame is turned to be shown: by what its stream says, else by its own display matrix."""
    stored = frame.opaque
    return stored.orientation if isinstance(stored, Stored) else display_orientation(frame) or UPRIGHT


def is_shown_as_stored(frame: av.VideoFrame) -> bool:
    """Whether a frame is upright, of square pixels and of one moment."""
    return orientation(frame).is_upright and stored_aspect(frame) == 1.0 and not frame.interlaced_frame


def shown_size(width: int, height: int, aspect: float, turned: Orientation) -> tuple[float, float]:
    """Width and height on the screen of a stored picture, in pixels of which none is lost in height."""
    wide = width * (aspect if abs(aspect - 1) > _SQUARE else 1.0)
    return (height, wide) if turned.on_its_side else (wide, height)


def shown_image(frame: av.VideoFrame, max_height: int | None = None) -> np.ndarray:
    """RGB picture of a frame as a viewer sees it: of square pixels, upright, no taller than ``max_height``.

    Of an interlaced frame it is the upper field, enlarged: the two fields are of two moments, and what moves would have
    combs at its edges.
    """
    width, height = max(1, round(frame.width * stored_aspect(frame))), frame.height
    if max_height is not None and min(width, height) > max_height:
        scale = max_height / min(width, height)
        width, height = round(width * scale / 2) * 2, round(height * scale / 2) * 2
    if frame.interlaced_frame:
        way = cv2.INTER_AREA if height <= frame.height // 2 and width <= frame.width else cv2.INTER_LINEAR
        image = cv2.resize(frame.to_ndarray(format="rgb24")[::2], (width, height), interpolation=way)
    else:
        image = frame.to_ndarray(format="rgb24", width=width, height=height)
    return orientation(frame).turn(image)
