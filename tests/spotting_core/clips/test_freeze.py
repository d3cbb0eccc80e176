"""Frozen pictures: they stand where and as long as they should, with what is drawn on them, and nothing else moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app.components.look import look
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.clips.cutting import Stretch, film_length, stretches_of
from spotting_core.clips.export import export_clips
from spotting_core.clips.freeze import ARROW, CIRCLE, LINE, TEXT, Freeze, Stroke, with_strokes
from spotting_core.clips.order import Order
from spotting_core.clips.selection import Clip
from spotting_core.clips.sources import Footage, Sources
from spotting_core.domain.classes import load_classes
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.times import read_time_table
from tests.videos import make_video, read_number, steady

SECOND = 1_000_000
GREY = np.full((180, 320, 3), 90, np.uint8)
RED = "#FF0000"
SQUARE = Stroke(CIRCLE, (0.25, 0.25), (0.75, 0.75), RED)


@pytest.fixture
def media(tmp_path: Path, data: DataDirectory) -> Media:
    return ingest(make_video(tmp_path / "a.mp4", steady(200), beeps=[2.0, 5.0]), data)


def exported(clip: Clip, media: Media, out: Path, **options: Any) -> tuple[Path, str]:
    done = export_clips(Order((clip,), **options), Sources.of_one(Footage({1: media}, load_classes()), look()), out)
    return out / done.files[0], done.results[0].sound


def redness(path: Path, number: int) -> int:
    """How much redder a frame is than it is green, at most."""
    image = read_frame(path, read_time_table(path), number).astype(int)
    return int((image[..., 0] - image[..., 1]).max())


# --- drawing ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("stroke", "on", "off"),
    [
        (Stroke(LINE, (0.1, 0.5), (0.9, 0.5), RED), [(90, 160), (90, 40)], [(60, 160), (90, 10)]),
        (Stroke(ARROW, (0.1, 0.5), (0.9, 0.5), RED), [(90, 160), (90, 284), (92, 281)], [(84, 160), (90, 300)]),
        (SQUARE, [(45, 160), (90, 80), (135, 160)], [(90, 160), (20, 160)]),
        (Stroke(CIRCLE, (0.75, 0.75), (0.25, 0.25), RED), [(45, 160), (90, 80)], [(90, 160)]),
    ],
    ids=["line", "arrow", "circle", "circle drawn upwards"],
)
def test_strokes_are_where_they_were_drawn(
    stroke: Stroke, on: list[tuple[int, int]], off: list[tuple[int, int]]
) -> None:
    image = with_strokes(GREY, [stroke], str(look().strong))
    assert image.shape == GREY.shape
    for y, x in on:
        around = image[y - 1 : y + 2, x - 1 : x + 2].reshape(-1, 3).tolist()  # strokes are not two pixels wide
        assert max(around, key=lambda p: p[0] - p[1])[0] > 220
        assert min(p[1] for p in around) < 30
    for y, x in off:
        assert tuple(image[y, x]) == (90, 90, 90)


def test_a_text_begins_where_it_was_put_and_later_strokes_lie_on_top() -> None:
    words = with_strokes(GREY, [Stroke(TEXT, (0.5, 0.5), (0.5, 0.5), RED, "Lauf")], str(look().strong))
    rows, columns = np.nonzero((words != 90).any(axis=2))
    assert 150 <= columns.min() <= 165
    assert 75 <= rows.mean() <= 105
    both = [Stroke(LINE, (0, 0.5), (1, 0.5), RED), Stroke(LINE, (0.5, 0), (0.5, 1), "#0000FF")]
    assert tuple(with_strokes(GREY, both, str(look().strong))[90, 160]) == (0, 0, 255)


def test_a_drawing_is_the_same_at_another_size() -> None:
    large = with_strokes(np.full((720, 1280, 3), 90, np.uint8), [SQUARE], str(look().strong))
    small = with_strokes(GREY, [SQUARE], str(look().strong))
    shares = [((image != 90).any(axis=2)).mean() for image in (large, small)]
    assert shares[0] == pytest.approx(shares[1], rel=0.3)


# --- cutting ------------------------------------------------------------------------------------------


def test_a_clip_is_parted_where_it_stands_and_slow_motion_stays(media: Media) -> None:
    freeze = Freeze(3 * SECOND, 2.0)
    assert stretches_of(Clip(1, 2 * SECOND, 4 * SECOND, "Goal", freezes=(freeze,)), media.table) == [
        Stretch(50, 75), Stretch(75, 100, 1.0, (freeze,)),
    ]  # fmt: skip
    slow = Clip(1, SECOND, 7 * SECOND, "Goal", 3 * SECOND, slow=0.5, freezes=(freeze,))
    assert [(s.first, s.stop, s.speed, len(s.freezes)) for s in stretches_of(slow, media.table)] == [
        (25, 37, 1.0, 0), (37, 75, 0.5, 0), (75, 112, 0.5, 1), (112, 175, 1.0, 0),
    ]  # fmt: skip
    assert film_length(slow, media.table) == film_length(replace(slow, freezes=()), media.table) + 2 * SECOND


@pytest.mark.parametrize("at", [2 * SECOND, 3 * SECOND, 3_990_000], ids=["at first", "in the middle", "at last"])
def test_the_picture_stands_with_its_drawing_and_all_frames_stay(media: Media, tmp_path: Path, at: int) -> None:
    clip = Clip(1, 2 * SECOND, 4 * SECOND, "Goal", freezes=(Freeze(at, 2.0, (SQUARE,)),))
    path, sound = exported(clip, media, tmp_path / "out")
    table, first = read_time_table(path), at // 40_000 - 50
    assert table.duration == pytest.approx(4 * SECOND, abs=1000)
    frames = [read_number(read_frame(path, table, n)) for n in range(len(table))]
    assert sorted(set(frames)) == list(range(50, 100))
    stands = [n for n in range(len(table)) if redness(path, n) > 100]
    assert stands == list(range(first, first + 4))
    assert table.times[first + 4] - table.times[first] == pytest.approx(2 * SECOND, abs=100)
    assert [frames[n] for n in stands] == [50 + first] * 4
    assert sound == "kept, none where it stands"


def test_sound_waits_while_the_picture_stands(media: Media, tmp_path: Path) -> None:
    from tests.spotting_core.clips.test_clips import onsets

    clip = Clip(1, SECOND, 6 * SECOND, "Goal", freezes=(Freeze(3 * SECOND, 1.5), Freeze(3 * SECOND, 1.0)))
    path, _ = exported(clip, media, tmp_path / "out")
    assert onsets(path) == pytest.approx([1.0, 4.0 + 2.5], abs=0.04)


def test_a_reel_goes_on_behind_a_clip_that_stands(media: Media, tmp_path: Path) -> None:
    clips = (Clip(1, 0, SECOND, "Goal", freezes=(Freeze(0, 1.0),)), Clip(1, 3 * SECOND, 4 * SECOND, "Foul"))
    sources = Sources.of_one(Footage({1: media}, load_classes()), look())
    done = export_clips(Order(clips, reel=True, cards=False), sources, tmp_path / "out")
    assert [result.reel for result in done.results] == [0, 2 * SECOND]


# --- kept and refused ---------------------------------------------------------------------------------


def test_frozen_pictures_survive_as_json_in_the_order_of_time() -> None:
    freezes = (Freeze(5, 1.0, (SQUARE,)), Freeze(9, 2.0, (Stroke(TEXT, (0, 0), (0, 0), RED, "x"),)))
    clip = Clip(1, 0, 10, "Goal", freezes=freezes)
    content = clip.as_json()
    assert Clip.from_json(content) == clip
    assert Clip.from_json({**content, "freezes": content["freezes"][::-1]}) == clip


@pytest.mark.parametrize(
    ("freeze", "sentence"),
    [
        ({"time": 11, "seconds": 1}, "lies outside its clip"),
        ({"time": 1, "seconds": 0.1}, "a picture stands 0.5 to 20 s"),
        ({"time": 1, "seconds": float("nan")}, "a picture stands 0.5 to 20 s"),
        ({"time": 1}, "cannot be read"),
        ({"time": 1, "seconds": 1, "strokes": [{"kind": "cross", "start": [0, 0], "end": [1, 1], "colour": RED}]}, "no drawing 'cross'"),
        ({"time": 1, "seconds": 1, "strokes": [{"kind": "line", "start": [0, 0], "end": [1, 1], "colour": "red"}]}, "is no colour"),
        ({"time": 1, "seconds": 1, "strokes": [{"kind": "line", "start": [0, 9], "end": [1, 1], "colour": RED}]}, "outside the picture"),
        ({"time": 1, "seconds": 1, "strokes": [{"kind": "text", "start": [0, 0], "end": [1, 1], "colour": RED}]}, "1 to 80 letters"),
        ({"time": 1, "seconds": 1, "strokes": [7]}, "cannot be read"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused(freeze: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        Clip.from_json({"half": 1, "start": 0, "end": 10, "label": "Goal", "freezes": [freeze]})


def test_a_fast_export_cannot_stand() -> None:
    with pytest.raises(BadInputError, match="cannot do frozen pictures"):
        Order((Clip(1, 0, 10, "Goal", freezes=(Freeze(1),)),), fast=True)
