"""Videos whose camera changes: a cut, a cross fade and a wipe between slow pans, each at a known frame."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

SIZE = (160, 90)
CUT, FADE, WIPE = 50, (100, 9), (170, 17)  # first frame of the new picture; first mixed frame, and how many
FRAMES = 230


def scene(seed: int) -> np.ndarray:
    """A grass of its own with some things on it, wider than the picture: uint8 (90, 320, 3)."""
    rng = np.random.default_rng(seed)
    picture = np.full((SIZE[1], 2 * SIZE[0], 3), rng.integers(40, 170, 3), np.uint8)
    for _ in range(25):
        corner = rng.integers(0, (2 * SIZE[0], SIZE[1]))
        cv2.rectangle(picture, corner, corner + rng.integers(5, 40, 2), [int(v) for v in rng.integers(0, 256, 3)], -1)
    return cv2.GaussianBlur(picture, (0, 0), 1)


def edited() -> np.ndarray:
    """Four slow pans: a cut, a cross fade, and a graphic that runs across between them: uint8 (230, 90, 160, 3)."""
    scenes = [scene(seed) for seed in range(4)]
    graphic = np.full((SIZE[1], SIZE[0], 3), (230, 40, 90), np.uint8)
    column = np.arange(SIZE[0]) / SIZE[0]
    frames = []
    for number in range(FRAMES):
        shown = [s[:, number // 4 : number // 4 + SIZE[0]] for s in scenes]
        picture = shown[0] if number < CUT else shown[1]
        if number >= FADE[0]:
            share = min(1.0, (number - FADE[0] + 1) / (FADE[1] + 1))
            picture = cv2.addWeighted(shown[1], 1 - share, shown[2], share, 0)
        if number >= WIPE[0]:
            reached = 2 * min(1.0, (number - WIPE[0] + 1) / (WIPE[1] + 1)) - column
            picture = np.where((reached > 0)[:, None], graphic, shown[2])
            picture = np.where((reached > 1)[:, None], shown[3], picture)
        frames.append(picture)
    return np.stack(frames)


def write_edited(path: Path, pictures: np.ndarray) -> Path:
    """Pictures (T, 90, 160, 3) as a video of 25 frames a second."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        for picture in pictures:
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        out.mux(stream.encode(None))
    return path
