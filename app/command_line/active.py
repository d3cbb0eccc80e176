"""``touchline active``: how many labels are needed, by the strategy that chooses what is labelled."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from app.command_line.terminal import check_output, err, out, progress_bar, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError
from spotting_core.base.files import replacing
from spotting_core.computing.device import device_named

if TYPE_CHECKING:  # the command's help needs no arrays
    from spotting_core.active.experiment import Curve
    from spotting_core.active.summary import StrategySummary
    from spotting_core.evaluation.intervals import Interval


def active(
    config: Path = typer.Argument(help="An experiment, see assets/active."),
    data: Path = typer.Option(..., "--data", help="Folder that holds the splits (train, val, test)."),
    run: Path | None = typer.Option(None, help="Folder of its trainings and curves.", show_default=".runs/active-NAME"),
    figure: Path | None = typer.Option(None, help="Draw the curves to this file (.svg, .png or .pdf)."),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
    device: str = typer.Option("auto", help="auto, cpu or cuda."),
) -> None:
    """Find out how many labels are needed: label what a strategy asks for, train, measure, and again.

    The annotator is simulated by the labels that there are. Hours are said first. Started again, an experiment goes on
    where it was.
    """
    from spotting_core.active.config import read_active
    from spotting_core.active.experiment import Experiment

    check_output(json_file)
    check_output(str(figure) if figure else None)
    if figure is not None and figure.suffix not in (".svg", ".png", ".pdf"):
        raise BadInputError("the figure has to be .svg, .png or .pdf", where=figure, fix="Name another file")
    folder = run or Path(".runs") / f"active-{config.stem}"
    order = read_active(config)
    with progress_bar() as bar:
        task = bar.add_task(config.stem, total=None, note="Reading the matches")

        def report(done: int, total: int, what: str) -> bool:
            bar.update(task, total=total, completed=done, note=what)
            return True

        experiment = Experiment(
            order, data, folder, DataDirectory.default().ensure(), device_named(device), report=report, notice=err.print
        )
        curves = experiment.curves()
    _show(curves, figure, json_file)


def _show(curves: list[Curve], figure: Path | None, json_file: str | None) -> None:
    from spotting_core.active.summary import summaries

    by_figure = {name: summaries(curves, name) for name in curves[0].steps[0].figures}
    if json_file is not None:
        content = {
            "curves": [asdict(curve) for curve in curves],
            "summary": {name: [asdict(one) for one in strategies] for name, strategies in by_figure.items()},
        }
        write_machine_output(content, json_file)
    if figure is not None:
        from app.comparing.label_curves import label_curves

        with replacing(figure) as part:
            part.write_bytes(label_curves(by_figure, figure.suffix[1:]))
    if json_file != "-":
        for name, strategies in by_figure.items():
            out.print(_table(name, strategies))


def _table(name: str, strategies: list[StrategySummary]) -> Table:
    table = Table(f"{name}, labelled", *(f"{share:.0%}" for share in strategies[0].shares), "area", "98 % at", box=None)
    for one in strategies:
        scores = (f"{score.value:.3f}" for score in one.scores)
        table.add_row(one.strategy, *scores, _with_bounds(one.area), _with_bounds(one.enough, share=True))
    return table


def _with_bounds(interval: Interval, *, share: bool = False) -> str:
    form = "{:.0%}" if share else "{:.3f}"
    value, low, high = (form.format(v) for v in (interval.value, interval.low, interval.high))
    return f"{value} ({low} to {high})"
