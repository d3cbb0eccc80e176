"""``touchline active``: how many labels are needed, by the strategy that chooses what is labelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    only: list[str] = typer.Option([], "--only", help="A strategy of the experiment, for some of them; repeatable."),
    seeds: int = typer.Option(0, min=0, help="The first so many seeds.", show_default="all"),
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
    _check_form(figure)
    folder = run or Path(".runs") / f"active-{config.stem}"
    order = read_active(config)
    order.active.wanted(only, seeds)  # refuses what is mistyped before matches are read, which takes minutes
    with progress_bar() as bar:
        task = bar.add_task(config.stem, total=None, note="Reading the matches")

        def report(done: int, total: int, what: str) -> bool:
            bar.update(task, total=total, completed=done, note=what)
            return True

        experiment = Experiment(
            order, data, folder, DataDirectory.default().ensure(), device_named(device), report=report, notice=err.print
        )
        curves = experiment.curves(only, seeds)
    _show(curves, figure, json_file)


def _check_form(figure: Path | None) -> None:
    """Find out before the work whether the figure can be drawn.

    Errors:
        BadInputError: to a file of a form that is not known.
    """
    if figure is None:
        return
    from app.comparing.composite_figure import FORMS  # matplotlib takes its time to load

    if figure.suffix[1:] not in FORMS:
        forms = ", ".join(f".{form}" for form in FORMS)
        raise BadInputError(f"a figure cannot be written as {figure.suffix!r}", where=figure, fix=f"Forms: {forms}")


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
        for table in curve_tables(by_figure):
            out.print(table)


def curve_tables(by_figure: Mapping[str, list[StrategySummary]]) -> list[Table]:
    """Of each figure of the task a table of the scores at every share, and one of what the curves say."""
    return [make(name, strategies) for name, strategies in by_figure.items() for make in (_scores, _what_they_say)]


def _scores(name: str, strategies: list[StrategySummary]) -> Table:
    shares = (f"{share:.0%}" for share in strategies[0].shares)
    table = Table(f"{name}, labelled", *shares, box=None, padding=(0, 1, 0, 0))
    for one in strategies:
        table.add_row(one.strategy, *(_score(score.value) for score in one.scores))
    return table


def _what_they_say(name: str, strategies: list[StrategySummary]) -> Table:
    from spotting_core.active.summary import CHANCE, FULL

    columns = ("area under the curve", "more than by chance", f"share that reaches {FULL:.0%}")
    table = Table(f"{name}, mean over seeds", *columns, "its minutes", "its keys", box=None)
    for one in strategies:
        more = "–" if one.gain is None or one.strategy == CHANCE else with_bounds(one.gain, difference)
        enough = with_bounds(one.sufficient_share, "{:.0%}".format)
        cost = (f"{one.sufficient_minutes:.0f}", f"{one.sufficient_keys:.0f}")
        table.add_row(one.strategy, with_bounds(one.area, _score), more, enough, *cost)
    return table


def _score(value: float) -> str:
    """A score with three digits: .344."""
    return f"{value:.3f}".removeprefix("0")


def difference(value: float) -> str:
    """A difference of scores with three digits: +.018."""
    return f"{value:+.3f}".replace("0.", ".", 1)


def with_bounds(interval: Interval, form: Callable[[float], str]) -> str:
    """A value with its bounds; by itself where there is one seed, of which nothing can be drawn."""
    if interval.low == interval.high:
        return form(interval.value)
    return f"{form(interval.value)} ({form(interval.low)} to {form(interval.high)})"
