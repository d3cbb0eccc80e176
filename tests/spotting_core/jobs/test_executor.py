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


def test_what_ends_again_and_again_is_left(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(executor, "_LOOK", 0.01)
    one, other = RecordingExecutor(), RecordingExecutor()
    one.start = lambda: (one.calls.append("start"), setattr(one, "how", "code 1"))[0]  # type: ignore[method-assign, assignment]
    executors = Executors([one, other])
    executors.start()
    end = time.monotonic() + 10
    while executors.problem is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    time.sleep(0.1)
    executors.stop()
    assert one.calls.count("start") == 5  # the first, and four more
    assert other.calls.count("start") == 1
    assert "a worker ended with code 1 and is not started again" in caplog.text
    assert executors.problem is not None
    assert executors.problem.startswith("1 of 2 workers")


def test_what_cannot_be_mended_by_a_start_is_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor, "_LOOK", 0.01)
    one = RecordingExecutor()
    one.hopeless = lambda: True  # type: ignore[method-assign]
    executors = Executors([one])
    executors.start()
    until_started(one, 1)
    one.how = "code 4"
    end = time.monotonic() + 10
    while executors.problem is None:
        assert time.monotonic() < end
        time.sleep(0.01)
    executors.stop()
    assert one.calls == ["start", "stop", "wait"]
