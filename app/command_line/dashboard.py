"""``touchline app``: start the dashboard."""

from __future__ import annotations

import os
import sys
from ipaddress import ip_address
from pathlib import Path

import typer

from app.command_line.terminal import err
from app.settings import (
    ADDRESS_VARIABLE,
    HOSTS_VARIABLE,
    LOOPBACK,
    ROOTS_VARIABLE,
    checked_names,
    checked_roots,
    configured_roots,
)

_REPOSITORY = Path(__file__).resolve().parent.parent.parent


def dashboard(
    root: list[Path] = typer.Option([], "--root", help="Folder below which matches may be added; may be repeated."),
    port: int = typer.Option(8501, min=1, max=65535, help="Port on this machine."),
    address: str = typer.Option(LOOPBACK, help="Where to listen; another than this machine's own opens it to others."),
    host: list[str] = typer.Option([], "--host", help="Name by which a proxy or others reach it; may be repeated."),
) -> None:
    """Start the dashboard on this machine; it opens on the bundled match."""
    from app.serving.server import listening

    roots, names = checked_roots(root), checked_names(address, host)
    if not roots:
        configured_roots()  # says in a sentence what is wrong with the environment's
    listening(address, port).close()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("STREAMLIT_")}
    environment |= {ADDRESS_VARIABLE: address, HOSTS_VARIABLE: ",".join(names)}
    if roots:
        environment[ROOTS_VARIABLE] = os.pathsep.join(map(str, roots))
    shown = f"[{address}]" if ":" in address else address
    err.print(f"Touchline is at http://{'localhost' if ip_address(address).is_unspecified else shown}:{port}")
    # Streamlit reads .streamlit/config.toml from the working directory.
    os.chdir(_REPOSITORY)
    options = ["--address", address, "--port", str(port)]
    os.execve(sys.executable, [sys.executable, "-m", "app.serving.server", *options], environment)
