"""Commands in forks of one process, which has loaded the libraries they need: ``python -m tests.app.forked_commands``.

Reads one command a line, in JSON: its arguments, its environment, and the files for what it prints. Each runs in a fork
that has computed nothing before. Says how it ended, one line each.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import alembic.command  # noqa: F401
import av  # noqa: F401
import sqlalchemy  # noqa: F401
import streamlit  # noqa: F401
import timm  # noqa: F401

from app.command_line import main as command

PATIENCE = 1200  # seconds for one command


def run(arguments: list[str], environment: dict[str, str], out: str, err: str) -> None:
    """Become the command, and end as it does."""
    signal.alarm(PATIENCE)
    os.environ.clear()
    os.environ.update(environment)
    for stream, path in ((0, os.devnull), (1, out), (2, err)):
        os.dup2(os.open(path, os.O_RDWR), stream)
    sys.argv = ["touchline", *arguments]
    code = 0
    try:
        command()
    except SystemExit as ended:
        code = int(ended.code or 0)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def serve() -> None:
    for line in iter(sys.stdin.readline, ""):
        order: dict[str, Any] = json.loads(line)
        for name in ("out", "err"):
            Path(order[name]).touch()
        child = os.fork()
        if child == 0:
            run(**order)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
