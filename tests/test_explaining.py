"""The benchmark of what explanations take: its table."""

from __future__ import annotations

from rich.console import Console

from benchmarks.explaining import WINDOW, table_of


def test_each_way_has_its_median_and_longest() -> None:
    ways = {
        "as it is": {WINDOW: [1.0, 3.0, 2.0], "occlusion": [4.0, 4.5]},
        "AVX2": {WINDOW: [5.0, 7.0, 6.0], "occlusion": [8.0, 9.0]},
    }
    console = Console(width=120, record=True)
    console.print(table_of(ways))
    lines = [line.split() for line in console.export_text().splitlines()]
    assert lines[1] == ["reading", "the", "window", "2.00,", "3.00", "6.00,", "7.00"]
    assert lines[2] == ["occlusion", "4.25,", "4.50", "8.50,", "9.00"]
