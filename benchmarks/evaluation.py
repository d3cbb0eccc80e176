"""CPU time and memory of our evaluator and the official one, each in a process of its own.

python -m benchmarks.evaluation FOLDER [--runs N]     FOLDER holds labels.zip and predictions.zip

CPU time is user + system of the evaluation call, which reads the files itself; imports are excluded. Memory is the
peak of the whole process. Of several runs the fastest counts, for both.
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

from rich.console import Console
from rich.table import Table

METRICS = ("loose", "tight", "at1")
EVALUATORS = ("official", "ours", "ours, corrected")


def _official(labels: Path, predictions: Path, metric: str) -> Callable[[], float]:
    from SoccerNet.Evaluation.ActionSpotting import evaluate
    from SoccerNet.Evaluation.utils import EVENT_DICTIONARY_V2

    def call() -> float:
        found = evaluate(
            str(labels), str(predictions), dataset="SoccerNet", split="valid", metric=metric,
            EVENT_DICTIONARY=EVENT_DICTIONARY_V2,
        )  # fmt: skip
        return float(found["a_mAP"])

    return call


def _ours(labels: Path, predictions: Path, metric: str, official: bool) -> Callable[[], float]:
    from spotting_core.classes import load_classes
    from spotting_core.evaluation.collect import Record
    from spotting_core.evaluation.spot_files import read_spotting_games
    from spotting_core.evaluation.spotting import evaluate_spotting

    classes = load_classes().names

    def call() -> float:
        games = read_spotting_games(labels, predictions, classes, Record())
        return evaluate_spotting(games, classes, metric=metric, official=official).average_map["all"]

    return call


def _measure_here(evaluator: str, metric: str, folder: Path) -> None:
    """Measure one evaluation in this process and print it as JSON."""
    labels, predictions = folder / "labels.zip", folder / "predictions.zip"
    if evaluator == "official":
        call = _official(labels, predictions, metric)
    else:
        call = _ours(labels, predictions, metric, official=evaluator == "ours")
    begin = time.process_time()
    value = call()
    seconds = time.process_time() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "peak": peak, "value": value}) + "\n")


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
    for head in ("CPU s", "Peak MB", "Times less CPU", "Average-mAP"):
        table.add_column(head, justify="right")
    for metric in METRICS:
        measured = {e: _measure(e, metric, arguments.folder, arguments.runs) for e in EVALUATORS}
        for evaluator, found in measured.items():
            ratio = measured["official"]["seconds"] / found["seconds"]
            table.add_row(
                metric, evaluator, f"{found['seconds']:.3f}", f"{found['peak']:.0f}", f"{ratio:.0f}", f"{found['value']:.10f}"
            )  # fmt: skip
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
