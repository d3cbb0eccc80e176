"""``touchline evaluate``: measure predictions against labels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from app.command_line.terminal import check_output, err, out, print_note, write_machine_output
from spotting_core.base.errors import BadInputError
from spotting_core.evaluation.collect import Record, read_split
from spotting_core.evaluation.precision import VIEWS
from spotting_core.evaluation.report import Evaluation
from spotting_core.tasks.task import EvaluationOrder

_NOTHING = "–"  # in a cell without truth
_NOTES = 20  # lines of what was not counted that are printed


def evaluate(
    task: str = typer.Option(..., help="spotting, shots, boundaries, replays, frames or calibration."),
    labels: Path = typer.Option(..., help="Label files: a folder, zip or file. Spotting reads any format of convert."),
    predictions: Path = typer.Option(..., help="Prediction files: a folder, zip or file."),
    split: Path | None = typer.Option(
        None, help="File that lists the games to count: JSON, or one a line.", show_default="every game with labels"
    ),
    classes: str | None = typer.Option(
        None, help="Class table (.csv), or a file with one class a line.", show_default="the task's own"
    ),
    metric: str | None = typer.Option(
        None,
        help="Spotting, replays: loose, tight, at1 to at5; calibration: distance, jac, part, whole.",
        show_default="the first",
    ),
    official: bool = typer.Option(
        False, "--official", help="Compute what the official evaluator prints, flaws included."
    ),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Measure predictions against labels, per class and over all.

    Without --official the flaws of the official evaluators are corrected; docs/evaluation.md names each.
    """
    from spotting_core.tasks.registry import task_named

    chosen = task_named(task)
    chosen.metric(metric)  # is refused before anything is read
    if official and not chosen.has_official:
        raise BadInputError(f"the task {chosen.name} has no official evaluator", fix="Leave --official out")
    check_output(json_file)
    record = Record()
    wanted = None if split is None or chosen.in_split_files else read_split(split)
    order = EvaluationOrder(labels, predictions, wanted, classes, metric or None, official)
    report = chosen.evaluate(order, record)
    if json_file is not None:
        write_machine_output(report.as_json(record), json_file)
    if json_file != "-":
        _print(report, report.metric if chosen.metrics else "", chosen.has_official)
    _print_record(record)


# --- what is printed ----------------------------------------------------------------------------------


def _print(report: Evaluation, metric: str, has_official: bool) -> None:
    views = [v for v in VIEWS if report.average_map.get(v) is not None]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Class")
    truth = f"Truth, {report.truth_unit}" if report.truth_unit else "Truth"
    for head in (truth, *(v.capitalize() for v in views)):
        table.add_column(head, justify="right")
    for name, row in report.per_class.items():
        values = [_number(row.get(v)) for v in views]
        table.add_row(escape(name), f"{report.truths.get(name, 0):.0f}", *values)
    table.add_section()
    means = [_number(report.average(v)) for v in views]
    table.add_row(f"[bold]{report.headline}[/bold]", f"{report.all_truths:.0f}", *means)
    out.print(table)
    for sentence in _truth_sentences(report):
        out.print(sentence, highlight=False)
    for name, value in report.others.items():
        out.print(f"{name}: {_number(value)}", highlight=False)
    way = ("as the official evaluator computes it" if report.official else "corrected") if has_official else ""
    out.print(f"\n{', '.join(filter(None, (report.task.capitalize(), metric, way)))}.", highlight=False)


def _number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.4f}"


def _truth_sentences(report: Evaluation) -> Iterator[str]:
    """What of the table has no truth to be measured by."""
    if any(value is None for row in report.per_class.values() for value in row.values()):
        yield f"{_NOTHING} stands where there is no truth."
    for view in report.views_without_truth:
        what = "There is no truth at all" if view == "all" else f"There is no {view} truth"
        yield f"{what}; the official evaluator says 0 there." if report.official else f"{what}."


def _print_record(record: Record) -> None:
    """What was counted and what was not, on the error stream."""
    err.print(f"Counted: {len(record.counted)}.", highlight=False)
    for left in record.skipped[:_NOTES]:
        print_note(f"{left.game}: {left.why}")
    if len(record.skipped) > _NOTES:
        err.print(f"… and {len(record.skipped) - _NOTES} more; --json lists all.", highlight=False)
