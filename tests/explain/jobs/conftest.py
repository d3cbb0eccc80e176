"""A match to be explained, and the queue that its jobs go through."""

from __future__ import annotations

from pathlib import Path

import pytest

from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import open_database
from tests.videos import make_video, steady


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A match of 20 s."""
    return make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))
