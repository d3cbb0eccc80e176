"""Codecs of copied clips: mp4 wherever it holds them, with their sound."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.clips.copying import copy_clip, suffix_of_copy
from spotting_core.clips.selection import Clip
from spotting_core.media.ingest import ingest

SAMPLES, RATE = 1920, 48_000  # of sound per picture at 25 a second


def make(path: Path, video: str, sound: str) -> None:
    """Three seconds, a key frame every second."""
    with av.open(str(path), "w") as out:
        pictures, heard = out.add_stream(video, 25), out.add_stream(sound, RATE, layout="stereo")
        pictures.width, pictures.height, pictures.pix_fmt, pictures.gop_size = 96, 64, "yuv420p", 25
        for n in range(75):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 3 * n, np.uint8), "rgb24")
            frame.pts = n
            out.mux(pictures.encode(frame))
            tone = (8000 * np.sin(np.arange(2 * SAMPLES) / 40)).astype(np.int16)
            block = av.AudioFrame.from_ndarray(tone[None], "s16", "stereo")
            block.sample_rate, block.pts = RATE, n * SAMPLES
            out.mux(heard.encode(block))
        out.mux(pictures.encode())
        out.mux(heard.encode())


@pytest.mark.parametrize(
    ("name", "video", "sound", "suffix"),
    [("a.webm", "libvpx-vp9", "libopus", ".mp4"), ("a.mp4", "libvpx-vp9", "libopus", ".mp4"),
     ("a.mkv", "libx264", "flac", ".mp4"), ("a.ts", "libx264", "libmp3lame", ".mp4"),
     ("a.mov", "libx264", "pcm_s16le", ".mkv")],
)  # fmt: skip
def test_a_copied_clip_is_mp4_where_it_holds_the_codecs(
    name: str, video: str, sound: str, suffix: str, tmp_path: Path
) -> None:
    make(tmp_path / name, video, sound)
    media = ingest(tmp_path / name, DataDirectory(tmp_path / "data"))
    assert suffix_of_copy(media) == suffix
    target = tmp_path / f"clip{suffix}"
    copied = copy_clip(media, Clip(1, 1_000_000, 2_000_000, "Goal"), target)
    assert copied.start == pytest.approx(1_000_000, abs=2000)
    with av.open(str(target)) as container:
        assert sum(1 for _ in container.decode(video=0)) >= 25
    with av.open(str(target)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard / RATE == pytest.approx((copied.end - copied.start) / 1e6, abs=0.1)


def test_a_copied_clip_without_sound_is_named_by_its_pictures(tmp_path: Path) -> None:
    make(tmp_path / "a.mov", "libx264", "pcm_s16le")
    media = ingest(tmp_path / "a.mov", DataDirectory(tmp_path / "data"))
    assert (suffix_of_copy(media), suffix_of_copy(media, sound=False)) == (".mkv", ".mp4")
    target = tmp_path / "clip.mp4"
    copy_clip(media, Clip(1, 1_000_000, 2_000_000, "Goal"), target, sound=False)
    with av.open(str(target)) as container:
        assert "mp4" in container.format.name
        assert not container.streams.audio
        assert sum(1 for _ in container.decode(video=0)) >= 25
