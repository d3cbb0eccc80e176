"""Children that stay at work: what one of them falls over is a sentence here, and the next call finds another."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spotting_core.base.confined_processes import ConfinedProcesses
from spotting_core.base.errors import BadInputError, CancelledError
from spotting_core.base.report_done import ReportDone

HERE = __name__


def joined(*words: str | int | None) -> bytes:
    return "-".join(map(str, words)).encode()


def number(*_: object) -> bytes:
    return str(os.getpid()).encode()


def refuse(path: str) -> bytes:
    raise BadInputError("this is no video", where=path, fix="Copy it again")


def stumble(path: str) -> bytes:
    raise IndexError(f"{path} of nothing\nand more")


def crash() -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def sleep() -> bytes:
    time.sleep(60)
    return b""


def grow() -> bytes:
    return bytes(8 << 30)


def write(path: str) -> bytes:
    Path(path).write_text("written")
    return b""


def chat() -> bytes:
    sys.stdout.write("a library says something")
    sys.stdout.flush()
    os.write(1, b"R\x00\x00\x00\x00\x00\x00\x00\x01x")
    return b"answer"


def boast() -> bytes:
    return bytes(65 << 20)


def count(steps: int, report: ReportDone) -> bytes:
    for step in range(steps):
        report(step + 1, steps)
    return b"counted"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The children find this module."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))


@pytest.fixture
def processes() -> Iterator[ConfinedProcesses]:
    children = ConfinedProcesses(1, memory=2 << 30)
    yield children
    children.close()


def call(processes: ConfinedProcesses, name: str, *arguments: str | int | None, seconds: float = 30.0) -> bytes:
    return processes.call(f"{HERE}:{name}", *arguments, where="a.mp4", what="video", seconds=seconds)


def test_a_child_stays_and_is_given_words_and_numbers(processes: ConfinedProcesses) -> None:
    assert call(processes, "joined", "ä b", 3, None) == "ä b-3-None".encode()
    assert call(processes, "number") == call(processes, "number") != str(os.getpid()).encode()


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("refuse", ("b.mp4",), "b.mp4: this is no video. Copy it again."),
        ("stumble", ("item",), "a.mp4: it cannot be read (item of nothing)."),
        ("grow", (), "a.mp4: it needs more memory than a decoder may have. Convert the video to smaller pictures."),
    ],
)
def test_what_is_refused_is_a_sentence_and_the_child_goes_on(
    processes: ConfinedProcesses, name: str, arguments: tuple[str, ...], sentence: str
) -> None:
    before = call(processes, "number")
    with pytest.raises(BadInputError) as caught:
        call(processes, name, *arguments)
    assert str(caught.value) == sentence
    assert call(processes, "number") == before


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("crash", "fell over it (signal 11)"),
        ("sleep", "took longer than 1 s"),
        ("boast", "fell over it (signal 9)"),
    ],
)
def test_a_child_that_dies_is_replaced(processes: ConfinedProcesses, name: str, how: str) -> None:
    before = call(processes, "number")
    with pytest.raises(BadInputError) as caught:
        call(processes, name, seconds=1.0 if name == "sleep" else 30.0)
    assert f"a.mp4: this video cannot be read: its decoder {how}" in str(caught.value)
    assert call(processes, "number") != before


def test_a_child_writes_no_file(processes: ConfinedProcesses, tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        call(processes, "write", str(tmp_path / "x"))
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size == 0
    assert call(processes, "joined", "on") == b"on"


def test_what_a_library_prints_is_no_answer(processes: ConfinedProcesses) -> None:
    assert call(processes, "chat") == b"answer"


def test_it_says_how_far_it_is_and_ends_when_nobody_waits(processes: ConfinedProcesses) -> None:
    steps: list[tuple[int, int]] = []
    arguments = {"where": "a.mp4", "what": "video", "seconds": 30.0}
    name = f"{HERE}:count"
    assert processes.call(name, 3, report=lambda *s: steps.append(s), **arguments) == b"counted"  # type: ignore[arg-type]
    assert steps == [(1, 3), (2, 3), (3, 3)]

    def cancel(done: int, _size: int) -> None:
        if done == 2:
            raise CancelledError("cancelled")

    with pytest.raises(CancelledError):
        processes.call(name, 1000, report=cancel, **arguments)  # type: ignore[arg-type]
    assert call(processes, "joined", "fresh") == b"fresh"  # nothing of the cancelled call is left in the pipe


def test_others_wait_for_nobody_who_hangs() -> None:
    processes = ConfinedProcesses(2, memory=2 << 30)
    hung: list[str] = []

    def hang() -> None:
        try:
            call(processes, "sleep", seconds=3.0)
        except BadInputError as error:
            hung.append(str(error))

    thread = threading.Thread(target=hang)
    thread.start()
    assert call(processes, "joined", "meanwhile") == b"meanwhile"
    assert thread.is_alive()
    thread.join()
    assert "took longer than 3 s" in hung[0]
    processes.close()


def test_a_fork_has_children_of_its_own(processes: ConfinedProcesses) -> None:
    before = call(processes, "number")
    reading, writing = os.pipe()
    if (fork := os.fork()) == 0:
        os.write(writing, call(processes, "number"))
        os._exit(0)
    os.waitpid(fork, 0)
    assert os.read(reading, 20) != before
    assert call(processes, "number") == before


def test_children_end_with_their_parent(processes: ConfinedProcesses) -> None:
    child = int(call(processes, "number"))
    processes.close()
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)
    assert call(processes, "number") != str(child).encode()


def test_a_child_that_the_system_does_not_start_is_a_sentence(
    processes: ConfinedProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)
    with pytest.raises(BadInputError, match=r"no process could be started that reads it \(Resource temporarily"):
        call(processes, "number")
    monkeypatch.undo()
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))
    assert call(processes, "number")
