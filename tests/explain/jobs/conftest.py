"""A match to be explained, and the queue that its jobs go through."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from spotting_core.analyses.analysis import Analysis
from spotting_core.base.data_directory import DataDirectory
from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import open_database
from tests.conftest import small_model
from tests.explain.jobs.explained import analysed
from tests.videos import make_video, steady


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A match of 20 s."""
    return make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


@pytest.fixture(scope="module")
def entities_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a match of 20 s, a model that reads entities, and a data directory with its analysis."""
    place = tmp_path_factory.mktemp("entities")
    path = make_video(place / "mine.mp4", steady(200, rate=10.0))
    analysed(path, DataDirectory(place / "data").ensure(), small_model(place / "m", "entity-attention"))
    return place


@pytest.fixture
def with_entities(entities_once: Path, data: DataDirectory) -> tuple[Path, Analysis]:
    """A match and its analysis by a model that reads entities, in this test's data directory."""
    shutil.copytree(entities_once / "data", data.root, dirs_exist_ok=True)
    path = entities_once / "mine.mp4"
    return path, analysed(path, data, entities_once / "m")
