"""The benchmark of further training: its runs have logs of their own, and its table says what changed."""

from __future__ import annotations

from rich.console import Console

from benchmarks.further_training import MEASURED, METRICS, FurtherRun, print_table


def test_runs_that_differ_are_kept_apart() -> None:
    runs = [FurtherRun(n, everything, steps) for n in (5, 24) for everything in (False, True) for steps in (100, 300)]
    assert len({run.log for run in runs}) == len(runs)


def test_the_table_says_what_changed_with_its_interval() -> None:
    change = {"before": 0.5, "after": 0.625, "difference": [0.125, 0.05, 0.2]}
    result = {"matches": 5, "labels": 90, "everything": True, "minutes": 77.4}
    console = Console(width=240, record=True)
    print_table(console, [{**result, **{split: dict.fromkeys(METRICS, change) for split in MEASURED}}])
    shown = console.export_text()
    assert shown.count("0.500 to 0.625, +0.125 (+0.050 to +0.200)") == len(MEASURED) * len(METRICS)
    assert "everything" in shown
    assert "77" in shown
