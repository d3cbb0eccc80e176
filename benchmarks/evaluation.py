"""CPU time and memory of our evaluator and the official one, each in a process of its own.

python -m benchmarks.evaluation FOLDER [--runs N]     FOLDER holds labels.zip and predictions.zip

CPU time is user + system of the evaluation call, which reads the files itself; imports are excluded. The second time
is that of the same call less what it spent on reading and parsing the files. Memory is the peak of the whole process.
Of several runs the fastest counts, for both.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

METRICS = ("loose", "tight", "at1")
EVALUATORS = ("official", "ours", "ours, corrected")


class ReadingClock:
    """CPU time spent in functions that read files."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def timed(self, read: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, on the clock."""

        def call(*arguments: Any) -> Any:
            begin = time.process_time()
            try:
                return read(*arguments)
            finally:
                self.seconds += time.process_time() - begin

        return call


def _official(labels: Path, predictions: Path, metric: str, clock: ReadingClock) -> Callable[[], float]:
    from SoccerNet.Evaluation import ActionSpotting
    from SoccerNet.Evaluation.utils import EVENT_DICTIONARY_V2

    ActionSpotting.LoadJsonFromZip = clock.timed(ActionSpotting.LoadJsonFromZip)

    def call() -> float:
        results = ActionSpotting.evaluate(
            str(labels), str(predictions), dataset="SoccerNet", split="valid", metric=metric,
            EVENT_DICTIONARY=EVENT_DICTIONARY_V2,
        )  # fmt: skip
        return float(results["a_mAP"])

    return call


def _ours(labels: Path, predictions: Path, metric: str, clock: ReadingClock, official: bool) -> Callable[[], float]:
    from spotting_core.domain.classes import load_classes
    from spotting_core.evaluation.collect import Record
    from spotting_core.evaluation.spot_files import read_spotting_games
    from spotting_core.evaluation.spotting import evaluate_spotting

    classes = load_classes().names
    read = clock.timed(read_spotting_games)

    def call() -> float:
        games = read(labels, predictions, classes, Record())
        return evaluate_spotting(games, classes, metric=metric, official=official).average_map["all"]

    return call


def _measure_here(evaluator: str, metric: str, folder: Path) -> None:
    """Measure one evaluation in this process and print it as JSON."""
    labels, predictions = folder / "labels.zip", folder / "predictions.zip"
    clock = ReadingClock()
    if evaluator == "official":
        call = _official(labels, predictions, metric, clock)
    else:
        call = _ours(labels, predictions, metric, clock, official=evaluator == "ours")
    begin = time.process_time()
    value = call()
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        json.dumps({"seconds": seconds, "read": seconds - clock.seconds, "peak": peak, "value": value}) + "\n"
    )


def _measure(evaluator: str, metric: str, folder: Path, runs: int) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.evaluation", str(folder), "--one", evaluator, metric]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    outputs = [
        subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment).stdout
        for _ in range(runs)
    ]
    return min((json.loads(o.splitlines()[-1]) for o in outputs), key=lambda m: m["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description="Time and memory of our evaluator beside the official one.")
    parser.add_argument("folder", type=Path, help="folder of labels.zip and predictions.zip")
    parser.add_argument("--runs", type=int, default=3, help="processes for each number; the fastest counts")
    parser.add_argument("--one", nargs=2, metavar=("EVALUATOR", "METRIC"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        _measure_here(*arguments.one, arguments.folder)
        return
    table = Table("Metric", "Evaluator", box=None, header_style="bold", pad_edge=False)
    for head in ("CPU s", "Times less", "Files read", "Times less", "Peak MB", "Average-mAP"):
        table.add_column(head, justify="right")
    for metric in METRICS:
        measured = {e: _measure(e, metric, arguments.folder, arguments.runs) for e in EVALUATORS}
        for evaluator, results in measured.items():
            whole, alone = (measured["official"][k] / results[k] for k in ("seconds", "read"))
            times = [f"{results['seconds']:.3f}", f"{whole:.0f}", f"{results['read']:.3f}", f"{alone:.0f}"]
            table.add_row(metric, evaluator, *times, f"{results['peak']:.0f}", f"{results['value']:.10f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
