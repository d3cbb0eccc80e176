"""Content hashes: made once for all processes, and made again when the file has changed."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.files import FileState
from spotting_core.media import fingerprint
from spotting_core.media.fingerprint import file_hash, kept_hash, known_hash
from spotting_core.media.ingest import ingest, known_media
from spotting_core.media.source import open_match
from tests.videos import make_video, steady

CONTENT = bytes(range(256)) * 9000


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "a.mp4"
    path.write_bytes(CONTENT)
    return path


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often any process has read a file through."""
    log, through = tmp_path / "read", fingerprint._read_through

    def report_half(state: FileState, report: fingerprint.ReportDone | None) -> str:
        with log.open("a") as handle:
            handle.write("x")
        return through(state, report)

    monkeypatch.setattr(fingerprint, "_read_through", report_half)
    return lambda: len(log.read_text()) if log.is_file() else 0


def test_a_hash_is_made_once_for_all_processes(video: Path, data: DataDirectory, read: Callable[[], int]) -> None:
    assert known_hash(video, data) is None
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=kept_hash, args=(video, data)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [p.exitcode for p in processes] == [0] * 4
    assert known_hash(video, data) == kept_hash(video, data) == sha256(CONTENT).hexdigest() == file_hash(video)
    assert read() == 2  # the last one is that of this process alone
    assert [p.suffix for p in data.hashes.iterdir()] == [".json"]


def touched(path: Path) -> None:
    os.utime(path, ns=(1, FileState.of(path).changed + 1))


def replaced(path: Path) -> None:
    """Another file of the same size and time takes the place."""
    state, other = FileState.of(path), path.with_name("other")
    other.write_bytes(CONTENT[::-1])
    os.utime(other, ns=(1, state.changed))
    other.replace(path)


def grown(path: Path) -> None:
    state = FileState.of(path)
    path.write_bytes(CONTENT + b"more")
    os.utime(path, ns=(1, state.changed))


@pytest.mark.parametrize("change", [touched, replaced, grown])
def test_a_changed_file_is_hashed_again(
    change: Callable[[Path], None], video: Path, data: DataDirectory, read: Callable[[], int]
) -> None:
    kept_hash(video, data)
    change(video)
    assert known_hash(video, data) is None
    assert kept_hash(video, data) == sha256(video.read_bytes()).hexdigest()
    assert read() == 2


def test_a_file_that_is_still_being_written_is_not_remembered(video: Path, data: DataDirectory) -> None:
    def report(done: int, size: int) -> None:
        if done == size:
            video.write_bytes(CONTENT + b"more")

    kept_hash(video, data, report)
    assert known_hash(video, data) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"sha256": "abc"}'])
def test_a_damaged_record_is_made_again(content: str, video: Path, data: DataDirectory) -> None:
    kept_hash(video, data)
    [record] = data.hashes.iterdir()
    record.write_text(content)
    assert known_hash(video, data) is None
    assert kept_hash(video, data) == sha256(CONTENT).hexdigest()


def test_a_video_that_was_seen_is_not_read_again(tmp_path: Path, data: DataDirectory, read: Callable[[], int]) -> None:
    path = make_video(tmp_path / "b.mp4", steady(30))
    assert known_media(path, data) is None
    media = ingest(path, data)
    assert read() == 1
    assert ingest(path, data).hash == media.hash
    known = known_media(path, data)
    assert known is not None
    assert known.hash == media.hash
    open_match(path).content_hash(data)
    assert read() == 1
    assert known_media(tmp_path / "nothing.mp4", data) is None
