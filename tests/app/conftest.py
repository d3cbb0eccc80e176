"""The app in the test's own process, and running in one of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from playwright.sync_api import BrowserContext, expect

from app.library import video_reading
from app.library.library import Library, Match
from app.routes import http
from app.settings import Settings, settings
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.jobs.queue import JobQueue
from spotting_core.store.database import open_database
from tests.conftest import REPOSITORY
from tests.videos import make_video, steady, uneven

PATIENCE = 240_000  # milliseconds: a slow machine must not fail what is only slow
# Numbered matches by kind, and what is spotted in each of them.
SPOTS = [
    Spot(1, 1_200_000, "Kick-off", 0.9),
    Spot(1, 3_300_000, "Goal", 0.8),
    Spot(1, 3_400_000, "Yellow card", 0.6),
    Spot(1, 6_100_000, "Foul", 0.3),
    Spot(1, 8_000_000, "Corner", 0.95),
]
VIDEOS: dict[str, dict[str, Any]] = {
    "late start": {"name": "late.mkv", "times": steady(260, start=0.463)},
    "uneven": {"name": "uneven.mp4", "times": uneven(150, start=0.0)},
    "edit list": {"name": "edited.mp4", "times": steady(260), "hidden": 9},
    "plain": {"name": "plain.mp4", "times": steady(260), "container": {"movflags": "faststart"}},
}


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and shared resources of this test's data directory alone."""
    monkeypatch.setenv("TOUCHLINE_ROOTS", str(tmp_path))
    monkeypatch.setattr(video_reading, "PATIENCE", 60.0)  # small videos are there at once
    for remembered in (settings, http.placing, http._library):
        remembered.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def library(fresh: None, data: DataDirectory) -> Library:
    """The library of this test alone."""
    return Library(settings(), open_database(data))


@pytest.fixture
def queue(data: DataDirectory) -> JobQueue:
    return JobQueue(open_database(data))


@pytest.fixture
def match(library: Library, tmp_path: Path) -> Match:
    """A match of 20 s in the library of this test alone."""
    make_video(tmp_path / "mine.mp4", steady(200, rate=10.0))
    return library.add("mine.mp4")


@dataclass
class Server:
    """A running app: where it is, and the data directory and root it works on."""

    url: str
    data: DataDirectory
    root: Path
    process: subprocess.Popen

    def library(self) -> Library:
        return Library(Settings(self.data, (self.root.resolve(),), b"x"), open_database(self.data))


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def running(place: Path, repository: Path = REPOSITORY) -> Iterator[Server]:
    """The app of a checkout, on a data directory and a root of its own below a place."""
    root = place / "matches"
    root.mkdir()
    port = free_port()
    environment = {**os.environ, "TOUCHLINE_DATA": str(place / "data"), "TOUCHLINE_ROOTS": str(root)}
    if repository != REPOSITORY:
        environment["PYTHONPATH"] = str(repository)
    log = (place / "server.log").open("w")
    command = [sys.executable, "-c", "from app.command_line import main; main()", "app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=repository, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    end = time.monotonic() + 240
    while True:
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
                break
        except OSError:
            assert process.poll() is None, (place / "server.log").read_text()
            assert time.monotonic() < end, "the app did not start"
            time.sleep(0.2)
    yield Server(url, DataDirectory(place / "data").ensure(), root, process)
    process.terminate()
    process.wait(timeout=30)


def patient(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    return context
