"""Videos with a score bug drawn on them, made for the tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from spotting_core.domain.classes import load_classes
from spotting_core.media.ingest import Media
from spotting_core.score_bug.match_clock import correct_half, known_clock
from spotting_core.score_bug.readings import BugReadings, RowReading, write_readings
from spotting_core.score_bug.text_reader import Box

WIDTH, HEIGHT = 640, 360
_FONT = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans-Bold.ttf"


def bug_text(seconds: float, score: str) -> str:
    """The row of a score bug."""
    return f"{clock_text(seconds)}  KES  {score}  HAL"


def clock_text(seconds: float) -> str:
    """The clock of a score bug."""
    return f"{int(seconds) // 60:02d}:{int(seconds) % 60:02d}"


@dataclass(frozen=True)
class Cell:
    """A box of a score bug with a text in its middle: where it begins, how wide and high it is, dark or light."""

    x: int
    y: int
    text: str
    width: int = 60
    height: int = 24
    dark: bool = True


def make_match(path: Path, length: int, text_at: Callable[[float], str | None], *, first: int = 0) -> Path:
    """Write a video of two frames a second, ``length`` seconds long, over whose picture stands a text, or none.

    Arguments:
        first: a number by which this video differs from others.
    """
    font = _font()

    def cells_at(seconds: float) -> list[Cell]:
        text = text_at(seconds)
        return [] if text is None else [Cell(24, 18, text, 4 + round(font.getlength(text)))]

    return make_cells(path, length, cells_at, first=first)


def make_cells(path: Path, length: int, cells_at: Callable[[float], Sequence[Cell]], *, first: int = 0) -> Path:
    """The same with a score bug of several boxes."""
    random = np.random.default_rng(first)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=2, options={"g": "8", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(2 * length):
            frame = av.VideoFrame.from_ndarray(drawn(cells_at(number / 2), random), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 2)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def drawn(cells: Sequence[Cell], random: np.random.Generator) -> np.ndarray:
    """A picture with a score bug: uint8 (H, W, 3)."""
    picture = Image.fromarray(_pitch(random))
    draw, font = ImageDraw.Draw(picture), _font()
    for cell in cells:
        ground, ink = ((20, 24, 60), (245, 245, 245)) if cell.dark else ((230, 230, 230), (10, 10, 10))
        draw.rectangle((cell.x, cell.y, cell.x + cell.width, cell.y + cell.height), fill=ground)
        left = cell.x + (cell.width - draw.textlength(cell.text, font)) / 2
        draw.text((left, cell.y + (cell.height - 18) / 2), cell.text, ink, font)
    return np.asarray(picture)


def stacked(layout: str, clock: str, home: int, away: int) -> list[Cell]:
    """A score bug with a team below the other: the clock ``left``, ``right``, ``above``, ``below`` or in their ``row``."""
    x, y = {"left": (84, 16), "row": (84, 16), "right": (24, 16), "above": (24, 36), "below": (24, 12)}[layout]
    place = {"left": (24, 28), "row": (24, 16), "right": (114, 28), "above": (24, 12), "below": (24, 60)}[layout]
    rows = [(y, "KES", home), (y + 24, "HAL", away)]
    names = [Cell(x, at, name, dark=False) for at, name, _ in rows]
    return [Cell(*place, clock), *names, *(Cell(x + 60, at, str(goals), 26) for at, _, goals in rows)]


def _font() -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONT), 15)


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


def keep_half(media: Media, end: int) -> None:
    """Have a video's score bug be read of a first half that ends at a second; what follows is no play."""
    keep_readings(media, lambda s: bug_text(60 + s, "0-0") if s < end else None)
    parts = load_classes().parts
    correct_half({1: media}, known_clock({1: media}, parts), 1, 0, end * 1_000_000, 1)
