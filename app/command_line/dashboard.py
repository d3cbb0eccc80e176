"""``touchline app``: start the dashboard."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import typer

from app.settings import ROOTS_VARIABLE
from spotting_core.base.errors import BadInputError

_MAIN = Path(__file__).resolve().parent.parent / "main.py"


def dashboard(
    root: list[Path] = typer.Option([], "--root", help="Folder below which matches may be added; may be repeated."),
    port: int = typer.Option(8501, help="Port on this machine."),
) -> None:
    """Start the dashboard on this machine; it opens on the bundled match."""
    for folder in root:
        if not folder.is_dir():
            raise BadInputError("this is no folder", where=folder, fix="Give a folder that holds matches")
    environment = dict(os.environ)
    if root:
        environment[ROOTS_VARIABLE] = os.pathsep.join(str(r.resolve()) for r in root)
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(_MAIN.parent.parent)
    command = [sys.executable, "-m", "streamlit", "run", str(_MAIN), "--server.port", str(port)]
    os.execve(sys.executable, command, environment)
