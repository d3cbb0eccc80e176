"""Pictures of two fields: one of them is shown, in every way out of a video."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.cutting import add_clip, open_film
from spotting_core.clips.selection import Clip
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import Media, ingest
from spotting_core.media.playback import make_playback
from spotting_core.media.shown import is_shown_as_stored, shown_image
from spotting_core.media.thumbnail import LUMA, thumbnail
from spotting_core.media.times import read_time_table
from spotting_core.preflight.video import check_interlacing
from tests.shown_videos import write_interlaced
from tests.videos import make_video, steady

NUMBER = 10
LEFT = 20 + 8 * NUMBER


@pytest.fixture
def media(tmp_path: Path, data: DataDirectory) -> Media:
    return ingest(write_interlaced(tmp_path / "fields.mp4"), data)


def combs(image: np.ndarray) -> int:
    """By how much lines that follow one another differ where nothing but a bar moves."""
    lines = image[20:-20].astype(int)
    return int(np.abs(np.diff(lines, axis=0)).max())


def left_edge(image: np.ndarray) -> float:
    return float(np.flatnonzero(image[image.shape[0] // 2, :, 0] > 140)[0] / image.shape[1])


def test_one_field_is_shown_without_combs(media: Media) -> None:
    with av.open(str(media.path)) as container:
        frame = list(container.decode(video=0))[NUMBER]
    assert combs(frame.to_ndarray(format="rgb24")) > 120
    assert not is_shown_as_stored(frame)
    for height in (None, 90):
        image = shown_image(frame, height)
        assert image.shape == ((240, 320, 3) if height is None else (90, 120, 3))
        assert combs(image) < 12
        assert left_edge(image) == pytest.approx(LEFT / 320, abs=0.015)


def test_frames_that_are_read_are_of_one_field(media: Media) -> None:
    image = read_frame(media.path, media.table, NUMBER)
    assert combs(image) < 12
    assert left_edge(image) == pytest.approx(LEFT / 320, abs=0.01)


def test_a_thumbnail_is_of_one_field(tmp_path: Path) -> None:
    """Its upper lines alone are bright."""
    path = write_interlaced(tmp_path / "fields.mp4")
    with av.open(str(path)) as container:
        frame = list(container.decode(video=0))[NUMBER]
    luma = thumbnail(frame)[: LUMA[0] * LUMA[1]].reshape(LUMA[::-1])
    bright = np.flatnonzero(luma[9] > luma[9].min() + 60)
    assert abs(bright.mean() / LUMA[0] - (LEFT + 20) / 320) < 0.02


def test_a_copy_for_the_browser_and_an_exact_clip_have_no_combs(
    media: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = open_film(tmp_path / "clip.mp4", media, None, sound=False)
    add_clip(film, media, Clip(1, 0, 800_000, "Goal", 400_000), 0)
    film.close()
    clip = tmp_path / "clip.mp4"
    assert combs(read_frame(clip, read_time_table(clip), NUMBER)) < 25
    for way in ("plays_as_is", "packets_suit_browsers"):
        monkeypatch.setattr(f"spotting_core.media.playback.{way}", lambda _: False)
    copy = make_playback(media)
    with av.open(str(copy)) as container:
        frame = list(container.decode(video=0))[NUMBER]
    assert not frame.interlaced_frame
    assert combs(frame.to_ndarray(format="rgb24")) < 40


def test_it_is_said(media: Media, tmp_path: Path, data: DataDirectory) -> None:
    assert media.info.interlaced
    (finding,) = check_interlacing(media)
    assert finding.what == "fields.mp4 is interlaced"
    assert "120 lines of one of them" in finding.evidence
    other = ingest(make_video(tmp_path / "whole.mp4", steady(20), first=9_431), data)
    assert not other.info.interlaced
    assert check_interlacing(other) == []
