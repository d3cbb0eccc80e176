"""The command line: in the test's own process, in a fork that has loaded the libraries, and as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from app import command_line
from app.command_line import terminal
from tests.conftest import REPOSITORY


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def touchline(*arguments: object) -> Done:
    """Run a command as ``main`` does, with its own words on both streams."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["touchline", *map(str, arguments)])
        with terminal.out.capture() as out, terminal.err.capture() as err:
            code = _exit_code(command_line.main)
        return Done(code, out.get(), err.get())


def _exit_code(main):  # type: ignore[no-untyped-def]
    try:
        main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def touchline_process(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own, as a user does."""
    command = [sys.executable, "-c", "from app.command_line import main; main()", *map(str, arguments)]
    env = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, env=env, timeout=1200)


@cache
def _forking(packages: str) -> subprocess.Popen[str]:
    """The process whose forks run commands; it ends with the tests, as its input does.

    Arguments:
        packages: folder of what is installed beside the rest, or empty.
    """
    command = [sys.executable, "-m", "tests.app.forked_commands"]
    environment = {**os.environ, "COLUMNS": "200"}  # which is read as the command line is loaded
    if packages:
        environment["PYTHONPATH"] = os.pathsep.join([packages, str(REPOSITORY)])
    return subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def touchline_fork(*arguments: object, packages: str = "", **environment: str) -> Done:
    """Run the command in a process of its own that need not load the libraries, which takes longer than most commands.

    Arguments:
        packages: folder of what is installed beside the rest, or empty.
    """
    process = _forking(packages)
    assert process.stdin is not None
    assert process.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        variables = {**os.environ, "COLUMNS": "200", **environment}
        order = {"arguments": [*map(str, arguments)], "environment": variables, "out": str(out), "err": str(err)}
        process.stdin.write(f"{json.dumps(order)}\n")
        process.stdin.flush()
        code = process.stdout.readline()
        assert code, "the process whose forks run commands has ended"
        return Done(int(code), out.read_text(), err.read_text())
