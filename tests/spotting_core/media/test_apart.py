"""A video read in a process of its own is the same video, and what ends that process ends nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.media.apart import VideosApart
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import ingest
from tests.videos import make_video, uneven


@pytest.fixture(scope="module")
def videos() -> Iterator[VideosApart]:
    apart = VideosApart(1)
    yield apart
    apart.close()


def test_facts_times_and_frames_are_those_of_this_process(
    videos: VideosApart, tmp_path: Path, data: DataDirectory
) -> None:
    path = make_video(tmp_path / "a.mp4", uneven(60))
    apart = videos.ingest(path, data)
    here = ingest(path, DataDirectory(tmp_path / "other"))
    assert apart.info == here.info
    assert np.array_equal(apart.table.times, here.table.times)
    assert apart.table.start == here.table.start
    for number in (0, 7, 59):
        assert np.array_equal(videos.frame(apart, number, 1080), read_frame(path, here.table, number, 1080))
    assert min(videos.frame(apart, 7, 32).shape[:2]) == 32
    assert videos.make_poster(apart).read_bytes()[:2] == b"\xff\xd8"


@pytest.mark.parametrize("content", [b"", b"this is no video"])
def test_what_cannot_be_read_says_the_same_as_here(
    videos: VideosApart, tmp_path: Path, data: DataDirectory, content: bytes
) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInputError) as here:
        ingest(path, data)
    with pytest.raises(BadInputError) as apart:
        videos.ingest(path, data)
    assert str(apart.value) == str(here.value)


def test_a_video_that_is_not_there_and_a_frame_that_is_none_are_sentences(
    videos: VideosApart, tmp_path: Path, data: DataDirectory
) -> None:
    with pytest.raises(BadInputError, match="this video does not exist"):
        videos.ingest(tmp_path / "none.mp4", data)
    media = videos.ingest(make_video(tmp_path / "a.mp4", uneven(30)), data)
    with pytest.raises(BadInputError, match="frame 30 is outside the 30 frames of this video"):
        videos.frame(media, 30, 1080)


def test_a_decoder_that_dies_takes_nothing_with_it(videos: VideosApart, tmp_path: Path, data: DataDirectory) -> None:
    media = videos.ingest(make_video(tmp_path / "a.mp4", uneven(30)), data)
    picture = videos.frame(media, 3, 1080)
    for child in decoders():
        os.kill(child, signal.SIGSEGV)
    assert np.array_equal(videos.frame(media, 3, 1080), picture)


def decoders() -> list[int]:
    """The children of this process that decode."""
    children = [
        int(pid) for task in Path("/proc/self/task").iterdir() for pid in (task / "children").read_text().split()
    ]
    decoding = [child for child in children if b"confined_processes" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert decoding
    return decoding
