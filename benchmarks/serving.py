"""A server of the app on a data directory of its own, its memory, and pages of it in Chromium."""

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

from playwright.sync_api import Browser, Page, sync_playwright

from app.library.library import Library, Match
from app.settings import Settings
from benchmarks.machine import REPOSITORY, resident
from spotting_core.base.data_directory import DataDirectory
from spotting_core.domain.spots import Spot
from spotting_core.media.source import open_match
from spotting_core.store.database import open_database
from tests.app.made_analysis import make_analysis
from tests.app.player_page import FIND
from tests.chromium import ARGUMENTS, find_chromium

# The workspace is there, and its video has a picture.
READY = f"""() => {{
  ({FIND})();
  const shown = window.find();
  return !!(shown?.root.dataset.ready && shown.player?.video?.readyState >= 2);
}}"""


@dataclass(frozen=True)
class Serving:
    """A running server. ``started``: seconds from the command to the first answer."""

    url: str
    data: DataDirectory
    root: Path
    process: subprocess.Popen[bytes]
    started: float

    def add(self, match: Path, spots: list[Spot]) -> Match:
        """Put a match with an analysis made by hand into the library."""
        make_analysis(open_match(match), self.data, spots)
        return self._library().add(str(match))

    def demo(self) -> Match:
        """The demo match, with the analysis that it ships with."""
        demo = self._library().demo()
        assert demo is not None
        return demo

    def _library(self) -> Library:
        return Library(Settings(self.data, (self.root.resolve(),), b"x"), open_database(self.data))

    def memory(self) -> float:
        """Megabytes that the server holds."""
        return resident(self.process.pid)


@contextmanager
def serving(folder: Path) -> Iterator[Serving]:
    """Start the app on an empty data directory in a folder; it ends with the block."""
    root = folder / "matches"
    root.mkdir(parents=True, exist_ok=True)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
    environment = {**os.environ, "TOUCHLINE_DATA": str(folder / "data"), "TOUCHLINE_ROOTS": str(root)}
    command = [sys.executable, "-c", "from app.command_line import main; main()", "app", "--port", str(port)]
    began = time.perf_counter()
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        while not _answers(url):
            if process.poll() is not None or time.perf_counter() - began > 120:
                raise RuntimeError((folder / "server.log").read_text())
            time.sleep(0.05)
        started = time.perf_counter() - began
        yield Serving(url, DataDirectory(folder / "data").ensure(), root, process, started)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/_stcore/health", timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    if path is None:
        raise RuntimeError("run `make chromium` first")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def open_match_page(browser: Browser, url: str, match: str, timeout: float = 120) -> tuple[Page, float]:
    """A page of its own session on a match, and the seconds until its player and lanes were ready."""
    page = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark").new_page()
    began = time.perf_counter()
    page.goto(f"{url}/match?match={match}")
    page.wait_for_function(READY, timeout=timeout * 1000, polling=20)
    return page, time.perf_counter() - began
