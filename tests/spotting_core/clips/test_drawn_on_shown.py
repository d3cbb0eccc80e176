"""What is drawn into clips lies on what it means, whichever way the pictures are stored."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from app.components.look import look
from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.cutting import add_clip, open_film
from spotting_core.clips.drawing import BOXES, MAP, Overlay
from spotting_core.clips.freeze import CIRCLE, Freeze, Stroke
from spotting_core.clips.selection import Clip
from spotting_core.domain.spots import Spot
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.source import open_match
from spotting_core.media.times import read_time_table
from tests.app.made_analysis import box_of, make_analysis
from tests.shown_videos import WAYS, write_shown

RATE, SAMPLE = 10, 5  # frames a second, and from one sample to the next
GREEN, WHITE = (30, 110, 50), (235, 235, 235)


def marked(way: str, path: Path, data: DataDirectory) -> tuple[Media, Analysis]:
    """A video in which a white square lies where the entity of its analysis is, in every sample."""
    size = (320, 180) if way in ("squeezed", "mirrored") else (180, 320)
    pictures = []
    for frame in range(40):
        picture = np.full((size[1], size[0], 3), GREEN, np.uint8)
        x1, y1, x2, y2 = (round(v) for v in box_of(frame // SAMPLE, *size))
        picture[y1:y2, x1:x2] = WHITE
        pictures.append(picture)
    write_shown(path, pictures, *WAYS[way], RATE)
    analysis = make_analysis(open_match(path), data, [Spot(1, 1_000_000, "Goal", 0.9)])
    return ingest(path, data), analysis


def filmed(media: Media, clip: Clip, overlay: Overlay, path: Path, frame: int) -> np.ndarray:
    """A frame of a clip, uint8 (H, W, 3)."""
    film = open_film(path, media, None, sound=False)
    add_clip(film, media, clip, 0, overlay=overlay)
    film.close()
    return read_frame(path, read_time_table(path), frame)


def centre(chosen: np.ndarray) -> tuple[float, float]:
    """Middle of the chosen pixels, x and y, in shares of the picture."""
    ys, xs = np.nonzero(chosen)
    return (xs.min() + xs.max() + 1) / 2 / chosen.shape[1], (ys.min() + ys.max() + 1) / 2 / chosen.shape[0]


def like(image: np.ndarray, colour: Sequence[int], within: int = 45) -> np.ndarray:
    return np.asarray(np.abs(image.astype(int) - np.array(colour)).max(-1) < within)


@pytest.mark.parametrize("way", list(WAYS))
def test_boxes_maps_and_drawings_lie_where_they_belong(way: str, tmp_path: Path, data: DataDirectory) -> None:
    media, analysis = marked(way, tmp_path / "a.mp4", data)
    record = analysis.half(1).record
    assert (record.width, record.height) == ((320, 180) if way in ("squeezed", "mirrored") else (180, 320))
    clip = Clip(1, 0, 3_000_000, "Goal", 1_000_000)
    plain = read_frame(media.path, media.table, 3 * SAMPLE)
    where = centre(like(plain, WHITE, 90))
    x1, y1, x2, y2 = box_of(3, record.width, record.height)
    assert where == pytest.approx(((x1 + x2) / 2 / record.width, (y1 + y2) / 2 / record.height), abs=0.012)
    boxed = filmed(media, clip, Overlay(look(), clip, frozenset({BOXES}), analysis=analysis), tmp_path / "b.mp4", 15)
    frame = np.abs(boxed.astype(int) - plain).max(-1) > 70
    height, width = frame.shape
    around = frame[
        max(0, round(where[1] * height) - 12) : round(where[1] * height) + 12,
        max(0, round(where[0] * width) - 12) : round(where[0] * width) + 12,
    ]
    assert around.sum() > 20, "the box is drawn around the square"
    heated = filmed(media, clip, Overlay(look(), clip, frozenset({MAP}), analysis=analysis), tmp_path / "m.mp4", 15)
    warm = np.abs(heated.astype(int) - plain).max(-1) > 25
    assert centre(warm) == pytest.approx((5 / 6, 3 / 4), abs=0.03)  # the last of two rows of three cells
    stroke = Stroke(CIRCLE, (0.2, 0.6), (0.4, 0.8), "#FF0000")
    frozen = Clip(1, 0, 3_000_000, "Goal", 1_000_000, freezes=(Freeze(0, 1.0, (stroke,)),))
    drawn = filmed(media, frozen, Overlay(look(), frozen, frozenset()), tmp_path / "s.mp4", 0)
    assert centre(like(drawn, (255, 0, 0), 110)) == pytest.approx((0.3, 0.7), abs=0.02)
