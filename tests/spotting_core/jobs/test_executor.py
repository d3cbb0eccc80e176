"""Executors are kept alive, and ended together."""

from __future__ import annotations

import time

import pytest

from spotting_core.jobs import executor
from spotting_core.jobs.executor import Executor, Executors


class Told(Executor):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.how: str | None = None

    def start(self) -> None:
        self.told.append("start")
        self.how = None

    def ended(self) -> str | None:
        return self.how

    def stop(self) -> None:
        self.told.append("stop")

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.told.append("wait")


def until_started(one: Told, times: int) -> None:
    end = time.monotonic() + 10
    while one.told.count("start") < times:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_ends_by_itself_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(executor, "_LOOK", 0.01)
    one, other = Told(), Told()
    executors = Executors([one, other])
    executors.start()
    until_started(one, 1)
    until_started(other, 1)
    one.how = "code -9"
    until_started(one, 2)
    executors.stop()
    assert one.told == ["start", "start", "stop", "wait"]
    assert other.told == ["start", "stop", "wait"]
    assert "a worker ended with code -9, starting another" in caplog.text
