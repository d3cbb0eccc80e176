"""Stored for shown: pixels that are not square and turned pictures, in every way out of a video; and names of codecs."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip, suffix_of_copy
from spotting_core.clips.cutting import add_clip, film_size, open_film
from spotting_core.clips.selection import MARK, Clip
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import ingest, make_poster
from spotting_core.media.playback import make_playback, plays_as_is
from spotting_core.media.shown import shown_size
from spotting_core.media.times import read_time_table
from spotting_core.media.video import probe_video
from tests.conftest import SHARED
from tests.videos import make_video, numbered_picture, steady

REPORTS = SHARED / "data" / "reports"
reported = pytest.mark.skipif(not REPORTS.is_dir(), reason="the rebuilt reports are not here")


def anamorphic(path: Path) -> Path:
    """320 x 240 pixels that are shown 427 x 240."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.sample_aspect_ratio = Fraction(4, 3)
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, 320, 240), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def borders(image: np.ndarray) -> tuple[float, float]:
    """How bright the upper left and the lower right corner are, below the numbers: black bars are 0."""
    return float(image[-8:, :8].mean()), float(image[-8:, -8:].mean())


def test_sizes_on_the_screen() -> None:
    assert shown_size(160, 120, 4 / 3, 0) == pytest.approx((213.33, 120), abs=0.01)
    assert shown_size(160, 120, 4 / 3, 90) == pytest.approx((120, 213.33), abs=0.01)
    assert shown_size(160, 90, 1.004, 180) == (160, 90)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_squeezed_pictures_fill_what_is_made_of_them(suffix: str, tmp_path: Path, data: DataDirectory) -> None:
    path = anamorphic(tmp_path / f"a{suffix}")
    media = ingest(path, data)
    assert media.info.pixel_aspect == pytest.approx(4 / 3)
    assert film_size(media, None) == (426, 240)
    assert read_frame(path, media.table, 3).shape == (240, 427, 3)
    film = open_film(tmp_path / "film.mp4", media, None, sound=False)
    add_clip(film, media, Clip(1, 0, 1_000_000, MARK), 0)
    film.close()
    made = probe_video(tmp_path / "film.mp4")
    assert (made.width, made.height, made.pixel_aspect) == (426, 240, 1.0)
    image = read_frame(tmp_path / "film.mp4", read_time_table(tmp_path / "film.mp4"), 5)
    assert min(borders(image)) > 30
    played = probe_video(make_playback(media))
    assert played.shown_size == pytest.approx((426.7, 240), abs=1)
    assert make_poster(media).is_file()


@reported
def test_a_turned_video_gets_an_upright_copy_with_its_sound(tmp_path: Path, data: DataDirectory) -> None:
    media = ingest(REPORTS / "portrait_hevc.mov", data)
    copy = probe_video(make_playback(media))
    assert (copy.codec, copy.audio, copy.shown_size, copy.rotation) == ("h264", "aac", (90, 160), 0)


@reported
def test_codecs_are_named_and_not_their_decoders(tmp_path: Path, data: DataDirectory) -> None:
    media = ingest(REPORTS / "av1_aac.mp4", data)
    assert (media.info.codec, media.info.audio) == ("av1", "aac")
    assert plays_as_is(media)
    assert suffix_of_copy(media) == ".mp4"
    copy_clip(media, Clip(1, 1_000_000, 3_000_000, MARK), tmp_path / "c.mp4")
    assert probe_video(tmp_path / "c.mp4").codec == "av1"


@reported
def test_the_reported_clip_of_a_squeezed_video_is_filled(tmp_path: Path, data: DataDirectory) -> None:
    assert film_size(ingest(REPORTS / "anamorphic_16x9.mp4", data), None) == (214, 120)


def with_sound(path: Path, codec: str) -> Path:
    """A video whose sound is of a codec."""
    picture = make_video(path.with_name("picture.mkv"), steady(50))
    with av.open(str(picture)) as source, av.open(str(path), "w") as out:
        [read] = source.streams.video
        video, track = out.add_stream_from_template(read, opaque=True), out.add_stream(codec, rate=48_000)
        tone = (0.3 * np.sin(np.arange(96_000) * 0.05)).astype(np.float32)
        for start in range(0, 96_000, 1152):
            block = np.stack([tone[start : start + 1152]])
            frame = av.AudioFrame.from_ndarray(block, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = 48_000, start, Fraction(1, 48_000)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        for packet in source.demux(read):
            if packet.dts is not None:
                packet.stream = video
                out.mux(packet)
    return path


@pytest.mark.parametrize(
    ("codec", "name", "kept"), [("mp3", "mp3", "mp3"), ("ac3", "ac3", "aac"), ("mp2", "mp2", "aac")]
)
def test_no_copy_for_the_browser_loses_its_sound(
    codec: str, name: str, kept: str, tmp_path: Path, data: DataDirectory
) -> None:
    media = ingest(with_sound(tmp_path / "a.mkv", codec), data)
    assert media.info.audio == name
    assert probe_video(make_playback(media)).audio == kept
