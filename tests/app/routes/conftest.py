"""The app's routes, answered without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from app.routes import http
from app.settings import settings
from spotting_core.base.data_directory import DataDirectory


def forget() -> None:
    """What the routes remember of another data directory."""
    for remembered in (settings, http.sealer, http.placing, http._library, http._picture, http._frame):
        remembered.cache_clear()


@pytest.fixture
def client(data: DataDirectory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("TOUCHLINE_ROOTS", str(tmp_path))
    forget()
    with TestClient(Starlette(routes=http.routes())) as test_client:
        yield test_client
    forget()
