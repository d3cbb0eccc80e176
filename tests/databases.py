"""Databases for tests: SQLite in the test's folder, and Debian's PostgreSQL in a cluster of its own, where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_DEBIANS = Path("/usr/lib/postgresql")


def postgresql_programs() -> Path | None:
    """Folder of the newest PostgreSQL's programs, or None."""
    programs = sorted(_DEBIANS.glob("*/bin/initdb"), key=lambda p: int(p.parent.parent.name.split(".")[0]))
    return programs[-1].parent if programs else None


@contextmanager
def postgresql() -> Iterator[str]:
    """URL of a database in a fresh cluster that listens on a socket alone; it ends with the block."""
    programs = postgresql_programs()
    assert programs is not None
    place = Path(tempfile.mkdtemp(prefix="touchline-pg-"))
    owner: list[str] = []
    if os.geteuid() == 0:  # the server refuses to run as root
        owner = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        shutil.chown(place, "postgres", "postgres")
    cluster = place / "cluster"

    def run(name: str, *arguments: str) -> None:
        subprocess.run([*owner, str(programs / name), *arguments], check=True, capture_output=True, cwd=place)

    run("initdb", "-D", str(cluster), "-U", "touchline", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
    run("pg_ctl", "-D", str(cluster), "-w", "-l", str(place / "log"), "-o", f"-k {place} -c listen_addresses=", "start")
    try:
        yield f"postgresql+psycopg://touchline@/postgres?host={place}"
    finally:
        run("pg_ctl", "-D", str(cluster), "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)
