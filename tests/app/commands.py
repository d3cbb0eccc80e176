"""The command line: in the test's own process, which is quick, and in one of its own, as a user runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

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
