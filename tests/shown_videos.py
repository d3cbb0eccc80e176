"""Videos that are stored in another way than they are shown: turned, mirrored, or of pixels that are not square."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

MATRICES = {
    "0": (1, 0, 0, 1), "90": (0, 1, -1, 0), "180": (-1, 0, 0, -1), "270": (0, -1, 1, 0),
    "nearly 90": (-0.01, 0.999, -0.999, -0.01),
    "mirrored": (-1, 0, 0, 1), "upside down": (1, 0, 0, -1),
    "mirrored, 90": (0, -1, -1, 0), "mirrored, 270": (0, 1, 1, 0),
}  # fmt: skip
"""Where the stored right and down go on the screen, by how a picture is turned clockwise after it was mirrored."""

_STORED: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "0": lambda shown: shown,
    "90": lambda shown: np.rot90(shown, 1),
    "mirrored": lambda shown: shown[:, ::-1],
    "mirrored, 90": lambda shown: shown[::-1, ::-1].swapaxes(0, 1),
}
"""What is stored of a picture as it is shown."""

WAYS = {
    "turned": ("90", Fraction(1)),
    "squeezed": ("0", Fraction(4, 3)),
    "turned and squeezed": ("90", Fraction(4, 3)),
    "mirrored": ("mirrored", Fraction(1)),
    "mirrored, turned and squeezed": ("mirrored, 90", Fraction(4, 3)),
}
"""Ways to store pictures, as ``write_shown`` takes them."""


def write_shown(path: Path, pictures: Iterable[np.ndarray], turn: str, aspect: Fraction, rate: int = 10) -> Path:
    """Write an mp4 that shows these pictures.

    Arguments:
        pictures: uint8 (H, W, 3), RGB as they are shown.
        turn: of ``MATRICES``; aspect: of a stored pixel, its width by its height.
    """
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"bf": "0", "g": str(rate), "crf": "15"})
        for number, shown in enumerate(pictures):
            stored = np.ascontiguousarray(_STORED[turn](shown))
            size = (round(stored.shape[1] / aspect), stored.shape[0])
            if number == 0:
                (stream.width, stream.height), stream.pix_fmt = size, "yuv420p"
                stream.codec_context.sample_aspect_ratio = aspect
            frame = av.VideoFrame.from_ndarray(cv2.resize(stored, size, interpolation=cv2.INTER_AREA), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return turned_by_container(path, turn)


def turned_by_container(path: Path, turn: str) -> Path:
    """Write another matrix into the head of an mp4."""
    a, b, c, d = (round(0x10000 * k) for k in MATRICES[turn])
    content = bytearray(path.read_bytes())
    at = content.index(b"tkhd") + 4 + 40
    content[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 0x40000000)
    path.write_bytes(content)
    return path


def write_interlaced(path: Path, frames: int = 20, rate: int = 25, *, width: int = 320, height: int = 240) -> Path:
    """Write an interlaced mp4 in which a bright bar of 40 pixels moves 4 pixels from field to field, upper field first.

    It is at 20 + 8 n in the upper field of frame n.
    """
    options = {"flags": "+ilme+ildct", "x264-params": "tff=1:interlaced=1", "crf": "12", "g": str(rate)}
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            image = np.full((height, width, 3), 60, np.uint8)
            for field in (0, 1):
                left = 20 + 8 * number + 4 * field
                image[field::2, left : left + 40] = 220
            frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path
