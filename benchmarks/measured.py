"""What a benchmark measured, told at once and as a table at the end."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine


class Measured:
    """Figures with their names and remarks, in the order in which they came."""

    def __init__(self) -> None:
        self._table = Table("Measured", "Value", "", box=None)
        self._out = Console(width=max(130, Console().width))

    def __call__(self, name: str, value: str, note: str) -> None:
        self._table.add_row(name, value, note)
        self._out.print(f"{name}: {value} ({note})", highlight=False)

    def table(self) -> None:
        self._out.print(self._table)


def measure(work: Callable[[Path, Measured], None]) -> None:
    """Say on which machine, do the work in a folder of its own, and print the table."""
    show = Measured()
    show("machine", *machine())
    with tempfile.TemporaryDirectory(prefix="touchline-bench-") as folder:
        work(Path(folder), show)
    show.table()
