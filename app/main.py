"""The server: the dashboard, its own routes on the same port, and the workers, which live as long as it does.

streamlit run app/main.py        (or: touchline app)
"""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st

from app.routes.http import routes
from app.tasks import CLIP_KINDS, LONG_KINDS, SHORT_KINDS
from app.worker import start_worker

log = logging.getLogger(__name__)

_LOOK = 1.0  # seconds between looks at the workers
_PATIENCE = 5.0  # seconds a worker gets to end


class Workers:
    """Keeps one worker per kind of work alive."""

    def __init__(self) -> None:
        self._running: dict[tuple[str, ...], subprocess.Popen[bytes]] = {}
        self._ending = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def _keep(self) -> None:
        while not self._ending.is_set():
            for kinds in (LONG_KINDS, SHORT_KINDS, CLIP_KINDS):
                process = self._running.get(kinds)
                if process is None or process.poll() is not None:
                    if process is not None:
                        log.warning("a worker ended with %s, starting another", process.returncode)
                    self._running[kinds] = start_worker(kinds)
            self._ending.wait(_LOOK)

    def stop(self) -> None:
        self._ending.set()
        self._keeper.join()
        for process in self._running.values():
            process.terminate()
        until = time.monotonic() + _PATIENCE
        for process in self._running.values():
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()


@asynccontextmanager
async def lifespan(_app: object) -> AsyncIterator[None]:
    workers = Workers()
    workers.start()
    try:
        yield
    finally:
        workers.stop()


app = st.App(Path(__file__).resolve().parent / "dashboard.py", routes=routes(), lifespan=lifespan)
