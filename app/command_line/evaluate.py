"""``touchline evaluate``: measure predictions against labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import typer
from rich.markup import escape
from rich.table import Table

from app.command_line.terminal import check_output, err, out, write_machine_output
from spotting_core.classes import load_classes
from spotting_core.errors import BadInputError
from spotting_core.evaluation.collect import Record, read_split
from spotting_core.evaluation.precision import METRICS, VIEWS
from spotting_core.evaluation.report import Report

TASKS = ("spotting", "cameras", "boundaries", "replays", "frames")
_DEFAULT_METRIC = "loose"
_NOTES = 20  # lines of what was not counted that are printed


def evaluate(
    task: str = typer.Option(..., help="spotting, cameras, boundaries, replays or frames."),
    labels: Path = typer.Option(..., help="Folder or zip of label files; for frames, a JSON file."),
    predictions: Path = typer.Option(..., help="Folder or zip of prediction files; for frames, a JSON file."),
    split: Path | None = typer.Option(
        None, help="File that lists the games to count: JSON, or one a line.", show_default="every game with labels"
    ),
    classes: str | None = typer.Option(
        None, help="Class table (.csv), or a file with one class a line.", show_default="the task's own"
    ),
    metric: str | None = typer.Option(
        None, help="loose, tight, or at1 to at5; for spotting and replays.", show_default=_DEFAULT_METRIC
    ),
    official: bool = typer.Option(
        False, "--official", help="Compute what the official evaluator prints, flaws included."
    ),
    json_file: str | None = typer.Option(None, "--json", help="Write as JSON to this file (- for standard output)."),
) -> None:
    """Measure predictions against labels, per class and over all.

    Without --official the flaws of the official evaluators are corrected; docs/evaluation.md names each.
    """
    if task not in TASKS:
        raise BadInputError(f"there is no task {task!r}", fix=f"Choose one of {', '.join(TASKS)}")
    if metric is not None and (task not in ("spotting", "replays") or metric not in METRICS):
        known = f"Metrics of spotting and replays: {', '.join(METRICS)}"
        raise BadInputError(f"the task {task} has no metric {metric!r}", fix=known)
    check_output(json_file)
    record = Record()
    wanted = None if split is None or task == "frames" else read_split(split)
    order = _Order(labels, predictions, wanted, classes, metric or _DEFAULT_METRIC, official)
    report = _EVALUATORS[task](order, record)
    if json_file is not None:
        write_machine_output(report.as_json(record), json_file)
    if json_file != "-":
        _print(report)
    _print_record(record)


class _Order:
    """What was asked for."""

    def __init__(
        self,
        labels: Path,
        predictions: Path,
        split: Sequence[str] | None,
        classes: str | None,
        metric: str,
        official: bool,
    ) -> None:
        self.labels, self.predictions, self.split = labels, predictions, split
        self._classes, self.metric, self.official = classes, metric, official

    def classes(self, table: str) -> tuple[str, ...]:
        """Names of the classes that count, in order."""
        return class_names(self._classes or table)

    def own_classes(self) -> tuple[str, ...] | None:
        return None if self._classes is None else class_names(self._classes)


def class_names(source: str) -> tuple[str, ...]:
    """Classes of a table, by its name or path, or of a text file with one a line.

    Errors:
        BadInputError: there is none, it cannot be read, or a name occurs twice.
    """
    path = Path(source)
    if path.suffix == ".csv" or not path.suffix:
        return load_classes(source).names
    try:
        names = tuple(line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"this class list cannot be read ({error})", where=path) from error
    if not names or len(set(names)) != len(names):
        raise BadInputError("this class list is empty or names a class twice", where=path)
    return names


# --- the tasks ----------------------------------------------------------------------------------------


def _spotting(order: _Order, record: Record) -> Report:
    from spotting_core.evaluation.report import spotting_report
    from spotting_core.evaluation.spot_files import read_spotting_games
    from spotting_core.evaluation.spotting import evaluate_spotting

    classes = order.classes("soccernet-v2")
    games = read_spotting_games(order.labels, order.predictions, classes, record, order.split)
    return spotting_report(evaluate_spotting(games, classes, metric=order.metric, official=order.official))


def _cameras(order: _Order, record: Record) -> Report:
    from spotting_core.evaluation.camera_files import read_camera_games
    from spotting_core.evaluation.cameras import CLASS_TABLE, evaluate_cameras

    games = read_camera_games(order.labels, order.predictions, record, order.split)
    return evaluate_cameras(games, order.classes(CLASS_TABLE), official=order.official)


def _boundaries(order: _Order, record: Record) -> Report:
    from spotting_core.evaluation.boundaries import evaluate_boundaries
    from spotting_core.evaluation.camera_files import read_camera_games

    games = read_camera_games(order.labels, order.predictions, record, order.split)
    return evaluate_boundaries(games, official=order.official)


def _replays(order: _Order, record: Record) -> Report:
    from spotting_core.evaluation.replay_files import read_replay_games
    from spotting_core.evaluation.replays import evaluate_replays

    classes = order.classes("soccernet-v2")
    games = read_replay_games(order.labels, order.predictions, record, order.split)
    return evaluate_replays(games, classes, record, metric=order.metric, official=order.official)


def _frames(order: _Order, record: Record) -> Report:
    from spotting_core.evaluation.frames import evaluate_frames, read_frame_file

    truth, predicted = read_frame_file(order.labels), read_frame_file(order.predictions)
    return evaluate_frames(truth, predicted, record, classes=order.own_classes(), official=order.official)


_EVALUATORS = {
    "spotting": _spotting,
    "cameras": _cameras,
    "boundaries": _boundaries,
    "replays": _replays,
    "frames": _frames,
}


# --- what is printed ----------------------------------------------------------------------------------


def _print(report: Report) -> None:
    views = [v for v in VIEWS if report.average_map.get(v) is not None]
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("Class")
    for head in ("Truth", *(v.capitalize() for v in views)):
        table.add_column(head, justify="right")
    for name, row in report.per_class.items():
        values = [_number(row.get(v)) for v in views]
        table.add_row(escape(name), f"{report.truths.get(name, 0):.0f}", *values)
    table.add_section()
    means = [_number(report.average_map.get(v)) for v in views]
    table.add_row(f"[bold]{report.headline}[/bold]", f"{sum(report.truths.values()):.0f}", *means)
    out.print(table)
    for name, value in report.others.items():
        out.print(f"{name}: {_number(value)}", highlight=False)
    way = "as the official evaluator computes it" if report.official else "corrected"
    measured = f"{report.metric}, " if report.task in ("spotting", "replays") else ""
    out.print(f"\n{report.task.capitalize()}, {measured}{way}.", highlight=False)


def _number(value: float | None) -> str:
    return "no truth" if value is None else f"{value:.4f}"


def _print_record(record: Record) -> None:
    """What was counted and what was not, on the error stream."""
    err.print(f"Counted: {len(record.counted)}.", highlight=False)
    for left in record.skipped[:_NOTES]:
        err.print(f"[yellow]Note:[/yellow] {escape(left.game)}: {escape(left.why)}.", highlight=False, soft_wrap=True)
    if len(record.skipped) > _NOTES:
        err.print(f"… and {len(record.skipped) - _NOTES} more; --json lists all.", highlight=False)
