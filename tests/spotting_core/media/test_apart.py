"""A video read in a process of its own is the same video, and what ends that process ends nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.media.apart import VideosApart
from spotting_core.media.decode import read_frame
from spotting_core.media.ingest import ingest
from spotting_core.media.key_frames import key_times
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


@pytest.mark.parametrize("content", [b"", b"\xc1", msgspec.msgpack.encode({"height": 2, "width": 2, "pixels": b"x"})])
def test_what_a_decoder_gives_is_checked(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    media = ingest(make_video(tmp_path / "a.mp4", uneven(30)), data)
    apart = VideosApart(1)
    monkeypatch.setattr("spotting_core.base.confined_processes.ConfinedProcesses.call", lambda *_, **__: content)
    with pytest.raises(BadInputError, match="what the decoder made of this video is none"):
        apart.frame(media, 3, 1080)
    with pytest.raises(BadInputError, match="what the decoder made of this video is none"):
        apart.ingest(make_video(tmp_path / "b.mp4", uneven(20, seed=3)), data)


@pytest.mark.parametrize("times", [[], [0, 40_000, 40_000], [5, 40_000]])
def test_times_that_no_video_has_are_refused(
    tmp_path: Path, data: DataDirectory, monkeypatch: pytest.MonkeyPatch, times: list[int]
) -> None:
    path = make_video(tmp_path / "a.mp4", uneven(30))
    facts = ingest(path, DataDirectory(tmp_path / "other")).info
    content = msgspec.msgpack.encode({"facts": facts, "start": 0, "times": np.array(times, np.int64).tobytes()})
    monkeypatch.setattr("spotting_core.base.confined_processes.ConfinedProcesses.call", lambda *_, **__: content)
    with pytest.raises(BadInputError, match="what the decoder made of this video is none"):
        VideosApart(1).ingest(path, data)


def test_key_frames_are_those_of_this_process(videos: VideosApart, tmp_path: Path, data: DataDirectory) -> None:
    path = make_video(tmp_path / "a.mp4", uneven(60, start=0.4))
    apart, here = videos.ingest(path, data), ingest(path, DataDirectory(tmp_path / "other"))
    assert np.array_equal(videos.key_times(apart), key_times(here))
    assert len(key_times(here))


def test_a_decoder_that_dies_takes_nothing_with_it(videos: VideosApart, tmp_path: Path, data: DataDirectory) -> None:
    media = videos.ingest(make_video(tmp_path / "a.mp4", uneven(30)), data)
    picture = videos.frame(media, 3, 1080)
    for child in decoders():
        os.kill(child, signal.SIGSEGV)
    assert np.array_equal(videos.frame(media, 3, 1080), picture)


def children_of(task: Path) -> list[str]:
    """Of a thread of this process, which may have ended since it was listed."""
    try:
        return (task / "children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def decoders() -> list[int]:
    """The children of this process that decode."""
    children = [int(pid) for task in Path("/proc/self/task").iterdir() for pid in children_of(task)]
    decoding = [child for child in children if b"confined_processes" in Path(f"/proc/{child}/cmdline").read_bytes()]
    assert decoding
    return decoding
