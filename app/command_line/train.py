"""``touchline train``: train a system and write its model folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import typer

from app.command_line.terminal import err, out, progress_bar
from spotting_core.base.data_directory import DataDirectory
from spotting_core.computing.device import device_named
from spotting_core.training.config import read_config


def train(
    config: Path = typer.Argument(help="A configuration, see assets/training."),
    data: Path | None = typer.Option(None, "--data", help="Folder that holds the splits (train, val, test)."),
    data_set: str | None = typer.Option(
        None, help="A data set (see data-set), beside the splits of a folder or instead of them."
    ),
    run: Path | None = typer.Option(None, help="Folder of the run's checkpoints and log.", show_default=".runs/NAME"),
    out_folder: Path | None = typer.Option(None, "--out", help="Model folder to write.", show_default="RUN/model"),
    compare: Path | None = typer.Option(None, help="Another model folder whose scores go on the card."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
    measure: bool = typer.Option(True, help="Measure the model on the test split; an earlier stage need not be."),
) -> None:
    """Train a system, measure it on the test split, and write its model folder.

    Started again with the same configuration, a run goes on from its last checkpoint. On several GPUs:
    torchrun --nproc-per-node 2 -- "$(command -v touchline)" train CONFIG --data DIR.
    """
    first = os.environ.get("RANK", "0") == "0"  # of several processes one speaks
    read_config(config)  # is refused before what trains is loaded, which takes seconds
    folder = run or Path(".runs") / config.stem
    with progress_bar(shown=first) as bar:
        task = bar.add_task(config.stem, total=None, note="starting")
        from spotting_core.training.train import TrainingOrder
        from spotting_core.training.train import train as run_training

        model, on = out_folder or folder / "model", device_named(device)
        order = TrainingOrder(config, data, folder, model, on, compare, measure, data_set=data_set)
        bar.update(task, note="")

        def report(step: int, steps: int, losses: Mapping[str, float]) -> bool:
            note = ", ".join(f"{name} {value:.3f}" for name, value in losses.items())
            bar.update(task, total=steps, completed=step, note=note)
            return True

        def notice(sentence: str) -> None:
            if first:
                err.print(sentence)

        written = run_training(order, DataDirectory.default().ensure(), report=report, notice=notice)
    if first:
        out.print(f"Model written to {written}", highlight=False)
