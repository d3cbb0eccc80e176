"""What a parser in a process of its own falls over is a sentence here, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from spotting_core.base.confined import confined
from spotting_core.base.errors import BadInputError
from spotting_core.formats import registry
from spotting_core.formats.timeline_otio import ADAPTERS

HERE = __name__


def turned(content: bytes, more: str) -> bytes:
    return content[::-1] + more.encode()


def refuse(content: bytes) -> bytes:
    raise BadInputError("this is no timeline", where="marker 3", fix="Draw it anew")


def stumble(content: bytes) -> bytes:
    return content[int(content)]  # type: ignore[return-value]


def crash(content: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGSEGV)
    return b""


def hang(content: bytes) -> bytes:
    while content:
        pass
    return b""


def sleep(content: bytes) -> bytes:
    time.sleep(60)
    return b""


def grow(content: bytes) -> bytes:
    return bytes(8 << 30)


def write(content: bytes) -> bytes:
    Path(content.decode()).write_text("written")
    return b""


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[3]))


def test_what_the_function_gives_comes_back() -> None:
    assert confined(f"{HERE}:turned", b"abc", "d", where="a.otio") == b"cbad"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("refuse", r"^a\.otio, marker 3: this is no timeline\. Draw it anew\.$"),
        ("stumble", r"^a\.otio: this file cannot be read \(.*\)\. Make the file again .*\.$"),
        ("crash", r"^a\.otio: this timeline cannot be read: its parser fell over it \(signal 11\)\. Make "),
        ("hang", r"^a\.otio: this timeline cannot be read: its parser took longer than 1 s\. Make "),
        ("sleep", r"took longer than 1 s"),
        ("grow", r"its parser needs more than 1024 MB of memory"),
    ],
)
def test_what_it_falls_over_is_a_sentence(name: str, message: str) -> None:
    seconds = 1 if name in ("hang", "sleep") else 20
    with pytest.raises(BadInputError, match=message):
        confined(f"{HERE}:{name}", b"x", where="a.otio", what="timeline", seconds=seconds)


def test_the_child_writes_no_file(tmp_path: Path) -> None:
    target = tmp_path / "written"
    with pytest.raises(BadInputError):
        confined(f"{HERE}:write", str(target).encode(), where="a.otio")
    assert not target.is_file() or target.read_text() == ""


def test_the_folder_that_one_stands_in_lends_the_child_no_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "opentimelineio.py").write_text("raise SystemExit(9)")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadInputError, match="holds no timeline"):
        list(registry.read(_file(tmp_path / "a.otio", b"{}"), registry.FORMATS["otio"]))


def _file(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("form", sorted(ADAPTERS))
def test_timelines_that_would_end_the_process_are_refused(form: str, tmp_path: Path) -> None:
    """100 kB of brackets end the process by a fault in the C++ parser, 40 kB that close again hold it for minutes."""
    script = (
        "import sys; from pathlib import Path; from spotting_core.formats import registry\n"
        "from spotting_core.base.errors import BadInputError\n"
        "for path in sys.argv[2:]:\n"
        "    try: list(registry.read(Path(path), registry.FORMATS[sys.argv[1]]))\n"
        "    except BadInputError as error: print(error)\n"
    )
    deep = [b"[" * 100_000, b"[" * 20_000 + b"]" * 20_000, b'{"a":' * 20_000, b"<a>" * 30_000 + b"</a>" * 30_000]
    files = [_file(tmp_path / f"{number}.deep", content) for number, content in enumerate(deep)]
    done = subprocess.run(
        [sys.executable, "-c", script, form, *map(str, files)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert [line.split(": ")[0] for line in done.stdout.splitlines()] == [str(path) for path in files]
    assert all(line.endswith(".") for line in done.stdout.splitlines())
