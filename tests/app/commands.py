"""The command line in the test's own process: quick where nothing of the process itself is tested."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from app import command_line
from app.command_line import terminal


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
