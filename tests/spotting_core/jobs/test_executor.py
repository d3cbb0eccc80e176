"""Executors are kept alive, and ended together."""

from __future__ import annotations

import time

import pytest

from spotting_core.jobs import executor
from spotting_core.jobs.executor import Executor, Executors


class RecordingExecutor(Executor):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.how: str | None = None

    def start(self) -> None:
        self.calls.append("start")
        self.how = None

    def ended(self) -> str | None:
        return self.how

    def stop(self) -> None:
        self.calls.append("stop")

    def wait(self, seconds: float) -> None:
        assert seconds > 0
        self.calls.append("wait")


def until_started(one: RecordingExecutor, times: int) -> None:
    end = time.monotonic() + 10
    while one.calls.count("start") < times:
        assert time.monotonic() < end
        time.sleep(0.01)


def test_what_ends_by_itself_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(executor, "_LOOK", 0.01)
    one, other = RecordingExecutor(), RecordingExecutor()
    executors = Executors([one, other])
    executors.start()
    until_started(one, 1)
    until_started(other, 1)
    one.how = "code -9"
    until_started(one, 2)
    executors.stop()
    assert one.calls == ["start", "start", "stop", "wait"]
    assert other.calls == ["start", "stop", "wait"]
    assert "a worker ended with code -9, starting another" in caplog.text
