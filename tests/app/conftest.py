"""The app in the test's own process, and running in one of its own with pages of it in Chromium."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import streamlit as st
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app.library import Library
from app.settings import Settings, settings
from spotting_core.data_directory import DataDirectory
from spotting_core.store.database import open_database
from tests.chromium import ARGUMENTS, find_chromium
from tests.conftest import REPOSITORY

PATIENCE = 240_000  # milliseconds: a slow machine must not fail what is only slow


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and shared resources of this test's data directory alone."""
    monkeypatch.setenv("TOUCHLINE_ROOTS", str(tmp_path))
    settings.cache_clear()
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def library(fresh: None, data: DataDirectory) -> Library:
    """The library of this test alone."""
    return Library(settings(), open_database(data))


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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("app")
    root = place / "matches"
    root.mkdir()
    port = free_port()
    environment = {**os.environ, "TOUCHLINE_DATA": str(place / "data"), "TOUCHLINE_ROOTS": str(root)}
    log = (place / "server.log").open("w")
    command = [sys.executable, "-c", "from app.command_line import main; main()", "app", "--port", str(port)]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = find_chromium()
    assert path is not None, "run `make chromium`"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield found
        found.close()


def patient(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(PATIENCE)
    return context


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    context = patient(browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark"))
    found = context.new_page()
    problems: list[str] = []
    hosts: set[str] = set()
    found.on("pageerror", lambda error: problems.append(str(error)))
    found.on(
        "request", lambda request: hosts.add(request.url.split("/")[2].split(":")[0]) if "//" in request.url else None
    )
    yield found
    context.close()
    assert problems == []
    assert hosts <= {"127.0.0.1"}, "something was loaded from another host"
