"""``touchline doctor``: look at a match and its files before numbers are believed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from app.command_line.analyze import source_path
from app.command_line.terminal import check_output, out, write_machine_output
from spotting_core.base.data_directory import DataDirectory
from spotting_core.base.errors import BadInputError, TouchlineError, ended
from spotting_core.computing.device import device_named
from spotting_core.domain.classes import DEFAULT_TABLE, ClassTable, classes_in, load_classes
from spotting_core.entities.prompts import DEFAULT_PROMPTS
from spotting_core.formats.labels_cameras import FILE_NAME as CAMERAS_FILE
from spotting_core.formats.labels_v2 import FILE_NAME as LABELS_FILE
from spotting_core.media.source import open_match
from spotting_core.models.card import model_folder, read_card
from spotting_core.preflight.finding import ERROR, NOTE, WARNING, Finding

if TYPE_CHECKING:
    from spotting_core.media.ingest import Media
    from spotting_core.preflight.match import Preflight
    from spotting_core.score_bug.match_clock import MatchClock

_SIGNS = {ERROR: "[red]✗[/red]", WARNING: "[yellow]![/yellow]", NOTE: "[cyan]·[/cyan]"}


def doctor(
    source: Path | None = typer.Argument(
        None, help="A video, a game folder, or a folder with a video for each part.", show_default=False
    ),
    demo: bool = typer.Option(False, "--demo", help="Look at the bundled match."),
    model: str | None = typer.Option(
        None, help="Name of a bundled or added model, or a model folder, to check against."
    ),
    labels: Path | None = typer.Option(None, help="Labels of the match.", show_default="Labels-v2.json beside it"),
    predictions: Path | None = typer.Option(None, help="Predictions for the match."),
    rate: float | None = typer.Option(
        None, min=0.001, help="Rows a second of predictions that are scores.", show_default="the model's, else 2"
    ),
    classes: str | None = typer.Option(
        None, help="Their class table (.csv or class.txt).", show_default=f"the model's, else {DEFAULT_TABLE}"
    ),
    entity_model: str | None = typer.Option(
        None,
        help="Name or folder of an entity model (bundled, open_clip, a detector), to say what it costs here.",
    ),
    prompts: str | None = typer.Option(
        None, help="The prompt file that it is asked.", show_default=f"the bundled {DEFAULT_PROMPTS}"
    ),
    fix: bool = typer.Option(False, "--fix", help="Write corrected copies beside the inputs, where that is safe."),
    json_file: str | None = typer.Option(
        None, "--json", help="Write the findings as JSON to this file (- for standard output)."
    ),
) -> None:
    """Check a match, its labels, also of cameras, its predictions and a model for what makes results silently wrong.

    Also told: how long an analysis will take here (some seconds are tried), what finding entities costs by an entity
    model, and whether goals and score agree, where `touchline clock` has read it. Exits with 1 if a check fails.
    """
    from app.command_line.corrections import fixed_scores, fixed_spots, fixed_videos, score_tables
    from spotting_core.formats import registry
    from spotting_core.formats.document import Options
    from spotting_core.media.ingest import ingest
    from spotting_core.preflight.match import examine, with_entity_model
    from spotting_core.preflight.score_bug import check_clock_gaps, check_goals
    from spotting_core.preflight.scores import check_score_tables
    from spotting_core.score_bug.match_clock import known_clock

    check_output(json_file)
    if prompts is not None and entity_model is None:
        raise BadInputError("prompts are asked of an entity model, and none is named", fix="Name one by --entity-model")
    match, folder = open_match(source_path(source, demo)), model_folder(model) if model else None
    table = _table(classes, folder)
    labels = labels or match.companion(LABELS_FILE)
    read_labels = registry.read_of_match(labels, match.path.name) if labels else None
    tables = score_tables(predictions, match) if predictions else {}
    read_predictions = (
        registry.read_of_match(predictions, match.path.name, options=Options(percent=True))
        if predictions and not tables
        else None
    )
    data = DataDirectory.default().ensure()
    report = examine(
        match,
        data,
        table,
        model=folder,
        labels=read_labels,
        predictions=read_predictions,
        cameras=match.companion(CAMERAS_FILE),
    )
    media = {h.half: ingest(h.path, data) for h in match.halves}
    lengths = {half: one.table.duration for half, one in media.items()}
    clock = known_clock(media, table.parts)
    report = replace(report, findings=(*report.findings, *check_clock_gaps(clock)))
    for name, document in (("labels", read_labels), ("predictions", read_predictions)):
        found = check_goals(clock, document.spots) if document is not None else []
        named = [replace(f, check=f"{name}, {f.check}") for f in found]
        report = replace(report, findings=(*report.findings, *named))
    if folder is not None:
        report = _with_look(report, folder, [*media.values()])
    if entity_model is not None:
        asked = prompts or DEFAULT_PROMPTS
        report = with_entity_model(report, [*media.values()], entity_model, asked, device_named())
    if tables:
        assumed = rate or (read_card(folder).input.rate if folder else 2.0)
        background = predictions is not None and predictions.suffix.lower() != ".npy"
        findings = check_score_tables(tables, table, assumed, lengths, background=background)
        report = replace(report, findings=(*report.findings, *findings))
    written: list[Path] = []
    if fix:
        if labels and read_labels:
            written += fixed_spots(labels, read_labels, table, lengths, None)
        if predictions and read_predictions:
            truth = read_labels.spots if read_labels else None
            written += fixed_spots(predictions, read_predictions, table, lengths, truth)
        if predictions and predictions.suffix.lower() == ".npy":
            written += fixed_scores(predictions, tables, table)
        written += fixed_videos(match, data)
    if json_file is not None:
        write_machine_output(_as_json(report, written), json_file)
    if json_file != "-":
        _print(report, table, written, clock)
    if report.failed:
        raise typer.Exit(1)


def _with_look(report: Preflight, folder: Path, media: list[Media]) -> Preflight:
    """The report with whether the match looks like what a model was trained on, where model and videos can be read."""
    from spotting_core.inference.look import look_of_match
    from spotting_core.models.load import load_model

    try:
        model = load_model(folder)
        look = look_of_match(model, media)
    except TouchlineError:  # the report says what is wrong
        return report
    if look is None:
        return report
    warned = look.finding(model.card.name)
    return replace(report, look=look.text, findings=(*report.findings, *([warned] if warned else [])))


def _table(classes: str | None, model: Path | None) -> ClassTable:
    if classes is None and model is not None:
        return classes_in(model, read_card(model).class_table)
    return load_classes(classes or DEFAULT_TABLE)


# --- telling ------------------------------------------------------------------------------------------


def _as_json(report: Preflight, written: list[Path]) -> dict[str, object]:
    return {**report.as_json(), "written": [str(p) for p in written]}


def _print(report: Preflight, classes: ClassTable, written: list[Path], clock: MatchClock) -> None:
    halves = [
        (f"{classes.parts.title_with_extra_time(h.half).capitalize()} by its clock", str(h)) for h in clock.halves
    ]
    for name, value in (*report.facts(classes.parts), *halves):
        out.print(f"[bold]{escape(name)}[/bold]  {escape(value)}", highlight=False, soft_wrap=True)
    out.print()
    for finding in report.findings:
        _print_finding(finding)
    if not report.findings:
        out.print("Nothing wrong was found.")
    for path in written:
        out.print(f"Corrected copy: {path}", highlight=False, soft_wrap=True)


def _print_finding(finding: Finding) -> None:
    out.print(
        f"{_SIGNS[finding.severity]} {escape(finding.check)}: {escape(finding.what)}.", highlight=False, soft_wrap=True
    )
    if finding.evidence:
        out.print(f"    Why: {escape(finding.evidence)}.", highlight=False, soft_wrap=True)
    if finding.fix:
        can = " (--fix does it)" if finding.safe else ""
        out.print(f"    Fix: {escape(ended(f'{finding.fix}{can}'))}", highlight=False, soft_wrap=True)
