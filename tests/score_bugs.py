"""Videos with a score bug drawn on them, made for the tests."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spotting_core.media.ingest import Media
from spotting_core.score_bug.readings import BugReadings, RowReading, write_readings
from spotting_core.score_bug.text_reader import Box

WIDTH, HEIGHT = 640, 360
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


def bug_text(seconds: float, score: str) -> str:
    """The row of a score bug."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}  KES  {score}  HAL"


def make_match(path: Path, length: int, text_at: Callable[[float], str | None], *, first: int = 0) -> Path:
    """Write a video of two frames a second, ``length`` seconds long, over whose picture stands a text, or none.

    Arguments:
        first: a number by which this video differs from others.
    """
    font, random = ImageFont.truetype(str(_FONT), 15), np.random.default_rng(first)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=2, options={"g": "8", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(2 * length):
            picture = Image.fromarray(_pitch(random))
            text = text_at(number / 2)
            if text is not None:
                draw = ImageDraw.Draw(picture)
                draw.rectangle((24, 18, 28 + round(draw.textlength(text, font)), 42), fill=(20, 24, 60))
                draw.text((26, 21), text, (245, 245, 245), font)
            frame = av.VideoFrame.from_ndarray(np.asarray(picture), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def _pitch(random: np.random.Generator) -> np.ndarray:
    """A green picture with people on it: uint8 (H, W, 3)."""
    picture = np.full((HEIGHT, WIDTH, 3), (50, 120, 60), np.uint8)
    for x, y in zip(random.integers(0, WIDTH - 8, 20), random.integers(90, HEIGHT - 20, 20), strict=True):
        picture[y : y + 18, x : x + 7] = random.integers(0, 255, 3)
    return picture


def keep_readings(media: Media, text_at: Callable[[float], str | None]) -> None:
    """Have a video's score bug be read: at every second what ``text_at`` says of it."""
    seconds = range(int(media.table.duration / 1e6) + 1)
    rows = tuple(RowReading(s * 1_000_000, text, 1.0) for s in seconds if (text := text_at(s)) is not None)
    write_readings(media, BugReadings(Box(0.04, 0.04, 0.3, 0.12), rows, 1.0, 1.0))
