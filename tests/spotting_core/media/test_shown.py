"""Stored for shown: pixels that are not square and turned pictures, in every way out of a video; and names of codecs."""

from __future__ import annotations

import itertools
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip, suffix_of_copy
from spotting_core.clips.cutting import add_clip, film_size, open_film
from spotting_core.clips.selection import MARK, Clip
from spotting_core.media.decode import read_frame
from spotting_core.media.frames import numbered_frames
from spotting_core.media.ingest import Media, ingest, make_poster
from spotting_core.media.playback import make_playback, plays_as_is
from spotting_core.media.shown import UPRIGHT, Orientation, shown_size
from spotting_core.media.thumbnail import LUMA, thumbnail
from spotting_core.media.times import read_time_table
from spotting_core.media.video import probe_video
from spotting_core.preflight.video import check_playback
from tests.conftest import SHARED
from tests.shown_videos import MATRICES, turned_by_container
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


_QUARTERS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "grey": (200, 200, 200)}


def quartered(path: Path, turn: str, aspect: Fraction = Fraction(1)) -> Path:
    """320 x 240 pixels of four colours, red, green, blue and grey by row, that a matrix turns or mirrors."""
    picture = np.zeros((240, 320, 3), np.uint8)
    for place, colour in enumerate(_QUARTERS.values()):
        top, left = place // 2 * 120, place % 2 * 160
        picture[top : top + 120, left : left + 160] = colour
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=25, options={"bf": "0", "g": "25"})
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.sample_aspect_ratio = aspect
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path if path.suffix == ".h264" else turned_by_container(path, turn)


def turned_by_coding(plain: Path, path: Path, said: str) -> Path:
    """A copy of bare H.264 in which the coded pictures say how they are turned, as options of ``h264_metadata``."""
    with av.open(str(plain)) as source, av.open(str(path), "w") as out:
        [read] = source.streams.video
        written = out.add_stream_from_template(read, opaque=True)
        saying = BitStreamFilterContext(f"h264_metadata=display_orientation=insert:{said}", read)
        numbers = itertools.count()
        for packet in source.demux(read):
            for one in saying.filter(packet) if packet.size else ():
                one.stream, one.time_base, one.duration = written, Fraction(1, 1000), 40
                one.pts = one.dts = 40 * next(numbers)
                out.mux(one)
    return path


def quarters(image: np.ndarray) -> list[str]:
    """Colours of the quarters of an RGB picture, by row."""
    height, width = image.shape[:2]
    middles = [image[height * y // 4, width * x // 4].astype(int) for y in (1, 3) for x in (1, 3)]
    return [min(_QUARTERS, key=lambda name: int(np.abs(np.array(_QUARTERS[name]) - m).sum())) for m in middles]


def borders(image: np.ndarray) -> tuple[float, float]:
    """How bright the upper left and the lower right corner are, below the numbers: black bars are 0."""
    return float(image[-8:, :8].mean()), float(image[-8:, -8:].mean())


def test_sizes_on_the_screen() -> None:
    assert shown_size(160, 120, 4 / 3, UPRIGHT) == pytest.approx((213.33, 120), abs=0.01)
    assert shown_size(160, 120, 4 / 3, Orientation(1)) == pytest.approx((120, 213.33), abs=0.01)
    assert shown_size(160, 90, 1.004, Orientation(2, mirrored=True)) == (160, 90)


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


_SHOWN = {
    "0": "red green blue grey", "90": "blue red grey green", "180": "grey blue green red", "270": "green grey red blue",
    "nearly 90": "blue red grey green",
    "mirrored": "green red grey blue", "upside down": "blue grey red green",
    "mirrored, 90": "grey green blue red", "mirrored, 270": "red blue green grey",
}  # fmt: skip
"""What the quarters show, by row."""


def check_every_way_out(media: Media, colours: list[str], size: tuple[int, int], folder: Path) -> None:
    """What decodes, copies, cuts and makes posters of a quartered video shows the same."""
    assert media.info.shown_size == pytest.approx(size, abs=1)
    image = read_frame(media.path, media.table, 3)
    assert (image.shape[1], image.shape[0]) == size
    assert quarters(image) == colours
    assert quarters(read_frame(media.path, media.table, 49)) == colours
    poster = cv2.imread(str(make_poster(media)))
    assert quarters(poster[..., ::-1]) == colours
    assert poster.shape[1] / poster.shape[0] == pytest.approx(size[0] / size[1], rel=0.02)
    played = make_playback(media)
    film = open_film(folder / "film.mp4", media, None, sound=False)
    add_clip(film, media, Clip(1, 0, 1_000_000, MARK), 0)
    film.close()
    copied = folder / f"copied{suffix_of_copy(media)}"
    copy_clip(media, Clip(1, 1_200_000, 2_000_000, MARK), copied)
    for made in (played, folder / "film.mp4", copied):
        assert probe_video(made).shown_size == pytest.approx(size, abs=2), made
        assert quarters(read_frame(made, read_time_table(made), 5)) == colours, made
    [(_, frame)] = list(itertools.islice(numbered_frames(media.path, media.table), 1))
    luma = thumbnail(frame)[: LUMA[0] * LUMA[1]].reshape(LUMA[::-1])
    wanted = cv2.resize(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), LUMA, interpolation=cv2.INTER_AREA).astype(int)
    assert np.corrcoef(luma.ravel(), wanted.ravel())[0, 1] > 0.99


@pytest.mark.parametrize("aspect", [Fraction(1), Fraction(4, 3)])
@pytest.mark.parametrize("turn", list(MATRICES))
def test_every_way_out_of_a_turned_video_agrees(
    turn: str, aspect: Fraction, tmp_path: Path, data: DataDirectory
) -> None:
    media = ingest(quartered(tmp_path / "a.mp4", turn, aspect), data)
    wide = round(320 * aspect)
    size = (240, wide) if "90" in turn or "270" in turn else (wide, 240)
    check_every_way_out(media, _SHOWN[turn].split(), size, tmp_path)
    assert probe_video(make_playback(media)).mirrored is False  # not every browser mirrors
    assert plays_as_is(media) == ("mirrored" not in turn and turn != "upside down")


@pytest.mark.parametrize(
    ("said", "shown"),
    [("rotate=90", "270"), ("flip=horizontal", "mirrored"), ("rotate=90:flip=horizontal", "mirrored, 270")],
)
def test_what_coded_pictures_say_of_themselves_turns_them_all(
    said: str, shown: str, tmp_path: Path, data: DataDirectory
) -> None:
    media = ingest(turned_by_coding(quartered(tmp_path / "a.h264", "0"), tmp_path / "a.mp4", said), data)
    assert media.info.turned_by_coding
    size = (240, 320) if "rotate" in said else (320, 240)
    check_every_way_out(media, _SHOWN[shown].split(), size, tmp_path)
    played = probe_video(make_playback(media))
    assert (played.orientation, played.turned_by_coding) == (UPRIGHT, False)  # which no browser reads


def test_the_preflight_says_why_a_mirrored_video_needs_a_copy(tmp_path: Path, data: DataDirectory) -> None:
    [mirrored] = check_playback(ingest(quartered(tmp_path / "a.mp4", "mirrored"), data))
    assert "transcode" in mirrored.fix
    assert "mirrored" in mirrored.evidence
    [turned] = check_playback(
        ingest(turned_by_coding(quartered(tmp_path / "b.h264", "0"), tmp_path / "b.mp4", "rotate=90"), data)
    )
    assert "turned" in turned.evidence


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
